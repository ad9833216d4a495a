//! Logs of web servers: access logs and the error logs of Apache, nginx and lighttpd.

pub mod access;
pub mod apache_error;
pub mod lighttpd_error;
pub mod nginx_error;
mod request;

pub use request::{set_request, set_target};
