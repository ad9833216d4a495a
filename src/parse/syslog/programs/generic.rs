//! Programs without a parser of their own.

use crate::event::Draft;
use crate::parse::{Ctx, text};

/// Looks for a log-in, refused or let in, and the address it came from.
pub(super) fn parse(name: &str, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    let logsource = d.rec.logsource;
    text::told(name, msg, ctx, d);
    d.logsource(logsource);
}
