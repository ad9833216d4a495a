//! The scanner that the company runs against itself, at night, from its known
//! address: it looks like an attack, and is none.

use crate::generate::emit::Ctx;
use crate::generate::formats::access::Hit;
use crate::generate::queue::SEC;
use crate::generate::world::{Host, SCANNER};

const PATHS: [&str; 10] = [
    "/.env",
    "/.git/config",
    "/admin/",
    "/phpmyadmin/index.php",
    "/wp-login.php",
    "/server-status",
    "/index.php?id=1%27%20OR%20%271%27=%271",
    "/search?q=%3Cscript%3Ealert(1)%3C/script%3E",
    "/download?file=../../../../etc/passwd",
    "/cgi-bin/test.cgi",
];

/// One round: ports, then paths.
pub(super) fn authorized(c: &mut Ctx<'_>, at: i64) {
    for n in 0..40u16 {
        let t = at + i64::from(n) * 400_000;
        let (spt, id) = (c.r.port(), c.r.below(65_536));
        let (up, micro, dpt) = (t / SEC % 10_000_000, t % SEC, 20 + n * 7);
        c.out.syslog(
            t,
            Host::Fw1,
            "kernel",
            0,
            format_args!(
                "[{up}.{micro:06}] [UFW BLOCK] IN=eth1 OUT= MAC=02:42:0a:14:01:12:02:42:0a:14:00:05:08:00 SRC={SCANNER} DST=10.20.1.18 LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID={id} DF PROTO=TCP SPT={spt} DPT={dpt} WINDOW=64240 RES=0x00 SYN URGP=0"
            ),
        );
    }
    let mut t = at + 60 * SEC;
    for n in 0..150 {
        t += c.r.wait(2 * SEC);
        let probe = if n % 3 == 0 { *c.r.pick(&PATHS) } else { "/assets/app.js" };
        let status = if n % 3 == 0 { 404 } else { 200 };
        c.out.access(
            t,
            Host::Web1,
            &Hit {
                client: SCANNER,
                user: "-",
                method: "GET",
                path: probe,
                status,
                bytes: 162,
                referrer: "-",
                agent: "corp-vulnerability-scanner/1.0 (+security@corp.example)",
            },
        );
    }
}
