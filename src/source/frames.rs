//! Where the frames of a spool are.

use super::bytes::{Reader, Writer, seal, unseal};

const MARK: [u8; 8] = *b"SSFRAME1";

/// One compressed frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Offset of its first byte in the stream.
    pub(crate) start: u64,
    /// Bytes of the stream in it.
    pub(crate) len: u32,
    /// Bytes it takes compressed.
    pub(crate) packed: u32,
    /// Segment file that holds it.
    pub(crate) segment: u32,
    /// Its place there.
    pub(crate) at: u64,
}

/// All frames of a stream in order, and the bytes after them.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    list: Vec<Frame>,
    /// Where the stream begins.
    start: u64,
    /// Bytes that are no frame yet.
    pub(crate) newest: Vec<u8>,
    /// Nothing more is kept.
    pub(crate) full: bool,
}

impl Frames {
    pub(crate) fn new(start: u64) -> Self {
        Self { start, ..Self::default() }
    }

    /// Offset of the first byte that is no frame yet.
    pub(crate) fn newest_start(&self) -> u64 {
        self.list.last().map_or(self.start, |f| f.start + u64::from(f.len))
    }

    /// Offset behind the last byte kept.
    pub(crate) fn end(&self) -> u64 {
        self.newest_start() + self.newest.len() as u64
    }

    /// Copies from the bytes that are no frame yet; `None` where the offset is
    /// not among them.
    pub(crate) fn read_newest(&self, offset: u64, buf: &mut [u8]) -> Option<usize> {
        let at = usize::try_from(offset.checked_sub(self.newest_start())?).ok()?;
        let from = self.newest.get(at..).filter(|f| !f.is_empty())?;
        let n = from.len().min(buf.len());
        buf.get_mut(..n)?.copy_from_slice(from.get(..n)?);
        Some(n)
    }

    /// The frame that holds an offset.
    pub(crate) fn find(&self, offset: u64) -> Option<Frame> {
        let after = self.list.partition_point(|f| f.start + u64::from(f.len) <= offset);
        self.list.get(after).copied().filter(|f| f.start <= offset)
    }

    /// Takes the newest bytes for written into this frame.
    pub(crate) fn push(&mut self, frame: Frame) {
        self.list.push(frame);
        self.newest.clear();
    }

    /// Keeps what there is and nothing more.
    pub(crate) fn stop(&mut self) {
        self.full = true;
        self.start = self.newest_start();
        self.newest = Vec::new();
    }

    pub(crate) fn oldest_segment(&self) -> Option<u32> {
        self.list.first().map(|f| f.segment)
    }

    pub(crate) fn drop_segment(&mut self, segment: u32) {
        let end = self.newest_start();
        self.list.retain(|f| f.segment != segment);
        self.start = end;
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        w.num(self.list.first().map_or(self.start, |f| f.start));
        w.num(self.list.len() as u64);
        for f in &self.list {
            w.num(u64::from(f.len));
            w.num(u64::from(f.packed));
            w.num(u64::from(f.segment));
        }
        seal(MARK, &w.0)
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader(unseal(MARK, bytes)?);
        let mut start = r.num()?;
        let mut frames = Self::new(start);
        let (mut segment, mut at) = (0, 0);
        for _ in 0..r.count(3)? {
            let (len, packed, of) = (r.num32()?, r.num32()?, r.num32()?);
            // No frame is longer than it was made: a damaged table must not
            // make the reader ask for memory.
            if len as usize > super::spool::FRAME || packed as usize > 2 * super::spool::FRAME {
                return None;
            }
            if of != segment {
                (segment, at) = (of, 0);
            }
            frames.list.push(Frame { start, len, packed, segment, at });
            start += u64::from(len);
            at += u64::from(packed);
        }
        Some(frames)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_by_offset_and_come_back_from_disk() {
        let mut frames = Frames::new(3);
        frames.push(Frame { start: 3, len: 10, packed: 4, segment: 0, at: 0 });
        frames.push(Frame { start: 13, len: 10, packed: 5, segment: 0, at: 4 });
        frames.push(Frame { start: 23, len: 1, packed: 6, segment: 1, at: 0 });
        let back = Frames::decode(&frames.encode()).unwrap();
        assert_eq!(back.list, frames.list);
        assert_eq!(back.find(2), None);
        assert_eq!(back.find(3).unwrap().at, 0);
        assert_eq!(back.find(22).unwrap().at, 4);
        assert_eq!(back.find(23).unwrap().segment, 1);
        assert_eq!((back.find(24), back.end()), (None, 24));
        assert!(Frames::decode(b"junk").is_none());
    }

    #[test]
    fn the_newest_bytes_are_readable_before_they_are_a_frame() {
        let mut frames = Frames::new(0);
        frames.newest.extend(b"hello");
        let mut buf = [0; 3];
        assert_eq!((frames.read_newest(2, &mut buf), &buf), (Some(3), b"llo"));
        assert_eq!(frames.read_newest(5, &mut buf), None);
    }
}
