//! Apache's error log, 2.2 (`[date] [level] [client a] text`) and 2.4
//! (`[date] [module:level] [pid n:tid m] [client a:port] AHnnnnn: text`).
//!
//! The client is the first `[client …]`: everything behind it may hold the
//! attacker's words.

use super::request::set_quoted;
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags, Severity};
use crate::parse::{Ctx, addr, time};

/// Parses one line.
pub fn parse(raw: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let Some(rest) = raw.strip_prefix('[') else { return false };
    let Some(stamp) = time::ctime(rest.as_bytes(), ctx).or_else(|| time::iso(rest.as_bytes(), ctx)) else {
        return false;
    };
    let Some(rest) = rest.get(stamp.len..).and_then(|r| r.strip_prefix(']')) else { return false };
    if !body(rest.trim_start(), ctx, d) {
        return false;
    }
    d.time(stamp.ts, stamp.quality);
    true
}

/// Parses what stands behind the time (or behind a syslog header).
pub fn body(text: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let mut rest = text;
    let (mut level, mut module, mut client, mut pid) = (None, "", None, "");
    for _ in 0..8 {
        let Some((group, after)) = group(rest) else { break };
        if let Some(column) = group.strip_prefix("client ").or_else(|| group.strip_prefix("remote ")) {
            client.get_or_insert(column);
        } else if let Some(ids) = group.strip_prefix("pid ") {
            pid = ids.split(':').next().unwrap_or("");
        } else if level.is_none()
            && let Some((m, l)) = split_level(group)
        {
            (module, level) = (m, Some(l));
        } else if !group.starts_with("tid ") {
            break; // belongs to the text
        }
        rest = after;
    }
    let Some(level) = level else { return false };
    if !module.is_empty() {
        d.field("module", module);
    }
    if !pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit()) {
        d.set(Ov::Pid, pid);
    }
    if let Some(column) = client {
        // With a module before the level this is 2.4's form, which has the port.
        let from = if module.is_empty() { addr::parse(column) } else { addr::with_port(column) };
        addr::set_parsed(d, column, from);
    }
    let (code, text) = code(rest);
    if let Some(code) = code {
        d.field("code", code);
    }
    let text = match text.rsplit_once(", referer: ") {
        Some((text, referrer)) => {
            set_quoted(d, Ov::Referrer, referrer);
            text
        }
        None => text,
    };
    d.set(Ov::Message, text);
    let severity = match level {
        "emerg" | "alert" | "crit" => Severity::High,
        "error" => Severity::Low,
        _ => Severity::Info,
    };
    d.severity(severity);
    classify(text, client.is_some(), severity, d);
    d.logsource(ctx.web.apache_error);
    d.flag(RecordFlags::PARSED);
    true
}

/// One bracketed group at the start, and what follows.
fn group(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('[')?;
    // `[client [2001:db8::1]:51548]`
    let from = match inner.get(..8) {
        Some("client [" | "remote [") => inner.find(']')? + 1,
        _ => 0,
    };
    let end = from + inner.get(from..)?.find(']')?;
    Some((inner.get(..end)?, inner.get(end + 1..)?.trim_start()))
}

fn split_level(group: &str) -> Option<(&str, &str)> {
    let (module, level) = group.rsplit_once(':').unwrap_or(("", group));
    let known = matches!(level, "emerg" | "alert" | "crit" | "error" | "warn" | "notice" | "info" | "debug")
        || level.strip_prefix("trace").is_some_and(|n| n.len() == 1);
    known.then_some((module, level))
}

/// `(2)No such file or directory: ` and `AH00128: ` before the text.
fn code(text: &str) -> (Option<&str>, &str) {
    let mut rest = text;
    if rest.starts_with('(')
        && let Some(at) = rest.find("AH").filter(|at| *at < 120)
        && is_code(rest.get(at..).unwrap_or(""))
    {
        rest = rest.get(at..).unwrap_or("");
    }
    if is_code(rest) { (rest.get(..7), rest.get(9..).unwrap_or("")) } else { (None, text) }
}

fn is_code(text: &str) -> bool {
    let b = text.as_bytes();
    b.starts_with(b"AH") && b.get(2..7).is_some_and(|n| n.iter().all(u8::is_ascii_digit)) && b.get(7..9) == Some(b": ")
}

