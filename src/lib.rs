//! secstream: the security analyst's workbench in a terminal.
//!
//! The library is headless and does everything; `cli` and `tui` are thin faces
//! on it. Modules are listed in layer order; a module imports only from layers
//! above it in this list (checked by `tests/it/architecture.rs`):
//!
//! | layer | modules |
//! |---|---|
//! | L0 words | [`event`], [`alert`], [`config`] |
//! | L1 text to fields | [`parse`], [`query`], [`template`] |
//! | L2 detection | [`detect`] |
//! | L3 edges | [`source`], [`store`], [`sink`], [`generate`] |
//! | L4 the one way of an event | [`pipeline`] |
//! | L5 faces | [`tui`], [`cli`] |

pub mod alert;
pub mod config;
pub mod event;

pub mod parse;
pub mod query;
pub mod template;

pub mod detect;

pub mod generate;
pub mod sink;
pub mod source;
pub mod store;

pub mod pipeline;

pub mod cli;
pub mod tui;
