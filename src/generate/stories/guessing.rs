//! Guessing passwords at sshd.

use super::Scene;
use crate::generate::acts::Ssh;
use crate::generate::world::Host;

/// One source, two dozen connections with up to three passwords each.
pub(super) fn bruteforce(s: &mut Scene<'_, '_>) {
    let (ip, host) = (s.attacker(0), s.host(Host::Bastion));
    s.user("root");
    for n in 0..24 {
        let t = s.at(n * 9_700);
        let ssh = Ssh::new(&mut s.c, host, ip, "root", 0);
        ssh.wrong(&mut s.c, t);
        let more = s.c.r.below(3) as i64;
        for i in 1..=more {
            let t = s.at(n * 9_700 + i * 2_300);
            ssh.wrong_again(&mut s.c, t);
        }
        let t = s.at(n * 9_700 + more * 2_300 + 900);
        ssh.gave_up(&mut s.c, t, false);
    }
}

/// One account, three sources of few attempts each.
pub(super) fn one_account(s: &mut Scene<'_, '_>) {
    let (host, victim) = (s.host(Host::Files1), s.take_victim());
    for n in 0..12 {
        let ip = s.attacker((n % 3) as u16);
        let t = s.about(n * 38_000, 9_000);
        let ssh = Ssh::new(&mut s.c, host, ip, &victim.login, victim.uid);
        ssh.wrong(&mut s.c, t);
        ssh.gave_up(&mut s.c, t + 1_400_000, false);
    }
}

/// One source, each of many accounts once.
pub(super) fn spraying(s: &mut Scene<'_, '_>) {
    let (ip, host) = (s.attacker(0), s.host(Host::Bastion));
    for (n, person) in s.crowd(26).into_iter().enumerate() {
        let t = s.about(n as i64 * 20_000, 6_000);
        let ssh = Ssh::new(&mut s.c, host, ip, &person.login, person.uid);
        ssh.wrong(&mut s.c, t);
        ssh.gave_up(&mut s.c, t + 800_000, false);
    }
}

/// Forty sources with one or two attempts each at one account.
pub(super) fn distributed(s: &mut Scene<'_, '_>) {
    let (host, victim) = (s.host(Host::Build1), s.take_victim());
    for n in 0..40 {
        let ip = s.attacker(n + 1);
        let t = s.about(i64::from(n) * 36_000, 20_000);
        let ssh = Ssh::new(&mut s.c, host, ip, &victim.login, victim.uid);
        ssh.wrong(&mut s.c, t);
        ssh.gave_up(&mut s.c, t + 900_000, false);
    }
}

/// One attempt an hour.
pub(super) fn slow(s: &mut Scene<'_, '_>) {
    let (ip, host, victim) = (s.attacker(0), s.host(Host::Web2), s.take_victim());
    for n in 0..24 {
        let t = s.about(n * 3_500_000, 600_000);
        let ssh = Ssh::new(&mut s.c, host, ip, &victim.login, victim.uid);
        ssh.wrong(&mut s.c, t);
        ssh.gave_up(&mut s.c, t + 1_100_000, false);
    }
}

/// Guessing that ends in a log-in.
pub(super) fn then_login(s: &mut Scene<'_, '_>) {
    let (ip, host, victim) = (s.attacker(0), s.host(Host::App1), s.take_victim());
    for n in 0..11 {
        let t = s.about(n * 16_000, 5_000);
        let ssh = Ssh::new(&mut s.c, host, ip, &victim.login, victim.uid);
        ssh.wrong(&mut s.c, t);
        ssh.gave_up(&mut s.c, t + 1_000_000, false);
    }
    let (t, end) = (s.at(190_000), s.at(400_000));
    let ssh = Ssh::new(&mut s.c, host, ip, &victim.login, victim.uid);
    let session = ssh.accepted(&mut s.c, t, None);
    ssh.closed(&mut s.c, end, session);
}

/// Names that may exist somewhere.
const NAMES: [&str; 30] = [
    "admin",
    "test",
    "oracle",
    "ubuntu",
    "guest",
    "user",
    "pi",
    "ftpuser",
    "mysql",
    "nagios",
    "jenkins",
    "hadoop",
    "tomcat",
    "es",
    "minecraft",
    "odoo",
    "gitlab",
    "ansible",
    "vagrant",
    "steam",
    "zabbix",
    "grafana",
    "teamspeak",
    "debian",
    "centos",
    "support",
    "info",
    "web",
    "sales",
    "student",
];

/// Accounts that do not exist, one after the other.
pub(super) fn enumeration(s: &mut Scene<'_, '_>) {
    let (ip, host) = (s.attacker(0), s.host(Host::Web1));
    for (n, name) in NAMES.iter().enumerate() {
        s.user(name);
        let t = s.about(n as i64 * 9_500, 3_000);
        let ssh = Ssh::new(&mut s.c, host, ip, name, 0);
        ssh.invalid(&mut s.c, t);
        ssh.gave_up(&mut s.c, t + 700_000, true);
    }
}
