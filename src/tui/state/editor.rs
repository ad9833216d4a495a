//! A small text editor for notes: lines of characters and a cursor.
//! Invariant: there is always at least one line, and the cursor is inside it.

use crate::tui::key::{Code, Key};

/// Most characters that a note may have.
pub const MAX_CHARS: usize = 20_000;

/// Text being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Editor {
    lines: Vec<Vec<char>>,
    row: usize,
    column: usize,
}

impl Default for Editor {
    fn default() -> Self {
        Self { lines: vec![Vec::new()], row: 0, column: 0 }
    }
}

impl Editor {
    /// The lines.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.lines.iter().map(|l| l.iter().collect()).collect()
    }

    /// The whole text, without blanks at its ends.
    #[must_use]
    pub fn text(&self) -> String {
        self.lines().join("\n").trim().to_owned()
    }

    /// Row and column (in characters) of the cursor.
    #[must_use]
    pub const fn cursor(&self) -> (usize, usize) {
        (self.row, self.column)
    }

    fn line(&mut self) -> &mut Vec<char> {
        if self.lines.is_empty() {
            self.lines.push(Vec::new());
        }
        let row = self.row.min(self.lines.len() - 1);
        &mut self.lines[row]
    }

    /// The character before the cursor, in its line.
    fn before(&self) -> Option<char> {
        self.lines.get(self.row)?.get(self.column.checked_sub(1)?).copied()
    }

    /// Applies an editing key; `false` where it is none.
    pub fn key(&mut self, key: Key) -> bool {
        match (key.code, key.ctrl) {
            (Code::Enter, false) => self.newline(),
            (Code::Char('w'), true) => {
                while self.before() == Some(' ') {
                    self.erase_back();
                }
                while self.before().is_some_and(|c| c != ' ') {
                    self.erase_back();
                }
            }
            (Code::Char('u'), true) => {
                let column = self.column;
                self.line().drain(..column);
                self.column = 0;
            }
            (Code::Char('k'), true) => {
                let column = self.column;
                self.line().truncate(column);
            }
            (Code::Backspace, _) => self.erase_back(),
            (Code::Delete, _) => self.erase_on(),
            (Code::Left, _) if self.column > 0 => self.column -= 1,
            (Code::Left, _) if self.row > 0 => {
                self.row -= 1;
                self.column = self.line().len();
            }
            (Code::Right, _) if self.column < self.line().len() => self.column += 1,
            (Code::Right, _) if self.row + 1 < self.lines.len() => {
                self.row += 1;
                self.column = 0;
            }
            (Code::Up, _) => self.row = self.row.saturating_sub(1),
            (Code::Down, _) => self.row = (self.row + 1).min(self.lines.len() - 1),
            (Code::Home, _) => self.column = 0,
            (Code::End, _) | (Code::Char('e'), true) => self.column = self.line().len(),
            (Code::Left | Code::Right, _) => {}
            (Code::Char(c), false) if !c.is_control() => self.insert(c),
            _ => return false,
        }
        self.column = self.column.min(self.line().len());
        true
    }

    /// Inserts pasted text, line ends kept, other controls left out.
    pub fn paste(&mut self, text: &str) {
        for c in text.replace("\r\n", "\n").chars() {
            match c {
                '\n' | '\r' => self.newline(),
                '\t' => self.insert(' '),
                c if !c.is_control() => self.insert(c),
                _ => {}
            }
        }
    }

    fn full(&self) -> bool {
        self.lines.iter().map(|l| l.len() + 1).sum::<usize>() >= MAX_CHARS
    }

    fn insert(&mut self, c: char) {
        if self.full() {
            return;
        }
        let column = self.column.min(self.line().len());
        self.line().insert(column, c);
        self.column = column + 1;
    }

    fn newline(&mut self) {
        if self.full() {
            return;
        }
        let column = self.column.min(self.line().len());
        let rest = self.line().split_off(column);
        self.row += 1;
        self.lines.insert(self.row, rest);
        self.column = 0;
    }

    fn erase_back(&mut self) {
        if self.column > 0 {
            self.column -= 1;
            let column = self.column;
            self.line().remove(column);
        } else if self.row > 0 {
            let rest = self.lines.remove(self.row);
            self.row -= 1;
            self.column = self.line().len();
            self.line().extend(rest);
        }
    }

    fn erase_on(&mut self) {
        let column = self.column;
        if column < self.line().len() {
            self.line().remove(column);
        } else if self.row + 1 < self.lines.len() {
            let rest = self.lines.remove(self.row + 1);
            self.line().extend(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits() {
        let mut e = Editor::default();
        e.paste("first\nsecond line");
        assert_eq!(e.cursor(), (1, 11));
        e.key(Key::ctrl('w'));
        assert_eq!(e.text(), "first\nsecond");
        e.key(Key::of(Code::Home));
        e.key(Key::of(Code::Backspace));
        assert_eq!(e.lines(), ["firstsecond "]);
    }

    #[test]
    fn no_key_leaves_the_text() {
        let keys: Vec<Key> = [
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
            "End",
            "Home",
            "宽",
        ]
        .iter()
        .filter_map(|k| Key::parse(k))
        .collect();
        let mut e = Editor::default();
        let mut x = 7u64;
        for _ in 0..5000 {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            e.key(keys[(x >> 33) as usize % keys.len()]);
            let (row, column) = e.cursor();
            assert!(row < e.lines.len() && column <= e.lines[row].len());
        }
    }
}
