//! Compressed inputs: told by their first bytes, never by their names.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;

use super::feed::{Tallied, Tally};
use super::handle::Reading;

/// Most memory that a decoder may ask for; more is taken for hostile.
const XZ_MEMORY: u64 = 256 << 20;
/// Largest window of a zstd frame, as a power of two.
const ZSTD_WINDOW_LOG: u32 = 27;
/// How many first bytes tell the compression.
pub(crate) const MAGIC: usize = 6;

/// A compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    Gzip,
    Zstd,
    Bzip2,
    Xz,
}

impl Codec {
    /// The compression of a stream that begins like this.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31 | 0x17, ..] => Some(Self::Bzip2),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            _ => None,
        }
    }

    /// What people call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
        }
    }

    /// Reads the decompressed bytes of `from`, of all its members or frames.
    pub(crate) fn decoder(self, from: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
        let from = BufReader::with_capacity(64 << 10, from);
        Ok(match self {
            Self::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(from)),
            Self::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(from)),
            Self::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(from)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                Box::new(decoder)
            }
            Self::Xz => {
                let stream = liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY, liblzma::stream::CONCATENATED)
                    .map_err(io::Error::other)?;
                Box::new(liblzma::bufread::XzDecoder::new_stream(from, stream))
            }
        })
    }
}

/// A compressed file. A decoder that finds damage keeps back what it had of
/// its last step, so the file is then decoded again up to there, and on in the
/// smallest steps: all before the damage is given out.
pub(crate) struct DecodedFile {
    path: PathBuf,
    codec: Codec,
    from: Box<dyn Read + Send>,
    given: u64,
    /// The damage, once it is met.
    damage: Option<io::Error>,
}

impl DecodedFile {
    /// Decodes a file that was opened from this path.
    pub(crate) fn new(path: PathBuf, file: Reading, codec: Codec, tally: Tally) -> io::Result<Self> {
        let from = codec.decoder(Tallied::new(file, tally))?;
        Ok(Self { path, codec, from, given: 0, damage: None })
    }

    /// Reads on behind what was given already, in steps of one byte.
    fn again(&self) -> io::Result<Box<dyn Read + Send>> {
        let mut from = self.codec.decoder(File::open(&self.path)?)?;
        let mut step = [0; 4096];
        let mut left = self.given;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(step.len()).min(step.len());
            match from.read(step.get_mut(..most).unwrap_or_default())? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                n => left -= n as u64,
            }
        }
        Ok(from)
    }
}

impl Read for DecodedFile {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        // Past the damage each step is one byte, so that none is kept back.
        let step = if self.damage.is_some() { 1 } else { buf.len() };
        match self.from.read(buf.get_mut(..step.min(buf.len())).unwrap_or_default()) {
            Ok(n) => {
                self.given += n as u64;
                Ok(n)
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => Err(e),
            Err(e) => {
                if let Some(first) = self.damage.take() {
                    return Err(first);
                }
                // At an early end gzip keeps nothing back.
                if self.codec == Codec::Gzip && e.kind() == io::ErrorKind::UnexpectedEof {
                    return Err(e);
                }
                match self.again() {
                    Ok(from) => {
                        self.from = from;
                        self.damage = Some(e);
                        self.read(buf)
                    }
                    Err(_) => Err(e),
                }
            }
        }
    }
}
