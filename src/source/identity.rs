//! What a file is, told without reading all of it.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};

use sha2::{Digest, Sha256};

use crate::event::Ts;

/// Bytes at either end of a file that are hashed.
pub(crate) const END: usize = 4096;

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
            head: hash(file, 0, size.min(END as u64))?,
            tail: hash(file, size.saturating_sub(END as u64), size.min(END as u64))?,
        })
    }
}

impl Fingerprint {
    /// That of a content of which the first and the last bytes are known.
    pub(crate) fn from_ends(size: u64, head: &[u8], tail: &[u8]) -> Self {
        Self { size, head: short_hash(head), tail: short_hash(tail) }
    }

    /// Reads what `Display` writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (size, ends) = text.split_once('-')?;
        let digits = |from: usize| -> Option<[u8; 16]> {
            let mut out = [0; 16];
            for (i, o) in out.iter_mut().enumerate() {
                *o = u8::from_str_radix(ends.get(from + 2 * i..from + 2 * i + 2)?, 16).ok()?;
            }
            Some(out)
        };
        (ends.len() == 64).then_some(())?;
        Some(Self { size: u64::from_str_radix(size, 16).ok()?, head: digits(0)?, tail: digits(32)? })
    }

    /// Whether a file begins with the content of this fingerprint; an empty one says nothing.
    #[must_use]
    pub fn begins(&self, file: &File) -> bool {
        let long = file.metadata().is_ok_and(|m| m.len() >= self.size);
        self.size > 0 && long && Self::of(file, self.size).is_ok_and(|f| f == *self)
    }

    /// Whether a content that begins with these bytes can be the one of this fingerprint.
    #[must_use]
    pub fn fits(&self, beginning: &[u8]) -> bool {
        beginning.get(..self.size.min(END as u64) as usize).is_some_and(|b| short_hash(b) == self.head)
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
    let mut bytes = vec![0; len.min(END as u64) as usize];
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_it_is_written_and_knows_what_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.log");
        let text = "one line of many\n".repeat(1000);
        std::fs::write(&path, &text).unwrap();
        let file = File::open(&path).unwrap();
        let print = Fingerprint::of(&file, 9000).unwrap();
        assert_eq!(Fingerprint::parse(&print.to_string()), Some(print));
        assert!(print.begins(&file) && print.fits(text.as_bytes()) && print.fits(&text.as_bytes()[..4096]));
        assert!(!print.fits(&text.as_bytes()[..4095]) && !print.fits(&text.as_bytes()[1..5000]));
        std::fs::write(&path, text.replacen("one", "two", 1)).unwrap();
        assert!(!print.begins(&File::open(&path).unwrap()));
        std::fs::write(&path, &text[..8999]).unwrap();
        assert!(!print.begins(&File::open(&path).unwrap()), "shorter");
        for wrong in ["", "-", "zz-00", "10-00", "é-ö"] {
            assert_eq!(Fingerprint::parse(wrong), None, "{wrong}");
        }
    }
}
