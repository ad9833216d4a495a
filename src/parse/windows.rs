//! Windows events (being built).
