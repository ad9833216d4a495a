//! Addresses in free text, ranked by who is likely to have written them.

use smallvec::SmallVec;

use crate::parse::addr;

/// An address in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidate<'a> {
    pub ip: &'a str,
    pub port: &'a str,
    pub rank: u8,
    /// Where it starts.
    pub at: usize,
    /// Where it ends.
    pub end: usize,
}

/// The most addresses of a line that are looked at.
const MOST: usize = 12;

/// The address that the program most likely wrote as the source of an act: the
/// highest rank, the last of several.
pub(super) fn best(text: &str) -> Option<Candidate<'_>> {
    let all = all(text);
    let alone = all.iter().all(|c| c.ip == all[0].ip);
    let best = all.iter().filter(|c| c.rank > 0).max_by_key(|c| c.rank)?;
    // A bare address among others could be anyone's.
    (best.rank > 1 || alone).then_some(*best)
}

/// The addresses of a text in their order; of rank 0 are those of others.
pub(super) fn all(text: &str) -> SmallVec<[Candidate<'_>; MOST]> {
    let mut found = SmallVec::new();
    let bytes = text.as_bytes();
    let mut i = 0;
    while i < bytes.len() && found.len() < MOST {
        let b = bytes[i];
        let starts = b.is_ascii_hexdigit() || b == b':';
        if !starts || (i > 0 && inside(bytes[i - 1])) {
            i += 1;
            continue;
        }
        let len = bytes[i..].iter().take(64).take_while(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.')).count();
        let Some(run) = text.get(i..i + len) else { break };
        if let Some((ip, port, used)) = split(run)
            && !bytes.get(i + len).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_' || *b == b'-')
        {
            let after = text.get(i + used..).unwrap_or("");
            let port = if port.is_empty() { port_after(after) } else { port };
            let rank = rank(text.get(..i).unwrap_or(""), after).unwrap_or(0);
            found.push(Candidate { ip, port, rank, at: i, end: i + used });
        }
        i += len.max(1);
    }
    found
}

const fn inside(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':')
}

/// Address and port of a run of address characters, and how much of it they are.
pub(super) fn split(run: &str) -> Option<(&str, &str, usize)> {
    let run = run.trim_end_matches(['.', ':']);
    if addr::is_ipv6(run) {
        return Some((addr::unmap(run), "", run.len()));
    }
    if addr::is_ipv4(run) {
        return Some((run, "", run.len()));
    }
    // `1.2.3.4:80`, `1.2.3.4.80`, `::1:80`
    let cut = run.rfind(':').or_else(|| run.rfind('.'))?;
    let (ip, port) = (run.get(..cut)?, run.get(cut + 1..)?);
    if port.len() > 5 || port.is_empty() || !port.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    (addr::is_ipv4(ip) || addr::is_ipv6(ip)).then(|| (addr::unmap(ip), port, run.len()))
}

/// `]:80` after an address in brackets.
fn port_after(rest: &str) -> &str {
    let Some(rest) = rest.strip_prefix("]:") else { return "" };
    let n = rest.bytes().take(5).take_while(u8::is_ascii_digit).count();
    rest.get(..n).unwrap_or("")
}

/// How likely what stands around an address makes it the source; `None` where it
/// is somebody else's.
fn rank(before: &str, after: &str) -> Option<u8> {
    let tail = before.get(before.len().saturating_sub(24)..).unwrap_or(before);
    let lower = tail.to_ascii_lowercase();
    if lower.ends_with("i=[") || lower.ends_with("@") || lower.ends_with("@[") {
        return None;
    }
    let lower = lower.trim_end_matches(['[', '(', '\'', '"', '<', '/', '\\']);
    let lower = lower.strip_suffix("::ffff:").unwrap_or(lower);
    let lower = lower.strip_suffix("ipv6:").unwrap_or(lower).trim_end_matches('[');
    let ends = |list: &[&str]| list.iter().any(|w| lower.ends_with(w));
    if ends(&[
        "i=[",
        "i=",
        "lip=",
        "laddr=",
        "local=",
        "-> ",
        "->",
        "to=",
        "dst=",
        "dest=",
        "server: ",
        "server=",
        "localaddress=",
        "=> ",
        " to ",
        "helo=",
        "helo=<",
        "listen ",
        "via ",
        "x-real-ip: ",
        "x-forwarded-for: ",
        "x-real-ip:",
    ]) {
        return None;
    }
    if ends(&[
        "rip=",
        "rhost=",
        "oip=",
        "peer=",
        "remote=",
        "remoteaddress=",
        "remote_addr=",
        "src=",
        "client=",
        "relay=",
        "peerip=",
        "remoteip=",
        "attacker ",
        "ip: ",
        "ip:",
        "ip=",
        "from ip ",
        "client: ",
        "remote address ",
        "connecting host ",
    ]) {
        return Some(5);
    }
    if ends(&[
        "from ",
        "from=",
        "from: ",
        "client ",
        "host ",
        "for ",
        "by ",
        "addr=",
        "address: ",
        "address ",
        "peer ",
        "blocking ",
        "remote host: ",
        "attackalert: connect from host: ",
        "attempt. ",
        "ip ",
        "access from ",
    ]) {
        return Some(4);
    }
    if tail.ends_with('[') && after.starts_with(']') {
        // `name [addr]`: what the resolver made of a client.
        return Some(4);
    }
    if before.trim_start_matches(['[', '(']).is_empty() {
        return Some(3);
    }
    if tail.ends_with(['(', '\'', '"', '|', '[']) {
        return Some(2);
    }
    Some(1)
}
