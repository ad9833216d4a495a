//! PostgreSQL: who was let in and who was not, through syslog or in its own log.
//!
//! A line is `PREFIX LEVEL:  MESSAGE`. The prefix is the administrator's choice and mostly
//! holds account, database and the client's address, the account and the database as the
//! client sent them. So an address is the client's only behind a key for it (`client=`), or
//! where no name stands before it; where two could be meant, there is none.

use super::super::util::{addr_port, bare, is_ip, set_port, set_src, set_user};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::Ctx;

/// Its words for the level of a line.
const LEVELS: &[&str] = &[
    "FATAL",
    "LOG",
    "ERROR",
    "WARNING",
    "PANIC",
    "DETAIL",
    "HINT",
    "STATEMENT",
    "CONTEXT",
    "NOTICE",
    "INFO",
    "QUERY",
    "LOCATION",
    "DEBUG",
];

/// Parses a line behind its time; false where it tells of no client.
pub(in crate::parse) fn parse(line: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let Some((prefix, level, msg)) = split(line) else { return false };
    let Some(user) = said(level, msg, d) else { return false };
    if d.get(Ov::SrcIp).is_none() && d.get(Ov::SrcHost).is_none() {
        client(prefix, user, d);
    }
    d.logsource(ctx.ls.database);
    true
}

/// Prefix, level and message, at the first level: what stands behind it may be anybody's.
fn split(line: &str) -> Option<(&str, &str, &str)> {
    memchr::memmem::find_iter(line.as_bytes(), ":  ").find_map(|at| {
        let head = line.get(..at)?;
        let level = LEVELS.iter().find(|l| head.ends_with(**l))?;
        let prefix = head.get(..head.len() - level.len())?;
        (prefix.is_empty() || prefix.ends_with([' ', ':', ',', ']', ')', '|', '>']))
            .then(|| Some((prefix, *level, line.get(at + 3..)?)))?
    })
}

/// Writes what a message says of a client; the account it names.
pub(in crate::parse) fn said<'a>(level: &str, msg: &'a str, d: &mut Draft<'_>) -> Option<&'a str> {
    match level {
        "FATAL" => refused(msg, d),
        "LOG" => told(msg, d),
        _ => None,
    }
}

/// Why somebody was not let in. Names stand in quotes and are the client's.
fn refused<'a>(msg: &'a str, d: &mut Draft<'_>) -> Option<&'a str> {
    // `no pg_hba.conf entry for host "ADDR", user "U", database "D", no encryption`
    let rules = ["no pg_hba.conf entry for ", "pg_hba.conf rejects "];
    if let Some(rest) = rules.iter().find_map(|w| msg.strip_prefix(w)) {
        let (_, rest) = rest.split_once("host \"")?;
        let (addr, rest) = rest.split_once("\", user \"")?;
        failed(EventType::LoginFailed, d);
        set_src(d, addr);
        let user = rest.rsplit_once("\", database \"").map_or(rest, |(u, _)| u);
        set_user(d, user);
        return Some(user);
    }
    if let Some(schema) = msg.strip_prefix("database \"").and_then(|r| r.strip_suffix("\" does not exist")) {
        d.event(EventType::DataAccess, Outcome::Failure);
        d.set_default(Ov::Resource, schema);
        return Some("");
    }
    let name = match msg.strip_prefix("role \"") {
        Some(rest) => {
            let ends = ["\" does not exist", "\" is not permitted to log in"];
            ends.iter().find_map(|e| rest.strip_suffix(e))?
        }
        None => {
            let (how, rest) = msg.split_once(" authentication failed for user \"")?;
            if how.len() > 24 || how.contains('"') {
                return None;
            }
            rest.strip_suffix('"').unwrap_or(rest)
        }
    };
    failed(EventType::LoginFailed, d);
    set_user(d, name);
    Some(name)
}

fn failed(kind: EventType, d: &mut Draft<'_>) {
    super::super::util::failed(d, kind, RecordFlags::ACT_VERDICT);
}

