//! Who says the message of an envelope, and whether what the journal knows for
//! certain contradicts that.
//!
//! The name of a program (`SYSLOG_IDENTIFIER`) is what the writer chose: any user
//! may call `logger -t sshd`. The fields with an underscore in front are the
//! journal's own: the process' name and file, and whose it is. Where they name
//! another program than one of those whose words count as authentications, the
//! words are nobody's: the event keeps them, and its `claimed_program`.

use super::doc::Doc;
use super::names::Key;
use super::relayed;
use crate::event::{Draft, Span};
use crate::parse::text::quoted;

/// Who speaks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Speaker {
    pub name: Span,
    pub pid: Span,
    /// The name that the message claims and that is not its writer's.
    pub claimed: Option<Span>,
}

/// Who may speak by which names: what a message claims, the processes whose own
/// that is.
const FAMILIES: &[(&[&str], &[&str])] = &[
    (SSH, SSH),
    (&["dropbear"], &["dropbear"]),
    (SUDO, SUDO),
    (&["su", "su-l", "su-rs"], &["su", "su-l", "su-rs", "runuser"]),
    (&["doas"], &["doas"]),
    (&["login", "LOGIN", "agetty"], &["login", "agetty", "systemd-logind"]),
    (&["systemd-logind", "elogind", "elogind-daemon"], &["systemd-logind", "elogind", "elogind-daemon"]),
    (POLKIT, POLKIT),
    (ACCOUNTS, ACCOUNTS),
    (&["unix_chkpwd"], &["unix_chkpwd"]),
    // The kernel has no process.
    (&["kernel"], &[]),
];

const SSH: &[&str] = &["sshd", "sshd-session", "sshd-auth", "sftp-server", "internal-sftp"];
const SUDO: &[&str] = &["sudo", "sudo-rs", "sudoedit", "sudo_logsrvd"];
const POLKIT: &[&str] = &["polkitd", "pkexec", "polkit-agent-helper-1"];
const ACCOUNTS: &[&str] = &[
    "useradd",
    "userdel",
    "usermod",
    "groupadd",
    "groupdel",
    "groupmod",
    "gpasswd",
    "passwd",
    "chpasswd",
    "chage",
    "chfn",
    "chsh",
    "newusers",
    "adduser",
    "deluser",
    "addgroup",
    "delgroup",
    "vipw",
    "systemd-sysusers",
    "systemd-sysuser",
    "accounts-daemon",
];

/// Processes that pass on what others say: behind them nothing is certain.
const RELAYS: &[&str] = &[
    "rsyslogd",
    "syslog-ng",
    "syslogd",
    "dockerd",
    "docker",
    "conmon",
    "podman",
    "containerd",
    "containerd-shim",
    "crio",
    "systemd-nspawn",
    "systemd-journal",
    "fluent-bit",
    "vector",
    "promtail",
    "nxlog",
    "lxc-start",
];

/// Programs that are several: their file tells less than their name.
const SEVERAL: &[&str] = &["busybox", "toybox"];

/// Where anybody may put a program.
const ANYBODYS: &[&str] = &["/tmp/", "/var/tmp/", "/dev/shm/", "/home/", "/run/user/"];

/// The first user of people.
const FIRST_USER: u32 = 1000;

/// Words with which sshd tells of authentications: always as root.
const AS_ROOT: &[&str] = &["Accepted ", "Failed ", "Invalid user ", "pam_", "error: PAM", "PAM "];

