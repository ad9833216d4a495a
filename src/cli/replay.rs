//! `secstream replay`: forensics without a screen.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::args::ReplayArgs;
use super::error::{DONE, FAILED, Failure, USAGE};
use super::progress::Progress;
use super::words::{columns, count};
use super::{inputs, reloads, summary};
use crate::config::{Config, nearest};
use crate::event::sanitize;
use crate::pipeline::{
    AlertSink, EventSink, MatchSink, Phase, ReportSink, Session, SessionOptions, Snapshot, StoreSink, TemplateSink,
    known_parts,
};
use crate::query::{Field, Query};
use crate::sink::{AlertWriter, MatchWriter, Out, TemplateWriter, stdout_may_be_closed};
use crate::source::{Input, InputKind, Skipped};
use crate::store::{Store, default_path};

/// Runs the command.
pub(super) fn run(args: &ReplayArgs) -> Result<u8, Failure> {
    let config = inputs::config(&args.common)?;
    let (found, skipped) = inputs::inputs(&args.inputs, args.follow);
    let mut options = inputs::session(&args.common, &config, found)?;
    options.policy = inputs::policy(&config);
    options.left_out = Arc::new(skipped.clone());
    options.follow = args.follow;
    options.watch.clone_from(&args.inputs);
    let mut _watcher = None;
    if args.follow {
        let (first, reloads) = reloads::watched(&config, &args.common.rules, options.rules);
        options.rules = first;
        if let Some((watcher, rules)) = reloads {
            _watcher = Some(watcher);
            options.reloads = Some(rules);
        }
    }
    one_standard_output(args)?;
    spare_the_evidence(args, &options.inputs, &config)?;
    inputs::named_store(args.common.db.as_deref())?;
    let [events, matches, alerts, templates, structured, page] = outputs(args)?;
    if let Some(out) = events {
        options.sinks.push(Box::new(EventSink::new(out)));
    }
    if let Some(out) = matches {
        options.sinks.push(Box::new(MatchSink(MatchWriter::new(out))));
    }
    if let Some(out) = alerts {
        options.sinks.push(Box::new(AlertSink(AlertWriter::new(out))));
    }
    if let Some(out) = templates {
        options.sinks.push(Box::new(TemplateSink::templates(TemplateWriter::new(out))));
    }
    if let Some(out) = structured {
        options.sinks.push(Box::new(TemplateSink::structured(TemplateWriter::new(out))?));
    }
    if let Some(out) = page {
        // evidence is read again at the end
        options.keep = true;
        options.sinks.push(Box::new(ReportSink::new(out, &skipped)));
    }
    // The analysis is worth having without its store, which is said at the end.
    let mut unkept = None;
    let mut kept = None;
    if !args.common.no_store {
        let path = config.optional("store.path").map(std::path::PathBuf::from);
        match Store::open(path.as_deref(), &inputs::analyst(&config)) {
            Ok(store) => {
                options.keep = true;
                unkept = store.read_only_note();
                kept = Some(store.path().to_owned());
                if args.follow {
                    options.known = Arc::new(known_parts(&store, &options.inputs));
                }
                let named = args.common.db.is_some();
                options.sinks.push(Box::new(if named { StoreSink::named(store) } else { StoreSink::new(store) }));
            }
            Err(e) => unkept = Some(e.to_string()),
        }
    }
    let unkept = unkept.map(|note| format!("{note}; alerts were not kept (--no-store says that none shall be)"));
    let own: Vec<String> = options.filter.iter().flat_map(own_fields).collect();
    let mut ran = drive(options, !args.quiet && !args.json)?;
    // What is followed has no other end.
    ran.interrupted &= !args.follow;
    let t = &ran.snapshot.totals;
    if t.records > 0 && t.parsed + t.raw == 0 && !own.is_empty() {
        // A misspelt name should not look like a quiet log.
        for name in own {
            let near = nearest(&name, Field::common()).map(|n| format!("; nearest: {n}")).unwrap_or_default();
            let said = sanitize(&name);
            let _ = writeln!(
                std::io::stderr(),
                "secstream: nothing passed --filter, and '{said}' is no field that every event has{near}"
            );
        }
    }
    let failed: Vec<String> = ran.snapshot.outputs.iter().map(|f| f.reason.clone()).chain(unkept).collect();
    let code = report(args.json, args.quiet, &ran, &skipped, &failed)?;
    if !args.quiet && (args.json || args.outputs().any(|(_, path)| path == "-")) && stdout_may_be_closed() {
        let _ = writeln!(std::io::stderr(), "standard output is closed or thrown away: what went there is lost");
    }
    if let Some(path) =
        kept.filter(|_| failed.is_empty() && !args.quiet && !args.json && !ran.snapshot.alerts.is_empty())
    {
        let path = sanitize(&path.to_string_lossy()).into_owned();
        let _ = writeln!(std::io::stderr(), "alerts are kept in {path} (--no-store keeps none)");
    }
    Ok(code)
}

