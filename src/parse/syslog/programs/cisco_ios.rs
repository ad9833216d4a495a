//! Cisco's routers and switches (IOS, IOS XE, NX-OS): `%FACILITY-LEVEL-MNEMONIC: message`. Names
//! of accounts are the client's; what stands around them the device writes.

use super::super::util::{between, digits, failed, set_dest, set_port, set_src, set_user, word};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags, Severity};
use crate::parse::Ctx;

/// Parses a message by its tag.
pub(super) fn parse(tag: &str, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    let mut parts = tag.trim_start_matches('%').rsplitn(3, '-');
    let (Some(name), Some(level), Some(facility)) = (parts.next(), parts.next(), parts.next()) else {
        return super::generic::parse(tag, msg, ctx, d);
    };
    d.severity(match level {
        "0" => Severity::Critical,
        "1" => Severity::High,
        "2" | "3" => Severity::Medium,
        "4" => Severity::Low,
        _ => Severity::Info,
    });
    let known = match name {
        "IPACCESSLOGP" | "IPACCESSLOGDP" | "IPACCESSLOGNP" | "IPACCESSLOGRP" | "IPACCESSLOGSP" | "IPACCESSLOGS"
        | "ACCESSLOGP" | "ACCESSLOGDP" | "ACCESSLOGNP" | "ACCESSLOGSP" => listed(msg, ctx, d),
        "LOGIN_FAILED" | "LOGIN_SUCCESS" | "QUIET_MODE_ON" => login(name, msg, d),
        "SSH2_USERAUTH" | "SSH_USERAUTH" => userauth(msg, d),
        "SSH2_SESSION" | "SSH_SESSION" => session(msg, d),
        "CONFIG_I" | "CONFIG" => configured(msg, d),
        "LOGOUT" => logout(msg, d),
        "CFGLOG_LOGGEDCMD" => command(msg, d),
        "SYSTEM_MSG" if facility == "AUTHPRIV" || facility == "DAEMON" => nexus(msg, d),
        _ => false,
    };
    if !known {
        super::generic::parse(tag, msg, ctx, d);
    } else if matches!(d.rec.event_type, EventType::Login | EventType::LoginFailed) {
        d.logsource(ctx.ls.auth);
    }
}

/// `list NAME denied tcp A(P) (IF MAC) -> B(P), N packets`, `list NAME denied icmp A -> B (8/0), …`,
/// `list NAME denied A N packet`.
fn listed(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    // IOS XE: the process that tells it stands before it.
    let Some(text) = msg.find("list ").and_then(|at| msg.get(at..)) else { return false };
    let mut words = text.split(' ');
    let (Some(_), Some(list), Some(verdict)) = (words.next(), words.next(), words.next()) else { return false };
    match verdict {
        "denied" => d.event(EventType::FirewallBlock, Outcome::Failure),
        "permitted" => d.event(EventType::FirewallAllow, Outcome::Success),
        _ => return false,
    }
    d.logsource(ctx.ls.firewall);
    d.field("rule", list);
    let rest = text.splitn(4, ' ').nth(3).unwrap_or("");
    let Some((from, to)) = rest.split_once(" -> ") else {
        set_src(d, word(rest));
        return true;
    };
    let (protocol, from) = from.split_once(' ').unwrap_or(("", from));
    if !protocol.is_empty() {
        d.field("protocol", protocol);
    }
    let (addr, port) = place(from);
    set_src(d, addr);
    set_port(d, Ov::SrcPort, port);
    let (addr, port) = place(to);
    set_dest(d, addr);
    set_port(d, Ov::DestPort, port);
    if let Some((_, count)) = to.rsplit_once(", ") {
        d.field("packets", digits(count));
    }
    true
}

/// `A(P)` or `A` at the start of a text.
fn place(text: &str) -> (&str, &str) {
    let word = text.split([' ', ',']).next().unwrap_or("");
    let (addr, port) = word.split_once('(').unwrap_or((word, ""));
    (addr, port.trim_end_matches(')'))
}

/// `Login failed [user: U] [Source: A] [localport: N] [Reason: …] at TIME`; in quiet mode too many
/// of them were refused.
fn login(name: &str, msg: &str, d: &mut Draft<'_>) -> bool {
    let Some((_, rest)) = msg.split_once("[user: ") else { return false };
    // What stands behind the name is the device's: the last of each.
    let Some((user, rest)) = rest.rsplit_once("] [Source: ") else { return false };
    match name {
        "LOGIN_SUCCESS" => d.event(EventType::Login, Outcome::Success),
        "LOGIN_FAILED" => failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT),
        _ => d.event(EventType::Detection, Outcome::Failure),
    }
    set_user(d, user);
    let (addr, rest) = rest.split_once(']').unwrap_or((rest, ""));
    set_src(d, if addr == "0.0.0.0" { "" } else { addr });
    set_port(d, Ov::DestPort, between(rest, "[localport: ", "]").unwrap_or(""));
    if let Some(reason) = between(rest, "[Reason: ", "]") {
        d.field("reason", reason);
    }
    true
}