fn classify(text: &str, has_client: bool, severity: Severity, d: &mut Draft<'_>) {
    let plain = text.strip_prefix("Digest: ").unwrap_or(text);
    if let Some(user) = denied_user(plain) {
        d.set_default(Ov::User, user);
        d.event(EventType::LoginFailed, Outcome::Failure);
        return;
    }
    const AUTH: &[&str] = &[
        "client used wrong authentication scheme",
        "invalid nonce ",
        "invalid qop ",
        "realm mismatch",
        "unknown algorithm ",
        "invalid opaque",
        "uri mismatch",
    ];
    if AUTH.iter().any(|p| plain.starts_with(p)) {
        d.event(EventType::LoginFailed, Outcome::Failure);
        return;
    }
    // ModSecurity repeats the client before its own text.
    let own = match group(text) {
        Some((g, after)) if g.starts_with("client ") => after,
        _ => text,
    };
    if let Some(report) = own.strip_prefix("ModSecurity: ") {
        modsecurity(report, d);
        return;
    }
    const MISSING: &[&str] = &[
        "File does not exist: ",
        "client denied by server configuration: ",
        "script not found or unable to stat: ",
        "Directory index forbidden by Options directive: ",
    ];
    if let Some(path) = MISSING.iter().find_map(|p| text.strip_prefix(p)) {
        d.set_default(Ov::Resource, path);
        d.event(EventType::HttpError, Outcome::Failure);
        return;
    }
    if let Some((path, after)) = text.strip_prefix("script '").and_then(|r| r.rsplit_once('\''))
        && after.starts_with(" not found")
    {
        d.set_default(Ov::Resource, path);
        d.event(EventType::HttpError, Outcome::Failure);
        return;
    }
    // What a path that climbs out of the site is refused with.
    let uri = text.strip_prefix("invalid URI path (").and_then(|r| r.rsplit_once(')')).map(|(uri, _)| uri);
    if let Some(uri) = uri.or_else(|| text.strip_prefix("Invalid URI in request ")?.split(' ').nth(1)) {
        super::set_target(d, uri);
        d.event(EventType::HttpError, Outcome::Failure);
        return;
    }
    match (has_client, severity >= Severity::Low) {
        (true, true) => d.event(EventType::HttpError, Outcome::Failure),
        (true, false) => d.event(EventType::HttpError, Outcome::Unknown),
        (false, true) => d.event(EventType::SystemError, Outcome::Unknown),
        (false, false) => d.event(EventType::Other, Outcome::Unknown),
    }
}

/// The account of a refused log-in.
fn denied_user(text: &str) -> Option<&str> {
    // The directory's modules: the name, then a verdict of their own.
    if let Some(rest) = text.strip_prefix("auth_ldap authenticate: user ") {
        return rest.rfind(" authentication failed; URI ").and_then(|at| rest.get(..at));
    }
    if let Some(rest) = text.strip_prefix("Authorization of user ") {
        return rest.split_once(" to access ").map(|(u, _)| u);
    }
    let rest = text.strip_prefix("user ")?;
    if let Some(quoted) = rest.strip_prefix('`') {
        return quoted.split_once("' in realm ").map(|(u, _)| u);
    }
    const VERDICTS: &[&str] =
        &[": authentication failure for ", ": password mismatch", ": authorization failure", " not found"];
    let end = VERDICTS.iter().filter_map(|v| rest.find(v)).min()?;
    rest.get(..end)
}

/// `Access denied with code 403 (phase 2). … [id "1"] [msg "…"] [uri "/x"]`.
fn modsecurity(report: &str, d: &mut Draft<'_>) {
    for (key, name) in [("[id \"", "rule_id"), ("[msg \"", "rule"), ("[severity \"", "rule_severity")] {
        if let Some(value) = tagged(report, key) {
            d.field(name, value);
        }
    }
    if let Some(uri) = tagged(report, "[uri \"") {
        super::set_target(d, uri);
    }
    if let Some(host) = tagged(report, "[hostname \"") {
        match addr::parse(host) {
            Some(a) => d.set(Ov::DestIp, a.ip),
            None => d.set_default(Ov::DestHost, host),
        }
    }
    let warned = report.trim_start().starts_with("Warning");
    d.event(EventType::Detection, if warned { Outcome::Unknown } else { Outcome::Failure });
    d.severity(Severity::Medium);
}

