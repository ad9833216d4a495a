//! PAM, sudo, su, accounts, log-ins.

use super::*;
use EventType::*;
use Outcome::{Failure, Success, Unknown};

#[test]
fn pam_of_any_program() {
    let p = msg(
        "sshd",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=bob",
    );
    p.is(SshLoginFailed, Failure, "bob", "192.0.2.7");
    assert!(p.act(RecordFlags::ACT_MODULE));
    msg("ftp", "(pam_unix) authentication failure; logname= uid=0 euid=0 tty= ruser=bob rhost=gw.example.net ").is(
        LoginFailed,
        Failure,
        "bob",
        "gw.example.net",
    );
    msg("sudo", "pam_unix(sudo:auth): authentication failure; logname=bob uid=1000 euid=0 tty=/dev/pts/0 ruser=bob rhost=  user=bob")
        .is(SudoFailed, Failure, "bob", "");
    msg(
        "su",
        "pam_unix(su:auth): authentication failure; logname=bob uid=1000 euid=0 tty=pts/0 ruser=bob rhost=  user=root",
    )
    .is(SuFailed, Failure, "bob", "");
    msg("sshd", "pam_unix(sshd:auth): check pass; user unknown").is(Other, Outcome::Unknown, "", "");
    let p = msg(
        "sshd",
        "pam_sss(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7 user=bob",
    );
    assert!(p.act(RecordFlags::ACT_NOTICE) && !p.act(RecordFlags::ACT_MODULE));
    let p = msg(
        "sshd",
        "pam_unix(sshd:auth): 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=bob",
    );
    p.is(SshLoginFailed, Failure, "bob", "192.0.2.7");
    assert_eq!(p.get(Ov::Count), "2");
    msg("login", "pam_faillock(login:auth): Consecutive login failures for user bob account temporarily locked").is(
        LoginFailed,
        Failure,
        "bob",
        "",
    );
    msg("sshd", "pam_tally2(sshd:auth): user bob (1001) tally 5, deny 3").is(SshLoginFailed, Failure, "bob", "");
    msg("x", "pam_sss(x:auth): received for user bob: 7 (Authentication failure)").is(LoginFailed, Failure, "bob", "");
    let p = msg("sudo", "pam_unix(sudo:session): session opened for user root(uid=0) by bob(uid=1000)");
    p.is(SessionStart, Success, "bob", "");
    assert_eq!(p.get(Ov::TargetUser), "root");
    msg("cron", "pam_unix(cron:session): session closed for user bob").is(SessionEnd, Success, "bob", "");
    // The keyring of a desktop is no account.
    for text in [
        "gkr-pam: changed password for 'login' keyring",
        "gkr-pam: couldn't update the login keyring password: no old password was entered",
        "gkr-pam: unlocked login keyring",
    ] {
        assert_eq!(msg("passwd", text).what(), (Other, Unknown), "{text}");
    }
    let p = msg("passwd", "pam_unix(passwd:chauthtok): password changed for bob");
    assert_eq!((p.what(), p.get(Ov::TargetUser)), ((PasswordChanged, Success), "bob"));
}

#[test]
fn pam_decoys() {
    let head = "pam_unix(x:auth): authentication failure; logname= uid=0 euid=0 tty=x";
    msg("x", &format!("{head} ruser=a rhost=198.51.100.1 rhost=192.0.2.7")).is(
        LoginFailed,
        Failure,
        "a rhost=198.51.100.1",
        "192.0.2.7",
    );
    msg("x", &format!("{head} ruser= rhost=192.0.2.7  user=a rhost=198.51.100.1")).is(
        LoginFailed,
        Failure,
        "a rhost=198.51.100.1",
        "192.0.2.7",
    );
    msg("x", &format!("{head} ruser=rhost=198.51.100.1 rhost=192.0.2.7")).is(
        LoginFailed,
        Failure,
        "rhost=198.51.100.1",
        "192.0.2.7",
    );
    msg("x", &format!("{head} ruser=a rhost=198.51.100.1  user=root rhost=192.0.2.7")).is(
        LoginFailed,
        Failure,
        "a rhost=198.51.100.1  user=root",
        "192.0.2.7",
    );
    msg("x", &format!("{head} ruser=a rhost=192.0.2.7  user=a")).is(LoginFailed, Failure, "a", "192.0.2.7");
}

