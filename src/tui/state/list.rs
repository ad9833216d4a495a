//! A cursor in a list. Where the list has whole lines of the terminal, the page
//! slides a line at a time: the terminal moves the lines itself. Beside another
//! pane it cannot; there the cursor moves inside the page, and at the edge the
//! page jumps three quarters of its height, which costs a tenth of the bytes of
//! scrolling line by line.

/// Lines kept in sight beyond the cursor where the page slides.
const AHEAD: usize = 3;

/// Cursor and top of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// The row the cursor is on.
    pub at: usize,
    /// The first row of the page.
    pub top: usize,
}

impl Cursor {
    /// Puts the cursor on a row and flips the page where it must.
    pub fn set(&mut self, at: usize, len: usize, height: usize) {
        let height = height.max(1);
        self.at = at.min(len.saturating_sub(1));
        let jump = (height * 3 / 4).max(1);
        if self.at < self.top {
            let missing = self.top - self.at;
            self.top = self.top.saturating_sub(missing.div_ceil(jump) * jump);
        } else if self.at >= self.top + height {
            let missing = self.at - (self.top + height) + 1;
            self.top += missing.div_ceil(jump) * jump;
        }
        // A page that would end in nothing shows the last full page instead.
        self.top = self.top.min(len.saturating_sub(height)).min(self.at);
        if self.at >= self.top + height {
            self.top = self.at + 1 - height;
        }
    }

    /// Moves by rows.
    pub fn step(&mut self, by: isize, len: usize, height: usize) {
        self.set(self.at.saturating_add_signed(by), len, height);
    }

    /// Moves by rows; the page goes no further than the cursor.
    pub fn slide(&mut self, by: isize, len: usize, height: usize) {
        let height = height.max(1);
        self.at = self.at.saturating_add_signed(by).min(len.saturating_sub(1));
        let (most, ahead) = (by.unsigned_abs(), AHEAD.min((height - 1) / 4));
        if by > 0 {
            self.top += (self.at + ahead + 1).saturating_sub(self.top + height).min(most);
        } else {
            self.top -= (self.top + ahead).saturating_sub(self.at).min(most).min(self.top);
        }
        // However it stood before: on the page, and the page not beyond the end.
        self.top = self.top.min(len.saturating_sub(height)).min(self.at).max((self.at + 1).saturating_sub(height));
    }

    /// Pins the page to the end with the cursor on the last row.
    pub fn follow(&mut self, len: usize, height: usize) {
        self.at = len.saturating_sub(1);
        self.top = len.saturating_sub(height.max(1));
    }

    /// Puts the row in the middle of the page, where a jump came from far away.
    pub fn centre(&mut self, at: usize, len: usize, height: usize) {
        self.at = at.min(len.saturating_sub(1));
        if self.at < self.top || self.at >= self.top + height.max(1) {
            self.top = self.at.saturating_sub(height / 3).min(len.saturating_sub(height));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_is_always_on_the_page() {
        for len in [0usize, 1, 5, 40, 1000] {
            for height in [1usize, 2, 7, 40] {
                let mut c = Cursor::default();
                let mut x = 12345u64;
                for _ in 0..500 {
                    x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let by = [1isize, -1, 1, 7, -13, 400][(x >> 33) as usize % 6];
                    if x >> 63 == 0 {
                        c.step(by, len, height);
                    } else {
                        c.slide(by, len, height);
                    }
                    assert!(c.at < len.max(1));
                    assert!(c.top <= c.at && c.at < c.top + height, "{c:?} {len} {height}");
                    assert!(c.top == 0 || c.top + height <= len, "{c:?} {len} {height}");
                }
            }
        }
    }

    #[test]
    fn the_page_flips_by_three_quarters() {
        let mut c = Cursor::default();
        let mut flips = 0;
        for _ in 0..120 {
            let top = c.top;
            c.step(1, 1000, 40);
            flips += usize::from(c.top != top);
        }
        assert!(flips <= 3, "{flips}");
    }

    #[test]
    fn a_page_that_slides_keeps_lines_in_sight() {
        let mut c = Cursor { at: 18, top: 0 };
        let mut tops = Vec::new();
        for by in [1, 1, 1, -1, -1] {
            c.slide(by, 100, 20);
            tops.push(c.top);
        }
        // From near the edge it goes a line at a time, and back it waits for the other edge.
        assert_eq!((tops, c.at), (vec![1, 2, 3, 3, 3], 19));
        for _ in 0..40 {
            c.slide(-1, 100, 20);
        }
        assert_eq!(c, Cursor::default());
    }
}
