//! Connections: how they start, how they end, and what is wrong with them.

use super::super::super::util::{addr_port, cut, rcut, set_dest, set_src, set_user};
use super::{auth, failed, known_user, peer, set_peer, set_port};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};

/// What clients say when they give up because they are not let in.
const REFUSED: [&str; 3] = ["Auth fail", "Auth cancel", "No supported authentication methods available"];

/// Parses what is neither a verdict nor a notice. `preauth`: the daemon's mark
/// that nobody was logged in yet.
pub(super) fn parse(msg: &str, preauth: bool, d: &mut Draft<'_>) {
    let ended = if preauth { Outcome::Failure } else { Outcome::Unknown };
    if let Some(rest) = msg.strip_prefix("Connection closed by ").or_else(|| msg.strip_prefix("Connection reset by ")) {
        end(rest, ended, d);
    } else if let Some(rest) = msg.strip_prefix("Disconnected from ") {
        end(rest, ended, d);
    } else if let Some(rest) = msg.strip_prefix("Received disconnect from ") {
        // The address stands first; what follows is the client's own text.
        d.event(EventType::SshDisconnect, ended);
        let addr = rest.split(' ').next().unwrap_or("");
        set_src(d, addr.strip_suffix(':').unwrap_or(addr));
        if let Some((_, port)) = cut(rest, " port ").filter(|(a, _)| a.len() == addr.len()) {
            set_port(d, Ov::SrcPort, port);
        }
        if let Some(reason) = REFUSED.iter().find(|r| rest.contains(*r)) {
            failed(d, EventType::SshDisconnect, RecordFlags::ACT_END);
            d.field("reason", reason);
        }
    } else if let Some(rest) = msg.strip_prefix("Connection from ") {
        d.event(EventType::Connection, Outcome::Unknown);
        opened(rest, d);
    } else if let Some(rest) = msg.strip_prefix("Disconnecting") {
        disconnecting(rest, d);
    } else if let Some(rest) = msg.strip_prefix("Did not receive identification string from ") {
        d.event(EventType::Connection, Outcome::Failure);
        address(rest, d);
    } else if msg.starts_with("Bad protocol version identification ") {
        // The client's text stands in quotes before the address.
        d.event(EventType::Connection, Outcome::Failure);
        if let Some((_, rest)) = rcut(msg, "' from ") {
            address(rest, d);
        }
    } else if let Some(rest) = msg.strip_prefix("Unable to negotiate with ") {
        d.event(EventType::Connection, Outcome::Failure);
        // What follows may be the client's offer.
        party(cut(rest, ": no matching ").map_or(rest, |(head, _)| head), d);
    } else if let Some(rest) = msg
        .strip_prefix("Read error from remote host ")
        .or_else(|| msg.strip_prefix("Timeout, client not responding from "))
    {
        d.event(EventType::SshDisconnect, ended);
        party(rest, d);
    } else if let Some(rest) = msg.strip_prefix("Timeout before authentication for ") {
        d.event(EventType::Connection, Outcome::Failure);
        address(rest.strip_prefix("connection from ").unwrap_or(rest), d);
    } else if let Some(rest) = broken(msg) {
        d.event(EventType::Connection, Outcome::Failure);
        party(rest, d);
    } else if let Some(rest) = msg.strip_prefix("ROOT LOGIN REFUSED FROM ") {
        auth::root_refused(rest, d);
    } else {
        rest_of(msg, d);
    }
}

fn rest_of(msg: &str, d: &mut Draft<'_>) {
    if msg.starts_with("kex_exchange_identification: ") || msg.starts_with("Read from socket failed") {
        d.event(EventType::Connection, Outcome::Failure);
    } else if let Some(rest) = msg.strip_prefix("drop connection #") {
        // `drop connection #10 from [ADDR]:PORT on [ADDR]:22 past MaxStartups`
        d.event(EventType::Connection, Outcome::Failure);
        if let Some((_, r)) = cut(rest, " from ") {
            let (addr, port) = addr_port(r.split(' ').next().unwrap_or(""));
            set_src(d, addr);
            set_port(d, Ov::SrcPort, port);
        }
    } else if let Some(rest) = msg.strip_prefix("Starting session: ") {
        // `shell on pts/0 for USER from ADDR port N id 0`
        d.event(EventType::SessionStart, Outcome::Success);
        if let Some((_, who)) = cut(rest, " for ")
            && let Some((user, tail)) = rcut(who, " from ")
        {
            set_user(d, user);
            address(tail, d);
        }
    } else if let Some(rest) = msg.strip_prefix("Close session: user ") {
        d.event(EventType::SessionEnd, Outcome::Success);
        if let Some((user, tail)) = rcut(rest, " from ") {
            set_user(d, user);
            address(tail, d);
        }
    } else if msg.starts_with("Server listening on ") {
        d.event(EventType::ServiceChange, Outcome::Success);
    } else if msg.starts_with("Received signal ") || msg.starts_with("Received SIGHUP") {
        d.event(EventType::ServiceChange, Outcome::Unknown);
    } else if let Some(rest) = msg.strip_prefix("subsystem request for ") {
        if let Some((what, user)) = cut(rest, " by user ") {
            d.event(EventType::SessionStart, Outcome::Success);
            d.set(Ov::Resource, what);
            set_user(d, user.split(' ').next().unwrap_or(""));
        }
    } else {
        super::other(msg, d);
    }
}

