//! SonicWall's firewalls: `id=firewall sn=… time="…" fw=… m=… msg="…" src=ADDR:PORT:IF dst=… …`. The
//! sentence in `msg` is the device's own; `fw` is the device's address, never the client's.

use super::super::json::Sources;
use super::super::syslog::set_src;
use super::super::{Ctx, addr};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags, Severity};

/// The values that tell what a line is about.
#[derive(Default)]
pub(super) struct Said<'a> {
    msg: &'a str,
    user: &'a str,
    src: &'a str,
    dst: &'a str,
    priority: &'a str,
    sent: u64,
    received: u64,
}

impl<'a> Said<'a> {
    /// Keeps a value; of two with one name the first.
    pub(super) fn keep(&mut self, name: &str, value: &'a str) {
        let place = match name {
            "msg" => &mut self.msg,
            "usr" | "user" => &mut self.user,
            "src" => &mut self.src,
            "dst" => &mut self.dst,
            "pri" => &mut self.priority,
            "sent" => return self.sent = value.parse().unwrap_or(0),
            "rcvd" => return self.received = value.parse().unwrap_or(0),
            _ => return,
        };
        if place.is_empty() {
            *place = value;
        }
    }

    /// Writes what the line tells.
    pub(super) fn apply(&self, ctx: &Ctx, sources: &Sources, d: &mut Draft<'_>) {
        for name in [Ov::SrcIp, Ov::SrcPort, Ov::SrcHost, Ov::DestIp, Ov::DestPort, Ov::DestHost, Ov::User] {
            d.unset(name);
        }
        let ends = [(self.src, Ov::SrcIp, Ov::SrcPort), (self.dst, Ov::DestIp, Ov::DestPort)];
        for (value, ip, port) in ends {
            let (address, p) = place(value);
            if ip == Ov::SrcIp {
                set_src(d, address);
            } else if addr::is_ip(address) {
                d.set(ip, address);
            }
            if p.len() < 6 && p != "0" && !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()) {
                d.set(port, p);
            }
        }
        if !matches!(self.user, "" | "Unknown" | "unknown") {
            d.set(Ov::User, self.user.trim());
        }
        let total = self.sent.saturating_add(self.received);
        if total > 0 {
            let text = d.build(|out| {
                use std::fmt::Write as _;
                let _ = write!(out, "{total}");
            });
            d.set_span(Ov::Bytes, text);
        }
        let lower = self.msg.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|w| lower.contains(w));
        d.logsource(sources.firewall);
        if says(&[
            "login denied",
            "login failed",
            "logon fail",
            "login fail",
            "attempted to log in",
            "authentication fail",
        ]) {
            d.event(EventType::LoginFailed, Outcome::Failure);
            d.flag(RecordFlags::ACT_VERDICT);
            d.logsource(ctx.ls.auth);
        } else if says(&["login allowed", "administrator login", "user login", "logged in"])
            && !says(&["logged out", "disabled", "lockout"])
        {
            d.event(EventType::Login, Outcome::Success);
            d.logsource(ctx.ls.auth);
        } else if says(&["logged out", "session terminated"]) {
            d.event(EventType::Logout, Outcome::Success);
            d.logsource(ctx.ls.auth);
        } else if says(&["scan", "attack", "flood", "spoof", "intrusion", "virus", "spyware", "botnet", "malformed"]) {
            d.event(EventType::Detection, if says(&["detected"]) { Outcome::Unknown } else { Outcome::Failure });
            d.severity(if matches!(self.priority, "0" | "1") { Severity::High } else { Severity::Medium });
        } else if says(&["dropped", "blocked", "denied", "rejected", "not allowed"]) {
            d.event(EventType::FirewallBlock, Outcome::Failure);
        } else if says(&["connection opened", "connection allowed"]) {
            d.event(EventType::FirewallAllow, Outcome::Success);
        } else if says(&["connection closed", "connection"]) {
            d.event(EventType::Connection, Outcome::Unknown);
        } else {
            d.event(EventType::Other, Outcome::Unknown);
        }
    }
}

