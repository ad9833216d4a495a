//! `cases verify`: an exported case, alone or against the original logs.

use std::io::{self, Read as _, Write};

use serde_json::{Value, json};

use super::{Failure, VerifyArgs, open, print_json};
use crate::cli::words::count;
use crate::event::sanitize;
use crate::pipeline::open_log;
use crate::store::canonical::parse_strict;
use crate::store::export::FORMAT;
use crate::store::verify::{self, Finding, Report};

pub(super) fn verify(args: &VerifyArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    let Some(name) = &args.file else { return verify_store(args, out) };
    let text = read(name)?;
    let report = match parse_strict(&text) {
        Ok(document) if document["format"] == FORMAT => {
            let mut logs =
                args.logs.iter().map(|p| open_log(p)).collect::<Result<Vec<_>, _>>().map_err(Failure::Input)?;
            verify::verify(&document, &mut logs)
        }
        Ok(_) => return Err(Failure::Input(format!("{name}: JSON, but no case exported by secstream"))),
        // Two values under one name: a document that different readers read differently.
        Err(e) if e.is_data() => {
            let finding = Finding::new("document", e.to_string());
            Report { findings: vec![finding], ..Report::default() }
        }
        Err(e) => return Err(Failure::Input(format!("{name}: not a JSON document: {e}"))),
    };
    if args.json {
        let mut doc: Value = serde_json::to_value(&report).unwrap_or_default();
        doc["ok"] = json!(report.findings.is_empty());
        print_json(out, &doc)?;
    } else {
        print(&report, out)?;
    }
    Ok(u8::from(!report.findings.is_empty()))
}

/// Checks the chains and copies in the store.
fn verify_store(args: &VerifyArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    if !args.logs.is_empty() {
        return Err(Failure::Usage("--log needs the file of an exported case".to_owned()));
    }
    let findings = match open(&args.store)? {
        Some(store) => store.verify()?,
        None => Vec::new(),
    };
    if args.json {
        print_json(out, &json!({"findings": findings, "ok": findings.is_empty()}))?;
        return Ok(u8::from(!findings.is_empty()));
    }
    let changed = print_changes(&findings, out)?;
    writeln!(out, "case store: {}", verdict(changed))?;
    Ok(u8::from(!findings.is_empty()))
}

fn verdict(findings: usize) -> String {
    if findings == 0 { "intact".to_owned() } else { count(findings, "finding") }
}

/// A line for each thing that was changed; how many they are.
fn print_changes(findings: &[Finding], out: &mut dyn Write) -> io::Result<usize> {
    let mut changed: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut follow = 0;
    for f in findings {
        match changed.iter_mut().find(|(item, _)| *item == f.item) {
            Some((_, problems)) => problems.push(&f.problem),
            None if f.follows => follow += 1,
            None => changed.push((&f.item, vec![&f.problem])),
        }
    }
    for (item, problems) in &changed {
        writeln!(out, "{}", sanitize(&format!("{item}: {}", problems.join("; "))))?;
    }
    if follow > 0 {
        writeln!(out, "because of that {} did not pass: --json lists them", count(follow, "other check"))?;
    }
    Ok(changed.len())
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

fn print(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let changed = print_changes(&report.findings, out)?;
    writeln!(
        out,
        "{}: {}; {}, {} ({} without bytes, {} compared with a log), {}",
        if report.case.is_empty() { "document".into() } else { sanitize(&report.case) },
        verdict(changed),
        count(report.alerts, "alert"),
        count(report.evidence, "record"),
        report.evidence_without_bytes,
        report.evidence_in_logs,
        count(report.operations, "operation")
    )?;
    if report.findings.is_empty() {
        writeln!(out, "document SHA-256 {}", report.document_sha256)?;
        writeln!(out, "without a signature this proves order and completeness, not authorship: compare the hash")?;
    }
    Ok(())
}
