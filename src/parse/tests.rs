//! The dispatch as a whole.

use super::*;
use crate::event::EventType;

fn parser(sample: &str) -> Parser {
    let t = Ts::parse_rfc3339("2026-11-20T00:00:00Z").expect("a time");
    Parser::for_source("t.log", sample.as_bytes(), &Options::new(t), &Arc::new(Schema::base()))
}

#[test]
fn a_line_that_nobody_knows_stays_raw_with_its_time() {
    let b = parser("").parse_one("## 2026-11-18T09:30:00Z something ##");
    let e = b.event(0).expect("an event");
    assert!(!e.rec.flags.has(RecordFlags::PARSED));
    assert_eq!((e.rec.time.to_rfc3339().as_str(), format_name(e.rec.format)), ("2026-11-18T09:30:00Z", "raw"));
    assert_eq!(e.ov(Ov::Message), Some("## 2026-11-18T09:30:00Z something ##"));
}

#[test]
fn each_line_of_a_mixed_file_finds_its_parser() {
    let lines = [
        (r#"192.0.2.9 - - [18/Nov/2026:09:30:00 +0000] "GET / HTTP/1.1" 200 5"#, "access"),
        (
            "[Wed Nov 18 09:30:00.123456 2026] [core:error] [pid 1:tid 2] [client 192.0.2.9:4000] AH00037: x",
            "apache_error",
        ),
        (
            r#"2026/11/18 09:30:00 [error] 1#1: *2 access forbidden by rule, client: 192.0.2.9, server: a"#,
            "nginx_error",
        ),
        (
            "2026-11-18 09:30:00: (mod_auth.c.525) password doesn't match for /x username: y, IP: 192.0.2.9",
            "lighttpd_error",
        ),
    ];
    let p = parser(lines[0].0);
    assert_eq!(p.format_name(), "access");
    for (line, format) in lines {
        let b = p.parse_one(line);
        let e = b.event(0).expect("an event");
        assert_eq!((format_name(e.rec.format), e.ov(Ov::SrcIp)), (format, Some("192.0.2.9")), "{line}");
    }
}

#[test]
fn parsers_are_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Parser>();
}

#[test]
fn format_names_are_checked() {
    for name in format_names() {
        assert_eq!(check_format(name, &[]), Ok(()));
    }
    assert!(check_format("jsno", &[]).is_err_and(|m| m.contains("'jsno'") && m.contains("syslog")));
}

#[test]
fn the_documented_format_is_true() {
    let text = include_str!("../../docs/formats.md");
    let toml = text.split("```toml\n").nth(1).and_then(|t| t.split("```").next()).expect("an example");
    let formats: Arc<[custom::Format]> = custom::load("docs/formats.md", toml).expect("a valid example").into();
    assert_eq!(custom::check_samples(&formats), []);
    for name in format_names() {
        assert!(text.contains(&format!("`{name}`")), "docs/formats.md does not name {name}");
    }
}

proptest::proptest! {
    #[test]
    fn no_line_panics(s in "\\PC{0,200}") {
        let _ = parser("").parse_one(&s);
    }
}

#[test]
fn json_behind_a_syslog_header() {
    for line in [
        r#"Nov 18 09:30:00 web1 app[7]: {"event":"login_failed","user":"bob","ip":"192.0.2.9","msg":"no"}"#,
        r#"<38>1 2026-11-18T09:30:00Z web1 app 7 - - @cee: {"event":"login_failed","user":"bob","ip":"192.0.2.9","msg":"no"}"#,
    ] {
        let b = parser("").parse_one(line);
        let e = b.event(0).expect("an event");
        let got = [Ov::Host, Ov::Process, Ov::Pid, Ov::User, Ov::SrcIp].map(|n| e.ov(n).unwrap_or(""));
        assert_eq!(got, ["web1", "app", "7", "bob", "192.0.2.9"], "{line}");
        assert_eq!((e.rec.event_type, format_name(e.rec.format)), (EventType::LoginFailed, "syslog"));
        assert_eq!(e.rec.time.to_rfc3339(), "2026-11-18T09:30:00Z");
    }
    let b = parser("").parse_one("Nov 18 09:30:00 web1 app[7]: {no JSON}");
    assert_eq!(b.event(0).and_then(|e| e.ov(Ov::Message)), Some("{no JSON}"));
}

#[test]
fn parts_are_the_batch() {
    let lines: Vec<String> = (0..700)
        .map(|i| match i % 90 {
            0 => format!(r#"{{"a":"{}","b\n":"x\ty{i}"}}"#, "v".repeat(i * 60)),
            1 => String::from("nobody knows this"),
            _ => format!(r#"{{"a":{i},"b":"c\u0041{}"}}"#, i % 5),
        })
        .collect();
    let parser = parser(&lines.join("\n"));
    for many in [0, 1, 63, 64, 65, 700] {
        let fresh = || {
            let mut b = Batch::default();
            for line in lines.iter().take(many) {
                let start = b.text.len();
                b.text.push_str(line);
                b.records.push(Record::new(Span::text(start, line.len()), 0, 0, 1));
            }
            b
        };
        let (mut whole, mut parted, mut seen) = (fresh(), fresh(), Vec::new());
        parser.parse_batch(&mut whole, &mut Scratch::default());
        parser.parse_parts(&mut parted, &mut Scratch::default(), |b, part| {
            assert!(part.len() <= PART_RECORDS && b.schema.is_some());
            seen.extend(b.events_of(part).map(|e| (e.index, e.rec.format, e.fields().len())));
        });
        let all = |b: &Batch| -> Vec<_> { b.events().map(|e| (e.index, e.rec.format, e.fields().len())).collect() };
        assert_eq!((&seen, all(&parted)), (&all(&whole), all(&whole)), "{many}");
        let values = |b: &Batch| -> Vec<String> {
            b.events()
                .flat_map(|e| e.fields().iter().map(|f| b.value(f.value).to_owned()).collect::<Vec<_>>())
                .collect()
        };
        assert_eq!(values(&parted), values(&whole));
    }
}