/// `ADDR`, `ADDR:PORT`, `ADDR:PORT:INTERFACE[:NAME]`; IPv6 stands bare or in brackets.
fn place(value: &str) -> (&str, &str) {
    if let Some((address, rest)) = value.strip_prefix('[').and_then(|r| r.split_once(']')) {
        return (address, rest.trim_start_matches(':').split(':').next().unwrap_or(""));
    }
    if addr::is_ip(value) {
        return (value, "");
    }
    match value.split_once(':') {
        Some((address, rest)) if addr::is_ipv4(address) => (address, rest.split(':').next().unwrap_or("")),
        _ => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::testing::row;

    #[test]
    fn verdicts_and_log_ins() {
        use EventType::{Connection, Detection, FirewallAllow, FirewallBlock, Login, LoginFailed, Logout};
        for (tail, kind, want) in [
            (
                r#"m=98 msg="Connection Opened" n=1 src=203.0.113.5:51234:X1 dst=10.0.0.5:443:X0 proto=tcp/https"#,
                FirewallAllow,
                ["203.0.113.5", "51234", "10.0.0.5", "443", "", ""],
            ),
            (
                r#"m=537 msg="Connection Closed" n=1 src=203.0.113.5:51234:X1 dst=10.0.0.5:443:X0:web.example.org sent=100 rcvd=200"#,
                Connection,
                ["203.0.113.5", "51234", "10.0.0.5", "443", "", "300"],
            ),
            (
                r#"m=36 msg="TCP connection dropped" n=1 src=203.0.113.5:51234:X1 dst=10.0.0.5:22:X0 proto=tcp/22"#,
                FirewallBlock,
                ["203.0.113.5", "51234", "10.0.0.5", "22", "", ""],
            ),
            (
                r#"m=30 msg="Administrator login denied due to bad credentials" n=2 usr="admin" src=203.0.113.5:51234:X1 dst=198.51.100.1:443:X1"#,
                LoginFailed,
                ["203.0.113.5", "51234", "198.51.100.1", "443", "admin", ""],
            ),
            (
                r#"m=33 msg="Unknown user attempted to log in" n=1 usr="x src=6.6.6.6" src=203.0.113.5 dst=198.51.100.1"#,
                LoginFailed,
                ["203.0.113.5", "", "198.51.100.1", "", "x src=6.6.6.6", ""],
            ),
            (
                r#"m=29 msg="Successful administrator login" n=1 usr="admin" src=203.0.113.5:0:X1 dst=198.51.100.1:443:X1"#,
                Login,
                ["203.0.113.5", "", "198.51.100.1", "443", "admin", ""],
            ),
            (
                r#"m=24 msg="User logged out - logout detected" n=1 usr="bob" src=10.0.0.9"#,
                Logout,
                ["10.0.0.9", "", "", "", "bob", ""],
            ),
            (
                r#"m=82 msg="Possible port scan detected" n=1 src=203.0.113.5:51234:X1 dst=10.0.0.5:443:X0"#,
                Detection,
                ["203.0.113.5", "51234", "10.0.0.5", "443", "", ""],
            ),
        ] {
            let line =
                format!(r#"id=firewall sn=0017C5000000 time="2026-03-02 08:00:00" fw=198.51.100.1 pri=6 c=16 {tail}"#);
            for head in ["<134>", "", "Mar  2 08:00:00 sw ", "<134>Mar  2 08:00:00 sw "] {
                let e = row(&format!("{head}{line}"));
                let got = [Ov::SrcIp, Ov::SrcPort, Ov::DestIp, Ov::DestPort, Ov::User, Ov::Bytes]
                    .map(|n| e.ov(n).unwrap_or(""));
                assert_eq!((e.event_type, got), (kind, want), "{head}{line}");
                assert_eq!(e.time.to_rfc3339(), "2026-03-02T08:00:00Z", "{head}{line}");
            }
        }
    }
}
