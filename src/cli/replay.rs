//! `secstream replay`: forensics without a screen.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::args::ReplayArgs;
use super::error::{DONE, FAILED, Failure, USAGE};
use super::progress::Progress;
use super::{inputs, summary};
use crate::config::nearest;
use crate::pipeline::{
    AlertSink, EventSink, MatchSink, Phase, ReportSink, Session, SessionOptions, Snapshot, StoreSink, TemplateSink,
};
use crate::query::{Field, Query};
use crate::sink::{AlertWriter, MatchWriter, Out, TemplateWriter};
use crate::source::{Input, InputKind, Skipped};
use crate::store::Store;

/// Runs the command.
pub(super) fn run(args: &ReplayArgs) -> Result<u8, Failure> {
    let config = inputs::config(&args.common)?;
    let (found, skipped) = inputs::inputs(&args.inputs);
    let mut options = inputs::session(&args.common, &config, found)?;
    one_standard_output(args)?;
    spare_the_evidence(args, &options.inputs)?;
    if let Some(path) = &args.events {
        options.sinks.push(Box::new(EventSink::new(Out::create(path)?)));
    }
    if let Some(path) = &args.matches {
        options.sinks.push(Box::new(MatchSink(MatchWriter::new(Out::create(path)?))));
    }
    if let Some(path) = &args.alerts {
        options.sinks.push(Box::new(AlertSink(AlertWriter::new(Out::create(path)?))));
    }
    if args.templates.is_some() || args.structured.is_some() {
        let open = |path: &Option<String>| path.as_deref().map(Out::create).transpose();
        let (templates, structured) = (open(&args.templates)?, open(&args.structured)?);
        let sink = TemplateSink::new(templates.map(TemplateWriter::new), structured.map(TemplateWriter::new))?;
        options.sinks.push(Box::new(sink));
    }
    if let Some(path) = &args.report {
        // evidence is read again at the end
        options.keep = true;
        options.sinks.push(Box::new(ReportSink::new(Out::create(path)?)));
    }
    let mut unwritable = None;
    let mut kept = None;
    if !args.common.no_store {
        let path = config.optional("store.path").map(std::path::PathBuf::from);
        match Store::open(path.as_deref(), &inputs::analyst(&config)) {
            Ok(store) => {
                options.keep = true;
                unwritable = store.read_only_note();
                kept = Some(store.path().to_owned());
                options.sinks.push(Box::new(StoreSink::new(store)));
            }
            // Nobody asked for this store by name: the analysis is worth having without it.
            Err(e) if args.common.db.is_none() => unwritable = Some(e.to_string()),
            Err(e) => return Err(Failure::failed(e.to_string())),
        }
    }
    let own: Vec<String> = options.filter.iter().flat_map(own_fields).collect();
    let (snapshot, interrupted) = drive(options, !args.quiet && !args.json)?;
    let t = &snapshot.totals;
    if t.records > 0 && t.parsed + t.raw == 0 && !own.is_empty() {
        // A misspelt name should not look like a quiet log.
        for name in own {
            let near = nearest(&name, Field::common()).map(|n| format!("; nearest: {n}")).unwrap_or_default();
            let said = crate::event::sanitize(&name);
            let _ = writeln!(
                std::io::stderr(),
                "secstream: nothing passed --filter, and '{said}' is no field that every event has{near}"
            );
        }
    }
    let code = report(args.json, args.quiet, &snapshot, &skipped, interrupted)?;
    if let Some(path) =
        kept.filter(|_| unwritable.is_none() && !args.quiet && !args.json && !snapshot.alerts.is_empty())
    {
        let path = crate::event::sanitize(&path.to_string_lossy()).into_owned();
        let _ = writeln!(std::io::stderr(), "alerts are kept in {path} (--no-store keeps none)");
    }
    let Some(note) = unwritable else { return Ok(code) };
    // The outputs are whole, but the alerts are not where they were to be kept.
    let note = crate::event::sanitize(&note);
    let _ = writeln!(std::io::stderr(), "secstream: {note}; --no-store keeps nothing, --db names another file");
    Ok(if code == DONE { FAILED } else { code })
}

/// Names in a filter that only the input itself can give a meaning.
fn own_fields(filter: &Query) -> Vec<String> {
    let fields = filter.root().fields();
    fields.iter().filter_map(|f| if let Field::Original(name) = f { Some(name.clone()) } else { None }).collect()
}

/// Writes the summary and chooses the exit code.
pub(super) fn report(
    json: bool,
    quiet: bool,
    s: &Snapshot,
    skipped: &[Skipped],
    interrupted: bool,
) -> Result<u8, Failure> {
    if json {
        writeln!(std::io::stdout(), "{}", summary::to_json(s, skipped))?;
    } else if !quiet {
        let mut text = summary::to_text(s, skipped);
        if interrupted {
            text.push_str("interrupted: what was done until here is kept; run it again to finish\n");
        }
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
    let broken = s.sources.iter().any(|i| i.failed) || skipped.iter().any(summary::is_failure);
    Ok(if interrupted {
        130
    } else if broken {
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
fn spare_the_evidence(args: &ReplayArgs, inputs: &[Input]) -> Result<(), Failure> {
    use std::os::unix::fs::MetadataExt as _;
    let identity = |p: &Path| std::fs::metadata(p).ok().filter(std::fs::Metadata::is_file).map(|m| (m.dev(), m.ino()));
    for (_, out) in args.outputs().filter(|(_, o)| *o != "-") {
        let Some(id) = identity(Path::new(out)) else { continue };
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
/// early with what was done kept. Returns the last snapshot, and whether it was
/// interrupted.
pub(super) fn drive(options: SessionOptions, progress: bool) -> Result<(Arc<Snapshot>, bool), Failure> {
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
    let interrupted = signalled.load(Ordering::Relaxed) && snapshot.phase == Phase::Stopped;
    Ok((snapshot, interrupted))
}
