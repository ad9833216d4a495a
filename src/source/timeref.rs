//! The time that tells the year of times without one.
//!
//! A log without years is dated by when its file was last written. A copy has
//! the same content but often another time, and must give the same alerts: so
//! the first time seen for a content is recorded in the cache and used again.
//!
//! One record per beginning of a file (its first 4 KiB), one entry in it per
//! length that was seen:
//! - the same length and end: the same content, its recorded time holds;
//! - shorter than a known one: a part of it, dated no later than the whole;
//! - longer than all known: it has grown, so its own time is a good one.

use super::cache::Cache;
use super::feed::hex;
use super::identity::Fingerprint;
use crate::event::Ts;

/// Where a time reference comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum TimeRefOrigin {
    /// When the file was last written.
    Modified = 0,
    /// Recorded earlier for the same content.
    Recorded = 1,
    /// Named by the user.
    Given = 2,
    /// The time of reading (streams, followed files).
    Now = 3,
}

impl TimeRefOrigin {
    /// The word shown to users.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Modified => "modification time",
            Self::Recorded => "recorded for this content",
            Self::Given => "given",
            Self::Now => "time of reading",
        }
    }

    pub(crate) const fn from_u8(n: u8) -> Self {
        match n {
            0 => Self::Modified,
            1 => Self::Recorded,
            2 => Self::Given,
            _ => Self::Now,
        }
    }
}

/// A time reference: times without a year are at most a day later than it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRef {
    /// The reference.
    pub time: Ts,
    /// Where it comes from.
    pub origin: TimeRefOrigin,
}

impl TimeRef {
    /// The reference by which all times of a year fall into it: its last
    /// instant but a day, for a time may be a day later than its reference. What
    /// a log's first record says moves it on, where the log goes on after New Year.
    #[must_use]
    pub fn for_year(year: i32) -> Self {
        let time = Ts::from_civil(i64::from(year), 12, 30, 23, 59, 59, 999_999).unwrap_or(Ts::NONE);
        Self { time, origin: TimeRefOrigin::Given }
    }

    /// The time of reading.
    #[must_use]
    pub fn now() -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self { time: Ts(i64::try_from(since.as_micros()).unwrap_or(i64::MAX)), origin: TimeRefOrigin::Now }
    }
}

/// Entries kept per beginning.
const MOST: usize = 256;

/// The recorded time references.
#[derive(Debug, Clone)]
pub struct TimeRefStore {
    cache: Cache,
}

struct Entry {
    size: u64,
    tail: String,
    time: i64,
}

impl TimeRefStore {
    /// Those of a cache.
    #[must_use]
    pub fn new(cache: Cache) -> Self {
        Self { cache }
    }

    /// The reference of a content; recorded as `modified` where it is new.
    #[must_use]
    pub fn get_or_record(&self, print: &Fingerprint, modified: Ts) -> TimeRef {
        let name = hex(&print.head);
        let tail = hex(&print.tail);
        let mut entries = self.load(&name);
        if let Some(known) = entries.iter().find(|e| e.size == print.size && e.tail == tail) {
            return TimeRef { time: Ts(known.time), origin: TimeRefOrigin::Recorded };
        }
        let whole = entries.iter().filter(|e| e.size > print.size).min_by_key(|e| e.size);
        let found = match whole {
            Some(whole) if whole.time < modified.0 => TimeRef { time: Ts(whole.time), origin: TimeRefOrigin::Recorded },
            _ => TimeRef { time: modified, origin: TimeRefOrigin::Modified },
        };
        entries.push(Entry { size: print.size, tail, time: found.time.0 });
        self.save(&name, &entries);
        found
    }

    fn load(&self, name: &str) -> Vec<Entry> {
        let bytes = self.cache.read("timeref", name).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let entry = |line: &str| {
            let mut words = line.split(' ');
            Some(Entry {
                size: words.next()?.parse().ok()?,
                tail: words.next()?.to_owned(),
                time: words.next()?.parse().ok()?,
            })
        };
        text.lines().filter_map(entry).collect()
    }

    fn save(&self, name: &str, entries: &[Entry]) {
        let from = entries.len().saturating_sub(MOST);
        let text: String = entries.iter().skip(from).map(|e| format!("{} {} {}\n", e.size, e.tail, e.time)).collect();
        // The cache itself says that it cannot be written.
        let _ = self.cache.write("timeref", name, text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::time::DAY;

    fn print(content: &[u8]) -> Fingerprint {
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, content).unwrap();
        Fingerprint::of(&file, content.len() as u64).unwrap()
    }

    #[test]
    fn a_touched_copy_keeps_its_reference_and_a_grown_file_gets_a_new_one() {
        let dir = tempfile::tempdir().unwrap();
        let store = TimeRefStore::new(Cache::at(dir.path(), 0));
        let log = b"Jan  1 line of a log\n".repeat(1000);
        let whole = print(&log);
        let first = store.get_or_record(&whole, Ts(5 * DAY));
        assert_eq!(first, TimeRef { time: Ts(5 * DAY), origin: TimeRefOrigin::Modified });
        // A new handle, as in a later run: copied and touched.
        let store = TimeRefStore::new(Cache::at(dir.path(), 0));
        let copy = store.get_or_record(&print(&log), Ts(900 * DAY));
        assert_eq!(copy, TimeRef { time: Ts(5 * DAY), origin: TimeRefOrigin::Recorded });
        // Its first half, cut out later.
        assert_eq!(store.get_or_record(&print(&log[..10_000]), Ts(900 * DAY)).time, Ts(5 * DAY));
        // Grown since.
        let grown = [&log[..], b"Jun  1 more\n"].concat();
        assert_eq!(store.get_or_record(&print(&grown), Ts(150 * DAY)).time, Ts(150 * DAY));
        assert_eq!(store.get_or_record(&whole, Ts(999 * DAY)).time, Ts(5 * DAY), "the old one stays as it was");
        // Another file.
        assert_eq!(store.get_or_record(&print(b"other"), Ts(7 * DAY)).time, Ts(7 * DAY));
    }

    #[test]
    fn all_days_of_a_given_year_fall_into_it() {
        let limit = TimeRef::for_year(2024).time.0 + DAY;
        assert!(Ts::from_civil(2024, 12, 31, 23, 59, 59, 0).unwrap().0 <= limit);
        assert!(Ts::from_civil(2025, 1, 1, 0, 0, 0, 0).unwrap().0 > limit);
    }
}
