//! The workbench in the terminal.
//!
//! ```text
//! keys ─▶ run (loop) ─▶ update(state, message) ─▶ effects ─▶ threads ─▶ messages
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
pub mod caps;
pub mod clipboard;
pub mod data;
pub mod json;
pub mod key;
pub mod keymap;
pub mod msg;
pub mod paint;
pub mod state;
pub mod text;
pub mod theme;
pub mod update;
pub mod view;
pub mod widget;
pub mod words;
