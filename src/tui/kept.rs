//! What of the screens is kept from one session to the next, for each analyst
//! and set of inputs: filters and columns. (Marks, notes and decisions are in the case
//! store.) A file of the cache: it can be deleted at any time.
//!
//! Bounded: so many filters of such a length, a file of such a size, and so
//! many files; the ones not used for longest go first.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::state::filters::{Filter, Filters};
use super::state::live::{default_columns, parse_columns};
use super::state::{State, live};
use crate::event::Ts;

/// Most filters kept of one screen.
const FILTERS: usize = 64;
/// Longest expression kept.
const LENGTH: usize = 4096;
/// Largest file read.
const SIZE: u64 = 1 << 20;
/// Most sets of inputs remembered.
const FILES: usize = 200;

/// A filter, as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptFilter {
    text: String,
    out: bool,
    on: bool,
}

/// What is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// Filters of the queue.
    triage: Vec<KeptFilter>,
    /// Filters of the feed.
    live: Vec<KeptFilter>,
    /// Columns of the feed, where they are not the usual ones.
    columns: String,
}

fn of(f: &Filters) -> Vec<KeptFilter> {
    let some = f.list.iter().filter(|f| f.text.len() <= LENGTH).take(FILTERS);
    some.map(|f| KeptFilter { text: f.text.clone(), out: f.out, on: f.on }).collect()
}

fn into(list: &[KeptFilter], empty: &Filters, now: Ts) -> Filters {
    let good =
        |f: &&KeptFilter| f.text.len() <= LENGTH && empty.parse(&f.text, now).is_ok_and(|q| !q.text().is_empty());
    let filter = |f: &KeptFilter| Filter { text: f.text.clone(), out: f.out, on: f.on };
    Filters { list: list.iter().filter(good).take(FILTERS).map(filter).collect(), ..empty.clone() }
}

impl Kept {
    /// What is to be kept of a state.
    #[must_use]
    pub fn of(s: &State) -> Self {
        let names = |c: &[live::Column]| c.iter().map(|c| c.name()).collect::<Vec<_>>().join(" ");
        let columns = if s.live.columns == default_columns() { String::new() } else { names(&s.live.columns) };
        Self { triage: of(&s.triage.filters), live: of(&s.live.filters), columns }
    }

    /// Puts it back into a state, at the start; returns how many filters are on
    /// in the queue and in the feed.
    pub fn put(&self, s: &mut State) -> (usize, usize) {
        s.triage.filters = into(&self.triage, &Filters::of_alerts(), s.now);
        s.live.filters = into(&self.live, &Filters::default(), s.now);
        if let Ok(columns) = parse_columns(&self.columns)
            && !self.columns.is_empty()
        {
            s.live.columns = columns;
        }
        let on = |f: &Filters| f.list.iter().filter(|f| f.on).count();
        (on(&s.triage.filters), on(&s.live.filters))
    }

    /// Reads what was kept; nothing where it is not there or no such file.
    #[must_use]
    pub fn read(path: &Path) -> Self {
        let Ok(f) = std::fs::File::open(path) else { return Self::default() };
        let mut text = String::new();
        match f.take(SIZE).read_to_string(&mut text) {
            Ok(_) => serde_json::from_str(&text).unwrap_or_default(),
            Err(_) => Self::default(),
        }
    }

    /// Writes it whole or not at all; what is empty takes its file away.
    ///
    /// # Errors
    /// Where the folder cannot be made or written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().map_or_else(|| PathBuf::from("."), Path::to_owned);
        if *self == Self::default() {
            return match std::fs::remove_file(path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
                _ => Ok(()),
            };
        }
        std::fs::create_dir_all(&folder)?;
        let mut f = tempfile::Builder::new().prefix(".").suffix(".tmp").tempfile_in(&folder)?;
        f.write_all(serde_json::to_string_pretty(self).map_err(io::Error::other)?.as_bytes())?;
        f.persist(path)?;
        prune(&folder);
        Ok(())
    }
}

/// Takes away the files not written for longest where there are too many.
fn prune(folder: &Path) {
    let Ok(all) = std::fs::read_dir(folder) else { return };
    let time = |e: &std::fs::DirEntry| e.metadata().and_then(|m| m.modified()).ok();
    let mut files: Vec<_> = all
        .flatten()
        .filter(|e| e.path().extension().is_some_and(|x| x == "json"))
        .map(|e| (time(&e), e.path()))
        .collect();
    if files.len() > FILES {
        files.sort();
        for (_, path) in files.iter().take(files.len() - FILES) {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::tui::keymap::Keymap;
    use crate::tui::state::Facts;

    fn state() -> State {
        State::new((80, 24), Arc::new(Keymap::defaults()), Facts::default())
    }

    #[test]
    fn filters_and_columns_come_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("views").join("a.json");
        let mut s = state();
        s.triage.filters.add("severity>=high", false, Ts(0)).unwrap();
        s.live.filters.add("process=cron", true, Ts(0)).unwrap();
        s.live.filters.add("user=root", false, Ts(0)).unwrap();
        s.live.filters.list[1].on = false;
        s.live.columns = parse_columns("user message").unwrap();
        let kept = Kept::of(&s);
        kept.write(&path).unwrap();
        let mut t = state();
        assert_eq!(Kept::read(&path).put(&mut t), (1, 1));
        assert_eq!((Kept::of(&t), t.live.filters.expression().as_str()), (kept, "not process=cron"));
        // What is empty leaves nothing behind.
        Kept::of(&state()).write(&path).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn what_is_no_such_file_is_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.json");
        for text in ["", "{", "[1]", "{\"live\":[{\"text\":1}]}", "\u{0}\u{1b}"] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(Kept::read(&path), Kept::default(), "{text:?}");
        }
        std::fs::write(&path, "{\"live\":[{\"text\":\"user=(\",\"out\":false,\"on\":true}]}").unwrap();
        assert_eq!(Kept::read(&path).put(&mut state()), (0, 0), "an expression that is none is left out");
    }

    #[test]
    fn files_are_few() {
        let dir = tempfile::tempdir().unwrap();
        let mut s = state();
        s.live.filters.add("user=root", false, Ts(0)).unwrap();
        for i in 0..FILES + 7 {
            Kept::of(&s).write(&dir.path().join(format!("{i}.json"))).unwrap();
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), FILES);
    }
}
