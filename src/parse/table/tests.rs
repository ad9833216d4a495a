//! Tests of logs with headers.

use std::sync::Arc;

use proptest::prelude::*;

use crate::event::{Batch, EventRow, EventType, Outcome, Ov, Record, Schema, Span, Ts};
use crate::parse::{Options, Parser, Scratch, format_name};

fn batch(text: &str) -> Batch {
    let mut b = Batch { text: text.to_owned(), ..Batch::default() };
    let mut at = 0;
    for line in text.split('\n') {
        let len = line.trim_end_matches('\r').len();
        if len > 0 {
            b.records.push(Record::new(Span::text(at, len), at as u64, len as u64, 1));
        }
        at += line.len() + 1;
    }
    b
}

fn parser(sample: &str) -> Parser {
    let opts = Options::new(Ts::parse_rfc3339("2026-11-20T00:00:00Z").unwrap());
    Parser::for_source("x.log", sample.as_bytes(), &opts, &Arc::new(Schema::base()))
}

fn parse(text: &str) -> Vec<EventRow> {
    let mut b = batch(text);
    parser(text).parse_batch(&mut b, &mut Scratch::default());
    b.events().map(EventRow::from).collect()
}

fn values<'a>(e: &'a EventRow, name: &str) -> Vec<&'a str> {
    e.fields.iter().filter(|f| f.name == name).map(|f| f.value.as_str()).collect()
}

const ZEEK: &str = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n\
#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tquery\tanswers\trejected\tnote_x\n\
#types\ttime\tstring\taddr\tport\taddr\tport\tstring\tvector[string]\tbool\tset[enum]\n\
1521911720.865716\tCq\t192.0.2.1\t41772\t192.0.2.2\t53\ta\\x09b\\\\c\tx,y\tF\t(empty)\n\
#close\t2024-04-12-19-34-07\n";

#[test]
fn headers_below_lines_of_other_formats() {
    let web = "192.0.2.9 - - [18/Nov/2026:10:00:00 +0000] \"GET /p HTTP/1.1\" 200 12\n";
    let iis = "#Software: IIS\n#Fields: date time c-ip cs-method cs-uri-stem sc-status\n2026-11-18 09:00:01 198.51.100.7 GET /a 200\n";
    let events = parse(&format!("{web}{ZEEK}{web}{iis}{web}{ZEEK}"));
    assert!(events.iter().all(|e| e.parsed), "{events:#?}");
    let formats: Vec<_> =
        (events.iter().filter(|e| e.ov(Ov::SrcIp).is_some())).map(|e| format_name(e.format)).collect();
    assert_eq!(formats, ["access", "zeek", "access", "w3c", "access", "zeek"]);
    // A header that somebody wrote hides no line that is known without it.
    let n = web.split(' ').count();
    let forged = format!("{web}#separator \\x20\n#fields{}\n{web}", " a".repeat(n));
    let last = parse(&forged).pop().unwrap();
    assert_eq!((format_name(last.format), last.ov(Ov::SrcIp)), ("access", Some("192.0.2.9")));
}

#[test]
fn another_separator() {
    let tabs = parse(ZEEK);
    for (sep, written) in [('|', "\\x7c"), ('^', "\\x5e"), ('\u{1}', "\\x01"), (';', ";")] {
        let text = ZEEK.replace("#separator \\x09", &format!("#separator {written}")).replace('\t', &sep.to_string());
        let events = parse(&text);
        assert!(events.iter().all(|e| e.parsed && format_name(e.format) == "zeek"), "{sep:?}");
        assert_eq!((events.len(), &events[7].fields), (tabs.len(), &tabs[7].fields), "{sep:?}");
    }
}

#[test]
fn a_zeek_log() {
    let all = parse(ZEEK);
    assert!(all.iter().all(|e| e.parsed && format_name(e.format) == "zeek"));
    let e = &all[7];
    assert_eq!((e.event_type, e.time.to_rfc3339().as_str()), (EventType::DnsQuery, "2018-03-24T17:15:20.865716Z"));
    assert_eq!(
        (e.ov(Ov::SrcIp), e.ov(Ov::SrcPort), e.ov(Ov::DestPort)),
        (Some("192.0.2.1"), Some("41772"), Some("53"))
    );
    assert_eq!((e.ov(Ov::Resource), e.ov(Ov::SessionId)), (Some("a\tb\\c"), Some("Cq")));
    assert_eq!(
        (values(e, "answers"), values(e, "rejected"), values(e, "note_x")),
        (vec!["x", "y"], vec!["false"], vec![""])
    );
}

