//! `key=value` pairs of one audit record, as the kernel, the daemon and
//! programs write them.

use smallvec::SmallVec;

/// So many arguments are looked for in vain in one record, which bounds the work of
/// a record that was made for it.
const ABSENT: usize = 32;

/// A pair as it stands in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair<'a> {
    pub key: &'a str,
    pub value: &'a str,
    /// The value stood in double quotes: it is what it says.
    pub quoted: bool,
    /// Of a `new` or `old` value, which the word before the key says.
    pub old: bool,
}

/// Walks over the pairs of a record's body. Words without a value are passed
/// over; the pairs inside `msg='…'` and those that the daemon appended behind
/// a group separator come in their place.
#[derive(Debug, Clone)]
pub(super) struct Pairs<'a> {
    rest: &'a str,
    /// Values of the last key run to the end (interpreted logs).
    open: &'static [&'static str],
    /// Numbers of arguments that do not come any more.
    absent: SmallVec<[u32; 4]>,
}

impl<'a> Pairs<'a> {
    /// The pairs of a raw or enriched record.
    pub(super) fn new(body: &'a str) -> Self {
        Self { rest: body, open: &[], absent: SmallVec::new() }
    }

    /// The pairs of an interpreted record, in which values are not quoted:
    /// some run to the end of the record.
    pub(super) fn interpreted(body: &'a str) -> Self {
        Self { rest: body, open: &["proctitle", "cmd"], absent: SmallVec::new() }
    }

    fn value(&mut self, key: &str, text: &'a str) -> (&'a str, bool) {
        let (value, rest, quoted) = match text.as_bytes().first() {
            Some(b'"') => {
                let inner = text.get(1..).unwrap_or("");
                match inner.split_once('"') {
                    Some((v, rest)) => (v, rest, true),
                    None => (inner, "", true),
                }
            }
            Some(b'{') => match text.split_once('}') {
                Some((v, rest)) => (v.get(1..).unwrap_or("").trim(), rest, true),
                None => (text, "", false),
            },
            _ if self.open.contains(&key) => (text.trim_end(), "", true),
            _ => {
                let next = self.argument(key, text);
                // Some copies lose the separator: `res=failed'UID="root"`.
                let glued =
                    |at: usize| text.get(at + 1..).is_some_and(|r| r.starts_with("UID=") || r.starts_with("AUID="));
                // Within its own word: what is looked for in the rest of a record is looked
                // for once, not once for each pair.
                let end = next.unwrap_or_else(|| {
                    let blank = text.find([' ', '\u{1d}']).unwrap_or(text.len());
                    let word = text.get(..blank).filter(|_| key == "res");
                    word.and_then(|w| w.find('\'')).filter(|at| glued(*at)).unwrap_or(blank)
                });
                let (v, rest) = text.split_at(end);
                (bare(v), rest, false)
            }
        };
        self.rest = rest;
        (value, quoted)
    }

    /// In interpreted logs the arguments of a program may hold blanks: each goes
    /// on to the next one's name.
    fn argument(&mut self, key: &str, text: &str) -> Option<usize> {
        if self.open.is_empty() {
            return None;
        }
        let n: u32 = key.strip_prefix('a')?.parse().ok()?;
        // What was not found once is in no later part either; of an honest record that is
        // the argument behind the last.
        if self.absent.len() >= ABSENT || self.absent.contains(&n) {
            return None;
        }
        let found = text.find(&*format!(" a{}=", u64::from(n) + 1));
        if found.is_none() {
            self.absent.push(n);
        }
        found
    }
}

