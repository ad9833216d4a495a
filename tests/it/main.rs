//! The one integration test binary: each module tests one part from outside.

<<<<<<< HEAD
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests may end loudly"
)]

=======
>>>>>>> main
mod fail2ban;
mod parsed_data;
mod sigma_corpus;
mod source;