#[test]
fn the_same_as_json() {
    let json = r#"{"_path":"dns","ts":1521911720.865716,"uid":"Cq","id.orig_h":"192.0.2.1","id.orig_p":41772,"id.resp_h":"192.0.2.2","id.resp_p":53,"query":"a\tb\\c","answers":["x","y"],"rejected":false,"note_x":[]}"#;
    let (a, b) = (&parse(ZEEK)[7], &parse(json)[0]);
    assert_eq!((a.event_type, a.outcome, a.time, &a.overlay), (b.event_type, b.outcome, b.time, &b.overlay));
    assert_eq!(a.fields, b.fields);
}

const IIS: &str = "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Date: 2026-11-18 00:00:00\r\n\
#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status\r\n\
2026-11-18 09:30:00 192.0.2.1 GET /a.aspx id=1+or+1=1 443 - 192.0.2.9 Mozilla/5.0+(X11) - 404\r\n";

#[test]
fn an_iis_log() {
    let all = parse(IIS);
    assert!(all.iter().all(|e| e.parsed && format_name(e.format) == "w3c"));
    let e = &all[4];
    assert_eq!((e.event_type, e.outcome), (EventType::HttpRequest, Outcome::Failure));
    assert_eq!((e.ov(Ov::Url), e.ov(Ov::StatusCode)), (Some("/a.aspx?id=1+or+1=1"), Some("404")));
    assert_eq!((e.ov(Ov::SrcIp), e.ov(Ov::DestIp), e.ov(Ov::User)), (Some("192.0.2.9"), Some("192.0.2.1"), None));
    assert_eq!(
        (e.ov(Ov::UserAgent), e.time.to_rfc3339().as_str()),
        (Some("Mozilla/5.0 (X11)"), "2026-11-18T09:30:00Z")
    );
    assert_eq!(values(e, "cs-uri-query"), ["id=1+or+1=1", "/a.aspx?id=1+or+1=1"]);
    assert_eq!((values(e, "cs-uri-stem"), values(e, "cs-username")), (vec!["/a.aspx"], vec![]));
}

#[test]
fn other_w3c_logs() {
    let text = "#Version: 1.5\n#Software: Microsoft Windows Firewall\n#Time Format: Local\n\
#Fields: date time action protocol src-ip dst-ip src-port dst-port size\n\
2026-11-18 09:30:00 DROP TCP 192.0.2.9 192.0.2.1 50000 445 60\n";
    let e = &parse(text)[4];
    assert_eq!(
        (e.event_type, e.ov(Ov::SrcIp), e.ov(Ov::DestPort)),
        (EventType::FirewallBlock, Some("192.0.2.9"), Some("445"))
    );
    // A time without a date is of the header's date.
    let text = "#Date: 2026-11-18 00:00:00\n#Fields: time c-ip cs-method cs-uri-stem sc-status\n00:00:05 192.0.2.9 GET / 200\n";
    assert_eq!(parse(text)[2].time.to_rfc3339(), "2026-11-18T00:00:05Z");
}

#[test]
fn empty_columns_and_no_query() {
    let head = "#Software: Microsoft Internet Information Services 10.0\n#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query sc-status cs-username\n";
    for (row, user) in [
        ("2026-11-18 09:30:00 192.0.2.9 GET /a.aspx - 404 bob", Some("bob")),
        ("2026-11-18 09:30:00 192.0.2.9 GET /a.aspx - 404 bob -", Some("bob")),
        ("2026-11-18 09:30:00 192.0.2.9 GET /a.aspx - 404 bob ", Some("bob")),
        ("2026-11-18 09:30:00 192.0.2.9 GET  /a.aspx - 404 bob", Some("bob")),
        ("2026-11-18\t09:30:00\t192.0.2.9\tGET\t/a.aspx\t-\t404\tbob\t", Some("bob")),
        ("2026-11-18\t09:30:00\t192.0.2.9\tGET\t/a.aspx\t\t404\t", None),
    ] {
        let e = &parse(&format!("{head}{row}\n"))[2];
        assert_eq!((format_name(e.format), e.ov(Ov::Url), e.ov(Ov::User)), ("w3c", Some("/a.aspx"), user), "{row}");
        assert_eq!((e.ov(Ov::StatusCode), values(e, "cs-uri-query")), (Some("404"), vec![]), "{row}");
    }
    let more = format!("{head}2026-11-18 09:30:00 192.0.2.9 GET /a.aspx - 404 bob eve\n");
    assert_ne!(format_name(parse(&more)[2].format), "w3c");
}

