//! What a source's beginning says of its lines: whether several of them are one
//! record, and whether some of them name the columns of those that follow.
//!
//! Both are decided for a block by the block's bytes (and the header in force
//! at its beginning), so that a block read again gives the same records.

use std::sync::Arc;

use super::audit;
use crate::event::{Batch, Headers, column_header};

/// Longest line that is taken for a header's.
const LONGEST: usize = 8 << 10;

/// How lines become records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Shape {
    /// Each line is a record.
    #[default]
    Lines = 0,
    /// Lines of one audit event are one record.
    Audit = 1,
    /// Lines with `#` name the columns of the lines after them.
    Headed = 2,
}

impl Shape {
    /// The shape of a source that begins like this.
    pub(crate) fn of(sample: &[u8]) -> Self {
        if Headers::of(sample) != Headers::None {
            return Self::Headed;
        }
        let mut lines = sample.split(|b| *b == b'\n').take(400);
        if lines.any(|l| audit::key(l).is_some()) { Self::Audit } else { Self::Lines }
    }

    /// The shape of a number in an index.
    pub(crate) fn from_u64(n: u64) -> Self {
        match n {
            1 => Self::Audit,
            2 => Self::Headed,
            _ => Self::Lines,
        }
    }
}

/// The header in force after a batch: the last line of each name.
pub(crate) fn header_after(batch: &Batch, before: Option<&Arc<str>>) -> Option<Arc<str>> {
    let mut now: Option<Vec<&str>> = None;
    for rec in &batch.records {
        let line = batch.value(rec.raw);
        if line.len() > LONGEST {
            continue;
        }
        let Some(name) = column_header(line.as_bytes()) else { continue };
        let lines = now.get_or_insert_with(|| before.map(|b| b.lines().collect()).unwrap_or_default());
        // A header of the other kind ends this one.
        let w3c = |name: &[u8]| name.get(1).is_some_and(u8::is_ascii_uppercase);
        lines.retain(|l| w3c(l.as_bytes()) == w3c(name));
        match lines.iter_mut().find(|l| column_header(l.as_bytes()) == Some(name)) {
            Some(old) => *old = line,
            None => lines.push(line),
        }
    }
    match (now, before) {
        (None, before) => before.cloned(),
        (Some(lines), Some(before)) if before.lines().eq(lines.iter().copied()) => Some(Arc::clone(before)),
        (Some(lines), _) => Some(lines.join("\n").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Record, Span};

    #[test]
    fn shapes_by_their_beginning() {
        assert_eq!(Shape::of(b"#separator \\x09\n#fields\tts\n"), Shape::Headed);
        assert_eq!(Shape::of(b"\xef\xbb\xbf#Software: Microsoft\r\n"), Shape::Headed);
        assert_eq!(Shape::of(b"x\n#Fields: date time c-ip\n"), Shape::Headed);
        assert_eq!(Shape::of(b"# a comment\nx\n"), Shape::Lines);
        assert_eq!(Shape::of(b"type=CWD msg=audit(1.000:1): cwd=\"/\"\n"), Shape::Audit);
        assert_eq!(Shape::of(b"Nov 18 09:30:00 h sshd[1]: audit(now)\n"), Shape::Lines);
        assert_eq!(Shape::of(b""), Shape::Lines);
        for s in [Shape::Lines, Shape::Audit, Shape::Headed] {
            assert_eq!(Shape::from_u64(s as u64), s);
        }
    }

    #[test]
    fn the_last_line_of_each_name_counts() {
        let text = "#fields\ta\nx\n#path\tdns\n#fields\tb\n#close\t1\n";
        let mut batch = Batch { text: text.to_owned(), ..Batch::default() };
        let mut at = 0;
        for l in text.lines() {
            batch.records.push(Record::new(Span::text(at, l.len()), at as u64, l.len() as u64, 1));
            at += l.len() + 1;
        }
        let first = header_after(&batch, None).unwrap();
        assert_eq!(&*first, "#fields\tb\n#path\tdns");
        let same = header_after(&batch, Some(&first)).unwrap();
        assert!(Arc::ptr_eq(&first, &same));
        assert!(header_after(&Batch::default(), None).is_none());
    }
}
