//! Which inputs are the parts of one log that was rotated, told by their names.
//!
//! `a.log.2.gz`, `a.log.1`, `a.log`; `messages-20240107.xz`, `messages-20240114`,
//! `messages`; `a.log.old`, `a.log`.

use std::path::Path;

use super::{Input, InputKind};

/// How old a part is beside the others: the oldest is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Age {
    /// Its name has a date.
    Dated(u64),
    /// Its name has a number: the highest is the oldest.
    Numbered(std::cmp::Reverse<u64>),
    /// `.old`
    Old,
    /// The log that is being written.
    Current,
}

/// The inputs by the log that they are parts of: positions, the oldest part first.
/// A log that was not rotated stands alone.
#[must_use]
pub fn rotated(inputs: &[Input]) -> Vec<Vec<usize>> {
    let mut all: Vec<(String, Age, usize)> = (inputs.iter().enumerate())
        .map(|(i, input)| match &input.kind {
            InputKind::Path(path) => {
                let (log, age) = part(path);
                (log, age, i)
            }
            InputKind::Stdin => (String::new(), Age::Current, i),
        })
        .collect();
    all.sort();
    let mut out: Vec<Vec<usize>> = Vec::new();
    let mut last: Option<&str> = None;
    for (log, _, i) in &all {
        match (last == Some(log) && !log.is_empty(), out.last_mut()) {
            (true, Some(parts)) => parts.push(*i),
            _ => out.push(vec![*i]),
        }
        last = Some(log);
    }
    out
}

/// Whether this is the name of a part that rotation put aside.
#[must_use]
pub fn is_put_aside(path: &Path) -> bool {
    part(path).1 != Age::Current
}

/// The log that a file is a part of, and which.
fn part(path: &Path) -> (String, Age) {
    let dir = path.parent().map(|d| d.to_string_lossy().into_owned()).unwrap_or_default();
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let plain = [".gz", ".zst", ".bz2", ".xz"].iter().find_map(|e| name.strip_suffix(e)).unwrap_or(&name);
    let (log, age) = suffix(plain).unwrap_or((plain, Age::Current));
    (format!("{dir}/{log}"), age)
}

fn suffix(name: &str) -> Option<(&str, Age)> {
    if let Some(log) = name.strip_suffix(".old") {
        return (!log.is_empty()).then_some((log, Age::Old));
    }
    // A date may have dashes of its own, and a clock or an epoch number behind it.
    let cut = name.rfind(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | '.' | '_' | 'T')))? + 1;
    let (head, tail) = name.split_at_checked(cut)?;
    let digits: String = tail.chars().filter(char::is_ascii_digit).take(18).collect();
    let number: u64 = digits.parse().ok()?;
    let sep = tail.starts_with(['.', '-', '_']);
    if !sep || head.is_empty() {
        return None;
    }
    let date = digits.len() >= 8 && (19_700_101..=21_001_231).contains(&digits.get(..8)?.parse::<u64>().ok()?);
    if date {
        return Some((head, Age::Dated(digits.get(..8)?.parse::<u64>().ok()? * 10_000_000_000 + rest_of(&digits))));
    }
    let short = tail.strip_prefix('.').is_some_and(|t| t.len() <= 4 && t.bytes().all(|b| b.is_ascii_digit()));
    short.then_some((head, Age::Numbered(std::cmp::Reverse(number))))
}

/// What stands behind a date's eight digits, as a number.
fn rest_of(digits: &str) -> u64 {
    digits.get(8..).unwrap_or("").parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(names: &[&str]) -> Vec<Vec<String>> {
        let inputs: Vec<Input> =
            names.iter().map(|n| if *n == "-" { Input::stdin() } else { Input::path(*n) }).collect();
        rotated(&inputs).into_iter().map(|g| g.into_iter().map(|i| inputs[i].name.clone()).collect()).collect()
    }

    #[test]
    fn parts_are_oldest_first() {
        assert_eq!(
            groups(&["v/a.log", "v/a.log.1", "v/a.log.10.gz", "v/a.log.2.gz"]),
            [["v/a.log.10.gz", "v/a.log.2.gz", "v/a.log.1", "v/a.log"]]
        );
        assert_eq!(
            groups(&["messages", "messages-20240107.xz", "messages-20231231", "messages-20240107-03"]),
            [["messages-20231231", "messages-20240107.xz", "messages-20240107-03", "messages"]]
        );
        assert_eq!(groups(&["a.log", "a.log.old", "a.log.1"]), [["a.log.1", "a.log.old", "a.log"]]);
        assert_eq!(groups(&["a.log-2023-12-31", "a.log"]), [["a.log-2023-12-31", "a.log"]]);
    }

    #[test]
    fn others_stand_alone() {
        for names in [
            &["x/a.log", "y/a.log.1"][..],
            &["a.log", "b.log.1", "-"],
            &["10.0.0.1", "10.0.0.2"],
            &["host1", "host2"],
            &["web-1.log", "web-2.log"],
            &["a.log.12345", "a.log"],
            &["1", ".1", "-"],
        ] {
            assert_eq!(groups(names).len(), names.len(), "{names:?}");
        }
    }
}
