//! Parts of a followed log that rotation put aside since it was followed last:
//! they are read before what stands under its name now.
//!
//! Whoever followed the log left notes of what was read (fingerprints). The part
//! that was read last is found by its content under any name that rotation gives,
//! packed or not; what was put aside after it was never read and follows it. Parts
//! before it are read again, too, where they were written within a day: what goes
//! on from them into the later ones is then seen whole.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::decode::Codec;
use super::feed::{Feed, Got, Tally, read_some};
use super::followed::{Followed, beginning, identity, is_part_of};
use super::identity::{END, modified};
use super::watch::Watch;
use super::{Fingerprint, Input, InputKind, rotated};
use crate::event::Ts;

/// Parts that were read to their end are read again where they were written so lately.
const LATELY: Duration = Duration::from_secs(25 * 60 * 60);
/// Most parts that are looked at.
const MOST: usize = 200;

/// What was followed before, by the path of the log.
#[derive(Debug, Default)]
pub struct Known {
    prints: BTreeMap<PathBuf, Vec<Fingerprint>>,
    /// Inputs of their own: none of them is read as a part of another.
    inputs: BTreeSet<PathBuf>,
    time_of: Option<TimeOf>,
}

/// The time of the first records of a file with this name that begins with these bytes,
/// where it was written at a time.
pub type TimeOf = fn(&str, &[u8], Ts) -> Option<Ts>;

impl Known {
    /// With these fingerprints (as they are written) of what stood under each path before,
    /// the latest first, for a run with these inputs.
    #[must_use]
    pub fn new(
        known: impl IntoIterator<Item = (PathBuf, Vec<String>)>,
        inputs: impl IntoIterator<Item = PathBuf>,
    ) -> Self {
        let parsed = |all: Vec<String>| {
            all.iter().filter_map(|p| Fingerprint::parse(p)).filter(|p| p.size > 0).collect::<Vec<_>>()
        };
        let prints = known.into_iter().map(|(path, all)| (path, parsed(all))).collect();
        Self { prints, inputs: inputs.into_iter().collect(), time_of: None }
    }

    /// With a way to tell the time of what a part holds: parts that are named in two
    /// ways are put in order by it.
    #[must_use]
    pub fn telling(self, time_of: TimeOf) -> Self {
        Self { time_of: Some(time_of), ..self }
    }

    /// Whether a part is newer than another one: as it was read, else by what it holds.
    fn newer(&self, prints: &[Fingerprint], a: &Path, b: &Path) -> bool {
        let (Some(a), Some(b)) = (PartFile::of(a), PartFile::of(b)) else { return false };
        let read = |part: &PartFile| prints.iter().position(|p| part.begins_with(p));
        match (read(&a), read(&b)) {
            // The latest stands first.
            (Some(a), Some(b)) if a != b => a < b,
            _ => a.time(self.time_of) > b.time(self.time_of),
        }
    }

    /// The parts of a log to be read before what stands under its name, the oldest first.
    pub(crate) fn parts(&self, path: &Path) -> Vec<PartFile> {
        let Some(prints) = self.prints.get(&place(path)).filter(|p| !p.is_empty()) else { return Vec::new() };
        let mut parts = beside(path, &|a, b| self.newer(prints, a, b));
        // Where they are followed by themselves they are no parts of this one.
        if parts.iter().any(|p| self.inputs.contains(&place(p))) {
            return Vec::new();
        }
        let known = |path: &PathBuf| PartFile::of(path).filter(|f| prints.iter().any(|p| f.begins_with(p)));
        let mut out: VecDeque<PartFile> = VecDeque::new();
        // What stands there is what was read last: only what goes on into it is of interest.
        let mut found = File::open(path).is_ok_and(|f| prints.iter().any(|p| p.begins(&f)));
        let mut unread = Vec::new();
        while let Some(path) = parts.pop() {
            match known(&path) {
                Some(part) if !found || part.is_late() => {
                    found = true;
                    out.push_front(part);
                }
                _ if found => break,
                _ => unread.push(path),
            }
            if out.len() + unread.len() > MOST {
                break;
            }
        }
        if out.is_empty() {
            return Vec::new();
        }
        out.extend(unread.iter().rev().filter_map(|p| PartFile::of(p)));
        out.into()
    }
}

/// Where a path leads; it need not be there.
#[must_use]
pub fn place(path: &Path) -> PathBuf {
    let whole = || {
        let (dir, name) = (path.parent()?, path.file_name()?);
        let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
        Some(std::fs::canonicalize(dir).ok()?.join(name))
    };
    std::fs::canonicalize(path).ok().or_else(whole).unwrap_or_else(|| path.to_owned())
}

