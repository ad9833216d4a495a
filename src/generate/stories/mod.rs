//! The attacks: a catalogue of stories, each with its techniques.
//!
//! Every story has an address of its own, and a victim of its own where it
//! needs one. Times inside a story are those of a full-length log; a shorter
//! log squeezes them, and leaves out what would be no story any more.

mod chain;
mod data;
mod evasion;
mod guessing;
mod network;
mod persistence;
mod privilege;
mod scene;
mod services;
mod web_inject;
mod web_probe;
mod windows;

use scene::Scene;
pub(super) use scene::{Cast, victims};

use super::world::SourceKind;
use SourceKind::{Access, Json, Syslog, Windows};

/// What a story is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoryInfo {
    /// Its name, for `--attacks` and the truth.
    pub name: &'static str,
    /// ATT&CK techniques.
    pub technique: &'static [&'static str],
    /// One line about it.
    pub summary: &'static str,
}

/// A story and how to tell it.
struct Story {
    info: StoryInfo,
    /// The kind of lines without which it is not to be seen.
    needs: SourceKind,
    /// Seconds it takes in a log that is long enough.
    length: i64,
    /// Seconds below which it is left out.
    least: i64,
    tell: fn(&mut Scene<'_, '_>),
}

const fn story(
    name: &'static str,
    technique: &'static [&'static str],
    needs: SourceKind,
    length: i64,
    tell: fn(&mut Scene<'_, '_>),
    summary: &'static str,
) -> Story {
    Story { info: StoryInfo { name, technique, summary }, needs, length, least: 0, tell }
}

