//! Definitions, good and bad.

use std::sync::Arc;

use super::*;
use crate::event::{EventRow, Schema};
use crate::parse::{Options, Parser, format_name};

const SHOP: &str = r#"
[[format]]
name = "shop"
pattern = "%{timestamp} shopd[%{pid:number}]: %{action} for %{user} from %{src_ip} took %{took} ms"
time_format = "%d.%m.%Y %H:%M:%S"
logsource = { product = "shop", service = "auth" }
fields = { action = "message" }

[[format.when]]
field = "action"
matches = "^denied"
event_type = "login_failed"
severity = "low"

[[format.when]]
field = "action"
is = "admitted"
event_type = "login"

[[format.samples]]
line = "18.11.2026 09:30:00 shopd[77]: denied (password) for bob from 192.0.2.9:4711 took 12 ms"
expect = { timestamp = "2026-11-18T09:30:00Z", src_ip = "192.0.2.9", src_port = 4711, user = "bob", event_type = "login_failed", outcome = "failure", took = "12" }

[[format]]
name = "box"
regex = '^(?P<time>\w+ +\d+ [\d:]+) BOX (?P<request>.*)$'
time_format = "%b %e %H:%M:%S"
event_type = "http_request"
"#;

fn formats(text: &str) -> Arc<[Format]> {
    load("my.toml", text).expect("formats").into()
}

fn row(line: &str, format: Option<&str>) -> EventRow {
    let t = Ts::parse_rfc3339("2026-11-20T00:00:00Z").expect("a time");
    let opts = Options { format: format.map(str::to_owned), custom: formats(SHOP), ..Options::new(t) };
    let b = Parser::for_source("x.log", line.as_bytes(), &opts, &Arc::new(Schema::base())).parse_one(line);
    EventRow::from(b.event(0).expect("an event"))
}

#[test]
fn lines_are_read_as_defined() {
    let line = "18.11.2026 09:30:00 shopd[77]: admitted for bob from shop.example.org took 3 ms";
    for format in [None, Some("shop")] {
        let r = row(line, format);
        assert_eq!((r.event_type, r.outcome, format_name(r.format)), (EventType::Login, Outcome::Success, "shop"));
        assert_eq!(
            (r.ov(Ov::SrcHost), r.ov(Ov::Pid), r.ov(Ov::Message)),
            (Some("shop.example.org"), Some("77"), Some("admitted"))
        );
        assert_eq!((r.time.to_rfc3339().as_str(), r.quality), ("2026-11-18T09:30:00Z", TimeQuality::Wall));
        assert_eq!(r.fields.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["action", "took"]);
    }
    let r = row("Nov 22 09:30:00 BOX GET /%41 HTTP/1.1", None);
    assert_eq!((r.ov(Ov::UrlDecoded), r.time.to_rfc3339().as_str()), (Some("/a"), "2025-11-22T09:30:00Z"));
    assert!(!row("something else", Some("shop")).parsed);
}

#[test]
fn samples_are_checked() {
    assert_eq!(check_samples(&formats(SHOP)), []);
    let bad = SHOP.replace("user = \"bob\"", "user = \"eve\"").replace("took = \"12\"", "nothing = \"x\"");
    let errors: Vec<_> = check_samples(&formats(&bad)).iter().map(ToString::to_string).collect();
    assert_eq!(
        errors,
        ["my.toml:21: 'nothing' is nothing, expected 'x'", "my.toml:21: 'user' is 'bob', expected 'eve'"]
    );
    let bad = SHOP.replace("line = \"18", "line = \"x 18");
    assert_eq!(check_samples(&formats(&bad)).len(), 1);
}

#[test]
fn errors_name_file_and_line() {
    for (text, line, word) in [
        ("[[format]]\nname = \"a\"\n", 2, "missing"),
        ("[[format]]\nname = \"a\"\npattern = \"%{x\"\n", 3, "without"),
        ("[[format]]\nname = \"a\"\nregex = \"(\"\n", 3, "regular expression"),
        ("[[format]]\nname = \"a\"\nregex = \"x\"\n", 3, "named group"),
        ("[[format]]\nname = \"json\"\npattern = \"%{x}\"\n", 2, "built-in"),
        ("[[format]]\nname = \"a\"\npattern = \"%{x}\"\nevent_type = \"hack\"\n", 4, "event type"),
        ("[[format]]\nname = \"a\"\npattern = \"%{x}\"\ntime_format = \"%Q\"\n", 4, "time format"),
        ("[[format]]\nname = \"a\"\npattern = \"%{x}\"\nfields = { y = \"user\" }\n", 4, "not captured"),
        ("[[format]]\nname = \"a\"\npattern = \"%{x}\"\nfields = { x = \"usr\" }\n", 4, "overlay"),
        ("[[format]]\nname = \"a\"\npattern = \"%{x}\"\ncolour = 1\n", 4, "colour"),
        ("[[format]]\nname = \n", 2, ""),
    ] {
        let errors = load("my.toml", text).expect_err(text);
        assert!(errors[0].line == line && errors[0].message.contains(word), "{text}: {:?}", errors[0]);
    }
    assert_eq!(load("my.toml", "").map(|f| f.len()), Ok(0));
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

proptest::proptest! {
    #[test]
    fn no_panic(line in "\\PC{0,80}") {
        let _ = row(&line, None);
        let _ = load("x", &line);
        let _ = pattern::to_regex(&line);
    }
}

#[test]
fn several_own_formats_in_one_log() {
    const TWO: &str = r#"
[[format]]
name = "vpn"
pattern = "%{timestamp} vpnd: failed user=%{user} peer=%{src_ip}"
event_type = "login_failed"

[[format]]
name = "portal"
pattern = "%{timestamp} portal %{event_type:word} %{user} from %{client_ip}"
"#;
    let lines = [
        "2026-11-18 09:30:00 vpnd: failed user=10.9.9.9 peer=192.0.2.9",
        "2026-11-18 09:30:01 portal auth_failure 10.9.9.9 from 192.0.2.9",
    ];
    let options = Options { custom: formats(TWO), ..Options::new(Ts::from_secs(1_800_000_000)) };
    let sample = lines.join("\n");
    let parser = Parser::for_source("x", sample.as_bytes(), &options, &Arc::new(Schema::base()));
    for (line, name) in lines.iter().zip(["vpn", "portal"]) {
        let r = EventRow::from(parser.parse_one(line).event(0).unwrap());
        assert_eq!(format_name(r.format), name, "no built-in format takes a line of one's own");
        assert_eq!((r.event_type, r.outcome), (EventType::LoginFailed, Outcome::Failure));
        assert_eq!((r.ov(Ov::SrcIp), r.ov(Ov::User)), (Some("192.0.2.9"), Some("10.9.9.9")));
    }
}
