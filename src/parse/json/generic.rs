//! Any JSON event to the overlay: names of many products, one meaning.

use super::Sources;
use super::clouds;
use super::doc::Doc;
use super::names::Key;
use super::words;
use crate::event::{Draft, EventType, Outcome, Ov, Severity, Span, TimeQuality, Ts, ValueKind};
use crate::parse::{Ctx, addr, flow, time, url, web};

/// Fills the overlay; what an inner message has set already stays.
pub fn apply(doc: &Doc, ctx: &Ctx, sources: &Sources, d: &mut Draft<'_>, copy: &mut String) {
    facts(doc, ctx, d, copy);
    finish(doc, sources, d);
}

/// Fills in what the event's names say.
pub(super) fn facts(doc: &Doc, ctx: &Ctx, d: &mut Draft<'_>, copy: &mut String) {
    if !d.rec.time.is_some()
        && let Some((ts, quality)) = time_of(doc, d, ctx)
    {
        d.time(ts, quality);
    }
    address(doc, d, Ov::SrcIp, Ov::SrcPort, Ov::SrcHost);
    address(doc, d, Ov::DestIp, Ov::DestPort, Ov::DestHost);
    for name in [
        Ov::Source,
        Ov::Host,
        Ov::SrcHost,
        Ov::DestHost,
        Ov::User,
        Ov::TargetUser,
        Ov::Process,
        Ov::UserAgent,
        Ov::Referrer,
        Ov::Country,
        Ov::Asn,
        Ov::Resource,
        Ov::SessionId,
        Ov::Message,
    ] {
        let span = doc.overlay(d, name);
        if span.is_some() && !(name == Ov::SessionId && is_number(d.value(span)) && span.len() < 6) {
            default_span(d, name, span);
        }
    }
    // A name of the client that is an address is one.
    let host = d.rec.overlay[Ov::SrcHost as usize];
    if host.is_some() && d.rec.overlay[Ov::SrcIp as usize].is_none() && addr::is_ip(d.value(host)) {
        d.unset(Ov::SrcHost);
        set_address(d, host, Ov::SrcIp, Ov::SrcPort, Ov::SrcHost);
    }
    for name in [Ov::SrcPort, Ov::DestPort, Ov::Pid, Ov::Bytes, Ov::Count] {
        let span = doc.overlay(d, name);
        if is_number(d.value(span)) {
            default_span(d, name, span);
        }
    }
    status(doc, d);
    http(doc, d, copy);
    kind(doc, d);
}

/// Fills in what follows from that.
pub(super) fn finish(doc: &Doc, sources: &Sources, d: &mut Draft<'_>) {
    severity(doc, d);
    vendors(doc, sources, d);
    if d.rec.outcome == Outcome::Unknown {
        d.rec.outcome = words::usual_outcome(d.rec.event_type);
    }
    d.rec.event_type = words::with_outcome(d.rec.event_type, d.rec.outcome);
}

/// The first time that can be read, best name first.
pub fn time_of(doc: &Doc, d: &Draft<'_>, ctx: &Ctx) -> Option<(Ts, TimeQuality)> {
    if doc.has(Key::JournalTime)
        && let Some(t) = time::value(doc.text(d, Key::JournalTime), ctx)
    {
        return Some(t);
    }
    doc.times.iter().find_map(|(_, at)| {
        let text = d.value(doc.at(d, *at));
        match doc.kind(d, *at) {
            ValueKind::Number => number_time(text, ctx),
            ValueKind::Text => {
                // PowerShell's `/Date(1763456789123)/`.
                let inner = text.strip_prefix("/Date(").and_then(|t| t.split_once(')')).map_or(text, |(t, _)| t);
                // Apache's `%t` has its brackets.
                let inner = inner.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(inner);
                time::value(inner, ctx)
            }
            _ => None,
        }
    })
}

/// Epoch numbers, also with more digits behind the point than an instant has.
fn number_time(text: &str, ctx: &Ctx) -> Option<(Ts, TimeQuality)> {
    if let Some(t) = time::value(text, ctx) {
        return Some(t);
    }
    let value: f64 = text.parse().ok()?;
    let micros = value * 1e6;
    (value > 6.3e8 && value < 4.2e9).then_some((Ts(micros as i64), TimeQuality::Zoned))
}

