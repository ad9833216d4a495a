//! The text of a rule while it is edited: lines, a cursor, steps to take back.
//! The editing itself is that of `ratatui-textarea`, without its drawing.

use ratatui_textarea::{CursorMove, TextArea};

use crate::tui::key::{Code, Key};

/// Most bytes that the editor takes.
pub const MAX_BYTES: usize = 1 << 20;

/// A text being edited.
#[derive(Debug, Clone)]
pub struct Source {
    area: TextArea<'static>,
    bytes: usize,
}

impl Default for Source {
    fn default() -> Self {
        Self::new("")
    }
}

impl Source {
    /// A text with the cursor at its start.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let lines: Vec<String> = text.lines().map(|l| l.replace('\t', "    ")).collect();
        let mut area = TextArea::new(lines);
        area.set_max_histories(500);
        Self { area, bytes: text.len() }
    }

    /// The lines; at least one.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        self.area.lines()
    }

    /// The text, each line ended.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = self.area.lines().join("\n");
        out.push('\n');
        out
    }

    /// Line and column of the cursor, in characters, from 0.
    #[must_use]
    pub fn cursor(&self) -> (usize, usize) {
        let c = self.area.cursor();
        (c.0, c.1)
    }

    /// The line that the cursor is on, parted there.
    #[must_use]
    pub fn around(&self) -> (&str, &str) {
        let (row, column) = self.cursor();
        let line = self.lines().get(row).map_or("", String::as_str);
        let at = line.char_indices().nth(column).map_or(line.len(), |(i, _)| i);
        line.split_at(at)
    }

    /// Puts the cursor somewhere.
    pub fn go(&mut self, row: usize, column: usize) {
        let to = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        self.area.move_cursor(CursorMove::Jump(to(row), to(column)));
    }

    /// Where a text stands next, or before, whatever its case; around the end too.
    #[must_use]
    pub fn find(&self, text: &str, on: bool) -> Option<(usize, usize)> {
        let text = text.to_lowercase();
        let mut all = Vec::new();
        for (row, line) in self.lines().iter().enumerate() {
            let line = line.to_lowercase();
            let column = |at: usize| line.get(..at).map_or(0, |l| l.chars().count());
            all.extend(line.match_indices(&text).map(|(at, _)| (row, column(at))));
        }
        let here = self.cursor();
        let beside = if on { all.iter().find(|p| **p > here) } else { all.iter().rfind(|p| **p < here) };
        beside.or(if on { all.first() } else { all.last() }).copied()
    }

    /// One column to the side; never into another line.
    pub fn aside(&mut self, right: bool) {
        let (row, column) = self.cursor();
        if right {
            let len = self.lines().get(row).map_or(0, |l| l.chars().count());
            self.go(row, (column + 1).min(len));
        } else {
            self.go(row, column.saturating_sub(1));
        }
    }

    /// Applies an editing key; returns whether the text changed.
    pub fn key(&mut self, key: Key) -> bool {
        let changed = match (key.code, key.ctrl) {
            (Code::Enter, false) => {
                let (left, _) = self.around();
                let mut indent: String = left.chars().take_while(|c| *c == ' ').collect();
                if left.trim_end().ends_with(':') {
                    indent.push_str("  ");
                }
                self.put(&format!("\n{indent}"))
            }
            (Code::Tab, _) => self.put("  "),
            (Code::Char('u'), true) => self.area.delete_line_by_head(),
            (Code::Char('k'), true) => self.area.delete_line_by_end(),
            (Code::Char('w'), true) => self.area.delete_word(),
            (Code::Char(c), false) if !c.is_control() => self.put(c.encode_utf8(&mut [0; 4])),
            (Code::Backspace, _) => self.area.delete_char(),
            (Code::Delete, _) => self.area.delete_next_char(),
            (code, false) => {
                if let Some(to) = motion(code) {
                    self.area.move_cursor(to);
                }
                false
            }
            _ => false,
        };
        if changed {
            self.measure();
        }
        changed
    }

    /// Another text in place of the whole; returns whether it was taken.
    pub fn replace(&mut self, text: &str) -> bool {
        let clean = clean(&text.replace('\t', "    "));
        if clean.len() > MAX_BYTES {
            return false;
        }
        let (row, column) = self.cursor();
        self.area.select_all();
        self.area.insert_str(clean.strip_suffix('\n').unwrap_or(&clean));
        self.go(row.min(self.lines().len() - 1), column);
        self.measure();
        true
    }

    /// Inserts text; tabs become blanks and other controls are left out.
    pub fn put(&mut self, text: &str) -> bool {
        let clean = clean(text);
        if self.bytes + clean.len() > MAX_BYTES {
            return false;
        }
        let changed = self.area.insert_str(&clean);
        self.measure();
        changed
    }

    /// Replaces the last characters before the cursor.
    pub fn replace_back(&mut self, chars: usize, with: &str) {
        for _ in 0..chars {
            self.area.delete_char();
        }
        self.put(with);
    }

    /// Takes the whole line out.
    pub fn cut_line(&mut self) {
        let (row, _) = self.cursor();
        self.area.move_cursor(CursorMove::Head);
        if !self.lines().get(row).is_some_and(String::is_empty) {
            self.area.delete_line_by_end();
        }
        if !self.area.delete_next_char() && row > 0 {
            self.area.delete_char();
        }
        self.measure();
    }

    /// An empty line below, as deep as this one.
    pub fn line_below(&mut self) {
        self.area.move_cursor(CursorMove::End);
        self.key(Key::of(Code::Enter));
    }

    /// Takes back a step, or does it again.
    pub fn undo(&mut self, again: bool) -> bool {
        let mut step = || if again { self.area.redo() } else { self.area.undo() };
        let mut done = step();
        // A whole text is replaced in two steps: nobody wants the nothing in between.
        if done && self.area.lines().iter().all(String::is_empty) {
            done |= if again { self.area.redo() } else { self.area.undo() };
        }
        self.measure();
        done
    }

    fn measure(&mut self) {
        self.bytes = self.area.lines().iter().map(|l| l.len() + 1).sum();
    }
}

