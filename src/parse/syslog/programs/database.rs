//! MySQL and MariaDB: who was not let in, through syslog or in their own error
//! log. The name is the client's choice, so the address is what stands behind
//! the last `'@'`.

use super::super::util::{set_src, set_user};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::Ctx;

/// Parses a message; false where it is no such one.
pub(in crate::parse) fn mysql(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    if let Some((_, rest)) = msg.split_once("Access denied for user '") {
        let Some((user, host)) = rest.rsplit_once("'@'") else { return false };
        let Some((host, more)) = host.split_once('\'') else { return false };
        if let Some(schema) = more.strip_prefix(" to database '") {
            // Known, but not there.
            d.event(EventType::DataAccess, Outcome::Failure);
            d.set_default(Ov::Resource, schema.trim_end_matches('\''));
        } else {
            d.event(EventType::LoginFailed, Outcome::Failure);
            d.flag(RecordFlags::ACT_VERDICT);
        }
        set_user(d, user);
        set_src(d, host);
    } else if msg.contains("Aborted connection ") || msg.contains("Aborted connect ") {
        let (Some((_, user)), Some((_, host))) = (msg.split_once(" user: '"), msg.rsplit_once(" host: '")) else {
            return false;
        };
        d.event(EventType::Connection, Outcome::Failure);
        let user = user.split('\'').next().unwrap_or("");
        if !matches!(user, "unauthenticated" | "unconnected") {
            set_user(d, user);
        }
        set_src(d, host.split('\'').next().unwrap_or(""));
    } else {
        return false;
    }
    d.logsource(ctx.ls.database);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventRow;
    use crate::parse::{syslog, testing::one, text};

    fn told(e: &EventRow) -> [&str; 3] {
        [Ov::User, Ov::SrcIp, Ov::SrcHost].map(|n| e.ov(n).unwrap_or(""))
    }

    #[test]
    fn refused_log_ins() {
        let e = one(
            "2026-03-02T10:00:00.123456Z 12 [Note] [MY-010926] [Server] Access denied for user 'root'@'203.0.113.7' (using password: YES)",
            text::parse,
        );
        assert_eq!(
            (e.event_type, e.outcome, told(&e)),
            (EventType::LoginFailed, Outcome::Failure, ["root", "203.0.113.7", ""])
        );
        assert_eq!(e.time.to_rfc3339(), "2026-03-02T10:00:00.123456Z");
        let e = one(
            "260302 10:00:00 [Warning] Access denied for user 'admin'@'db.example.org' (using password: NO)",
            text::parse,
        );
        assert_eq!(told(&e), ["admin", "", "db.example.org"]);
        let e = one(
            "Mar  2 10:00:00 db mariadbd[7]: 2026-03-02 10:00:00 12 [Warning] Access denied for user 'x'@'localhost' (using password: YES)",
            syslog::parse,
        );
        assert_eq!((e.event_type, told(&e)), (EventType::LoginFailed, ["x", "", "localhost"]));
    }

    #[test]
    fn a_name_is_no_address() {
        let e = one(
            "2026-03-02T10:00:00Z 12 [Note] Access denied for user 'a'@'192.0.2.1' x'@'203.0.113.7' (using password: YES)",
            text::parse,
        );
        assert_eq!(e.ov(Ov::SrcIp), Some("203.0.113.7"));
    }

    #[test]
    fn refused_data_and_broken_connections() {
        let e = one(
            "2026-03-02T10:00:00Z 12 [Note] Access denied for user 'a'@'203.0.113.7' to database 'pay'",
            text::parse,
        );
        assert_eq!((e.event_type, e.ov(Ov::Resource)), (EventType::DataAccess, Some("pay")));
        let e = one(
            "2026-03-02T10:00:00Z 12 [Note] Aborted connection 12 to db: 'unconnected' user: 'unauthenticated' host: '203.0.113.7' (Got an error reading communication packets)",
            text::parse,
        );
        assert_eq!((e.event_type, told(&e)), (EventType::Connection, ["", "203.0.113.7", ""]));
    }
}