/// How a connection goes on.
fn told<'a>(msg: &'a str, d: &mut Draft<'_>) -> Option<&'a str> {
    if let Some(rest) = msg.strip_prefix("connection received: host=") {
        let (addr, port) = rest.split_once(" port=").unwrap_or((rest, ""));
        d.event(EventType::Connection, Outcome::Unknown);
        set_src(d, addr);
        set_port(d, Ov::SrcPort, port);
        return Some("");
    }
    if let Some(rest) = ["connection authorized: user=", "replication connection authorized: user="]
        .iter()
        .find_map(|w| msg.strip_prefix(w))
    {
        let ends = [" database=", " application_name=", " SSL enabled", " GSS "];
        let end = ends.iter().filter_map(|e| rest.find(e)).min().unwrap_or(rest.len());
        let user = rest.get(..end)?;
        d.event(EventType::Login, Outcome::Success);
        set_user(d, user);
        if let Some((_, schema)) = rest.split_once(" database=") {
            d.set_default(Ov::Resource, schema.split(' ').next().unwrap_or(""));
        }
        return Some(user);
    }
    // The same log-in, a line before: who was proven to be whom.
    if let Some(rest) = msg.strip_prefix("connection authenticated: identity=\"") {
        let user = rest.rsplit_once("\" method=")?.0;
        d.event(EventType::Connection, Outcome::Success);
        set_user(d, user);
        return Some(user);
    }
    let (_, rest) = msg.strip_prefix("disconnection: session time: ")?.split_once(" user=")?;
    let user = rest.split_once(" database=").map_or(rest, |(u, _)| u);
    d.event(EventType::SessionEnd, Outcome::Success);
    set_user(d, user);
    if let Some((_, from)) = rest.rsplit_once(" host=") {
        let (addr, port) = from.split_once(" port=").unwrap_or((from, ""));
        set_src(d, addr);
        set_port(d, Ov::SrcPort, port);
    }
    Some(user)
}

/// The client's address in the prefix.
fn client(prefix: &str, user: &str, d: &mut Draft<'_>) {
    let mut named = false;
    let mut found: Option<(&str, &str)> = None;
    for token in prefix.split([' ', ',', '|', ';']).filter(|t| !t.is_empty()) {
        let value = match token.split_once('=') {
            Some(("client" | "host" | "remote" | "ip" | "src" | "h" | "r", value)) => value,
            Some(_) => {
                named = true;
                continue;
            }
            None if named => continue,
            None => token,
        };
        let Some((addr, port)) = address(value) else {
            named |=
                !value.contains(['[', ']']) && !value.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
            continue;
        };
        if found.is_some_and(|(other, _)| other != addr) {
            return;
        }
        found = Some((addr, port));
    }
    let Some((addr, port)) = found.filter(|(addr, _)| !user.contains(addr)) else { return };
    set_src(d, addr);
    set_port(d, Ov::SrcPort, port);
}

/// `ADDR`, `ADDR(PORT)`, `ADDR:PORT`, the first two also between colons behind a zone.
fn address(token: &str) -> Option<(&str, &str)> {
    let zone = token.bytes().take(5).take_while(u8::is_ascii_uppercase).count();
    let token = token.get(zone..).and_then(|t| t.strip_prefix(':')).filter(|_| zone > 0).unwrap_or(token);
    if let Some((addr, rest)) = token.split_once('(') {
        let port = rest.split_once(')')?.0;
        return is_ip(addr).then_some((addr, port));
    }
    let token = token.trim_end_matches(':');
    let (addr, port) = addr_port(token);
    is_ip(bare(addr)).then_some((addr, port))
}

/// One row of its log in columns: the account, the client and the words are each a column.
pub(in crate::parse) fn row(line: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let Some(columns) = columns(line) else { return false };
    let [_, user, database, pid, from, _, _, _, _, _, _, level, _, msg] = columns;
    let unquoted = msg.replace("\"\"", "\"");
    let known = said(level, &unquoted, d).is_some();
    if !known {
        d.event(EventType::Other, Outcome::Unknown);
    }
    if !user.is_empty() {
        d.set(Ov::User, user);
    }
    d.set_default(Ov::Resource, database);
    d.set(Ov::Pid, pid);
    if d.get(Ov::SrcIp).is_none() && !from.is_empty() && from != "[local]" {
        let (addr, port) = addr_port(from);
        set_src(d, addr);
        set_port(d, Ov::SrcPort, port);
    }
    d.logsource(ctx.ls.database);
    true
}

