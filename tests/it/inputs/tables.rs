//! Logs with headers: Zeek's in both forms, and IIS.

use std::collections::BTreeMap;

use super::{data, read, values};
use secstream::event::{EventRow, EventType, OVERLAY, Ov, Ts, ValueKind};

/// What a value says, whichever way it was written.
#[derive(Debug, Clone, PartialEq)]
enum Said {
    Text(String),
    Number(f64),
}

fn said(value: &str, kind: ValueKind) -> Said {
    let time = value.len() > 20 && value.ends_with('Z');
    if let Some(t) = Ts::parse_rfc3339(value).filter(|_| time) {
        return Said::Number(t.0 as f64 / 1e6);
    }
    match value.parse::<f64>() {
        Ok(n) if kind == ValueKind::Number => Said::Number(n),
        _ => Said::Text(value.to_owned()),
    }
}

fn alike(a: &[Said], b: &[Said]) -> bool {
    let one = |pair: (&Said, &Said)| match pair {
        // Zeek writes six digits behind the point in one form, all in the other.
        (Said::Number(x), Said::Number(y)) => (x - y).abs() < 2e-6 + 1e-9 * x.abs(),
        (x, y) => x == y,
    };
    a.len() == b.len() && a.iter().zip(b).all(one)
}

fn fields(e: &EventRow) -> BTreeMap<&str, Vec<Said>> {
    let mut out = BTreeMap::<&str, Vec<Said>>::new();
    for f in e.fields.iter().filter(|f| f.name != "_write_ts") {
        out.entry(&f.name).or_default().push(said(&f.value, f.kind));
    }
    out
}

#[test]
fn zeek_says_the_same_in_both_forms() {
    let Some(dir) = data("zeek") else { return };
    let (mut logs, mut events, mut unlike) = (0, 0, Vec::new());
    for entry in std::fs::read_dir(dir.join("zeek-default")).unwrap() {
        let tsv = entry.unwrap().path();
        let stem = tsv.file_name().unwrap().to_string_lossy().replace(".log.gz", "");
        let json = dir.join("zeek-json").join(format!("{stem}.json.gz"));
        // The two longest logs take their time without showing more.
        if !json.exists() || std::fs::metadata(&tsv).unwrap().len() > 400_000 {
            continue;
        }
        let (tsv, json) = (read(&tsv), read(&json));
        assert_eq!(tsv.format, "zeek", "{stem}");
        let rows: Vec<_> = tsv.events.iter().filter(|e| !e.raw.starts_with('#')).collect();
        assert_eq!(rows.len(), json.events.len(), "{stem}");
        logs += 1;
        for (a, b) in rows.into_iter().zip(&json.events) {
            events += 1;
            assert!(a.parsed && b.parsed, "{stem}: {}", a.raw);
            let same = a.time == b.time && (a.event_type, a.outcome) == (b.event_type, b.outcome);
            let (x, y) = (fields(a), fields(b));
            let wrong = x.keys().chain(y.keys()).find(|k| match (x.get(*k), y.get(*k)) {
                (Some(p), Some(q)) => !alike(p, q),
                _ => true,
            });
            let overlay = OVERLAY.iter().find(|o| a.ov(**o) != b.ov(**o));
            if !same || wrong.is_some() || overlay.is_some() {
                unlike.push(format!("{stem}: {wrong:?} {overlay:?}\n  {}\n  {}", a.raw, b.raw));
            }
        }
    }
    println!("{events} events of {logs} logs compared, {} unlike", unlike.len());
    assert!(logs >= 20 && events > 10_000, "{logs} {events}");
    assert!(unlike.is_empty(), "{} unlike, the first: {:#?}", unlike.len(), unlike.iter().take(5).collect::<Vec<_>>());
}

#[test]
fn iis_logs() {
    let Some(dir) = data("plaso/iis") else { return };
    let mut requests = 0;
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let got = read(&path);
        assert_eq!(got.format, "w3c", "{}", path.display());
        for e in got.events.iter().filter(|e| !e.raw.starts_with('#')) {
            let raw = (path.display(), &e.raw);
            if !e.parsed {
                println!("not parsed: {raw:?}");
                continue;
            }
            requests += 1;
            assert_eq!(e.event_type, EventType::HttpRequest, "{raw:?}");
            assert!(e.time.is_some() && e.ov(Ov::SrcIp).is_some() && e.ov(Ov::Url).is_some(), "{raw:?}");
            assert!(!values(e, "sc-status").is_empty(), "{raw:?}");
        }
    }
    println!("{requests} requests");
    assert!(requests > 30, "{requests}");
}

#[test]
fn headers_below_other_lines_reach_every_block() {
    let web = "192.0.2.9 - - [18/Nov/2026:10:00:00 +0000] \"GET /p HTTP/1.1\" 200 12\n";
    let mut log = web.repeat(3) + "#separator \\x09\n#path\tdns\n#fields\tts\tuid\tid.orig_h\tquery\n";
    for n in 0..12_000 {
        log += &format!("1772445600.{n:06}\tC{n}\t192.0.2.7\thost{n}.example.org\n");
    }
    log += web;
    log += "#Fields: date time c-ip cs-method cs-uri-stem sc-status\n";
    log += &"2026-11-18 09:00:01 198.51.100.7 GET /a 200\n".repeat(8_000);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mixed.log");
    std::fs::write(&path, log).unwrap();
    // Blocks read again, in any order, give the same.
    let all = read(&path);
    let of = |name: &str| all.events.iter().filter(|e| secstream::parse::format_name(e.format) == name).count();
    assert_eq!((of("access"), of("zeek"), of("w3c"), of("raw")), (4, 12_003, 8_001, 0));
}
