//! What became of a followed file, for those who want to be told: it is not
//! there yet, it was taken away, it was rotated or cut.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::followed::Identity;
use crate::event::Ts;

/// Whether there is a file under the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Presence {
    /// There is, and it is read as it grows.
    #[default]
    There,
    /// There never was one.
    NotYet,
    /// It was deleted or moved away, and no other has come yet.
    Gone,
}

impl Presence {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::There => "followed",
            Self::NotYet => "not there yet: waited for",
            Self::Gone => "gone: a new one is waited for",
        }
    }
}

/// Shared by who follows a file and who shows it.
#[derive(Debug, Default)]
pub(crate) struct Watch(Mutex<Seen>);

#[derive(Debug, Clone, Default)]
struct Seen {
    presence: Presence,
    /// Since when it is not there.
    absent: Option<Ts>,
    /// When it came that was waited for.
    came: Option<Ts>,
    rotated: Times,
    cut: Times,
    /// Bytes that came to an old file after it was left.
    late: u64,
    trouble: Option<String>,
    /// What was put aside since it was followed last, and is read before it.
    earlier: Option<String>,
    /// The files that were left for the next under the name: device and inode, unless
    /// it was cut and is another file in the same place.
    left: Vec<Option<Identity>>,
    /// Where it is followed, and the file that is read.
    stands: Option<(PathBuf, Identity)>,
}

/// How often, and when last.
#[derive(Debug, Clone, Copy, Default)]
struct Times {
    n: u64,
    last: Option<Ts>,
}

impl Times {
    fn now(&mut self) {
        self.n += 1;
        self.last = Some(Ts::now());
    }

    fn words(self, what: &str) -> Option<String> {
        let last = clock(self.last?);
        Some(match self.n {
            1 => format!("was {what} while it was followed, at {last}"),
            n => format!("was {what} {n} times while it was followed, last at {last}"),
        })
    }
}

/// Whole seconds of a time.
fn clock(t: Ts) -> String {
    Ts::from_secs(t.secs()).to_string()
}

impl Watch {
    fn change(&self, f: impl FnOnce(&mut Seen)) {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// There is no file.
    pub(crate) fn absent(&self, presence: Presence) {
        self.change(|s| {
            if s.presence != presence {
                s.presence = presence;
                s.absent = Some(Ts::now());
            }
        });
    }

    /// There is a file again, or for the first time.
    pub(crate) fn there(&self) {
        self.change(|s| {
            if std::mem::take(&mut s.presence) == Presence::NotYet {
                s.came = Some(Ts::now());
            }
            s.absent = None;
            s.trouble = None;
        });
    }

    /// This file is read, of what stands there.
    pub(crate) fn reads(&self, path: &Path, file: Identity) {
        self.change(|s| {
            if s.stands.as_ref().is_none_or(|(_, before)| *before != file) {
                s.stands = Some((path.to_owned(), file));
            }
        });
    }

    /// Where it is followed, and the file that is read.
    pub(crate) fn stands(&self) -> Option<(PathBuf, Identity)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).stands.clone()
    }

    /// A file was left for the next.
    pub(crate) fn leaves(&self, file: Option<Identity>) {
        self.change(|s| s.left.push(file));
    }

    /// The files that were left for the next.
    pub(crate) fn left(&self) -> Vec<Option<Identity>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).left.clone()
    }

    /// Another file took the name.
    pub(crate) fn rotated(&self) {
        self.change(|s| s.rotated.now());
    }

    /// So much more came to the old file after it was left for the new one.
    pub(crate) fn late(&self, bytes: u64) {
        self.change(|s| s.late = s.late.saturating_add(bytes));
    }

    /// What is read before it.
    pub(crate) fn began_with(&self, names: String) {
        self.change(|s| s.earlier = Some(names));
    }

    /// It became shorter, or begins differently.
    pub(crate) fn cut(&self) {
        self.change(|s| s.cut.now());
    }

    /// Something stands in the way.
    pub(crate) fn trouble(&self, what: String) {
        self.change(|s| s.trouble = Some(what));
    }

    /// Whether there is a file now.
    pub(crate) fn presence(&self) -> Presence {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).presence
    }

    /// What the user should know of it.
    pub(crate) fn notes(&self) -> Vec<String> {
        let s = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut out = Vec::new();
        let since = s.absent.map(clock).unwrap_or_default();
        match s.presence {
            Presence::There => {}
            Presence::NotYet => out.push(format!("there is no such file yet: waited for since {since}")),
            Presence::Gone => out.push(format!("was deleted or moved away at {since}: a new one is waited for")),
        }
        out.extend(s.came.map(|t| format!("was not there at first, and came at {}", clock(t))));
        let earlier = |e| format!("was rotated since it was followed last: begins with {e}");
        out.extend(s.earlier.map(earlier));
        out.extend(s.rotated.words("rotated"));
        if s.late > 0 {
            let n = s.late;
            out.push(format!(
                "{n} bytes came to the old file after the new one was begun and were not read: read it by itself"
            ));
        }
        out.extend(s.cut.words("cut").map(|w| format!("{w}: what was written just before may be missing")));
        out.extend(s.trouble);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_in_notes() {
        let w = Watch::default();
        assert!(w.notes().is_empty());
        w.absent(Presence::NotYet);
        assert!(w.notes()[0].contains("no such file yet"));
        w.there();
        w.rotated();
        w.rotated();
        w.cut();
        w.absent(Presence::Gone);
        let all = w.notes().join("\n");
        for word in ["came at", "rotated 2 times", "was cut while", "deleted or moved away"] {
            assert!(all.contains(word), "{all}");
        }
        w.there();
        assert!(!w.notes().join("\n").contains("deleted"), "what came again is not gone");
    }
}