const STORIES: &[Story] = &[
    // Guessing passwords.
    story("ssh-bruteforce", &["T1110.001"], Syslog, 240, guessing::bruteforce, "many passwords from one source"),
    story("ssh-account-guessing", &["T1110.001"], Syslog, 480, guessing::one_account, "one account from three sources"),
    story(
        "ssh-password-spraying",
        &["T1110.003"],
        Syslog,
        540,
        guessing::spraying,
        "one source tries each of many accounts once",
    ),
    story(
        "ssh-distributed-guessing",
        &["T1110.001", "T1110.004"],
        Syslog,
        1500,
        guessing::distributed,
        "forty sources, one account",
    ),
    Story {
        least: 3600,
        ..story("ssh-slow-guessing", &["T1110.001"], Syslog, 83_000, guessing::slow, "one attempt an hour, all day")
    },
    story(
        "ssh-guess-then-login",
        &["T1110.001", "T1078"],
        Syslog,
        420,
        guessing::then_login,
        "guessing that ends in a log-in",
    ),
    story(
        "ssh-user-enumeration",
        &["T1110.001", "T1087", "T1589.001"],
        Syslog,
        300,
        guessing::enumeration,
        "names that do not exist, one after the other",
    ),
    story("mail-password-guessing", &["T1110.001"], Syslog, 300, services::imap, "guessing at the mailboxes' log-in"),
    story(
        "smtp-password-guessing",
        &["T1110.001"],
        Syslog,
        420,
        services::smtp,
        "guessing at the mail server's log-in",
    ),
    story("ftp-password-guessing", &["T1110.001"], Syslog, 300, services::ftp, "guessing at the file server's log-in"),
    story("app-password-guessing", &["T1110.001"], Json, 300, services::app, "guessing at the portal's log-in"),
    story(
        "windows-password-guessing",
        &["T1110.001"],
        Windows,
        300,
        windows::guessing,
        "guessing at a Windows account",
    ),
    // Rights, accounts, staying.
    story(
        "sudo-not-allowed",
        &["T1548.003"],
        Syslog,
        60,
        privilege::not_in_sudoers,
        "an account without the right tries sudo",
    ),
    story(
        "sudo-password-guessing",
        &["T1548.003", "T1110.001"],
        Syslog,
        120,
        privilege::sudo_guessing,
        "somebody at a colleague's session guesses for sudo",
    ),
    story(
        "su-password-guessing",
        &["T1110.001", "T1548"],
        Syslog,
        120,
        privilege::su_guessing,
        "guessing the root password with su",
    ),
    story(
        "rogue-admin-account",
        &["T1136.001", "T1098"],
        Syslog,
        60,
        persistence::rogue_admin,
        "a new account becomes administrator at once",
    ),
    story(
        "sudoers-backdoor",
        &["T1548.003", "T1098"],
        Syslog,
        60,
        persistence::sudoers,
        "an account gives itself all rights",
    ),
    story(
        "cron-persistence",
        &["T1053.003"],
        Syslog,
        900,
        persistence::cron,
        "the web server's account installs a job that loads code",
    ),
    story(
        "password-change-burst",
        &["T1098", "T1531"],
        Syslog,
        240,
        persistence::password_burst,
        "one session changes many accounts' passwords",
    ),
    story(
        "download-to-shell",
        &["T1059.004", "T1105"],
        Syslog,
        30,
        privilege::download_to_shell,
        "a download is piped to a shell as root",
    ),
    story(
        "reverse-shell",
        &["T1059.004"],
        Syslog,
        30,
        privilege::reverse_shell,
        "a shell is connected to the attacker",
    ),
    story(
        "windows-new-admin",
        &["T1136.001", "T1098"],
        Windows,
        60,
        windows::new_admin,
        "a new Windows account becomes administrator",
    ),
    // Traces.
    story("log-deletion", &["T1070.002"], Syslog, 60, evasion::log_deletion, "logs are deleted"),
    story("history-deletion", &["T1070.003"], Syslog, 40, evasion::history_deletion, "the shell's history is deleted"),
    story(
        "logging-stopped",
        &["T1562.001", "T1562.012"],
        Syslog,
        30,
        evasion::logging_stopped,
        "the syslog daemon and auditd are stopped",
    ),
    story(
        "firewall-stopped",
        &["T1562.004"],
        Syslog,
        30,
        evasion::firewall_stopped,
        "the host's firewall is switched off",
    ),
    story("windows-log-cleared", &["T1070.001"], Windows, 20, windows::log_cleared, "the Windows audit log is cleared"),
    // The web.
    story(
        "web-path-traversal",
        &["T1190", "T1083"],
        Access,
        180,
        web_inject::traversal,
        "files outside the site are asked for",
    ),
    story("web-sql-injection", &["T1190"], Access, 240, web_inject::sqli, "SQL in parameters"),
    story("web-xss", &["T1190", "T1189", "T1059.007"], Access, 120, web_inject::xss, "scripts in parameters"),
    story(
        "web-command-injection",
        &["T1190", "T1059.004"],
        Access,
        120,
        web_inject::command,
        "shell commands in parameters",
    ),
    story(
        "web-template-injection",
        &["T1190"],
        Access,
        120,
        web_inject::template,
        "template expressions in parameters",
    ),
    story("web-file-inclusion", &["T1190"], Access, 150, web_inject::inclusion, "local and remote files included"),
    story(
        "web-ssrf-metadata",
        &["T1190", "T1552.005"],
        Access,
        120,
        web_inject::ssrf,
        "the server is made to ask the cloud's metadata address",
    ),
    story("web-shell", &["T1505.003", "T1190"], Access, 300, web_inject::shell, "an uploaded web shell is used"),
    story("log4shell-probe", &["T1190"], Access, 90, web_inject::log4shell, "JNDI look-ups in headers and parameters"),
    story(
        "shellshock-probe",
        &["T1190", "T1059.004"],
        Access,
        60,
        web_inject::shellshock,
        "function definitions in headers",
    ),
    story(
        "web-scanner-agent",
        &["T1595.002", "T1595"],
        Access,
        300,
        web_probe::scanner_agent,
        "a scanner that says its name",
    ),
    story(
        "web-scanner-paths",
        &["T1595.003", "T1595", "T1083"],
        Access,
        240,
        web_probe::scanner_paths,
        "well-known paths tried one after the other",
    ),
    story(
        "web-exposed-files",
        &["T1552.001", "T1083", "T1595.003"],
        Access,
        90,
        web_probe::exposed,
        "environment and repository files fetched",
    ),
    story(
        "web-restricted-path",
        &["T1190", "T1083", "T1078", "T1110"],
        Access,
        280,
        web_probe::restricted,
        "ten denials on a restricted path, then an answer",
    ),
    story(
        "web-request-flood",
        &["T1498", "T1499", "T1499.002"],
        Access,
        60,
        web_probe::flood,
        "hundreds of requests within a minute",
    ),
    // Network and data.
    story("port-scan", &["T1046", "T1595.001"], Syslog, 40, network::port_scan, "a source tries many ports"),
    story(
        "lateral-movement",
        &["T1021.004", "T1078"],
        Syslog,
        540,
        network::lateral,
        "one account logs in to host after host",
    ),
    story(
        "data-exfiltration",
        &["T1041", "T1048", "T1530", "T1567"],
        Json,
        600,
        data::exfiltration,
        "an account takes far more data than ever",
    ),
    story(
        "admin-permission-grant",
        &["T1098", "T1078", "T1548"],
        Json,
        60,
        data::admin_grant,
        "an account makes itself administrator of the portal",
    ),
    // All of it.
    story(
        "intrusion-chain",
        &["T1110.001", "T1078", "T1136.001", "T1548.003", "T1098", "T1053.003", "T1070.002", "T1105", "T1048"],
        Syslog,
        3000,
        chain::intrusion,
        "guessing, log-in, new administrator, persistence, deleted logs, data out",
    ),
];

/// Every story there is.
pub fn stories() -> impl Iterator<Item = StoryInfo> {
    STORIES.iter().map(|s| s.info)
}

/// Whether a story of that name exists; the error says which do.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    if STORIES.iter().any(|s| s.info.name == name) {
        return Ok(());
    }
    let names: Vec<&str> = STORIES.iter().map(|s| s.info.name).collect();
    Err(format!("unknown attack '{name}'; known: all, none, {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_catalogue_is_sound() {
        let names: HashSet<_> = stories().map(|s| s.name).collect();
        assert_eq!(names.len(), STORIES.len());
        for s in stories() {
            assert!(!s.technique.is_empty() && !s.summary.is_empty());
            assert!(s.technique.iter().all(|t| t.starts_with('T') && t.len() >= 5), "{}", s.name);
        }
        assert!(check_name("nope").unwrap_err().contains("ssh-bruteforce"));
    }
}
