//! What cannot be read again by place is kept: in zstd frames that can each be
//! read by itself, in segment files of bounded length.
//!
//! The newest bytes stand uncompressed in memory until a frame is full, so the
//! view sees all that was written. Where the cap of all spools is reached, a
//! file's spool ends (what is kept stays) and a live stream's drops its oldest
//! segments; either way the stream itself goes on.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::SourceError;
use super::budget::{Budget, FRAMES, size_of};
use super::frames::{Frame, Frames};

/// Uncompressed bytes of a frame.
pub(crate) const FRAME: usize = 256 << 10;
/// A segment ends after so many bytes.
const SEGMENT: u64 = 32 << 20;
const LEVEL: i32 = 1;

/// What to do where the cap is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenFull {
    /// Keep what is there.
    Stop,
    /// Drop the oldest.
    DropOldest,
}

/// The part that a view reads from.
pub(crate) struct Spool {
    dir: PathBuf,
    budget: Arc<Budget>,
    /// Held shared while the spool is in use.
    _lock: Arc<File>,
    kept: AtomicBool,
    frames: RwLock<Frames>,
    /// The frame decompressed last.
    last: Mutex<(u64, Vec<u8>)>,
}

impl Spool {
    /// Opens a finished spool; `None` where it is missing or damaged.
    pub(crate) fn open(dir: &Path, budget: Arc<Budget>) -> Option<Self> {
        let lock = budget.lock_kept(dir)?;
        let frames = Frames::decode(&fs::read(dir.join(FRAMES)).ok()?)?;
        Some(Self {
            dir: dir.to_owned(),
            budget,
            _lock: lock,
            kept: AtomicBool::new(true),
            frames: RwLock::new(frames),
            last: Mutex::default(),
        })
    }

