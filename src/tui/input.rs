//! From the terminal library's events to messages.

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind};

use super::key::{Code, Key};
use super::msg::{Button, Mouse, Msg};

/// The message of an event; `None` for what is not used.
#[must_use]
pub fn message(e: Event) -> Option<Msg> {
    match e {
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(w, h) => Some(Msg::Resize(w, h)),
        Event::Mouse(m) => {
            let button = match m.kind {
                MouseEventKind::Down(MouseButton::Left) => Button::Left,
                MouseEventKind::ScrollUp => Button::WheelUp,
                MouseEventKind::ScrollDown => Button::WheelDown,
                _ => return None,
            };
            Some(Msg::Mouse(Mouse { button, x: m.column, y: m.row }))
        }
        Event::Key(k) if k.kind != KeyEventKind::Release => {
            let code = match k.code {
                KeyCode::Char(c) => Code::Char(c),
                KeyCode::Enter => Code::Enter,
                KeyCode::Esc => Code::Esc,
                KeyCode::Tab => Code::Tab,
                KeyCode::BackTab => Code::BackTab,
                KeyCode::Backspace => Code::Backspace,
                KeyCode::Delete => Code::Delete,
                KeyCode::Up => Code::Up,
                KeyCode::Down => Code::Down,
                KeyCode::Left => Code::Left,
                KeyCode::Right => Code::Right,
                KeyCode::Home => Code::Home,
                KeyCode::End => Code::End,
                KeyCode::PageUp => Code::PageUp,
                KeyCode::PageDown => Code::PageDown,
                KeyCode::F(n) => Code::F(n),
                _ => return None,
            };
            // Alt is never bound: with it a key is taken as two (Esc, key) by some terminals.
            if k.modifiers.contains(KeyModifiers::ALT) {
                return None;
            }
            let ctrl = k.modifiers.contains(KeyModifiers::CONTROL);
            let code = match code {
                Code::Char(c) if ctrl => Code::Char(c.to_ascii_lowercase()),
                c => c,
            };
            Some(Msg::Key(Key { code, ctrl }))
        }
        _ => None,
    }
}
