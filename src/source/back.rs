//! What a view reads from: the file itself, or the spool.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::SourceError;
use super::spool::Spool;

/// Files kept open for views, in the whole process. Past this many, a file is
/// opened for each read.
const MOST_OPEN: usize = 256;
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// Bytes of a source by offset.
pub(crate) enum Back {
    /// The file, as it stands.
    File(FileBack),
    /// Kept beside it.
    Spool(Arc<Spool>),
    /// Nothing is kept.
    None(&'static str),
}

impl Back {
    /// Reads some bytes at an offset; 0 at the end.
    pub(crate) fn read_at(&self, name: &str, offset: u64, buf: &mut [u8]) -> Result<usize, SourceError> {
        match self {
            Self::File(file) => file.read_at(name, offset, buf),
            Self::Spool(spool) => spool.read_at(name, offset, buf),
            Self::None(reason) => Err(SourceError::Gone { name: name.to_owned(), offset, reason }),
        }
    }
}

/// A plain file.
pub(crate) struct FileBack {
    path: PathBuf,
    /// Device and inode, to notice another file under the path.
    identity: (u64, u64),
    handle: Mutex<Option<Arc<File>>>,
}

impl FileBack {
    /// The file under this path; `open` is one handle to it.
    pub(crate) fn new(path: PathBuf, open: &Arc<File>) -> io::Result<Self> {
        let meta = open.metadata()?;
        let back = Self { path, identity: (meta.dev(), meta.ino()), handle: Mutex::new(None) };
        back.keep(open);
        Ok(back)
    }

    fn keep(&self, file: &Arc<File>) {
        let mut handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        if handle.is_none() {
            if OPEN.fetch_add(1, Ordering::Relaxed) < MOST_OPEN {
                *handle = Some(Arc::clone(file));
            } else {
                OPEN.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }

    fn file(&self, name: &str) -> Result<Arc<File>, SourceError> {
        if let Some(file) = &*self.handle.lock().unwrap_or_else(PoisonError::into_inner) {
            return Ok(Arc::clone(file));
        }
        let open = || -> io::Result<_> {
            let file = File::open(&self.path)?;
            let meta = file.metadata()?;
            Ok((file, (meta.dev(), meta.ino())))
        };
        match open() {
            Ok((file, identity)) if identity == self.identity => {
                let file = Arc::new(file);
                self.keep(&file);
                Ok(file)
            }
            Ok(_) => Err(SourceError::Changed { name: name.to_owned() }),
            Err(error) => Err(SourceError::Open { name: name.to_owned(), error }),
        }
    }

    fn read_at(&self, name: &str, offset: u64, buf: &mut [u8]) -> Result<usize, SourceError> {
        let file = self.file(name)?;
        loop {
            match file.read_at(buf, offset) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(SourceError::Read { name: name.to_owned(), offset, error }),
                Ok(n) => return Ok(n),
            }
        }
    }
}

impl Drop for FileBack {
    fn drop(&mut self) {
        if self.handle.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            OPEN.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
