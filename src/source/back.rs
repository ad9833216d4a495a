//! What a view reads from: the file itself, or the spool.

use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::SourceError;
use super::handle::Handle;
use super::spool::Spool;

/// Bytes of a source by offset.
pub(crate) enum Back {
    /// The file, as it stands.
    File(Arc<Handle>),
    /// Kept beside it.
    Spool(Arc<Spool>),
    /// Nothing is kept.
    None(&'static str),
}

impl Back {
    /// Reads some bytes at an offset; 0 at the end.
    pub(crate) fn read_at(&self, name: &str, offset: u64, buf: &mut [u8]) -> Result<usize, SourceError> {
        match self {
            Self::File(file) => read_file(file, name, offset, buf),
            Self::Spool(spool) => spool.read_at(name, offset, buf),
            Self::None(reason) => Err(SourceError::Gone { name: name.to_owned(), offset, reason }),
        }
    }
}

fn read_file(handle: &Handle, name: &str, offset: u64, buf: &mut [u8]) -> Result<usize, SourceError> {
    let file = match handle.file() {
        Ok(Some(file)) => file,
        Ok(None) => return Err(SourceError::Changed { name: name.to_owned() }),
        Err(error) => return Err(SourceError::Open { name: name.to_owned(), error }),
    };
    loop {
        match file.read_at(buf, offset) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(SourceError::Read { name: name.to_owned(), offset, error }),
            Ok(n) => return Ok(n),
        }
    }
}
