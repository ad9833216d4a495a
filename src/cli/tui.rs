//! `secstream tui`: the workbench.

use std::io::IsTerminal as _;
use std::path::Path;

use super::args::{Common, DemoArgs, TuiArgs};
use super::error::{DONE, Failure};
use super::inputs;
use crate::config::Config;
use crate::pipeline::{StoreSink, known_parts};
use crate::source::{Input, InputKind, Skipped, may_come};
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
    if args.ascii {
        config.set_flag("tui.ascii", "true")?;
    }
    let speed = speed(args.speed.as_deref())?;
    inputs::named_store(args.common.db.as_deref())?;
    terminal()?;
    let (found, skipped) = inputs::inputs(&args.inputs, args.follow);
    let watch = if args.follow { args.inputs.clone() } else { Vec::new() };
    if found.is_empty() && !args.inputs.is_empty() && !may_come(&watch) {
        let why: Vec<String> = skipped.iter().map(|k| format!("{}: {}", k.name, k.reason)).collect();
        return Err(Failure::failed(format!("nothing to open: {}", why.join("; "))));
    }
    // What is not read is no part of what is looked at.
    let read = args.inputs.iter().map(|i| i.to_string_lossy());
    let read = read.filter(|n| !skipped.iter().any(|k| k.explicit && k.name == *n)).collect::<Vec<_>>();
    let name = read.join(" ");
    let left_out = std::sync::Arc::new(skipped);
    start(&args.common, config, &found, Extra { name, left_out, follow: args.follow, watch, speed, store: None })
}

/// `max` or a multiple of real time; 0 is as fast as it comes.
fn speed(text: Option<&str>) -> Result<f64, Failure> {
    match text {
        None | Some("max") => Ok(0.0),
        Some(t) => match t.trim_start_matches(['x', '×']).parse::<f64>() {
            Ok(n) if n.is_finite() && n > 0.0 => Ok(n),
            _ => Err(Failure::usage(format!("--speed: '{t}' is no speed: use max, 1, 60 or 0.5"))),
        },
    }
}

/// Opens the workbench on the demo; its case store lives as long as it does.
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
    let store = Some(dir.join("cases.db"));
    start(common, config, &[input], Extra { name: "demo".into(), speed: 0.0, store, ..Extra::default() })
}

/// What to say first of inputs that are not read; Health names all of them.
fn left_out(skipped: &[Skipped]) -> Option<String> {
    // What was asked for by name is missed first.
    let worst = skipped.iter().find(|k| k.is_failure()).or_else(|| skipped.first())?;
    let more = match skipped.len() - 1 {
        0 => "Health (6) keeps it".to_owned(),
        n => format!("{n} more: Health (6) names them"),
    };
    Some(format!("{}: left out: {} · {more}", worst.name, worst.reason))
}

/// What differs between the ways to start.
#[derive(Default)]
struct Extra {
    name: String,
    left_out: std::sync::Arc<Vec<Skipped>>,
    follow: bool,
    /// Where files may come while they are followed.
    watch: Vec<std::ffi::OsString>,
    speed: f64,
    store: Option<std::path::PathBuf>,
}

/// Why the workbench does not begin, and what can be done where the reason does not say it.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn unopened(e: crate::store::StoreError) -> Failure {
    let why = e.to_string();
    let hint = if why.contains("--db") { "" } else { " (--db FILE keeps the cases elsewhere, --no-store keeps none)" };
    Failure::failed(why + hint)
}

