//! Which inputs are the parts of one log that was rotated, told by their names.
//!
//! `a.log.2.gz`, `a.log.1`, `a.log`; `messages-20240107.xz`, `messages-20240114`,
//! `messages`; `a.log.old`, `a.log`. Where the way of naming was changed there are
//! parts of both (`a.log.1` beside `a.log-20260302`): each way has its own order,
//! and how the two go together their content must tell.

use std::collections::VecDeque;
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
/// A log that was not rotated stands alone. Of parts whose names cannot be compared
/// `newer` says whether the first is newer than the second.
#[must_use]
pub fn rotated(inputs: &[Input], newer: &dyn Fn(usize, usize) -> bool) -> Vec<Vec<usize>> {
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
    let mut out: Vec<Vec<(Age, usize)>> = Vec::new();
    let mut last: Option<&str> = None;
    for (log, age, i) in &all {
        match (last == Some(log) && !log.is_empty(), out.last_mut()) {
            (true, Some(parts)) => parts.push((*age, *i)),
            _ => out.push(vec![(*age, *i)]),
        }
        last = Some(log);
    }
    out.into_iter().map(|parts| in_order(&parts, newer)).collect()
}

/// The parts of one log, sorted by name, by age: those that are named in one way keep
/// their order.
fn in_order(parts: &[(Age, usize)], newer: &dyn Fn(usize, usize) -> bool) -> Vec<usize> {
    let of = |way: fn(&Age) -> bool| -> VecDeque<usize> {
        parts.iter().filter(|(age, _)| way(age)).map(|(_, i)| *i).collect()
    };
    let mut dated = of(|a| matches!(a, Age::Dated(_)));
    let mut counted = of(|a| matches!(a, Age::Numbered(_) | Age::Old));
    let mut out = Vec::with_capacity(parts.len());
    while let (Some(a), Some(b)) = (dated.front(), counted.front()) {
        let first = if newer(*a, *b) { &mut counted } else { &mut dated };
        out.extend(first.pop_front());
    }
    out.extend(dated);
    out.extend(counted);
    out.extend(of(|a| matches!(a, Age::Current)));
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
        rotated(&inputs, &|_, _| false)
            .into_iter()
            .map(|g| g.into_iter().map(|i| inputs[i].name.clone()).collect())
            .collect()
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
    fn parts_named_in_two_ways_are_put_together_by_what_they_hold() {
        let names = ["a.log", "a.log-20260301", "a.log-20260303", "a.log.1", "a.log.2.gz", "a.log.old"];
        let inputs: Vec<Input> = names.iter().map(|n| Input::path(*n)).collect();
        // When each of them was written.
        let order = |times: [i32; 6]| rotated(&inputs, &|a, b| times[a] > times[b]).remove(0);
        assert_eq!(order([9, 1, 2, 6, 5, 7]), [1, 2, 4, 3, 5, 0]);
        assert_eq!(order([9, 6, 7, 2, 1, 3]), [4, 3, 5, 1, 2, 0]);
        assert_eq!(order([9, 2, 4, 3, 1, 5]), [4, 1, 3, 2, 5, 0]);
        assert_eq!(order([0; 6]), [1, 2, 4, 3, 5, 0], "not known");
        // What stands in one way of naming is not torn apart.
        assert_eq!(order([9, 4, 1, 2, 3, 5]), [4, 3, 1, 2, 5, 0]);
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
