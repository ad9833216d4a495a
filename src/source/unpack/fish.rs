//! fish's history, of which each command is a piece of YAML over several lines,
//! to the lines that zsh writes of the same: `: TIME:0;command`.
//!
//! ```text
//! - cmd: ls
//!   when: 1700000000
//!   paths:
//!     - /tmp
//! ```
//!
//! fish writes a newline within a command as `\n` and a backslash as `\\`; a
//! line has blanks for newlines.

use super::Unpack;
use crate::event::count;

/// Longest command; of a longer one the beginning is kept.
const COMMAND: usize = 256 << 10;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Fish {
    line: Vec<u8>,
    command: Option<Vec<u8>>,
    when: Vec<u8>,
    shortened: u64,
    /// Lines that belong to no command.
    other: u64,
}

impl Fish {
    fn line(&mut self, out: &mut Vec<u8>) {
        let line = std::mem::take(&mut self.line);
        let text = line.strip_suffix(b"\r").unwrap_or(&line);
        if let Some(command) = text.strip_prefix(b"- cmd:") {
            self.command(out);
            self.command = Some(command.strip_prefix(b" ").unwrap_or(command).to_vec());
        } else if let Some(when) = text.strip_prefix(b"  when:").filter(|_| self.command.is_some()) {
            let when = when.trim_ascii();
            if (1..=12).contains(&when.len()) && when.iter().all(u8::is_ascii_digit) {
                self.when = when.to_vec();
            }
        } else if !text.starts_with(b" ") && !text.is_empty() {
            self.other += 1;
        }
        self.line = line;
        self.line.clear();
    }

    /// Gives the command that is complete now.
    fn command(&mut self, out: &mut Vec<u8>) {
        let Some(command) = self.command.take() else { return };
        if !self.when.is_empty() {
            out.extend_from_slice(b": ");
            out.append(&mut self.when);
            out.extend_from_slice(b":0;");
        }
        let mut escaped = false;
        for b in command {
            match (escaped, b) {
                (false, b'\\') => escaped = true,
                (true, b'n') => {
                    out.push(b' ');
                    escaped = false;
                }
                (true, b'\\') => {
                    out.push(b'\\');
                    escaped = false;
                }
                (true, b) => {
                    out.extend_from_slice(&[b'\\', b]);
                    escaped = false;
                }
                (false, b) => out.push(b),
            }
        }
        if escaped {
            out.push(b'\\');
        }
        out.push(b'\n');
    }
}

impl Unpack for Fish {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest);
            let (part, after) = rest.split_at(end.unwrap_or(rest.len()));
            let room = COMMAND.saturating_sub(self.line.len()).min(part.len());
            self.shortened += u64::from(room < part.len() && self.line.len() + room == COMMAND);
            self.line.extend_from_slice(part.get(..room).unwrap_or(&[]));
            rest = after.get(usize::from(end.is_some())..).unwrap_or(&[]);
            if end.is_some() {
                self.line(out);
            }
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        if !self.line.is_empty() {
            self.line(out);
        }
        self.command(out);
    }

    fn damaged(&self) -> bool {
        false
    }

    fn warnings(&mut self) -> Vec<String> {
        let mut out = Vec::new();
        if self.shortened > 0 {
            out.push(format!("{} cut at {COMMAND} bytes", count(self.shortened, "command")));
        }
        if self.other > 0 {
            out.push(format!("{} of no command, passed over", count(self.other, "line")));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked(text: &str, step: usize) -> (String, Vec<String>) {
        let (mut fish, mut out) = (Fish::default(), Vec::new());
        for part in text.as_bytes().chunks(step) {
            fish.push(part, &mut out);
        }
        fish.end(&mut out);
        (String::from_utf8(out).unwrap(), fish.warnings())
    }

    #[test]
    fn commands_with_their_times() {
        let text = "- cmd: ls\n  when: 1700000000\n- cmd: echo \"a\\nb\" \\\\x \\q\n  when: 1700000005\n  paths:\n    - /tmp\n- cmd: id\n";
        let want = ": 1700000000:0;ls\n: 1700000005:0;echo \"a b\" \\x \\q\nid\n";
        for step in [1, 7, 4096] {
            assert_eq!(unpacked(text, step), (want.to_owned(), vec![]));
        }
        let (out, warnings) = unpacked("- cmd: a\nstray\n- cmd: b\\", 3);
        assert_eq!((out.as_str(), warnings.len()), ("a\nb\\\n", 1));
        let (out, warnings) = unpacked(&format!("- cmd: {}\n", "x".repeat(COMMAND * 2)), 4096);
        assert_eq!((out.len(), warnings.len()), (COMMAND - 7 + 1, 1));
    }

    proptest::proptest! {
        #[test]
        fn no_panic(s in "[- cmdwhen:0-9\\\\\né]{0,80}", step in 1usize..9) {
            let _ = unpacked(&s, step);
            let _ = unpacked(&format!("- cmd: a\n{s}"), step);
        }
    }
}
