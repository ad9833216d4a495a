//! Logs of web servers: access logs and the error logs of Apache, nginx and lighttpd.

pub mod access;
pub mod apache_error;
mod aws;
pub mod lighttpd_error;
mod loose;
pub mod nginx_error;
pub(super) mod request;
mod tags;

pub use loose::{behind_header, parse as loose};
pub use request::{set_request, set_target};
pub use tags::logs_requests;

use crate::event::Draft;
use crate::parse::Ctx;

/// Parses what a web server sent through syslog: a line of its error or access
/// log without the header. False, and nothing written, where it is neither.
pub fn message(text: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    apache_error::body(text, ctx, d) || nginx_error::body(text, ctx, d) || access::parse(text, ctx, d)
}