#[test]
fn sudo() {
    let p = msg("sudo", "     bob : TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/bin/cat /etc/shadow ; USER=x");
    p.is(Sudo, Success, "bob", "");
    assert_eq!((p.get(Ov::TargetUser), p.get(Ov::Resource)), ("root", "/bin/cat /etc/shadow ; USER=x"));
    let p = msg("sudo", "bob : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/id");
    p.is(SudoFailed, Failure, "bob", "");
    assert_eq!((p.get(Ov::Count), p.get(Ov::Resource)), ("3", "/bin/id"));
    let p =
        "pam_unix(sudo:auth): authentication failure; logname=bob uid=1000 euid=0 tty=x ruser=bob rhost=  user=root";
    msg("sudo", p).is(SudoFailed, Failure, "bob", "");
    let p = msg("sudo", "bob : (command continued) rm -rf /var/log ; USER=x ; COMMAND=/bin/id");
    p.is(Sudo, Unknown, "bob", "");
    assert_eq!((p.get(Ov::TargetUser), p.get(Ov::Resource)), ("", "rm -rf /var/log ; USER=x ; COMMAND=/bin/id"));
    let p = msg("sudo", "bob : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/id");
    p.is(SudoFailed, Failure, "bob", "");
    assert_eq!(p.field("reason"), "user NOT in sudoers");
    msg("sudo", "bob : command not allowed ; TTY=x ; PWD=/ ; USER=root ; COMMAND=/bin/id")
        .is(SudoFailed, Failure, "bob", "");
}

#[test]
fn su() {
    let both = |t: &str, user: &str, target: &str, kind, outcome| {
        let p = msg("su", t);
        p.is(kind, outcome, user, "");
        assert_eq!(p.get(Ov::TargetUser), target, "{t}");
    };
    both("Successful su for root by bob", "bob", "root", Su, Success);
    both("FAILED su for root by bob", "bob", "root", SuFailed, Failure);
    both("FAILED SU (to root) bob on pts/0", "bob", "root", SuFailed, Failure);
    both("(to root) bob on pts/0", "bob", "root", Su, Success);
    both("BAD SU bob to root on /dev/ttyv0", "bob", "root", SuFailed, Failure);
    both("bob to root on /dev/ttyv0", "bob", "root", Su, Success);
    both("+ pts/0 bob:root", "bob", "root", Su, Success);
    both("- pts/0 bob:root", "bob", "root", SuFailed, Failure);
    both("'su root' failed for bob on /dev/pts/1", "bob", "root", SuFailed, Failure);
    both("'su root' succeeded for bob on /dev/pts/1", "bob", "root", Su, Success);
    both("pam_authenticate: Authentication failure", "", "", Other, crate::event::Outcome::Unknown);
}

#[test]
fn accounts() {
    let all = |program: &str, t: &str, kind, target: &str, resource: &str| {
        let p = msg(program, t);
        assert_eq!((p.what(), p.get(Ov::TargetUser), p.get(Ov::Resource)), ((kind, Success), target, resource), "{t}");
    };
    all(
        "useradd",
        "new user: name=bob, UID=1001, GID=1001, home=/home/bob, shell=/bin/sh, from=/dev/pts/1",
        UserCreated,
        "bob",
        "",
    );
    all("useradd", "new group: name=bob, GID=1001", GroupChanged, "", "bob");
    all("useradd", "add 'bob' to shadow group 'sudo'", GroupChanged, "bob", "sudo");
    all("usermod", "add 'bob' to group 'sudo'", GroupChanged, "bob", "sudo");
    all("userdel", "delete user 'bob'", UserDeleted, "bob", "");
    all("userdel", "delete 'bob' from group 'sudo'", GroupChanged, "bob", "sudo");
    all("userdel", "removed group 'bob' owned by 'bob'", GroupChanged, "", "bob");
    all("gpasswd", "user bob added by root to group sudo", GroupChanged, "bob", "sudo");
    all("groupadd", "group added to /etc/group: name=ops, GID=1002", GroupChanged, "", "ops");
    all("usermod", "change user 'bob' password", PasswordChanged, "bob", "");
    all("usermod", "lock user 'bob' password", UserChanged, "bob", "");
    all(
        "usermod",
        "change user 'bob' shell from '/bin/sh' to '/bin/bash'",
        UserChanged,
        "bob",
        "shell from '/bin/sh' to '/bin/bash'",
    );
    all("passwd", "password for 'bob' changed by 'root'", PasswordChanged, "bob", "");
    assert_eq!(msg("useradd", "failed adding user 'bob', exit code: 9").what(), (UserCreated, Failure));
}

