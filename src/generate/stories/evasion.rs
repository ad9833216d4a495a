//! Traces removed, defences stopped.

use super::Scene;
use crate::generate::acts::sudo;
use crate::generate::world::Host;

fn commands(s: &mut Scene<'_, '_>, host: Host, commands: &[&str]) {
    let (host, victim) = (s.host(host), s.take_victim());
    for (n, command) in commands.iter().enumerate() {
        let t = s.at(2_000 + n as i64 * 11_000);
        sudo(&mut s.c, t, host, &victim.login, victim.uid, command);
    }
}

/// Logs are removed.
pub(super) fn log_deletion(s: &mut Scene<'_, '_>) {
    commands(
        s,
        Host::Web2,
        &[
            "/usr/bin/rm -f /var/log/auth.log /var/log/auth.log.1",
            "/usr/bin/truncate -s 0 /var/log/syslog",
            "/usr/bin/shred -u /var/log/wtmp",
        ],
    );
}

/// The history of a shell is removed.
pub(super) fn history_deletion(s: &mut Scene<'_, '_>) {
    commands(s, Host::Files1, &["/usr/bin/rm -f /root/.bash_history", "/usr/bin/ln -sf /dev/null /root/.bash_history"]);
}

/// Nothing is to be logged any more.
pub(super) fn logging_stopped(s: &mut Scene<'_, '_>) {
    commands(s, Host::App1, &["/usr/bin/systemctl stop rsyslog", "/usr/bin/systemctl stop auditd"]);
    let t = s.at(2_900);
    let host = Host::App1;
    s.c.out.syslog(t, host, "systemd", 1, format_args!("Stopping rsyslog.service - System Logging Service..."));
    s.c.out.syslog(
        t + 20_000,
        host,
        "rsyslogd",
        0,
        format_args!(
            "[origin software=\"rsyslogd\" swVersion=\"8.2302.0\" x-pid=\"601\" x-info=\"https://www.rsyslog.com\"] exiting on signal 15."
        ),
    );
    s.c.out.syslog(t + 60_000, host, "systemd", 1, format_args!("Stopped rsyslog.service - System Logging Service."));
}

/// The firewall of a host goes.
pub(super) fn firewall_stopped(s: &mut Scene<'_, '_>) {
    commands(s, Host::Files1, &["/usr/sbin/ufw disable", "/usr/sbin/iptables -F"]);
}
