//! `cases verify`: an exported case, alone or against the original logs.

use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::derive::{self, Derived};
use super::{Failure, VerifyArgs, open, print_json};
use crate::cli::words::count;
use crate::event::sanitize;
use crate::pipeline::open_log;
use crate::store::canonical::{hex, parse_strict};
use crate::store::export::FORMAT;
use crate::store::verify::{self, Report};

pub(super) fn verify(args: &VerifyArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    let Some(name) = &args.file else { return verify_store(args, out) };
    let text = read(name)?;
    let (report, derived) = match parse_strict(&text) {
        Ok(document) if document["format"] == FORMAT => {
            // Where parts cannot be read, that is told below of each.
            let joined = joined(&document, &args.logs).unwrap_or(None);
            let paths = joined.as_ref().map_or(&args.logs, |j| &j.paths);
            let mut logs = paths.iter().map(|p| open_log(p)).collect::<Result<Vec<_>, _>>().map_err(Failure::Input)?;
            let mut report = verify::verify(&document, &mut logs);
            drop(logs);
            if joined.is_some() {
                let n = args.logs.len();
                report.grown.insert(0, format!("the {n} logs are the parts of one that was rotated"));
            }
            let derived = derive::derive(&document, &mut report, paths, &args.derive)?;
            (report, derived)
        }
        Ok(_) => return Err(Failure::Input(format!("{name}: JSON, but no case exported by secstream"))),
        // Two values under one name: a document that different readers read differently.
        Err(e) if e.is_data() => (Report::of("document", e.to_string()), Derived::default()),
        Err(e) => return Err(Failure::Input(format!("{name}: not a JSON document: {e}"))),
    };
    if args.json {
        let mut doc: Value = serde_json::to_value(&report).unwrap_or_default();
        doc["derived"] = serde_json::to_value(&derived).unwrap_or_default();
        doc["ok"] = json!(report.findings.is_empty());
        print_json(out, &doc)?;
    } else {
        print(&report, &derived, out)?;
    }
    Ok(u8::from(!report.findings.is_empty()))
}

/// The parts of a log as one file, as long as this lives.
struct Joined {
    paths: Vec<PathBuf>,
    _dir: tempfile::TempDir,
}

/// Where the last record of a case ends in its log.
fn last_end(document: &Value) -> u64 {
    let list = |v: &Value| v.as_array().cloned().unwrap_or_default();
    let alerts = list(&document["alerts"]);
    let evidence = alerts.iter().flat_map(|a| list(&a["evidence"])).chain(list(&document["events"]));
    let end = |e: Value| e["offset"].as_u64().unwrap_or(0).saturating_add(e["length"].as_u64().unwrap_or(0));
    evidence.map(end).max().unwrap_or(0)
}

/// A log that was rotated while it was followed is one log to the case. Where no
/// file is it, but those given are, one after the other (or the other way round),
/// they are put together.
fn joined(document: &Value, logs: &[PathBuf]) -> io::Result<Option<Joined>> {
    let ([source], [_, _, ..]) = (document["sources"].as_array().map_or(&[][..], Vec::as_slice), logs) else {
        return Ok(None);
    };
    let (Some(size), Some(hash)) = (source["size"].as_u64(), source["sha256"].as_str()) else { return Ok(None) };
    let is_it = |parts: &[&PathBuf]| -> io::Result<bool> {
        let mut hasher = Sha256::new();
        let (mut left, mut buffer) = (size, vec![0; 256 << 10]);
        for part in parts {
            let mut file = verify::FileLog::open(part)?.into_file().take(left);
            loop {
                let n = file.read(&mut buffer)?;
                if n == 0 {
                    break;
                }
                hasher.update(buffer.get(..n).unwrap_or_default());
                left -= n as u64;
            }
        }
        Ok(left == 0 && hex(&hasher.finalize()) == hash)
    };
    let mut parts: Vec<&PathBuf> = logs.iter().collect();
    let mut first = None;
    for (i, log) in logs.iter().enumerate() {
        if first.is_none() && is_it(&[log])? {
            first = Some((i, std::fs::metadata(log)?.len()));
        }
    }
    match first {
        // It is the whole log, or what was recorded of it before it was rotated.
        Some((_, len)) if last_end(document) <= len => return Ok(None),
        Some((i, _)) => parts[..=i].rotate_right(1),
        None if is_it(&parts)? => {}
        None => {
            parts.reverse();
            if !is_it(&parts)? {
                return Ok(None);
            }
        }
    }
    let dir = tempfile::tempdir()?;
    let name = source["name"].as_str().and_then(|n| Path::new(n).file_name());
    let path = dir.path().join(name.unwrap_or("log".as_ref()));
    let mut whole = File::create_new(&path)?;
    for part in parts {
        io::copy(&mut verify::FileLog::open(part)?.into_file(), &mut whole)?;
    }
    Ok(Some(Joined { paths: vec![path], _dir: dir }))
}

