//! Syslog lines: the traditional form (RFC 3164, no year) and the one with
//! RFC 3339 times, as rsyslog writes them.

use std::fmt::{self, Write};

use super::{Clock, digits};
use crate::generate::world::Host;

/// Appends a line of a program; process number 0 is left out.
pub(in crate::generate) fn push(
    out: &mut String,
    at: i64,
    host: Host,
    program: &str,
    pid: u32,
    message: fmt::Arguments<'_>,
) {
    let clock = Clock::of(at);
    if host.iso_times() {
        clock.push_iso(out);
        out.push('.');
        digits(out, u64::from(clock.micros), 6);
        out.push_str("+00:00 ");
    } else {
        out.push_str(clock.month());
        out.push(' ');
        if clock.date.2 < 10 {
            out.push(' ');
            digits(out, u64::from(clock.date.2), 1);
        } else {
            digits(out, u64::from(clock.date.2), 2);
        }
        out.push(' ');
        clock.push_time(out);
        out.push(' ');
    }
    out.push_str(host.name());
    out.push(' ');
    out.push_str(program);
    // Writing to a string does not fail.
    let _ = if pid == 0 { out.write_str(": ") } else { write!(out, "[{pid}]: ") };
    let _ = out.write_fmt(message);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        let at = 1_772_409_605_001_002; // 2026-03-02T00:00:05.001002Z
        let mut s = String::new();
        push(&mut s, at, Host::Web1, "sshd", 12, format_args!("hello {}", 1));
        assert_eq!(s, "Mar  2 00:00:05 web01 sshd[12]: hello 1");
        s.clear();
        push(&mut s, at, Host::Db1, "kernel", 0, format_args!("x"));
        assert_eq!(s, "2026-03-02T00:00:05.001002+00:00 db01 kernel: x");
    }
}
