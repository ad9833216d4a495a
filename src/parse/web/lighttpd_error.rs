//! lighttpd's error log: `2026-11-18 09:30:00: (mod_auth.c.525) text, IP: a`.
//!
//! The address is the last thing on the line; before it stand targets and names.

use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::{Ctx, addr, time};

/// Parses one line.
pub fn parse(raw: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let Some(stamp) = time::iso(raw.as_bytes(), ctx) else { return false };
    let Some(rest) = raw.get(stamp.len..).and_then(|r| r.strip_prefix(": ")) else { return false };
    if !body(rest, ctx, d) {
        return false;
    }
    d.time(stamp.ts, stamp.quality);
    true
}

/// Parses from the source location on (also behind a syslog header).
pub fn body(text: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let Some((place, message)) = text.strip_prefix('(').unwrap_or(text).split_once(") ") else { return false };
    let Some((file, line)) = place.rsplit_once('.') else { return false };
    if !file.ends_with(".c")
        || file.contains([' ', ':'])
        || line.is_empty()
        || !line.bytes().all(|b| b.is_ascii_digit())
    {
        return false;
    }
    d.set_default(Ov::Process, "lighttpd");
    d.set(Ov::Message, message);
    if let Some(client) = message.strip_suffix(" turned away. Too many connections.") {
        addr::set_client(d, client);
    }
    let about = match message.rsplit_once("IP: ") {
        Some((about, column)) if addr::parse(column.trim_end()).is_some() => {
            addr::set_client(d, column.trim_end());
            about.trim_end_matches([',', ' '])
        }
        _ => message,
    };
    let module = file.rsplit('/').next().unwrap_or(file);
    let checks = matches!(module, "http_auth.c" | "mod_auth.c") || module.starts_with("mod_authn");
    // What a module tells of its own troubles names no client.
    if checks
        && (d.get(Ov::SrcIp).is_some() || about.contains(" username: ") || about.starts_with("digest: auth failed"))
    {
        let user = about.rsplit_once(" username: ").map(|(_, user)| user).or_else(|| {
            about.strip_prefix("digest: auth failed for ").and_then(|r| r.rsplit_once(':')).map(|(u, _)| u)
        });
        if let Some(user) = user {
            d.set_default(Ov::User, user.trim());
        }
        d.event(EventType::LoginFailed, Outcome::Failure);
    } else if d.get(Ov::SrcIp).is_some() {
        d.event(EventType::HttpError, Outcome::Failure);
    } else {
        d.event(EventType::Other, Outcome::Unknown);
    }
    d.logsource(ctx.web.lighttpd_error);
    d.flag(RecordFlags::PARSED);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::testing::one;

    #[test]
    fn log_ins() {
        for (text, user) in [
            ("(mod_auth.c.525) password doesn't match for /x username: bob, IP: 192.0.2.9", Some("bob")),
            ("mod_auth.c.828) password doesn't match for /x IP: 10.0.0.1 username: bob IP: 192.0.2.9", Some("bob")),
            ("(http_auth.c.1) digest: auth failed for  bob : wrong password, IP: 192.0.2.9", Some("bob")),
            ("(http_auth.c.877) get_password failed, IP: 192.0.2.9", None),
        ] {
            let r = one(&format!("2026-11-18 09:30:00: {text}"), parse);
            assert_eq!((r.ov(Ov::SrcIp), r.ov(Ov::User)), (Some("192.0.2.9"), user), "{text}");
            assert_eq!((r.event_type, r.outcome), (EventType::LoginFailed, Outcome::Failure));
        }
    }

    #[test]
    fn other_lines() {
        let r = one("2026-11-18 09:30:00: (server.c.1464) server started (lighttpd/1.4.63)", parse);
        assert_eq!((r.parsed, r.event_type), (true, EventType::Other));
        assert!(!one("2026-11-18 09:30:00: something else", parse).parsed);
    }

    proptest::proptest! {
        #[test]
        fn no_panic(s in "[a-z.()0-9é: ]{0,80}") {
            let _ = one(&format!("2026-11-18 09:30:00: {s}"), parse);
        }
    }
}
