//! Exim: `ID <= SENDER H=NAME (HELO) [ADDR]:PORT … A=METHOD:ACCOUNT …`, deliveries, refused log-ins.
//!
//! Sender, `HELO` and what stands behind the address are the client's. A sender may be
//! quoted; the address is the first behind a blank and a bracket after `H=`.

use super::super::util::{digits, failed, is_ip, set_client, set_dest, set_port, set_user};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::Ctx;

/// Parses a message; false where its words are others.
pub(in crate::parse) fn parse(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    // `[pid] `, where it is told to write it.
    let text = match msg.strip_prefix('[').and_then(|r| r.split_once("] ")) {
        Some((pid, rest)) if !pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit()) => rest,
        _ => msg,
    };
    let known = match text.split_once(' ') {
        Some((id, rest)) if is_id(id) => queued(id, rest, d),
        _ => refused(text, d) || connection(text, d),
    };
    if known {
        d.logsource(ctx.ls.mail);
    }
    known
}

/// The number of a message: `1tABCD-0001ab-2C`, longer since 4.97.
fn is_id(word: &str) -> bool {
    let mut parts = word.split('-');
    let lengths = [parts.next(), parts.next(), parts.next()].map(|p| p.map_or(0, str::len));
    matches!(lengths, [6, 6, 2] | [6, 11, 4])
        && parts.next().is_none()
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn queued(id: &str, rest: &str, d: &mut Draft<'_>) -> bool {
    let (flag, what) = rest.split_once(' ').unwrap_or((rest, ""));
    match flag {
        "<=" => arrived(what, d),
        "=>" | "->" | ">>" | "*>" => delivered(what, Outcome::Success, d),
        "**" => delivered(what, Outcome::Failure, d),
        "==" => delivered(what, Outcome::Unknown, d),
        "Completed" => d.event(EventType::Email, Outcome::Success),
        _ => return false,
    }
    d.set(Ov::SessionId, id);
    true
}

/// `SENDER H=… [ADDR]:PORT … P=esmtpsa X=… A=plain:bob S=1234 …`
fn arrived(what: &str, d: &mut Draft<'_>) {
    d.event(EventType::Email, Outcome::Success);
    let (sender, rest) = address(what);
    d.field("from", sender);
    let Some(host) = rest.strip_prefix("H=") else {
        // `U=bob P=local S=…`: of an account of this machine.
        if let Some(user) = rest.strip_prefix("U=") {
            set_user(d, user.split(' ').next().unwrap_or(""));
        }
        return;
    };
    let Some(rest) = peer(host, d) else { return };
    let mut method = None;
    for (name, value, after) in members(rest) {
        match name {
            "A" => method = Some((value, after)),
            "S" => {
                d.set(Ov::Bytes, digits(value));
                break;
            }
            // The client's words from here on.
            "id" | "T" | "for" | "from" => break,
            _ => {}
        }
    }
    if let Some((value, after)) = method {
        d.event(EventType::Login, Outcome::Success);
        let (how, _) = value.split_once(':').unwrap_or((value, ""));
        d.field("method", how);
        // An account's name may have blanks; the size stands behind it.
        let from = how.len() + 1;
        let whole = after.split_once(" S=").map_or(value, |(v, _)| v);
        set_user(d, whole.get(from..).unwrap_or(""));
    }
}

/// The recipient, and where it went: `H=NAME [ADDR]` is the other server.
fn delivered(what: &str, outcome: Outcome, d: &mut Draft<'_>) {
    d.event(EventType::Email, outcome);
    let (recipient, rest) = address(what);
    d.field("to", recipient.trim_end_matches(':'));
    if let Some((_, host)) = rest.split_once(" H=").filter(|(head, _)| head.starts_with("R=") || head.contains(" R="))
        && let Some((_, addr)) = host.split_once('[')
        && let Some((addr, _)) = addr.split_once(']')
        && is_ip(addr)
    {
        set_dest(d, addr);
    }
}

/// A mail address at the start of a text, its local part in quotes or not, and what follows.
fn address(text: &str) -> (&str, &str) {
    let quoted = text.strip_prefix('"').map_or(0, |rest| {
        let mut escaped = false;
        let close = rest.bytes().position(|b| {
            let end = b == b'"' && !escaped;
            escaped = b == b'\\' && !escaped;
            end
        });
        close.map_or(text.len(), |at| at + 2)
    });
    let end = text.get(quoted..).and_then(|r| r.find(' ')).map_or(text.len(), |at| quoted + at);
    (text.get(..end).unwrap_or(text), text.get(end..).unwrap_or("").trim_start())
}

/// `NAME (HELO) [ADDR]:PORT `: sets the client, gives what follows.
fn peer<'a>(host: &'a str, d: &mut Draft<'_>) -> Option<&'a str> {
    let (name, rest) = match host.strip_prefix('[') {
        Some(rest) => ("", rest),
        None => host.split_once(" [")?,
    };
    let (addr, rest) = rest.split_once(']')?;
    if !is_ip(addr) {
        return None;
    }
    // What stands in brackets the client called itself.
    let name = name.split(" (").next().filter(|n| !n.starts_with('(')).unwrap_or("");
    set_client(d, name, addr);
    let Some(port) = rest.strip_prefix(':') else { return Some(rest) };
    let port = digits(port);
    set_port(d, Ov::SrcPort, port);
    rest.get(1 + port.len()..)
}

/// `NAME=VALUE` parted by blanks, values in quotes or not; with each what stands from its value on.
fn members(text: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(' ');
        let word = rest.split(' ').next().filter(|w| !w.is_empty())?;
        let Some((name, _)) = word.split_once('=') else {
            rest = rest.get(word.len()..)?;
            return Some((word, "", rest));
        };
        let from = rest.get(name.len() + 1..)?;
        let len = match from.strip_prefix('"') {
            Some(inner) => inner.find('"').map_or(from.len(), |at| at + 2),
            None => word.len() - name.len() - 1,
        };
        rest = from.get(len..).unwrap_or("");
        Some((name, from.get(..len)?, from))
    })
}

