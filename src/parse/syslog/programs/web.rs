//! Web servers' messages that come through syslog or in their own error log.

use super::super::util::{failed, set_src, set_user, word};
use crate::event::{Draft, EventType, Ov, RecordFlags};
use crate::parse::Ctx;

/// lighttpd: `(mod_auth.c.525) password doesn't match for URL username: USER, IP: ADDR`.
/// URL and user are the client's; the address stands last.
pub(in super::super) fn lighttpd(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.lighttpd);
    let msg = msg.trim_start_matches('(');
    let Some((file, text)) = msg.split_once(") ") else { return };
    if !file.starts_with("mod_auth") && !file.starts_with("http_auth") {
        return super::generic::parse(msg, ctx, d);
    }
    let Some((head, addr)) = text.rsplit_once(" IP: ") else { return };
    set_src(d, word(addr));
    failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
    let head = head.strip_suffix(',').unwrap_or(head);
    if let Some((before, user)) = head.rsplit_once(" username: ") {
        set_user(d, user);
        if let Some((_, url)) = before.split_once(" for ") {
            d.set(Ov::Url, url);
        }
    } else if let Some((_, rest)) = head.split_once("auth failed for ") {
        set_user(d, rest.rsplit_once(" : ").map_or(rest, |(u, _)| u).trim());
    }
}
