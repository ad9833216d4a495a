//! Partners fetch and bring files by FTP.

use crate::generate::emit::Ctx;
use crate::generate::queue::SEC;
use crate::generate::world::Host;

const FILES: [&str; 6] = [
    "/out/orders.csv",
    "/out/stock.csv",
    "/in/invoice.pdf",
    "/out/catalogue.zip",
    "/in/returns.xml",
    "/out/prices.xlsx",
];

/// A session with a few files.
pub(super) fn ftp(c: &mut Ctx<'_>, at: i64) {
    let n = c.r.below(20);
    let host = Host::Files1;
    let pid = c.state.pid(host, c.r);
    // Each partner has one address.
    let (user, ip) = (format!("partner{n:02}"), format!("100.127.254.{}", 10 + n));
    c.out.syslog(at, host, "vsftpd", pid, format_args!("CONNECT: Client \"{ip}\""));
    c.out.syslog(at + 900_000, host, "vsftpd", pid, format_args!("[{user}] OK LOGIN: Client \"{ip}\""));
    let mut t = at + SEC;
    for _ in 0..c.r.range(1, 4) {
        t += c.r.span(1, 20) * SEC;
        let (file, bytes, rate) = (*c.r.pick(&FILES), c.r.range(2000, 9_000_000), c.r.range(100, 9000));
        let verb = if file.starts_with("/in") { "UPLOAD" } else { "DOWNLOAD" };
        c.out.syslog(
            t,
            host,
            "vsftpd",
            pid,
            format_args!("[{user}] OK {verb}: Client \"{ip}\", \"{file}\", {bytes} bytes, {rate}.00Kbyte/sec"),
        );
    }
}
