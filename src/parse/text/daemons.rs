//! Logs that daemons write themselves, in forms of their own.

use crate::event::{Draft, Ov};
use crate::parse::syslog::programs;
use crate::parse::{Ctx, time};

/// Parses a line of a daemon that is known by its form; false where none is.
/// `found` is the line's time, `msg` what stands behind it.
pub(super) fn parse(line: &str, found: Option<time::Found>, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    if let Some(pid) = dropbear_pid(line, found) {
        d.set(Ov::Process, "dropbear");
        d.set(Ov::Pid, pid);
        programs::dropbear(msg, ctx, d);
        return true;
    }
    // Its time stands within, behind names.
    if line.starts_with("Auth: [") || line.starts_with("Successful AuthZ: [") {
        return programs::samba(line, ctx, d).then(|| d.set(Ov::Process, "smbd")).is_some();
    }
    let Some(found) = found.filter(|f| f.start <= 1) else { return false };
    if found.start == 0 && programs::exim(msg, ctx, d) {
        d.set(Ov::Process, "exim");
        return true;
    }
    let after = line.get(found.end..).unwrap_or("");
    if found.start == 1 {
        return programs::asterisk(msg, ctx, d).then(|| d.set(Ov::Process, "asterisk")).is_some();
    }
    let known = if line.get(..9).unwrap_or(line).contains('@') {
        return xinetd(after, ctx, d);
    } else if after.starts_with(',') || after.starts_with(" UTC,") || line.get(..48).unwrap_or(line).contains(",\"") {
        programs::postgres_row(line, ctx, d)
    } else {
        programs::postgres(msg, ctx, d)
    };
    known.then(|| d.set(Ov::Process, "postgres")).is_some()
}

/// `[100] Mar 02 08:00:00 `, as dropbear writes to the standard error: the process, where a
/// line begins so and goes on in dropbear's words.
fn dropbear_pid(line: &str, found: Option<time::Found>) -> Option<&str> {
    const OPENINGS: &[&str] = &[
        "Bad ",
        "Child connection from ",
        "Early exit",
        "Exit ",
        "Failed l",
        "Login attempt ",
        "Not backgrounding",
        "Password auth succeeded for '",
        "Pubkey auth succeeded for '",
        "PAM password auth succeeded for '",
        "Running in background",
        "User '",
        "user '",
    ];
    let found = found?;
    let pid = line.get(..found.start)?.strip_prefix('[')?.strip_suffix("] ")?;
    let msg = line.get(found.end..)?.strip_prefix(' ')?;
    let number = !pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit());
    (number && OPENINGS.iter().any(|o| msg.starts_with(o))).then_some(pid)
}

/// `05/3/2@08:00:00: VERB: SERVICE …`
fn xinetd(after: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let Some(msg) = after.strip_prefix(": ") else { return false };
    let verb = msg.split_once(": ").map_or("", |(v, _)| v);
    if verb.is_empty() || !verb.bytes().all(|b| b.is_ascii_uppercase()) {
        return false;
    }
    d.set(Ov::Process, "xinetd");
    programs::xinetd(msg, ctx, d);
    true
}

#[cfg(test)]
mod tests {
    use crate::event::{EventType, Outcome, Ov};
    use crate::parse::{testing::one, text};

    #[test]
    fn dropbear_without_syslog() {
        for (line, kind, outcome, user, src) in [
            (
                "[100] Mar 02 08:00:00 Bad password attempt for 'root' from 192.0.2.7:5555",
                EventType::SshLoginFailed,
                Outcome::Failure,
                "root",
                "192.0.2.7",
            ),
            (
                "[100] Mar 02 08:00:00 Bad PAM password attempt for 'x' from 198.51.100.8:1' from 192.0.2.7:5558",
                EventType::SshLoginFailed,
                Outcome::Failure,
                "x' from 198.51.100.8:1",
                "192.0.2.7",
            ),
            (
                "[101] Mar 02 08:00:02 Login attempt for nonexistent user from 192.0.2.7:5556",
                EventType::SshInvalidUser,
                Outcome::Failure,
                "",
                "192.0.2.7",
            ),
            (
                "[102] Mar 02 08:00:04 Password auth succeeded for 'root' from 192.0.2.7:5557",
                EventType::SshLogin,
                Outcome::Success,
                "root",
                "192.0.2.7",
            ),
            (
                "[102] Mar 02 08:00:08 Exit (root) from <192.0.2.7:5557>: Disconnect received",
                EventType::SshDisconnect,
                Outcome::Unknown,
                "root",
                "192.0.2.7",
            ),
            (
                "[100] Mar 02 07:59:59 Child connection from 192.0.2.7:5555",
                EventType::Connection,
                Outcome::Unknown,
                "",
                "192.0.2.7",
            ),
        ] {
            let e = one(line, text::parse);
            assert_eq!((e.event_type, e.outcome), (kind, outcome), "{line}");
            assert_eq!([Ov::User, Ov::SrcIp].map(|n| e.ov(n).unwrap_or("")), [user, src], "{line}");
            assert_eq!(
                (e.ov(Ov::Process), &e.time.to_rfc3339()[5..16]),
                (Some("dropbear"), &line.replace("] Mar 02 ", "03-02T")[4..15]),
                "{line}"
            );
        }
        assert!(!one("[100] Mar 02 08:00:00 something else", text::parse).parsed);
    }

    #[test]
    fn xinetds_own_log() {
        for (line, kind, outcome, src) in [
            (
                "05/3/2@08:00:00: START: ftp pid=1234 from=192.0.2.7",
                EventType::Connection,
                Outcome::Success,
                "192.0.2.7",
            ),
            (
                "5/12/22@08:00:00: FAIL: telnet address from=::ffff:192.0.2.7",
                EventType::Connection,
                Outcome::Failure,
                "192.0.2.7",
            ),
            (
                "05/3/2@08:00:00: EXIT: ftp status=0 pid=1234 duration=5(sec)",
                EventType::SessionEnd,
                Outcome::Success,
                "",
            ),
            ("05/3/2@08:00:00: USERID: ftp UNIX :bob", EventType::Other, Outcome::Unknown, ""),
        ] {
            let e = one(line, text::parse);
            assert_eq!((e.parsed, e.event_type, e.outcome), (true, kind, outcome), "{line}");
            assert_eq!(e.ov(Ov::SrcIp).unwrap_or(""), src, "{line}");
            assert_eq!(&e.time.to_rfc3339()[..4], "2005", "{line}");
        }
        assert!(!one("05/3/2@08:00:00 anything", text::parse).parsed);
    }
}