/// The first fourteen columns, without their quotes; `None` where a line is not of them.
fn columns(line: &str) -> Option<[&str; 14]> {
    let mut out = [""; 14];
    let mut rest = line;
    for place in &mut out {
        let (value, after) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let mut from = 0;
                let end = loop {
                    let at = from + memchr::memchr(b'"', quoted.as_bytes().get(from..)?)?;
                    if quoted.as_bytes().get(at + 1) != Some(&b'"') {
                        break at;
                    }
                    from = at + 2;
                };
                (quoted.get(..end)?, quoted.get(end + 1..)?)
            }
            None => rest.split_at(memchr::memchr(b',', rest.as_bytes())?),
        };
        *place = value;
        rest = after.strip_prefix(',')?;
    }
    let number = !out[3].is_empty() && out[3].bytes().all(|b| b.is_ascii_digit());
    (number && LEVELS.contains(&out[11].trim_end_matches(|c: char| c.is_ascii_digit())) && out[12].len() == 5)
        .then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventRow;
    use crate::parse::{syslog, testing::one, text};

    fn told(line: &str) -> (EventType, Outcome, String, String) {
        let e = one(line, text::parse);
        what(&e)
    }

    fn what(e: &EventRow) -> (EventType, Outcome, String, String) {
        let text = |n| e.ov(n).unwrap_or("").to_owned();
        (e.event_type, e.outcome, text(Ov::User), text(Ov::SrcIp))
    }

    fn want(kind: EventType, outcome: Outcome, user: &str, src: &str) -> (EventType, Outcome, String, String) {
        (kind, outcome, user.to_owned(), src.to_owned())
    }

    #[test]
    fn prefixes() {
        let msg = "FATAL:  password authentication failed for user \"bob\"";
        for (prefix, src) in [
            ("2024-03-02 08:00:00.123 UTC [123] bob@app ", ""),
            ("2024-03-02 08:00:00.123 UTC [123] 10.1.2.3(54321) bob@app ", "10.1.2.3"),
            ("2024-03-02 08:00:00.123 CET [123] 10.1.2.3 bob@app ", "10.1.2.3"),
            ("2024-03-02 08:00:00 UTC:10.1.2.3(54321):bob@app:[123]:", "10.1.2.3"),
            ("2024-03-02 08:00:00 UTC [123]: [3-1] user=bob,db=app,app=[unknown],client=10.1.2.3 ", "10.1.2.3"),
            ("2024-03-02 08:00:00 UTC [123]: [3-1] user=bob,db=app,app=x,client=2001:db8::7 ", "2001:db8::7"),
            // whose is it
            ("2024-03-02 08:00:00 UTC [123] user=bob,db=x,client=6.6.6.6,client=10.1.2.3 ", ""),
            ("2024-03-02 08:00:00 UTC [123] bob@x 6.6.6.6 ", ""),
        ] {
            assert_eq!(
                told(&format!("{prefix}{msg}")),
                want(EventType::LoginFailed, Outcome::Failure, "bob", src),
                "{prefix}"
            );
        }
        let e = one(
            &format!("Mar  2 08:00:00 db1 postgres[123]: [3-1] user=bob,db=app,client=10.1.2.3 {msg}"),
            syslog::parse,
        );
        assert_eq!(what(&e), want(EventType::LoginFailed, Outcome::Failure, "bob", "10.1.2.3"));
    }

    #[test]
    fn a_name_is_no_address() {
        let name = "x,client=6.6.6.6 FATAL:  password authentication failed for user \"root\"";
        let line = format!(
            "2024-03-02 08:00:00 UTC [123] user={name},db=app FATAL:  password authentication failed for user \"{name}\""
        );
        let got = told(&line);
        assert_eq!((got.0, got.1, got.3.as_str()), (EventType::LoginFailed, Outcome::Failure, ""));
        assert_eq!(
            told("2024-03-02 08:00:00 UTC [1] a@b STATEMENT:  select 'FATAL:  password authentication failed for user \"root\"'").0,
            EventType::Other
        );
    }

    #[test]
    fn all_that_is_told() {
        let p = "2024-03-02 08:00:00.123 UTC [123] bob@app ";
        for (msg, kind, outcome, user, src) in [
            (
                "FATAL:  no pg_hba.conf entry for host \"203.0.113.9\", user \"bob\", database \"app\", no encryption",
                EventType::LoginFailed,
                Outcome::Failure,
                "bob",
                "203.0.113.9",
            ),
            (
                "FATAL:  pg_hba.conf rejects connection for host \"203.0.113.9\", user \"bob\", database \"app\", SSL off",
                EventType::LoginFailed,
                Outcome::Failure,
                "bob",
                "203.0.113.9",
            ),
            ("FATAL:  role \"bob\" does not exist", EventType::LoginFailed, Outcome::Failure, "bob", ""),
            (
                "FATAL:  LDAP authentication failed for user \"bob\"",
                EventType::LoginFailed,
                Outcome::Failure,
                "bob",
                "",
            ),
            ("FATAL:  database \"x\" does not exist", EventType::DataAccess, Outcome::Failure, "", ""),
            (
                "LOG:  connection received: host=10.1.2.3 port=54321",
                EventType::Connection,
                Outcome::Unknown,
                "",
                "10.1.2.3",
            ),
            (
                "LOG:  connection authorized: user=bob database=app application_name=psql",
                EventType::Login,
                Outcome::Success,
                "bob",
                "",
            ),
            (
                "LOG:  connection authenticated: identity=\"bob\" method=scram-sha-256 (/etc/pg_hba.conf:97)",
                EventType::Connection,
                Outcome::Success,
                "bob",
                "",
            ),
            (
                "LOG:  disconnection: session time: 0:00:00.010 user=bob database=app host=10.1.2.3 port=54321",
                EventType::SessionEnd,
                Outcome::Success,
                "bob",
                "10.1.2.3",
            ),
        ] {
            assert_eq!(told(&format!("{p}{msg}")), want(kind, outcome, user, src), "{msg}");
        }
        // Trouble of its users' statements is nobody's log-in.
        assert_eq!(told(&format!("{p}ERROR:  relation \"x\" does not exist at character 15")).0, EventType::Other);
    }

    #[test]
    fn rows() {
        let row = "2024-03-02 08:00:00.123 UTC,\"bob\",\"app\",123,\"10.1.2.3:54321\",65e2d8a0.7b,1,\"authentication\",2024-03-02 08:00:00 UTC,3/1,0,FATAL,28P01,\"password authentication failed for user \"\"bob\"\"\",\"x\",,,,,,,,\"\",\"client backend\",,0";
        assert_eq!(told(row), want(EventType::LoginFailed, Outcome::Failure, "bob", "10.1.2.3"));
        let row = "2024-03-02 08:00:00.123 UTC,\"a\"\",FATAL,\"\"\",\"6.6.6.6\",123,\"10.1.2.3:54321\",65e2d8a0.7b,1,\"idle\",2024-03-02 08:00:00 UTC,3/1,0,LOG,00000,\"connection authorized: user=a database=x\",,";
        let got = told(row);
        assert_eq!((got.0, got.3.as_str()), (EventType::Login, "10.1.2.3"));
    }

    proptest::proptest! {
        #[test]
        fn no_panic(s in "[\"a-z0-9.,:@()= é\\[\\]]{0,80}") {
            let _ = told(&format!("2024-03-02 08:00:00 UTC {s}FATAL:  {s}"));
            let _ = told(&format!("2024-03-02 08:00:00 UTC,\"{s}\",{s}"));
        }
    }
}
