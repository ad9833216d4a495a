//! The one integration test binary: each module tests one part from outside.

mod fail2ban;
mod parsed_data;
mod source;
