//! Real logs through the parsers, where the shared data folder is beside the
//! project; without it these tests say so and pass.

#![allow(clippy::print_stdout)] // a skipped test says so

use std::path::PathBuf;
use std::sync::Arc;

use secstream::event::{Batch, EventRow, EventType, Outcome, Ov, Record, RecordFlags, Schema, Span, Ts};
use secstream::parse::{Options, Parser, Scratch, format_name};

fn data(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    let found = path.exists().then_some(path);
    if found.is_none() {
        println!("skipped: no ../shared/data/{name}");
    }
    found
}

/// All records of a file, parsed as one batch.
fn parse_file(path: &PathBuf) -> (Parser, Batch) {
    let bytes = std::fs::read(path).expect("readable");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let opts = Options::new(Ts::parse_rfc3339("2026-11-20T00:00:00Z").expect("a time"));
    let sample = &bytes[..bytes.len().min(64 * 1024)];
    let parser = Parser::for_source(&path.to_string_lossy(), sample, &opts, &Arc::new(Schema::base()));
    let mut batch = Batch::default();
    let (mut at, mut line) = (0, 0);
    for l in text.split('\n') {
        line += 1;
        let len = l.trim_end_matches('\r').len();
        if len > 0 {
            batch.records.push(Record::new(Span::text(at, len), at as u64, len as u64, line));
        }
        at += l.len() + 1;
    }
    batch.text = text;
    parser.parse_batch(&mut batch, &mut Scratch::default());
    (parser, batch)
}

#[test]
fn access_records_are_complete() {
    let Some(path) = data("access/apache_access_10k.log") else { return };
    let (parser, batch) = parse_file(&path);
    assert_eq!((parser.format_name(), batch.records.len()), ("access", 10_000));
    let complete = batch
        .events()
        .filter(|e| {
            e.rec.time.is_some() && [Ov::SrcIp, Ov::HttpMethod, Ov::StatusCode].iter().all(|o| e.ov(*o).is_some())
        })
        .count();
    assert!(complete >= 9_999, "{complete}");
}

#[test]
fn web_families_of_annotated_lines() {
    let Some(truth) = data("fail2ban/lines.jsonl") else { return };
    let logs = truth.with_file_name("logs");
    let truth = std::fs::read_to_string(truth).expect("readable");
    let (mut right, mut wanted, mut failed, mut failures) = (0, 0, 0, 0);
    let mut cached: Option<(String, Batch)> = None;
    for t in truth.lines() {
        let t: serde_json::Value = serde_json::from_str(t).expect("json");
        let family = t["family"].as_str().unwrap_or("");
        let web = ["apache-", "nginx-", "lighttpd-", "php-"].iter().any(|p| family.starts_with(p));
        if !web || t["match"] != true || t["host_in_line"] != true {
            continue;
        }
        let file = t["file"].as_str().unwrap_or("").to_owned();
        if cached.as_ref().is_none_or(|(f, _)| *f != file) {
            cached = Some((file.clone(), parse_file(&logs.join(&file)).1));
        }
        let Some((_, batch)) = &cached else { continue };
        let Some(e) = batch.events().find(|e| Some(e.rec.line) == t["line"].as_u64()) else { continue };
        wanted += 1;
        let host = t["host"].as_str();
        let ok = e.ov(Ov::SrcIp) == host || e.ov(Ov::SrcHost) == host;
        right += usize::from(ok);
        assert!(ok || t["adversarial"] != true, "decoy taken: {}", e.raw());
        if t["aggressive_only"] != true {
            failures += 1;
            failed += usize::from(e.rec.outcome == Outcome::Failure);
        }
        if !ok || e.rec.outcome != Outcome::Failure {
            println!(
                "{} {:?} {} {host:?} {:?} {:?}: {}",
                ok,
                e.rec.outcome,
                format_name(e.rec.format),
                e.ov(Ov::SrcIp),
                e.ov(Ov::User),
                e.raw()
            );
        }
    }
    println!("source {right}/{wanted}, failure {failed}/{failures}");
    assert!(right * 100 >= wanted * 97);
    assert!(failed * 100 >= failures * 90, "{failed}/{failures}");
}

#[test]
fn windows_events_have_their_overlay() {
    let Some(path) = data("evtx-ndjson/events.ndjson") else { return };
    let (parser, batch) = parse_file(&path);
    assert_eq!(parser.format_name(), "windows");
    for e in batch.events() {
        assert!(e.rec.flags.has(RecordFlags::PARSED), "{}", e.raw());
        assert!(e.rec.time.is_some() && e.ov(Ov::Host).is_some(), "{}", e.raw());
        assert_eq!(format_name(e.rec.format), "windows");
    }
    let count = |t| batch.records.iter().filter(|r| r.event_type == t).count();
    assert!(count(EventType::ProcessStart) > 2_800 && count(EventType::LoginFailed) > 3_000);
    println!("other: {}", count(EventType::Other));
}

#[test]
fn json_of_many_products() {
    for (name, share) in [
        ("suricata/eve-pcap.json", 100),
        ("suricata/eve.json", 80),
        ("plaso/jsonl/aws_cloudtrail.jsonl", 80),
        ("plaso/jsonl/azure_activity_log.jsonl", 100),
        ("plaso/jsonl/gcp_logging.jsonl", 70),
        ("plaso/jsonl/microsoft_audit_log.jsonl", 100),
        ("journald/2404.journal.json", 0),
    ] {
        let Some(path) = data(name) else { continue };
        let (_, batch) = parse_file(&path);
        let mut known = 0;
        for e in batch.events() {
            assert!(e.rec.flags.has(RecordFlags::PARSED) && e.rec.time.is_some(), "{name}: {}", e.raw());
            known += usize::from(e.rec.event_type != EventType::Other);
        }
        if let Some(e) = batch.event(0) {
            let row = EventRow::from(e);
            let set: Vec<_> = secstream::event::OVERLAY.iter().filter_map(|o| Some((o.name(), row.ov(*o)?))).collect();
            println!("{name}: {} {} {:?}", row.time, row.event_type, set);
        }
        assert!(known * 100 >= batch.records.len() * share, "{name}: {known}/{}", batch.records.len());
    }
}
