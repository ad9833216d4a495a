//! A growing file, across rotation and truncation.
//!
//! - Another file under the name: the old one is read until something stands in
//!   the new one and the old one is quiet (its writers may still hold it), then the
//!   new one from its beginning. What comes to the old one later is counted.
//! - The file became shorter, or begins differently than it did (it was cut
//!   and filled again between two looks): it is read from its beginning.
//! - No file under the name: the old one is kept until there is a new one, at most
//!   five minutes; where there never was one, it is waited for.
//! - A file under the name that was read under another one (a directory is
//!   followed, and its logs change their names): as if there were none.
//!
//! What happens is told in a [`Watch`].

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::feed::{Feed, Got, Tally};
use super::followed::{Already, Followed, HEAD, Identity, identity};
use super::watch::{Presence, Watch};

/// Without being woken, the file is looked at so often.
const LOOK: Duration = Duration::from_millis(100);
/// A new file that may be a copy of what was read is one of its own after so long.
const GRACE: Duration = Duration::from_secs(5);
/// An old file is left once nothing came to it for so long: its writers get the
/// new one only when they are told to.
const QUIET: Duration = Duration::from_secs(5);
/// What waits in the new file waits no longer than this, however busy the old one is;
/// and for so long what comes to one that was left is counted.
const BUSY: Duration = Duration::from_secs(60);
/// An old file is closed after so long without a new one: its room on the disk is free then.
const KEPT: Duration = Duration::from_secs(300);

/// Follows one path.
pub(crate) struct Tail {
    path: PathBuf,
    /// `None` until there is one.
    file: Option<File>,
    identity: Identity,
    at: u64,
    /// First bytes of the file, as far as they were read.
    head: Vec<u8>,
    /// The end was reached; before reading on, look what became of the file.
    rested: bool,
    /// The file that took the name; what is left of the old one is read first.
    next: Option<Next>,
    tally: Tally,
    watch: Arc<Watch>,
    /// What was read under other names.
    followed: Arc<Followed>,
    /// Since when there is no file under the name.
    gone: Option<Instant>,
    /// There was a file, and it was closed.
    closed: bool,
    /// When something was read last.
    last: Instant,
    /// See [`QUIET`].
    quiet: Duration,
    /// The file was put aside before it was opened here.
    aside: bool,
    /// The old file, its size when it was left, and when that was.
    left: Option<(File, u64, Instant)>,
}

struct Next {
    file: File,
    identity: Identity,
    since: Instant,
    /// It was seen to hold something.
    begun: bool,
    /// Its name was taken by yet another file.
    passed: bool,
}

impl Tail {
    /// Follows this path, of which `file` was opened, from its beginning or end.
    pub(crate) fn new(
        path: PathBuf,
        file: File,
        from_end: bool,
        tally: Tally,
        followed: &Arc<Followed>,
    ) -> io::Result<Self> {
        let meta = file.metadata()?;
        let mut tail = Self::nowhere(path, tally, followed);
        tail.identity = identity(&meta);
        tail.file = Some(file);
        if from_end {
            tail.skip_to_last_line(meta.len())?;
        }
        tail.note();
        Ok(tail)
    }

    /// Follows this path, of which `file` was put aside: it is read first.
    pub(crate) fn put_aside(
        path: PathBuf,
        file: File,
        tally: Tally,
        watch: &Arc<Watch>,
        followed: &Arc<Followed>,
    ) -> io::Result<Self> {
        let mut tail = Self { watch: Arc::clone(watch), ..Self::new(path, file, false, tally, followed)? };
        tail.aside = true;
        tail.note();
        Ok(tail)
    }

    /// Waits until there is a file under this path, then follows it.
    pub(crate) fn awaiting(path: PathBuf, tally: Tally, followed: &Arc<Followed>) -> Self {
        let tail = Self::nowhere(path, tally, followed);
        tail.watch.absent(Presence::NotYet);
        tail
    }

    fn nowhere(path: PathBuf, tally: Tally, followed: &Arc<Followed>) -> Self {
        tally.keep_ends();
        Self {
            path,
            file: None,
            identity: (0, 0),
            at: 0,
            head: Vec::new(),
            rested: false,
            next: None,
            tally,
            watch: Arc::default(),
            followed: Arc::clone(followed),
            gone: None,
            closed: false,
            last: Instant::now(),
            quiet: QUIET,
            aside: false,
            left: None,
        }
    }

