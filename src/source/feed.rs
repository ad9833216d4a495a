//! Where the text bytes of a source come from, after decompression.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::identity::END;

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
pub(crate) struct Tally(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    sums: Sums,
    /// Bytes that were read, of all files.
    read: u64,
    /// Sums are those of what was given out as records, not of what was read.
    given: bool,
}

/// What went through a tally of the file that is read now.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    pub(crate) hash: Sha256,
    /// Bytes.
    pub(crate) bytes: u64,
    /// Its first and last bytes, where they are wanted.
    pub(crate) ends: Option<Ends>,
}

impl Sums {
    fn add(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        if let Some(ends) = &mut self.ends {
            ends.add(bytes);
        }
    }

    /// The digest so far, in hex.
    pub(crate) fn hex(&self) -> String {
        hex(&self.hash.clone().finalize())
    }
}

/// The first and the last bytes of what was read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ends {
    pub(crate) head: Vec<u8>,
    pub(crate) tail: Vec<u8>,
}

impl Ends {
    fn add(&mut self, bytes: &[u8]) {
        let room = END.saturating_sub(self.head.len());
        self.head.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        let new = bytes.get(bytes.len().saturating_sub(END)..).unwrap_or(bytes);
        let over = (self.tail.len() + new.len()).saturating_sub(END);
        self.tail.drain(..over.min(self.tail.len()));
        self.tail.extend_from_slice(new);
    }
}

impl Tally {
    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps the first and last bytes, too.
    pub(crate) fn keep_ends(&self) {
        self.with(|s| s.sums.ends = Some(Ends::default()));
    }

    /// From the beginning on the sums are those of what is given out: they stand at
    /// the end of a record, while half a line may have been read beyond it. Only
    /// for what is given out as it is stored.
    pub(crate) fn of_given(&self) {
        self.with(|s| s.given = true);
    }

    /// Whether they are.
    pub(crate) fn is_of_given(&self) -> bool {
        self.with(|s| s.given)
    }

    /// Adds bytes that were read.
    pub(crate) fn add(&self, bytes: &[u8]) {
        self.with(|s| {
            s.read += bytes.len() as u64;
            if !s.given {
                s.sums.add(bytes);
            }
        });
    }

    /// Adds bytes that are given out.
    pub(crate) fn give(&self, bytes: &[u8]) {
        self.with(|s| {
            if s.given {
                s.sums.add(bytes);
            }
        });
    }

    /// How many bytes were read.
    pub(crate) fn bytes(&self) -> u64 {
        self.with(|s| s.read)
    }

    /// Looks at the sums of the file that is read now.
    pub(crate) fn sums<T>(&self, f: impl FnOnce(&Sums) -> T) -> T {
        self.with(|s| f(&s.sums))
    }

    /// The next byte is of another file; the sums of this one.
    pub(crate) fn next_file(&self) -> Sums {
        self.with(|s| {
            let ends = s.sums.ends.as_ref().map(|_| Ends::default());
            std::mem::replace(&mut s.sums, Sums { ends, ..Sums::default() })
        })
    }

    /// The digest so far of the file that is read now, in hex.
    pub(crate) fn hex(&self) -> String {
        self.sums(Sums::hex)
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
