//! Suricata's events (EVE): what kind one is of, and what a rule of its own said.

use super::default_span;
use super::doc::Doc;
use super::names::Key;
use super::zeek::field;
use crate::event::{Draft, EventType, Outcome, Ov, Severity};

/// Whether a document is one of Suricata's events.
pub(super) fn is_event(doc: &Doc) -> bool {
    doc.has(Key::EveType) && [Key::FlowId, Key::EveStats, Key::EveInside].into_iter().any(|k| doc.has(k))
}

/// What the names alone do not tell.
pub(super) fn before(doc: &Doc, d: &mut Draft<'_>) {
    use EventType as E;
    let kind = doc.text(d, Key::EveType);
    let event_type = match kind {
        "alert" | "anomaly" => E::Detection,
        "dns" | "mdns" => E::DnsQuery,
        "http" | "http2" => E::HttpRequest,
        "tls" | "quic" => E::Tls,
        "fileinfo" => E::FileAccess,
        "smtp" => E::Email,
        "drop" => E::FirewallBlock,
        "stats" | "engine" => E::Other,
        _ => E::Connection,
    };
    let category = match kind {
        "dns" => "dns",
        "http" => "webserver",
        _ => "",
    };
    let (logsource, alert) = (d.schema.logsource("suricata", category, kind), kind == "alert");
    d.logsource(logsource);
    d.rec.event_type = event_type;
    if alert {
        let signature = doc.key(d, Key::AlertSignature);
        d.set_span(Ov::Message, signature);
        d.severity(match doc.text(d, Key::AlertSeverity) {
            "1" => Severity::High,
            "2" => Severity::Medium,
            _ => Severity::Low,
        });
        // What is blocked did not happen; what is allowed may have.
        d.rec.outcome = if doc.text(d, Key::AlertAction) == "blocked" { Outcome::Failure } else { Outcome::Unknown };
    }
}

/// What other values than the first say.
pub(super) fn after(doc: &Doc, d: &mut Draft<'_>) {
    let id = doc.key(d, Key::FlowId);
    d.set_span(Ov::SessionId, id);
    for name in ["dns.queries.rrname", "alert.category"] {
        let span = field(d, name);
        default_span(d, Ov::Resource, span);
    }
    if d.get(Ov::Bytes).is_none() {
        let number = |name| d.value(field(d, name)).parse::<u64>().ok();
        if let (Some(a), Some(b)) = (number("flow.bytes_toserver"), number("flow.bytes_toclient")) {
            d.set(Ov::Bytes, &a.saturating_add(b).to_string());
        }
    }
}
