//! (being built)

mod ctx;
pub mod syslog;
pub mod time;

pub use ctx::{Ctx, Logsources};
