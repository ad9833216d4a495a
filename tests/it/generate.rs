//! Generated logs, and the fixtures made of them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

use secstream::event::{Batch, EventRow, EventType, Outcome, Ov, Schema, Ts};
use secstream::generate::{Attacks, Format, GenerateOptions, RecordSink, Truth, generate};
use secstream::parse::{Options, Parser};

fn fixture(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)
}

struct Text(String);

impl RecordSink for Text {
    fn record(&mut self, _source: u16, _time: Ts, text: &str) -> io::Result<()> {
        self.0.push_str(text);
        self.0.push('\n');
        Ok(())
    }
}

fn make(opts: &GenerateOptions) -> (String, Truth) {
    let mut out = Text(String::new());
    let truth = generate(opts, &mut out).expect("memory takes it");
    (out.0, truth)
}

/// The options of a `$bin generate` line of the script, its continuation lines
/// included.
fn script_options() -> Vec<(GenerateOptions, String)> {
    let script = std::fs::read_to_string(fixture("make-generated.sh")).unwrap().replace("\\\n", " ");
    let mut all = Vec::new();
    for line in script.lines().filter(|l| l.trim_start().starts_with("$bin generate")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let value = |name: &str| words.iter().position(|w| *w == name).map(|i| words[i + 1]).unwrap();
        let formats = if value("--format") == "$format" {
            vec![Format::Syslog, Format::Access, Format::Json, Format::Windows]
        } else {
            vec![value("--format").parse().unwrap()]
        };
        for format in formats {
            let unit = if value("--duration").ends_with('h') { 3600 } else { 60 };
            let opts = GenerateOptions {
                seed: value("--seed").parse().unwrap(),
                duration: value("--duration").trim_end_matches(['h', 'm']).parse::<i64>().unwrap() * unit,
                rate: value("--rate").parse().unwrap(),
                format,
                attacks: value("--attacks").parse().unwrap(),
                start: Ts::parse_rfc3339(value("--start")).unwrap(),
            };
            let out = value("--out").trim_start_matches("fixtures/").replace("$format", &format.to_string());
            all.push((opts, out));
        }
    }
    all
}

#[test]
fn fixtures_are_what_the_script_makes() {
    let all = script_options();
    assert_eq!(all.len(), 5);
    for (opts, out) in all {
        let (log, truth) = make(&opts);
        let again = "run fixtures/make-generated.sh and commit what it makes";
        assert!(std::fs::read_to_string(fixture(&out)).unwrap() == log, "{out}: {again}");
        let truth_file = fixture(&out.replace(".log", ".truth.jsonl"));
        assert!(std::fs::read_to_string(truth_file).unwrap() == truth.to_jsonl(false), "{out}: {again}");
    }
}

fn parse(name: &str, text: &str) -> Vec<EventRow> {
    let opts = Options::new(Ts::parse_rfc3339("2026-12-01T00:00:00Z").unwrap());
    let sample = text.as_bytes().get(..65_536).unwrap_or(text.as_bytes());
    let parser = Parser::for_source(name, sample, &opts, &Schema::base().into());
    let row = |b: Batch| EventRow::from(b.event(0).unwrap());
    text.lines().map(|l| row(parser.parse_one(l))).collect()
}

#[test]
fn every_generated_line_is_understood() {
    let opts = GenerateOptions { duration: 7200, rate: 2.0, ..GenerateOptions::default() };
    let (log, truth) = make(&opts);
    let rows = parse("mixed.log", &log);
    let raw: Vec<&str> = rows.iter().filter(|r| !r.parsed).map(|r| r.raw.as_str()).collect();
    assert!(raw.is_empty(), "{} not understood, such as {}", raw.len(), raw[0]);
    assert!(rows.windows(2).all(|w| w[1].time.secs() >= w[0].time.secs()), "times out of order");
    assert!(rows.iter().all(|r| (0..7200).contains(&(r.time.secs() - opts.start.secs()))));
    // What the truth calls a story from one address is seen from that address.
    for s in truth.stories.iter().filter(|s| s.src_ip.len() == 1) {
        let seen = |l: u64| rows[l as usize - 1].ov(Ov::SrcIp) == Some(s.src_ip[0].as_str());
        let named = s.lines.iter().any(|l| rows[l.in_log as usize - 1].raw.contains(&s.src_ip[0]));
        assert!(
            named && (s.lines.iter().any(|l| seen(l.in_log)) || !s.technique[0].starts_with("T1110")),
            "{}",
            s.story
        );
    }
}

