//! Ports tried, hosts entered one after the other.

use super::Scene;
use crate::generate::acts::Ssh;
use crate::generate::queue::SEC;
use crate::generate::world::Host;

/// Sixty ports within half a minute.
pub(super) fn port_scan(s: &mut Scene<'_, '_>) {
    let (ip, host) = (s.attacker(0), s.host(Host::Fw1));
    for n in 0..60 {
        let t = s.about(n * 520, 200);
        let (port, id, dpt) = (s.c.r.port(), s.c.r.below(65_536), 20 + n * 17);
        let (up, micro) = (t / SEC % 10_000_000, t % SEC);
        s.c.out.syslog(
            t,
            host,
            "kernel",
            0,
            format_args!(
                "[{up}.{micro:06}] [UFW BLOCK] IN=eth0 OUT= MAC=02:42:c0:00:02:02:02:42:c0:00:02:01:08:00 SRC={ip} DST=192.0.2.80 LEN=44 TOS=0x00 PREC=0x00 TTL=48 ID={id} PROTO=TCP SPT={port} DPT={dpt} WINDOW=1024 RES=0x00 SYN URGP=0"
            ),
        );
    }
}

/// One account on eight hosts within ten minutes.
pub(super) fn lateral(s: &mut Scene<'_, '_>) {
    let victim = s.take_victim();
    let from = s.from(Host::Bastion.addr().into());
    for (n, host) in Host::LINUX.into_iter().skip(1).take(8).enumerate() {
        let host = s.host(host);
        let t = s.about(n as i64 * 55_000, 12_000);
        let ssh = Ssh::new(&mut s.c, host, from, &victim.login, victim.uid);
        let session = ssh.accepted(&mut s.c, t, Some(&victim.key));
        ssh.closed(&mut s.c, t + 9 * SEC, session);
    }
}