/// The outputs, in the order of [`ReplayArgs::outputs`]. All are opened before
/// any is emptied: where one cannot be, what an earlier run wrote is still there.
fn outputs(args: &ReplayArgs) -> Result<[Option<Out>; 6], Failure> {
    let paths = [&args.events, &args.matches, &args.alerts, &args.templates, &args.structured, &args.report];
    let mut files = paths.map(|path| path.as_deref().map(Out::open));
    let mut outs = [const { None }; 6];
    for (file, out) in files.iter_mut().zip(&mut outs) {
        *out = file.take().transpose()?;
    }
    // By another path or link it may still be one file.
    let files: Vec<_> = args.outputs().filter_map(|(flag, p)| Some((flag, p, identity(Path::new(p))?))).collect();
    for (i, (flag, path, id)) in files.iter().enumerate() {
        if let Some((other, ..)) = files.iter().skip(i + 1).find(|f| f.2 == *id) {
            return Err(Failure::usage(format!(
                "{flag} and {other} name one file, {path}: one would overwrite the other"
            )));
        }
    }
    for out in outs.iter_mut().flatten() {
        out.empty()?;
    }
    Ok(outs)
}

/// Names in a filter that only the input itself can give a meaning.
fn own_fields(filter: &Query) -> Vec<String> {
    let fields = filter.root().fields();
    fields.iter().filter_map(|f| if let Field::Original(name) = f { Some(name.clone()) } else { None }).collect()
}

/// How a session ended.
pub(super) struct Ran {
    /// Its last state.
    pub snapshot: Arc<Snapshot>,
    /// A signal ended it early.
    pub interrupted: bool,
}

/// Writes the summary, says which outputs `failed`, and chooses the exit code.
pub(super) fn report(
    json: bool,
    quiet: bool,
    ran: &Ran,
    skipped: &[Skipped],
    failed: &[String],
) -> Result<u8, Failure> {
    let s = &*ran.snapshot;
    if s.abandoned {
        // Who read the only output has seen enough.
        return Ok(DONE);
    }
    let mut err = std::io::stderr();
    let mut said = Ok(());
    if json {
        said = writeln!(std::io::stdout(), "{}", summary::to_json(s, skipped, failed));
    } else if !quiet {
        let mut text = summary::to_text(s, skipped, if err.is_terminal() { columns(true) } else { usize::MAX });
        if ran.interrupted {
            let part = s.progress().map(|p| format!(" after {:.0} %", p * 100.0)).unwrap_or_default();
            text.push_str(&format!(
                "interrupted{part}: what was found is kept, and alerts that were growing stay open; \
                 run it again to finish\n"
            ));
        }
        if !failed.is_empty() {
            text.push_str(&format!("{} failed; all the rest was written:\n", count(failed.len(), "output")));
        }
        let _ = err.write_all(text.as_bytes());
    }
    if json || quiet {
        // Neither is silence where something was lost.
        for what in summary::failures(s, skipped) {
            let _ = writeln!(err, "secstream: {what}");
        }
    }
    // Last, where it is seen: the rest is whole, but this is not.
    for reason in failed {
        let _ = writeln!(err, "secstream: {}", sanitize(reason));
    }
    said?;
    let broken = s.sources.iter().any(|i| i.failed || i.damaged) || skipped.iter().any(Skipped::is_failure);
    Ok(if ran.interrupted {
        130
    } else if broken || !failed.is_empty() {
        FAILED
    } else if s.rules_loaded == 0 && !s.rule_problems.is_empty() {
        // rules were given and none is in force: finding nothing would be no result
        USAGE
    } else {
        DONE
    })
}

