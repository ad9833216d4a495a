//! Records that only the store has, as events: no log is open, so their bytes
//! are parsed again, as the format that their source was read in.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::convert::raw_row;
use crate::event::{EventRow, Ov, Schema, SourceId, TimeQuality, Ts};
use crate::parse::{Options, Parser, check_format};
use crate::store::EvidenceRow;

/// Bytes of records from which a format is told.
const SAMPLE: usize = 64 << 10;

/// The records, in their order. Place and time are those that were recorded.
pub fn rows(evidence: &[EvidenceRow]) -> Vec<EventRow> {
    let schema = Arc::new(Schema::base());
    let mut parsers: BTreeMap<Option<i64>, Vec<Parser>> = BTreeMap::new();
    evidence
        .iter()
        .map(|e| {
            let Some(raw) = e.raw.as_deref() else {
                return placed(
                    raw_row(SourceId(u32::MAX), e.offset, "(the record itself is not in the store)".into()),
                    e,
                );
            };
            let of_source = parsers.entry(e.source_row).or_insert_with(|| of(e, evidence, &schema));
            placed(parsed(&String::from_utf8_lossy(raw), of_source), e)
        })
        .collect()
}

/// Parsers for a source: one that knows what all its records look like, and one
/// that takes each for what the source was read as.
fn of(e: &EvidenceRow, all: &[EvidenceRow], schema: &Arc<Schema>) -> Vec<Parser> {
    let mut sample = Vec::new();
    for raw in all.iter().filter(|o| o.source_row == e.source_row).filter_map(|o| o.raw.as_deref()) {
        if sample.len() + raw.len() > SAMPLE {
            break;
        }
        sample.extend_from_slice(raw);
        sample.push(b'\n');
    }
    let name = e.source.as_deref().unwrap_or_default();
    let free = Options::new(if e.time.is_some() { e.time } else { Ts(0) });
    let mut parsers = vec![Parser::for_source(name, &sample, &free, schema)];
    // Formats of somebody's own are not known here.
    if let Some(format) = e.format.as_deref().filter(|f| check_format(f, &[]).is_ok()) {
        let forced = Options { format: Some(format.to_owned()), ..free };
        parsers.push(Parser::for_source(name, &sample, &forced, schema));
    }
    parsers
}

fn parsed(raw: &str, parsers: &[Parser]) -> EventRow {
    let rows = parsers.iter().filter_map(|p| p.parse_one(raw).event(0).map(EventRow::from));
    let mut first = None;
    for row in rows {
        if row.parsed {
            return row;
        }
        first.get_or_insert(row);
    }
    first.unwrap_or_else(|| raw_row(SourceId(u32::MAX), 0, raw.to_owned()))
}

fn placed(mut row: EventRow, e: &EvidenceRow) -> EventRow {
    row.source = SourceId(u32::MAX);
    row.offset = e.offset;
    row.full_len = e.len;
    row.line = e.line;
    row.time = e.time;
    row.quality = if e.time.is_some() { TimeQuality::Zoned } else { TimeQuality::None };
    row.overlay[Ov::Source as usize] = e.source.as_deref().map(Into::into);
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventType;
    use crate::store::EventKey;

    fn kept(raw: Option<&str>, format: &str) -> EvidenceRow {
        EvidenceRow {
            key: EventKey("k".into()),
            source_row: Some(1),
            source: Some("web.log".into()),
            offset: 40,
            len: 80,
            line: 163,
            time: Ts::from_secs(1_772_000_000),
            raw: raw.map(|r| r.as_bytes().to_vec()),
            sha256: None,
            format: Some(format.into()),
        }
    }

    #[test]
    fn a_record_of_the_store_has_its_fields_again() {
        let get =
            "203.0.113.48 - - [02/Mar/2026:08:32:48 +0000] \"GET /admin/x.php?id=1 HTTP/1.1\" 404 162 \"-\" \"curl/8\"";
        let login = "Mar  2 08:29:17 app01 sshd[50476]: Failed password for root from 203.0.113.48 port 4711 ssh2";
        let rows = rows(&[kept(Some(get), "access"), kept(Some(login), "syslog"), kept(None, "syslog")]);
        let [web, ssh, gone] = rows.as_slice() else { panic!("{}", rows.len()) };
        assert!(web.parsed && web.event_type == EventType::HttpRequest, "{web:?}");
        assert_eq!((web.ov(Ov::SrcIp), web.ov(Ov::StatusCode)), (Some("203.0.113.48"), Some("404")));
        assert!(ssh.parsed && ssh.ov(Ov::User) == Some("root"), "{ssh:?}");
        assert_eq!((ssh.line, ssh.offset, ssh.time), (163, 40, Ts::from_secs(1_772_000_000)));
        assert!(!gone.parsed && gone.ov(Ov::Source) == Some("web.log"));
    }
}
