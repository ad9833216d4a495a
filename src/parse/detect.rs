//! Which parsers a line is offered to, and what a source mostly is.

use smallvec::SmallVec;

use super::{Format, Parser, Scratch, cri, flow, logfmt};
use crate::event::{Batch, Record, Span};

/// The most of a sample's lines that are looked at.
const SAMPLE_LINES: usize = 200;

/// The formats worth trying for a line, most likely first. Decided by its
/// first bytes; each parser refuses early what is not its own.
pub(super) fn candidates(line: &str, main: Format) -> SmallVec<[Format; 5]> {
    use Format::{Access, ApacheError, Auditd, Cri, Json, LighttpdError, Logfmt, NginxError, Syslog, VpcFlow};
    let b = line.trim_ascii_start().as_bytes();
    let mut out = SmallVec::<[Format; 5]>::new();
    match b {
        [b'{', ..] => out.push(Json),
        [b't', b'y', b'p', b'e', b'=', ..] | [b'n', b'o', b'd', b'e', b'=', ..] => out.extend([Auditd, Syslog]),
        [b'<', b'0'..=b'9', ..] => {
            if logfmt::looks(b) {
                out.push(Logfmt);
            }
            out.push(Syslog);
        }
        [b'<', b'E', b'v', ..] => out.push(Syslog),
        [b'[', ..] => out.extend([ApacheError, Access, Syslog]),
        // A date in front: 2026/11/18 09:30:00 or 2026-11-18 09:30:00: (
        [b'1' | b'2', b'0'..=b'9', _, _, b'/', ..] => out.extend([NginxError, Syslog]),
        [b'1' | b'2', b'0'..=b'9', _, _, b'-', ..] => {
            if b.get(19..21) == Some(b": ") {
                out.push(LighttpdError);
            }
            if cri::looks(b) {
                out.push(Cri);
            }
            out.extend([Syslog, Access]);
        }
        _ if flow::looks(b) => out.extend([VpcFlow, Syslog, Access]),
        [b'0'..=b'9', ..] => out.extend([Access, Syslog]),
        // A month, or anything else: an access line has its quote and bracket.
        [b'A'..=b'Z', b'a'..=b'z', b'a'..=b'z', b' ', b' ' | b'0'..=b'9', ..] => out.extend([Syslog, Access]),
        [] => {}
        _ if memchr::memmem::find(b.get(..80).unwrap_or(b), b" nginx").is_some() => {
            out.extend([NginxError, Syslog, Access]);
        }
        _ if logfmt::looks(b) => out.extend([Logfmt, Syslog, Access]),
        _ if matches!(main, Format::Access) => out.extend([Access, Syslog]),
        _ => out.extend([Syslog, Access]),
    }
    out
}

/// The format that most lines of a sample are in; the first of the table wins
/// a tie, the user's own formats win over all.
pub(super) fn main_format(parser: &Parser, sample: &[u8]) -> Format {
    let mut text = String::with_capacity(sample.len());
    for chunk in sample.utf8_chunks() {
        text.push_str(chunk.valid());
    }
    // The last line of a full sample is likely cut.
    let whole = match text.rfind('\n') {
        Some(at) if text.len() >= 60_000 => at,
        _ => text.len(),
    };
    let mut batch = Batch::default();
    let mut at = 0;
    for line in text.get(..whole).unwrap_or("").split('\n').take(SAMPLE_LINES) {
        let len = line.trim_end_matches('\r').len();
        if len > 0 {
            batch.records.push(Record::new(Span::text(at, len), at as u64, len as u64, 1));
        }
        at += line.len() + 1;
    }
    batch.text = text;
    let lines = batch.records.len();
    let own = parser.custom.iter().enumerate().map(|(i, c)| {
        let hits = batch.records.iter().filter(|r| c.matches(batch.value(r.raw))).count();
        (hits, Format::Custom(i))
    });
    let any = |r: &&Record| parser.custom.iter().any(|c| c.matches(batch.value(r.raw)));
    if let Some((hits, f)) = own.max_by_key(|(hits, _)| *hits)
        && hits > 0
        && batch.records.iter().filter(any).count() * 2 > lines
    {
        return f;
    }
    parser.parse_batch(&mut batch, &mut Scratch::default());
    let table = [
        Format::Syslog,
        Format::Access,
        Format::Json,
        Format::Windows,
        Format::ApacheError,
        Format::NginxError,
        Format::LighttpdError,
        Format::Text,
        Format::Auditd,
        Format::Zeek,
        Format::W3c,
        Format::Logfmt,
        Format::Cri,
        Format::VpcFlow,
    ];
    let mut best = (0, Format::Raw);
    for f in table {
        let id = f.id(&[]);
        let hits = batch.records.iter().filter(|r| r.format == id).count();
        if hits > best.0 {
            best = (hits, f);
        }
    }
    // A few lines that look like something do not make a source of it.
    if best.0 * 10 < lines { Format::Raw } else { best.1 }
}
