//! One field of all events: each distinct value once, and a number for each event.

use rustc_hash::FxHashMap;

use super::Bitmap;

/// The event has no such field.
pub const ABSENT: u32 = 0;
/// The field is there, as null alone.
pub const NULL: u32 = 1;

/// What one field is in each event. A field may have several values in an
/// event; such a list is one entry.
#[derive(Debug)]
pub struct Column {
    ids: Ids,
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
        Self { ids: Ids::One(vec![0; events]), entries, by_key: FxHashMap::default(), key: String::new(), bytes: 0 }
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
    pub const fn ids(&self) -> &Ids {
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
        self.bytes + self.ids.bytes()
    }
}

/// Numbers of entries, each as wide as the largest needs.
#[derive(Debug)]
pub enum Ids {
    /// All below 256.
    One(Vec<u8>),
    /// All below 65,536.
    Two(Vec<u16>),
    /// Any.
    Four(Vec<u32>),
}

impl Ids {
    fn push(&mut self, id: u32) {
        match self {
            Self::One(v) => match u8::try_from(id) {
                Ok(id) => v.push(id),
                Err(_) => {
                    *self = Self::Two(v.iter().map(|n| u16::from(*n)).collect());
                    self.push(id);
                }
            },
            Self::Two(v) => match u16::try_from(id) {
                Ok(id) => v.push(id),
                Err(_) => {
                    *self = Self::Four(v.iter().map(|n| u32::from(*n)).collect());
                    self.push(id);
                }
            },
            Self::Four(v) => v.push(id),
        }
    }

    const fn bytes(&self) -> usize {
        match self {
            Self::One(v) => v.len(),
            Self::Two(v) => v.len() * 2,
            Self::Four(v) => v.len() * 4,
        }
    }

    /// The number of an event.
    #[must_use]
    pub fn get(&self, event: usize) -> u32 {
        match self {
            Self::One(v) => v.get(event).copied().map_or(ABSENT, u32::from),
            Self::Two(v) => v.get(event).copied().map_or(ABSENT, u32::from),
            Self::Four(v) => v.get(event).copied().unwrap_or(ABSENT),
        }
    }

    /// The events whose entry is held.
    #[must_use]
    pub fn select(&self, held: &[bool]) -> Bitmap {
        let is = |id: usize| held.get(id).copied().unwrap_or(false);
        match self {
            Self::One(v) => Bitmap::of(v.iter().map(|n| is(usize::from(*n)))),
            Self::Two(v) => Bitmap::of(v.iter().map(|n| is(usize::from(*n)))),
            Self::Four(v) => Bitmap::of(v.iter().map(|n| is(*n as usize))),
        }
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
        let ids: Vec<u32> = (0..9).map(|i| c.ids().get(i)).collect();
        assert_eq!(ids, [ABSENT, 2, 3, 2, ABSENT, 4, 5, 6, NULL]);
        let back: Vec<Vec<&str>> = (0..c.distinct() as u32).map(|i| c.values(i).collect()).collect();
        assert_eq!(back, [vec![], vec![], vec!["a"], vec!["1:a", ""], vec!["1:a"], vec!["", "1:a"], vec!["é:"]]);
    }

    #[test]
    fn many_entries_need_wider_numbers() {
        let mut c = Column::after(0);
        let words: Vec<String> = (0..70_000).map(|n| n.to_string()).collect();
        words.iter().for_each(|w| c.push([w.as_str()].into_iter(), true));
        for at in [0, 253, 254, 65_533, 65_534, 69_999] {
            assert_eq!(c.values(c.ids().get(at)).collect::<Vec<_>>(), [words[at].as_str()]);
        }
        let held: Vec<bool> = (0..c.distinct()).map(|i| i == 300).collect();
        assert_eq!(c.ids().select(&held).ones().collect::<Vec<_>>(), [298]);
    }
}
