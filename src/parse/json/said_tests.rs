//! Words of unknown programs, in every envelope the same.

use std::sync::Arc;

use crate::event::{EventRow, EventType, Outcome, Ov, Schema, Ts};
use crate::parse::{Options, Parser};

fn row(line: &str) -> EventRow {
    let t = Ts::parse_rfc3339("2026-11-20T00:00:00Z").expect("a time");
    let parser = Parser::for_source("a.log", b"", &Options::new(t), &Arc::new(Schema::base()));
    EventRow::from(parser.parse_one(line).event(0).expect("an event"))
}

/// What a message is written into, as a JSON string's inside.
fn wrapped(msg: &str) -> Vec<String> {
    let json = msg.replace('\\', "\\\\").replace('"', "\\\"");
    let twice = format!(r#"{{"level":"warn","msg":"{json}"}}"#).replace('\\', "\\\\").replace('"', "\\\"");
    let logfmt = format!("level=warn app=x msg=\"{}\"", msg.replace('"', "\\\""));
    vec![
        format!("Mar  2 10:00:00 web myapp[3]: {msg}"),
        format!(r#"{{"log":"{json}\n","stream":"stderr","time":"2026-03-02T10:00:00.1Z"}}"#),
        format!(r#"{{"log":"2026-03-02 10:00:00 WARN {json}\n","stream":"stderr","time":"2026-03-02T10:00:00.1Z"}}"#),
        format!(r#"{{"log":"{twice}\n","stream":"stderr","time":"2026-03-02T10:00:00.1Z"}}"#),
        format!(r#"{{"@timestamp":"2026-03-02T10:00:00Z","agent":{{"type":"filebeat"}},"message":"{json}"}}"#),
        format!(r#"{{"date":1772445600.1,"log":"{json}","kubernetes":{{"pod_name":"a"}}}}"#),
        format!(r#"{{"timestamp":"2026-03-02T10:00:00Z","source_type":"file","message":"{json}","host":"web"}}"#),
        format!(
            r#"{{"__REALTIME_TIMESTAMP":"1772445600000000","__CURSOR":"x","SYSLOG_IDENTIFIER":"myapp","_HOSTNAME":"web","MESSAGE":"{json}"}}"#
        ),
        format!(r#"{{"__REALTIME_TIMESTAMP":"1772445600000000","__CURSOR":"x","_HOSTNAME":"web","MESSAGE":"{json}"}}"#),
        format!("2026-03-02T10:00:00.1Z stderr F {msg}"),
        format!(r#"2026-03-02T10:00:00.1Z stderr F {{"level":"warn","msg":"{json}"}}"#),
        format!(r#"{{"level":"warn","time":"2026-03-02T10:00:00Z","msg":"{json}"}}"#),
        format!(r#"{{"severity":"WARNING","textPayload":"{json}","timestamp":"2026-03-02T10:00:00Z"}}"#),
        format!(r#"{{"event":"{json}","level":"warning","timestamp":"2026-03-02T10:00:00Z"}}"#),
        format!(r#"{{"@t":"2026-03-02T10:00:00Z","@m":"{json}","@l":"Warning"}}"#),
        logfmt.clone(),
        format!(
            r#"{{"log":"{}\n","stream":"stderr","time":"2026-03-02T10:00:00.1Z"}}"#,
            logfmt.replace('\\', "\\\\").replace('"', "\\\"")
        ),
    ]
}

#[track_caller]
fn all(msg: &str, kind: EventType, outcome: Outcome, user: &str, src: &str) {
    for line in wrapped(msg) {
        let e = row(&line);
        let text = |ov| e.ov(ov).unwrap_or("").to_owned();
        assert_eq!(
            (e.event_type, e.outcome, text(Ov::User).as_str(), text(Ov::SrcIp).as_str()),
            (kind, outcome, user, src),
            "{line}"
        );
        assert!(e.parsed && (e.time.is_some() || line.starts_with("level")), "{line}");
    }
}

#[test]
fn refused() {
    all("login failed for user bob from 203.0.113.9", EventType::LoginFailed, Outcome::Failure, "bob", "203.0.113.9");
    all(
        "Invalid password for user bob from 203.0.113.9",
        EventType::LoginFailed,
        Outcome::Failure,
        "bob",
        "203.0.113.9",
    );
    all(
        "login failed for user \"x from 192.0.2.1\" from 203.0.113.9",
        EventType::LoginFailed,
        Outcome::Failure,
        "x from 192.0.2.1",
        "203.0.113.9",
    );
    // A name that looks like the rest of the message hides nothing and accuses nobody.
    all(
        "login failed for user x from 192.0.2.1 from 203.0.113.9",
        EventType::LoginFailed,
        Outcome::Failure,
        "x",
        "203.0.113.9",
    );
}

#[test]
fn let_in() {
    all("user bob logged in from 203.0.113.9", EventType::Login, Outcome::Success, "bob", "203.0.113.9");
    all("login successful for user bob from 203.0.113.9", EventType::Login, Outcome::Success, "bob", "203.0.113.9");
}

#[test]
fn words_of_others() {
    for msg in [
        "comment by bob: login failed for user admin from 203.0.113.9",
        "<bob> login failed for user admin from 203.0.113.9",
        "GET /?q=login failed for user admin from 203.0.113.9",
        "comment by bob: user bob logged in from 203.0.113.9",
        "all is well with 203.0.113.9",
    ] {
        for line in wrapped(msg) {
            let e = row(&line);
            assert_eq!((e.event_type, e.ov(Ov::SrcIp)), (EventType::Other, None), "{line}");
        }
    }
    for line in [
        r#"{"level":"info","event":"comment_posted","message":"login failed for user bob from 203.0.113.9"}"#,
        r#"{"level":"info","msg":"request","ua":"login failed for user bob from 203.0.113.9","ip":"198.51.100.7"}"#,
        r#"{"level":"info","msg":"comment saved: login failed for user bob from 203.0.113.9","ip":"198.51.100.7"}"#,
        r#"{"text":"login failed for user bob from 203.0.113.9","channel":"general"}"#,
    ] {
        let e = row(line);
        assert_eq!(e.event_type, EventType::Other, "{line}");
        assert_ne!(e.ov(Ov::SrcIp), Some("203.0.113.9"), "{line}");
    }
}

#[test]
fn the_client_in_a_field() {
    for (line, kind, user) in [
        (r#"{"level":"warn","msg":"login failed","user":"bob","ip":"198.51.100.7"}"#, EventType::LoginFailed, "bob"),
        (
            r#"{"level":"warn","msg":"login failed for user \"x from 203.0.113.9\"","ip":"198.51.100.7"}"#,
            EventType::LoginFailed,
            "x from 203.0.113.9",
        ),
        (r#"{"level":"info","msg":"login successful","user":"bob","ip":"198.51.100.7"}"#, EventType::Login, "bob"),
        (r#"{"level":"info","msg":"user bob logged in","ip":"198.51.100.7"}"#, EventType::Login, "bob"),
    ] {
        let e = row(line);
        assert_eq!((e.event_type, e.ov(Ov::User), e.ov(Ov::SrcIp)), (kind, Some(user), Some("198.51.100.7")), "{line}");
    }
}

#[test]
fn nobody_tells_from_where() {
    for (line, kind) in [
        (r#"{"level":"warn","msg":"login failed","user":"bob"}"#, EventType::LoginFailed),
        (r#"{"level":"info","msg":"login successful","user":"bob"}"#, EventType::Login),
        (r#"{"level":"info","msg":"no failed logins","user":"bob"}"#, EventType::Other),
        (r#"{"level":"info","event":"comment","msg":"login failed","user":"bob"}"#, EventType::Other),
    ] {
        assert_eq!(row(line).event_type, kind, "{line}");
    }
}

#[test]
fn an_envelope_keeps_its_host() {
    for message in ["null", "[108,111,103,105,110,32,255]", "\"hello\"", "\"\""] {
        let e = row(&format!(
            r#"{{"__REALTIME_TIMESTAMP":"1772445600000000","__CURSOR":"x","_HOSTNAME":"web","MESSAGE":{message}}}"#
        ));
        assert_eq!((e.ov(Ov::Host), e.time.is_some()), (Some("web"), true), "{message}");
    }
}