/// `User 'U' authentication for SSH2 Session from A (tty = 0) using … Succeeded`. The line of
/// the log-in itself stands beside it.
fn userauth(msg: &str, d: &mut Draft<'_>) -> bool {
    let Some((user, rest)) = msg
        .strip_prefix("User '")
        .and_then(|r| r.rsplit_once("' authentication for SSH"))
        .filter(|(_, r)| r.contains(" Session from "))
    else {
        return false;
    };
    if rest.trim_end().ends_with("Succeeded") {
        d.event(EventType::Login, Outcome::Success);
    } else {
        failed(d, EventType::LoginFailed, RecordFlags::ACT_NOTICE);
    }
    set_user(d, user);
    set_src(d, rest.split_once(" Session from ").map_or("", |(_, r)| word(r)));
    true
}

/// `SSH2 Session request from A (tty = 0) using … Succeeded`, `… closed`.
fn session(msg: &str, d: &mut Draft<'_>) -> bool {
    let Some((_, rest)) = msg.split_once(" Session request from ") else { return false };
    let ok = rest.trim_end().ends_with("Succeeded");
    d.event(EventType::Connection, if ok { Outcome::Success } else { Outcome::Failure });
    set_src(d, word(rest));
    true
}

/// `Configured from console by bob on vty0 (A)`, `Configured from NETCONF/RESTCONF by bob, …`.
fn configured(msg: &str, d: &mut Draft<'_>) -> bool {
    let Some((_, rest)) = msg.strip_prefix("Configured from ").and_then(|r| r.split_once(" by ")) else { return false };
    d.event(EventType::ServiceChange, Outcome::Success);
    d.set_default(Ov::Resource, "configuration");
    let (user, place) = rest.split_once(" on ").unwrap_or((rest, ""));
    set_user(d, user.split([' ', ',']).next().unwrap_or(""));
    if let Some(addr) = between(place, "(", ")") {
        set_src(d, addr);
    }
    true
}

/// `User bob has exited tty session 2(A)`
fn logout(msg: &str, d: &mut Draft<'_>) -> bool {
    let Some((user, rest)) = msg.strip_prefix("User ").and_then(|r| r.rsplit_once(" has exited tty session ")) else {
        return false;
    };
    d.event(EventType::Logout, Outcome::Success);
    set_user(d, user);
    set_src(d, between(rest, "(", ")").unwrap_or(""));
    true
}

/// `User:bob  logged command:no logging`
fn command(msg: &str, d: &mut Draft<'_>) -> bool {
    let Some((user, line)) = msg.strip_prefix("User:").and_then(|r| r.split_once("logged command:")) else {
        return false;
    };
    d.event(EventType::ServiceChange, Outcome::Success);
    set_user(d, user.trim());
    d.set(Ov::Resource, line.trim());
    true
}

