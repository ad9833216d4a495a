//! Streams that come at someone else's pace: standard input, pipes.
//!
//! A thread of its own reads, so that who waits for lines can also wait for a
//! time or be stopped. The channel is bounded: a slow analyzer slows the writer.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};

use super::feed::{Feed, Got, Tally, read_some};

const CHUNK: usize = 64 << 10;
const QUEUE: usize = 8;

/// Chunks from the reading thread.
pub(crate) struct Live {
    chunks: Receiver<io::Result<Vec<u8>>>,
    chunk: Vec<u8>,
    at: usize,
    tally: Tally,
    stop: Option<Arc<AtomicBool>>,
}

impl Live {
    /// Starts reading.
    pub(crate) fn start(
        mut from: impl Read + Send + 'static,
        tally: Tally,
        stop: Option<Arc<AtomicBool>>,
    ) -> io::Result<Self> {
        let (send, chunks) = bounded(QUEUE);
        std::thread::Builder::new().name("stream".to_owned()).spawn(move || {
            loop {
                let mut chunk = vec![0; CHUNK];
                let read = read_some(&mut from, &mut chunk);
                let end = !matches!(read, Ok(n) if n > 0);
                let sent = match read {
                    Ok(0) => break,
                    Ok(n) => {
                        chunk.truncate(n);
                        send.send(Ok(chunk))
                    }
                    Err(e) => send.send(Err(e)),
                };
                if end || sent.is_err() {
                    break;
                }
            }
        })?;
        Ok(Self { chunks, chunk: Vec::new(), at: 0, tally, stop })
    }

    /// The first bytes, as many as tell the compression, or fewer where they
    /// cannot be the beginning of one or the stream ends.
    pub(crate) fn peek(&mut self, enough: impl Fn(&[u8]) -> bool) -> io::Result<&[u8]> {
        let mut head = Vec::new();
        while !enough(&head) && !self.stopped() {
            match self.chunks.recv_timeout(Duration::from_millis(100)) {
                Ok(chunk) => head.extend(chunk?),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.chunk = head;
        Ok(&self.chunk)
    }

    fn stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|s| s.load(Ordering::Relaxed))
    }

    fn copy(&mut self, buf: &mut [u8]) -> usize {
        let rest = self.chunk.get(self.at..).unwrap_or(&[]);
        let n = rest.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..n), rest.get(..n)) {
            to.copy_from_slice(from);
            self.tally.add(from);
        }
        self.at += n;
        n
    }
}

impl Feed for Live {
    fn read(&mut self, buf: &mut [u8], wait: Duration) -> io::Result<Got> {
        if self.at >= self.chunk.len() {
            self.at = 0;
            match self.chunks.recv_timeout(wait) {
                Ok(chunk) => self.chunk = chunk?,
                Err(RecvTimeoutError::Timeout) => {
                    self.chunk.clear();
                    return Ok(Got::Idle);
                }
                Err(RecvTimeoutError::Disconnected) => {
                    self.chunk.clear();
                    return Ok(Got::End);
                }
            }
        }
        Ok(Got::Bytes(self.copy(buf)))
    }

    fn is_live(&self) -> bool {
        true
    }
}

/// For decoders, which only know to wait until something comes.
impl Read for Live {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            match Feed::read(self, buf, Duration::from_millis(100))? {
                Got::Bytes(n) => return Ok(n),
                Got::Idle if !self.stopped() => {}
                Got::Idle => return Err(io::Error::other("stopped")),
                Got::Break | Got::End => return Ok(0),
            }
        }
    }
}
