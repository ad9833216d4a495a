//! proftpd: `SERVER (NAME[ADDR]): MESSAGE`; the address stands before the client's words.

use super::super::util::{failed, set_client, set_user};
use crate::event::{Draft, EventType, Outcome, RecordFlags};
use crate::parse::Ctx;

pub(super) fn parse(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.proftpd);
    let Some((name, rest)) = msg.split_once(" (").and_then(|(_, r)| r.split_once('[')) else { return };
    let Some((addr, rest)) = rest.split_once("])") else { return };
    if name.contains(' ') || addr.contains(' ') {
        return;
    }
    set_client(d, name, addr);
    let text = rest.trim_start_matches([' ', ':', '-']).trim_end();
    if let Some(who) = text.strip_prefix("USER ").or_else(|| text.strip_prefix("ANON ")) {
        user(who, d);
    } else if let Some(what) = text.strip_prefix("SECURITY VIOLATION") {
        failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
        let what = what.trim_start_matches([':', ' ']);
        if let Some((user, _)) = what.split_once(" login attempted") {
            set_user(d, user);
        }
    } else if text.starts_with("Maximum login attempts") {
        failed(d, EventType::LoginFailed, RecordFlags::ACT_LIMIT);
    } else if text.starts_with("FTP session opened") || text.starts_with("SSH2 session opened") {
        d.event(EventType::Connection, Outcome::Success);
    } else if text.starts_with("FTP session closed") || text.starts_with("SSH2 session closed") {
        d.event(EventType::SessionEnd, Outcome::Success);
    } else if text.starts_with("Login timeout exceeded") || text.starts_with("Client session idle timeout") {
        d.event(EventType::SessionEnd, Outcome::Unknown);
    }
}

/// `NAME (Login failed): …`, `NAME: no such user found from …`, `NAME: Login successful.`
/// The verdict is the last of its kind: the name may repeat any of them.
fn user(who: &str, d: &mut Draft<'_>) {
    if let Some((name, _)) =
        who.rsplit_once(" (Login failed): ").or_else(|| who.rsplit_once(": no such user found from "))
    {
        failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
        set_user(d, name);
    } else if let Some(name) =
        who.strip_suffix(": Login successful.").or_else(|| who.strip_suffix(": Login successful"))
    {
        d.event(EventType::Login, Outcome::Success);
        set_user(d, name);
    } else if let Some((name, _)) = who.rsplit_once(": Limit ") {
        failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
        set_user(d, name);
    }
}