/// NX-OS passes on what its daemons said: `pam_aaa:Authentication failed for user U from A - sshd[1]`.
fn nexus(msg: &str, d: &mut Draft<'_>) -> bool {
    let text = msg.strip_prefix("error: PAM: ").unwrap_or(msg);
    let Some(rest) = text
        .strip_prefix("pam_aaa:Authentication failed for user ")
        .or_else(|| text.strip_prefix("pam_aaa:Authentication failed from "))
        .or_else(|| text.strip_prefix("Authentication failure for "))
    else {
        return false;
    };
    let rest = rest.rsplit_once(" - ").map_or(rest, |(r, _)| r);
    failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
    let (user, addr) = rest.rsplit_once(" from ").unwrap_or((rest, ""));
    let unknown = user.strip_prefix("illegal user ").unwrap_or(user);
    if addr.is_empty() && crate::parse::addr::is_ip(rest) {
        set_src(d, rest);
        return true;
    }
    set_user(d, unknown);
    set_src(d, addr);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{syslog, testing::one};

    #[test]
    fn lists() {
        use EventType::{FirewallAllow, FirewallBlock};
        for (msg, kind, want) in [
            (
                "%SEC-6-IPACCESSLOGP: list 101 denied tcp 203.0.113.5(51234) -> 10.0.0.5(22), 1 packet",
                FirewallBlock,
                ["203.0.113.5", "51234", "10.0.0.5", "22"],
            ),
            (
                "%SEC-6-IPACCESSLOGP: list IN permitted udp 203.0.113.5(51234) (GigabitEthernet0/0 0011.2233.4455) -> 10.0.0.5(53), 4 packets",
                FirewallAllow,
                ["203.0.113.5", "51234", "10.0.0.5", "53"],
            ),
            (
                "%SEC-6-IPACCESSLOGDP: list 101 denied icmp 203.0.113.5 -> 10.0.0.5 (8/0), 1 packet",
                FirewallBlock,
                ["203.0.113.5", "", "10.0.0.5", ""],
            ),
            (
                "%SEC-6-IPACCESSLOGNP: list 101 denied 47 203.0.113.5 -> 10.0.0.5, 1 packet",
                FirewallBlock,
                ["203.0.113.5", "", "10.0.0.5", ""],
            ),
            ("%SEC-6-IPACCESSLOGS: list 10 denied 203.0.113.5 1 packet", FirewallBlock, ["203.0.113.5", "", "", ""]),
            (
                "%FMANFP-6-IPACCESSLOGP: SIP0: fman_fp_image:  list IN denied tcp 203.0.113.5(51234) -> 10.0.0.5(22), 1 packet",
                FirewallBlock,
                ["203.0.113.5", "51234", "10.0.0.5", "22"],
            ),
            (
                "%IPV6_ACL-6-ACCESSLOGP: list V6IN/10 denied tcp 2001:db8::7(51234) -> 2001:db8::1(22), 1 packet",
                FirewallBlock,
                ["2001:db8::7", "51234", "2001:db8::1", "22"],
            ),
        ] {
            for head in [
                "Mar  2 08:00:00 rt 45: Mar  2 08:00:00.123: ",
                "<189>45: *Mar  2 08:00:00.123 UTC: ",
                "Mar  2 08:00:00 rt ",
            ] {
                let e = one(&format!("{head}{msg}"), syslog::parse);
                let got = [Ov::SrcIp, Ov::SrcPort, Ov::DestIp, Ov::DestPort].map(|n| e.ov(n).unwrap_or(""));
                assert_eq!((e.event_type, got), (kind, want), "{head}{msg}");
            }
        }
    }

    #[test]
    fn accounts() {
        use EventType::{Detection, Login, LoginFailed, Logout, ServiceChange};
        for (msg, kind, user, src) in [
            (
                "%SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: bob] [Source: 203.0.113.5] [localport: 22] [Reason: Login Authentication Failed] at 08:00:00 UTC Mon Mar 2 2026",
                LoginFailed,
                "bob",
                "203.0.113.5",
            ),
            (
                "%SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: x] [Source: 6.6.6.6] [localport: 22] [user: y] [Source: 203.0.113.5] [localport: 22] [Reason: z] at 08:00:00",
                LoginFailed,
                "x] [Source: 6.6.6.6] [localport: 22] [user: y",
                "203.0.113.5",
            ),
            (
                "%SEC_LOGIN-5-LOGIN_SUCCESS: Login Success [user: bob] [Source: 203.0.113.5] [localport: 22] at 08:00:00 UTC Mon Mar 2 2026",
                Login,
                "bob",
                "203.0.113.5",
            ),
            (
                "%SEC_LOGIN-1-QUIET_MODE_ON: Still timeleft for watching failures is 60 secs, [user: bob] [Source: 203.0.113.5] [localport: 22] [Reason: x] [ACL: sl_def_acl] at 08:00:00",
                Detection,
                "bob",
                "203.0.113.5",
            ),
            (
                "%SYS-5-CONFIG_I: Configured from console by bob on vty0 (203.0.113.5)",
                ServiceChange,
                "bob",
                "203.0.113.5",
            ),
            ("%SYS-5-CONFIG_I: Configured from console by console", ServiceChange, "console", ""),
            ("%SYS-6-LOGOUT: User bob has exited tty session 2(203.0.113.5)", Logout, "bob", "203.0.113.5"),
            (
                "%SSH-5-SSH2_USERAUTH: User 'bob' authentication for SSH2 Session from 203.0.113.5 (tty = 0) using crypto cipher 'aes256-ctr', hmac 'hmac-sha2-256' Succeeded",
                Login,
                "bob",
                "203.0.113.5",
            ),
            (
                "%SSH-5-SSH2_USERAUTH: User 'a' authentication for SSH2 Session from 6.6.6.6' authentication for SSH2 Session from 203.0.113.5 (tty = 0) using crypto cipher 'x', hmac 'y' Failed",
                LoginFailed,
                "a' authentication for SSH2 Session from 6.6.6.6",
                "203.0.113.5",
            ),
            ("%PARSER-5-CFGLOG_LOGGEDCMD: User:bob  logged command:no logging", ServiceChange, "bob", ""),
            (
                "%AUTHPRIV-3-SYSTEM_MSG: pam_aaa:Authentication failed for user bob from 203.0.113.5 - sshd[12]",
                LoginFailed,
                "bob",
                "203.0.113.5",
            ),
            (
                "%DAEMON-3-SYSTEM_MSG: error: PAM: Authentication failure for illegal user bob from 203.0.113.5 - sshd[12]",
                LoginFailed,
                "bob",
                "203.0.113.5",
            ),
        ] {
            let e = one(&format!("<189>45: *Mar  2 08:00:00.123 UTC: {msg}"), syslog::parse);
            let got = (e.event_type, e.ov(Ov::User).unwrap_or(""), e.ov(Ov::SrcIp).unwrap_or(""));
            assert_eq!(got, (kind, user, src), "{msg}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_panic(n in "(IPACCESSLOGP|LOGIN_FAILED|SSH2_USERAUTH|CONFIG_I|LOGOUT|SYSTEM_MSG)", s in "(list |denied |tcp | -> |\\(|\\)|user: |\\] \\[Source: |é|'| from | - |[0-9.]{1,8}){0,16}") {
            let _ = one(&format!("<189>45: *Mar  2 08:00:00.123 UTC: %SEC-6-{n}: {s}"), syslog::parse);
        }
    }
}
