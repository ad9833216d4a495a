//! Pieces that several views draw with.

pub mod draw;
pub mod histogram;
pub mod popup;
