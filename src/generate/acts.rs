//! The lines that daemons write for one act (a log-in, a sudo command), shared
//! by honest traffic and attack stories.

use std::net::IpAddr;

use super::emit::Ctx;
use super::queue::SEC;
use super::world::{Host, Person};

/// One connection to sshd.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ssh<'a> {
    /// The server.
    pub host: Host,
    /// The client.
    pub ip: IpAddr,
    /// Its port.
    pub port: u16,
    /// The account asked for.
    pub user: &'a str,
    /// Number of the account.
    pub uid: u32,
    /// sshd's process.
    pub pid: u32,
}

impl<'a> Ssh<'a> {
    /// A new connection.
    pub fn new(c: &mut Ctx<'_>, host: Host, ip: IpAddr, user: &'a str, uid: u32) -> Self {
        Self { host, ip, port: c.r.port(), user, uid, pid: c.state.pid(host, c.r) }
    }

    /// A person's connection to a host.
    pub fn of(c: &mut Ctx<'_>, host: Host, person: &'a Person) -> Self {
        Self::new(c, host, person.addr(), &person.login, person.uid)
    }

    /// A wrong password for an account that exists.
    pub fn wrong(&self, c: &mut Ctx<'_>, at: i64) {
        let Self { host, ip, port, user, pid, .. } = *self;
        c.out.syslog(
            at - SEC,
            host,
            host.sshd(),
            pid,
            format_args!(
                "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={ip}  user={user}"
            ),
        );
        c.out.syslog(at, host, host.sshd(), pid, format_args!("Failed password for {user} from {ip} port {port} ssh2"));
    }

    /// A further wrong password on the same connection.
    pub fn wrong_again(&self, c: &mut Ctx<'_>, at: i64) {
        let Self { host, ip, port, user, pid, .. } = *self;
        c.out.syslog(at, host, host.sshd(), pid, format_args!("Failed password for {user} from {ip} port {port} ssh2"));
    }

    /// A log-in to an account that does not exist.
    pub fn invalid(&self, c: &mut Ctx<'_>, at: i64) {
        let Self { host, ip, port, user, pid, .. } = *self;
        c.out.syslog(at - SEC, host, host.sshd(), pid, format_args!("Invalid user {user} from {ip} port {port}"));
        c.out.syslog(
            at - SEC + 900,
            host,
            host.sshd(),
            pid,
            format_args!("pam_unix(sshd:auth): check pass; user unknown"),
        );
        c.out.syslog(
            at - SEC + 1300,
            host,
            host.sshd(),
            pid,
            format_args!(
                "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={ip} "
            ),
        );
        c.out.syslog(
            at,
            host,
            host.sshd(),
            pid,
            format_args!("Failed password for invalid user {user} from {ip} port {port} ssh2"),
        );
    }

    /// The client gave up before it was in.
    pub fn gave_up(&self, c: &mut Ctx<'_>, at: i64, invalid: bool) {
        let Self { host, ip, port, user, pid, .. } = *self;
        let kind = if invalid { "invalid" } else { "authenticating" };
        c.out.syslog(
            at,
            host,
            host.sshd(),
            pid,
            format_args!("Connection closed by {kind} user {user} {ip} port {port} [preauth]"),
        );
    }

    /// The account is let in; returns the session's number.
    pub fn accepted(&self, c: &mut Ctx<'_>, at: i64, key: Option<&str>) -> u32 {
        let Self { host, ip, port, user, uid, pid } = *self;
        match key {
            Some(key) => c.out.syslog(
                at,
                host,
                host.sshd(),
                pid,
                format_args!("Accepted publickey for {user} from {ip} port {port} ssh2: ED25519 SHA256:{key}"),
            ),
            None => c.out.syslog(
                at,
                host,
                host.sshd(),
                pid,
                format_args!("Accepted password for {user} from {ip} port {port} ssh2"),
            ),
        }
        let session = c.state.session(host);
        c.out.syslog(
            at + 2_000,
            host,
            host.sshd(),
            pid,
            format_args!("pam_unix(sshd:session): session opened for user {user}(uid={uid}) by (uid=0)"),
        );
        c.out.syslog(at + 9_000, host, "systemd-logind", 612, format_args!("New session {session} of user {user}."));
        c.out.syslog(
            at + 14_000,
            host,
            "systemd",
            1,
            format_args!("Started session-{session}.scope - Session {session} of User {user}."),
        );
        session
    }

    /// The session ends.
    pub fn closed(&self, c: &mut Ctx<'_>, at: i64, session: u32) {
        let Self { host, ip, port, user, pid, .. } = *self;
        c.out.syslog(
            at,
            host,
            host.sshd(),
            pid,
            format_args!("Received disconnect from {ip} port {port}:11: disconnected by user"),
        );
        c.out.syslog(at + 300, host, host.sshd(), pid, format_args!("Disconnected from user {user} {ip} port {port}"));
        c.out.syslog(
            at + 1_500,
            host,
            host.sshd(),
            pid,
            format_args!("pam_unix(sshd:session): session closed for user {user}"),
        );
        c.out.syslog(
            at + 6_000,
            host,
            "systemd",
            1,
            format_args!("session-{session}.scope: Deactivated successfully."),
        );
        c.out.syslog(
            at + 7_000,
            host,
            "systemd-logind",
            612,
            format_args!("Session {session} logged out. Waiting for processes to exit."),
        );
        c.out.syslog(at + 9_500, host, "systemd-logind", 612, format_args!("Removed session {session}."));
    }
}

/// A command by sudo as root, with the session lines around it.
pub(super) fn sudo(c: &mut Ctx<'_>, at: i64, host: Host, user: &str, uid: u32, command: &str) {
    let (tty, length) = (c.r.below(6), c.r.span(20_000, 3 * SEC));
    c.out.syslog(
        at,
        host,
        "sudo",
        0,
        format_args!("{user:>8} : TTY=pts/{tty} ; PWD=/home/{user} ; USER=root ; COMMAND={command}"),
    );
    c.out.syslog(
        at + 3_000,
        host,
        "sudo",
        0,
        format_args!("pam_unix(sudo:session): session opened for user root(uid=0) by {user}(uid={uid})"),
    );
    c.out.syslog(
        at + 3_000 + length,
        host,
        "sudo",
        0,
        format_args!("pam_unix(sudo:session): session closed for user root"),
    );
}

/// A wrong password for sudo.
pub(super) fn sudo_wrong(c: &mut Ctx<'_>, at: i64, host: Host, user: &str, uid: u32) {
    let tty = c.r.below(6);
    c.out.syslog(
        at,
        host,
        "sudo",
        0,
        format_args!(
            "pam_unix(sudo:auth): authentication failure; logname={user} uid={uid} euid=0 tty=/dev/pts/{tty} ruser={user} rhost=  user={user}"
        ),
    );
}

/// A command that cron runs.
pub(super) fn cron(c: &mut Ctx<'_>, at: i64, host: Host, user: &str, uid: u32, command: &str) {
    let (pid, length) = (c.state.pid(host, c.r), c.r.span(30_000, 2 * SEC));
    c.out.syslog(
        at,
        host,
        "CRON",
        pid,
        format_args!("pam_unix(cron:session): session opened for user {user}(uid={uid}) by (uid=0)"),
    );
    c.out.syslog(at + 4_000, host, "CRON", pid + 1, format_args!("({user}) CMD ({command})"));
    c.out.syslog(
        at + 4_000 + length,
        host,
        "CRON",
        pid,
        format_args!("pam_unix(cron:session): session closed for user {user}"),
    );
}
