//! The firewall's blocks of background noise, and names that are looked up.

use crate::generate::emit::Ctx;
use crate::generate::world::{Host, noise as stranger};

/// Ports that the internet's scanners try, single packets each.
const PORTS: [u16; 24] = [
    23, 445, 3389, 5060, 8080, 8443, 1433, 3306, 6379, 5432, 9200, 27017, 2323, 81, 88, 5900, 11211, 7547, 8728, 4443,
    2222, 5555, 37215, 52869,
];

/// One packet is dropped.
pub(super) fn noise(c: &mut Ctx<'_>, at: i64) {
    let host = Host::Fw1;
    let (ip, dpt, spt) = (stranger(c.r), *c.r.pick(&PORTS), c.r.range(1024, 65_000));
    let (up, micro) = (at.div_euclid(1_000_000).rem_euclid(10_000_000), at.rem_euclid(1_000_000));
    let (ttl, id, dst) = (c.r.range(40, 250), c.r.below(65_536), c.r.range(80, 95));
    c.out.syslog(
        at,
        host,
        "kernel",
        0,
        format_args!(
            "[{up}.{micro:06}] [UFW BLOCK] IN=eth0 OUT= MAC=02:42:c0:00:02:02:02:42:c0:00:02:01:08:00 SRC={ip} DST=192.0.2.{dst} LEN=44 TOS=0x00 PREC=0x00 TTL={ttl} ID={id} PROTO=TCP SPT={spt} DPT={dpt} WINDOW=1024 RES=0x00 SYN URGP=0"
        ),
    );
}

const NAMES: [&str; 12] = [
    "portal.corp.example",
    "mail.corp.example",
    "update.vendor.example",
    "time.corp.example",
    "cdn.example.net",
    "api.partner.example",
    "packages.example.org",
    "www.example.com",
    "git.corp.example",
    "wiki.corp.example",
    "login.corp.example",
    "news.example.org",
];

/// A name is looked up.
pub(super) fn dns(c: &mut Ctx<'_>, at: i64) {
    let person = c.people.any(c.r);
    let (ip, port, name) = (person.desk, c.r.port(), *c.r.pick(&NAMES));
    let kind = if c.r.percent(75) { "A" } else { "AAAA" };
    let id = c.r.below(1 << 36);
    c.out.syslog(
        at,
        Host::Ns1,
        "named",
        744,
        format_args!("client @0x7f{id:09x} {ip}#{port} ({name}): query: {name} IN {kind} +E(0)K (10.20.1.19)"),
    );
}
