//! Tests: syslog, the journal and access logs as shippers and relays write them in JSON.

use std::sync::Arc;

use crate::event::{EventRow, EventType, Outcome, Ov, Schema, Severity, Ts};
use crate::parse::{Options, Parser};

fn row(line: &str) -> EventRow {
    let t = Ts::parse_rfc3339("2026-11-23T00:00:00Z").unwrap();
    let parser = Parser::for_source("e.json", b"", &Options::new(t), &Arc::new(Schema::base()));
    EventRow::from(parser.parse_one(line).event(0).unwrap())
}

fn field<'a>(e: &'a EventRow, name: &str) -> Option<&'a str> {
    e.fields.iter().find(|f| f.name == name).map(|f| f.value.as_str())
}

const FAILED: &str = "Failed password for root from 192.0.2.7 port 22 ssh2";

/// Whether an event is that log-in, of that process on that machine.
fn is_failure(line: &str, pid: Option<&str>, time: &str) {
    let e = row(line);
    assert_eq!((e.event_type, e.outcome), (EventType::SshLoginFailed, Outcome::Failure), "{line}");
    let of = [Ov::User, Ov::SrcIp, Ov::SrcPort, Ov::Host, Ov::Process].map(|n| e.ov(n).unwrap_or(""));
    assert_eq!(of, ["root", "192.0.2.7", "22", "web1", "sshd"], "{line}");
    assert_eq!((e.ov(Ov::Pid), e.time.to_rfc3339().as_str()), (pid, time), "{line}");
    assert!(e.ov(Ov::Message).is_some_and(|m| m.trim().ends_with("port 22 ssh2")), "{line}");
}