#[test]
fn consoles_and_sessions() {
    msg("login", "FAILED LOGIN (1) on '/dev/tty1' FOR 'bob', Authentication failure").is(
        LoginFailed,
        Failure,
        "bob",
        "",
    );
    msg("login", "FAILED LOGIN 1 FROM 192.0.2.7 FOR bob, Authentication failure").is(
        LoginFailed,
        Failure,
        "bob",
        "192.0.2.7",
    );
    msg("login", "ROOT LOGIN ON tty1").is(Login, Success, "root", "");
    for text in [
        "New session '3' of user 'bob' with class 'user' and type 'tty'.",
        "New session 3 of user bob with class user and type tty.",
    ] {
        let p = msg("systemd-logind", text);
        p.is(SessionStart, Success, "bob", "");
        assert_eq!(p.get(Ov::SessionId), "3");
    }
    let p = msg("systemd-logind", "New session 5 of user bob.");
    p.is(SessionStart, Success, "bob", "");
    assert_eq!(p.get(Ov::SessionId), "5");
    assert_eq!(msg("systemd-logind", "Removed session 5.").what(), (SessionEnd, Success));
}

#[test]
fn display_managers() {
    for (tag, process, service) in [
        ("gdm-password][4711]", "gdm-password", "gdm-password"),
        ("gdm-password]", "gdm-password", "gdm-password"),
        ("gdm-session-worker[9]", "gdm-session-worker", "gdm-password"),
        ("lightdm[9]", "lightdm", "lightdm"),
        ("sddm-helper[9]", "sddm-helper", "sddm"),
        ("login[9]", "login", "login"),
        ("polkit-agent-helper-1[9]", "polkit-agent-helper-1", "polkit-1"),
    ] {
        let p = line(&format!(
            "Mar  9 01:02:03 web1 {tag}: pam_unix({service}:auth): authentication failure; logname= uid=0 euid=0 tty=/dev/tty1 ruser= rhost=  user=bob"
        ));
        p.is(LoginFailed, Failure, "bob", "");
        assert_eq!((p.get(Ov::Host), p.get(Ov::Process)), ("web1", process));
    }
}

#[test]
fn polkit() {
    let asked = "authenticate to gain authorization for action org.example.run for unix-process:1:2 [bash] (owned by unix-user:bob)";
    let p = msg("polkitd", &format!("Operator of unix-session:c1 FAILED to {asked}"));
    p.is(LoginFailed, Failure, "bob", "");
    assert_eq!(p.field("action"), "org.example.run");
    let p = msg("pkexec", "bob: Executing command [USER=root] [TTY=/dev/pts/0] [CWD=/home/bob] [COMMAND=/usr/bin/id]");
    p.is(Sudo, Success, "bob", "");
    assert_eq!((p.get(Ov::TargetUser), p.get(Ov::Resource)), ("root", "/usr/bin/id"));
}

