//! Web servers' errors that come through syslog: the message is what their own
//! error log has after its time.

use crate::event::Draft;
use crate::parse::{Ctx, web};

/// Hands the message to the server's parser.
pub(super) fn parse(name: &str, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    let known = match name {
        "lighttpd" => web::lighttpd_error::body(msg, ctx, d),
        "nginx" => web::nginx_error::body(msg, ctx, d),
        _ => web::apache_error::body(msg, ctx, d),
    };
    if !known || d.rec.event_type == crate::event::EventType::Other {
        super::generic::parse(msg, ctx, d);
    }
}
