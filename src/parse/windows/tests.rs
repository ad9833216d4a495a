//! Events of our own making.

use crate::event::{EventRow, EventType, Outcome, Ov, Schema, SchemaBuilder, Ts};
use crate::parse::{Options, Parser, format_name};
use std::sync::Arc;

fn schema() -> Arc<Schema> {
    let mut b = SchemaBuilder::new();
    for s in ["windows", "security", "sysmon", "process_creation"] {
        b.sym(s);
    }
    b.field("TargetUserName");
    Arc::new(b.freeze())
}

fn parse(line: &str) -> (EventRow, [String; 3]) {
    let schema = schema();
    let p = Parser::for_source("e.json", b"", &Options::new(Ts::from_secs(1_790_000_000)), &schema);
    let b = p.parse_one(line);
    let e = b.event(0).expect("an event");
    let ls = e.rec.logsource;
    let names = [ls.product, ls.category, ls.service].map(|s| schema.sym_name(s).to_owned());
    assert_eq!(format_name(e.rec.format), "windows", "{line}");
    (EventRow::from(e), names)
}

#[test]
fn a_failed_log_on() {
    let (r, ls) = parse(
        r#"{"Channel":"Security","Provider_Name":"Microsoft-Windows-Security-Auditing","EventID":4625,"TimeCreated":"2026-11-18T09:30:00.1234567Z","Computer":"WS1.example.org","TargetUserName":"bob","SubjectUserName":"-","IpAddress":"::ffff:192.0.2.9","IpPort":"4711","LogonType":3,"product":"windows","service":"sysmon"}"#,
    );
    assert_eq!((r.event_type, r.outcome), (EventType::LoginFailed, Outcome::Failure));
    for (name, want) in [
        (Ov::User, "bob"),
        (Ov::SrcIp, "192.0.2.9"),
        (Ov::SrcPort, "4711"),
        (Ov::Host, "WS1.example.org"),
        (Ov::Message, "4625 log-on failed"),
    ] {
        assert_eq!(r.ov(name), Some(want), "{}", name.name());
    }
    assert_eq!(r.time.to_rfc3339(), "2026-11-18T09:30:00.123456Z");
    assert_eq!(ls, ["windows", "", "security"], "the channel beats the hint");
    assert!(r.fields.iter().any(|f| f.name == "LogonType" && f.value == "3"));
}

#[test]
fn processes_and_accounts() {
    let (r, ls) = parse(
        r#"{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"UtcTime":"2026-11-18 09:30:00.500","Computer":"WS1","User":"CORP\\bob","Image":"C:\\Windows\\System32\\whoami.exe","CommandLine":"whoami /all","ProcessId":4242}"#,
    );
    assert_eq!(
        (r.ov(Ov::Process), r.ov(Ov::Pid), r.ov(Ov::Resource)),
        (Some("whoami.exe"), Some("4242"), Some("whoami /all"))
    );
    assert_eq!((r.ov(Ov::User), r.event_type), (Some("CORP\\bob"), EventType::ProcessStart));
    assert_eq!(ls, ["windows", "process_creation", "sysmon"]);
    let (r, _) = parse(
        r#"{"Channel":"Security","EventID":"4720","SubjectUserName":"admin","TargetUserName":"new","NewProcessId":"0x10"}"#,
    );
    assert_eq!(
        (r.ov(Ov::User), r.ov(Ov::TargetUser), r.event_type),
        (Some("admin"), Some("new"), EventType::UserCreated)
    );
    let (r, _) = parse(
        r#"{"Channel":"Security","EventID":4688,"NewProcessName":"C:\\a.exe","NewProcessId":"0x1A4","ProcessId":"0x4"}"#,
    );
    assert_eq!((r.ov(Ov::Pid), r.ov(Ov::Process)), (Some("420"), Some("a.exe")));
}

#[test]
fn registry_objects_by_what_was_done_to_them() {
    let mut b = SchemaBuilder::new();
    for part in ["windows", "sysmon", "registry_add", "registry_delete", "registry_event"] {
        b.sym(part);
    }
    let schema = Arc::new(b.freeze());
    let parser = Parser::for_source("e", b"", &Options::new(Ts(0)), &schema);
    for (event_type, category) in [
        ("CreateKey", "registry_add"),
        ("DeleteKey", "registry_delete"),
        ("DeleteValue", "registry_delete"),
        ("Other", "registry_event"),
    ] {
        for line in [
            format!(
                r#"{{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":12,"EventType":"{event_type}","TargetObject":"HKLM\\x"}}"#
            ),
            format!(
                r#"{{"winlog":{{"channel":"Microsoft-Windows-Sysmon/Operational","event_id":12,"event_data":{{"EventType":"{event_type}"}}}}}}"#
            ),
        ] {
            let batch = parser.parse_one(&line);
            assert_eq!(
                batch.event(0).unwrap().rec.logsource,
                schema.logsource("windows", category, "sysmon"),
                "{line}"
            );
        }
    }
}

#[test]
fn other_layouts() {
    let (r, _) = parse(
        r#"{"@timestamp":"2026-11-18T09:30:00Z","winlog":{"channel":"Security","event_id":4624,"computer_name":"DC1","event_data":{"TargetUserName":"bob","IpAddress":"192.0.2.9"}}}"#,
    );
    assert_eq!((r.ov(Ov::User), r.ov(Ov::Host), r.event_type), (Some("bob"), Some("DC1"), EventType::Login));
    let (r, _) = parse(
        r##"{"Event":{"System":{"EventID":4769,"Channel":"Security","Computer":"DC1","TimeCreated":{"#attributes":{"SystemTime":"2026-11-18T09:30:00Z"}}},"EventData":{"TargetUserName":"bob","Status":"0x1b"}}}"##,
    );
    assert_eq!((r.event_type, r.outcome, r.ov(Ov::Host)), (EventType::LoginFailed, Outcome::Failure, Some("DC1")));
    assert_eq!(r.time.to_rfc3339(), "2026-11-18T09:30:00Z");
}