#[test]
fn cloudfront() {
    let text = "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query c-port\n\
2026-03-02\t10:00:00\tLAX1\t392\t203.0.113.9\tGET\td1.cloudfront.net\t/i.html\t403\t-\tTest/1.0%20(a;%20b%ff)\tq=%27\t11040\n\
2026-03-02\t10:00:00\tLAX1\t392\t203.0.113.9\tGET\td1.cloudfront.net\t/\t200\t-\tTest/1.0%20(a)\t-\t11040\n";
    let all = parse(text);
    let e = &all[2];
    assert_eq!(
        (e.ov(Ov::SrcIp), e.ov(Ov::SrcPort), e.ov(Ov::Url)),
        (Some("203.0.113.9"), Some("11040"), Some("/i.html?q=%27"))
    );
    assert_eq!((e.ov(Ov::UserAgent), all[3].ov(Ov::UserAgent)), (Some("Test/1.0%20(a;%20b%ff)"), Some("Test/1.0 (a)")));
    assert_eq!((e.outcome, e.ov(Ov::DestHost)), (Outcome::Failure, Some("d1.cloudfront.net")));
}

#[test]
fn headers_change_and_come_from_before() {
    let text = "#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\n1.0\ta\t192.0.2.1\n#fields\tuid\tts\tid.orig_h\nb\t2.0\t192.0.2.2\n";
    let all = parse(text);
    assert_eq!(values(&all[3], "uid"), ["a"]);
    assert_eq!(values(&all[5], "uid"), ["b"]);
    // A later batch of the same source.
    let parser = parser(text);
    let mut b = batch("c\t3.0\t192.0.2.3\n");
    b.header = Some("#separator \\x09\n#path\tconn\n#fields\tuid\tts\tid.orig_h".into());
    let mut scratch = Scratch::default();
    for _ in 0..2 {
        let mut b = Batch { header: b.header.clone(), ..batch(&b.text) };
        parser.parse_batch(&mut b, &mut scratch);
        let e = EventRow::from(b.event(0).unwrap());
        assert_eq!((values(&e, "uid"), e.ov(Ov::SrcIp)), (vec!["c"], Some("192.0.2.3")));
    }
    // Without its header the line says nothing.
    let mut none = batch("c\t3.0\t192.0.2.3\n");
    parser.parse_batch(&mut none, &mut scratch);
    assert!(none.events().all(|e| e.fields().is_empty()));
}

#[test]
fn a_header_inside_another_log_is_text() {
    let all = parse("Nov 18 09:30:00 h sshd[1]: x\n#fields\ta\tb\nq\tw\n");
    assert!(!all[1].parsed && !all[2].parsed);
}

proptest! {
    #[test]
    fn no_panic(
        head in "(#separator \\\\x0[0-9a-f]|#fields\t?|#types\t?|#Fields: |#Date: |#path\t|ts\t|vector\\[|time |c-ip |cs-uri-stem |cs-uri-query |date |\n){0,12}",
        body in "(-|\t| |\n|\\\\x[0-9a-f]{1,2}|\\\\|,|\"|/|1\\.5|192\\.0\\.2\\.1|é|\\PC){0,40}",
    ) {
        for start in ["#separator \\x09\n#fields\tts\tuid\n", "#Fields: date time c-ip\n"] {
            let text = format!("{start}{head}\n{body}");
            for e in parse(&text) {
                prop_assert!(e.fields.iter().all(|f| f.value.len() <= text.len() * 2));
            }
        }
    }
}

#[test]
fn the_server_of_files() {
    let text = "#Software: Microsoft Internet Information Services 10.0\n#Fields: date time c-ip cs-username s-ip s-port cs-method cs-uri-stem sc-status sc-win32-status sc-substatus x-session x-fullpath\n\
2026-11-18 03:00:01 192.0.2.7 - 10.0.0.1 21 USER bob 331 0 0 s -\n\
2026-11-18 03:00:02 192.0.2.7 - 10.0.0.1 21 PASS *** 530 1326 41 s -\n\
2026-11-18 03:00:03 192.0.2.7 WEB\\bob 10.0.0.1 21 PASS *** 230 0 0 s /\n\
2026-11-18 03:00:04 192.0.2.7 WEB\\bob 10.0.0.1 21 STOR x.aspx 226 0 0 s /x.aspx\n";
    let got: Vec<_> = parse(text)
        .iter()
        .filter(|e| e.ov(Ov::SrcIp) == Some("192.0.2.7"))
        .map(|e| (e.event_type, e.outcome, e.ov(Ov::User).unwrap_or("").to_owned()))
        .collect();
    let of = |kind, outcome, user: &str| (kind, outcome, user.to_owned());
    assert_eq!(
        got,
        [
            of(EventType::Other, Outcome::Unknown, "bob"),
            of(EventType::LoginFailed, Outcome::Failure, ""),
            of(EventType::Login, Outcome::Success, "WEB\\bob"),
            of(EventType::FileAccess, Outcome::Success, "WEB\\bob"),
        ]
    );
}
