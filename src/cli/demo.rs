//! `secstream demo`: the main job on embedded data.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use super::args::{Common, DemoArgs};
use super::error::Failure;
use super::{inputs, replay, tui};
use crate::source::Input;

/// A generated incident: one interleaved log of several hosts.
const LOG: &[u8] = include_bytes!("../../fixtures/demo/incident.log");

/// Year of the incident; its syslog lines name none.
const YEAR: i32 = 2026;

/// Runs the command.
pub(super) fn run(args: &DemoArgs) -> Result<u8, Failure> {
    let common = Common { format: "auto".into(), year: Some(YEAR), ..Common::default() };
    let config = inputs::config(&common)?;
    let dir = tempfile::Builder::new().prefix("secstream-demo-").tempdir()?;
    let path = dir.path().join("incident.log");
    std::fs::write(&path, LOG)?;
    let input = Input { name: "incident.log".into(), ..Input::path(PathBuf::from(&path)) };
    let terminal = std::io::stdout().is_terminal() && std::io::stdin().is_terminal() && !tui::is_dumb();
    if !args.json && terminal {
        return tui::demo(args, &common, config, input, dir.path());
    }
    let options = inputs::session(&common, &config, vec![input])?;
    let ran = replay::drive(options, false)?;
    replay::report(args.json, false, &ran, &[], &[])
}
