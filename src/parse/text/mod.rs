//! Text logs with a time of their own and no syslog header: the files that
//! daemons write themselves.
//!
//! A line is parsed when something was understood in it beyond the time: a
//! known program's wording, or a log-in with the address
//! it came from ([`told()`]). All else is left to be kept raw.

mod address;
mod daemons;
mod known;
pub(in crate::parse) mod quoted;
mod refused;
mod told;
mod vocabulary;
mod voice;
mod webapps;

use crate::event::{Draft, EventType, Ov, RecordFlags};
use crate::parse::syslog::programs;
use crate::parse::{Ctx, time, web};

pub(in crate::parse) use quoted::forwards;
pub use refused::refused;
pub use told::{says, told};
pub(in crate::parse) use webapps::{keycloak, login, parse as webapps};

/// Parses one line; false where nothing was understood.
pub fn parse(raw: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let line = raw.trim_start();
    let found = time::find_time(line, ctx);
    let msg = match found {
        Some(f) if f.start < 48 => {
            line.get(f.end..).unwrap_or("").trim_start_matches([']', ')', ':', ' ', '\t', '|', ',', '-'])
        }
        _ => line,
    };
    let own = daemons::parse(line, found, msg, ctx, d);
    let known = if own {
        true
    } else if let Some(rest) = msg.strip_prefix("[pid ") {
        rest.contains(" Client \"") && {
            programs::vsftpd(msg, ctx, d);
            d.set(Ov::Process, "vsftpd");
            true
        }
    } else if named(msg) {
        programs::named(msg, ctx, d);
        d.set(Ov::Process, "named");
        true
    } else {
        found.is_some_and(|f| f.start == 0) && programs::transfer(msg, ctx, d)
            || webapps(msg, ctx, d)
            || (mysql(msg) && programs::mysql(msg, ctx, d))
            || web::loose(line, ctx, d)
            || told("", msg, ctx, d)
    };
    if !known || (!own && d.rec.event_type == EventType::Other && d.get(Ov::SrcIp).is_none()) {
        d.reset();
        return false;
    }
    if let Some(f) = found {
        d.time(f.ts, f.quality);
    }
    d.set(Ov::Message, msg);
    d.flag(RecordFlags::PARSED);
    true
}

/// MySQL's words at the beginning of a message, behind its numbers and levels.
fn mysql(msg: &str) -> bool {
    ["Access denied for user '", "Aborted connect"]
        .iter()
        .filter_map(|w| msg.find(w))
        .any(|at| voice::own(msg, at..at, at, false))
}

/// `[category: ][level: ]client …#…`
fn named(msg: &str) -> bool {
    let Some(at) = msg.find("client ") else { return false };
    at < 40
        && msg.get(..at).is_some_and(|h| h.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b':' | b' ' | b'-')))
        && msg.get(at..).is_some_and(|r| r.contains('#'))
}

#[cfg(test)]
mod tests;
