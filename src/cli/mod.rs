//! The command line: arguments, commands, exit codes.

mod args;
mod config;
mod demo;
mod doctor;
mod error;
mod inputs;
mod man;
mod progress;
mod reloads;
mod replay;
mod rules;
mod summary;
mod tui;
mod words;

pub mod cases;
pub mod generate;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

pub use args::Cli;
use args::Command;
use error::Failure;

/// Runs the program with the process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    // A file that reaches a limit on sizes is an error to be told, not a signal to die of.
    let _ = signal_hook::flag::register(rustix::process::Signal::XFSZ.as_raw(), std::sync::Arc::default());
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => ExitCode::from(code),
        Err(f) => {
            if !f.message.is_empty() {
                let _ = writeln!(std::io::stderr(), "secstream: {}", crate::event::sanitize(&f.message));
            }
            for line in &f.below {
                let _ = writeln!(std::io::stderr(), "{}", crate::event::sanitize(line));
            }
            ExitCode::from(f.code)
        }
    }
}

fn run(cli: Cli) -> Result<u8, Failure> {
    let mut out = std::io::stdout();
    match cli.command {
        Command::Replay(a) => replay::run(&a),
        Command::Generate(a) => generate::run(&a).map(|_| error::DONE).map_err(|e| Failure::failed(format!("{e:#}"))),
        Command::Demo(a) => demo::run(&a),
        Command::Tui(a) => tui::run(&a),
        Command::Cases(c) => Ok(cases::run(&c, &mut out, &mut std::io::stderr())),
        Command::Rules(c) => rules::run(c, &mut out),
        Command::Doctor(a) => doctor::run(&a, &mut out),
        Command::Config(c) => config::run(&c, &mut out),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "secstream", &mut script);
            out.write_all(&script)?;
            Ok(error::DONE)
        }
        Command::Man { of, dir } => man::run(Cli::command(), &of, dir.as_deref(), &mut out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_examples() {
        fn look(c: &clap::Command) {
            let mut subs = c.get_subcommands().peekable();
            if subs.peek().is_none() {
                let help = c.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.contains("Examples:"), "{}", c.get_name());
            }
            subs.for_each(look);
        }
        look(&Cli::command());
    }
}
