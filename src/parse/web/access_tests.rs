//! Access lines of our own making, good and hostile.

use super::*;
use crate::event::{EventRow, Ts};
use crate::parse::testing::one;

fn row(raw: &str) -> EventRow {
    one(raw, parse)
}

fn get(raw: &str, name: Ov) -> Option<String> {
    row(raw).ov(name).map(str::to_owned)
}

#[test]
fn combined() {
    let r = row(
        r#"198.51.100.7 - alice [18/Nov/2026:09:30:00 +0100] "GET /A%20b?q=1+2 HTTP/1.1" 200 512 "https://example.org/" "Test/1.0 (x; \"y\")""#,
    );
    assert!(r.parsed);
    assert_eq!(r.time, Ts::parse_rfc3339("2026-11-18T08:30:00Z").expect("time"));
    let want = [
        (Ov::SrcIp, "198.51.100.7"),
        (Ov::User, "alice"),
        (Ov::HttpMethod, "GET"),
        (Ov::Url, "/A%20b?q=1+2"),
        (Ov::UrlDecoded, "/a b?q=1 2"),
        (Ov::StatusCode, "200"),
        (Ov::Bytes, "512"),
        (Ov::Referrer, "https://example.org/"),
        (Ov::UserAgent, "Test/1.0 (x; \"y\")"),
    ];
    for (name, value) in want {
        assert_eq!(r.ov(name), Some(value), "{}", name.name());
    }
    assert_eq!((r.event_type, r.outcome), (EventType::HttpRequest, Outcome::Success));
}

#[test]
fn client_columns() {
    let tail = r#"- - [18/Nov/2026:09:30:00 +0000] "GET / HTTP/1.1" 404 9"#;
    for (head, ip, host, vhost) in [
        ("192.0.2.9", Some("192.0.2.9"), None, None),
        ("2001:db8::5", Some("2001:db8::5"), None, None),
        ("[2001:db8::5]:4000", Some("2001:db8::5"), None, None),
        ("crawler.example.net", None, Some("crawler.example.net"), None),
        ("www.example.org:443 192.0.2.9", Some("192.0.2.9"), None, Some("www.example.org")),
        ("www.example.org 192.0.2.9", Some("192.0.2.9"), None, Some("www.example.org")),
        ("www.example.org:80 crawler.example.net", None, Some("crawler.example.net"), Some("www.example.org")),
        ("203.0.113.1 192.0.2.9", Some("192.0.2.9"), None, None),
    ] {
        let r = row(&format!("{head} {tail}"));
        assert_eq!((r.ov(Ov::SrcIp), r.ov(Ov::SrcHost), r.ov(Ov::DestHost)), (ip, host, vhost), "{head}");
        assert_eq!((r.outcome, r.ov(Ov::User)), (Outcome::Failure, None));
    }
}

#[test]
fn a_program_that_is_no_web_server_writes_no_request() {
    let tail = r#"203.0.113.9 - - [18/Nov/2026:09:30:00 +0000] "GET / HTTP/1.1" 404 9"#;
    for tag in ["guestbook:", "[guestbook]", "guestbook[5]:"] {
        assert!(!row(&format!("{tag} {tail}")).parsed, "{tag}");
    }
    for tag in ["nginx:", "[access]", "www.example.org", "www.example.org:443", "[2001:db8::1]", "web-1"] {
        assert_eq!(get(&format!("{tag} {tail}"), Ov::SrcIp).as_deref(), Some("203.0.113.9"), "{tag}");
    }
}

#[test]
fn a_user_name_cannot_forge_the_client_or_the_time() {
    let r = row(
        r#"192.0.2.66 - x 10.0.0.1 - [01/Jan/2001:00:00:00 +0000] \"GET / HTTP/1.1\" 200 [18/Nov/2026:09:30:00 +0000] "GET /real HTTP/1.1" 401 9"#,
    );
    assert_eq!(
        (r.ov(Ov::SrcIp), r.ov(Ov::Url), r.ov(Ov::StatusCode)),
        (Some("192.0.2.66"), Some("/real"), Some("401"))
    );
    assert_eq!(r.time.to_rfc3339(), "2026-11-18T09:30:00Z");
}

