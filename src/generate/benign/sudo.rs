//! What administrators do with sudo and su.

use crate::generate::acts::{self, Ssh};
use crate::generate::emit::Ctx;
use crate::generate::queue::SEC;
use crate::generate::world::Host;

/// Everyday commands of administrators.
const COMMANDS: &[&str] = &[
    "/usr/bin/systemctl status nginx",
    "/usr/bin/systemctl restart nginx",
    "/usr/bin/systemctl reload nginx",
    "/usr/bin/systemctl status postgresql",
    "/usr/bin/systemctl restart postfix",
    "/usr/bin/systemctl daemon-reload",
    "/usr/bin/journalctl -u nginx --since today",
    "/usr/bin/journalctl -xe",
    "/usr/bin/tail -n 200 /var/log/syslog",
    "/usr/bin/less /var/log/mail.log",
    "/usr/bin/vi /etc/nginx/sites-available/shop.conf",
    "/usr/bin/nano /etc/hosts",
    "/usr/sbin/nginx -t",
    "/usr/bin/df -h",
    "/usr/bin/du -sh /srv",
    "/usr/bin/ls -la /srv/releases",
    "/usr/bin/docker ps",
    "/usr/bin/docker logs --tail 100 portal",
    "/usr/sbin/lsof -i :8080",
    "/usr/bin/ss -tlnp",
    "/usr/sbin/ufw status verbose",
    "/usr/bin/lastlog",
    "/usr/sbin/postqueue -p",
    "/usr/bin/certbot certificates",
    "/usr/sbin/smartctl -H /dev/sda",
    "/usr/bin/chown www-data:www-data /srv/releases/current",
];

/// An administrator looks after a host; sometimes the password is mistyped.
pub(super) fn admin(c: &mut Ctx<'_>, at: i64) {
    let person = c.people.admin(c.r);
    let host = *c.r.pick(&person.hosts);
    let mut t = at;
    if c.r.percent(4) && c.state.may_mistype_sudo(person.id, at) {
        acts::sudo_wrong(c, t, host, &person.login, person.uid);
        t += c.r.span(3, 8) * SEC;
    }
    for _ in 0..c.r.range(1, 4) {
        let command = *c.r.pick(COMMANDS);
        acts::sudo(c, t, host, &person.login, person.uid, command);
        t += c.r.span(5, 90) * SEC;
    }
}

/// The database's own jobs change to its account.
pub(super) fn postgres(c: &mut Ctx<'_>, at: i64) {
    let (host, pid) = (Host::Db1, c.state.pid(Host::Db1, c.r));
    let length = c.r.span(1, 20) * SEC;
    c.out.syslog(at, host, "su", pid, format_args!("(to postgres) root on none"));
    c.out.syslog(
        at + 900,
        host,
        "su",
        pid,
        format_args!("pam_unix(su:session): session opened for user postgres(uid=114) by (uid=0)"),
    );
    c.out.syslog(at + length, host, "su", pid, format_args!("pam_unix(su:session): session closed for user postgres"));
}

/// Packages are brought up to date.
pub(super) fn upgrade(c: &mut Ctx<'_>, at: i64) {
    let person = c.people.admin(c.r);
    let host = *c.r.pick(&person.hosts);
    acts::sudo(c, at, host, &person.login, person.uid, "/usr/bin/apt-get update");
    let t = at + c.r.span(10, 40) * SEC;
    acts::sudo(c, t, host, &person.login, person.uid, "/usr/bin/apt-get upgrade -y");
    for (i, unit) in ["unattended-upgrades", "ssh", "cron"].iter().enumerate() {
        let t = t + (20 + i as i64) * SEC;
        c.out.syslog(t, host, "systemd", 1, format_args!("Reloading {unit}.service..."));
        c.out.syslog(t + 80_000, host, "systemd", 1, format_args!("Reloaded {unit}.service."));
    }
}

/// An administrator logs in as root by key from the office: routine here.
pub(super) fn root_login(c: &mut Ctx<'_>, at: i64) {
    let person = c.people.admin(c.r);
    let ssh = Ssh::new(c, Host::Db1, person.desk, "root", 0);
    let session = ssh.accepted(c, at, Some(&person.key));
    let length = c.r.span(120, 900) * SEC;
    ssh.closed(c, at + length, session);
}