#[test]
fn daemons_logs_are_understood_in_all_three_forms() {
    let read = |f: &str| String::from_utf8_lossy(&std::fs::read(fixture(f)).unwrap()).into_owned();
    let forms = ["daemons/traditional.log", "daemons/iso.log", "daemons/rfc5424.log"].map(|f| parse(f, &read(f)));
    let key = |r: &EventRow| {
        let text = |o: Ov| r.ov(o).unwrap_or_default().trim().to_owned();
        (r.time.secs(), r.event_type, r.outcome, text(Ov::SrcIp), text(Ov::User), text(Ov::Host), text(Ov::Message))
    };
    for form in &forms {
        assert!(form.iter().all(|r| r.parsed));
        assert!(form.iter().map(key).eq(forms[0].iter().map(key)));
    }
    let failed = |ip: &str| {
        forms[0].iter().filter(|r| r.ov(Ov::SrcIp) == Some(ip) && r.raw.contains("]: Failed password")).count()
    };
    assert_eq!((failed("127.0.0.66"), failed("127.0.0.67"), failed("127.0.0.10")), (7, 8, 1));
    // A user name that looks like a source is not taken for one.
    assert!(forms[0].iter().all(|r| !matches!(r.ov(Ov::SrcIp), Some("10.9.8.7" | "10.6.6.6"))));
    let count = |t: EventType| forms[0].iter().filter(|r| r.event_type == t).count();
    assert!(count(EventType::UserCreated) >= 3 && count(EventType::UserDeleted) >= 3);
    assert!(count(EventType::Sudo) >= 5 && count(EventType::SudoFailed) >= 3 && count(EventType::SuFailed) >= 1);

    let access = parse("nginx-access.log", &read("daemons/nginx-access.log"));
    assert!(access.iter().all(|r| r.parsed && r.ov(Ov::SrcIp).is_some_and(|ip| ip.starts_with("127.0.0."))));
    let denied =
        access.iter().filter(|r| r.ov(Ov::SrcIp) == Some("127.0.0.80") && r.outcome == Outcome::Failure).count();
    assert!(denied >= 11, "{denied}");
    let errors = parse("nginx-error.log", &read("daemons/nginx-error.log"));
    assert!(errors.iter().filter(|r| r.parsed).count() * 100 >= errors.len() * 98);
}

/// Most of one key's values within a span of seconds; `distinct` counts
/// different values only.
fn most<'a>(seen: impl Iterator<Item = (&'a str, i64, &'a str)>, span: i64, distinct: bool) -> (usize, String) {
    let mut by_key: BTreeMap<&str, Vec<(i64, &str)>> = BTreeMap::new();
    for (key, at, value) in seen {
        by_key.entry(key).or_default().push((at, value));
    }
    let mut best = (0, String::new());
    for (key, mut list) in by_key {
        list.sort_unstable();
        let mut from = 0;
        for i in 0..list.len() {
            while list[from].0 <= list[i].0 - span {
                from += 1;
            }
            let window = &list[from..=i];
            let n = if distinct { window.iter().map(|x| x.1).collect::<BTreeSet<_>>().len() } else { window.len() };
            if n > best.0 {
                best = (n, key.to_owned());
            }
        }
    }
    best
}

#[test]
fn honest_people_stay_below_what_an_attack_is() {
    for (duration, rate) in [(86_400, 0.4), (300, 150.0)] {
        let opts = GenerateOptions { duration, rate, attacks: Attacks::None, ..GenerateOptions::default() };
        let start = Ts::from_secs(opts.start.secs() + 9 * 3600);
        let rows = parse("mixed.log", &make(&GenerateOptions { start, ..opts }).0);
        let known = ["10.20.0.5", "10.20.0.6"];
        let of = |r: &'_ EventRow, o: Ov| r.ov(o).unwrap_or_default().to_owned();
        let facts: Vec<(i64, &EventRow, String, String, String)> = rows
            .iter()
            .map(|r| (r.time.secs(), r, of(r, Ov::SrcIp), of(r, Ov::User), of(r, Ov::Host)))
            .filter(|f| !known.contains(&f.2.as_str()))
            .collect();
        let failed = |r: &EventRow| {
            matches!(r.event_type, EventType::SshLoginFailed | EventType::LoginFailed) && !r.raw.contains("pam_unix")
        };
        let failures = || facts.iter().filter(|f| failed(f.1));
        let at_most = |what: &str, found: (usize, String), limit: usize| {
            assert!(found.0 <= limit, "{what} at rate {rate}: {} of {}", found.0, found.1);
        };
        at_most("failures of a source", most(failures().map(|f| (f.2.as_str(), f.0, "")), 600, false), 4);
        at_most("failures of an account", most(failures().map(|f| (f.3.as_str(), f.0, "")), 600, false), 4);
        at_most("failures of a day", most(failures().map(|f| (f.3.as_str(), f.0, "")), 86_400, false), 15);
        let web = || facts.iter().filter(|f| f.1.event_type == EventType::HttpRequest);
        at_most("requests", most(web().map(|f| (f.2.as_str(), f.0, "")), 30, false), 55);
        let denied = web().filter(|f| matches!(f.1.ov(Ov::StatusCode), Some("401" | "403")));
        at_most("denials", most(denied.map(|f| (f.2.as_str(), f.0, "")), 300, false), 4);
        let blocked = facts.iter().filter(|f| f.1.event_type == EventType::FirewallBlock);
        let ports = blocked.map(|f| (f.2.as_str(), f.0, f.1.ov(Ov::DestPort).unwrap_or_default()));
        at_most("ports", most(ports, 30, true), 4);
        let logins = facts.iter().filter(|f| f.1.event_type == EventType::SshLogin);
        at_most("hosts", most(logins.map(|f| (f.3.as_str(), f.0, f.4.as_str())), 3600, true), 3);
        let passwords = facts.iter().filter(|f| f.1.event_type == EventType::PasswordChanged);
        at_most("password changes", most(passwords.map(|f| (f.4.as_str(), f.0, "")), 600, false), 4);
        let big = facts
            .iter()
            .filter(|f| f.1.ov(Ov::Bytes).and_then(|b| b.parse::<u64>().ok()).is_some_and(|b| b > 50_000_000));
        assert_eq!(big.count(), 0);
    }
}
