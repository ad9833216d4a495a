//! Mail: deliveries, refused spam, people who read theirs.

use crate::generate::emit::Ctx;
use crate::generate::queue::SEC;
use crate::generate::world::{Host, noise, visitor};

const HOST: Host = Host::Mail1;
const DOMAINS: [&str; 6] = [
    "mail.partner.example",
    "mx.customer.example",
    "news.example.org",
    "smtp.example.net",
    "out.shop.example",
    "mta.example.com",
];

/// A message comes in and is put into a mailbox.
pub(super) fn delivery(c: &mut Ctx<'_>, at: i64) {
    let person = c.people.any(c.r);
    let (ip, domain, login) = (visitor(c.r), *c.r.pick(&DOMAINS), person.login.as_str());
    let id = c.r.below(1 << 40);
    let (smtpd, cleanup, local) = (c.state.pid(HOST, c.r), c.state.pid(HOST, c.r), c.state.pid(HOST, c.r));
    let (size, delay) = (c.r.range(1500, 900_000), c.r.range(10, 900));
    c.out.syslog(at, HOST, "postfix/smtpd", smtpd, format_args!("connect from {domain}[{ip}]"));
    c.out.syslog(at + 200_000, HOST, "postfix/smtpd", smtpd, format_args!("{id:010X}: client={domain}[{ip}]"));
    c.out.syslog(
        at + 260_000,
        HOST,
        "postfix/cleanup",
        cleanup,
        format_args!("{id:010X}: message-id=<{:x}@{domain}>", id.wrapping_mul(0x9e37_79b9)),
    );
    c.out.syslog(
        at + 300_000,
        HOST,
        "postfix/qmgr",
        901,
        format_args!("{id:010X}: from=<news@{domain}>, size={size}, nrcpt=1 (queue active)"),
    );
    c.out.syslog(
        at + 420_000,
        HOST,
        "postfix/smtpd",
        smtpd,
        format_args!("disconnect from {domain}[{ip}] ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7"),
    );
    c.out.syslog(
        at + SEC,
        HOST,
        "postfix/lmtp",
        local,
        format_args!(
            "{id:010X}: to=<{login}@corp.example>, relay=mail01[private/dovecot-lmtp], delay=0.{delay:03}, delays=0.2/0/0.01/0.1, dsn=2.0.0, status=sent (250 2.0.0 <{login}@corp.example> Saved)"
        ),
    );
    c.out.syslog(at + SEC + 900, HOST, "postfix/qmgr", 901, format_args!("{id:010X}: removed"));
}

/// A message that nobody wants is refused.
pub(super) fn spam(c: &mut Ctx<'_>, at: i64) {
    let (ip, pid) = (noise(c.r), c.state.pid(HOST, c.r));
    c.out.syslog(at, HOST, "postfix/smtpd", pid, format_args!("connect from unknown[{ip}]"));
    c.out.syslog(
        at + 600_000,
        HOST,
        "postfix/smtpd",
        pid,
        format_args!(
            "NOQUEUE: reject: RCPT from unknown[{ip}]: 554 5.7.1 Service unavailable; Client host [{ip}] blocked using zen.dnsbl.example; from=<offer@shop.example> to=<info@corp.example> proto=ESMTP helo=<mail>"
        ),
    );
    c.out.syslog(
        at + 900_000,
        HOST,
        "postfix/smtpd",
        pid,
        format_args!("disconnect from unknown[{ip}] ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4"),
    );
}

/// Somebody reads mail; rarely with a mistyped password first.
pub(super) fn imap(c: &mut Ctx<'_>, at: i64) {
    let person = c.people.any(c.r);
    let (ip, login) = (person.addr(), person.login.as_str());
    let (session, pid, mail_pid) = (c.r.below(1 << 48), 4021, c.state.pid(HOST, c.r));
    let mut t = at;
    if c.r.percent(3) && c.state.may_mistype(person.id, at) {
        c.out.syslog(
            t,
            HOST,
            "dovecot",
            0,
            format_args!(
                "imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<{login}>, method=PLAIN, rip={ip}, lip=10.20.1.15, TLS, session=<{session:012x}>"
            ),
        );
        t += c.r.span(5, 20) * SEC;
    }
    c.out.syslog(
        t,
        HOST,
        "dovecot",
        0,
        format_args!(
            "imap-login: Login: user=<{login}>, method=PLAIN, rip={ip}, lip=10.20.1.15, mpid={mail_pid}, TLS, session=<{session:012x}>"
        ),
    );
    let (length, bytes) = (c.r.wait(600 * SEC), c.r.range(300, 4_000_000));
    c.out.syslog(
        t + length + SEC,
        HOST,
        "dovecot",
        0,
        format_args!(
            "imap({login})<{pid}><{session:012x}>: Disconnected: Logged out in={} out={bytes} deleted=0 expunged=0 trashed=0 hdr_count=0 hdr_bytes=0 body_count=0 body_bytes=0",
            bytes / 40
        ),
    );
}