/// The program that an envelope names for its message, if it names one.
pub(super) fn of(doc: &Doc, d: &Draft<'_>, msg: &str) -> Option<Speaker> {
    let pid = doc.key(d, Key::JournalPid);
    let tag = relayed::tag(doc, d);
    let pid = tag.map(|(_, own)| own).filter(|own| pid.is_empty() && !own.is_empty()).unwrap_or(pid);
    let (name, pid) = if doc.has(Key::Ident) {
        (doc.key(d, Key::Ident), pid)
    } else if let Some((name, _)) = tag {
        (name, pid)
    } else if doc.has(Key::Comm) {
        return Some(Speaker { name: doc.key(d, Key::Comm), pid, claimed: None });
    } else {
        return None;
    };
    let true_name = doc.key(d, Key::Comm);
    let (comm, exe, uid) = (d.value(true_name), doc.text(d, Key::Exe), doc.text(d, Key::Uid));
    // The library of log-ins speaks in any program; as one of these only in theirs, or as root.
    let service = pam_service(msg).filter(|_| !comm.is_empty() && uid != "0");
    if !contradicted(d.value(name), comm, exe, uid, msg)
        && !service.is_some_and(|service| contradicted(service, comm, exe, uid, msg))
    {
        return Some(Speaker { name, pid, claimed: None });
    }
    let own = if d.value(true_name).is_empty() { name } else { true_name };
    Some(Speaker { name: own, pid, claimed: Some(name) })
}

/// Whether an entry's process passes on what others say.
pub(super) fn is_relayed(doc: &Doc, d: &Draft<'_>) -> bool {
    let comm = doc.text(d, Key::Comm);
    RELAYS.iter().any(|n| is(comm, n))
}

/// `pam_unix(sshd:auth): …`: on whose behalf.
fn pam_service(msg: &str) -> Option<&str> {
    let (module, rest) = msg.split_once('(').filter(|(m, _)| m.starts_with("pam_") && m.len() < 40)?;
    let known = module.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    rest.split_once(':').map(|(service, _)| service).filter(|_| known)
}

/// Whether a process cannot be who it says it is.
fn contradicted(name: &str, comm: &str, exe: &str, uid: &str, msg: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    let uid = uid.parse::<u32>().ok();
    let people = uid.is_some_and(|n| n >= FIRST_USER && n != 65_534);
    let relays = RELAYS.iter().any(|n| is(comm, n));
    let Some((_, own)) = FAMILIES.iter().find(|(names, _)| names.contains(&name)) else {
        // Who passes on sshd's lines is no person's process, whatever it is called.
        return people && !relays && quoted::sentence(msg).is_some();
    };
    // A process may call itself what it likes, and may be gone before the journal looks
    // for its file; whose it was is known.
    if exe.is_empty() && people && !relays && SSH.contains(&name) && AS_ROOT.iter().any(|w| msg.starts_with(w)) {
        return true;
    }
    if comm.is_empty() && exe.is_empty() {
        return false;
    }
    let known = |process: &str| own.iter().chain(RELAYS).any(|n| is(process, n));
    if !comm.is_empty() && !known(comm) {
        return true;
    }
    if exe.is_empty() {
        return false;
    }
    let file = exe.strip_suffix(" (deleted)").unwrap_or(exe);
    let base = file.rsplit('/').next().unwrap_or(file);
    // A script's file is its interpreter; root may run what it likes.
    let usual = known(base) || SEVERAL.contains(&base) || (uid == Some(0) && !comm.is_empty());
    !usual || ANYBODYS.iter().any(|place| file.starts_with(place))
}

