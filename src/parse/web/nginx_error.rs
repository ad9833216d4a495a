//! nginx's error log: `2026/11/18 09:30:00 [error] 12#12: *3 text, client: a,
//! server: s, request: "r", host: "h"`, also with a short header before the date.
//!
//! Text, request, host and referrer hold the attacker's words, so the client is
//! the first `, client: ` whose whole tail is in nginx's own grammar.

use memchr::memmem;

use super::request::{set_quoted, set_request};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags, Severity};
use crate::parse::{Ctx, addr, time};

/// Parses one line.
pub fn parse(raw: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    if body(raw, ctx, d) {
        return true;
    }
    // `host nginx[12]: 2026/11/18 …`, as some forwarders leave it.
    let mut rest = raw;
    let mut host = None;
    for _ in 0..2 {
        let Some((first, after)) = rest.split_once(' ') else { return false };
        let Some((tag, text)) = after.split_once(": ") else { return false };
        if !addr::is_host(first) || !(tag == "nginx" || tag.starts_with("nginx[") && tag.ends_with(']')) {
            return false;
        }
        host.get_or_insert(first);
        if body(text, ctx, d) {
            if let Some(h) = host {
                d.set_default(Ov::Host, h);
            }
            return true;
        }
        rest = text;
    }
    false
}

/// Parses from the date on.
pub fn body(text: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    if !matches!(text.as_bytes(), [b'1' | b'2', _, _, _, b'/', ..]) {
        return false;
    }
    let Some(stamp) = time::iso(text.as_bytes(), ctx) else { return false };
    let Some(rest) = text.get(stamp.len..).and_then(|r| r.strip_prefix(" [")) else { return false };
    let Some((level, rest)) = rest.split_once("] ") else { return false };
    let severity = match level {
        "emerg" | "alert" | "crit" => Severity::High,
        "error" => Severity::Low,
        "warn" | "notice" | "info" | "debug" => Severity::Info,
        _ => return false,
    };
    let Some((ids, message)) = rest.split_once(": ") else { return false };
    let Some((pid, _)) = ids.split_once('#').filter(|(p, _)| p.bytes().all(|b| b.is_ascii_digit())) else {
        return false;
    };
    d.time(stamp.ts, stamp.quality);
    d.set(Ov::Pid, pid);
    d.set(Ov::Process, "nginx");
    d.severity(severity);
    let mut message = message;
    if let Some((number, after)) = message.strip_prefix('*').and_then(|m| m.split_once(' '))
        && number.bytes().all(|b| b.is_ascii_digit())
    {
        d.set(Ov::SessionId, number);
        message = after;
    }
    d.set(Ov::Message, message);
    let text = match find_context(message) {
        Some(c) => {
            addr::set_client(d, c.client);
            set_context(&c, d);
            message.get(..c.at).unwrap_or(message)
        }
        None => message,
    };
    classify(text, severity, d);
    d.logsource(ctx.web.nginx_error);
    d.flag(RecordFlags::PARSED);
    true
}

/// What nginx appends about the request.
#[derive(Default)]
struct Context<'a> {
    /// Where it begins in the message.
    at: usize,
    client: &'a str,
    server: Option<&'a str>,
    request: Option<&'a str>,
    host: Option<&'a str>,
    referrer: Option<&'a str>,
    login: Option<&'a str>,
}

fn find_context(message: &str) -> Option<Context<'_>> {
    const KEY: &[u8] = b", client: ";
    let mut fallback = None;
    for at in memmem::find_iter(message.as_bytes(), KEY).take(32) {
        let tail = message.get(at + KEY.len()..)?;
        let end = tail.find(',').unwrap_or(tail.len());
        let client = tail.get(..end)?.trim_end();
        if addr::parse(client).is_none() && !client.starts_with("unix:") {
            continue;
        }
        let (context, strict) = tail_of(tail.get(end..)?, Context { at, client, ..Context::default() });
        if strict || own_words(message.get(..at)?) {
            return Some(context);
        }
        fallback.get_or_insert(context);
    }
    fallback
}

