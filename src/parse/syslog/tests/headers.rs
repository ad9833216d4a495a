//! Header dialects.

use super::*;
use crate::event::Severity;

#[track_caller]
fn head(raw: &str, want: (&str, &str, &str, &str)) -> Parsed {
    let p = line(raw);
    assert!(p.1, "{raw}");
    assert_eq!((p.get(Ov::Host), p.get(Ov::Process), p.get(Ov::Pid), p.get(Ov::Message)), want, "{raw}");
    p
}

#[test]
fn traditional() {
    head("Mar  9 01:02:03 web1 app[7]: hello: you", ("web1", "app", "7", "hello: you"));
    head("Mar 9 01:02:03 web1 app: hello", ("web1", "app", "", "hello"));
    head("<38>Mar  9 01:02:03 web1 app[7]: hello", ("web1", "app", "7", "hello"));
    head("Mar  9 01:02:03 app[7]: hello", ("", "app", "7", "hello"));
    head("Mar  9 01:02:03 web1 mail/smtpd[7]: hello", ("web1", "mail/smtpd", "7", "hello"));
    head("Mar  9 01:02:03 web1 app [7]: hello", ("web1", "app", "7", "hello"));
    head("Mar  9 01:02:03 web1 app(pam_unix)[7]: hello", ("web1", "app", "7", "hello"));
    head("Mar  9 01:02:03 fe80::1 app[7]: hello", ("fe80::1", "app", "7", "hello"));
    head("Mar  9 01:02:03 web1 (systemd)[7]: hello", ("web1", "systemd", "7", "hello"));
    head("Mar  9 01:02:03 [app]: hello", ("", "app", "", "hello"));
    head("Mar  9 01:02:03 web1 some words without a tag", ("web1", "", "", "some words without a tag"));
    head("Mar  9 01:02:03 web1 syslogd 1.5.0: restart.", ("web1", "syslogd", "", "restart."));
}

#[test]
fn with_dates_that_are_none() {
    for raw in [
        "Feb 30 01:02:03 web1 app[7]: hello",
        "<38>Mar 32 25:02:03 web1 app[7]: hello",
        "Mar  9 01:61:03 web1 app[7]: hello",
        "2025-02-30T01:02:03Z web1 app[7]: hello",
        "2025-13-01T01:02:03.5+01:00 web1 app[7]: hello",
        "<38>1 2025-02-30T01:02:03Z web1 app 7 - - hello",
    ] {
        let p = head(raw, ("web1", "app", "7", "hello"));
        assert!(!p.record().time.is_some(), "{raw}");
    }
    assert!(
        !line("Foo 30 01:02:03 web1 app: hello").1 || line("Foo 30 01:02:03 web1 app: hello").get(Ov::Host) != "web1"
    );
}

#[test]
fn labelled_by_the_logs_of_large_machines() {
    let raw =
        "- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond(pam_unix)[2915]: session closed for user root";
    let p = head(raw, ("dn228", "crond", "2915", "session closed for user root"));
    assert_eq!(p.record().time.to_rfc3339(), "2005-11-09T20:01:01Z");
    // The date must say the same as the number.
    assert!(!line("- 1131566461 2015.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond[2915]: x").1);
}

#[test]
fn with_full_times() {
    let p = head("2025-03-09T01:02:03.5+01:00 web1 app[7]: hello", ("web1", "app", "7", "hello"));
    assert_eq!(p.record().time.to_rfc3339(), "2025-03-09T00:02:03.500Z");
    head("2025-03-09 01:02:03 web1 app: hello", ("web1", "app", "", "hello"));
    head("1741482123.250 web1 app[7]: hello", ("web1", "app", "7", "hello"));
    head("Sun 2025-03-09 01:02:03 UTC web1 app[7]: hello", ("web1", "app", "7", "hello"));
    let p = head("2025-03-09T01:02:03.000Z WARNING app[7]: hello", ("", "app", "7", "hello"));
    assert_eq!(p.record().severity, Severity::Low);
}

#[test]
fn rfc_5424() {
    let p = head("<34>1 2025-03-09T01:02:03Z web1 app 7 ID47 - hello", ("web1", "app", "7", "hello"));
    assert_eq!(p.record().severity, Severity::High);
    let p = head(
        r#"<38>1 2025-03-09T01:02:03Z web1 app - - [a@1 k="v \"x\" ]" n="2"][b z="3"] hello [1]"#,
        ("web1", "app", "", "hello [1]"),
    );
    // The escaped quote is undone; the bracket stands in quotes.
    assert_eq!((p.field("a@1.k"), p.field("a@1.n"), p.field("b.z")), ("v \"x\" ]", "2", "3"));
    head("1 2025-03-09T01:02:03Z web1 app 7 - - hello", ("web1", "app", "7", "hello"));
    head("<13>1 - - - - - - \u{feff}hello", ("", "", "", "hello"));
}

