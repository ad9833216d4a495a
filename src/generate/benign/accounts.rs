//! Accounts that come, go and change: hires, leavers, new passwords.

use crate::generate::emit::Ctx;
use crate::generate::queue::SEC;
use crate::generate::world::Host;

/// A new colleague gets an account; plain groups only.
pub(super) fn new_hire(c: &mut Ctx<'_>, at: i64) {
    let (admin, host) = (c.people.admin(c.r), Host::Files1);
    let (login, uid) = (format!("new.hire{}", c.r.range(10, 99)), 20_000 + c.r.below(9000));
    crate::generate::acts::sudo(
        c,
        at,
        host,
        &admin.login,
        admin.uid,
        &format!("/usr/sbin/useradd -m -s /bin/bash {login}"),
    );
    let pid = c.state.pid(host, c.r);
    c.out.syslog(at + 20_000, host, "useradd", pid, format_args!("new group: name={login}, GID={uid}"));
    c.out.syslog(
        at + 21_000,
        host,
        "useradd",
        pid,
        format_args!(
            "new user: name={login}, UID={uid}, GID={uid}, home=/home/{login}, shell=/bin/bash, from=/dev/pts/1"
        ),
    );
    let (pid, t) = (c.state.pid(host, c.r), at + c.r.span(10, 60) * SEC);
    c.out.syslog(t, host, "passwd", pid, format_args!("pam_unix(passwd:chauthtok): password changed for {login}"));
    let pid = c.state.pid(host, c.r);
    c.out.syslog(t + 8 * SEC, host, "usermod", pid, format_args!("add '{login}' to group 'staff'"));
    c.out.syslog(t + 8 * SEC, host, "usermod", pid, format_args!("add '{login}' to shadow group 'staff'"));
}

/// A colleague left; the account goes.
pub(super) fn leaver(c: &mut Ctx<'_>, at: i64) {
    let (login, host) = (format!("ex.temp{}", c.r.range(10, 99)), Host::Files1);
    let pid = c.state.pid(host, c.r);
    c.out.syslog(at, host, "userdel", pid, format_args!("delete user '{login}'"));
    c.out.syslog(at + 700, host, "userdel", pid, format_args!("removed group '{login}' owned by '{login}'"));
    c.out.syslog(at + 900, host, "userdel", pid, format_args!("removed shadow group '{login}' owned by '{login}'"));
}

/// Somebody's password is due.
pub(super) fn password_rotation(c: &mut Ctx<'_>, at: i64) {
    let person = c.people.any(c.r);
    let host = person.hosts[0];
    let pid = c.state.pid(host, c.r);
    let login = &person.login;
    c.out.syslog(at, host, "passwd", pid, format_args!("pam_unix(passwd:chauthtok): password changed for {login}"));
}
