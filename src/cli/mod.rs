//! The command line: arguments, commands, exit codes.

pub mod cases;
pub mod generate;

/// Runs the program with the process's arguments.
#[must_use]
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