    /// Lets the others know what is read here.
    fn note(&self) {
        if self.file.is_some() {
            self.followed.note(&self.path, self.identity, &self.head);
            self.watch.reads(&self.path, self.identity);
        }
    }

    /// There is no file to be read under the name. The old one may still be written
    /// to, but not for ever.
    fn absent(&mut self) {
        let never = self.file.is_none() && !self.closed;
        self.watch.absent(if never { Presence::NotYet } else { Presence::Gone });
        if self.gone.get_or_insert_with(Instant::now).elapsed() > KEPT && self.file.take().is_some() {
            self.closed = true;
        }
        self.next = None;
    }

    /// What becomes of the file.
    pub(crate) fn watch(&self) -> Arc<Watch> {
        Arc::clone(&self.watch)
    }

    /// Begins after the last whole line, so that no half line is given out.
    fn skip_to_last_line(&mut self, size: u64) -> io::Result<()> {
        let from = size.saturating_sub(64 << 10);
        let mut last = vec![0; usize::try_from(size - from).unwrap_or(0)];
        let Some(file) = &self.file else { return Ok(()) };
        let n = file.read_at(&mut last, from)?;
        let line = last.get(..n).and_then(|l| memchr::memrchr(b'\n', l)).map_or(0, |p| p + 1);
        self.at = if line == 0 { size } else { from + line as u64 };
        self.head = vec![0; HEAD.min(usize::try_from(self.at).unwrap_or(HEAD))];
        file.read_exact_at(&mut self.head, 0)
    }

    /// Count and hash of what was read.
    pub(crate) fn tally(&self) -> Tally {
        self.tally.clone()
    }

