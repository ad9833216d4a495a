//! `secstream cases`: the case store from the command line.
//!
//! Text for people goes through the sanitizer; `--json` gives the values as
//! they are. Exit codes: 0 done, 1 findings of `verify`, 2 no such case, 3 a
//! file or the store cannot be read or written.

mod attempts;
mod compared;
mod derive;
mod parts;
mod show;
mod verify;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::event::sanitize;
use crate::pipeline::Logs;
use crate::store::export::{self, Exported};
use crate::store::{CaseId, CaseRow, CaseState, Completed, Gap, Store, StoreError};
use crate::store::{default_analyst, default_path, is_there};

/// Work with the cases in the case store.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  secstream cases list --json
  secstream cases show IR-2026-001
  secstream cases export IR-2026-001 --out IR-2026-001.json
  secstream cases verify IR-2026-001.json --source /evidence/auth.log")]
pub struct CasesCmd {
    /// What to do
    #[command(subcommand)]
    pub verb: CasesVerb,
}

/// What to do with cases.
#[derive(Debug, Subcommand)]
pub enum CasesVerb {
    /// List the cases, those not closed first
    List(ListArgs),
    /// Show one case: its alerts, notes and timeline
    Show(ShowArgs),
    /// Write one case as a JSON document with its evidence and audit chains
    Export(ExportArgs),
    /// Recompute every hash of an exported case (or of the store) and name what was changed
    Verify(VerifyArgs),
}

/// Which case store.
#[derive(Debug, Args)]
pub struct DbArgs {
    /// The case store [default: SECSTREAM_DB, else cases.db in the user's data directory]
    #[arg(long, value_name = "FILE")]
    pub db: Option<PathBuf>,
    /// Who asks, where the account is shared
    #[arg(long, value_name = "NAME")]
    pub analyst: Option<String>,
}

/// `cases list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  secstream cases list\n  secstream cases list --state open --json")]
pub struct ListArgs {
    /// Which store
    #[command(flatten)]
    pub store: DbArgs,
    /// Only cases in this state: open, in_progress or closed
    #[arg(long, value_name = "STATE", value_parser = state)]
    pub state: Option<CaseState>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// `cases show`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  secstream cases show IR-2026-001\n  secstream cases show IR-2026-001 --json | jq .timeline"
)]
pub struct ShowArgs {
    /// The case, as IR-2026-001
    pub id: String,
    /// Which store
    #[command(flatten)]
    pub store: DbArgs,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// `cases export`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  secstream cases export IR-2026-001 --out case.json\n  secstream cases export IR-2026-001 | gzip > case.json.gz"
)]
pub struct ExportArgs {
    /// The case, as IR-2026-001
    pub id: String,
    /// Where the document goes: a file or `-`
    #[arg(long, short, default_value = "-", value_name = "PATH")]
    pub out: String,
    /// Write over a file that is there
    #[arg(long)]
    pub force: bool,
    /// Which store
    #[command(flatten)]
    pub store: DbArgs,
    /// Report as JSON what was written where
    #[arg(long)]
    pub json: bool,
}

