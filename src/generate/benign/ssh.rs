//! Log-ins by SSH, and what the internet sends to port 22.

use crate::generate::acts::Ssh;
use crate::generate::emit::Ctx;
use crate::generate::queue::SEC;
use crate::generate::world::{Host, noise as stranger};

/// A person works on a host; some mistype the password once to three times
/// before they are in.
pub(super) fn session(c: &mut Ctx<'_>, at: i64) {
    let person = c.people.any(c.r);
    let host = *c.r.pick(&person.hosts);
    let ssh = Ssh::of(c, host, person);
    let by_key = c.r.percent(70);
    let mut t = at;
    if !by_key && c.r.percent(15) && c.state.may_mistype(person.id, at) {
        ssh.wrong(c, t + SEC);
        for _ in 0..c.r.below(3) {
            t += c.r.span(3, 9) * SEC;
            ssh.wrong_again(c, t + SEC);
        }
        t += c.r.span(4, 12) * SEC;
    }
    let session = ssh.accepted(c, t, by_key.then_some(person.key.as_str()));
    let length = c.r.wait(1500 * SEC) + 5 * SEC;
    ssh.closed(c, t + length, session);
}

/// The build host puts a release onto the application server, or fetches from
/// the repository: short log-ins by key.
pub(super) fn deploy(c: &mut Ctx<'_>, at: i64) {
    let (user, uid, to) = if c.r.percent(50) { ("deploy", 998, Host::App1) } else { ("git", 997, Host::Build1) };
    let from = if to == Host::App1 { Host::Build1 } else { Host::App1 };
    let ssh = Ssh::new(c, to, from.addr().into(), user, uid);
    let session = ssh.accepted(c, at, Some("q1nT6h0pCkzXW2vJ9mB4sRfYdLaG7uEo8iKxNbM5wQc"));
    let length = c.r.span(1, 40) * SEC;
    ssh.closed(c, at + length, session);
}

/// Strangers connect and say nothing that could let them in.
pub(super) fn noise(c: &mut Ctx<'_>, at: i64) {
    let host = if c.r.percent(70) { Host::Bastion } else { Host::Files1 };
    let (ip, port, pid) = (stranger(c.r), c.r.port(), c.state.pid(host, c.r));
    match c.r.below(5) {
        0 => c.out.syslog(at, host, host.sshd(), pid, format_args!("Connection closed by {ip} port {port} [preauth]")),
        1 => c.out.syslog(at, host, host.sshd(), pid, format_args!("Connection reset by {ip} port {port} [preauth]")),
        2 => {
            c.out.syslog(
                at,
                host,
                host.sshd(),
                pid,
                format_args!("error: kex_exchange_identification: Connection closed by remote host"),
            );
            c.out.syslog(at + 40, host, host.sshd(), pid, format_args!("Connection closed by {ip} port {port}"));
        }
        3 => c.out.syslog(
            at,
            host,
            host.sshd(),
            pid,
            format_args!(
                "Unable to negotiate with {ip} port {port}: no matching key exchange method found. Their offer: diffie-hellman-group14-sha1,diffie-hellman-group1-sha1 [preauth]"
            ),
        ),
        _ => c.out.syslog(
            at,
            host,
            host.sshd(),
            pid,
            format_args!("banner exchange: Connection from {ip} port {port}: invalid format"),
        ),
    }
}