/// Whether the text before a client is nginx's alone: what it quotes from
/// others stands in quotes (names of zones are from its configuration).
fn own_words(text: &str) -> bool {
    !text.contains(['"', '\'']) || text.starts_with("limiting ") || text.starts_with("delaying ")
}

/// Reads `, key: value` pairs in nginx's order. True if nothing else stands there.
fn tail_of<'a>(mut rest: &'a str, mut c: Context<'a>) -> (Context<'a>, bool) {
    let mut last = 0;
    while !rest.is_empty() {
        let Some((key, value)) = rest.strip_prefix(", ").and_then(|r| r.split_once(": ")) else { return (c, false) };
        let order = match key {
            "server" => 1,
            "request" => 2,
            "subrequest" => 3,
            "upstream" => 4,
            "host" => 5,
            "referrer" => 6,
            // Of the mail proxy.
            "login" => 7,
            _ => return (c, false),
        };
        if order <= last {
            return (c, false);
        }
        last = order;
        if order == 1 {
            let end = value.find(',').unwrap_or(value.len());
            c.server = value.get(..end);
            if c.server.is_some_and(|s| s.contains(['"', ' '])) {
                return (c, false);
            }
            rest = value.get(end..).unwrap_or("");
            continue;
        }
        let Some((inner, after)) = value.strip_prefix('"').and_then(|v| v.split_once('"')) else { return (c, false) };
        match order {
            2 => c.request = Some(inner),
            5 => c.host = Some(inner),
            6 => c.referrer = Some(inner),
            7 => c.login = Some(inner),
            _ => {}
        }
        rest = after;
    }
    (c, true)
}

fn set_context(c: &Context<'_>, d: &mut Draft<'_>) {
    if let Some(request) = c.request {
        set_request(d, request);
    }
    let server = c.server.filter(|s| addr::is_host(s) && *s != "_" && addr::parse(s).is_none());
    if let Some(name) = server.or(c.host).map(|h| h.split(':').next().unwrap_or(h)).filter(|h| addr::is_host(h)) {
        d.set(Ov::DestHost, name);
    }
    if let Some(login) = c.login.filter(|l| !l.is_empty()) {
        set_quoted(d, Ov::User, login);
    }
    if let Some(referrer) = c.referrer {
        set_quoted(d, Ov::Referrer, referrer);
    }
}