fn tagged<'a>(report: &'a str, key: &str) -> Option<&'a str> {
    let at = memchr::memmem::find(report.as_bytes(), key.as_bytes())?;
    let value = report.get(at + key.len()..)?;
    value.get(..value.find("\"]")?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventRow;
    use crate::parse::testing::one;

    fn row(text: &str) -> EventRow {
        one(&format!("[Wed Nov 18 09:30:00.250000 2026] {text}"), parse)
    }

    #[test]
    fn log_ins() {
        for (text, user) in [
            ("[error] [client 192.0.2.9] user bob not found: /x", Some("bob")),
            ("[auth_basic:error] [pid 7:tid 8] [client 192.0.2.9:41] AH01618: user bob not found: /x", Some("bob")),
            (
                "[authnz_ldap:info] [pid 7] [client 192.0.2.9:41] AH01695: auth_ldap authenticate: user bob authentication failed; URI /p [x][Invalid credentials]",
                Some("bob"),
            ),
            ("[error] [client 192.0.2.9] user bob: authentication failure for \"/\": Password Mismatch", Some("bob")),
            ("[error] [client 192.0.2.9] Digest: user `bob' in realm `r' not found: /d", Some("bob")),
            (
                "[a:error] [pid 7] [remote 192.0.2.9:41] AH01637: Authorization of user bob to access /x failed",
                Some("bob"),
            ),
            ("[error] [client 192.0.2.9] Digest: invalid nonce abc received - length is not 52", None),
        ] {
            let r = row(text);
            assert_eq!((r.ov(Ov::SrcIp), r.ov(Ov::User)), (Some("192.0.2.9"), user), "{text}");
            assert_eq!((r.event_type, r.outcome), (EventType::LoginFailed, Outcome::Failure), "{text}");
            assert_eq!(r.time.to_rfc3339(), "2026-11-18T09:30:00.250Z");
        }
    }

    #[test]
    fn ipv6_clients_have_their_port() {
        for (client, ip, port) in [
            ("2001:db8::9:51234", "2001:db8::9", Some("51234")),
            ("2001:db8::9:4200", "2001:db8::9", Some("4200")),
            ("::1:4200", "::1", Some("4200")),
            ("::ffff:192.0.2.9:4200", "192.0.2.9", Some("4200")),
            ("2001:db8::9", "2001:db8::9", None),
        ] {
            let r = row(&format!("[auth_basic:error] [pid 7:tid 8] [client {client}] AH01618: user bob not found: /x"));
            assert_eq!((r.ov(Ov::SrcIp), r.ov(Ov::SrcPort)), (Some(ip), port), "{client}");
        }
        // Version 2.2 writes no port: all of it is the address.
        let r = row("[error] [client 2001:db8::9:4200] user bob not found: /x");
        assert_eq!((r.ov(Ov::SrcIp), r.ov(Ov::SrcPort)), (Some("2001:db8::9:4200"), None));
    }

    #[test]
    fn paths_that_climb() {
        for text in [
            "[core:error] [pid 1] [client 192.0.2.9:55] AH10244: invalid URI path (/cgi-bin/.%2e/.%2e/etc/passwd)",
            "[error] [client 192.0.2.9] Invalid URI in request GET /cgi-bin/.%2e/.%2e/etc/passwd HTTP/1.1",
        ] {
            let r = row(text);
            let target = (r.ov(Ov::SrcIp), r.ov(Ov::Url), r.ov(Ov::UrlDecoded));
            let decoded = Some("/cgi-bin/../../etc/passwd");
            assert_eq!(target, (Some("192.0.2.9"), Some("/cgi-bin/.%2e/.%2e/etc/passwd"), decoded), "{text}");
            assert_eq!((r.event_type, r.outcome), (EventType::HttpError, Outcome::Failure), "{text}");
        }
    }

    #[test]
    fn denials_and_missing_files() {
        for (text, resource) in [
            (
                "[core:error] [pid 7] [client [2001:db8::9]:41] AH01630: client denied by server configuration: /srv/x",
                "/srv/x",
            ),
            ("[error] [client 2001:db8::9] File does not exist: /srv/y, referer: http://e.org/", "/srv/y"),
            ("[error] [client 2001:db8::9] script '/srv/z' not found or unable to stat", "/srv/z"),
        ] {
            let r = row(text);
            assert_eq!((r.ov(Ov::SrcIp), r.ov(Ov::Resource)), (Some("2001:db8::9"), Some(resource)), "{text}");
            assert_eq!((r.event_type, r.outcome), (EventType::HttpError, Outcome::Failure), "{text}");
        }
    }

    #[test]
    fn a_path_cannot_forge_client_or_user() {
        let r = row("[error] [client 192.0.2.66] File does not exist: /x/[client 10.0.0.1] user root not found");
        assert_eq!((r.ov(Ov::SrcIp), r.ov(Ov::User)), (Some("192.0.2.66"), None));
    }

    #[test]
    fn modsecurity_reports() {
        let r = row(
            r#"[:error] [pid 7] [client 192.0.2.9:41] [client 192.0.2.9] ModSecurity: Access denied with code 403 (phase 2). [id "9"] [msg "No"] [hostname "www.example.org"] [uri "/%41"]"#,
        );
        assert_eq!((r.event_type, r.outcome), (EventType::Detection, Outcome::Failure));
        assert_eq!((r.ov(Ov::UrlDecoded), r.ov(Ov::DestHost)), (Some("/a"), Some("www.example.org")));
    }

    #[test]
    fn what_is_none_of_it() {
        assert!(!row("").parsed && !row("[x] [client 1.2.3.4] y").parsed);
        let r = row("[mpm_event:notice] [pid 7:tid 8] AH00489: Apache/2.4 configured -- resuming normal operations");
        assert_eq!((r.parsed, r.event_type, r.ov(Ov::Pid)), (true, EventType::Other, Some("7")));
    }

    proptest::proptest! {
        #[test]
        fn no_panic(s in "[\\[\\]a-z0-9é:`', .]{0,120}", cut in 0usize..120) {
            let _ = row(&s);
            let full = "[a:error] [pid 7:tid 8] [client [2001:db8::9]:41] AH01618: user é not found: /x, referer: y";
            let cut = (0..=cut.min(full.len())).rev().find(|c| full.is_char_boundary(*c)).unwrap_or(0);
            let _ = row(&full[..cut]);
        }
    }
}
