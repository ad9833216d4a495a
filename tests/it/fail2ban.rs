//! The parsers against the annotated lines of fail2ban's own tests, where they
//! are at hand: source, user, outcome and time of every core family.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use secstream::event::{Batch, EventRow, Ov, Record, Schema, Span, Ts};
use secstream::parse::{Options, Parser, Scratch};
use serde_json::Value;

fn data() -> Option<PathBuf> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/fail2ban");
    if dir.join("lines.jsonl").is_file() {
        return Some(dir);
    }
    eprintln!("skipped: {} is not there", dir.display());
    None
}

/// One file's events, by line number from 1.
fn parse_file(dir: &std::path::Path, name: &str) -> Vec<EventRow> {
    let bytes = std::fs::read(dir.join("logs").join(name)).expect("a readable log");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let schema = Arc::new(Schema::base());
    let mut options = Options::new(Ts::parse_rfc3339("2025-06-30T00:00:00Z").expect("a time"));
    options.tz = chrono_tz::Tz::UTC;
    let parser = Parser::for_source(name, text.as_bytes(), &options, &schema);
    let mut batch = Batch::default();
    let mut at = 0;
    for (n, line) in text.split('\n').enumerate() {
        let len = line.trim_end_matches('\r').len();
        batch.records.push(Record::new(Span::text(at, len), at as u64, len as u64, n as u64 + 1));
        at += line.len() + 1;
    }
    batch.text = text;
    parser.parse_batch(&mut batch, &mut Scratch::default());
    batch.events().map(EventRow::from).collect()
}

#[derive(Default)]
struct Score {
    counts: BTreeMap<&'static str, (u32, u32)>,
    misses: Vec<String>,
}

impl Score {
    fn put(&mut self, what: &'static str, ok: bool, place: &str, got: &str) {
        let c = self.counts.entry(what).or_default();
        c.0 += u32::from(ok);
        c.1 += 1;
        if !ok {
            self.misses.push(format!("{what}: {place}: got {got}"));
        }
    }

    #[track_caller]
    fn at_least(&self, what: &str, percent: f64) {
        let (hit, all) = self.counts.get(what).copied().unwrap_or_default();
        assert!(
            f64::from(hit) * 100.0 >= percent * f64::from(all),
            "{what}: {hit} of {all}\n{}",
            self.misses.iter().filter(|m| m.starts_with(what)).cloned().collect::<Vec<_>>().join("\n")
        );
    }
}

/// Addresses compare without leading zeros and IPv4-in-IPv6.
fn canonical(host: &str) -> String {
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    let parts: Option<Vec<u8>> = host.split('.').map(|p| p.parse().ok()).collect();
    match parts {
        Some(p) if p.len() == 4 => format!("{}.{}.{}.{}", p[0], p[1], p[2], p[3]),
        _ => match host.parse::<std::net::Ipv6Addr>() {
            Ok(ip) => ip.to_ipv4_mapped().map_or_else(|| ip.to_string(), |v4| v4.to_string()),
            Err(_) => host,
        },
    }
}

fn time_matches(kind: &str, want: &Value, got: Ts) -> bool {
    let utc = want["time_utc"].as_str().and_then(Ts::parse_rfc3339);
    let wall = want["time"].as_str().and_then(|t| Ts::parse_rfc3339(&format!("{t}Z")));
    let near = |a: Option<Ts>| a.is_some_and(|a| got.is_some() && (a.0 - got.0).abs() <= 1_000_000);
    let clock = |t: Ts| {
        let (_, mo, d, h, mi, s, _) = t.civil();
        (mo, d, h, mi, s)
    };
    match kind {
        "abs" => near(utc),
        "wall" => near(utc) || near(wall),
        _ => near(utc) || near(wall) || got.is_some() && wall.is_some_and(|w| clock(w) == clock(got)),
    }
}

fn score(dir: &std::path::Path, want: impl Fn(&Value) -> bool) -> Score {
    let truth = std::fs::read_to_string(dir.join("lines.jsonl")).expect("readable truth");
    let mut files: BTreeMap<String, Vec<EventRow>> = BTreeMap::new();
    let mut score = Score::default();
    let benign = ["Accepted password", "Accepted publickey", "session opened", "res=success"];
    for line in truth.lines() {
        let t: Value = serde_json::from_str(line).expect("JSON");
        if !want(&t) {
            continue;
        }
        let file = t["file"].as_str().expect("a file");
        let events = files.entry(file.to_owned()).or_insert_with(|| parse_file(dir, file));
        let n = t["line"].as_u64().expect("a line") as usize;
        let Some(e) = events.get(n - 1) else { continue };
        let place = format!("{file}:{n}");
        let (matches, in_line) = (t["match"] == true, t["host_in_line"] == true);
        let failure = e.outcome.as_str() == "failure";
        if let (true, true, Some(host)) = (matches, in_line, t["host"].as_str()) {
            let got = [e.ov(Ov::SrcIp), e.ov(Ov::SrcHost)];
            let ok = got.iter().flatten().any(|g| canonical(g) == canonical(host));
            score.put("source", ok, &place, &format!("{got:?}, not {host}"));
            if t["adversarial"] == true {
                score.put("adversarial", ok, &place, &format!("{got:?}, not {host}"));
            }
        }
        let kind = t["ts_kind"].as_str().unwrap_or("");
        // The expected times of this family read the `Z` of its stamps as Zurich time.
        let misread = t["family"] == "cowrie";
        if matches && !misread && t["time"].is_string() && matches!(kind, "abs" | "wall" | "yearless") {
            let what = match kind {
                "abs" => "time_abs",
                "wall" => "time_wall",
                _ => "time_yearless",
            };
            score.put(what, time_matches(kind, &t, e.time), &place, &format!("{}, not {}", e.time, t["time"]));
        }
        let raw = t["raw"].as_str().unwrap_or("");
        if let (true, Some(user)) = (matches, t["user"].as_str().filter(|u| !u.is_empty() && raw.contains(u))) {
            score.put("user", e.ov(Ov::User) == Some(user), &place, &format!("{:?}, not {user}", e.ov(Ov::User)));
        }
        if matches && in_line && t["aggressive_only"] != true {
            score.put("failure", failure, &place, e.event_type.as_str());
        }
        if !matches && benign.iter().any(|b| raw.contains(b)) {
            score.put("benign", !failure, &place, e.event_type.as_str());
        }
    }
    score
}

#[test]
fn core_families_reach_their_thresholds() {
    let Some(dir) = data() else { return };
    let s = score(&dir, |t| t["core"] == true);
    eprintln!("{:?}\n{}", s.counts, s.misses.join("\n"));
    s.at_least("adversarial", 100.0);
    s.at_least("source", 97.0);
    s.at_least("failure", 95.0);
    s.at_least("benign", 100.0);
    for kind in ["time_abs", "time_wall", "time_yearless"] {
        s.at_least(kind, 97.0);
    }
    s.at_least("user", 90.0);
}

#[test]
fn most_other_families_are_understood() {
    let Some(dir) = data() else { return };
    let s = score(&dir, |t| t["core"] == false);
    eprintln!("{:?}\n{}", s.counts, s.misses.join("\n"));
    s.at_least("source", 85.0);
    s.at_least("failure", 80.0);
}
