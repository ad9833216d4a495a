//! Application events as JSON lines, under the names of the overlay.

use std::fmt::Write;
use std::net::IpAddr;

use super::{Clock, digits};
use crate::generate::world::Host;

/// One event of an application; empty texts and zeros are left out.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::generate) struct App<'a> {
    /// The part of the application.
    pub service: &'a str,
    /// `event_type` of the overlay.
    pub event: &'a str,
    /// The client.
    pub client: Option<IpAddr>,
    /// Who did it.
    pub user: &'a str,
    /// Whom it was done to.
    pub target: &'a str,
    /// `success` or `failure`.
    pub outcome: &'a str,
    /// What it was done with.
    pub resource: &'a str,
    /// Bytes moved.
    pub bytes: u64,
    /// Session.
    pub session: u64,
    /// For people.
    pub message: &'a str,
}

/// Appends the line.
pub(in crate::generate) fn push(out: &mut String, at: i64, host: Host, app: &App<'_>) {
    let clock = Clock::of(at);
    out.push_str("{\"timestamp\":\"");
    clock.push_iso(out);
    out.push('.');
    digits(out, u64::from(clock.micros / 1000), 3);
    let _ = write!(out, "Z\",\"host\":\"{}\"", host.name());
    text(out, "service", app.service);
    text(out, "event_type", app.event);
    if let Some(ip) = app.client {
        let _ = write!(out, ",\"src_ip\":\"{ip}\"");
    }
    text(out, "user", app.user);
    text(out, "target_user", app.target);
    text(out, "outcome", app.outcome);
    text(out, "resource", app.resource);
    if app.bytes > 0 {
        let _ = write!(out, ",\"bytes\":{}", app.bytes);
    }
    if app.session > 0 {
        let _ = write!(out, ",\"session_id\":\"{:016x}\"", app.session);
    }
    text(out, "message", app.message);
    out.push('}');
}

fn text(out: &mut String, name: &str, value: &str) {
    if value.is_empty() {
        return;
    }
    let _ = write!(out, ",\"{name}\":\"");
    escaped(out, value);
    out.push('"');
}

/// Appends text as the inside of a JSON string.
pub(in crate::generate) fn escaped(out: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if (c as u32) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_json() {
        let app = App {
            service: "portal",
            event: "login",
            user: "a\"b\\",
            message: "x\ny",
            bytes: 5,
            session: 9,
            ..App::default()
        };
        let mut s = String::new();
        push(&mut s, 1_772_409_605_001_002, Host::App1, &app);
        let v: serde_json::Value = serde_json::from_str(&s).unwrap();
        assert_eq!(v["timestamp"], "2026-03-02T00:00:05.001Z");
        assert_eq!(v["user"], "a\"b\\");
        assert_eq!(v["bytes"], 5);
    }
}
