//! Services that guard a machine: stopped for good, restarted, or down with it.

use crate::program::Home;

/// Rule and severity of the alerts about a machine.
fn alerts(lines: &[&str]) -> Vec<(String, String)> {
    let home = Home::new();
    home.write("syslog", lines.join("\n") + "\n");
    home.run(&["replay", "syslog", "--year", "2026", "--no-store", "--alerts", "a.jsonl"]).says(0, &[]);
    let word = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_owned();
    home.objects("a.jsonl").iter().map(|a| (word(&a["rule"]), word(&a["severity"]))).collect()
}

const LOGGING: &str = "Logging stopped and not started again";
const FIREWALL: &str = "Firewall stopped and not started again";

#[test]
fn stopped_and_left_so() {
    let found = alerts(&[
        "Mar  2 10:00:00 web1 systemd[1]: Stopped Security Auditing Service.",
        "Mar  2 10:00:01 web1 systemd[1]: Stopped Uncomplicated firewall.",
        "Mar  2 10:06:00 web1 systemd[1]: Started Security Auditing Service.",
        "Mar  2 12:00:00 web1 CRON[9]: (root) CMD (true)",
    ]);
    let medium = |rule: &str| (rule.to_owned(), "medium".to_owned());
    assert_eq!(found, [medium(LOGGING), medium(FIREWALL)]);
}

#[test]
fn a_restart_is_ordinary() {
    let found = alerts(&[
        "Mar  2 10:00:00 web1 systemd[1]: Stopping System Logging Service...",
        "Mar  2 10:00:00 web1 rsyslogd: [origin software=\"rsyslogd\" swVersion=\"8.2112.0\"] exiting on signal 15.",
        "Mar  2 10:00:00 web1 systemd[1]: Stopped System Logging Service.",
        "Mar  2 10:00:01 web1 systemd[1]: Started System Logging Service.",
        "Mar  2 12:00:00 web1 CRON[9]: (root) CMD (true)",
    ]);
    assert!(found.iter().all(|(_, severity)| severity == "low"), "{found:?}");
}

#[test]
fn a_machine_that_goes_down_takes_its_services_along() {
    for (before, after) in [
        ("systemd[1]: Stopped target Multi-User System.", "systemd[1]: Reached target System Shutdown."),
        ("systemd[1]: Stopped target graphical.target - Graphical Interface.", "systemd[1]: Shutting down."),
        ("systemd-logind[7]: System is powering down.", "systemd-shutdown[1]: Syncing filesystems and block devices."),
        ("shutdown[12]: shutting down for system halt", "init: Switching to runlevel: 0"),
    ] {
        let found = alerts(&[
            &format!("Mar  2 10:00:00 web1 {before}"),
            "Mar  2 10:00:01 web1 systemd[1]: Stopped Security Auditing Service.",
            "Mar  2 10:00:01 web1 systemd[1]: Stopped System Logging Service.",
            "Mar  2 10:00:01 web1 systemd[1]: Stopped firewalld - dynamic firewall daemon.",
            &format!("Mar  2 10:00:02 web1 {after}"),
        ]);
        assert!(found.is_empty(), "{before}: {found:?}");
    }
}

/// The end of a session of one user says nearly the same as that of the machine.
#[test]
fn a_log_out_is_no_shutdown() {
    let found = alerts(&[
        "Mar  2 10:00:00 web1 systemd[1]: Stopped System Logging Service.",
        "Mar  2 10:00:02 web1 systemd[4711]: Reached target Shutdown.",
        "Mar  2 12:00:00 web1 CRON[9]: (root) CMD (true)",
    ]);
    assert_eq!(found, [(LOGGING.to_owned(), "medium".to_owned())]);
}
