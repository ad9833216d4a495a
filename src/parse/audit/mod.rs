//! The Linux audit log: records in raw, enriched and interpreted form, alone or
//! behind a syslog header, and events of several records that framing joined.
//!
//! Original names stay (`type`, `exe`, `a0`, `key` …). An event of several
//! records has the fields of all of them; where a name comes in several, a rule
//! matches if any of its values does, so that rules about one record and rules
//! about the whole event both work. The daemon hex-encodes text with blanks or
//! quotes in it, so pairs cannot be forged from a value.

mod facts;
mod pairs;
mod syscalls;
mod values;

use crate::event::{Draft, Ov, RecordFlags, TimeQuality, Ts, ValueKind};
use crate::parse::{Ctx, time};
use facts::Facts;
use pairs::Pairs;

/// Most pairs of one event; the rest is counted in `fields_left_out`.
const MOST: usize = 2048;

/// Parses lines of the audit log itself.
pub fn parse(raw: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let line = raw.trim_start();
    if !is_record(line) {
        return false;
    }
    d.set(Ov::Message, line.split('\n').next().unwrap_or("").trim_end_matches('\r'));
    records(line, ctx, d)
}

/// `type=USER_LOGIN msg=audit(…): …`, perhaps after `node=NAME `.
fn is_record(line: &str) -> bool {
    let line = match line.strip_prefix("node=") {
        Some(rest) => rest.split_once(' ').map_or("", |(_, r)| r),
        None => line,
    };
    line.strip_prefix("type=").and_then(|r| r.split_once(' ')).is_some_and(|(_, r)| r.starts_with("msg=audit("))
}

/// Reads the records of one event, one a line, each perhaps behind what a
/// logger wrote. False, and nothing written, where there is none.
pub(in crate::parse) fn records(text: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let mut facts = Facts::default();
    let (mut pairs, mut lines, mut left_out) = (0, 0, 0);
    for line in text.split('\n') {
        let Some(r) = Record::cut(line.trim_end_matches('\r')) else { continue };
        lines += 1;
        if lines == 1 {
            d.logsource(ctx.ls.auditd);
            if let Some((ts, quality)) = when(r.id, ctx) {
                d.time(ts, quality);
            }
            if let Some(node) = r.node {
                d.field("node", node);
                d.set(Ov::Host, node);
            }
        }
        if r.kind != "EXECVE" {
            facts.whole(d);
        }
        d.field("type", r.kind);
        facts.begin(r.kind, r.body);
        let all = if r.interpreted { Pairs::interpreted(r.body) } else { Pairs::new(r.body) };
        for p in all {
            pairs += 1;
            if pairs > MOST {
                left_out += 1;
            } else {
                write(&r, p, d, &mut facts);
            }
        }
        facts.end(d);
    }
    if lines == 0 {
        return false;
    }
    if left_out > 0 {
        d.field("fields_left_out", &left_out.to_string());
    }
    facts.whole(d);
    facts.apply(ctx, d);
    if lines > 1 || facts.repeated {
        d.mark_repeated();
    }
    d.flag(RecordFlags::PARSED);
    true
}

/// Most keys of one value; the last has what is left.
const MOST_KEYS: usize = 32;

/// One record without what stands around it.
struct Record<'a> {
    node: Option<&'a str>,
    kind: &'a str,
    /// Between the brackets of `audit(…)`; empty where there is none.
    id: &'a str,
    body: &'a str,
    /// Values are names, not numbers, and are not quoted.
    interpreted: bool,
}

impl<'a> Record<'a> {
    fn cut(line: &'a str) -> Option<Self> {
        let Some(open) = line.find("audit(") else { return Self::from_journal(line) };
        let head = line.get(..open)?;
        let at = head.rfind("type=")?;
        let kind = head.get(at + 5..)?.split(' ').next().filter(|k| !k.is_empty())?;
        let node = head.get(..at)?.trim_end().rsplit(' ').next().and_then(|w| w.strip_prefix("node="));
        let (id, rest) = line.get(open + 6..)?.split_once(')')?;
        let body = rest.trim_start_matches([' ', ':']);
        let kind = values::kind(kind).unwrap_or(kind);
        Some(Self { node, kind, id, body, interpreted: id.contains('/') })
    }