#[test]
fn relays_of_syslog() {
    let (pid, at) = (Some("12"), "2026-11-22T03:00:01Z");
    for (line, pid, time) in [
        // rsyslog: templates after its manual, and `jsonmesg`, whose message begins with a blank.
        (
            r#""msg":"%","host":"web1","timereported":"2026-11-22T03:00:01+00:00","timegenerated":"2026-11-22T03:00:02+00:00","syslogtag":"sshd[12]:","programname":"sshd","procid":"12","pri":"86","fromhost-ip":"10.0.0.4""#,
            pid,
            at,
        ),
        (
            r#""msg":" %","rawmsg":"<86>Nov 22 03:00:01 web1 sshd[12]: %","timereported":"2026-11-22T03:00:01+00:00","hostname":"web1","syslogtag":"sshd[12]:","fromhost":"relay","fromhost-ip":"127.0.0.1","pri":"86","syslogfacility":"10","syslogseverity":"6","timegenerated":"2026-11-22T03:00:02+00:00","programname":"sshd","structured-data":"-","app-name":"sshd","procid":"12","msgid":"-","uuid":null,"$!":null"#,
            pid,
            at,
        ),
        (r#""msg":" %","timegenerated":"Nov 22 03:00:01","hostname":"web1","syslogtag":"sshd[12]:""#, pid, at),
        (
            r#""message":"%","fromhost-ip":"10.0.0.4","facility":"authpriv","priority":"info","timereported":"2026-11-22T03:00:01+00:00","hostname":"web1","syslog-tag":"sshd[12]:""#,
            pid,
            at,
        ),
        (
            r#""@timestamp":"2026-11-22T03:00:01+00:00","@version":"1","message":" %","sysloghost":"web1","severity":"info","facility":"authpriv","programname":"sshd","procid":"-""#,
            None,
            at,
        ),
        (r#""timereported":"2026-11-22T03:00:01Z","host":"web1","tag":"sshd[12]:","message":"%""#, pid, at),
        // Logstash's input.
        (
            r#""@timestamp":"2026-11-22T03:00:01+00:00","type":"syslog_json","tag":"sshd[12]:","relayip":"10.0.0.4","hostname":"web1","program":"sshd","priority":"86","severity":"6","message":"%""#,
            pid,
            at,
        ),
        // syslog-ng's format-json.
        (
            r#""SOURCE":"s_sys","PROGRAM":"sshd","PRIORITY":"info","PID":"12","MESSAGE":"%","LEGACY_MSGHDR":"sshd[12]: ","HOST_FROM":"relay","HOST":"web1","FACILITY":"authpriv","DATE":"Nov 22 03:00:01""#,
            pid,
            at,
        ),
        (
            r#""PROGRAM":"sshd","PID":"12","MSG":"%","HOST":"web1","R_ISODATE":"2026-11-22T03:00:09+00:00","S_ISODATE":"2026-11-22T03:00:01+00:00""#,
            pid,
            at,
        ),
        (
            r#""_SDATA":{"timeQuality":{"tzKnown":"1"}},"PROGRAM":"sshd","MSGHDR":"sshd[12]: ","MESSAGE":"%","HOST":"web1","UNIXTIME":"1795316401""#,
            pid,
            at,
        ),
        // Vector, Fluentd, Fluent Bit, Filebeat, Graylog.
        (
            r#""appname":"sshd","facility":"authpriv","hostname":"web1","message":"%","procid":12,"severity":"info","source_ip":"10.0.0.4","source_type":"syslog","timestamp":"2026-11-22T03:00:01Z""#,
            pid,
            at,
        ),
        (r#""host":"web1","ident":"sshd","pid":"12","message":"%","time":"2026-11-22 03:00:01 +0000""#, pid, at),
        (
            r#""date":1795316401.0,"pri":"86","time":"Nov 22 03:00:01","host":"web1","ident":"sshd","pid":"12","message":"%""#,
            pid,
            at,
        ),
        (
            r#""@timestamp":"2026-11-22T03:00:01Z","log":{"syslog":{"appname":"sshd","procid":"12","hostname":"web1","severity":{"code":6}}},"message":"%""#,
            pid,
            at,
        ),
        (
            r#""version":"1.1","host":"web1","short_message":"%","timestamp":1795316401,"level":6,"_program":"sshd","_pid":"12""#,
            pid,
            at,
        ),
    ] {
        is_failure(&format!("{{{}}}", line.replace('%', FAILED)), pid, time);
    }
}

#[test]
fn whole_lines_in_documents() {
    let inner = format!("Nov 22 03:00:01 web1 sshd[12]: {FAILED}");
    for line in [
        format!(
            r#"{{"time":1795316409.1,"host":"relay","source":"/var/log/auth.log","sourcetype":"linux_secure","event":"{inner}"}}"#
        ),
        format!(
            r#"{{"preview":false,"result":{{"_raw":"{inner}","_time":"2026-11-22 03:00:01.000 UTC","host":"relay"}}}}"#
        ),
        format!(
            r#"{{"timestamp":"2026-11-22T03:00:05Z","message":"{inner}","path":"/var/log/auth.log","@version":"1","host":"relay"}}"#
        ),
        format!(
            r#"{{"insertId":"x","logName":"projects/p/logs/syslog","textPayload":"{inner}","timestamp":"2026-11-22T03:00:05Z"}}"#
        ),
        format!(
            r#"{{"_index":"x","_id":"1","_source":{{"@timestamp":"2026-11-22T03:00:05Z","message":"{inner}","agent":{{"type":"filebeat"}}}}}}"#
        ),
        format!(
            "2026-11-22T03:00:01+00:00\tsyslog.authpriv.info\t{{\"host\":\"web1\",\"ident\":\"sshd\",\"pid\":\"12\",\"message\":\"{FAILED}\"}}"
        ),
    ] {
        is_failure(&line, Some("12"), "2026-11-22T03:00:01Z");
    }
    // What an application writes is no line of another program.
    let e =
        row(&format!(r#"{{"timestamp":"2026-11-22T03:00:05Z","message":"{inner}","path":"/guestbook","host":"a"}}"#));
    assert_ne!(e.event_type, EventType::SshLoginFailed);
    let e = row(&format!(r#"{{"timestamp":"2026-11-22T03:00:05Z","tag":"app.web","message":"{inner}"}}"#));
    assert_ne!(e.event_type, EventType::SshLoginFailed);
}

#[test]
fn who_sent_it_is_not_who_came() {
    let e = row(
        r#"{"appname":"sshd","hostname":"web1","message":"session opened","source_ip":"10.0.0.4","source_type":"syslog","severity":"err"}"#,
    );
    assert_eq!((e.ov(Ov::SrcIp), e.severity), (None, Severity::Medium));
    let e = row(r#"{"msg":" x","hostname":"web1","programname":"su","pri":"33","fromhost-ip":"10.0.0.4"}"#);
    assert_eq!((e.ov(Ov::SrcIp), e.severity), (None, Severity::High));
    assert_eq!(row(r#"{"event":"login_failed","source_ip":"10.0.0.4"}"#).ov(Ov::SrcIp), Some("10.0.0.4"));
}

#[test]
fn access_logs() {
    for (line, url, status, time) in [
        (
            r#"{"time":"[22/Nov/2026:03:00:00 +0000]","remoteIP":"192.0.2.7","host":"example.org","request":"/wp-login.php","query":"?a=1","method":"POST","status":"401","userAgent":"curl/8","referer":"-"}"#,
            "/wp-login.php?a=1",
            "401",
            "2026-11-22T03:00:00Z",
        ),
        (
            r#"{"time":"22/Nov/2026:03:00:00 +0000","remote_addr":"192.0.2.7","request":"GET /a?b=%27 HTTP/1.1","request_method":"GET","status":200}"#,
            "/a?b=%27",
            "200",
            "2026-11-22T03:00:00Z",
        ),
        (
            r#"{"timestamp":"[22/Nov/2026:03:00:00 +0000]","clientip":"192.0.2.7","verb":"GET","request":"/x","query":"id=1","response":"404","bytes":"12"}"#,
            "/x?id=1",
            "404",
            "2026-11-22T03:00:00Z",
        ),
        (
            r#"{"msec":"1795316400.123","remote_addr":"192.0.2.7","request":"GET / HTTP/1.1","status":"200"}"#,
            "/",
            "200",
            "2026-11-22T03:00:00.123Z",
        ),
        (
            r#"{"msec":1795316400.123,"time_local":"22/Nov/2026:03:00:00 +0000","remote_addr":"192.0.2.7","request":"GET /a?b=c HTTP/1.1","request_uri":"/a?b=c","args":"b=c","status":"200"}"#,
            "/a?b=c",
            "200",
            "2026-11-22T03:00:00.123Z",
        ),
        (
            r#"{"start_time":"2026-11-22T03:00:00.5Z","method":"GET","path":"/x","response_code":403,"downstream_remote_address":"192.0.2.7:5000","bytes_sent":4}"#,
            "/x",
            "403",
            "2026-11-22T03:00:00.500Z",
        ),
    ] {
        let e = row(line);
        assert_eq!(e.event_type, EventType::HttpRequest, "{line}");
        let of = [Ov::SrcIp, Ov::Url, Ov::StatusCode].map(|n| e.ov(n).unwrap_or(""));
        assert_eq!(of, ["192.0.2.7", url, status], "{line}");
        assert_eq!(e.time.to_rfc3339(), time, "{line}");
    }
    // A duration is no time, a question to a database no query of the target.
    let e = row(
        r#"{"time":"2026-11-22T03:00:00Z","msec":12,"method":"POST","path":"/graphql","query":"{ a(b: 1) }","status":200}"#,
    );
    assert_eq!((e.ov(Ov::Url), e.time.to_rfc3339().as_str()), (Some("/graphql"), "2026-11-22T03:00:00Z"));
}

fn entry(rest: &str) -> String {
    format!(
        r#"{{"_HOSTNAME":"web1","_TRANSPORT":"syslog","PRIORITY":"6","_PID":"12","__REALTIME_TIMESTAMP":"1795316401000000",{rest}}}"#
    )
}

#[test]
fn messages_as_bytes() {
    let bytes = FAILED.bytes().map(|b| b.to_string()).collect::<Vec<_>>().join(",");
    let at = "2026-11-22T03:00:01Z";
    let plain = entry(&format!(r#""SYSLOG_IDENTIFIER":"sshd","MESSAGE":[{bytes}]"#));
    is_failure(&plain, Some("12"), at);
    is_failure(&format!("data: {plain}"), Some("12"), at);
    is_failure(&format!("\u{1e}{plain}"), Some("12"), at);
    is_failure(
        &format!(r#"{{"timestamp":"{at}","host":"web1","_COMM":"sshd","_PID":"12","MESSAGE":[{bytes}]}}"#),
        Some("12"),
        at,
    );
    assert_eq!(row("data: no document").event_type, EventType::Other);
}

#[test]
fn names_that_are_only_claimed() {
    for (who, message, own) in [
        (r#""SYSLOG_IDENTIFIER":"sshd","_COMM":"logger","_EXE":"/usr/bin/logger","_UID":"1000""#, FAILED, "logger"),
        (
            r#""SYSLOG_IDENTIFIER":"sshd","_COMM":"sshd","_EXE":"/tmp/sshd","_UID":"1000""#,
            "Accepted password for root from 192.0.2.7 port 22 ssh2",
            "sshd",
        ),
        (
            r#""SYSLOG_IDENTIFIER":"sshd","_UID":"1000""#,
            "Accepted password for root from 192.0.2.7 port 22 ssh2",
            "sshd",
        ),
        (
            r#""SYSLOG_IDENTIFIER":"x","_COMM":"logger","_UID":"1000""#,
            "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=root",
            "logger",
        ),
        (
            r#""SYSLOG_IDENTIFIER":"sudo","_COMM":"python3","_UID":"33""#,
            "bob : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
            "python3",
        ),
        (
            r#""SYSLOG_IDENTIFIER":"sshd-x","_COMM":"logger","_EXE":"/usr/bin/logger","_UID":"1000""#,
            "Accepted password for root from 192.0.2.7 port 22 ssh2",
            "logger",
        ),
        (
            r#""SYSLOG_IDENTIFIER":"sshd","_COMM":"sshd","_UID":"1000""#,
            "Accepted password for root from 192.0.2.7 port 22 ssh2",
            "sshd",
        ),
        (
            r#""SYSLOG_IDENTIFIER":"kernel","_COMM":"logger","_UID":"1000""#,
            "[UFW BLOCK] IN=eth0 OUT= SRC=192.0.2.7 DST=192.0.2.1 PROTO=TCP SPT=1 DPT=22",
            "logger",
        ),
    ] {
        let line = entry(&format!(r#"{who},"MESSAGE":"{message}""#));
        let e = row(&line);
        assert_eq!((e.event_type, e.outcome, e.ov(Ov::SrcIp)), (EventType::Other, Outcome::Unknown, None), "{line}");
        assert_eq!((e.ov(Ov::Process), e.ov(Ov::Message), e.ov(Ov::Host)), (Some(own), Some(message), Some("web1")));
        assert!(field(&e, "claimed_program").is_some(), "{line}");
    }
    for (who, message, kind) in [
        (
            r#""SYSLOG_IDENTIFIER":"sshd","_COMM":"sshd-session","_EXE":"/usr/lib/openssh/sshd-session","_UID":"0""#,
            FAILED,
            EventType::SshLoginFailed,
        ),
        (
            r#""SYSLOG_IDENTIFIER":"sshd","_COMM":"rsyslogd","_EXE":"/usr/sbin/rsyslogd","_UID":"104""#,
            FAILED,
            EventType::SshLoginFailed,
        ),
        (
            r#""SYSLOG_IDENTIFIER":"CRON","_COMM":"cron","_EXE":"/usr/sbin/cron","_UID":"0""#,
            "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)",
            EventType::SessionStart,
        ),
        (
            r#""SYSLOG_IDENTIFIER":"su","_COMM":"su","_EXE":"/usr/bin/su","_UID":"1000""#,
            "pam_unix(su:auth): authentication failure; logname=bob uid=1000 euid=0 tty=pts/0 ruser=bob rhost=  user=root",
            EventType::SuFailed,
        ),
        (
            r#""SYSLOG_IDENTIFIER":"myapp","_COMM":"java","_UID":"1000""#,
            "Login failed for user bob from 192.0.2.7",
            EventType::LoginFailed,
        ),
    ] {
        let e = row(&entry(&format!(r#"{who},"MESSAGE":"{message}""#)));
        assert_eq!((e.event_type, field(&e, "claimed_program")), (kind, None), "{who}");
    }
}

#[test]
fn what_a_document_inside_says_of_itself() {
    // An address that a shipper added makes no log-in of a claimed message.
    let e = row(&entry(
        r#""SYSLOG_IDENTIFIER":"sshd","_COMM":"sh","_UID":"1000","attr":{"remote":"192.0.2.9"},"MESSAGE":"Accepted password for root from 192.0.2.7 port 22 ssh2""#,
    ));
    assert_eq!((e.event_type, e.ov(Ov::User)), (EventType::Other, None));
    // Machine and time of a journal's entry are the journal's.
    let e = row(&entry(
        r#""SYSLOG_IDENTIFIER":"app","_COMM":"app","_UID":"1000","MESSAGE":"{\"ts\":\"2020-01-01T00:00:00Z\",\"host\":\"other\",\"msg\":\"x\"}""#,
    ));
    assert_eq!((e.ov(Ov::Host), e.time.to_rfc3339().as_str()), (Some("web1"), "2026-11-22T03:00:01Z"));
    // What a shipper has read of an event is not read again from its text.
    let inside = r#"{\"event\":\"login\",\"outcome\":\"success\",\"src_ip\":\"192.0.2.9\",\"user\":\"root\",\"ts\":\"2020-01-01T00:00:00Z\"}"#;
    let e = row(&format!(
        r#"{{"@timestamp":"2026-11-22T03:00:01Z","source":{{"ip":"192.0.2.7"}},"user":{{"name":"bob"}},"event":{{"category":"authentication","outcome":"failure","original":"{inside}"}}}}"#
    ));
    assert_eq!((e.outcome, e.ov(Ov::User), e.ov(Ov::SrcIp)), (Outcome::Failure, Some("bob"), Some("192.0.2.7")));
    assert_eq!(e.time.to_rfc3339(), "2026-11-22T03:00:01Z");
    // A member of that name alone is not Microsoft's.
    let e = row(&format!(r#"{{"time":"2026-11-22T03:00:01Z","app":"crm","user":"bob","AuditData":"{inside}"}}"#));
    assert_eq!((e.ov(Ov::User), e.ov(Ov::SrcIp)), (Some("bob"), None));
}