/// The party of a connection that broke: `FUNCTION: Connection from PARTY[: ERROR]`.
fn broken(msg: &str) -> Option<&str> {
    let (function, rest) = msg.split_once(": Connection ")?;
    let plain = |b: u8| b.is_ascii_lowercase() || matches!(b, b'_' | b' ');
    let from = rest.strip_prefix("from ").or_else(|| rest.strip_prefix("to "))?;
    function.bytes().all(plain).then_some(from)
}

/// `[invalid |authenticating ]user USER ADDR port N[: ERROR]`, where the daemon knows
/// whose connection it is, else `ADDR[ port N]`.
fn party(s: &str, d: &mut Draft<'_>) {
    let invalid = s.strip_prefix("invalid user ");
    let Some(named) = invalid.or_else(|| s.strip_prefix("authenticating user ")).or_else(|| s.strip_prefix("user "))
    else {
        return address(s, d);
    };
    if invalid.is_some() {
        d.field("invalid_user", "true");
    }
    if let Some(p) = peer::within(named) {
        if p.decoy {
            d.field("decoy", "true");
        }
        set_peer(d, p.user, p.addr, p.port);
    }
}

/// `ADDR[ port N]` at the start; the client's text may follow.
fn address(s: &str, d: &mut Draft<'_>) {
    let (addr, rest) = s.split_once(' ').unwrap_or((s, ""));
    set_src(d, addr.strip_suffix([':', ',', ';']).unwrap_or(addr));
    if let Some(port) = rest.strip_prefix("port ") {
        set_port(d, Ov::SrcPort, port);
    }
}

/// `PARTY on ADDR port N[ rdomain …]`.
fn opened(s: &str, d: &mut Draft<'_>) {
    let on = rcut(s, " on ");
    party(on.map_or(s, |(head, _)| head), d);
    if let Some((_, rest)) = on {
        let (addr, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        set_dest(d, addr);
        if let Some(port) = rest.strip_prefix("port ") {
            set_port(d, Ov::DestPort, port);
        }
    }
}

/// The end of a connection: `ADDR[ port N]`, or `[invalid|authenticating ]user
/// USER ADDR port N`, read from the right.
///
/// Who ends it before being in had tried to log in: of keys that are refused
/// sshd writes nothing else. It is the end of that attempt, and not one more.
fn end(s: &str, ended: Outcome, d: &mut Draft<'_>) {
    d.event(EventType::SshDisconnect, ended);
    let tried = s
        .strip_prefix("authenticating user ")
        .or_else(|| s.strip_prefix("invalid user ").inspect(|_| d.field("invalid_user", "true")));
    if tried.is_some() {
        failed(d, EventType::SshDisconnect, RecordFlags::ACT_END);
    }
    let Some(named) = tried.or_else(|| s.strip_prefix("user ")) else { return address(s, d) };
    if let Some(p) = peer::trailing(named) {
        if p.decoy {
            d.field("decoy", "true");
        }
        set_peer(d, p.user.trim_end_matches(' '), p.addr, p.port);
    } else if let Some((user, addr)) = named.rsplit_once(' ') {
        set_peer(d, user, addr, "");
    }
}

/// `Disconnecting: Too many authentication failures[ for USER]` and
/// `Disconnecting [invalid|authenticating ]user USER ADDR port N: REASON`.
fn disconnecting(rest: &str, d: &mut Draft<'_>) {
    d.event(EventType::SshDisconnect, Outcome::Failure);
    if let Some(reason) = rest.strip_prefix(": ") {
        if let Some(user) = reason.strip_prefix("Too many authentication failures") {
            failed(d, EventType::SshDisconnect, RecordFlags::ACT_LIMIT);
            if let Some(user) = user.strip_prefix(" for ") {
                set_user(d, known_user(user).0);
            }
        }
        return;
    }
    let rest = rest.trim_start_matches(' ');
    let rest = rest.strip_prefix("authenticating ").unwrap_or(rest);
    let (rest, invalid) = known_user(rest);
    if invalid {
        d.field("invalid_user", "true");
    }
    let rest = rest.strip_prefix("user ").unwrap_or(rest);
    let peer = if let Some(head) = rest.strip_suffix(": Too many authentication failures") {
        failed(d, EventType::SshDisconnect, RecordFlags::ACT_LIMIT);
        peer::trailing(head)
    } else {
        changed(rest)
    };
    if let Some(p) = peer {
        d.flag(RecordFlags::ACT_END);
        set_peer(d, p.user, p.addr, p.port);
    } else {
        // `ADDR port N: REASON`
        let addr = rest.split(' ').next().unwrap_or("");
        if super::super::super::util::is_ip(addr) {
            address(rest, d);
        }
    }
}

/// `USER ADDR port N: Change of username or service not allowed: (USER,S) -> (…)`:
/// the place where the same user stands on both sides, the last of them.
fn changed(rest: &str) -> Option<peer::Peer<'_>> {
    const REASON: &str = ": Change of username or service not allowed: (";
    let mut end = rest.len();
    // Few tries: a line full of the phrase must stay cheap.
    for _ in 0..4 {
        let i = rest.get(..end)?.rfind(REASON)?;
        if let Some(p) = peer::trailing(rest.get(..i)?)
            && rest.get(i + REASON.len()..)?.strip_prefix(p.user).is_some_and(|r| r.starts_with(','))
        {
            return Some(p);
        }
        end = i;
    }
    None
}