    /// Name of its directory.
    pub(crate) fn dir_name(&self) -> String {
        self.dir.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Bytes at an offset of the stream; 0 past its end.
    pub(crate) fn read_at(&self, name: &str, offset: u64, buf: &mut [u8]) -> Result<usize, SourceError> {
        let gone = |reason| SourceError::Gone { name: name.to_owned(), offset, reason };
        let (frame, path) = {
            let frames = self.frames.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(n) = frames.read_newest(offset, buf) {
                return Ok(n);
            }
            if offset >= frames.end() {
                return if frames.full { Err(gone("the spool is full")) } else { Ok(0) };
            }
            let frame = frames.find(offset).ok_or_else(|| gone("dropped from the spool to keep its cap"))?;
            (frame, segment(&self.dir, frame.segment))
        };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.0 != frame.start || last.1.is_empty() {
            let read = || -> io::Result<Vec<u8>> {
                let mut packed = vec![0; frame.packed as usize];
                File::open(&path)?.read_exact_at(&mut packed, frame.at)?;
                zstd::bulk::decompress(&packed, frame.len as usize)
            };
            last.1.clear();
            last.1 = read().map_err(|error| SourceError::Read { name: name.to_owned(), offset, error })?;
            last.0 = frame.start;
        }
        let from = usize::try_from(offset - frame.start).ok().and_then(|at| last.1.get(at..)).unwrap_or(&[]);
        if from.is_empty() {
            return Err(gone("the spool is damaged"));
        }
        let n = from.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..n), from.get(..n)) {
            to.copy_from_slice(from);
        }
        Ok(n)
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        if !self.kept.load(Ordering::Relaxed) {
            self.budget.give(size_of(&self.dir));
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

fn segment(dir: &Path, n: u32) -> PathBuf {
    dir.join(format!("{n:06}.seg"))
}

/// The part that writes. Between frames it holds no open file and no
/// compressor: there may be thousands.
pub(crate) struct SpoolWriter {
    spool: Arc<Spool>,
    when_full: WhenFull,
    segment: u32,
    /// Bytes in the segment.
    at: u64,
    /// Why nothing more is written.
    stopped: Option<String>,
}

impl SpoolWriter {
    /// A new spool.
    pub(crate) fn create(budget: Arc<Budget>, when_full: WhenFull) -> io::Result<Self> {
        let mut name = tempfile::Builder::new();
        name.prefix("s-");
        let dir = match budget.dir() {
            Some(dir) => name.tempdir_in(dir)?,
            None => name.prefix("secstream-spool-").tempdir()?,
        };
        let lock = budget.lock_new(dir.path())?;
        let spool = Spool {
            dir: dir.keep(),
            budget,
            _lock: lock,
            kept: AtomicBool::new(false),
            frames: RwLock::new(Frames::new(0)),
            last: Mutex::default(),
        };
        Ok(Self { spool: Arc::new(spool), when_full, segment: 0, at: 0, stopped: None })
    }

    /// The part that a view reads from.
    pub(crate) fn spool(&self) -> Arc<Spool> {
        Arc::clone(&self.spool)
    }

    /// Appends bytes of the stream.
    pub(crate) fn append(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.stopped.is_none() {
            let full = {
                let mut frames = self.spool.frames.write().unwrap_or_else(PoisonError::into_inner);
                let room = FRAME - frames.newest.len().min(FRAME);
                let (now, later) = bytes.split_at(room.min(bytes.len()));
                frames.newest.extend_from_slice(now);
                bytes = later;
                frames.newest.len() >= FRAME
            };
            if full {
                self.flush();
            }
        }
    }

    /// Writes the last frame and, where the spool shall be found again, says
    /// where its frames are. Returns why it is not whole, if so.
    pub(crate) fn finish(mut self, keep: bool) -> Option<String> {
        if keep && self.stopped.is_none() {
            self.flush();
        }
        self.spool.frames.write().unwrap_or_else(PoisonError::into_inner).newest.shrink_to_fit();
        if keep && self.stopped.is_none() && self.spool.budget.dir().is_some() {
            let bytes = self.spool.frames.read().unwrap_or_else(PoisonError::into_inner).encode();
            if fs::write(self.spool.dir.join(FRAMES), bytes).is_ok() {
                self.spool.kept.store(true, Ordering::Relaxed);
            }
        }
        self.stopped.take()
    }

    /// Compresses the newest bytes into a frame.
    fn flush(&mut self) {
        let written = {
            // Only this writer changes `newest`, so reading it while views read is enough.
            let frames = self.spool.frames.read().unwrap_or_else(PoisonError::into_inner);
            if frames.newest.is_empty() {
                return;
            }
            let packed = zstd::bulk::compress(&frames.newest, LEVEL);
            packed.map(|p| (p, frames.newest_start(), frames.newest.len() as u32))
        };
        let result = written.and_then(|(packed, start, len)| self.write(&packed, start, len));
        let mut frames = self.spool.frames.write().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(frame) => frames.push(frame),
            Err(e) => {
                frames.stop();
                self.stopped = Some(format!("not all of it is kept for viewing: {e}"));
            }
        }
    }

    fn write(&mut self, packed: &[u8], start: u64, len: u32) -> io::Result<Frame> {
        let size = packed.len() as u64;
        while !self.spool.budget.take(size) {
            let dropped = self.when_full == WhenFull::DropOldest && self.drop_oldest();
            if !dropped {
                return Err(io::Error::other("the spool's cap is reached"));
            }
        }
        if self.at >= SEGMENT {
            self.segment += 1;
            self.at = 0;
        }
        let path = segment(&self.spool.dir, self.segment);
        let mut file = OpenOptions::new().append(true).create_new(self.at == 0).mode(0o600).open(path)?;
        file.write_all(packed)?;
        let frame = Frame { start, len, packed: size as u32, segment: self.segment, at: self.at };
        self.at += size;
        Ok(frame)
    }

    /// Drops the oldest segment that is not being written.
    fn drop_oldest(&self) -> bool {
        let mut frames = self.spool.frames.write().unwrap_or_else(PoisonError::into_inner);
        let Some(oldest) = frames.oldest_segment().filter(|s| *s < self.segment) else { return false };
        frames.drop_segment(oldest);
        let path = segment(&self.spool.dir, oldest);
        let bytes = fs::metadata(&path).map_or(0, |m| m.len());
        let removed = fs::remove_file(&path).is_ok();
        self.spool.budget.give(bytes);
        removed
    }
}
