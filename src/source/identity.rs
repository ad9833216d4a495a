//! What a file is, told without reading all of it.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};

use sha2::{Digest, Sha256};

use crate::event::Ts;

/// Bytes at either end of a file that are hashed.
const END: u64 = 4096;

/// What a file's content looks like from outside: its length and its two ends.
/// Path and times play no part, so a copy has the fingerprint of its original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    /// Length in bytes.
    pub size: u64,
    /// Hash of the first 4 KiB.
    pub head: [u8; 16],
    /// Hash of the last 4 KiB.
    pub tail: [u8; 16],
}

impl Fingerprint {
    /// The fingerprint of the file's first `size` bytes.
    pub fn of(file: &File, size: u64) -> io::Result<Self> {
        Ok(Self {
            size,
            head: hash(file, 0, size.min(END))?,
            tail: hash(file, size.saturating_sub(END), size.min(END))?,
        })
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}-", self.size)?;
        self.head.iter().chain(&self.tail).try_for_each(|b| write!(f, "{b:02x}"))
    }
}

/// Which file it is and in which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) dev: u64,
    pub(crate) ino: u64,
    pub(crate) modified: Ts,
    pub(crate) print: Fingerprint,
}

impl Identity {
    pub(crate) fn of(file: &File, meta: &Metadata) -> io::Result<Self> {
        Ok(Self {
            dev: meta.dev(),
            ino: meta.ino(),
            modified: modified(meta),
            print: Fingerprint::of(file, meta.len())?,
        })
    }
}

/// When the file was last written.
pub(crate) fn modified(meta: &Metadata) -> Ts {
    Ts(meta.mtime().saturating_mul(1_000_000).saturating_add(meta.mtime_nsec() / 1000))
}

fn hash(file: &File, at: u64, len: u64) -> io::Result<[u8; 16]> {
    let mut bytes = vec![0; len.min(END) as usize];
    let mut have = 0;
    while let Some(rest) = bytes.get_mut(have..).filter(|r| !r.is_empty()) {
        match file.read_at(rest, at + have as u64) {
            Ok(0) => break,
            Ok(n) => have += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(short_hash(bytes.get(..have).unwrap_or(&[])))
}

/// The first half of a SHA-256.
pub(crate) fn short_hash(bytes: &[u8]) -> [u8; 16] {
    let mut out = [0; 16];
    for (o, b) in out.iter_mut().zip(Sha256::digest(bytes).iter()) {
        *o = *b;
    }
    out
}