/// The parts of a log that stand beside it, the oldest first.
fn beside(path: &Path, newer: &dyn Fn(&Path, &Path) -> bool) -> Vec<PathBuf> {
    let dir = path.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let there = entries.filter_map(|e| Some(path.with_file_name(e.ok()?.file_name())));
    let named = there.filter(|p| is_part_of(p, path) && std::fs::symlink_metadata(p).is_ok_and(|m| m.is_file()));
    let mut inputs: Vec<Input> = named.map(Input::path).collect();
    inputs.push(Input::path(path));
    let last = inputs.len() - 1;
    let at = |i: usize| match &inputs.get(i)?.kind {
        InputKind::Path(path) => Some(path.as_path()),
        InputKind::Stdin => None,
    };
    let newer = |a: usize, b: usize| at(a).zip(at(b)).is_some_and(|(a, b)| newer(a, b));
    let parts = rotated(&inputs, &newer).into_iter().find(|group| group.contains(&last)).unwrap_or_default();
    parts.iter().filter(|i| **i != last).filter_map(|i| at(*i).map(Path::to_path_buf)).collect()
}

/// A part that was put aside.
#[derive(Debug, Clone)]
pub struct PartFile {
    path: PathBuf,
    codec: Option<Codec>,
    /// The first bytes of what is packed in it.
    head: Vec<u8>,
}

impl PartFile {
    /// What stands there, if it can be read.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        // A pipe would be waited for.
        std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
        let mut file = File::open(path).ok()?;
        let mut head = vec![0; 16];
        let n = read_some(&mut file, &mut head).ok()?;
        let codec = Codec::of(head.get(..n).unwrap_or(&head));
        let head = codec.and_then(|c| beginning(c, &file, END)).unwrap_or_default();
        Some(Self { path: path.to_owned(), codec, head })
    }

    /// Whether it begins with the content of this fingerprint.
    #[must_use]
    pub fn begins_with(&self, print: &Fingerprint) -> bool {
        match self.codec {
            Some(_) => print.size > 0 && print.fits(&self.head),
            None => File::open(&self.path).is_ok_and(|f| print.begins(&f)),
        }
    }

    /// The fingerprint of what stands there now; none of what is packed.
    #[must_use]
    pub fn print(&self) -> Option<Fingerprint> {
        let file = File::open(&self.path).ok().filter(|_| self.codec.is_none())?;
        Fingerprint::of(&file, file.metadata().ok()?.len()).ok()
    }

    /// The time of what it holds, else when it was written.
    pub(crate) fn time(&self, time_of: Option<TimeOf>) -> Ts {
        let written = std::fs::metadata(&self.path).map_or(Ts::NONE, |m| modified(&m));
        let mut head = self.head.clone();
        if self.codec.is_none() {
            head = vec![0; END];
            let n = File::open(&self.path).and_then(|mut f| read_some(&mut f, &mut head)).unwrap_or(0);
            head.truncate(n);
        }
        time_of.and_then(|of| of(&self.name(), &head, written)).unwrap_or(written)
    }

    fn is_late(&self) -> bool {
        let modified = std::fs::metadata(&self.path).and_then(|m| m.modified());
        modified.is_ok_and(|t| t.elapsed().map_or(true, |age| age < LATELY))
    }

    /// Whether what it holds is packed.
    pub(crate) const fn is_packed(&self) -> bool {
        self.codec.is_some()
    }

    /// A part that its writers may still hold.
    pub(crate) fn plain(&self) -> Option<File> {
        File::open(&self.path).ok().filter(|_| self.codec.is_none())
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let file = File::open(&self.path)?;
        match self.codec {
            Some(codec) => codec.decoder(file),
            None => Ok(Box::new(file)),
        }
    }

    pub(crate) fn name(&self) -> String {
        self.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
    }
}

/// Reads parts one after the other, and then goes on with what is followed.
pub(crate) struct EarlierFeed {
    parts: VecDeque<PartFile>,
    now: Option<(PartFile, Box<dyn Read + Send>)>,
    then: Box<dyn Feed>,
    tally: Tally,
    watch: Arc<Watch>,
}

impl EarlierFeed {
    /// Reads these before `then`.
    pub(crate) fn new(
        path: &Path,
        parts: Vec<PartFile>,
        then: Box<dyn Feed>,
        (tally, watch): (Tally, Arc<Watch>),
        followed: &Followed,
    ) -> Self {
        for part in &parts {
            // A directory that is followed brings them, too: they are read here.
            if let Ok(meta) = std::fs::metadata(&part.path) {
                followed.note(path, identity(&meta), &[]);
            }
        }
        Self { parts: parts.into(), now: None, then, tally, watch }
    }
}

impl Feed for EarlierFeed {
    fn read(&mut self, buf: &mut [u8], wait: Duration) -> io::Result<Got> {
        loop {
            if let Some((part, from)) = &mut self.now {
                match read_some(from, buf) {
                    Ok(n) if n > 0 => {
                        self.tally.add(buf.get(..n).unwrap_or(&[]));
                        return Ok(Got::Bytes(n));
                    }
                    Ok(_) => {}
                    // The log itself can be read: that is worth more than this part.
                    Err(e) => self.watch.trouble(format!("{} could not be read to its end: {e}", part.name())),
                }
                self.now = None;
                return Ok(Got::Break);
            }
            let Some(part) = self.parts.pop_front() else { return self.then.read(buf, wait) };
            match part.open() {
                Ok(from) => self.now = Some((part, from)),
                Err(e) => {
                    self.watch.trouble(format!("{} could not be read: {e}", part.name()));
                    return Ok(Got::Break);
                }
            }
        }
    }