/// An output that is one of the inputs would destroy it: refused before
/// anything is opened for writing, whatever name or link leads there.
fn spare_the_evidence(args: &ReplayArgs, inputs: &[Input], config: &Config) -> Result<(), Failure> {
    // The case store too, whether it is written this time or not.
    let store = config.optional("store.path").map(std::path::PathBuf::from).or_else(|| default_path().ok());
    let store = store.and_then(|p| identity(&p));
    for (_, out) in args.outputs().filter(|(_, o)| *o != "-") {
        let Some(id) = identity(Path::new(out)) else { continue };
        if store == Some(id) {
            return Err(Failure::usage(format!("{out} is the case store: it would be overwritten")));
        }
        for i in inputs {
            if let InputKind::Path(p) = &i.kind
                && identity(p) == Some(id)
            {
                return Err(Failure::usage(format!("{out} is an input ({}): it would be overwritten", i.name)));
            }
        }
    }
    Ok(())
}

/// Device and number of a file, whatever path leads there.
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|m| (m.dev(), m.ino()))
}

/// Two results on one standard output would mix.
fn one_standard_output(args: &ReplayArgs) -> Result<(), Failure> {
    let named = args.outputs().filter(|(_, p)| *p == "-").count();
    if named + usize::from(args.json) > 1 {
        return Err(Failure::usage(
            "only one of --events, --matches, --alerts, --templates, --structured, --report and --json can go to standard output",
        ));
    }
    let files: Vec<(&str, &String)> = args.outputs().filter(|(_, p)| *p != "-" && *p != "/dev/null").collect();
    for (i, (flag, a)) in files.iter().enumerate() {
        if let Some((other, _)) = files.iter().skip(i + 1).find(|(_, b)| a == b) {
            return Err(Failure::usage(format!("{flag} and {other} name {a}: one would overwrite the other")));
        }
    }
    Ok(())
}

/// Runs a session to its end with a progress bar; SIGINT and SIGTERM end it
/// early with what was done kept.
pub(super) fn drive(options: SessionOptions, progress: bool) -> Result<Ran, Failure> {
    let signalled = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
        // the second one ends the program at once, whatever it waits for
        signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&signalled))?;
        signal_hook::flag::register(signal, Arc::clone(&options.stop))?;
        signal_hook::flag::register(signal, Arc::clone(&signalled))?;
    }
    let mut session = Session::start(options);
    let mut bar = progress.then(Progress::new);
    while !session.is_finished() {
        if let Some(b) = &mut bar {
            let s = session.snapshot();
            b.show(s.totals.records, s.progress());
        }
        // short jobs end at once, long ones are looked at now and then
        std::thread::sleep(Duration::from_millis(if progress { 20 } else { 5 }));
    }
    drop(bar);
    let result = session.join();
    let snapshot = session.snapshot();
    result?;
    // Its threads have ended, and the process soon does: to give the memory of
    // thousands of rules back piece by piece takes longer than to write a summary.
    std::mem::forget(session);
    let interrupted = signalled.load(Ordering::Relaxed) && snapshot.phase == Phase::Stopped;
    Ok(Ran { snapshot, interrupted })
}