/// Whether a process' name, of which the kernel keeps 15 bytes, is this one; also in
/// the wrappers that some systems put around programs (`.sudo-wrapped`).
fn is(process: &str, name: &str) -> bool {
    let short = name.get(..15).unwrap_or(name);
    process == name
        || process == short
        || process.strip_prefix('.').and_then(|p| p.strip_prefix(name)).is_some_and(|rest| "-wrapped".starts_with(rest))
        || (process.len() == 15 && process.starts_with('.') && name.starts_with(process.get(1..).unwrap_or("?")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn honest_processes() {
        for (name, comm, exe, uid) in [
            ("sshd", "sshd", "/usr/sbin/sshd", "0"),
            ("sshd", "sshd-session", "/usr/lib/openssh/sshd-session", "0"),
            ("sshd-session", "sshd-session", "/usr/libexec/openssh/sshd-session", "1000"),
            ("sshd-auth", "sshd-auth", "/usr/lib/openssh/sshd-auth", "107"),
            ("sshd", "sshd", "/usr/sbin/sshd (deleted)", "0"),
            ("sshd", ".sshd-wrapped", "/nix/store/abc-openssh-9/bin/.sshd-wrapped", "0"),
            ("sshd", ".sshd-session-w", "/nix/store/abc-openssh-9/libexec/sshd-session", "0"),
            ("sshd", "sshd", "", ""),
            ("sshd", "", "", "0"),
            ("sshd", "", "", ""),
            ("sshd", "dockerd", "/usr/bin/dockerd", "0"),
            ("sshd", "conmon", "/usr/bin/conmon", "1000"),
            ("sshd", "rsyslogd", "/usr/sbin/rsyslogd", "104"),
            ("sshd", "containerd-shim", "/usr/bin/containerd-shim-runc-v2", "0"),
            ("internal-sftp", "sshd-session", "/usr/lib/openssh/sshd-session", "1000"),
            ("sudo", "sudo", "/usr/bin/sudo", "1000"),
            ("sudo", "sudo", "/usr/lib/cargo/bin/sudo", "1000"),
            ("sudo", ".sudo-wrapped", "/run/wrappers/bin/sudo", "1000"),
            ("su", "su", "/usr/bin/su", "1000"),
            ("su-l", "su", "/bin/su", "1000"),
            ("login", "login", "/bin/busybox", "0"),
            ("LOGIN", "login", "/usr/bin/login", "0"),
            ("useradd", "useradd", "/usr/sbin/useradd", "0"),
            ("adduser", "adduser", "/usr/bin/perl", "0"),
            ("polkit-agent-helper-1", "polkit-agent-he", "/usr/lib/polkit-1/polkit-agent-helper-1", "1000"),
            ("systemd-logind", "systemd-logind", "/usr/lib/systemd/systemd-logind", "0"),
            ("kernel", "", "", ""),
            // Of these names anybody may make use.
            ("CRON", "cron", "/usr/sbin/cron", "0"),
            ("(systemd)", "(sd-pam)", "/usr/lib/systemd/systemd", "1000"),
            ("systemd", "(systemd)", "/usr/lib/systemd/systemd", "1000"),
            ("gdm-password]", "gdm-session-wor", "/usr/libexec/gdm-session-worker", "0"),
            ("myapp", "java", "/opt/java/bin/java", "1001"),
        ] {
            assert!(!contradicted(name, comm, exe, uid, "Failed password for root"), "{name} {comm} {exe} {uid}");
        }
        assert!(!contradicted("sshd", "", "", "1000", "Disconnected from user bob 192.0.2.7 port 22"));
    }

    #[test]
    fn others_in_their_name() {
        for (name, comm, exe, uid) in [
            ("sshd", "logger", "/usr/bin/logger", "1000"),
            ("sshd", "logger", "", "0"),
            ("/usr/sbin/sshd", "logger", "/usr/bin/logger", "1000"),
            ("sshd", "sshd", "", "1000"),
            ("sshd-session", "sshd-session", "", "1000"),
            ("sshd", "sshd", "/tmp/sshd", "1000"),
            ("sshd", "sshd", "/home/bob/sshd", "1000"),
            ("sshd", "sshd", "/usr/bin/python3.12", "1000"),
            ("sshd", "", "/usr/bin/logger", "1000"),
            ("sshd", "", "", "1000"),
            ("sudo", "bash", "/usr/bin/bash", "1000"),
            ("su", "python3", "/usr/bin/python3.12", "33"),
            ("login", "cat", "/usr/bin/cat", "1000"),
            ("useradd", "logger", "/usr/bin/logger", "0"),
            ("kernel", "logger", "/usr/bin/logger", "1000"),
            ("sshd", "rsyslogd", "/tmp/rsyslogd", "1000"),
        ] {
            assert!(contradicted(name, comm, exe, uid, "Failed password for root"), "{name} {comm} {exe} {uid}");
        }
    }
}