/// What punctuation leaves of a bare value.
fn bare(v: &str) -> &str {
    let v = v.trim_end_matches(['\'', ',']);
    if v.contains('(') { v } else { v.trim_end_matches(')') }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = Pair<'a>;

    fn next(&mut self) -> Option<Pair<'a>> {
        let mut old = false;
        loop {
            let text = self.rest.trim_start_matches([' ', '\'', '(', ',', '\u{1d}', ')']);
            let end = text.find([' ', '=', '\u{1d}']).unwrap_or(text.len());
            let (word, after) = text.split_at(end);
            if text.is_empty() {
                self.rest = "";
                return None;
            }
            let Some(value) = after.strip_prefix('=') else {
                // `old auid=… new auid=…`
                old = word == "old";
                self.rest = after;
                continue;
            };
            if let (true, Some(inner)) = (word == "msg", value.strip_prefix('\'')) {
                self.rest = inner;
                continue;
            }
            let (value, quoted) = self.value(word, value);
            if is_name(word) {
                return Some(Pair { key: word, value, quoted, old });
            }
        }
    }
}

fn is_name(word: &str) -> bool {
    !word.is_empty()
        && word.len() <= 64
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'[' | b']' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(body: &str) -> Vec<(&str, &str)> {
        Pairs::new(body).map(|p| (p.key, p.value)).collect()
    }

    #[test]
    fn kernel_and_program_pairs() {
        assert_eq!(
            all(
                r#"pid=7 uid=0 old auid=5 msg='op=PAM:x acct="bob" (hostname=?, addr=192.0.2.7, terminal=ssh res=failed'"#
            ),
            [
                ("pid", "7"),
                ("uid", "0"),
                ("auid", "5"),
                ("op", "PAM:x"),
                ("acct", "bob"),
                ("hostname", "?"),
                ("addr", "192.0.2.7"),
                ("terminal", "ssh"),
                ("res", "failed")
            ]
        );
        assert_eq!(
            all("key=(null) tty=(none)\u{1d}UID=\"root\" SYSCALL=execve"),
            [("key", "(null)"), ("tty", "(none)"), ("UID", "root"), ("SYSCALL", "execve")]
        );
        assert_eq!(
            all("saddr={ saddr_fam=inet laddr=192.0.2.7 lport=80 } x=1"),
            [("saddr", "saddr_fam=inet laddr=192.0.2.7 lport=80"), ("x", "1")]
        );
        assert_eq!(all("a=\"never closed"), [("a", "never closed")]);
        assert!(Pairs::new("old auid=1").next().is_some_and(|p| p.old));
    }

    #[test]
    fn what_does_not_come_is_looked_for_once() {
        // Of a million pairs: without that, their number squared.
        for (body, interpreted) in
            [("a=b ".repeat(250_000), false), ("a1=x ".repeat(200_000), true), ("a1=x a7=y ".repeat(100_000), true)]
        {
            let pairs = if interpreted { Pairs::interpreted(&body) } else { Pairs::new(&body) };
            assert!(pairs.count() >= 200_000);
        }
        assert_eq!(all("res=failed'UID=\"root\""), [("res", "failed"), ("UID", "root")]);
    }

    #[test]
    fn interpreted_arguments_hold_blanks() {
        let got: Vec<_> = Pairs::interpreted("argc=3 a0=sh a1=-c a2=echo hi").map(|p| (p.key, p.value)).collect();
        assert_eq!(got, [("argc", "3"), ("a0", "sh"), ("a1", "-c"), ("a2", "echo")]);
        let got: Vec<_> = Pairs::interpreted("argc=2 a0=echo a b a1=x").map(|p| (p.key, p.value)).collect();
        assert_eq!(got, [("argc", "2"), ("a0", "echo a b"), ("a1", "x")]);
        let got: Vec<_> = Pairs::interpreted("argc=70 a0=sh a63=hello world a64=hello world a65=hello world a66=z")
            .map(|p| (p.key, p.value))
            .collect();
        assert_eq!(got.last(), Some(&("a66", "z")));
        assert!(got.ends_with(&[("a64", "hello world"), ("a65", "hello world"), ("a66", "z")]), "{got:?}");
        let got: Vec<_> = Pairs::interpreted("proctitle=grep -r x /etc").map(|p| p.value).collect();
        assert_eq!(got, ["grep -r x /etc"]);
    }
}
