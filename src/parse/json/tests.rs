//! The scanner against serde_json, and documents of our own making.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::Value;

use crate::event::{Batch, EventRow, EventType, Outcome, Ov, Schema, SchemaBuilder, Severity, Ts, ValueKind};
use crate::parse::{Options, Parser, format_name};

fn parser() -> Parser {
    let mut b = SchemaBuilder::new();
    b.field("a.b");
    b.field("eventName");
    let t = Ts::parse_rfc3339("2026-11-20T00:00:00Z").expect("a time");
    Parser::for_source("e.json", b"", &Options::new(t), &Arc::new(b.freeze()))
}

fn batch(line: &str) -> Batch {
    parser().parse_one(line)
}

fn row(line: &str) -> EventRow {
    EventRow::from(batch(line).event(0).expect("an event"))
}

type Flat = Vec<(String, String, ValueKind)>;

/// What the scanner must give, from a tree.
fn flatten(name: &str, value: &Value, out: &mut Flat) {
    let text = |v: &Value| match v {
        Value::String(s) => (s.clone(), ValueKind::Text),
        Value::Bool(b) => (b.to_string(), ValueKind::Bool),
        Value::Number(n) => (n.to_string(), ValueKind::Number),
        _ => (String::new(), ValueKind::Null),
    };
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, v) in members {
                let full = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                flatten(&full, v, out);
            }
        }
        Value::Array(items) if !items.is_empty() => items.iter().for_each(|v| match v {
            Value::Object(m) if m.is_empty() => {}
            Value::Array(m) if m.is_empty() => {}
            _ => flatten(name, v, out),
        }),
        v => {
            let (t, k) = text(v);
            out.push((name.to_owned(), t, k));
        }
    }
}

fn fields(line: &str) -> Option<Flat> {
    let r = row(line);
    r.parsed.then(|| r.fields.into_iter().map(|f| (f.name, f.value, f.kind)).collect())
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "[\\x00-\\x1f\"\\\\é𝄞]{0,6}".prop_map(Value::from),
    ];
    let tree = leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..5).prop_map(Value::from),
            proptest::collection::vec(("[a-z\"é]{1,6}", inner), 1..5)
                .prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    });
    proptest::collection::vec(("[a-z@\"é]{1,6}", tree), 0..6).prop_map(|m| Value::Object(m.into_iter().collect()))
}

/// Arrays that hold only empty containers count as one empty field in the
/// scanner; trees with those are not compared.
fn plain(v: &Value) -> bool {
    match v {
        Value::Array(a) => !a.is_empty() && a.iter().all(plain) && a.iter().any(|i| !i.is_array()),
        Value::Object(o) => !o.is_empty() && o.values().all(plain),
        _ => true,
    }
}

proptest! {
    #[test]
    fn agrees_with_serde_json(v in json(), pretty in any::<bool>()) {
        let line = if pretty { serde_json::to_string_pretty(&v) } else { serde_json::to_string(&v) }.expect("text");
        let got = fields(&line);
        prop_assert!(got.is_some(), "{line}");
        if v.as_object().is_some_and(|o| o.values().all(plain)) {
            let mut want = Flat::new();
            v.as_object().into_iter().flatten().for_each(|(k, v)| flatten(k, v, &mut want));
            prop_assert_eq!(got.unwrap_or_default(), want, "{}", line);
        }
    }

    #[test]
    fn refuses_what_serde_json_refuses(v in json(), at in 0usize..200, c in "[\\PC\"\\\\{}\\[\\],:]") {
        let mut line = serde_json::to_string(&v).expect("text");
        let at = (0..=at.min(line.len())).rev().find(|i| line.is_char_boundary(*i)).unwrap_or(0);
        line.insert_str(at, &c);
        let theirs = serde_json::from_str::<Value>(&line);
        // Lenient only in escapes of lone surrogates and in the size of numbers.
        let number = theirs.as_ref().is_err_and(|e| e.to_string().contains("out of range"));
        if theirs.is_ok() || !(number || line.contains("\\u")) {
            prop_assert_eq!(fields(&line).is_some(), theirs.is_ok(), "{}", line);
        }
    }

    #[test]
    fn no_panic(s in "\\{\\PC{0,80}") {
        let _ = row(&s);
    }
}