    fn is_live(&self) -> bool {
        self.then.is_live()
    }

    fn warnings(&mut self) -> Vec<String> {
        self.then.warnings()
    }

    fn damaged(&self) -> bool {
        self.then.damaged()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What would be read first, after these were read.
    fn parts(dir: &Path, read: &[&str]) -> Vec<String> {
        let print = |text: &&str| {
            let path = dir.join("print");
            std::fs::write(&path, text).unwrap();
            let print = Fingerprint::of(&File::open(&path).unwrap(), text.len() as u64).unwrap().to_string();
            std::fs::remove_file(path).unwrap();
            print
        };
        let log = dir.join("a.log");
        let known = Known::new([(place(&log), read.iter().map(print).collect())], []);
        known.parts(&log).iter().map(PartFile::name).collect()
    }

    #[test]
    fn parts_that_are_named_in_two_ways_are_in_the_order_of_what_they_hold() {
        let dir = tempfile::tempdir().unwrap();
        let write = |n: &str, text: &str| std::fs::write(dir.path().join(n), text).unwrap();
        let time = |_: &str, head: &[u8], _: Ts| std::str::from_utf8(head).ok()?.trim().parse().ok().map(Ts);
        let parts = |read: &[&str]| -> Vec<String> {
            let print = |text: &&str| {
                write("print", text);
                Fingerprint::of(&File::open(dir.path().join("print")).unwrap(), text.len() as u64).unwrap().to_string()
            };
            let log = place(&dir.path().join("a.log"));
            let known = Known::new([(log.clone(), read.iter().map(print).collect())], []);
            known.telling(time).parts(&log).iter().map(PartFile::name).collect()
        };
        for (name, text) in [
            ("a.log", "90\n"),
            ("a.log-20260302", "70\n"),
            ("a.log-20260303", "80\n"),
            ("a.log.1", "60\n"),
            ("a.log.2", "50\n"),
        ] {
            write(name, text);
        }
        // The way of naming was changed once the numbered ones were there.
        assert_eq!(parts(&["50\n"]), ["a.log.2", "a.log.1", "a.log-20260302", "a.log-20260303"]);
        assert_eq!(parts(&["70\n"]), ["a.log-20260302", "a.log-20260303"]);
        // The other way round, the part with the most recent name is the oldest of them.
        write("a.log-20260303", "40\n");
        write("a.log-20260302", "30\n");
        assert_eq!(parts(&["30\n"]), ["a.log-20260302", "a.log-20260303", "a.log.2", "a.log.1"]);
        // What was read in an order has that order, whatever it holds.
        assert_eq!(parts(&["40\n", "50\n"]), ["a.log.2", "a.log-20260303", "a.log.1"]);
    }

    #[test]
    fn what_was_put_aside_since_is_found_by_its_content() {
        let dir = tempfile::tempdir().unwrap();
        let at = |n: &str| dir.path().join(n);
        let write = |n: &str, text: &str| std::fs::write(at(n), text).unwrap();
        write("a.log", "four\n");
        write("a.log.1", "three\n");
        write("a.log.2", "two, and what was never read\n");
        let mut z = flate2::write::GzEncoder::new(File::create(at("a.log.3.gz")).unwrap(), Default::default());
        io::Write::write_all(&mut z, b"one\n").unwrap();
        z.finish().unwrap();
        write("a.log.4", "nobody knows\n");
        write("b.log.1", "two\n");
        assert_eq!(parts(dir.path(), &[]), [""; 0]);
        assert_eq!(parts(dir.path(), &["two", "one\n"]), ["a.log.3.gz", "a.log.2", "a.log.1"]);
        assert_eq!(parts(dir.path(), &["four\n", "three\n"]), ["a.log.1"]);
        assert_eq!(parts(dir.path(), &["four\n"]), [""; 0]);
        assert_eq!(parts(dir.path(), &["gone"]), [""; 0]);
        // What was read to its end long ago tells nothing of now; what was not is read on.
        let old = std::time::SystemTime::now() - 2 * LATELY;
        for name in ["a.log.2", "a.log.3.gz"] {
            File::options().append(true).open(at(name)).unwrap().set_modified(old).unwrap();
        }
        assert_eq!(parts(dir.path(), &["two", "one\n"]), ["a.log.2", "a.log.1"]);
        std::fs::remove_file(at("a.log")).unwrap();
        assert_eq!(parts(dir.path(), &["two"]), ["a.log.2", "a.log.1"]);
    }
}
