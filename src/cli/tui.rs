//! `secstream tui`: the workbench.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use super::args::{Common, DemoArgs, TuiArgs};
use super::error::{DONE, Failure};
use super::inputs;
use crate::config::Config;
use crate::pipeline::{SessionOptions, StoreSink};
use crate::source::{Input, InputKind};
use crate::store::Store;
use crate::tui::{LaunchError, MakeOptions, Options, launch};

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
    if found.is_empty() && !args.inputs.is_empty() {
        let why: Vec<String> = skipped.iter().map(|k| format!("{}: {}", k.name, k.reason)).collect();
        return Err(Failure { code: super::error::FAILED, message: why.join("\n") });
    }
    let notes = skipped.iter().map(|k| format!("{}: left out: {}", k.name, k.reason)).collect();
    open(config, &args.common, found, args.follow, notes)
}

/// Opens the workbench on the demo; its store goes away with it.
pub(super) fn demo(
    args: &DemoArgs,
    common: &Common,
    mut config: Config,
    input: Input,
    dir: &Path,
) -> Result<u8, Failure> {
    if let Some(t) = &args.theme {
        config.set_flag("tui.theme", t)?;
    }
    config.set_flag("store.path", &dir.join("cases.db").to_string_lossy())?;
    open(config, common, vec![input], false, Vec::new())
}

fn open(config: Config, common: &Common, found: Vec<Input>, follow: bool, notes: Vec<String>) -> Result<u8, Failure> {
    let analyst = inputs::analyst(&config);
    let failed = |e: crate::store::StoreError| Failure::failed(e.to_string());
    let store = if common.no_store {
        Store::open_in_memory(&analyst).map_err(failed)?
    } else {
        let path = config.optional("store.path").map(PathBuf::from);
        Store::open(path.as_deref(), &analyst).map_err(failed)?
    };
    let name = match found.as_slice() {
        [] => String::new(),
        [one] => one.name.clone(),
        [one, ..] => format!("{} and {} more", one.name, found.len() - 1),
    };
    let (mut session, mut reload) = (None, None);
    if !found.is_empty() {
        session = Some(options(common, &config, found.clone(), follow, &store)?);
        // Standard input cannot be read a second time.
        if found.iter().all(|i| matches!(i.kind, InputKind::Path(_))) {
            let (common, config, store) = (common.clone(), config.clone(), store.another().map_err(failed)?);
            let make: MakeOptions =
                Box::new(move || options(&common, &config, found.clone(), follow, &store).map_err(|f| f.message));
            reload = Some(make);
        }
    }
    let (dirs, add) = inputs::rule_dirs(&config, &common.rules);
    let rule_dirs = dirs.into_iter().chain(add).collect();
    let themes = themes_dir();
    launch(Options { session, reload, store, config, analyst, name, follow, notes, rule_dirs, themes })?;
    Ok(DONE)
}

fn options(
    common: &Common,
    config: &Config,
    found: Vec<Input>,
    follow: bool,
    store: &Store,
) -> Result<SessionOptions, Failure> {
    let mut o = inputs::session(common, config, found)?;
    o.follow = follow;
    o.feed = true;
    o.keep = true;
    let sink = store.another().map_err(|e| Failure::failed(e.to_string()))?;
    o.sinks.push(Box::new(StoreSink::new(sink)));
    Ok(o)
}

fn themes_dir() -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.config_dir().join("secstream").join("themes"))
}

fn terminal() -> Result<(), Failure> {
    if std::io::stdout().is_terminal() {
        return Ok(());
    }
    Err(Failure::usage("the workbench needs a terminal on standard output; secstream replay works without one"))
}

impl From<LaunchError> for Failure {
    fn from(e: LaunchError) -> Self {
        match e {
            LaunchError::Terminal(e) => Self::failed(format!("terminal: {e}")),
            e => Self::usage(e.to_string()),
        }
    }
}
