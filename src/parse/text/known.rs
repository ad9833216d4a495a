//! Wordings where client-controlled text stands beside the address, and where
//! to look instead.

use smallvec::SmallVec;

use super::address::{Candidate, split};
use super::voice;

/// Daemons whose messages are known: an address in the place where they write
/// it is the client's.
pub(super) fn program(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "SA",
        "asterisk",
        "danted",
        "exim",
        "exim4",
        "freeswitch",
        "ftpd",
        "gdm",
        "imap",
        "imapd",
        "imapd-ssl",
        "ipop3d",
        "lightdm",
        "login",
        "mariadbd",
        "monit",
        "murmurd",
        "mysqld",
        "nsd",
        "openvpn",
        "ovpn-server",
        "perdition",
        "phpMyAdmin",
        "pop3",
        "pop3d",
        "pop3d-ssl",
        "qmail",
        "rblsmtpd",
        "roundcube",
        "screensharingd",
        "sddm",
        "sendmail",
        "sieve",
        "sm-acceptingconnections",
        "sm-mta",
        "smtp",
        "sockd",
        "sogod",
        "solid-pop3d",
        "squid",
        "suhosin",
        "tcp-env",
        "timsieved",
        "webmin",
        "wu-ftpd",
        "xrdp",
        "xrdp-sesman",
        "znc",
    ];
    NAMES.binary_search(&name).is_ok() || name.starts_with("courier") || name.starts_with("cyrus/")
}

/// Whether a message of a log without tags opens as one of these daemons
/// begins its own.
pub(super) fn opening(msg: &str) -> bool {
    const OPENINGS: &[&str] = &[
        "NOTICE[",
        "WARNING[",
        "SECURITY[",
        "ERROR[",
        "Attempt to deliver to ",
        "Bad Rcon: \"",
        "Client with IP address ",
        "I(<",
        "Logon ",
        "Message from IP address ",
        "Relay attempt from IP address ",
        "SMTP Server",
        "SMTP connection from ",
        "SMTP protocol ",
        "[LOGIN_ERROR] ",
        "[SSL-out] ",
        "[info] <",
        "[vaultwarden::",
        "no IP address found for host ",
        "no MAIL in SMTP connection from ",
        "nsd[",
        "smtp: ",
    ];
    // exim's process and message id
    let text = msg
        .strip_prefix('[')
        .and_then(|r| r.split_once("] "))
        .map_or(msg, |(pid, rest)| if pid.bytes().all(|b| b.is_ascii_digit()) { rest } else { msg });
    let id = text.split(' ').next().filter(|id| id.len() == 16 && id.contains('-')).map_or(0, |id| id.len() + 1);
    let text = text.get(id..).unwrap_or(text);
    let head = msg.get(..msg.floor_char_boundary(64)).unwrap_or(msg);
    OPENINGS.iter().any(|o| text.starts_with(o)) || head.contains("sofia_reg.c:") || head.contains(" [Worker_")
}

/// The source of a message in one of these wordings, if it begins so: with the
/// program's own words.
pub(super) fn source(msg: &str, tagged: bool) -> Option<Candidate<'_>> {
    if let Some(at) = msg.find("H=") {
        // A message's id is no word; the client's command is quoted in what the daemon says of it.
        let head = msg.get(..at)?;
        let head = head.strip_prefix('[').and_then(|h| h.split_once("] ")).map_or(head, |(_, h)| h);
        let id = head.split(' ').next().filter(|id| id.contains('-') && id.len() < 32).map_or(0, str::len);
        let head = head.get(id..)?;
        let own =
            head.is_empty() || msg.starts_with("SMTP ") || voice::own(head, head.len()..head.len(), head.len(), tagged);
        return own.then(|| exim(msg)).flatten();
    }
    if let Some(at) = msg.find(" authenticator failed for ") {
        // `login authenticator failed for NAME (HELO) [ADDR]: 535 …`
        return (!msg.get(..at)?.contains(' ')).then(|| bracket(msg.get(at..)?.split_once(" [")?.1)).flatten();
    }
    if let Some(at) = msg.find("Login failed for ")
        && msg.contains(" from ")
        && let Some(head) = msg.get(..at)
    {
        // Behind the session's id.
        let session = head.starts_with('<') && head.split_once("> ").is_some_and(|(_, rest)| rest == "IMAP Error: ");
        if session || voice::own(msg, at..at, at, tagged) {
            return roundcube(msg);
        }
    }
    // Drupal: `SITE|EPOCH|TYPE|ADDR|URL|…`, its own order.
    if msg.starts_with("http")
        && let [_, epoch, _, ip, _] = msg.splitn(5, '|').collect::<SmallVec<[&str; 5]>>().as_slice()
        && epoch.bytes().all(|b| b.is_ascii_digit())
    {
        return leading(ip);
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
    let (_, rest) = msg.get(..answer(msg)?)?.rsplit_once(" from ")?;
    leading(rest)
}

/// Where what the server answered begins.
fn answer(msg: &str) -> Option<usize> {
    [". AUTHENTICATE", ". Authentication", ". LOGIN", ". Could not", ". Empty", " in /"]
        .iter()
        .filter_map(|m| msg.find(m))
        .min()
}

/// The account in a refusal of Roundcube's: `Login failed for USER against HOST from ADDR. …`.
pub(super) fn account(msg: &str) -> Option<&str> {
    let (_, rest) = msg.split_once("IMAP Error: Login failed for ")?;
    let (named, _) = rest.get(..answer(rest).unwrap_or(rest.len()))?.rsplit_once(" from ")?;
    Some(named.rsplit_once(" against ").map_or(named, |(user, _)| user))
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
    Some(Candidate { ip, port: port.get(..n)?, rank: 9, at: 0, end: 0 })
}

fn leading(s: &str) -> Option<Candidate<'_>> {
    let n = s.bytes().take(64).take_while(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.')).count();
    let (ip, port, _) = split(s.get(..n)?)?;
    Some(Candidate { ip, port, rank: 9, at: 0, end: 0 })
}