fn start(common: &Common, config: Config, inputs: &[Input], extra: Extra) -> Result<u8, Failure> {
    let analyst = inputs::analyst(&config);
    let failed = |e: crate::store::StoreError| Failure::failed(e.to_string());
    let path = extra.store.clone().or_else(|| config.optional("store.path").map(Into::into));
    let store = if common.no_store { Store::open_in_memory(&analyst) } else { Store::open(path.as_deref(), &analyst) }
        .map_err(unopened)?;
    let rule_dirs = inputs::watched_places(&config, &common.rules);
    let rule_files: crate::tui::RuleFiles = {
        let (config, rules) = (config.clone(), common.rules.clone());
        std::sync::Arc::new(move || {
            let (dirs, add) = inputs::rule_dirs(&config, &rules);
            inputs::rule_files(&config, &dirs, &add).unwrap_or_default()
        })
    };
    let own_rules = inputs::own_rules(&config);

    let make = {
        let (common, config, inputs) = (common.clone(), config.clone(), inputs.to_vec());
        let (follow, watch) = (extra.follow, extra.watch.clone());
        let left_out = std::sync::Arc::clone(&extra.left_out);
        move |store: Store| -> Result<crate::pipeline::SessionOptions, Failure> {
            let mut o = inputs::session(&common, &config, inputs.clone())?;
            o.policy = inputs::policy(&config);
            o.left_out = std::sync::Arc::clone(&left_out);
            o.follow = follow;
            o.watch.clone_from(&watch);
            o.feed = true;
            o.keep = true;
            if follow {
                o.known = std::sync::Arc::new(known_parts(&store, &inputs));
            }
            o.sinks.push(Box::new(StoreSink::new(store)));
            Ok(o)
        }
    };
    let alone = inputs.is_empty() && !may_come(&extra.watch);
    let session = if alone { None } else { Some(make(store.another().map_err(failed)?)?) };
    let once = inputs.iter().any(|i| i.kind == InputKind::Stdin);
    let reload: Option<MakeOptions> = if alone || once {
        None
    } else {
        let again = store.another().map_err(failed)?;
        Some(Box::new(move || {
            let other = again.another().map_err(|e| e.to_string())?;
            make(other).map_err(|f| f.message)
        }))
    };
    let kept = if extra.store.is_some() || common.no_store || once || !config.is_on("tui.keep") {
        None
    } else {
        kept_file(&config, inputs, store.path(), &analyst)
    };
    let themes = inputs::config_dir().map(|d| d.join("themes"));
    let options = Options {
        session,
        reload,
        store,
        config,
        analyst,
        name: extra.name,
        follow: extra.follow,
        speed: extra.speed,
        notes: left_out(&extra.left_out).into_iter().collect(),
        rule_dirs,
        rule_files,
        own_rules,
        kept,
        themes,
    };
    launch(options).map_err(|e| match e {
        LaunchError::Terminal(e) => Failure::failed(format!("terminal: {e}")),
        e => Failure::usage(e.to_string()),
    })?;
    Ok(DONE)
}

/// Where filters are kept for an analyst (several may share one account of the
/// system) and a set of inputs, in whatever order they are named; for the case
/// store alone where there are none.
fn kept_file(config: &Config, inputs: &[Input], store: &Path, analyst: &str) -> Option<std::path::PathBuf> {
    use sha2::Digest as _;
    let real = |p: &Path| std::fs::canonicalize(p).unwrap_or_else(|_| p.to_owned());
    let mut names: Vec<_> = inputs.iter().map(|i| real(Path::new(&i.name))).collect();
    if names.is_empty() {
        names.push(real(store));
    }
    names.sort();
    names.dedup();
    let mut hash = sha2::Sha256::new();
    hash.update(analyst.as_bytes());
    hash.update([0]);
    for n in &names {
        hash.update(n.as_os_str().as_encoded_bytes());
        hash.update([0]);
    }
    let name: String = hash.finalize().iter().take(12).map(|b| format!("{b:02x}")).collect();
    Some(inputs::cache(config).dir()?.join("views").join(format!("{name}.json")))
}

/// Whether a full-screen program can run here at all.
fn terminal() -> Result<(), Failure> {
    let no = |why: &str| Err(Failure::usage(format!("{why}; secstream replay works without a full screen")));
    if !std::io::stdout().is_terminal() {
        return no("the workbench needs a terminal on standard output");
    }
    if is_dumb() {
        return no("the workbench cannot draw on this terminal (TERM=dumb)");
    }
    if !std::io::stdin().is_terminal() && std::fs::File::open("/dev/tty").is_err() {
        return no(
            "the workbench needs a terminal to read keys from: standard input is none, and there is no /dev/tty",
        );
    }
    Ok(())
}

/// Whether the terminal says of itself that it cannot place a cursor.
pub(super) fn is_dumb() -> bool {
    std::env::var("TERM").is_ok_and(|t| t == "dumb" || t == "unknown")
}