/// Checks the chains and copies in the store.
fn verify_store(args: &VerifyArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    if !args.logs.is_empty() {
        return Err(Failure::Usage("--source needs the file of an exported case".to_owned()));
    }
    let findings = match open(&args.store)? {
        Some(store) => store.verify()?,
        None => Vec::new(),
    };
    if args.json {
        print_json(out, &json!({"findings": findings, "ok": findings.is_empty()}))?;
        return Ok(u8::from(!findings.is_empty()));
    }
    for finding in &findings {
        writeln!(out, "{}", sanitize(&finding.to_string()))?;
    }
    writeln!(out, "case store: {}", verdict(findings.len()))?;
    Ok(u8::from(!findings.is_empty()))
}

fn verdict(findings: usize) -> String {
    if findings == 0 { "intact".to_owned() } else { count(findings, "finding") }
}

fn read(name: &str) -> Result<String, Failure> {
    let fail = |error| Failure::File { name: name.to_owned(), error };
    if name == "-" {
        let mut text = String::new();
        io::stdin().lock().read_to_string(&mut text).map_err(fail)?;
        return Ok(text);
    }
    std::fs::read_to_string(name).map_err(fail)
}

fn print(report: &Report, derived: &Derived, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        writeln!(out, "{}", sanitize(&finding.to_string()))?;
    }
    for said in &report.grown {
        writeln!(out, "{}", sanitize(said))?;
    }
    for (id, case, now) in derived.grown() {
        let id = id.get(..12).unwrap_or(id);
        writeln!(out, "alert {}: the case has {case}, the log gives {now} now: it has grown since", sanitize(id))?;
    }
    match report.consequences.len() {
        0 => {}
        1 => writeln!(out, "1 further check fails, which may follow from that: --json lists it")?,
        n => writeln!(out, "{n} further checks fail, which may follow from that: --json lists them")?,
    }
    for (reason, n) in derived.reasons() {
        writeln!(out, "{} not derived again: {}", count(n, "alert"), sanitize(reason))?;
    }
    // A record may be evidence of several alerts.
    let times = match report.evidence {
        n if n == report.records => String::new(),
        n => format!("as evidence {n} times: "),
    };
    writeln!(
        out,
        "{}: {}; {}, {} ({times}{} without bytes, {} compared with a log), {}",
        if report.case.is_empty() { "document".into() } else { sanitize(&report.case) },
        verdict(report.findings.len()),
        count(report.alerts, "alert"),
        count(report.records, "record"),
        report.evidence_without_bytes,
        report.evidence_in_logs,
        count(report.operations, "operation")
    )?;
    if derived.checked() > 0 {
        let all = count(derived.checked(), "alert");
        let grown = match derived.grown().count() {
            0 => String::new(),
            n => format!("; {n} grown since"),
        };
        writeln!(out, "{} of {all} derived again from the logs, the same{grown}", derived.same())?;
    }
    if !report.export_recorded && !report.case.is_empty() {
        writeln!(out, "the export is not recorded in its chains: its items are held by their digests alone")?;
    }
    if report.findings.is_empty() {
        writeln!(out, "document SHA-256 {}", report.document_sha256)?;
        writeln!(out, "without a signature this proves order and completeness, not authorship: compare the hash")?;
    }
    Ok(())
}