/// `METHOD authenticator failed for NAME (HELO) [ADDR]:PORT I=[…]: 535 … (set_id=U)`
fn refused(text: &str, d: &mut Draft<'_>) -> bool {
    let Some((method, rest)) = text.split_once(" authenticator failed for ") else { return false };
    if method.contains(' ') {
        return false;
    }
    let Some(rest) = peer(rest.strip_prefix("H=").unwrap_or(rest), d) else { return false };
    failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
    d.field("method", method);
    if let Some((_, user)) = rest.split_once("(set_id=") {
        set_user(d, user.rsplit_once(')').map_or(user, |(u, _)| u));
    }
    true
}

/// `SMTP connection from NAME (HELO) [ADDR]:PORT …`
fn connection(text: &str, d: &mut Draft<'_>) -> bool {
    let Some(rest) = text.strip_prefix("SMTP connection from ") else { return false };
    let Some(rest) = peer(rest, d) else { return false };
    let refused = ["closed by DROP", "dropped", "refused", "rejected", "too many"].iter().any(|w| rest.contains(w));
    d.event(EventType::Connection, if refused { Outcome::Failure } else { Outcome::Unknown });
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{syslog, testing::one, text};

    fn both(msg: &str) -> [crate::event::EventRow; 2] {
        [
            one(&format!("Mar  2 08:00:00 mx exim[12]: {msg}"), syslog::parse),
            one(&format!("2026-03-02 08:00:00 {msg}"), text::parse),
        ]
    }

    #[test]
    fn log_ins_and_mail() {
        use EventType::{Connection, Email, Login, LoginFailed};
        let id = "1tABCD-0001ab-2C";
        for (msg, kind, user, src, dest) in [
            (format!("{id} <= bob@example.org H=h.example.net (me) [203.0.113.5]:4711 P=esmtpsa X=TLS1.3:A:256 CV=no A=plain_login:bob S=1234 id=x@y T=\"A=login:eve\""), Login, "bob", "203.0.113.5", ""),
            (format!("{id} <= bob@example.org H=(me) [203.0.113.5] P=esmtpa A=LOGIN:bob@example.org S=1234"), Login, "bob@example.org", "203.0.113.5", ""),
            (format!("{id} <= x@y H=(me) [203.0.113.5] P=esmtpa A=LOGIN:bob [6.6.6.6] S=1234"), Login, "bob [6.6.6.6]", "203.0.113.5", ""),
            (format!("{id} <= x@y H=(me) [203.0.113.5] P=esmtps DN=\"CN=x A=login:eve\" S=1234"), Email, "", "203.0.113.5", ""),
            (format!("{id} <= x@y H=(me) [203.0.113.5] P=esmtp S=12 id=a A=login:eve"), Email, "", "203.0.113.5", ""),
            (format!("{id} <= \"a H=(x) [6.6.6.6] A=login:eve\"@example.org H=([6.6.6.6]) [203.0.113.5] P=esmtp S=1"), Email, "", "203.0.113.5", ""),
            (format!("{id} <= <> R=1tABCD-0001aa-2C U=Debian-exim P=local S=12"), Email, "", "", ""),
            ("1tABCD-00000001abC-2C4d <= bob@h U=bob P=local S=12".to_owned(), Email, "bob", "", ""),
            (format!("{id} => eve@example.net R=dnslookup T=remote_smtp H=mx.example.net [198.51.100.1] C=\"250 OK\""), Email, "", "", "198.51.100.1"),
            (format!("{id} ** eve@example.net R=dnslookup T=remote_smtp H=mx.example.net [198.51.100.1]: SMTP error from remote mail server after RCPT TO: 550 rejected"), Email, "", "", "198.51.100.1"),
            (format!("{id} Completed"), Email, "", "", ""),
            ("plain authenticator failed for h.example.net (me) [203.0.113.5]:4711 I=[10.0.0.1]:587: 535 Incorrect authentication data (set_id=bob)".to_owned(), LoginFailed, "bob", "203.0.113.5", ""),
            ("login authenticator failed for ([6.6.6.6]) [203.0.113.5]: 535 Incorrect authentication data (set_id=a) [6.6.6.6] (set_id=b)".to_owned(), LoginFailed, "a) [6.6.6.6] (set_id=b", "203.0.113.5", ""),
            ("SMTP connection from [203.0.113.5]:4711 (TCP/IP connection count = 1)".to_owned(), Connection, "", "203.0.113.5", ""),
        ] {
            for e in both(&msg) {
                assert_eq!(e.event_type, kind, "{msg}");
                assert_eq!([Ov::User, Ov::SrcIp, Ov::DestIp].map(|n| e.ov(n).unwrap_or("")), [user, src, dest], "{msg}");
                assert!(e.ov(Ov::Process).is_some_and(|p| p.starts_with("exim")), "{msg}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn no_panic(s in "(H=|A=|S=|\"|\\(|\\)| \\[|\\]|:|é|[a-z0-9.]{1,6}| ){0,24}") {
            for head in ["1tABCD-0001ab-2C <= ", "1tABCD-0001ab-2C => ", "x authenticator failed for ", "SMTP connection from "] {
                let _ = both(&format!("{head}{s}"));
            }
        }
    }
}
