//! A Windows event's nested document as one flat object, from text to text: no
//! tree is built, and values go through as they stand.

use rustc_hash::FxHashSet;

use crate::event::hash64;

/// Deepest nesting of an event's data that is opened.
const DEPTH: usize = 16;

/// Names (their hashes) that an event has so far.
pub(super) type Names = FxHashSet<u64>;

/// Appends a record's document as a flat line; `None` where it is none (what
/// was written by then is to be taken back).
pub(super) fn flatten(record: &[u8], names: &mut Names, out: &mut Vec<u8>) -> Option<()> {
    names.clear();
    let mut event = record;
    members(record, |name, value| {
        if name == b"Event" {
            event = value;
        }
        Some(())
    })?;
    let mut line = Line { names, start: out.len(), out };
    line.out.push(b'{');
    members(
        event,
        |name, value| if name == b"System" && value.first() == Some(&b'{') { line.system(value) } else { Some(()) },
    )?;
    members(event, |name, value| match name {
        b"System" | b"#attributes" | b"xmlns" => Some(()),
        _ => line.data(name, value, 0),
    })?;
    line.out.extend_from_slice(b"}\n");
    // Control characters have no place in a line of JSON.
    line.out.get(line.start..line.out.len() - 1)?.iter().all(|b| *b >= b' ').then_some(())
}

/// A line being written.
struct Line<'a> {
    names: &'a mut Names,
    start: usize,
    out: &'a mut Vec<u8>,
}

impl Line<'_> {
    fn system(&mut self, system: &[u8]) -> Option<()> {
        members(system, |name, value| {
            if value.first() != Some(&b'{') {
                return self.insert(&[name], value);
            }
            let mut attributes: &[u8] = b"{}";
            members(value, |part, v| match part {
                b"#text" => self.insert(&[name], v),
                b"#attributes" if v.first() == Some(&b'{') => {
                    attributes = v;
                    Some(())
                }
                _ => Some(()),
            })?;
            members(attributes, |attribute, v| match (name, attribute) {
                (b"TimeCreated", b"SystemTime") => self.insert(&[name], v),
                _ => self.insert(&[name, b"_", attribute], v),
            })
        })
    }

    /// A value of the event's own data. Parts that only hold others give way.
    fn data(&mut self, name: &[u8], value: &[u8], depth: usize) -> Option<()> {
        if value.first() == Some(&b'{') && depth < DEPTH {
            return members(value, |part, value| match part {
                b"#attributes" | b"xmlns" => Some(()),
                b"#text" => self.insert(&[name], value),
                _ => self.data(part, value, depth + 1),
            });
        }
        if value == b"null" && matches!(name, b"EventData" | b"UserData") {
            return Some(());
        }
        self.insert(&[name], value)
    }

    /// What the system says is not replaced by what a program calls the same.
    fn insert(&mut self, name: &[&[u8]], value: &[u8]) -> Option<()> {
        let before = self.out.len();
        if before > self.start + 1 {
            self.out.push(b',');
        }
        self.out.push(b'"');
        let from = self.out.len();
        self.write(name);
        let mut n = 0;
        while !self.names.insert(hash64(self.out.get(from..)?)) {
            n += 1;
            if n >= 64 {
                self.out.truncate(before);
                return Some(());
            }
            self.out.truncate(from);
            self.out.extend_from_slice(b"EventData_");
            self.write(name);
            if n > 1 {
                self.out.extend_from_slice(format!("_{n}").as_bytes());
            }
        }
        self.out.extend_from_slice(b"\":");
        self.out.extend_from_slice(if value == b"null" { b"\"\"" } else { value });
        Some(())
    }

    fn write(&mut self, name: &[&[u8]]) {
        for part in name {
            self.out.extend_from_slice(part);
        }
    }
}

