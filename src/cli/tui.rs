//! `secstream tui`: the workbench.

use std::path::Path;

use super::args::{Common, DemoArgs, TuiArgs};
use super::error::Failure;
use crate::config::Config;
use crate::source::Input;

/// Runs the command.
pub(super) fn run(_: &TuiArgs) -> Result<u8, Failure> {
    Err(Failure::usage("the workbench is being wired"))
}

/// Opens the workbench on the demo.
pub(super) fn demo(_: &DemoArgs, _: &Common, _: Config, _: Input, _: &Path) -> Result<u8, Failure> {
    Err(Failure::usage("the workbench is being wired"))
}