#[test]
fn nested_names_arrays_and_duplicates() {
    let f = fields(
        r#"{"a":{"b":1,"c":[1,"x",null]},"d":[{"e":true},{"e":false}],"f":1,"f":"last","g":{},"\u0061":{"b":2}}"#,
    );
    let f: Vec<_> = f.expect("parsed").into_iter().map(|(n, v, _)| format!("{n}={v}")).collect();
    assert_eq!(f, ["d.e=true", "d.e=false", "f=last", "g=", "a.b=2"]);
    let r = row(r#"{"a":[1,2],"b":3}"#);
    assert_eq!(r.fields.iter().map(|f| f.in_array).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(r.fields[0].kind, ValueKind::Number);
    let r = row(r#"{"k":[{"m":{"n":1}},[{"m":{"n":{}}}]],"m":{"n":3},"o":[],"p":4}"#);
    let said: Vec<_> = r.fields.iter().map(|f| (&*f.name, &*f.value, f.in_array)).collect();
    let want = [("k.m.n", "1", true), ("k.m.n", "", true), ("m.n", "3", false), ("o", "", false), ("p", "4", false)];
    assert_eq!(said, want, "in an array, however deep");
}

#[test]
fn deep_nesting_is_one_raw_value() {
    for n in [63, 64, 65, 1000, 20_000, 200_000] {
        let line = format!("{{\"x\":{}1{}}}", "[".repeat(n), "]".repeat(n));
        let r = row(&line);
        assert!(r.parsed, "{n}");
        assert_eq!(r.fields.len(), 1);
        assert_eq!(r.fields[0].value.starts_with('['), n >= 64, "{n}");
        let line = format!("{}1{}", "{\"x\":".repeat(n), "}".repeat(n));
        assert!(row(&line).parsed, "{n}");
        assert!(!row(&line[..line.len() - 1]).parsed, "{n}");
    }
}

#[test]
fn many_fields_and_long_names_are_bounded() {
    let many: Vec<String> = (0..10_000).map(|i| format!("\"k{i}\":{i}")).collect();
    let r = row(&format!("{{{}}}", many.join(",")));
    assert_eq!(r.fields.len(), super::MAX_FIELDS + 1);
    assert_eq!(r.fields.last().map(|f| (f.name.as_str(), f.value.as_str())), Some(("fields_left_out", "5904")));
    let long = "k".repeat(500);
    let r = row(&format!(r#"{{"{long}":{{"a":1}}}}"#));
    assert_eq!(r.fields[0].value, r#"{"a":1}"#);
}

#[test]
fn hostile_repetition_is_cheap() {
    let mut line = String::from("{");
    (0..4000).for_each(|i| line.push_str(&format!("\"k{i}\":1,")));
    line.push_str(&"\"k0\":2,".repeat(100_000));
    line.push_str("\"k0\":3}");
    let start = std::time::Instant::now();
    let r = row(&line);
    assert!(start.elapsed().as_secs() < 2, "{:?}", start.elapsed());
    assert!(r.parsed && r.fields.len() <= super::MAX_FIELDS + 1);
}

#[test]
fn an_event_in_the_usual_names() {
    let r = row(
        r#"{"time":1763458200123,"source_ip":"192.0.2.9:4711","username":"bob","action":"login","result":"denied","level":"warn","http":{"status":301},"note":"a\u00e4\ud834\udd1e\n\ud800"}"#,
    );
    assert_eq!((r.event_type, r.outcome, r.severity), (EventType::LoginFailed, Outcome::Failure, Severity::Low));
    assert_eq!((r.ov(Ov::SrcIp), r.ov(Ov::SrcPort), r.ov(Ov::User)), (Some("192.0.2.9"), Some("4711"), Some("bob")));
    assert_eq!((r.ov(Ov::StatusCode), r.time.to_rfc3339().as_str()), (Some("301"), "2025-11-18T09:30:00.123Z"));
    let note = r.fields.iter().find(|f| f.name == "note").map(|f| f.value.as_str());
    assert_eq!(note, Some("aä𝄞\n\u{fffd}"));
}

#[test]
fn web_requests_and_ids_alerts() {
    let r = row(
        r#"{"ts":"2026-11-18T09:30:00+0100","remote_addr":"192.0.2.9","method":"GET","uri":"/A%2Fb","status":404}"#,
    );
    assert_eq!(
        (r.event_type, r.outcome, r.ov(Ov::UrlDecoded)),
        (EventType::HttpRequest, Outcome::Failure, Some("/a/b"))
    );
    assert_eq!(r.time.to_rfc3339(), "2026-11-18T08:30:00Z");
    for line in [
        r#"{"time_local":"18/Nov/2026:09:30:00 +0100","remote_addr":"192.0.2.9","request":"GET /A HTTP/1.1","status":"403","body_bytes_sent":"5"}"#,
        r#"{"ts":1795077000.5,"request":{"remote_ip":"192.0.2.9","method":"GET","uri":"/A","headers":{"User-Agent":["x"]}},"status":403,"size":5}"#,
    ] {
        let r = row(line);
        assert_eq!(
            (r.ov(Ov::SrcIp), r.ov(Ov::UrlDecoded), r.ov(Ov::StatusCode)),
            (Some("192.0.2.9"), Some("/a"), Some("403"))
        );
        assert_eq!(
            (r.event_type, r.outcome, r.ov(Ov::Bytes)),
            (EventType::HttpRequest, Outcome::Failure, Some("5")),
            "{line}"
        );
        assert!(r.time.is_some());
    }
    let r = row(
        r#"{"timestamp":"2026-11-18T09:30:00.5+0000","flow_id":1,"event_type":"alert","src_ip":"192.0.2.9","dest_ip":"198.51.100.1","dest_port":22,"alert":{"action":"blocked","signature":"Bad thing","severity":1}}"#,
    );
    assert_eq!((r.event_type, r.outcome, r.severity), (EventType::Detection, Outcome::Failure, Severity::High));
    assert_eq!((r.ov(Ov::Message), r.ov(Ov::DestPort)), (Some("Bad thing"), Some("22")));
}

#[test]
fn cloud_calls() {
    let r = row(
        r#"{"eventTime":"2026-11-18T09:30:00Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","sourceIPAddress":"192.0.2.9","userIdentity":{"userName":"bob"},"errorCode":"AccessDenied"}"#,
    );
    assert_eq!((r.event_type, r.outcome), (EventType::CloudApi, Outcome::Failure));
    assert_eq!(
        (r.ov(Ov::User), r.ov(Ov::Resource), r.ov(Ov::SrcIp)),
        (Some("bob"), Some("CreateUser"), Some("192.0.2.9"))
    );
}

#[test]
fn envelopes() {
    let access = r#"192.0.2.9 - - [18/Nov/2026:09:30:00 +0000] \"GET /x HTTP/1.1\" 403 5"#;
    let inner = r#"{\"src_ip\":\"192.0.2.9\",\"event_type\":\"http_request\",\"outcome\":\"failure\",\"status\":403}"#;
    for (line, host) in [
        (
            format!(
                r#"{{"@timestamp":"2026-11-18T09:31:00Z","message":"{access}","host":{{"name":"web1"}},"agent":{{"type":"filebeat"}},"log":{{"file":{{"path":"/a"}}}}}}"#
            ),
            Some("web1"),
        ),
        (format!(r#"{{"log":"{access}\n","stream":"stdout","time":"2026-11-18T09:31:00.1Z"}}"#), None),
        (
            format!(r#"{{"date":1763458200.5,"log":"{access}","kubernetes":{{"host":"node1","pod_name":"p"}}}}"#),
            Some("node1"),
        ),
        (
            format!(r#"{{"message":"{inner}","host":"web1","timestamp":"2026-11-18T09:31:00Z","source_type":"file"}}"#),
            Some("web1"),
        ),
    ] {
        let r = row(&line);
        assert_eq!(
            (r.ov(Ov::SrcIp), r.ov(Ov::StatusCode), r.ov(Ov::Host)),
            (Some("192.0.2.9"), Some("403"), host),
            "{line}"
        );
        assert_eq!((r.event_type, r.outcome), (EventType::HttpRequest, Outcome::Failure), "{line}");
        let want = if line.contains("access") || line.contains("GET") {
            "2026-11-18T09:30:00Z"
        } else {
            "2026-11-18T09:31:00Z"
        };
        assert_eq!(r.time.to_rfc3339(), want, "{line}");
        assert_eq!(format_name(r.format), "json");
        assert!(r.fields.len() >= 3);
    }
    let r = row(r#"{"log":"nothing that is known","stream":"stderr","time":"2026-11-18T09:31:00.1Z"}"#);
    assert_eq!((r.ov(Ov::Message), r.fields.len()), (Some("nothing that is known"), 3));
    assert_eq!(r.time.to_rfc3339(), "2026-11-18T09:31:00.100Z");
}

#[test]
fn what_is_no_json_stays_raw() {
    for line in
        ["{", "{}x", "{\"a\":1,}", "{\"a\":01}", "{'a':1}", "{\"a\":\"\\x\"}", "{\"a\" 1}", "{\"a\":tru}", "{\"a\":-}"]
    {
        assert!(!row(line).parsed, "{line}");
        assert!(row(line).fields.is_empty());
    }
    assert!(row("{}").parsed && row(" { } ").parsed && row("\u{feff}{\"a\":1}").parsed);
}

#[test]
fn hints_count_only_where_the_format_is_named() {
    let schema = Arc::new(Schema::base());
    let line = r#"{"product":"linux","service":"sshd","user":"x"}"#;
    for (format, want) in [(None, ""), (Some("json".to_owned()), "sshd")] {
        let opts = Options { format, ..Options::new(Ts::from_secs(1_790_000_000)) };
        let b = Parser::for_source("e.json", b"", &opts, &schema).parse_one(line);
        let service = b.event(0).map(|e| schema.sym_name(e.rec.logsource.service).to_owned());
        assert_eq!(service.as_deref(), Some(want));
    }
}

#[test]
fn journal_entries() {
    let line = r#"{"__CURSOR":"c","__REALTIME_TIMESTAMP":"1780843482302536","_HOSTNAME":"h","SYSLOG_IDENTIFIER":"sshd","_PID":"7","PRIORITY":"4","MESSAGE":[70,97,105,108,101,100,32,112,97,115,115,119,111,114,100,32,102,111,114,32,98,195,182,98,32,102,114,111,109,32,49,57,50,46,48,46,50,46,55,32,112,111,114,116,32,57,32,115,115,104,50]}"#;
    let bytes = row(line);
    let text = row(&line.replace(
        &line[line.find('[').unwrap()..=line.find(']').unwrap()],
        "\"Failed password for böb from 192.0.2.7 port 9 ssh2\"",
    ));
    assert_eq!((bytes.event_type, bytes.ov(Ov::User)), (EventType::SshLoginFailed, Some("böb")));
    assert_eq!(
        (bytes.ov(Ov::SrcIp), bytes.ov(Ov::Host), bytes.severity),
        (Some("192.0.2.7"), Some("h"), Severity::Low)
    );
    assert_eq!((bytes.event_type, bytes.severity, &bytes.overlay), (text.event_type, text.severity, &text.overlay));
    assert_eq!(bytes.fields.iter().filter(|f| f.name == "MESSAGE").count(), 1);
    assert_eq!(bytes.fields.len(), text.fields.len());
}

#[test]
fn shippers_that_name_the_program_beside_its_message() {
    let message = "Failed password for root from 192.0.2.9 port 22 ssh2";
    for line in [
        format!(
            r#"{{"@timestamp":"2026-05-05T12:01:12Z","message":"{message}","process":{{"name":"sshd","pid":12}},"host":{{"hostname":"web"}},"agent":{{"type":"filebeat"}}}}"#
        ),
        format!(r#"{{"date":1778068872.5,"ident":"sshd","host":"web","pid":"12","message":"{message}"}}"#),
    ] {
        let r = row(&line);
        assert_eq!((r.event_type, r.outcome), (EventType::SshLoginFailed, Outcome::Failure), "{line}");
        assert_eq!(
            (r.ov(Ov::SrcIp), r.ov(Ov::User), r.ov(Ov::Process)),
            (Some("192.0.2.9"), Some("root"), Some("sshd"))
        );
        assert_eq!(r.ov(Ov::Host), Some("web"));
        assert!(r.time.is_some());
    }
    // In an application's own record they are the words of a program that nobody knows.
    let own = row(&format!(r#"{{"time":"2026-05-05T12:01:12Z","message":"{message}","process":{{"name":"sshd"}}}}"#));
    assert_eq!((own.event_type, own.ov(Ov::SrcIp)), (EventType::LoginFailed, Some("192.0.2.9")));
}

#[test]
fn the_envelope_dates_a_line_without_a_year() {
    let docker = |line: &str, time: &str| {
        row(&format!(r#"{{"log":"{line} h sshd[1]: Failed password for root from 192.0.2.9 port 22 ssh2\n","stream":"stdout","time":"{time}"}}"#)).time
    };
    let t = |text: &str| Ts::parse_rfc3339(text).expect("a time");
    assert_eq!(docker("Jan 10 12:00:01", "2019-01-10T12:00:01.5Z"), t("2019-01-10T12:00:01Z"));
    assert_eq!(docker("Dec 31 23:59:59", "2020-01-01T00:00:01Z"), t("2019-12-31T23:59:59Z"));
    assert_eq!(docker("Jan  1 00:00:00", "2019-12-31T23:59:58Z"), t("2020-01-01T00:00:00Z"));
}

#[test]
fn nxlog() {
    let r = row(
        r#"{"EventTime":"2026-03-02T10:00:00.123456+01:00","Hostname":"web1","Severity":"INFO","SourceName":"sshd","ProcessID":"123","Message":"Failed password for root from 192.0.2.9 port 22 ssh2","SourceModuleName":"in","SourceModuleType":"im_uds"}"#,
    );
    assert_eq!(
        (r.event_type, r.ov(Ov::Host), r.ov(Ov::SrcIp)),
        (EventType::SshLoginFailed, Some("web1"), Some("192.0.2.9"))
    );
    assert_eq!((r.ov(Ov::Process), r.time.to_rfc3339().as_str()), (Some("sshd"), "2026-03-02T09:00:00.123456Z"));
    let r = row(
        r#"{"EventTime":"2026-03-02 10:00:00","Hostname":"DC1","EventID":4625,"SourceName":"Microsoft-Windows-Security-Auditing","Channel":"Security","Message":"An account failed to log on.","TargetUserName":"bob","IpAddress":"192.0.2.9","SourceModuleName":"eventlog","SourceModuleType":"im_msvistalog"}"#,
    );
    assert_eq!((r.event_type, r.ov(Ov::Host), r.ov(Ov::User)), (EventType::LoginFailed, Some("DC1"), Some("bob")));
    assert!(r.fields.iter().any(|f| f.name == "Provider_Name" && f.value == "Microsoft-Windows-Security-Auditing"));
}

#[test]
fn a_message_tells_of_a_refused_log_in_with_its_client_beside_it() {
    let line = |msg: &str| row(&format!(r#"{{"level":"error","msg":"{msg}","remote_addr":"192.0.2.9"}}"#)).event_type;
    assert_eq!(line("Invalid username or password"), EventType::LoginFailed);
    assert_eq!(line("authentication failed for request"), EventType::LoginFailed);
    assert_eq!(line("the password of the user was changed"), EventType::Other);
}

/// Requests in the shapes of tracing, of Node's loggers, of a cloud's load balancer and of ECS.
#[test]
fn requests_of_nested_shapes() {
    for line in [
        r#"{"time":"2026-03-02T10:04:00Z","client":{"ip":"192.0.2.7"},"http":{"method":"GET","url":"/a?x=1","status":404,"useragent":"curl"}}"#,
        r#"{"time":"2026-03-02T10:04:00Z","req":{"method":"GET","url":"/a?x=1","headers":{"user-agent":"curl"},"remoteAddress":"::ffff:192.0.2.7"},"res":{"statusCode":404}}"#,
        r#"{"timestamp":"2026-03-02T10:04:00Z","httpRequest":{"requestMethod":"GET","requestUrl":"/a?x=1","status":404,"remoteIp":"192.0.2.7","userAgent":"curl"}}"#,
        r#"{"timestamp":"2026-03-02T10:04:00Z","request":{"method":"GET","path":"/a?x=1","ip":"192.0.2.7","user_agent":"curl"},"response":{"status":404}}"#,
        r#"{"@timestamp":"2026-03-02T10:04:00Z","client":{"address":"192.0.2.7"},"http":{"request":{"method":"GET"},"response":{"status_code":404}},"url":{"original":"/a?x=1"},"user_agent":{"original":"curl"}}"#,
        r#"{"time":"2026-03-02T10:04:00Z","http.method":"GET","http.target":"/a?x=1","http.status_code":404,"http.client_ip":"192.0.2.7","http.user_agent":"curl"}"#,
    ] {
        let r = row(line);
        let get = |ov| r.ov(ov).unwrap_or_default().to_owned();
        assert_eq!((r.event_type, r.outcome), (EventType::HttpRequest, Outcome::Failure), "{line}");
        let got = [Ov::SrcIp, Ov::HttpMethod, Ov::Url, Ov::UrlDecoded, Ov::StatusCode, Ov::UserAgent].map(get);
        assert_eq!(got, ["192.0.2.7", "GET", "/a?x=1", "/a?x=1", "404", "curl"], "{line}");
    }
}