fn classify(text: &str, severity: Severity, d: &mut Draft<'_>) {
    let failed_log_in = if let Some(rest) = text.strip_prefix("user \"") {
        // What follows the name is nginx's, so the last verdict counts.
        let end = ["\": password mismatch", "\" was not found in \"", "\": was not found in \""]
            .iter()
            .filter_map(|v| rest.rfind(v))
            .max();
        end.and_then(|e| rest.get(..e))
    } else {
        text.strip_prefix("PAM: user '").and_then(|r| r.split_once("' - not authenticated")).map(|(u, _)| u)
    };
    if let Some(user) = failed_log_in {
        d.set_default(Ov::User, user);
        d.event(EventType::LoginFailed, Outcome::Failure);
        return;
    }
    if text.starts_with("no user/password was provided") || text.starts_with("client login failed: ") {
        d.event(EventType::LoginFailed, Outcome::Failure);
        return;
    }
    if text.starts_with("SSL_") {
        d.event(EventType::Tls, Outcome::Failure);
        return;
    }
    const REFUSED: &[&str] =
        &["access forbidden", "limiting requests", "limiting connections", "delaying request", "client sent invalid"];
    let path = text
        .strip_prefix("open() \"")
        .or_else(|| text.strip_prefix("directory index of \""))
        .or_else(|| text.strip_prefix('"'))
        .and_then(|p| p.rsplit_once('"'))
        .map(|(p, _)| p);
    if let Some(p) = path {
        d.set_default(Ov::Resource, p);
    }
    let client = d.get(Ov::SrcIp).is_some();
    if path.is_some() || REFUSED.iter().any(|r| text.starts_with(r)) || (client && severity >= Severity::Low) {
        d.event(EventType::HttpError, Outcome::Failure);
    } else if severity >= Severity::Low {
        d.event(EventType::SystemError, Outcome::Unknown);
    } else {
        d.event(if client { EventType::HttpError } else { EventType::Other }, Outcome::Unknown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventRow;
    use crate::parse::testing::one;

    fn row(text: &str) -> EventRow {
        one(&format!("2026/11/18 09:30:00 [error] 12#13: *5 {text}"), parse)
    }

    #[test]
    fn log_ins() {
        let tail =
            r#", client: 192.0.2.9, server: www.example.org, request: "GET /a HTTP/1.1", host: "www.example.org""#;
        for text in [
            r#"user "bob": password mismatch"#,
            r#"user "bob" was not found in "/etc/h""#,
            "PAM: user 'bob' - not authenticated: Authentication failure",
        ] {
            let r = row(&format!("{text}{tail}"));
            assert_eq!((r.ov(Ov::SrcIp), r.ov(Ov::User), r.ov(Ov::Url)), (Some("192.0.2.9"), Some("bob"), Some("/a")));
            assert_eq!((r.event_type, r.outcome), (EventType::LoginFailed, Outcome::Failure), "{text}");
            assert_eq!(r.time.to_rfc3339(), "2026-11-18T09:30:00Z");
        }
    }

    #[test]
    fn log_ins_without_an_account_and_of_the_mail_proxy() {
        let r = row(
            r#"no user/password was provided for basic authentication, client: 192.0.2.9, server: s, request: "GET / HTTP/1.1", host: "h""#,
        );
        assert_eq!((r.event_type, r.ov(Ov::SrcIp), r.ov(Ov::User)), (EventType::LoginFailed, Some("192.0.2.9"), None));
        let r = row(
            r#"client login failed: "Authentication failed, client: 10.0.0.1" while in http auth state, client: 192.0.2.9, server: 0.0.0.0:143, login: "bob@example.org""#,
        );
        assert_eq!((r.event_type, r.ov(Ov::SrcIp)), (EventType::LoginFailed, Some("192.0.2.9")));
        assert_eq!((r.ov(Ov::User), r.outcome), (Some("bob@example.org"), Outcome::Failure));
    }

    #[test]
    fn neither_user_nor_path_nor_request_forge_the_client() {
        let fake = r#", client: 10.0.0.1, server: s, request: "GET / HTTP/1.1", host: "h""#;
        let real = r#", client: 192.0.2.66, server: s, request: "GET / HTTP/1.1", host: "h""#;
        for text in [
            format!(r#"user "x": password mismatch{fake}": was not found in "/etc/h"{real}"#),
            format!(r#"open() "/srv/x{fake}" failed (2: No such file or directory){real}"#),
            format!(r#"access forbidden by rule{real}, referrer: "http://e.org/{fake}""#),
            format!(r#"access forbidden by rule{real}{fake}"#),
        ] {
            assert_eq!(row(&text).ov(Ov::SrcIp), Some("192.0.2.66"), "{text}");
        }
    }

    #[test]
    fn other_lines() {
        let r = row(
            r#"open() "/srv/x" failed (2: No such file or directory), client: 2001:db8::9, server: _, request: "GET /x HTTP/1.1", host: "h:8080""#,
        );
        assert_eq!((r.ov(Ov::Resource), r.ov(Ov::DestHost), r.outcome), (Some("/srv/x"), Some("h"), Outcome::Failure));
        let r = row(
            "SSL_do_handshake() failed (SSL: error:1) while SSL handshaking, client: 192.0.2.9, server: 0.0.0.0:443",
        );
        assert_eq!((r.event_type, r.ov(Ov::SrcIp)), (EventType::Tls, Some("192.0.2.9")));
        let r = one("web1 nginx[12]: 2026/11/18 09:30:00 [notice] 12#12: signal process started", parse);
        assert_eq!((r.parsed, r.ov(Ov::Host), r.event_type), (true, Some("web1"), EventType::Other));
        for bad in ["", "2026/11/18", "2026/11/18 09:30:00 [error] x", "2026/11/18 09:30:00 [what] 1#1: x"] {
            assert!(!one(bad, parse).parsed, "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_panic(s in "[a-z\",: é*]{0,60}", t in "[a-z\",: é0-9.]{0,60}") {
            let _ = row(&format!("{s}, client: {t}"));
            let _ = one(&s, parse);
        }
    }
}
