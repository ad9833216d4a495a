//! A piece of a batch's text or arena.

/// Bit of `start` that says that the span points into the arena.
const ARENA: u32 = 1 << 31;

/// Offset and length (bytes) of a value in its batch. The highest bit of the
/// offset tells the arena from the text, so each of the two may hold 2 GiB.
/// The empty span at offset `u32::MAX` stands for "absent".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    start: u32,
    len: u32,
}

impl Default for Span {
    fn default() -> Self {
        Self::NONE
    }
}

impl Span {
    /// No value (unlike an empty value, which has a place).
    pub const NONE: Self = Self { start: u32::MAX, len: 0 };

    /// A span over the batch's text.
    #[must_use]
    pub const fn text(start: usize, len: usize) -> Self {
        Self { start: start as u32 & !ARENA, len: len as u32 }
    }

    /// A span over the batch's arena.
    #[must_use]
    pub const fn arena(start: usize, len: usize) -> Self {
        Self { start: start as u32 | ARENA, len: len as u32 }
    }

    /// The part of the span from byte `from` on; itself where that is past its end.
    #[must_use]
    pub const fn skip(self, from: usize) -> Self {
        if self.start == u32::MAX || from > self.len as usize {
            return self;
        }
        Self { start: self.start + from as u32, len: self.len - from as u32 }
    }

    /// The first `len` bytes of the span; itself where it is shorter.
    #[must_use]
    pub const fn first(self, len: usize) -> Self {
        if self.start == u32::MAX || len > self.len as usize {
            return self;
        }
        Self { start: self.start, len: len as u32 }
    }

    /// Whether there is a value at all.
    #[must_use]
    pub const fn is_some(self) -> bool {
        self.start != u32::MAX
    }

    /// Whether there is no value.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.start == u32::MAX
    }

    /// Length in bytes.
    #[must_use]
    pub const fn len(self) -> usize {
        self.len as usize
    }

    /// Whether the span holds no byte (absent, or an empty value).
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Offset of the first byte within the text or the arena.
    #[must_use]
    pub const fn start(self) -> usize {
        (self.start & !ARENA) as usize
    }

    /// Whether it points into the arena.
    #[must_use]
    pub const fn is_in_arena(self) -> bool {
        self.start & ARENA != 0 && self.start != u32::MAX
    }

    /// The value, from the two buffers of its batch; `""` when absent.
    #[must_use]
    pub fn get<'a>(self, text: &'a str, arena: &'a str) -> &'a str {
        if self.len == 0 {
            return "";
        }
        let from = if self.start & ARENA == 0 { text } else { arena };
        from.get(self.start()..self.start() + self.len()).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_arena_and_absent_are_told_apart() {
        let (text, arena) = ("hello world", "ARENA");
        assert_eq!(Span::text(6, 5).get(text, arena), "world");
        assert_eq!(Span::arena(0, 3).get(text, arena), "ARE");
        assert!(Span::NONE.is_none() && Span::NONE.get(text, arena).is_empty());
        assert!(Span::text(3, 0).is_some(), "an empty value is a value");
    }

    #[test]
    fn a_span_out_of_range_reads_as_empty() {
        assert_eq!(Span::text(90, 5).get("short", ""), "");
    }
}