#[test]
fn devices_and_desktops() {
    head("<189>2838: Mar  1 18:46:11: %SYS-5-CONFIG_I: Configured", ("", "%SYS-5-CONFIG_I", "", "Configured"));
    head("Mar  1 18:46:11 sw1: %SYS-5-CONFIG_I: Configured", ("sw1", "%SYS-5-CONFIG_I", "", "Configured"));
    head("Mar  9 01:02:03 mac com.apple.launchd[1] (com.x.y[12]): Exited", ("mac", "com.apple.launchd", "1", "Exited"));
    head("Mar  9 01:02:03 mac Some App[12]: hello", ("mac", "Some App", "12", "hello"));
    head("Mar  9 01:02:03 mac fw[12] <Info>: hello", ("mac", "fw", "12", "hello"));
    head("2025-03-09T01:02:03.5-07:00 ERR kernel: [ 3.5] ath: x", ("", "kernel", "", "[ 3.5] ath: x"));
    head("<15>2025-03-09T01:02:03+00:00 web1 words without a tag", ("web1", "", "", "words without a tag"));
    head("Mar  9 01:02:03: --- last message repeated 5 times ---", ("", "", "", "last message repeated 5 times"));
    head("Mar  9 01:02:03 <auth.info> bsd app[7]: hello", ("bsd", "app", "7", "hello"));
}

#[test]
fn without_a_time() {
    let p = head("web1 app[7]: hello", ("web1", "app", "7", "hello"));
    assert!(!p.record().time.is_some());
    head("app[7]: hello", ("", "app", "7", "hello"));
    head("<38>app: hello", ("", "app", "", "hello"));
    head("[   12.345678] usb 1-1: new device", ("", "kernel", "", "usb 1-1: new device"));
}

#[test]
fn what_has_no_header() {
    for raw in [
        "",
        " ",
        "hello",
        "web1 app: hello",
        "2025-03-09 01:02:03 some words",
        "2025-03-09 01:02:03 [error] 7#0: x",
        "[Sun Mar 09 01:02:03 2025] [error] x",
        "10.0.0.1 - - [09/Mar/2025:01:02:03 +0000] \"GET / HTTP/1.1\" 200 1",
        "{\"a\": 1}",
    ] {
        let p = line(raw);
        assert!(!p.1, "{raw}");
        assert_eq!(p.record().flags, RecordFlags::default());
        assert!(!p.record().time.is_some());
    }
}

#[test]
fn repeats() {
    let p = msg("sshd", "message repeated 5 times: [ Failed password for root from 192.0.2.7 port 22 ssh2]");
    p.is(EventType::SshLoginFailed, Outcome::Failure, "root", "192.0.2.7");
    assert_eq!(p.get(Ov::Count), "5");
    let p = line("Mar  9 01:02:03 web1 last message repeated 3 times");
    assert_eq!((p.1, p.get(Ov::Count)), (true, "3"));
}

#[test]
fn with_facility_and_level() {
    let p = head("Mar  9 01:02:03 web1 auth.err sshd[7]: hello", ("web1", "sshd", "7", "hello"));
    assert_eq!(p.record().severity, Severity::Medium);
    let p = head("Mar  9 01:02:03 web1 kern.warn kernel: [ 1.5] hello", ("web1", "kernel", "", "[ 1.5] hello"));
    assert_eq!(p.record().severity, Severity::Low);
    head("Mar  9 01:02:03 local0.info app[7]: hello", ("", "app", "7", "hello"));
    head("Mar  9 01:02:03 web1.example.net app: hello", ("web1.example.net", "app", "", "hello"));
    line("Mar  9 01:02:03 web1 auth.info sshd[7]: Failed password for root from 192.0.2.7 port 9 ssh2").is(
        EventType::SshLoginFailed,
        Outcome::Failure,
        "root",
        "192.0.2.7",
    );
}

#[test]
fn with_a_year() {
    for raw in [
        "2024 Mar  9 01:02:03 web1 app[7]: hello",
        "2024 Mar 9 01:02:03.000 web1 app[7]: hello",
        "Mar  9 2024 01:02:03 web1 app[7]: hello",
        "Mar  9 01:02:03 2024 web1 app[7]: hello",
        "<38>2024 Mar  9 01:02:03 web1 app[7]: hello",
    ] {
        let p = head(raw, ("web1", "app", "7", "hello"));
        assert_eq!(p.record().time.to_rfc3339(), "2024-03-09T01:02:03Z", "{raw}");
    }
}

#[test]
fn an_address_that_begins_like_a_year() {
    for host in ["2001:db8::5", "2003:db8::5", "1999::1"] {
        let p = head(&format!("Mar  9 01:02:03 {host} app[7]: hello"), (host, "app", "7", "hello"));
        assert!(!p.record().time.to_rfc3339().starts_with(&host[..4]), "{host}");
    }
}

#[test]
fn a_facility_is_no_host() {
    let p = line(
        "Mon Mar  2 10:00:00 2026 authpriv.warn dropbear[12]: Bad password attempt for 'root' from 192.0.2.7:5000",
    );
    p.is(EventType::SshLoginFailed, Outcome::Failure, "root", "192.0.2.7");
    assert_eq!((p.get(Ov::Host), p.get(Ov::Process)), ("", "dropbear"));
    let p =
        line("Mar  2 10:00:00 gate authpriv.warn dropbear[12]: Bad password attempt for 'root' from 192.0.2.7:5000");
    p.is(EventType::SshLoginFailed, Outcome::Failure, "root", "192.0.2.7");
    assert_eq!((p.get(Ov::Host), p.get(Ov::Process)), ("gate", "dropbear"));
    let p = line("Mar  2 10:00:00 mail.example dropbear[12]: Child connection from 192.0.2.7:5000");
    assert_eq!(p.get(Ov::Host), "mail.example");
}
