//! Log-ins at machines that come as one piece: hypervisors, firewalls, storage, switches.

use super::super::util::{failed, set_src, set_user};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::Ctx;

/// Parses a message; false where it is none of these.
pub(super) fn parse(program: &str, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let known = match program {
        "pvedaemon" | "pveproxy" | "pmgdaemon" | "proxmox-backup-proxy" => proxmox(msg, d),
        "php-fpm" | "php" | "nginx" => pfsense(msg, d),
        "qlogd" => qnap(msg, d),
        "Hostd" | "hostd" | "vpxd" | "Vpxd" => return esxi(msg, ctx, d),
        _ => false,
    };
    if known {
        d.logsource(ctx.ls.auth);
    }
    known
}

fn login(success: bool, d: &mut Draft<'_>) {
    if success {
        d.event(EventType::Login, Outcome::Success);
    } else {
        failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
    }
}

/// `<root@pam> successful auth for user 'root@pam'`; refusals are read by their words.
fn proxmox(msg: &str, d: &mut Draft<'_>) -> bool {
    let Some((who, user)) = msg.strip_prefix('<').and_then(|r| r.split_once("> successful auth for user '")) else {
        return false;
    };
    if who.contains([' ', '\'']) {
        return false;
    }
    login(true, d);
    set_user(d, user.strip_suffix('\'').unwrap_or(user));
    true
}

/// pfSense and OPNsense: `/index.php: webConfigurator authentication error for user 'U' from: A`,
/// `/index.php: Successful login for user 'U' from: A (Local Database)`.
fn pfsense(msg: &str, d: &mut Draft<'_>) -> bool {
    let Some((page, rest)) = msg.split_once(": ") else { return false };
    if !page.starts_with('/') || !page.ends_with(".php") || page.contains(' ') {
        return false;
    }
    let good = ["Successful login for user '", "Web GUI user '"];
    let bad = [
        "webConfigurator authentication error for user '",
        "Web GUI authentication error for '",
        "Web GUI authentication error for user '",
    ];
    let (success, rest) = match good.iter().find_map(|w| rest.strip_prefix(w)) {
        Some(rest) => (true, rest),
        None => match bad.iter().find_map(|w| rest.strip_prefix(w)) {
            Some(rest) => (false, rest),
            None => return false,
        },
    };
    login(success, d);
    // The name may say anything; the address is behind the last mark.
    let Some((user, addr)) = rest.rsplit_once("' from: ").or_else(|| rest.rsplit_once("' from ")) else { return true };
    set_user(d, user);
    set_src(d, addr.split(' ').next().unwrap_or(""));
    true
}

/// `conn log: Users: U, Source IP: A, Computer name: N, Connection type: T, …, Action: Login Fail`
fn qnap(msg: &str, d: &mut Draft<'_>) -> bool {
    let Some(rest) = msg.strip_prefix("conn log: Users: ") else { return false };
    match rest.rsplit_once(", Action: ").map(|(_, a)| a.trim()) {
        Some("Login Fail") => login(false, d),
        Some("Login OK" | "Login") => login(true, d),
        Some("Logout") => d.event(EventType::Logout, Outcome::Success),
        _ => return false,
    }
    let mut parts = rest.split(", Source IP: ");
    set_user(d, parts.next().unwrap_or(""));
    if let (Some(addr), None) = (parts.next(), parts.next()) {
        set_src(d, addr.split(',').next().unwrap_or(""));
    }
    true
}

