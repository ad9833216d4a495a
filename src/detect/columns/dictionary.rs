//! One field of all events: each distinct value once, and a number for each event.

use rustc_hash::FxHashMap;

/// The event has no such field.
pub const ABSENT: u32 = 0;
/// The field is there, as null alone.
pub const NULL: u32 = 1;

/// What one field is in each event. A field may have several values in an
/// event; such a list is one entry.
#[derive(Debug)]
pub struct Column {
    ids: Vec<u32>,
    entries: Vec<Box<str>>,
    by_key: FxHashMap<Box<str>, u32>,
    key: String,
    /// Bytes that it takes, about.
    bytes: usize,
}

impl Column {
    /// A column of which the first events have nothing.
    #[must_use]
    pub fn after(events: usize) -> Self {
        let entries = vec![Box::from(""), Box::from("")];
        Self { ids: vec![ABSENT; events], entries, by_key: FxHashMap::default(), key: String::new(), bytes: events * 4 }
    }

    /// The next event has these values; none of them: `there` says whether the
    /// field is there all the same.
    pub fn push<'v>(&mut self, values: impl Iterator<Item = &'v str>, there: bool) {
        self.key.clear();
        let mut count = 0;
        for v in values {
            // A list is written so that no two lists look alike, whatever they hold.
            self.key.push_str(&v.len().to_string());
            self.key.push(':');
            self.key.push_str(v);
            count += 1;
        }
        self.bytes += 4;
        if count == 0 {
            self.ids.push(if there { NULL } else { ABSENT });
            return;
        }
        let id = match self.by_key.get(self.key.as_str()) {
            Some(id) => *id,
            None => {
                let id = self.entries.len() as u32;
                self.entries.push(self.key.as_str().into());
                self.by_key.insert(self.key.as_str().into(), id);
                self.bytes += 2 * self.key.len() + 64;
                id
            }
        };
        self.ids.push(id);
    }

    /// The entry of each event.
    #[must_use]
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// How many entries there are.
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.entries.len()
    }

    /// The values of an entry.
    pub fn values(&self, id: u32) -> impl Iterator<Item = &str> {
        let mut rest = self.entries.get(id as usize).map_or("", |e| e);
        std::iter::from_fn(move || {
            let (len, after) = rest.split_once(':')?;
            let (value, next) = after.split_at_checked(len.parse().ok()?)?;
            rest = next;
            Some(value)
        })
    }

    /// Bytes that it takes, about.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back() {
        let mut c = Column::after(1);
        for list in [&["a"][..], &["1:a", ""], &["a"], &[], &["1:a"], &["", "1:a"], &["é:"]] {
            c.push(list.iter().copied(), false);
        }
        c.push([].into_iter(), true);
        assert_eq!(c.ids(), [ABSENT, 2, 3, 2, ABSENT, 4, 5, 6, NULL]);
        let back: Vec<Vec<&str>> = (0..c.distinct() as u32).map(|i| c.values(i).collect()).collect();
        assert_eq!(back, [vec![], vec![], vec!["a"], vec!["1:a", ""], vec!["1:a"], vec!["", "1:a"], vec!["é:"]]);
    }
}