/// `cases verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  secstream cases verify case.json\n  secstream cases verify case.json --source /evidence/auth.log\n  secstream cases verify case.json --source /evidence/\n  zcat case.json.gz | secstream cases verify -\n  secstream cases verify                 # the case store itself"
)]
pub struct VerifyArgs {
    /// The exported case: a file or `-`; without it the case store itself is checked
    pub file: Option<String>,
    /// An original log, or a folder with them: its bytes are compared with the evidence, and the alerts are derived from it again (repeatable)
    #[arg(long = "source", visible_alias = "log", value_name = "LOG")]
    pub logs: Vec<PathBuf>,
    /// How to derive the alerts again
    #[command(flatten)]
    pub derive: derive::DeriveArgs,
    /// Which store
    #[command(flatten)]
    pub store: DbArgs,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

fn state(name: &str) -> Result<CaseState, String> {
    CaseState::from_name(name).ok_or_else(|| format!("'{name}' is no state: open, in_progress or closed"))
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{name}: {error}")]
    File { name: String, error: io::Error },
    #[error("{0}")]
    Input(String),
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Out(#[from] io::Error),
}

/// Runs the command; returns the exit code.
pub fn run(cmd: &CasesCmd, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let done = match &cmd.verb {
        CasesVerb::List(args) => list(args, out),
        CasesVerb::Show(args) => show::show(args, out),
        CasesVerb::Export(args) => write_export(args, out, err),
        CasesVerb::Verify(args) => verify::verify(args, out),
    };
    let done = done.and_then(|code| out.flush().map(|()| code).map_err(Failure::Out));
    match done {
        Ok(code) => code,
        // The reader of a pipe has seen enough.
        Err(Failure::Out(e)) if e.kind() == io::ErrorKind::BrokenPipe => 0,
        Err(e) => {
            // Nothing can be done where even standard error is closed.
            let _ = writeln!(err, "secstream: {}", sanitize(&e.to_string()));
            match e {
                Failure::Store(StoreError::NotFound { .. } | StoreError::Invalid(_) | StoreError::NoHome) => 2,
                Failure::Usage(_) => 2,
                _ => 3,
            }
        }
    }
}

/// Opens the store without writing to it. `None` where the usual place has none yet.
fn open(args: &DbArgs) -> Result<Option<Store>, Failure> {
    let analyst = args.analyst.clone().unwrap_or_else(default_analyst);
    let path = args.db.clone().map_or_else(default_path, Ok)?;
    if !is_there(&path)? {
        if args.db.is_none() {
            return Ok(None);
        }
        let error = io::Error::new(io::ErrorKind::NotFound, "no such file");
        return Err(Failure::File { name: path.display().to_string(), error });
    }
    match Store::open_read_only(Some(&path), &analyst) {
        // An older file is brought up to date where that is possible.
        Err(StoreError::OldReadOnly { .. }) => Ok(Some(Store::open(Some(&path), &analyst)?)),
        other => Ok(Some(other?)),
    }
}

/// Opens the store for one case.
fn open_for(args: &DbArgs, id: &str) -> Result<Store, Failure> {
    Ok(open(args)?.ok_or_else(|| StoreError::NotFound { kind: "case", id: id.to_owned() })?)
}

/// The object of `cases list --json`.
fn case_json(c: &CaseRow) -> Value {
    json!({
        "id": c.id, "title": c.title, "state": c.state, "severity": c.severity, "opened": c.opened,
        "alerts": c.alerts, "events": c.events, "assignee": c.assignee,
    })
}

fn print_json(out: &mut dyn Write, value: &Value) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

fn list(args: &ListArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    let mut cases = match open(&args.store)? {
        Some(store) => store.cases()?,
        None => Vec::new(),
    };
    cases.retain(|c| args.state.is_none_or(|s| s == c.state));
    if args.json {
        print_json(out, &cases.iter().map(case_json).collect())?;
        return Ok(0);
    }
    if cases.is_empty() {
        writeln!(out, "no cases")?;
        return Ok(0);
    }
    writeln!(
        out,
        "{:<12} {:<8} {:<11} {:<20} {:>6} {:>6} {:<12} TITLE",
        "CASE", "SEVERITY", "STATE", "OPENED", "ALERTS", "EVENTS", "ASSIGNEE"
    )?;
    for c in &cases {
        writeln!(
            out,
            "{:<12} {:<8} {:<11} {:<20} {:>6} {:>6} {:<12} {}",
            c.id,
            c.severity,
            c.state.as_str().replace('_', " "),
            seconds(c.opened),
            c.alerts,
            c.events,
            sanitize(c.assignee.as_deref().unwrap_or("-")),
            sanitize(&c.title)
        )?;
    }
    Ok(0)
}

/// A time to the second.
fn seconds(t: crate::event::Ts) -> String {
    if t.is_some() { crate::event::Ts::from_secs(t.secs()).to_string() } else { "-".to_owned() }
}

/// Opens the store for writing, where that is possible, and copies the records of
/// the case's alerts of which it has only the place.
fn complete(store: &Store, args: &ExportArgs) -> Result<(Store, Completed), Failure> {
    let alerts: Vec<String> = store.case(&CaseId(args.id.clone()))?.alerts.into_iter().map(|a| a.id).collect();
    let without = store.evidence_without_bytes(&alerts)?;
    let path = store.path().to_owned();
    let mut store = Store::open(Some(&path), store.analyst())?;
    if without == 0 {
        return Ok((store, Completed::default()));
    }
    if store.read_only() {
        let reason = "the case store cannot be written".to_owned();
        let gap = Gap { source: "the case's logs".to_owned(), records: without, reason };
        return Ok((store, Completed { gaps: vec![gap], ..Completed::default() }));
    }
    let mut logs = Logs::default();
    let done = store.complete_evidence(&alerts, &mut |log, offset, len| logs.read(log, offset, len))?;
    Ok((store, done))
}

fn write_export(args: &ExportArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, Failure> {
    let (mut store, completed) = complete(&open_for(&args.store, &args.id)?, args)?;
    for gap in &completed.gaps {
        // Nothing can be done where even standard error is closed.
        let _ = writeln!(err, "secstream: {}", sanitize(&gap.to_string()));
    }
    let id = CaseId(args.id.clone());
    // Looked at before the export is recorded.
    if let Ok(target) = Path::new(&args.out).canonicalize() {
        let sources = store.look_at_case(&id)?["sources"].take();
        let mut paths = sources.as_array().into_iter().flatten().filter_map(|s| s["path"].as_str());
        if paths.any(|p| target == Path::new(p)) {
            return Err(Failure::Usage(format!("{} is the log that the evidence comes from", args.out)));
        }
    }
    if !args.force && Path::new(&args.out).is_file() {
        return Err(Failure::Usage(format!(
            "{} is there already; name another file, or write over it with --force",
            args.out
        )));
    }
    let Exported { document, unrecorded } = store.export_case(&id)?;
    if let Some(why) = &unrecorded {
        let _ = writeln!(err, "secstream: the export is not recorded in the log of operations: {}", sanitize(why));
    }
    let text = export::to_text(&document);
    if args.out == "-" {
        out.write_all(text.as_bytes())?;
        return Ok(0);
    }
    write_whole(Path::new(&args.out), text.as_bytes())
        .map_err(|error| Failure::File { name: args.out.clone(), error })?;
    let report = json!({
        "case": document["case"]["id"], "path": args.out, "bytes": text.len(),
        "document_sha256": document["document_sha256"],
        "evidence_copied": completed.copied, "evidence_without_bytes": completed.without(), "gaps": completed.gaps,
        "recorded": unrecorded.is_none(),
    });
    if args.json {
        print_json(out, &report)?;
    } else {
        let hash = document["document_sha256"].as_str().unwrap_or_default();
        writeln!(out, "{} written to {}, {} bytes, document SHA-256 {hash}", args.id, sanitize(&args.out), text.len())?;
    }
    Ok(0)
}

/// Writes beside the file and renames, so that a full disk leaves no half document.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.exists() && !path.is_file() {
        return std::fs::write(path, bytes); // a pipe or a device
    }
    let dir = path.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

#[cfg(test)]
mod tests;
