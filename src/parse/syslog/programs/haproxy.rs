//! haproxy: HTTP and TCP logs. The client's address stands first; the request,
//! which the client wrote, last.

use super::super::util::{addr_with_port, digits, is_ip, set_dest, set_port, set_src};
use crate::event::{Draft, EventType, Outcome, Ov};
use crate::parse::Ctx;

pub(super) fn parse(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.haproxy_tcp);
    if let Some((client, server)) = msg.strip_prefix("Connect from ").and_then(|r| r.split_once(" to ")) {
        // `Connect from ADDR:PORT to ADDR:PORT (FRONTEND/HTTP)`
        let ((addr, port), (to, to_port)) =
            (addr_with_port(client), addr_with_port(server.split(' ').next().unwrap_or("")));
        d.event(EventType::Connection, Outcome::Success);
        set_src(d, addr);
        set_port(d, Ov::SrcPort, port);
        set_dest(d, to);
        set_port(d, Ov::DestPort, to_port);
        return;
    }
    let Some((client, rest)) = msg.split_once(" [") else { return };
    if client.contains(' ') {
        // `option httplog clf`: the columns of other servers first.
        if crate::parse::web::message(msg, ctx, d) {
            d.logsource(ctx.ls.haproxy);
        }
        return;
    }
    let (addr, port) = addr_with_port(client);
    if !is_ip(super::super::util::bare(addr)) {
        return;
    }
    set_src(d, addr);
    set_port(d, Ov::SrcPort, port);
    let Some((_date, rest)) = rest.split_once("] ") else { return };
    // `FRONTEND/LISTENER: SSL handshake failure`: refused before there was a request.
    if let Some((frontend, error)) = rest.split_once(": ")
        && !frontend.contains(' ')
        && !error.is_empty()
    {
        d.event(EventType::Connection, Outcome::Failure);
        d.field("frontend", frontend);
        return;
    }
    let mut words = rest.splitn(5, ' ');
    let (Some(frontend), Some(backend), Some(timers)) = (words.next(), words.next(), words.next()) else { return };
    d.field("frontend", frontend);
    d.field("backend", backend);
    let (Some(a), Some(tail)) = (words.next(), words.next()) else { return };
    if timers.bytes().filter(|b| *b == b'/').count() < 3 {
        // TCP: `Tw/Tc/Tt BYTES STATE …`
        d.event(EventType::Connection, Outcome::Unknown);
        d.set_default(Ov::Bytes, digits(a));
        return;
    }
    d.logsource(ctx.ls.haproxy);
    let status = digits(a);
    let bad = matches!(status.as_bytes().first(), Some(b'4' | b'5'));
    d.event(EventType::HttpRequest, if bad { Outcome::Failure } else { Outcome::Success });
    d.set_default(Ov::StatusCode, status);
    d.set_default(Ov::Bytes, digits(tail));
    if let Some((_, request)) = tail.split_once('"') {
        let request = request.strip_suffix('"').unwrap_or(request);
        crate::parse::web::request::set_request(d, request);
    }
}