    fn read_on(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let Some(file) = &self.file else { return Ok(0) };
        let n = loop {
            match file.read_at(buf, self.at) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        let read = buf.get(..n).unwrap_or(&[]);
        self.tally.add(read);
        if self.head.len() as u64 == self.at {
            let room = HEAD - self.head.len().min(HEAD);
            self.head.extend_from_slice(read.get(..room).unwrap_or(read));
            if room > 0 && n > 0 {
                self.note();
            }
        }
        self.at += n as u64;
        Ok(n)
    }

    /// Whether it is time to leave the file for the next.
    fn ready(&self) -> bool {
        use std::os::unix::fs::MetadataExt;
        let Some(next) = self.next.as_ref().filter(|n| n.begun) else { return false };
        // One that has no name any more: nobody opens it again.
        let deleted = |f: &File| f.metadata().is_ok_and(|m| m.nlink() == 0);
        let since = next.since.elapsed();
        // Its writers had their time before it was opened.
        let rests = |f: &File| {
            let age = f.metadata().and_then(|m| m.modified()).map(|t| t.elapsed().unwrap_or_default());
            self.aside && age.is_ok_and(|age| age >= self.quiet)
        };
        next.passed
            || self.file.as_ref().is_some_and(rests)
            || self.file.as_ref().is_none_or(deleted)
            || (since >= self.quiet && self.last.elapsed() >= self.quiet)
            || since >= BUSY
    }

    /// Counts what came to a file after it was left.
    fn look_back(&mut self) {
        let Some((file, size, since)) = &mut self.left else { return };
        if let Some(more) = file.metadata().ok().and_then(|m| m.len().checked_sub(*size)).filter(|n| *n > 0) {
            self.watch.late(more);
            *size += more;
        }
        if since.elapsed() > BUSY {
            self.left = None;
        }
    }

    /// Whether the file was cut since it was read last.
    fn was_cut(&self) -> io::Result<bool> {
        let Some(file) = &self.file else { return Ok(false) };
        if file.metadata()?.len() < self.at {
            return Ok(true);
        }
        let mut head = [0; HEAD];
        let head = head.get_mut(..self.head.len()).unwrap_or_default();
        Ok(file.read_at(head, 0)? != self.head.len() || *head != *self.head)
    }

    fn restart(&mut self) -> Got {
        self.at = 0;
        self.head.clear();
        self.rested = false;
        Got::Break
    }

    /// Looks for another file under the name.
    fn look(&mut self) {
        match std::fs::metadata(&self.path) {
            Ok(meta) if meta.is_file() && (self.file.is_none() || identity(&meta) != self.identity) => {}
            Ok(meta) if meta.is_file() => {
                self.watch.there();
                self.gone = None;
                return self.next = None;
            }
            Ok(_) => {
                self.watch.trouble("something that is no file stands under its name".to_owned());
                return self.next = None;
            }
            Err(e) => {
                if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) {
                    return self.absent();
                }
                self.watch.trouble(format!("cannot be looked at: {e}"));
                return self.next = None;
            }
        }
        let open = || -> io::Result<_> {
            let file = File::open(&self.path)?;
            let meta = file.metadata()?;
            Ok((file, identity(&meta), meta.len() > 0))
        };
        match open() {
            Ok((file, identity, begun)) => {
                // The next one was moved on, too: it is read before this.
                if let Some(next) = self.next.as_mut().filter(|n| n.begun && n.identity != identity) {
                    next.passed = true;
                    return;
                }
                let already = self.followed.already(&self.path, &file);
                if already == Already::Yes {
                    return self.absent();
                }
                let since = match &self.next {
                    Some(next) if next.identity == identity => next.since,
                    _ => Instant::now(),
                };
                let own = already == Already::No || since.elapsed() > GRACE;
                let begun = begun && own || since.elapsed() > KEPT || self.file.is_none();
                self.next = Some(Next { file, identity, since, begun, passed: false });
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => self.watch.trouble(format!("is a file now that cannot be opened: {e}")),
        }
    }
}

impl Feed for Tail {
    fn read(&mut self, buf: &mut [u8], wait: Duration) -> io::Result<Got> {
        if self.rested && self.was_cut()? {
            self.watch.cut();
            self.watch.leaves(None);
            return Ok(self.restart());
        }
        loop {
            match self.read_on(buf)? {
                0 => {}
                n => {
                    self.rested = false;
                    self.last = Instant::now();
                    return Ok(Got::Bytes(n));
                }
            }
            self.rested = true;
            if self.was_cut()? {
                self.watch.cut();
                self.watch.leaves(None);
                return Ok(self.restart());
            }
            // The old file was at its end after the new one was begun.
            if let Some(next) = self.ready().then(|| self.next.take()).flatten() {
                let first = self.file.is_none() && !self.closed;
                self.look_back();
                self.left = self.file.replace(next.file).map(|old| (old, self.at, Instant::now()));
                let before = std::mem::replace(&mut self.identity, next.identity);
                (self.gone, self.closed) = (None, false);
                self.watch.there();
                if first {
                    continue;
                }
                self.watch.leaves(Some(before));
                self.watch.reads(&self.path, self.identity);
                if !std::mem::take(&mut self.aside) {
                    self.watch.rotated();
                }
                return Ok(self.restart());
            }
            self.look();
            if !self.ready() {
                break;
            }
        }
        self.look_back();
        if !wait.is_zero() {
            std::thread::sleep(wait.min(LOOK));
        }
        Ok(Got::Idle)
    }