/// Calls for each member of an object with its name (as written) and the text
/// of its value; `None` where the text is no object.
fn members<'j>(text: &'j [u8], mut each: impl FnMut(&'j [u8], &'j [u8]) -> Option<()>) -> Option<()> {
    let mut at = blanks(text, 0);
    (text.get(at) == Some(&b'{')).then_some(())?;
    at = blanks(text, at + 1);
    if text.get(at) == Some(&b'}') {
        return Some(());
    }
    loop {
        let end = string(text, at)?;
        let name = text.get(at + 1..end - 1)?;
        at = blanks(text, end);
        (text.get(at) == Some(&b':')).then_some(())?;
        at = blanks(text, at + 1);
        let end = value(text, at)?;
        each(name, text.get(at..end)?)?;
        at = blanks(text, end);
        match text.get(at)? {
            b',' => at = blanks(text, at + 1),
            b'}' => return Some(()),
            _ => return None,
        }
    }
}

fn blanks(text: &[u8], at: usize) -> usize {
    at + text.get(at..).unwrap_or(&[]).iter().take_while(|b| b.is_ascii_whitespace()).count()
}

/// Where the string that begins here ends, its quotes included.
fn string(text: &[u8], at: usize) -> Option<usize> {
    (text.get(at) == Some(&b'"')).then_some(())?;
    let mut at = at + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text.get(at) == Some(&b'"') {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// Where the value that begins here ends.
fn value(text: &[u8], at: usize) -> Option<usize> {
    match text.get(at)? {
        b'"' => string(text, at),
        b'{' | b'[' => {
            let (mut at, mut depth) = (at, 0usize);
            loop {
                match text.get(at)? {
                    b'"' => {
                        at = string(text, at)?;
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    return Some(at);
                }
            }
        }
        _ => {
            let n = text
                .get(at..)?
                .iter()
                .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.'))
                .count();
            (n > 0).then_some(at + n)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(text: &str) -> Option<String> {
        let mut out = b"before\n".to_vec();
        flatten(text.as_bytes(), &mut Names::default(), &mut out)?;
        Some(String::from_utf8(out.split_off(7)).unwrap())
    }

    #[test]
    fn a_record() {
        let got = flat(
            r##"{"Event":{"#attributes":{"xmlns":"x"},"EventData":{"Image":"C:\\a \"b\".exe","EventID":"mine","EventID":null,"n":[1,{"a":"}"}]},
            "System":{"Provider":{"#attributes":{"Name":"P","Guid":"G"}},"EventID":{"#text":4624,"#attributes":{"Qualifiers":0}},"TimeCreated":{"#attributes":{"SystemTime":"T"}},"Channel":"Security","Keywords":null}}}"##,
        );
        let want = concat!(
            r#"{"Provider_Name":"P","Provider_Guid":"G","EventID":4624,"EventID_Qualifiers":0,"TimeCreated":"T","Channel":"Security","Keywords":"","#,
            r#""Image":"C:\\a \"b\".exe","EventData_EventID":"mine","EventData_EventID_2":"","n":[1,{"a":"}"}]}"#,
            "\n"
        );
        assert_eq!(got.as_deref(), Some(want));
        assert_eq!(
            flat(r##"{"Event":{"System":{},"UserData":{"A":{"#attributes":{},"x":true}}}}"##).as_deref(),
            Some("{\"x\":true}\n")
        );
        assert_eq!(flat(r#"{"Event":{"EventData":null}}"#).as_deref(), Some("{}\n"));
        for bad in ["", "[]", "{", "{\"Event\":", "{\"Event\":1}", "{\"a\" 1}", "{\"Event\":{\"a\":\"\u{1}\"}}"] {
            assert_eq!(flat(bad), None, "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_panic(s in "[\\[\\]{}:,\"a\\\\ 1é]{0,80}") {
            let _ = flat(&s);
            let _ = flat(&format!("{{\"Event\":{{\"a\":{s}}}}}"));
        }
    }
}
