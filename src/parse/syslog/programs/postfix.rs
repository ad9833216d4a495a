//! postfix. Clients are written `NAME[ADDR]`; a name cannot hold a bracket, and
//! what the client said comes after it.

use super::super::util::{cut, digits, failed, pair, set_client, set_src, set_user};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::Ctx;

pub(super) fn parse(daemon: &str, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.postfix);
    let text = msg.strip_prefix("warning: ").unwrap_or(msg);
    if let Some((client, rest)) = cut(text, ": SASL ") {
        // `NAME[ADDR][:PORT]: SASL METHOD authentication failed: …[, sasl_username=U]`
        if rest.split(' ').nth(1) == Some("authentication")
            && rest.contains(" authentication failed")
            && !client.contains(' ')
        {
            failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
            client_of(client, d);
            if let Some((_, user)) = cut(rest, ", sasl_username=") {
                set_user(d, user);
            }
            return;
        }
    }
    // A queue id or NOQUEUE may stand before the verdict.
    let (id, body) = match cut(text, ": ") {
        Some((id, body))
            if !id.is_empty()
                && id.len() < 24
                && id.bytes().all(|b| b.is_ascii_alphanumeric())
                && id != "statistics" =>
        {
            (id, body)
        }
        _ => ("", text),
    };
    if !id.is_empty() && id != "NOQUEUE" {
        d.set(Ov::SessionId, id);
    }
    if let Some(rest) = body.strip_prefix("reject: ").or_else(|| body.strip_prefix("milter-reject: ")) {
        d.event(EventType::Email, Outcome::Failure);
        from(rest, d);
        d.set_default(Ov::StatusCode, cut(rest, "]: ").map_or("", |(_, r)| digits(r)));
        addresses(rest, d);
    } else if let Some(rest) = body.strip_prefix("client=") {
        d.event(EventType::Email, Outcome::Success);
        client_of(rest.split(',').next().unwrap_or(""), d);
        if let Some((_, user)) = rest.split_once(", sasl_username=") {
            d.event(EventType::Login, Outcome::Success);
            set_user(d, user.split(',').next().unwrap_or(""));
        }
    } else if let Some(rest) = body.strip_prefix("SSL_accept error from ") {
        d.event(EventType::Connection, Outcome::Failure);
        client_of(rest.rsplit_once(": ").map_or(rest, |(c, _)| c), d);
    } else if let Some(rest) = body.strip_prefix("disconnect from ") {
        let bad = pair(rest, "auth=").is_some_and(|a| a.starts_with("0/"));
        d.event(EventType::Connection, if bad { Outcome::Failure } else { Outcome::Unknown });
        client_of(rest, d);
    } else if let Some(rest) = body.strip_prefix("connect from ").or_else(|| body.strip_prefix("CONNECT from ")) {
        d.event(EventType::Connection, Outcome::Success);
        client_of(rest, d);
    } else if [
        "improper command pipelining",
        "too many errors",
        "lost connection",
        "timeout after",
        "PREGREET ",
        "HANGUP ",
        "COMMAND TIME LIMIT",
        "COMMAND COUNT LIMIT",
        "COMMAND PIPELINING",
        "NON-SMTP COMMAND",
        "BARE NEWLINE",
        "BARE LF",
        "non-SMTP command",
        "DNSBL rank",
        "Connection rate limit exceeded",
        "Message delivery request rate limit exceeded",
        "Recipient address rate limit exceeded",
        "Connection concurrency limit exceeded",
        "New TLS session rate limit",
    ]
    .iter()
    .any(|p| body.starts_with(p))
    {
        let lost =
            body.starts_with("lost connection") || body.starts_with("timeout after") || body.starts_with("HANGUP");
        let quiet = lost && !body.contains(" after AUTH");
        d.event(EventType::Connection, if quiet { Outcome::Unknown } else { Outcome::Failure });
        if let Some((_, client)) = body.strip_prefix("DNSBL rank ").and_then(|r| r.split_once(" for ")) {
            client_of(client, d);
        } else {
            from(body, d);
        }
    } else if let Some((_, rest)) =
        body.strip_prefix("hostname ").and_then(|r| r.split_once(" does not resolve to address "))
    {
        set_src(
            d,
            rest.split([' ', ':'])
                .next()
                .filter(|_| !rest.contains("::"))
                .unwrap_or_else(|| rest.split(": ").next().unwrap_or("")),
        );
    } else if let Some(rest) = body.strip_prefix("to=<") {
        delivered(rest, d);
    } else if let Some(rest) = body.strip_prefix("from=<") {
        d.event(EventType::Email, Outcome::Unknown);
        d.field("from", rest.split('>').next().unwrap_or(""));
        d.set_default(Ov::Bytes, pair(rest, "size=").unwrap_or(""));
    } else if daemon == "anvil" {
        d.event(EventType::Other, Outcome::Unknown);
    }
}

/// The first ` from NAME[ADDR]`: only the daemon's words stand before it.
fn from(s: &str, d: &mut Draft<'_>) {
    if let Some((_, rest)) = cut(s, " from ") {
        client_of(rest, d);
    }
}

/// `NAME[ADDR]` or `[ADDR]:PORT` at the start.
fn client_of(s: &str, d: &mut Draft<'_>) {
    let Some((name, rest)) = s.split_once('[') else { return };
    let Some((addr, rest)) = rest.split_once(']') else { return };
    if name.contains(' ') {
        return;
    }
    set_client(d, name, addr);
    if let Some(port) = rest.strip_prefix(':') {
        super::super::util::set_port(d, Ov::SrcPort, port);
    }
}

fn addresses(s: &str, d: &mut Draft<'_>) {
    for (key, name) in [("from=<", "from"), ("to=<", "to"), ("helo=<", "helo")] {
        if let Some((_, rest)) = s.split_once(key) {
            d.field(name, rest.split('>').next().unwrap_or(""));
        }
    }
}

/// `to=<x>, relay=…, status=sent (…)`.
fn delivered(rest: &str, d: &mut Draft<'_>) {
    let ok = match pair(rest, "status=") {
        Some("sent") => Outcome::Success,
        Some("bounced" | "expired") => Outcome::Failure,
        _ => Outcome::Unknown,
    };
    d.event(EventType::Email, ok);
    d.field("to", rest.split('>').next().unwrap_or(""));
}