/// Sets an overlay value unless one is there or the span is empty.
pub fn default_span(d: &mut Draft<'_>, name: Ov, span: Span) {
    if d.rec.overlay[name as usize].is_none() && !span.is_empty() && d.value(span) != "-" {
        d.set_span(name, span);
    }
}

/// Sets an address from a value that may be bracketed, mapped or with a port;
/// a name instead of an address goes to `host`.
pub fn set_address(d: &mut Draft<'_>, span: Span, ip: Ov, port: Ov, host: Ov) {
    if span.is_empty() {
        return;
    }
    let text = d.value(span);
    let Some(a) = addr::parse(text) else {
        if addr::is_host(text) && text.contains('.') {
            default_span(d, host, span);
        }
        return;
    };
    let offset = |part: &str| part.as_ptr() as usize - text.as_ptr() as usize;
    let (at, len) = (offset(a.ip), a.ip.len());
    let port_at = a.port.map(|p| (offset(p), p.len()));
    default_span(d, ip, span.skip(at).first(len));
    if let Some((at, len)) = port_at {
        default_span(d, port, span.skip(at).first(len));
    }
}

fn address(doc: &Doc, d: &mut Draft<'_>, ip: Ov, port: Ov, host: Ov) {
    if d.rec.overlay[ip as usize].is_none() {
        let span = doc.overlay(d, ip);
        // A collector of syslog writes there which relay sent the line.
        if ip == Ov::SrcIp && span == doc.key(d, Key::RelayIp) && doc.text(d, Key::SourceType) == "syslog" {
            return;
        }
        set_address(d, span, ip, port, host);
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 20 && text.bytes().all(|b| b.is_ascii_digit())
}

fn status(doc: &Doc, d: &mut Draft<'_>) {
    for (_, at) in &doc.statuses {
        let span = doc.at(d, *at);
        let text = d.value(span);
        if text.len() == 3 && is_number(text) && matches!(text.as_bytes(), [b'1'..=b'5', ..]) {
            default_span(d, Ov::StatusCode, span);
        } else if d.rec.outcome == Outcome::Unknown
            && let Some(o) = words::outcome(text)
        {
            d.rec.outcome = o;
        }
    }
}

fn http(doc: &Doc, d: &mut Draft<'_>, copy: &mut String) {
    let method = doc.overlay(d, Ov::HttpMethod);
    let text = d.value(method);
    if (2..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase()) {
        default_span(d, Ov::HttpMethod, method);
    }
    let line = doc.text(d, Key::RequestLine);
    let mut target = doc.overlay(d, Ov::Url);
    if (d.get(Ov::HttpMethod).is_none() || target.is_empty()) && line.contains(" HTTP/") {
        copy.clear();
        copy.push_str(line);
        web::set_request(d, copy);
        return;
    }
    // Apache's usual names for path and query: `request` (`%U`) and `query` (`%q`).
    if target.is_empty() && line.starts_with('/') && !line.contains(' ') {
        target = doc.key(d, Key::RequestLine);
    }
    if target.is_empty() || d.rec.overlay[Ov::Url as usize].is_some() {
        return;
    }
    let text = d.value(target);
    let known = d.get(Ov::HttpMethod).is_some() || d.get(Ov::StatusCode).is_some() || text.contains("://");
    if known && (text.starts_with('/') || text.contains("://") || d.get(Ov::HttpMethod).is_some()) {
        copy.clear();
        copy.push_str(text);
        let mut query = doc.text(d, Key::UrlQuery);
        if query.is_empty() {
            // The text of a question to a database has blanks.
            let bare = doc.text(d, Key::BareQuery);
            query = if !bare.contains(' ') && (bare.starts_with('?') || bare.contains('=')) { bare } else { "" };
        }
        let query = query.trim_start_matches('?');
        let mut whole = target;
        if !query.is_empty() && query != "-" && !text.contains('?') {
            copy.push('?');
            copy.push_str(query);
            whole = d.span(copy);
        }
        d.set_span(Ov::Url, whole);
        url::set_decoded(d, copy, whole);
    }
}

fn kind(doc: &Doc, d: &mut Draft<'_>) {
    for (_, at) in &doc.outcomes {
        if d.rec.outcome == Outcome::Unknown
            && let Some(o) = words::outcome(d.value(doc.at(d, *at)))
        {
            d.rec.outcome = o;
        }
    }
    if d.rec.event_type != EventType::Other {
        return;
    }
    for (_, at) in &doc.types {
        let text = d.value(doc.at(d, *at));
        if let Some(kind) = words::event_type(text) {
            d.rec.event_type = kind;
            break;
        }
        // `action: denied` says how it ended, not what it was.
        if d.rec.outcome == Outcome::Unknown
            && let Some(o) = words::outcome(text)
        {
            d.rec.outcome = o;
        }
    }
    if d.rec.event_type == EventType::Other {
        d.rec.event_type = match doc.text(d, Key::EcsCategory) {
            "authentication" => EventType::Login,
            "process" if doc.text(d, Key::EcsType) == "end" => EventType::ProcessEnd,
            "process" => EventType::ProcessStart,
            "network" => EventType::Connection,
            "file" => EventType::FileAccess,
            "database" => EventType::DatabaseQuery,
            "intrusion_detection" | "malware" => EventType::Detection,
            "email" => EventType::Email,
            "web" => EventType::HttpRequest,
            _ if d.get(Ov::HttpMethod).is_some() => EventType::HttpRequest,
            _ => EventType::Other,
        };
    }
    if d.rec.event_type == EventType::HttpRequest
        && d.rec.outcome == Outcome::Unknown
        && let Some(first) = d.get(Ov::StatusCode).and_then(|s| s.bytes().next())
    {
        d.rec.outcome = if first < b'4' { Outcome::Success } else { Outcome::Failure };
    }
}

fn severity(doc: &Doc, d: &mut Draft<'_>) {
    if d.rec.severity != Severity::Info {
        return;
    }
    let word = doc.severities.iter().find_map(|(_, at)| words::severity(d.value(doc.at(d, *at))));
    if let Some(s) = word {
        d.severity(s);
    }
}

/// What particular products say in their own words.
fn vendors(doc: &Doc, sources: &Sources, d: &mut Draft<'_>) {
    if clouds::apply(doc, &sources.clouds, d) {
        return;
    }
    if doc.has(Key::FlowSource) && doc.has(Key::FlowDest) && d.rec.event_type == EventType::Other {
        flow::verdict(d.rec.outcome, sources.firewall, d);
        return;
    }
    if d.rec.logsource == crate::event::Logsource::default() {
        d.rec.logsource = match d.rec.event_type {
            EventType::HttpRequest | EventType::HttpError => sources.web,
            EventType::DnsQuery => sources.dns,
            EventType::FirewallBlock | EventType::FirewallAllow => sources.firewall,
            EventType::DatabaseQuery | EventType::DataAccess => sources.database,
            EventType::Login | EventType::LoginFailed | EventType::Logout => sources.authentication,
            EventType::PermissionChange => sources.application,
            EventType::ProcessStart if of_windows(d) => sources.windows_process,
            EventType::ProcessStart => sources.linux_process,
            _ => sources.none,
        };
    }
}

/// Whether a process or its command line is one of Windows, by its looks.
fn of_windows(d: &Draft<'_>) -> bool {
    let ends = |text: &str| text.len() > 4 && text.as_bytes()[text.len() - 4..].eq_ignore_ascii_case(b".exe");
    let drive =
        |text: &str| matches!(text.trim_start_matches('"').as_bytes(), [c, b':', b'\\', ..] if c.is_ascii_alphabetic());
    let program = |text: &str| ends(text.split_once(' ').map_or(text, |(p, _)| p).trim_matches('"'));
    let process = d.get(Ov::Process).unwrap_or("");
    let command = d.get(Ov::Resource).unwrap_or("");
    ends(process) || drive(process) || drive(command) || program(command)
}
