//! Web servers that log through syslog: the message is what their own logs have
//! after the time.

use super::Line;
use crate::event::{Draft, EventType};
use crate::parse::{Ctx, text, web};

/// Hands the message to the server's parser.
pub(super) fn parse(name: &str, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    let known = name == "lighttpd" && web::lighttpd_error::body(msg, ctx, d)
        || web::message(msg, ctx, d)
        || web::behind_header(msg, ctx, d);
    if !known || d.rec.event_type == EventType::Other {
        super::generic::parse(name, msg, ctx, d);
    }
}

/// A line of a web server's logs under a name that administrators gave them, under none, or of
/// a container. `msg` is the message behind a time of its own.
pub(super) fn other(line: &Line<'_>, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let b = msg.as_bytes();
    let likely = memchr::memchr(b'"', b).is_some() || matches!(line.msg.as_bytes(), [b'[' | b'2', ..]);
    if !likely {
        return false;
    }
    let last = line.program.rsplit('/').next().unwrap_or("");
    let named = web::logs_requests(line.program) || web::logs_requests(last);
    if !named && !text::forwards(line.program) {
        return false;
    }
    let process = d.rec.overlay[crate::event::Ov::Process as usize];
    let known = web::message(line.msg, ctx, d)
        || line.msg.len() != msg.len() && web::message(msg, ctx, d)
        || named && web::behind_header(line.msg, ctx, d);
    if known && process.is_some() {
        d.set_span(crate::event::Ov::Process, process);
    }
    known
}

#[cfg(test)]
mod tests {
    use crate::event::{EventType, Ov};
    use crate::parse::{syslog, testing::one};

    const LINE: &str = "203.0.113.9 - bob [02/Mar/2026:08:00:00 +0000] \"GET /.env HTTP/1.1\" 200 5 \"-\" \"curl\"";

    #[test]
    fn names_of_access_logs() {
        for tag in [
            "nginx: ",
            "httpd[5]: ",
            "apache2: ",
            "caddy[7]: ",
            "traefik: ",
            "nginx-access: ",
            "access_log: ",
            "www.example.org: ",
            "httpd/vhost_access: ",
            "logger: ",
            "root: ",
            "docker/shop[7]: ",
            "0123456789ab[7]: ",
            "",
        ] {
            let e = one(&format!("Mar  2 08:00:00 h {tag}{LINE}"), syslog::parse);
            let got = [Ov::SrcIp, Ov::User, Ov::Url].map(|n| e.ov(n).unwrap_or(""));
            assert_eq!(got, ["203.0.113.9", "bob", "/.env"], "{tag}");
            assert_eq!(e.event_type, EventType::HttpRequest, "{tag}");
        }
        let e = one("Mar  2 08:00:00 h nginx: 203.0.113.9 \"GET /a HTTP/1.1\" 200 5", syslog::parse);
        assert_eq!((e.event_type, e.ov(Ov::SrcIp)), (EventType::HttpRequest, Some("203.0.113.9")));
        let error = "2026/03/02 08:00:00 [error] 12#12: *5 user \"bob\": password mismatch, client: 203.0.113.5, server: _, request: \"GET / HTTP/1.1\"";
        let e = one(&format!("Mar  2 08:00:00 h nginx_error: {error}"), syslog::parse);
        assert_eq!((e.event_type, e.ov(Ov::SrcIp)), (EventType::LoginFailed, Some("203.0.113.5")));
        assert_eq!(e.ov(Ov::Process), Some("nginx_error"));
    }

    #[test]
    fn what_a_guest_wrote_is_no_request() {
        for tag in ["guestbook: ", "guestbook[5]: ", "shop/guestbook: ", "nginx: guestbook: ", "note: nginx: "] {
            for said in [LINE, "203.0.113.9 \"GET /.env HTTP/1.1\" 200 5"] {
                for time in ["", "2026-03-02 08:00:00 ", "[02/Mar/2026:08:00:00 +0000] "] {
                    let e = one(&format!("Mar  2 08:00:00 h {tag}{time}{said}"), syslog::parse);
                    assert_ne!(e.event_type, EventType::HttpRequest, "{tag}{time}{said}");
                    assert_eq!(e.ov(Ov::SrcIp), None, "{tag}{time}{said}");
                }
            }
        }
    }
}
