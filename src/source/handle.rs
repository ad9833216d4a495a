//! A file that need not stay open while it is in use: of thousands of inputs
//! only some hold a descriptor, the others are opened for each read.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustix::process::{Resource, getrlimit};

/// Most files kept open in the whole process, and the share of the system's limit.
const MOST: u64 = 256;
const SHARE: u64 = 4;
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// A file under a path, read by place or from its beginning on.
#[derive(Debug)]
pub(crate) struct Handle {
    path: PathBuf,
    /// Device and inode, to notice another file under the path.
    identity: (u64, u64),
    file: Mutex<Option<Arc<File>>>,
    /// Where [`Reading`] goes on.
    at: AtomicU64,
}

impl Handle {
    /// The file that was opened from this path.
    pub(crate) fn new(path: &Path, file: File) -> io::Result<Arc<Self>> {
        let identity = identity(&file)?;
        let handle = Self { path: path.to_owned(), identity, file: Mutex::new(None), at: AtomicU64::new(0) };
        handle.keep(&Arc::new(file));
        Ok(Arc::new(handle))
    }

    /// Keeps it open, where not too many are.
    fn keep(&self, file: &Arc<File>) {
        let mut kept = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_none() {
            if OPEN.fetch_add(1, Ordering::Relaxed) < most() {
                *kept = Some(Arc::clone(file));
            } else {
                OPEN.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }

    /// The file, opened again where it was not kept open; `None` where another
    /// file stands under the path by now.
    pub(crate) fn file(&self) -> io::Result<Option<Arc<File>>> {
        if let Some(file) = &*self.file.lock().unwrap_or_else(PoisonError::into_inner) {
            return Ok(Some(Arc::clone(file)));
        }
        let file = File::open(&self.path)?;
        if identity(&file)? != self.identity {
            return Ok(None);
        }
        let file = Arc::new(file);
        self.keep(&file);
        Ok(Some(file))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.file.get_mut().unwrap_or_else(PoisonError::into_inner).is_some() {
            OPEN.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn identity(file: &File) -> io::Result<(u64, u64)> {
    let meta = file.metadata()?;
    Ok((meta.dev(), meta.ino()))
}

/// How many files may be kept open: the process needs descriptors for its
/// outputs, the store and the cache as well.
pub(crate) fn most() -> usize {
    static LIMIT: OnceLock<usize> = OnceLock::new();
    *LIMIT.get_or_init(|| {
        let system = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        usize::try_from((system / SHARE).min(MOST)).unwrap_or(0)
    })
}

/// The file from its beginning on; several of one handle share the place.
#[derive(Debug, Clone)]
pub(crate) struct Reading(pub(crate) Arc<Handle>);

impl Read for Reading {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let file = self.0.file()?.ok_or_else(|| io::Error::other("another file stands under its name"))?;
        let at = self.0.at.load(Ordering::Relaxed);
        let n = file.read_at(buf, at)?;
        self.0.at.store(at + n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_files_than_may_be_open_are_all_read() {
        let dir = tempfile::tempdir().unwrap();
        let handles: Vec<_> = (0..600)
            .map(|i| {
                let path = dir.path().join(i.to_string());
                std::fs::write(&path, format!("{i} and more")).unwrap();
                Handle::new(&path, File::open(&path).unwrap()).unwrap()
            })
            .collect();
        assert!(handles.iter().filter(|h| h.file.lock().unwrap().is_some()).count() <= MOST as usize);
        for (i, h) in handles.iter().enumerate() {
            let mut text = String::new();
            Reading(Arc::clone(h)).read_to_string(&mut text).unwrap();
            assert_eq!(text, format!("{i} and more"));
        }
    }

    #[test]
    fn another_file_under_the_name_is_not_taken_for_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        std::fs::write(&path, "first").unwrap();
        let handle = Handle::new(&path, File::open(&path).unwrap()).unwrap();
        // as where too many are open
        if handle.file.lock().unwrap().take().is_some() {
            OPEN.fetch_sub(1, Ordering::Relaxed);
        }
        let other = dir.path().join("b");
        std::fs::write(&other, "second").unwrap();
        std::fs::rename(&other, &path).unwrap();
        assert!(handle.file().unwrap().is_none());
        assert!(Reading(handle).read(&mut [0; 9]).is_err());
    }
}
