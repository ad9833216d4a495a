//! Where the text bytes of a source come from, after decompression.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

/// What a read of a [`Feed`] gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Got {
    /// So many bytes.
    Bytes(usize),
    /// Nothing within the time given; more may come.
    Idle,
    /// The next byte begins another file: an unended line ends here.
    Break,
    /// Nothing will come any more.
    End,
}

/// A source of bytes.
pub(crate) trait Feed: Send {
    /// Reads into `buf` (not empty). Only a live feed waits, at most `wait`.
    fn read(&mut self, buf: &mut [u8], wait: Duration) -> io::Result<Got>;

    /// Whether bytes come at someone else's pace.
    fn is_live(&self) -> bool {
        false
    }

    /// What the user should know of the feed; called once in a while.
    fn warnings(&mut self) -> Vec<String> {
        Vec::new()
    }

    /// Whether records that were there could not be read.
    fn damaged(&self) -> bool {
        false
    }
}

/// Length and SHA-256 of the bytes as stored, shared by who reads them and who
/// wants to know.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally(Arc<Mutex<(Sha256, u64)>>);

impl Tally {
    /// Adds bytes.
    pub(crate) fn add(&self, bytes: &[u8]) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.0.update(bytes);
        inner.1 += bytes.len() as u64;
    }

    /// How many bytes went in.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    /// The digest to go on from, and how many bytes went in.
    pub(crate) fn state(&self) -> (Sha256, u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The digest so far, in hex.
    pub(crate) fn hex(&self) -> String {
        let digest = self.0.lock().unwrap_or_else(PoisonError::into_inner).0.clone().finalize();
        hex(&digest)
    }
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for b in bytes {
        out.push(char::from(DIGITS[usize::from(b >> 4)]));
        out.push(char::from(DIGITS[usize::from(b & 15)]));
    }
    out
}

/// A reader that tallies what passes through it.
#[derive(Debug)]
pub(crate) struct Tallied<R> {
    inner: R,
    tally: Tally,
}

impl<R> Tallied<R> {
    /// Tallies what `inner` gives.
    pub(crate) fn new(inner: R, tally: Tally) -> Self {
        Self { inner, tally }
    }
}

impl<R: Read> Read for Tallied<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = read_some(&mut self.inner, buf)?;
        self.tally.add(buf.get(..n).unwrap_or(&[]));
        Ok(n)
    }
}

/// A read that goes on when a signal interrupts it.
pub(crate) fn read_some(from: &mut impl Read, buf: &mut [u8]) -> io::Result<usize> {
    loop {
        match from.read(buf) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// A feed that simply reads.
pub(crate) struct ReadFeed {
    from: Box<dyn Read + Send>,
}

impl ReadFeed {
    /// Reads from here until its end.
    pub(crate) fn new(from: Box<dyn Read + Send>) -> Self {
        Self { from }
    }
}

impl Feed for ReadFeed {
    fn read(&mut self, buf: &mut [u8], _wait: Duration) -> io::Result<Got> {
        Ok(match read_some(&mut self.from, buf)? {
            0 => Got::End,
            n => Got::Bytes(n),
        })
    }
}