/// The text with lines ended in one way, without tabs and other controls.
fn clean(text: &str) -> String {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', "  ");
    lines.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

const fn motion(code: Code) -> Option<CursorMove> {
    Some(match code {
        Code::Up => CursorMove::Up,
        Code::Down => CursorMove::Down,
        Code::Left => CursorMove::Back,
        Code::Right => CursorMove::Forward,
        Code::Home => CursorMove::Head,
        Code::End => CursorMove::End,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(s: &mut Source, list: &[&str]) {
        for k in list {
            s.key(Key::parse(k).expect("a key"));
        }
    }

    #[test]
    fn lines_are_indented_and_steps_taken_back() {
        let mut s = Source::new("detection:\n  sel:\n");
        s.go(1, 6);
        keys(&mut s, &["Enter", "a", ":", "x"]);
        assert_eq!(s.text(), "detection:\n  sel:\n    a:x\n");
        s.line_below();
        assert_eq!(s.cursor(), (3, 4));
        s.cut_line();
        s.cut_line();
        assert_eq!(s.lines().len(), 2, "{:?}", s.lines());
        while s.undo(false) {}
        assert_eq!(s.text(), "detection:\n  sel:\n");
        s.put("a\tb\u{1b}[2J\r\nc");
        assert!(!s.text().contains('\u{1b}'));
    }

    #[test]
    fn no_key_leaves_the_text() {
        let all = [
            "a",
            "Enter",
            "Backspace",
            "Delete",
            "Left",
            "Right",
            "Up",
            "Down",
            "Ctrl-w",
            "Ctrl-u",
            "Ctrl-k",
            "Tab",
            "End",
            "Home",
            "宽",
        ];
        let mut s = Source::default();
        let mut x = 7u64;
        for _ in 0..5000 {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            match (x >> 33) as usize % (all.len() + 3) {
                n if n < all.len() => keys(&mut s, &[all[n]]),
                15 => s.cut_line(),
                16 => s.go(x as usize % 50, x as usize % 9),
                _ => {
                    s.undo(x & 1 == 0);
                }
            }
            let (row, column) = s.cursor();
            assert!(row < s.lines().len() && column <= s.lines()[row].chars().count());
        }
    }

    #[test]
    fn finds_on_and_back_and_around() {
        let mut s = Source::new("Condition: a\nb: condition condition\n");
        let mut seen = Vec::new();
        for on in [true, true, true, false, false] {
            let (row, column) = s.find("CONDITION", on).expect("there");
            s.go(row, column);
            seen.push((row, column));
        }
        assert_eq!(seen, [(1, 3), (1, 13), (0, 0), (1, 13), (1, 3)]);
        assert_eq!((s.find("nowhere", true), Source::new("ÄÖ: x").find("x", true)), (None, Some((0, 4))));
    }
}
