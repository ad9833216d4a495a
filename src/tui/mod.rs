//! The workbench in the terminal.
//!
//! ```text
//! keys ─▶ run (loop) ─▶ update(state, message) ─▶ effects ─▶ engine (threads) ─▶ messages
//!                              │
//!                              ▼
//!                       view(state) ─▶ paint ─▶ one write
//! ```
//!
//! `state` and `update` are pure and know neither terminal nor drawing; `view`
//! and `widget` are pure functions from state to a buffer of cells; `paint`
//! turns two buffers into the fewest bytes; `run` alone waits, reads and
//! writes. All text from logs passes `event::sanitize` in the views.

pub mod action;
mod ascii;
mod background;
pub mod caps;
pub mod clipboard;
pub mod data;
mod diff;
mod docs;
mod engine;
mod health;
mod input;
mod json;
pub mod kept;
pub mod key;
pub mod keymap;
mod launch;
pub mod msg;
mod outside;
pub mod paint;
mod part;
pub mod record;
mod run;
pub mod state;
pub mod term;
mod terms;
mod text;
pub mod theme;
mod theme_check;
pub mod update;
pub mod view;
mod widget;
mod words;

pub use docs::{bindings, keys_markdown};
pub use engine::{MakeOptions, RuleFiles};
pub use launch::{LaunchError, Options, key_mistakes, launch};
pub use theme_check::check as theme_mistakes;
