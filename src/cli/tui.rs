//! `secstream tui`: the workbench.

use std::io::IsTerminal as _;
use std::path::Path;

use super::args::{DemoArgs, TuiArgs};
use super::error::{DONE, Failure};
use super::inputs;
use crate::config::Config;
use crate::source::Input;
use crate::store::Store;
use crate::tui::{Launch, launch};

/// Runs the command.
pub(super) fn run(args: &TuiArgs) -> Result<u8, Failure> {
    let mut config = inputs::config(&args.common)?;
    if let Some(t) = &args.theme {
        config.set_flag("tui.theme", t)?;
    }
    if args.lean {
        config.set_flag("tui.lean", "true")?;
    }
    terminal()?;
    let (found, skipped) = inputs::inputs(&args.inputs);
    let mut options = inputs::session(&args.common, &config, found)?;
    options.follow = args.follow;
    options.feed = true;
    let analyst = inputs::analyst(&config);
    let store = open_store(args.common.no_store, &config, &analyst)?;
    let notes = skipped.iter().map(|k| format!("{}: left out: {}", k.name, k.reason)).collect();
    let (rule_dirs, add_dirs) = inputs::rule_dirs(&config, &args.common.rules);
    let rule_dirs = rule_dirs.into_iter().chain(add_dirs).collect();
    start(Launch { options, store, config, analyst, notes, rule_dirs, reload: reload(args)? })
}

fn terminal() -> Result<(), Failure> {
    if std::io::stdout().is_terminal() {
        return Ok(());
    }
    Err(Failure::usage("the workbench needs a terminal on standard output; secstream replay works without one"))
}