    fn is_live(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn all(tail: &mut Tail) -> Vec<String> {
        let mut out = Vec::new();
        let mut buf = [0; 64];
        let mut idle = 0;
        while idle < 3 {
            match tail.read(&mut buf, Duration::ZERO).unwrap() {
                Got::Bytes(n) => out.push(String::from_utf8_lossy(&buf[..n]).into_owned()),
                Got::Break => out.push("--".to_owned()),
                Got::Idle => idle += 1,
                Got::End => unreachable!(),
            }
        }
        out
    }

    fn open(path: &std::path::Path, from_end: bool) -> Tail {
        let file = File::open(path).unwrap();
        let tail = Tail::new(path.to_owned(), file, from_end, Tally::default(), &Arc::default()).unwrap();
        Tail { quiet: Duration::ZERO, ..tail }
    }

    #[test]
    fn an_old_file_is_left_when_it_is_quiet_and_what_comes_later_is_counted() {
        let dir = tempfile::tempdir().unwrap();
        let at = |n: &str| dir.path().join(n);
        std::fs::write(at("a.log"), "one\n").unwrap();
        let mut writer = File::options().append(true).open(at("a.log")).unwrap();
        let mut tail = Tail { quiet: KEPT, ..open(&at("a.log"), false) };
        assert_eq!(all(&mut tail), ["one\n"]);
        std::fs::rename(at("a.log"), at("a.log.1")).unwrap();
        std::fs::write(at("a.log"), "new\n").unwrap();
        assert!(all(&mut tail).is_empty(), "it may still be written to");
        writer.write_all(b"late\n").unwrap();
        assert_eq!(all(&mut tail), ["late\n"]);
        tail.quiet = Duration::ZERO;
        assert_eq!(all(&mut tail), ["--", "new\n"]);
        assert!(!tail.watch().notes().join("\n").contains("were not read"));
        writer.write_all(b"too late\n").unwrap();
        assert!(all(&mut tail).is_empty());
        let notes = tail.watch().notes().join("\n");
        assert!(notes.contains("9 bytes") && notes.contains("were not read"), "{notes}");
        // Rotated twice at once: none is passed over.
        tail.quiet = KEPT;
        std::fs::rename(at("a.log"), at("a.log.2")).unwrap();
        std::fs::write(at("a.log"), "second\n").unwrap();
        assert!(all(&mut tail).is_empty());
        std::fs::rename(at("a.log"), at("a.log.3")).unwrap();
        std::fs::write(at("a.log"), "third\n").unwrap();
        assert_eq!(all(&mut tail), ["--", "second\n"]);
        tail.quiet = Duration::ZERO;
        assert_eq!(all(&mut tail), ["--", "third\n"]);
    }

    #[test]
    fn growth_rotation_and_truncation() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.log");
        std::fs::write(&path, "one\n").unwrap();
        let mut writer = File::options().append(true).open(&path).unwrap();
        let mut tail = open(&path, false);
        assert_eq!(all(&mut tail), ["one\n"]);
        writer.write_all(b"two\n").unwrap();
        assert_eq!(all(&mut tail), ["two\n"]);
        // Moved away; the writer still has the old file.
        std::fs::rename(&path, dir.path().join("a.log.1")).unwrap();
        assert!(all(&mut tail).is_empty());
        writer.write_all(b"late\n").unwrap();
        std::fs::write(&path, "new\n").unwrap();
        assert_eq!(all(&mut tail), ["late\n", "--", "new\n"]);
        // Cut, and shorter than before.
        std::fs::write(&path, "x\n").unwrap();
        assert_eq!(all(&mut tail), ["--", "x\n"]);
        // Cut and filled beyond where it was, between two looks.
        std::fs::write(&path, "y and much more\n").unwrap();
        assert_eq!(all(&mut tail), ["--", "y and much more\n"]);
        let notes = tail.watch().notes().join("\n");
        assert!(notes.contains("was rotated while") && notes.contains("was cut 2 times"), "{notes}");
    }

    #[test]
    fn waited_for_deleted_and_made_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("later/a.log");
        let mut tail = Tail::awaiting(path.clone(), Tally::default(), &Arc::default());
        assert!(all(&mut tail).is_empty());
        assert_eq!(tail.watch().presence(), Presence::NotYet);
        std::fs::create_dir(dir.path().join("later")).unwrap();
        std::fs::write(&path, "one\n").unwrap();
        assert_eq!(all(&mut tail), ["one\n"]);
        assert_eq!(tail.watch().presence(), Presence::There);
        std::fs::remove_file(&path).unwrap();
        assert!(all(&mut tail).is_empty());
        assert_eq!(tail.watch().presence(), Presence::Gone);
        std::fs::write(&path, "two\n").unwrap();
        assert_eq!(all(&mut tail), ["--", "two\n"]);
        assert_eq!(tail.watch().presence(), Presence::There);
    }

    #[test]
    fn from_the_end_begins_with_a_whole_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.log");
        std::fs::write(&path, "one\ntwo\nhal").unwrap();
        let mut tail = open(&path, true);
        assert_eq!(all(&mut tail), ["hal"]);
        File::options().append(true).open(&path).unwrap().write_all(b"f\n").unwrap();
        assert_eq!(all(&mut tail), ["f\n"]);
    }
}
