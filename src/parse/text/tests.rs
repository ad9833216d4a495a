//! Text logs on lines of our own.

use proptest::prelude::*;

use super::*;
use crate::event::EventRow;
use crate::parse::testing::one;

#[track_caller]
fn is(raw: &str, kind: EventType, user: &str, src: &str) -> EventRow {
    let r = one(raw, parse);
    let got = (r.parsed, r.event_type, r.ov(Ov::User).unwrap_or(""), r.ov(Ov::SrcIp).unwrap_or(""));
    assert_eq!(got, (true, kind, user, src), "{raw}");
    r
}

#[test]
fn own_files_of_daemons() {
    let r = is(
        "Fri Jan 19 12:20:33 2024 [pid 7] [bob] FAIL LOGIN: Client \"192.0.2.7\"",
        EventType::LoginFailed,
        "bob",
        "192.0.2.7",
    );
    assert_eq!((r.time.to_rfc3339().as_str(), r.ov(Ov::Pid)), ("2024-01-19T12:20:33Z", Some("7")));
    is(
        "11-Aug-2024 03:36:11.372 error: client 192.0.2.7#9: zone transfer 'x/AXFR/IN' denied",
        EventType::DnsQuery,
        "",
        "192.0.2.7",
    );
    is(
        "2024-01-02 03:04:05 login authenticator failed for (x) [192.0.2.7]:9 I=[10.0.0.1]:25: 535 Incorrect authentication data (set_id=bob)",
        EventType::LoginFailed,
        "bob",
        "192.0.2.7",
    );
}

#[test]
fn roundcubes_refusals_name_their_account() {
    for (head, tail) in [
        (
            "[02-Mar-2026 08:00:00 +0000]: <abcd> IMAP Error: ",
            ". AUTHENTICATE PLAIN: Authentication failed. in /usr/x.php on line 2 (POST /)",
        ),
        (
            "[02-Mar-2026 08:00:00 +0000]: IMAP Error: ",
            "(X-Forwarded-For: 6.6.6.6). LOGIN: Authentication failed for bob from 6.6.6.6. in /usr/x.php",
        ),
    ] {
        for (who, user) in [
            ("bob against localhost", "bob"),
            ("bob", "bob"),
            ("x from 6.6.6.6 against y against localhost", "x from 6.6.6.6 against y"),
        ] {
            let line = format!("{head}Login failed for {who} from 192.0.2.7{tail}");
            is(&line, EventType::LoginFailed, user, "192.0.2.7");
        }
    }
}

#[test]
fn transfers() {
    let r = is(
        "Mon Mar  2 10:00:00 2026 1 192.0.2.7 12 /srv/a b.php b _ i r bob ftp 0 * c",
        EventType::FileAccess,
        "bob",
        "192.0.2.7",
    );
    assert_eq!(
        (r.ov(Ov::Resource), r.ov(Ov::Bytes), r.ov(Ov::Process)),
        (Some("/srv/a b.php"), Some("12"), Some("ftp"))
    );
    assert!(!one("Mon Mar  2 10:00:00 2026 1 192.0.2.7 12 and so on for many words more than that c", parse).parsed);
}

#[test]
fn decoys() {
    for raw in [
        "2024-01-02 03:04:05 SMTP protocol error in \"AUTH H=(a) [198.51.100.1]\" H=(b) [192.0.2.7] AUTH command used",
        "2024-01-02 03:04:05 H=([198.51.100.1]) [192.0.2.7]:9 I=[10.0.0.1]:25 rejected RCPT <x>: no",
        "2024-01-02 03:04:05 app: Login failed for x from 198.51.100.1 from 192.0.2.7. AUTHENTICATE PLAIN: user=x from 198.51.100.1 in /a",
        "[2024-01-02 03:04:05] AUTHFAIL: user=a ip=198.51.100.1 time=1 AUTHFAIL: user=b ip=192.0.2.7 time=2",
        "2024-01-02 03:04:05 auth failed: rip=192.0.2.7, lip=198.51.100.1",
    ] {
        assert_eq!(one(raw, parse).ov(Ov::SrcIp), Some("192.0.2.7"), "{raw}");
    }
}

#[test]
fn what_is_not_understood() {
    for raw in [
        "",
        "2024-01-02 03:04:05 all is well with 192.0.2.7",
        "2024-01-02 03:04:05 login failed, nobody knows from where",
        "2024-01-02 03:04:05 login page: accepted 192.0.2.7",
        "2024-01-02 03:04:05 comment by 198.51.100.1: login failed for admin from 192.0.2.7",
        "2024-01-02 03:04:05 comment: Access denied for user 'root'@'192.0.2.7' (using password: YES)",
        "2024-01-02 03:04:05 says bob: H=(a) [192.0.2.7] rejected RCPT <x>",
        "just words",
    ] {
        let r = one(raw, parse);
        assert!(!r.parsed && !r.time.is_some() && r.ov(Ov::Message).is_none(), "{raw}");
    }
}

#[test]
fn a_quote_that_is_never_closed_ends() {
    for raw in [
        "2024-01-02 03:04:05 app: Login failed for bob from '192.0.2.7",
        "2024-01-02 03:04:05 login failed from \"192.0.2.7",
        "authentication failure for bob from `192.0.2.7",
        "login failed user=bob ip=\"192.0.2.7",
        "failed H=\"192.0.2.7",
    ] {
        let _ = one(raw, parse);
    }
}

proptest! {
    #[test]
    fn no_panic(s in "\\PC{0,120}", t in "(type=|msg=audit\\(|client |from |\\[|\\]|H=|user=|failed |[0-9a-f.:#\"'é ]{1,8}){0,14}") {
        let _ = one(&s, parse);
        let _ = one(&t, parse);
        let _ = one(&format!("2024-01-02 03:04:05 {t}"), parse);
    }
}
