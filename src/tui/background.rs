//! Whether the terminal's background is light: asked with OSC 11, after the
//! first frame, for at most 100 ms.
//!
//! Keys may be pressed in that time, and nobody else reads them then. So what
//! is read here and is no answer is given back as keys: none is lost. (That is
//! why this is not left to a library, which would drop them.)

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::key::{Code, Key};

const PATIENCE: Duration = Duration::from_millis(100);
/// The question, and one (primary attributes) that every terminal answers: its
/// answer ends the wait on terminals that do not know the first.
const QUESTION: &[u8] = b"\x1b]11;?\x07\x1b[c";

/// Asks; the keys are those pressed meanwhile.
#[must_use]
pub fn ask() -> (Option<bool>, Vec<Key>) {
    let bytes = read_answer().unwrap_or_default();
    understand(&bytes)
}

fn read_answer() -> io::Result<Vec<u8>> {
    let mut out = io::stdout().lock();
    out.write_all(QUESTION)?;
    out.flush()?;
    let stdin = io::stdin();
    let mut tty = if stdin.is_terminal() {
        std::fs::File::from(stdin.as_fd().try_clone_to_owned()?)
    } else {
        std::fs::File::open("/dev/tty")?
    };
    let end = Instant::now() + PATIENCE;
    let mut bytes = Vec::new();
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        let wait = Timespec { tv_sec: 0, tv_nsec: left.subsec_nanos().into() };
        let mut fds = [PollFd::new(&tty, PollFlags::IN)];
        if poll(&mut fds, Some(&wait))? == 0 {
            break;
        }
        let mut buf = [0u8; 256];
        let n = tty.read(&mut buf)?;
        if n == 0 {
            break;
        }
        bytes.extend_from_slice(buf.get(..n).unwrap_or_default());
        if attributes(&bytes) {
            break;
        }
    }
    Ok(bytes)
}

/// Whether the answer to the second question is there.
fn attributes(bytes: &[u8]) -> bool {
    bytes.windows(3).enumerate().any(|(i, w)| {
        w == b"\x1b[?" && bytes.iter().skip(i + 3).find(|b| !matches!(b, b'0'..=b'9' | b';')) == Some(&b'c')
    })
}

/// Parts answers from keys.
fn understand(bytes: &[u8]) -> (Option<bool>, Vec<Key>) {
    let text = String::from_utf8_lossy(bytes);
    let mut light = None;
    let mut keys = Vec::new();
    let mut rest: &str = &text;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("\x1b]") {
            let end = after.find(['\x07', '\x1b']).unwrap_or(after.len());
            light = after.get(..end).and_then(luminance).map(|l| l > 0.5).or(light);
            let tail = after.get(end..).unwrap_or("");
            rest = tail.strip_prefix('\x07').or_else(|| tail.strip_prefix("\x1b\\")).unwrap_or("");
        } else if let Some(after) = rest.strip_prefix("\x1b[") {
            let end = after.find(|c: char| c.is_ascii_alphabetic() || c == '~').unwrap_or(after.len());
            keys.extend(match after.get(..=end) {
                Some("A") => Some(Key::of(Code::Up)),
                Some("B") => Some(Key::of(Code::Down)),
                Some("C") => Some(Key::of(Code::Right)),
                Some("D") => Some(Key::of(Code::Left)),
                _ => None,
            });
            rest = after.get(end + 1..).unwrap_or("");
        } else {
            keys.extend(key(c));
            rest = rest.get(c.len_utf8()..).unwrap_or("");
        }
    }
    (light, keys)
}

fn key(c: char) -> Option<Key> {
    Some(match c {
        '\r' => Key::of(Code::Enter),
        '\t' => Key::of(Code::Tab),
        '\x1b' => Key::of(Code::Esc),
        '\x7f' => Key::of(Code::Backspace),
        '\x01'..='\x1a' => Key::ctrl(char::from(b'a' + c as u8 - 1)),
        c if c.is_control() => return None,
        c => Key::char(c),
    })
}

/// Brightness of `11;rgb:ffff/ffff/ffff`, 0 to 1.
fn luminance(reply: &str) -> Option<f64> {
    let rgb = reply.strip_prefix("11;rgb:")?;
    let mut parts = rgb.split('/').map(|p| {
        let max = 16f64.powi(i32::try_from(p.len()).ok()?) - 1.0;
        u32::from_str_radix(p, 16).ok().map(|v| f64::from(v) / max)
    });
    let (r, g, b) = (parts.next()??, parts.next()??, parts.next()??);
    Some(0.2126 * r + 0.7152 * g + 0.0722 * b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_understood_and_keys_kept() {
        let (light, keys) = understand(b"2\x1b]11;rgb:ffff/fefe/f0f0\x1b\\j\x1b[?62;22c\x1b[Bq");
        assert_eq!(light, Some(true));
        assert_eq!(keys, [Key::char('2'), Key::char('j'), Key::of(Code::Down), Key::char('q')]);
        assert_eq!(understand(b"\x1b]11;rgb:10/10/12\x07").0, Some(false));
        assert_eq!(understand(b"\x1b]11;nonsense\x07\x1b[").0, None);
        assert!(attributes(b"x\x1b[?6c") && !attributes(b"\x1b[?6"));
    }
}
