//! Web servers that log through syslog: the message is what their own logs have
//! after the time.

use crate::event::Draft;
use crate::parse::{Ctx, web};

/// Hands the message to the server's parser.
pub(super) fn parse(name: &str, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    let known = name == "lighttpd" && web::lighttpd_error::body(msg, ctx, d) || web::message(msg, ctx, d);
    if !known || d.rec.event_type == crate::event::EventType::Other {
        super::generic::parse(name, msg, ctx, d);
    }
}
