//! Guessing passwords at mail, files and the portal.

use super::Scene;
use crate::generate::formats::json::App;
use crate::generate::world::Host;

/// Mailboxes.
pub(super) fn imap(s: &mut Scene<'_, '_>) {
    let (ip, host) = (s.attacker(0), s.host(Host::Mail1));
    let victim = s.take_victim();
    for n in 0..18 {
        let t = s.about(n * 15_500, 4_000);
        let session = s.c.r.below(1 << 48);
        let login = &victim.login;
        s.c.out.syslog(
            t,
            host,
            "dovecot",
            0,
            format_args!(
                "imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<{login}>, method=PLAIN, rip={ip}, lip=10.20.1.15, TLS, session=<{session:012x}>"
            ),
        );
    }
}

/// The mail server itself.
pub(super) fn smtp(s: &mut Scene<'_, '_>) {
    let (ip, host) = (s.attacker(0), s.host(Host::Mail1));
    for n in 0..16 {
        let t = s.about(n * 24_000, 6_000);
        let pid = s.c.state.pid(host, s.c.r);
        s.c.out.syslog(t, host, "postfix/smtpd", pid, format_args!("connect from unknown[{ip}]"));
        s.c.out.syslog(
            t + 1_800_000,
            host,
            "postfix/smtpd",
            pid,
            format_args!(
                "warning: unknown[{ip}]: SASL LOGIN authentication failed: authentication failure, sasl_username=info@corp.example"
            ),
        );
        s.c.out.syslog(
            t + 2_100_000,
            host,
            "postfix/smtpd",
            pid,
            format_args!("disconnect from unknown[{ip}] ehlo=1 auth=0/1 quit=1 commands=2/3"),
        );
    }
    s.user("info@corp.example");
}

/// The file server.
pub(super) fn ftp(s: &mut Scene<'_, '_>) {
    let (ip, host) = (s.attacker(0), s.host(Host::Files1));
    const NAMES: [&str; 4] = ["admin", "ftp", "backup", "upload"];
    for n in 0..20 {
        let t = s.about(n * 14_000, 4_000);
        let (pid, user) = (s.c.state.pid(host, s.c.r), NAMES[n as usize % 4]);
        s.user(user);
        s.c.out.syslog(t, host, "vsftpd", pid, format_args!("CONNECT: Client \"{ip}\""));
        s.c.out.syslog(t + 2_000_000, host, "vsftpd", pid, format_args!("[{user}] FAIL LOGIN: Client \"{ip}\""));
    }
}

/// The portal.
pub(super) fn app(s: &mut Scene<'_, '_>) {
    let (ip, victim) = (s.attacker(0), s.take_victim());
    s.host(Host::App1);
    for n in 0..16 {
        let t = s.about(n * 17_000, 5_000);
        s.c.out.app(
            t,
            &App {
                service: "portal",
                event: "login_failed",
                client: Some(ip),
                user: &victim.login,
                outcome: "failure",
                message: "wrong password",
                ..App::default()
            },
        );
    }
}
