//! fail2ban's own log: `[PID]: LEVEL [JAIL] Ban ADDR`.

use super::super::util::{set_src, word};
use crate::event::{Draft, EventType, Outcome, Ov};
use crate::parse::Ctx;

pub(super) fn parse(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.firewall);
    let (jail, rest) = {
        let mut rest = msg;
        // Component and pid may stand before the jail.
        loop {
            let Some((_, after)) = rest.split_once('[') else { return };
            let Some((inner, tail)) = after.split_once(']') else { return };
            if !inner.is_empty() && !inner.bytes().all(|b| b.is_ascii_digit()) {
                break (inner, tail.trim_start_matches(' '));
            }
            rest = tail;
        }
    };
    let (verb, addr) = rest.split_once(' ').unwrap_or((rest, ""));
    let addr = addr.trim_start_matches("Ban ").trim_start_matches(' ');
    match verb {
        "Ban" | "Restore" | "Increase" => d.event(EventType::FirewallBlock, Outcome::Failure),
        "Unban" => d.event(EventType::FirewallAllow, Outcome::Success),
        "Found" => d.event(EventType::Detection, Outcome::Failure),
        _ => return,
    }
    d.set(Ov::Resource, jail);
    set_src(d, word(addr));
}
