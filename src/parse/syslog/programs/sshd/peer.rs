//! Telling the daemon's ` from ADDR port N` from one inside a user name.

use memchr::memmem::{find, rfind};

use super::super::super::util::{bare, digits, is_ip, rcut};

/// `USER from ADDR port N …`: the three, and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Peer<'a> {
    pub user: &'a str,
    pub addr: &'a str,
    pub port: &'a str,
    pub rest: &'a str,
    /// Whether another address stood in a place that the client controls.
    pub decoy: bool,
    /// That address, where the line can be read both ways.
    pub other: &'a str,
}

/// Reads the tail of a verdict: `USER from ADDR[ port N][ sshN[: INFO]]`.
///
/// From the right, the last ` from ` that such a tail follows is the daemon's:
/// a decoy in the user name stands before it. INFO is the exception, as it may
/// hold text of the client (`ruser`, `client user`) and comes last: where an
/// earlier ` from ` after a one-word user is followed by `sshN: INFO`, that one
/// is taken.
pub(super) fn verdict(s: &str) -> Option<Peer<'_>> {
    let last = at(s, rfind(s.as_bytes(), b" from ")?);
    // One ` from ` in all: nothing to choose from.
    let first_at = find(s.as_bytes(), b" from ")?;
    if let Some(p) = last
        && p.user.len() == first_at
    {
        return Some(p);
    }
    let first = at(s, first_at).filter(|p| !p.user.contains(' ') && info(p.rest).is_some_and(|i| !i.is_empty()));
    if let Some(p) = first {
        let other = last.map_or("", |l| l.addr);
        return Some(Peer { decoy: true, other, ..p });
    }
    let mut end = s.len();
    while let Some(i) = rfind(s.as_bytes().get(..end)?, b" from ") {
        if let Some(p) = at(s, i)
            && info(p.rest).is_some()
        {
            return Some(Peer { decoy: true, ..p });
        }
        end = i;
    }
    last
}

/// Reads ` from ADDR[ port N]` at a place; the address must be one word.
fn at(s: &str, i: usize) -> Option<Peer<'_>> {
    let user = s.get(..i)?;
    let tail = s.get(i + 6..)?;
    let (addr, rest) = tail.split_once(' ').unwrap_or((tail, ""));
    if addr.is_empty() {
        return None;
    }
    let (port, rest) = match rest.strip_prefix("port ") {
        Some(r) => {
            let port = digits(r);
            (port, r.get(port.len()..).unwrap_or("").trim_start_matches(' '))
        }
        None => ("", rest),
    };
    Some(Peer { user, addr, port, rest, decoy: false, other: "" })
}

/// The INFO of what follows an address: empty where there is none, `None` where
/// this is not what the daemon writes there.
fn info(rest: &str) -> Option<&str> {
    if rest.is_empty() {
        return Some("");
    }
    let rest = rest.strip_prefix("ssh")?;
    let n = digits(rest).len();
    let rest = rest.get(n..)?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix(": ") }
}

/// `USER ADDR port N` at the end of a text, as disconnects have it.
pub(super) fn trailing(s: &str) -> Option<Peer<'_>> {
    let (head, port) = rcut(s, " port ")?;
    if port.is_empty() || !port.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (user, addr) = head.rsplit_once(' ').unwrap_or(("", head));
    let decoy = user.contains(" port ");
    Some(Peer { user, addr: bare(addr), port, rest: "", decoy, other: "" })
}

/// Most places that are looked at: a name full of ` port ` must stay cheap.
const TRIES: usize = 8;

/// `USER ADDR port N[: ERROR]`, and without a port `USER ADDR`: the last place where
/// it stands, as the error is the daemon's own and the name is the client's.
pub(super) fn within(s: &str) -> Option<Peer<'_>> {
    let mut end = s.len();
    for _ in 0..TRIES {
        let Some(i) = rfind(s.as_bytes().get(..end)?, b" port ") else { break };
        let after = s.get(i + 6..)?;
        let port = digits(after);
        let rest = after.get(port.len()..)?;
        if !port.is_empty()
            && (rest.is_empty() || rest.starts_with(':'))
            && let Some((user, addr)) = s.get(..i)?.rsplit_once(' ')
            && is_ip(bare(addr))
        {
            return Some(Peer { user, addr: bare(addr), port, rest, decoy: user.contains(" port "), other: "" });
        }
        end = i;
    }
    let (user, addr) = s.rsplit_once(' ')?;
    is_ip(bare(addr)).then(|| Peer { user, addr: bare(addr), port: "", rest: "", decoy: false, other: "" })
}
