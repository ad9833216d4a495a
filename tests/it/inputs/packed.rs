//! Inputs whose records are not lines: the journal, event logs, arrays.

use std::io::Write;

use super::{data, read, values};
use secstream::event::{EventRow, Ov, ValueKind};

/// Fields that depend on how an entry was asked for, not on what it says.
fn said(e: &EventRow) -> Vec<(String, String)> {
    let mut out: Vec<_> = e.fields.iter().map(|f| (f.name.clone(), f.value.clone())).collect();
    out.sort();
    out
}

#[test]
fn the_journal_says_the_same_in_both_forms() {
    let Some(dir) = data("journald") else { return };
    for name in ["2004", "2404"] {
        let export = read(&dir.join(format!("{name}.journal.export")));
        let json = read(&dir.join(format!("{name}.journal.json")));
        assert_eq!(export.events.len(), json.events.len());
        assert!(export.summary.warnings.is_empty(), "{:?}", export.summary.warnings);
        for (a, b) in export.events.iter().zip(&json.events) {
            assert!(a.parsed && b.parsed && a.time.is_some());
            // Long values are left out of the JSON unless it was asked for with `--all`.
            let left_out = b.fields.iter().any(|f| f.name == "MESSAGE" && f.kind == ValueKind::Null);
            let (x, y) = (said(a), said(b));
            assert!(x == y || (left_out && x.len() == y.len()), "{x:?} {y:?}");
            assert_eq!((a.time, a.event_type, a.outcome), (b.time, b.event_type, b.outcome));
            assert!(a.overlay == b.overlay || left_out);
        }
    }
}

#[test]
fn event_logs() {
    let Some(dir) = data("plaso/evtx") else { return };
    for (name, records, cut) in [("System.evtx", 1000, false), ("System2.evtx", 100, true)] {
        let got = read(&dir.join(name));
        println!("{name}: {} records, {:?}", got.events.len(), got.summary.warnings);
        assert!(got.events.len() > records, "{}", got.events.len());
        assert_eq!(got.format, "windows");
        for e in &got.events {
            assert!(e.parsed && e.time.is_some(), "{}", e.raw);
            for name in ["EventID", "Channel", "Computer", "Provider_Name", "EventRecordID", "TimeCreated"] {
                assert_eq!(values(e, name).len(), 1, "{name}: {}", e.raw);
            }
            assert_eq!(e.ov(Ov::Source), Some(values(e, "Channel")[0]));
        }
        assert_eq!(got.summary.warnings.iter().any(|w| w.contains("cut short")), cut, "{:?}", got.summary.warnings);
        let stored = std::fs::metadata(dir.join(name)).unwrap().len();
        assert_eq!(got.summary.bytes, stored);
        assert!(got.summary.sha256.is_some());
        // The records keep their order and none comes twice.
        let ids: Vec<u64> = got.events.iter().map(|e| values(e, "EventRecordID")[0].parse().unwrap()).collect();
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), ids.len());
    }
}

#[test]
fn a_damaged_chunk_is_passed_over() {
    let Some(dir) = data("plaso/evtx") else { return };
    let mut bytes = std::fs::read(dir.join("System.evtx")).unwrap();
    let whole = read(&dir.join("System.evtx")).events.len();
    bytes[4096 + 65_536..4096 + 65_536 + 64].fill(0x41);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&bytes).unwrap();
    let got = read(file.path());
    assert!(got.events.len() < whole && got.events.len() > whole / 2);
    assert!(
        got.summary.warnings.iter().any(|w| w.contains("1 of ") && w.contains("damaged")),
        "{:?}",
        got.summary.warnings
    );
    assert!(got.summary.damaged, "its loss is told by the exit code too");
}

#[test]
fn arrays_of_records_are_the_records() {
    for name in ["aws_cloudtrail", "azure_activity_log", "gcp_logging", "microsoft_audit_log"] {
        let Some(path) = data(&format!("plaso/jsonl/{name}.jsonl")) else { return };
        let lines = read(&path);
        let records: Vec<serde_json::Value> = (std::fs::read_to_string(&path).unwrap().lines())
            .filter(|l| !l.trim().is_empty())
            .map(|l| serde_json::from_str(l).unwrap())
            .collect();
        for (whole, key) in [(serde_json::json!(records), ""), (serde_json::json!({ "Records": records }), "Records")] {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            serde_json::to_writer_pretty(&mut file, &whole).unwrap();
            let got = read(file.path());
            assert_eq!(got.events.len(), lines.events.len(), "{name} {key}");
            for (a, b) in got.events.iter().zip(&lines.events) {
                assert_eq!(
                    (a.time, a.event_type, a.outcome, &a.overlay),
                    (b.time, b.event_type, b.outcome, &b.overlay)
                );
                assert_eq!(a.fields, b.fields, "{name}");
            }
        }
    }
}
