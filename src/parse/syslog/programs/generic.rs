//! Programs without a parser of their own.

use crate::event::Draft;
use crate::parse::Ctx;

/// Looks for a failed log-in and the address it came from.
pub(in super::super) fn parse(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    let _ = (msg, ctx, d);
}
