//! Wordings where client-controlled text stands beside the address, and where
//! to look instead.

use super::address::{Candidate, split};

/// The source of a message in one of these wordings.
pub(super) fn source(msg: &str) -> Option<Candidate<'_>> {
    if msg.contains("H=") {
        return exim(msg);
    }
    if msg.contains("Login failed for ") && msg.contains(" from ") {
        return roundcube(msg);
    }
    if msg.starts_with("info: block(") {
        return dante(msg);
    }
    None
}

/// `H=NAME (HELO) [ADDR]:PORT I=[LOCAL]:PORT …`. A name may itself look like an
/// address in brackets, but only after a bracket or `=`; the daemon's own stands
/// after a blank. In a protocol error the client's command is quoted before it.
fn exim(msg: &str) -> Option<Candidate<'_>> {
    let at = if msg.contains("SMTP protocol") {
        msg.rfind(" H=")?
    } else {
        msg.find(" H=").or_else(|| msg.starts_with("H=").then_some(0))?
    };
    let host = msg.get(at..)?;
    if let Some(rest) = host.trim_start().strip_prefix("H=[") {
        return bracket(rest);
    }
    bracket(host.split_once(" [")?.1)
}

/// `Login failed for USER from ADDR. …`: the user comes first, and again in what
/// the server answered, after the address.
fn roundcube(msg: &str) -> Option<Candidate<'_>> {
    let head = [". AUTHENTICATE", ". Authentication", ". LOGIN", ". Could not", ". Empty", " in /"]
        .iter()
        .filter_map(|m| msg.find(m))
        .min()?;
    let (_, rest) = msg.get(..head)?.rsplit_once(" from ")?;
    leading(rest)
}

/// `…]: ADDR.PORT ADDR.PORT: error …`: client, then server.
fn dante(msg: &str) -> Option<Candidate<'_>> {
    leading(msg.split_once("]: ")?.1)
}

fn bracket(rest: &str) -> Option<Candidate<'_>> {
    let (addr, after) = rest.split_once(']')?;
    let (ip, _, _) = split(addr)?;
    let port = after.strip_prefix(':').unwrap_or("");
    let n = port.bytes().take(5).take_while(u8::is_ascii_digit).count();
    Some(Candidate { ip, port: port.get(..n)?, rank: 9, at: 0 })
}

fn leading(s: &str) -> Option<Candidate<'_>> {
    let n = s.bytes().take(64).take_while(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.')).count();
    let (ip, port, _) = split(s.get(..n)?)?;
    Some(Candidate { ip, port, rank: 9, at: 0 })
}
