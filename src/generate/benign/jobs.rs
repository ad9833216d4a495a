//! What machines do by themselves: cron, systemd, the kernel.

use crate::generate::acts;
use crate::generate::emit::Ctx;
use crate::generate::queue::SEC;
use crate::generate::world::Host;

const CRON: &[(&str, u32, &str)] = &[
    ("root", 0, "   cd / && run-parts --report /etc/cron.hourly"),
    ("root", 0, "command -v debian-sa1 > /dev/null && debian-sa1 1 1"),
    (
        "root",
        0,
        "[ -x /usr/lib/php/sessionclean ] && if [ ! -d /run/systemd/system ]; then /usr/lib/php/sessionclean; fi",
    ),
    ("root", 0, "/usr/local/bin/check-certificates --quiet"),
    ("www-data", 33, "/usr/bin/php /srv/portal/artisan schedule:run >> /dev/null 2>&1"),
    ("postgres", 114, "/usr/lib/postgresql/15/bin/vacuumdb --all --analyze-only --quiet"),
    ("root", 0, "/usr/local/sbin/report-disk-usage --to ops@corp.example"),
    ("deploy", 998, "/srv/deploy/bin/cleanup-releases --keep 5"),
];

const UNITS: &[(&str, &str)] = &[
    ("apt-daily", "Daily apt download activities"),
    ("phpsessionclean", "Clean php session files"),
    ("man-db", "Daily man-db regeneration"),
    ("fstrim", "Discard unused blocks on filesystems from /etc/fstab"),
    ("e2scrub_all", "Online ext4 Metadata Check for All Filesystems"),
    ("sysstat-collect", "system activity accounting tool"),
    ("systemd-tmpfiles-clean", "Cleanup of Temporary Directories"),
    ("certbot", "Certbot"),
    ("motd-news", "Message of the Day"),
];

/// A job of a crontab.
pub(super) fn cron(c: &mut Ctx<'_>, at: i64) {
    let host = *c.r.pick(&Host::LINUX);
    let (user, uid, command) = *c.r.pick(CRON);
    acts::cron(c, at, host, user, uid, command);
}

/// A timer starts a service.
pub(super) fn systemd(c: &mut Ctx<'_>, at: i64) {
    let host = *c.r.pick(&Host::LINUX);
    let (unit, what) = *c.r.pick(UNITS);
    let length = c.r.span(50_000, 20 * SEC);
    c.out.syslog(at, host, "systemd", 1, format_args!("Starting {unit}.service - {what}..."));
    c.out.syslog(at + length, host, "systemd", 1, format_args!("{unit}.service: Deactivated successfully."));
    c.out.syslog(at + length + 900, host, "systemd", 1, format_args!("Finished {unit}.service - {what}."));
}

/// The kernel has something to say.
pub(super) fn kernel(c: &mut Ctx<'_>, at: i64) {
    let host = *c.r.pick(&Host::LINUX);
    let up = c.r.range(100_000, 9_000_000);
    let micro = c.r.below(1_000_000);
    match c.r.below(4) {
        0 => c.out.syslog(
            at,
            host,
            "kernel",
            0,
            format_args!("[{up}.{micro:06}] EXT4-fs (sda2): re-mounted. Quota mode: none."),
        ),
        1 => c.out.syslog(
            at,
            host,
            "kernel",
            0,
            format_args!("[{up}.{micro:06}] eth0: Link is Up - 10Gbps/Full - flow control off"),
        ),
        2 => c.out.syslog(
            at,
            host,
            "kernel",
            0,
            format_args!("[{up}.{micro:06}] perf: interrupt took too long (2513 > 2500), lowering kernel.perf_event_max_sample_rate to 79500"),
        ),
        _ => {
            let server = c.r.below(4);
            c.out.syslog(
                at,
                host,
                "systemd-timesyncd",
                533,
                format_args!("Contacted time server 10.20.0.{}:123 ({server}.ntp.corp.example).", 20 + server),
            );
        }
    }
}

/// Somebody changes the own crontab.
pub(super) fn crontab_edit(c: &mut Ctx<'_>, at: i64) {
    let person = c.people.admin(c.r);
    let (host, login) = (person.hosts[0], &person.login);
    let pid = c.state.pid(host, c.r);
    let end = at + c.r.span(20, 200) * SEC;
    c.out.syslog(at, host, "crontab", pid, format_args!("({login}) BEGIN EDIT ({login})"));
    c.out.syslog(end, host, "crontab", pid, format_args!("({login}) REPLACE ({login})"));
    c.out.syslog(end + 500, host, "crontab", pid, format_args!("({login}) END EDIT ({login})"));
    c.out.syslog(end + 30 * SEC, host, "cron", 702, format_args!("({login}) RELOAD (crontabs/{login})"));
}

/// Logs are rotated at midnight.
pub(super) fn logrotate(c: &mut Ctx<'_>, at: i64) {
    for host in Host::LINUX {
        let t = at + c.r.span(0, 600) * SEC;
        c.out.syslog(t, host, "systemd", 1, format_args!("Starting logrotate.service - Rotate log files..."));
        c.out.syslog(
            t + 400_000,
            host,
            "rsyslogd",
            0,
            format_args!(
                "[origin software=\"rsyslogd\" swVersion=\"8.2302.0\" x-pid=\"601\" x-info=\"https://www.rsyslog.com\"] rsyslogd was HUPed"
            ),
        );
        c.out.syslog(t + 500_000, host, "systemd", 1, format_args!("logrotate.service: Deactivated successfully."));
        c.out.syslog(t + 501_000, host, "systemd", 1, format_args!("Finished logrotate.service - Rotate log files."));
    }
}