#[test]
fn requests_that_are_none() {
    for (request, url, method) in [
        ("", None, None),
        ("-", None, None),
        (r"\x16\x03\x01\x02", Some("\u{16}\u{3}\u{1}\u{2}"), None),
        ("HELP", Some("HELP"), None),
        ("GET /a b HTTP/1.1", Some("/a b"), Some("GET")),
        ("GET /old", Some("/old"), Some("GET")),
        (r#"GET /q=\"x\" HTTP/1.0"#, Some("/q=\"x\""), Some("GET")),
    ] {
        let raw = format!(r#"192.0.2.9 - - [18/Nov/2026:09:30:00 +0000] "{request}" 400 0 "-" "-" "-""#);
        let r = row(&raw);
        assert!(r.parsed, "{raw}");
        assert_eq!((r.ov(Ov::Url), r.ov(Ov::HttpMethod)), (url, method), "{raw}");
        assert_eq!((r.ov(Ov::StatusCode), r.ov(Ov::UserAgent)), (Some("400"), None));
    }
}

#[test]
fn variants() {
    let odd =
        r#"192.0.2.9 - - - [18/Nov/2026:09:30:00 ] shop.example.org "GET / HTTP/1.1" 200 81 "-" "Bot/2" + 293 11"#;
    assert_eq!(get(odd, Ov::DestHost).as_deref(), Some("shop.example.org"));
    assert_eq!(get(odd, Ov::UserAgent).as_deref(), Some("Bot/2"));
    let cut = r#"192.0.2.9 - - [18/Nov/2026:09:30:00 +0000] "GET /x HTTP/1.1" 200 81 "-" "Mozi"#;
    assert_eq!(get(cut, Ov::UserAgent).as_deref(), Some("Mozi"));
    let no_zone = r#"192.0.2.9 - - [18/Nov/2026:09:30:00] "GET /x HTTP/1.1" 200 -"#;
    assert_eq!(row(no_zone).time.to_rfc3339(), "2026-11-18T09:30:00Z");
}

#[test]
fn odd_columns() {
    let r = row(r#"192.0.2.9 - - [2026-11-18T09:30:00+00:00] "GET /x HTTP/1.1" 200 12 "-" "x""#);
    assert_eq!((r.parsed, r.time.to_rfc3339().as_str()), (true, "2026-11-18T09:30:00Z"));
    assert!(!row(r#"INFO worker x [2026-11-18T09:30:00Z] "said" 200 1"#).parsed);
    let r = row(r#"192.0.2.9 - "" [18/Nov/2026:09:30:00 +0000] "GET /x HTTP/1.1" 401 12 "-" "x""#);
    assert_eq!((r.ov(Ov::SrcIp), r.ov(Ov::User), r.ov(Ov::Url)), (Some("192.0.2.9"), None, Some("/x")));
    let r = row(r#"unix: - - [18/Nov/2026:09:30:00 +0000] "GET /x HTTP/1.1" 200 12 "-" "x""#);
    assert_eq!((r.parsed, r.ov(Ov::SrcIp), r.ov(Ov::SrcHost), r.ov(Ov::Url)), (true, None, None, Some("/x")));
}

#[test]
fn what_is_no_access_line() {
    for raw in
        ["", "\"", "[", "a \"b\"", "Nov 18 09:30:00 h p: [x] \"GET\"", "1.2.3.4 - - [no time] \"GET / HTTP/1.1\" 200 1"]
    {
        assert!(!row(raw).parsed, "{raw}");
    }
}

#[test]
fn addresses_that_proxies_saw() {
    for (head, src) in [
        ("203.0.113.9, 10.0.0.3", "203.0.113.9"),
        ("198.51.100.6, 203.0.113.9, 10.0.0.3", "203.0.113.9"),
        ("10.0.0.7, 10.0.0.3", "10.0.0.7"),
        ("unknown, 203.0.113.9", "203.0.113.9"),
    ] {
        let e = crate::parse::testing::one(
            &format!("{head} - bob [02/Mar/2026:08:00:00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\""),
            super::parse,
        );
        assert_eq!((e.ov(crate::event::Ov::SrcIp), e.ov(crate::event::Ov::User)), (Some(src), Some("bob")), "{head}");
    }
}

proptest::proptest! {
    #[test]
    fn no_panic(s in "[0-9a-zé\"\\\\\\[\\] :/+.-]{0,120}") {
        let _ = row(&s);
    }

    #[test]
    fn a_mutated_line_never_panics_nor_moves_the_client(at in 20usize..150, c in ".") {
        let good = r#"192.0.2.9 - - [18/Nov/2026:09:30:00 +0000] "GET /login?next=/ HTTP/1.1" 302 81 "https://example.org/a" "Mozilla/5.0 (X11) 10.9.8.7""#;
        let mut s = good.to_owned();
        let at = at.min(s.len());
        s.insert_str(at, &c);
        let r = row(&s);
        proptest::prop_assert!(!r.parsed || r.ov(Ov::SrcIp) == Some("192.0.2.9"));
    }
}