    /// The journal keeps type and time apart: `USER_LOGIN pid=7 uid=0 …`.
    fn from_journal(line: &'a str) -> Option<Self> {
        let line = line.strip_prefix("audit: ").unwrap_or(line);
        let (kind, body) = match line.strip_prefix("type=") {
            Some(rest) => rest.split_once(' ')?,
            None => line.split_once(' ')?,
        };
        let named = kind.len() > 2 && kind.bytes().all(|b| b.is_ascii_uppercase() || b == b'_' || b.is_ascii_digit());
        let kind = values::kind(kind).unwrap_or(kind);
        let pairs = body.split(' ').next().is_some_and(|w| w.contains('=')) || kind == "AVC";
        (named && pairs).then_some(Self { node: None, kind, id: "", body, interpreted: false })
    }
}

/// `1364481363.243:24287`, or the date and clock of an interpreted record.
fn when(id: &str, ctx: &Ctx) -> Option<(Ts, TimeQuality)> {
    let (clock, _) = id.rsplit_once(':')?;
    if let Some((secs, frac)) = clock.split_once('.')
        && let Ok(secs) = secs.parse::<i64>()
        && (1..=12).contains(&secs.checked_ilog10().unwrap_or(0))
        && frac.len() <= 6
        && let Ok(part) = frac.parse::<i64>()
    {
        let micros = part * 10i64.pow(6 - frac.len() as u32);
        return Some((Ts(Ts::from_secs(secs).0 + micros), TimeQuality::Zoned));
    }
    time::find_time(clock, ctx).map(|f| (f.ts, f.quality))
}

/// Writes one pair as a field, decoded, and notes what the overlay needs.
fn write<'a>(r: &Record<'a>, p: pairs::Pair<'a>, d: &mut Draft<'_>, facts: &mut Facts<'a>) {
    if r.kind == "EXECVE" {
        if facts.piece(&p, r.interpreted, d) {
            return;
        }
        facts.whole(d);
    }
    let argument = is_argument(p.key);
    let encoded = !p.quoted && !r.interpreted && (values::is_encoded(p.key) || (argument && r.kind == "EXECVE"));
    let mut value = d.span(p.value);
    if encoded {
        let mut done = false;
        let decoded = d.build(|out| done = values::decode(p.value, out));
        if done {
            value = decoded;
        }
    }
    if p.key == "key" && d.value(value).contains('\u{1}') {
        // Several keys of one rule.
        let mut rest = value;
        for _ in 1..MOST_KEYS {
            let Some(at) = d.value(rest).find('\u{1}') else { break };
            push(d, "key", rest.first(at));
            rest = rest.skip(at + 1);
        }
        push(d, "key", rest);
        facts.repeated = true;
    } else if p.old {
        let name = d.build(|out| {
            out.push_str("old-");
            out.push_str(p.key);
        });
        let name = smallvec::SmallVec::<[u8; 128]>::from_slice(d.value(name).as_bytes());
        push(d, std::str::from_utf8(&name).unwrap_or("old"), value);
        return;
    } else {
        push(d, p.key, value);
    }
    facts.note(r.kind, p.key, value, p.value, d);
}

fn is_argument(key: &str) -> bool {
    key.strip_prefix('a').and_then(|n| n.bytes().next()).is_some_and(|b| b.is_ascii_digit())
}

fn push(d: &mut Draft<'_>, name: &str, value: crate::event::Span) {
    d.span_field(name, value, ValueKind::Text);
}

#[cfg(test)]
mod tests;
