//! The line at the bottom that is being typed, and what it is for.

use tui_input::{Input, InputRequest};

use crate::pipeline::Form;
use crate::tui::key::{Code, Key};

/// What a finished line does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Find in the list shown.
    Find,
    /// Add a filter.
    Filter,
    /// Change the filter of that number.
    FilterEdit(usize),
    /// Go to a time.
    Seek,
    /// Tags, separated by commas.
    Tag,
    /// Title of a new case for what is selected; empty keeps the suggestion.
    EscalateTitle,
    /// New title of the open case.
    CaseTitle,
    /// Who the open case is for.
    Assign,
    /// Where to export to.
    Export,
    /// Where to write the events of the feed, in that form.
    WriteEvents(Form),
    /// Columns of the feed.
    Columns,
    /// Why a rule may lose true hits.
    LossReason,
    /// Why alerts are suppressed or get another level.
    RulingReason,
    /// Until when.
    RulingUntil,
}

impl Ask {
    /// What stands before the line.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Find => "/",
            Self::Filter => "filter ",
            Self::FilterEdit(_) => "edit filter ",
            Self::Seek => "go to time ",
            Self::Tag => "tags ",
            Self::EscalateTitle => "title of the new case ",
            Self::CaseTitle => "new title ",
            Self::Assign => "assign to ",
            Self::Export => "export to ",
            Self::WriteEvents(_) => "write events to ",
            Self::Columns => "columns ",
            Self::LossReason | Self::RulingReason => "reason ",
            Self::RulingUntil => "until (date, 90d, never) ",
        }
    }
}

/// A line being typed.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// What for.
    pub ask: Ask,
    /// The line.
    pub input: Input,
    /// What is wrong with it, shown beside it while typing.
    pub error: Option<String>,
    /// What is doubtful: it can be done nevertheless.
    pub warning: Option<String>,
    /// The whole line is selected: what is typed takes its place, a key that
    /// moves or deletes edits it.
    pub selected: bool,
}

/// What a key did to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// Changed or moved.
    Edited,
    /// Finished.
    Done,
    /// Given up.
    Cancelled,
    /// Not for it.
    Ignored,
}

impl Prompt {
    /// A line with something in it already, selected.
    #[must_use]
    pub fn new(ask: Ask, text: impl Into<String>) -> Self {
        let input = Input::new(text.into());
        let selected = !input.value().is_empty();
        Self { ask, input, error: None, warning: None, selected }
    }

    /// Takes away what is selected, where what comes next replaces it.
    fn replace(&mut self) {
        if std::mem::take(&mut self.selected) {
            self.input.reset();
        }
    }

    /// Inserts pasted text, in the place of what is selected.
    pub fn paste(&mut self, text: &str) {
        self.replace();
        paste(&mut self.input, text);
    }

    /// Applies a key.
    pub fn key(&mut self, key: Key) -> Typed {
        match (key.code, key.ctrl) {
            (Code::Char(c), false) if !c.is_control() => self.replace(),
            (Code::Backspace | Code::Delete, _) if self.selected => {
                self.replace();
                return self.edited(Typed::Edited);
            }
            (Code::Enter | Code::Esc, _) => {}
            _ => self.selected = false,
        }
        let done = type_key(&mut self.input, key);
        self.edited(done)
    }

    fn edited(&mut self, done: Typed) -> Typed {
        if done == Typed::Edited {
            self.error = None;
            self.warning = None;
        }
        done
    }
}

/// Applies a key to a single line: the usual editing keys of shells.
pub fn type_key(input: &mut Input, key: Key) -> Typed {
    let request = match (key.code, key.ctrl) {
        (Code::Enter, _) => return Typed::Done,
        (Code::Esc, _) | (Code::Char('c'), true) => return Typed::Cancelled,
        (Code::Backspace, _) if input.value().is_empty() => return Typed::Cancelled,
        (Code::Char('u'), true) => {
            input.reset();
            return Typed::Edited;
        }
        (Code::Char('w'), true) => InputRequest::DeletePrevWord,
        (Code::Char('k'), true) => InputRequest::DeleteTillEnd,
        (Code::Char('e'), true) | (Code::End, _) => InputRequest::GoToEnd,
        (Code::Home, _) => InputRequest::GoToStart,
        (Code::Left, _) => InputRequest::GoToPrevChar,
        (Code::Right, _) => InputRequest::GoToNextChar,
        (Code::Backspace, _) => InputRequest::DeletePrevChar,
        (Code::Delete, _) => InputRequest::DeleteNextChar,
        (Code::Char(c), false) if !c.is_control() => InputRequest::InsertChar(c),
        _ => return Typed::Ignored,
    };
    let _ = input.handle(request);
    Typed::Edited
}

/// Inserts pasted text; line ends become blanks, other controls are left out.
/// Terminals end a pasted line as the Enter key does, with a carriage return.
/// What was copied with the end of its only line is that line.
pub fn paste(input: &mut Input, text: &str) {
    let text = text.trim_end_matches(['\r', '\n']);
    let mut before = ' ';
    for c in text.chars().take(4096) {
        let again = before == '\r' && c == '\n';
        before = c;
        let c = if matches!(c, '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}') { ' ' } else { c };
        if !c.is_control() && !again {
            let _ = input.handle(InputRequest::InsertChar(c));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_edited_like_in_a_shell() {
        let mut p = Prompt::new(Ask::Find, "ab cd");
        p.key(Key::of(Code::End));
        assert_eq!(p.key(Key::ctrl('w')), Typed::Edited);
        assert_eq!(p.input.value(), "ab ");
        paste(&mut p.input, "x\ny\u{1b}");
        assert_eq!(p.input.value(), "ab x y");
        let pasted = |text: &str| {
            let mut input = Input::default();
            paste(&mut input, text);
            input.value().to_owned()
        };
        for text in ["one\rtwo", "one\ntwo", "one\r\ntwo\r\n", "one\ttwo", "one\u{2028}two\r"] {
            assert_eq!(pasted(text), "one two", "{text:?}");
        }
        assert_eq!(pasted("one\r\rtwo\u{1b}[31m"), "one  two[31m");
        assert_eq!(p.key(Key::of(Code::Enter)), Typed::Done);
        p.key(Key::ctrl('u'));
        assert_eq!(p.key(Key::of(Code::Backspace)), Typed::Cancelled);
    }

    #[test]
    fn what_stands_there_is_selected() {
        let after = |keys: &[Key]| {
            let mut p = Prompt::new(Ask::Assign, "ann");
            for k in keys {
                p.key(*k);
            }
            (p.input.value().to_owned(), p.selected)
        };
        let (b, back) = (Key::char('b'), Key::of(Code::Backspace));
        assert_eq!(after(&[]), ("ann".into(), true));
        assert_eq!(after(&[b, Key::char('o')]), ("bo".into(), false));
        assert_eq!(after(&[Key::of(Code::Left), b]), ("anbn".into(), false));
        assert_eq!(after(&[Key::of(Code::Home), b]), ("bann".into(), false));
        assert_eq!(after(&[back]), (String::new(), false));
        assert_eq!(after(&[Key::ctrl('w')]), (String::new(), false));
        let mut p = Prompt::new(Ask::Assign, "ann");
        p.paste("ben");
        assert_eq!(p.input.value(), "ben");
        assert!(!Prompt::new(Ask::Find, "").selected);
    }
}