#[test]
fn consoles_of_all_systems() {
    let tty = |text: &str, kind, outcome, user: &str, src: &str, tty: &str| {
        let p = msg("login", text);
        p.is(kind, outcome, user, src);
        assert_eq!(p.field("tty"), tty, "{text}");
    };
    let no = |text: &str, user: &str, src: &str, at: &str| tty(text, LoginFailed, Failure, user, src, at);
    let yes = |text: &str, user: &str, src: &str, at: &str| tty(text, Login, Success, user, src, at);
    // BusyBox
    no("invalid password for 'root' on 'ttyS0'", "root", "", "ttyS0");
    no("invalid password for 'UNKNOWN' on 'pts/0' from '192.0.2.7'", "", "192.0.2.7", "pts/0");
    no(
        "invalid password for 'x' on 'tty1' from '198.51.100.1' on 'ttyS0'",
        "x' on 'tty1' from '198.51.100.1",
        "",
        "ttyS0",
    );
    yes("root login on 'ttyS0'", "root", "", "ttyS0");
    yes("root login on 'pts/0' from '192.0.2.7'", "root", "192.0.2.7", "pts/0");
    yes("login on 'pts/0'", "", "", "pts/0");
    // shadow
    no("invalid password for 'bob'  on '/dev/tty1'", "bob", "", "tty1");
    no(
        "FAILED LOGIN (2) on '/dev/tty1' from 'host.example' FOR 'bob', Authentication failure",
        "bob",
        "host.example",
        "tty1",
    );
    no("TOO MANY LOGIN TRIES (3) on '/dev/tty1' FOR 'bob'", "bob", "", "tty1");
    no("ILLEGAL ROOT LOGIN  on '/dev/pts/1' from '192.0.2.7'", "root", "192.0.2.7", "pts/1");
    yes("ROOT LOGIN  on '/dev/tty1'", "root", "", "tty1");
    yes("'bob' logged in  on '/dev/tty1' from '192.0.2.7'", "bob", "192.0.2.7", "tty1");
    // util-linux
    no("FAILED LOGIN 1 FROM tty1 FOR bob, Authentication failure", "bob", "", "tty1");
    no("FAILED LOGIN 1 FROM (null) FOR (unknown), User not known", "", "", "");
    no(
        "FAILED LOGIN SESSION FROM 192.0.2.7 FOR bob FROM 198.51.100.1, Error",
        "bob FROM 198.51.100.1",
        "192.0.2.7",
        "",
    );
    yes("ROOT LOGIN ON tty1 FROM 192.0.2.7", "root", "192.0.2.7", "tty1");
    yes("LOGIN ON pts/0 BY bob FROM 192.0.2.7", "bob", "192.0.2.7", "pts/0");
    yes("LOGIN ON tty1 BY bob", "bob", "", "tty1");
    yes("DIALUP AT ttyS1 BY bob", "bob", "", "ttyS1");
    // the BSDs
    no("2 LOGIN FAILURES ON ttyv0", "", "", "ttyv0");
    no("1 LOGIN FAILURE FROM 192.0.2.7, bob", "bob", "192.0.2.7", "");
    no("LOGIN bob REFUSED (NOPASSWD) ON TTY ttyv0", "bob", "", "ttyv0");
    yes("ROOT LOGIN (toor) ON ttyv0 FROM 192.0.2.7", "toor", "192.0.2.7", "ttyv0");
    yes("login on ttyv0 as bob", "bob", "", "ttyv0");
    yes("login from 192.0.2.7 on ttyp0 as bob", "bob", "192.0.2.7", "ttyp0");
    for text in [
        "pam_open_session call failed: Error in service module (3)",
        "/dev/ttyS0: not a tty",
        "tty1: invalid character 0x1b in login name",
    ] {
        assert_eq!(msg("agetty", text).what(), (Other, Outcome::Unknown), "{text}");
    }
}

#[test]
fn accounts_of_other_systems() {
    let is = |program: &str, text: &str, kind, target: &str, resource: &str| {
        let p = msg(program, text);
        assert_eq!(
            (p.what(), p.get(Ov::TargetUser), p.get(Ov::Resource)),
            ((kind, Success), target, resource),
            "{text}"
        );
    };
    is(
        "useradd",
        "new account added - account=eve, uid=0, gid=100, home=/home/eve, shell=/bin/bash, by=0",
        UserCreated,
        "eve",
        "",
    );
    is("useradd", "account added to group - account=eve, group=wheel, gid=10, by=0", GroupChanged, "eve", "wheel");
    is("usermod", "account changed - account=eve, by=0", UserChanged, "eve", "");
    is("userdel", "account deleted - account=eve, by=0", UserDeleted, "eve", "");
    is("passwd", "password changed - account=bob, uid=1000, by=0", PasswordChanged, "bob", "");
    is("usermod", "add `eve' to group `wheel'", GroupChanged, "eve", "wheel");
    is("groupmod", "group changed in /etc/group (group x/1001, new name: y)", GroupChanged, "", "x");
}

#[test]
fn pam_modules() {
    msg("sshd", "pam_access(sshd:account): access denied for user `bob' from `192.0.2.7'").is(
        SshLoginFailed,
        Failure,
        "bob",
        "192.0.2.7",
    );
    let p = line("Mar  9 01:02:03 web1 sshd(pam_google_authenticator)[42]: Invalid verification code for bob");
    p.is(SshLoginFailed, Failure, "bob", "");
    assert!(p.act(RecordFlags::ACT_NOTICE));
}