/// VMware: what stands behind the daemon's own brackets: `Rejected password for user U from A`,
/// `Event 1 : User U@A logged in as AGENT`.
fn esxi(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let text = msg.split_once("[Originator@").and_then(|(_, r)| r.split_once("] ")).map_or(msg, |(_, t)| t);
    let refused = text.strip_prefix("Rejected password for user ");
    let entered = text.strip_prefix("Accepted password for user ");
    if let Some(rest) = refused.or(entered) {
        login(entered.is_some(), d);
        let (user, addr) = rest.rsplit_once(" from ").unwrap_or((rest, ""));
        set_user(d, user);
        set_src(d, addr);
    } else if let Some(rest) = text.strip_prefix("Event ").and_then(|r| r.split_once(" : User ")).map(|(_, r)| r)
        && let Some((who, _)) = rest.split_once(" logged in as ")
    {
        login(true, d);
        let (user, addr) = who.rsplit_once('@').unwrap_or((who, ""));
        set_user(d, user);
        set_src(d, addr);
    } else {
        return false;
    }
    d.set_default(Ov::Resource, "esxi");
    d.logsource(ctx.ls.auth);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{syslog, testing::one};

    #[test]
    fn log_ins() {
        use EventType::{Login, LoginFailed};
        for (program, msg, kind, user, src) in [
            ("pvedaemon", "<root@pam> successful auth for user 'root@pam'", Login, "root@pam", ""),
            (
                "pvedaemon",
                "authentication failure; rhost=::ffff:203.0.113.9 user=root@pam msg=Authentication failure",
                LoginFailed,
                "root@pam",
                "203.0.113.9",
            ),
            (
                "php-fpm",
                "/index.php: webConfigurator authentication error for user 'a' from: 6.6.6.6' from: 203.0.113.9",
                LoginFailed,
                "a' from: 6.6.6.6",
                "203.0.113.9",
            ),
            (
                "php-fpm",
                "/index.php: Successful login for user 'admin' from: 10.0.0.7 (Local Database)",
                Login,
                "admin",
                "10.0.0.7",
            ),
            (
                "qlogd",
                "conn log: Users: admin, Source IP: 203.0.113.9, Computer name: ---, Connection type: HTTP, Accessed resources: Administration, Action: Login Fail",
                LoginFailed,
                "admin",
                "203.0.113.9",
            ),
            (
                "qlogd",
                "conn log: Users: a, Source IP: 6.6.6.6, Source IP: 203.0.113.9, Computer name: ---, Action: Login Fail",
                LoginFailed,
                "a",
                "",
            ),
            (
                "Hostd",
                "warning hostd[812] [Originator@6876 sub=Default opID=x] Rejected password for user root from 203.0.113.9",
                LoginFailed,
                "root",
                "203.0.113.9",
            ),
            (
                "Hostd",
                "info hostd[812] [Originator@6876 sub=Vimsvc opID=x] Event 123 : User root@203.0.113.9 logged in as pyvmomi",
                Login,
                "root",
                "203.0.113.9",
            ),
            (
                "sshd",
                "SSHD_LOGIN_FAILED: Login failed for user 'x' from host '6.6.6.6' y' from host '203.0.113.9'",
                EventType::SshLoginFailed,
                "x' from host '6.6.6.6' y",
                "203.0.113.9",
            ),
        ] {
            let e = one(&format!("Mar  2 08:00:00 h {program}[7]: {msg}"), syslog::parse);
            assert_eq!(e.event_type, kind, "{msg}");
            assert_eq!([Ov::User, Ov::SrcIp].map(|n| e.ov(n).unwrap_or("")), [user, src], "{msg}");
        }
    }

    #[test]
    fn switches() {
        for head in [
            "Mar  2 08:00:00 sw 123: *Mar  2 08:00:00.123: ",
            "Mar  2 08:00:00 sw 123: Mar  2 08:00:00.123 UTC: ",
            "<189>123: sw: Mar  2 08:00:00.123: ",
            "Mar  2 08:00:00 sw : ",
        ] {
            let e = one(
                &format!(
                    "{head}%SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: admin] [Source: 203.0.113.9] [localport: 22] [Reason: Login Authentication Failed] at 08:00:00 UTC Sat Mar 2 2024"
                ),
                syslog::parse,
            );
            assert_eq!(
                (e.event_type, e.ov(Ov::Host), e.ov(Ov::SrcIp)),
                (EventType::LoginFailed, Some("sw"), Some("203.0.113.9")),
                "{head}"
            );
            assert_eq!(e.ov(Ov::Process), Some("%SEC_LOGIN-4-LOGIN_FAILED"), "{head}");
            assert_eq!(&e.time.to_rfc3339()[5..19], "03-02T08:00:00", "{head}");
        }
    }
}
