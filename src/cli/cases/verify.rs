//! `cases verify`: an exported case, alone or against the original logs.

use std::io::{self, Read as _, Write};
use std::path::PathBuf;

use serde_json::{Value, json};

use super::derive::{self, Derived};
use super::parts::{self, Named};
use super::{Failure, VerifyArgs, open, print_json};
use crate::cli::words::count;
use crate::event::sanitize;
use crate::pipeline::open_log;
use crate::store::canonical::parse_strict;
use crate::store::export::FORMAT;
use crate::store::verify::{self, LogBytes, Report};

pub(super) fn verify(args: &VerifyArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    let Some(name) = &args.file else { return verify_store(args, out) };
    let text = read(name)?;
    let (report, derived) = match parse_strict(&text) {
        Ok(document) if document["format"] == FORMAT => {
            let given = parts::given(&args.logs).map_err(Failure::Input)?;
            let whole: Vec<PathBuf> = given.iter().map(|g| g.path.clone()).collect();
            let names: Vec<String> = given.iter().map(|g| g.name.clone()).collect();
            let found: Vec<bool> = given.iter().map(|g| g.found).collect();
            // Where a log cannot be read, that is told below.
            let unpacked = parts::unpacked(&document, &given).unwrap_or_default();
            let given_paths = unpacked.as_ref().map_or(&whole, |g| &g.paths);
            let joined = parts::joined(&document, given_paths, &names).unwrap_or_default();
            let paths = joined.as_ref().map_or(given_paths, |j| &j.paths);
            let names = joined.as_ref().map_or(&names, |j| &j.names);
            let mut logs: Vec<Box<dyn LogBytes>> = Vec::new();
            for (i, (path, name)) in paths.iter().zip(names).enumerate() {
                let log = open_log(path).map_err(Failure::Input)?;
                let found = joined.is_none() && found.get(i).copied().unwrap_or(false);
                logs.push(Box::new(Named { name: name.clone(), log, found }));
            }
            let mut report = verify::verify(&document, &mut logs);
            drop(logs);
            let said = unpacked.iter().chain(&joined).flat_map(|p| p.said.iter().cloned());
            report.grown.splice(0..0, said);
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
