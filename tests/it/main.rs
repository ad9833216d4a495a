//! The one integration test binary: each module tests one part from outside.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests may end loudly"
)]

mod alerts;
mod architecture;
mod cases_of_parts;
mod claimed_times;
mod classes;
mod cli;
mod docs;
mod effect;
mod fail2ban;
mod feed_written;
mod follow;
mod follow_begins;
mod follow_dir;
mod follow_late;
mod follow_rules;
mod follow_stopped;
mod generate;
mod grown;
mod help_examples;
mod hostile;
mod hostile_rules;
mod inputs;
mod interrupted;
mod large_alerts;
mod many;
mod new_source;
mod odd_files;
mod outputs;
mod parsed_data;
mod program;
mod reopen;
mod repeated_names;
mod repeats;
mod restarts;
mod rotated;
mod rule_cache;
mod rulings;
mod sigma_corpus;
mod source;
mod store;
mod store_broken;
mod store_shared;
mod store_verify;
mod streams;
mod times;
mod tui;
mod twice;
mod web_attacks;
mod withdrawn;
mod workshop;
