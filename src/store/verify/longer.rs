//! Logs that begin with what was recorded of a source, and have more: one that has
//! grown, or another file that was made of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::logs::LogBytes;
use super::pairs::Pair;
use super::report::Match;
use super::{base_name, list, text};
use crate::store::canonical::hex;

/// Bytes that are read at once.
const CHUNK: usize = 256 << 10;
/// Most sources that are looked for in one file.
const MOST: usize = 64;

/// What is said of a log that is what it was and more: no finding.
pub(super) fn growth(pair: &Pair<'_>, document: &Value, log: &mut dyn LogBytes) -> Option<String> {
    let Match::Grown(had) = pair.how else { return None };
    let (now, name, called) = (pair.size, text(&pair.source["name"]), log.name().to_owned());
    let begin = format!("source {name}: the log {called}");
    if is_called(&log.base(), base_name(name)) {
        return Some(format!(
            "{begin} has grown: its first {had} bytes are those that were recorded (SHA-256), it has {now} now"
        ));
    }
    let begin = format!(
        "{begin}, another file by its name, begins with the {had} bytes that were recorded (SHA-256), and has {} more",
        now - had
    );
    let (parts, to) = parts(document, log, had, now);
    Some(match parts.as_slice() {
        [] => begin,
        all if to == now => format!("{begin}: {} put behind it", all.join(" and ")),
        all => format!("{begin}: {} and {} bytes put behind it", all.join(", "), now - to),
    })
}

/// The sources that stand in a file from a byte on, one behind the other, and where they end.
fn parts(document: &Value, log: &mut dyn LogBytes, from: u64, to: u64) -> (Vec<String>, u64) {
    let (mut found, mut at) = (Vec::new(), from);
    while at < to && found.len() < MOST && !log.is_packed() {
        let whole = |s: &&Value| s["size"].as_u64().is_some_and(|n| n > 0 && n <= to - at);
        let sources: Vec<&Value> = list(document, "sources").iter().filter(whole).collect();
        let sizes: BTreeSet<u64> = sources.iter().filter_map(|s| s["size"].as_u64()).collect();
        let sums = sums(log, at, &sizes);
        let is =
            |s: &&&Value| s["size"].as_u64().is_some_and(|n| sums.get(&n).is_some_and(|h| s["sha256"] == h.as_str()));
        let Some(source) = sources.iter().filter(is).max_by_key(|s| s["size"].as_u64()) else { break };
        at += source["size"].as_u64().unwrap_or(u64::MAX).min(to - at);
        found.push(text(&source["name"]).to_owned());
    }
    (found, at)
}

/// SHA-256 of so many bytes from a place on, for each of the sizes.
fn sums(log: &mut dyn LogBytes, from: u64, sizes: &BTreeSet<u64>) -> BTreeMap<u64, String> {
    let (mut hasher, mut at, mut out) = (Sha256::new(), 0, BTreeMap::new());
    for size in sizes {
        while at < *size {
            let len = usize::try_from(size - at).unwrap_or(CHUNK).min(CHUNK);
            match log.read_at(from + at, len) {
                Ok(bytes) if !bytes.is_empty() => {
                    hasher.update(&bytes);
                    at += bytes.len() as u64;
                }
                _ => return out,
            }
        }
        out.insert(*size, hex(&hasher.clone().finalize()));
    }
    out
}

/// Whether a file of this name may be what was called `source`: by the same name, or by
/// one that rotation gave it.
fn is_called(base: &str, source: &str) -> bool {
    let added = |w: &str| w.is_empty() || w.bytes().all(|b| b.is_ascii_digit()) || matches!(w, "gz" | "old");
    let words =
        |name: &str| -> Vec<String> { name.split(['.', '-', '_']).filter(|w| !added(w)).map(str::to_owned).collect() };
    base == source || (words(base) == words(source) && base.len() >= source.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_what_has_grown() {
        for (base, source) in
            [("a.log", "a.log"), ("a.log.1", "a.log"), ("a.log.2", "a.log.1"), ("a.log-20260301", "a.log")]
        {
            assert!(is_called(base, source), "{base} {source}");
        }
        for (base, source) in [("b.log", "a.log"), ("a.log", "a.log.1"), ("b.log.1", "a.log"), ("all", "a.log")] {
            assert!(!is_called(base, source), "{base} {source}");
        }
    }
}
