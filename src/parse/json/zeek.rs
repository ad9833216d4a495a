//! Zeek's logs, as JSON or made of its tab-separated lines: which log it is,
//! and what the names mean that mean something else elsewhere.

use smallvec::SmallVec;

use super::doc::Doc;
use super::names::Key;
use super::{default_span, generic};
use crate::event::{Draft, EventType, Ov, Span};
use crate::parse::Ctx;

/// The value of a field by its name; absent is [`Span::NONE`].
pub(super) fn field(d: &Draft<'_>, name: &str) -> Span {
    let id = d.schema.field(name);
    let same = |f: &&crate::event::Field| {
        f.id == id && (id != crate::event::FieldId::UNKNOWN || d.value(f.name) == name) && !f.value.is_empty()
    };
    d.fields().iter().find(same).map_or(Span::NONE, |f| f.value)
}

/// Logs that are told by a field of theirs where nothing names them.
const BY_FIELD: &[(&str, &str)] = &[
    ("qtype_name", "dns"),
    ("rcode_name", "dns"),
    ("trans_depth", "http"),
    ("conn_state", "conn"),
    ("auth_attempts", "ssh"),
    ("host_key_alg", "ssh"),
    ("named_pipe", "dce_rpc"),
    ("endpoint", "dce_rpc"),
    ("request_type", "kerberos"),
    ("server_nb_computer_name", "ntlm"),
    ("share_type", "smb_mapping"),
    ("mailfrom", "smtp"),
    ("note", "notice"),
    ("ja3", "ssl"),
    ("cipher", "ssl"),
    ("security_protocol", "rdp"),
    ("cookie", "rdp"),
    ("seen.indicator", "intel"),
    ("analyzer", "dpd"),
];

/// Which log a document is of: what it says, else what its fields tell.
fn path_of(doc: &Doc, d: &Draft<'_>) -> SmallVec<[u8; 32]> {
    let own = doc.text(d, Key::ZeekPath);
    if !own.is_empty() {
        return SmallVec::from_slice(own.as_bytes().get(..32).unwrap_or(own.as_bytes()));
    }
    let known = BY_FIELD.iter().find(|(name, _)| field(d, name).is_some());
    known.map_or_else(SmallVec::new, |(_, log)| SmallVec::from_slice(log.as_bytes()))
}

/// Whether a document is a line of one of Zeek's logs.
pub(super) fn is_log(doc: &Doc) -> bool {
    doc.has(Key::ZeekPath) || (doc.has(Key::ZeekUid) && doc.has(Key::ZeekOrigin))
}

/// Fills the overlay.
pub(super) fn apply(doc: &Doc, ctx: &Ctx, sources: &super::Sources, d: &mut Draft<'_>, copy: &mut String) {
    let path = path_of(doc, d);
    let path = std::str::from_utf8(&path).unwrap_or("");
    let category = match path {
        "dns" => "dns",
        // What rules for web servers ask for, it has seen on the way to them.
        "http" => "webserver",
        _ => "",
    };
    d.logsource(d.schema.logsource("zeek", category, path));
    d.rec.event_type = event_type(path);
    let set = |d: &mut Draft<'_>, ov, name| {
        let span = field(d, name);
        default_span(d, ov, span);
    };
    match path {
        "http" => set(d, Ov::DestHost, "host"),
        "ssl" => set(d, Ov::DestHost, "server_name"),
        "rdp" => set(d, Ov::User, "cookie"),
        "kerberos" => {
            set(d, Ov::User, "client");
            set(d, Ov::Resource, "service");
        }
        "ntlm" => set(d, Ov::SrcHost, "hostname"),
        "smb_files" => set(d, Ov::Resource, "name"),
        "smb_mapping" => set(d, Ov::Resource, "path"),
        "dce_rpc" => set(d, Ov::Resource, "operation"),
        "smtp" => {
            set(d, Ov::User, "mailfrom");
            set(d, Ov::Message, "subject");
        }
        "files" => {
            set(d, Ov::SrcIp, "tx_hosts");
            set(d, Ov::DestIp, "rx_hosts");
            set(d, Ov::Resource, "filename");
            set(d, Ov::Bytes, "total_bytes");
        }
        "weird" => set(d, Ov::Message, "name"),
        "notice" => set(d, Ov::Resource, "note"),
        "intel" => set(d, Ov::Resource, "seen.indicator"),
        "conn" => {
            let number = |name| d.value(field(d, name)).parse::<u64>().unwrap_or(0);
            let sum = number("orig_bytes").saturating_add(number("resp_bytes"));
            d.set(Ov::Bytes, &sum.to_string());
        }
        _ => {}
    }
    generic::apply(doc, ctx, sources, d, copy);
    // `host` and `hostname` are the other side here, or the host that was seen.
    if matches!(path, "http" | "ntlm") {
        d.unset(Ov::Host);
    }
    if matches!(path, "ntlm" | "kerberos" | "ssh") && d.rec.outcome == crate::event::Outcome::Unknown {
        // An exchange of which the end was not seen is no log-in.
        d.rec.event_type = EventType::Connection;
    }
}

fn event_type(path: &str) -> EventType {
    use EventType as E;
    match path {
        "dns" => E::DnsQuery,
        "http" => E::HttpRequest,
        "ssl" | "x509" | "ocsp" => E::Tls,
        "ssh" => E::SshLogin,
        "kerberos" | "ntlm" | "radius" => E::Login,
        "smtp" => E::Email,
        "files" | "smb_files" | "smb_mapping" | "pe" => E::FileAccess,
        "mysql" => E::DatabaseQuery,
        "notice" | "intel" | "signatures" => E::Detection,
        "conn" | "rdp" | "rfb" | "ftp" | "dhcp" | "dce_rpc" | "socks" | "tunnel" | "snmp" | "sip" | "irc" | "ntp"
        | "ldap" | "ldap_search" | "modbus" | "dnp3" | "quic" | "websocket" => E::Connection,
        _ => E::Other,
    }
}
