//! The normalized event as one line of JSON (the headless contract).

use base64::Engine as _;
use smallvec::SmallVec;

use super::json::push_json_string;
use crate::event::{Batch, EventRef, Field, OVERLAY, Ov, RecordFlags, ValueKind};

/// Appends one event and a newline. `file` is the source's name as given,
/// `format` the name of the format that parsed it.
pub fn write_event(out: &mut Vec<u8>, e: &EventRef<'_>, file: &str, format: &str) {
    let rec = e.rec;
    out.extend_from_slice(b"{\"file\":");
    push_json_string(out, file);
    number(out, ",\"line\":", rec.line);
    number(out, ",\"lines\":", u64::from(rec.lines));
    out.extend_from_slice(b",\"timestamp\":");
    if rec.time.is_some() {
        let mut t = String::with_capacity(27);
        rec.time.push_rfc3339(&mut t);
        push_json_string(out, &t);
    } else {
        out.extend_from_slice(b"null");
    }
    out.extend_from_slice(b",\"time_quality\":");
    push_json_string(out, rec.quality.as_str());
    out.extend_from_slice(b",\"receive_time\":null,\"event_type\":");
    push_json_string(out, rec.event_type.as_str());
    out.extend_from_slice(b",\"severity\":");
    push_json_string(out, rec.severity.as_str());
    out.extend_from_slice(b",\"outcome\":");
    push_json_string(out, rec.outcome.as_str());
    for ov in OVERLAY {
        out.extend_from_slice(b",\"");
        out.extend_from_slice(ov.name().as_bytes());
        out.extend_from_slice(b"\":");
        overlay_value(out, *ov, e.ov(*ov));
    }
    out.extend_from_slice(b",\"fields\":{");
    fields(out, e);
    out.extend_from_slice(b"},\"format\":");
    push_json_string(out, format);
    out.extend_from_slice(b",\"parsed\":");
    out.extend_from_slice(if rec.flags.has(RecordFlags::PARSED) { b"true" } else { b"false" });
    if rec.flags.has(RecordFlags::TRUNCATED) {
        out.extend_from_slice(b",\"raw_truncated\":true");
        number(out, ",\"raw_length\":", rec.full_len);
    }
    if rec.flags.has(RecordFlags::LOSSY) {
        out.extend_from_slice(b",\"raw_b64\":\"");
        out.extend_from_slice(base64::engine::general_purpose::STANDARD.encode(e.raw_bytes()).as_bytes());
        out.push(b'"');
    }
    out.extend_from_slice(b",\"raw\":");
    push_json_string(out, e.raw());
    out.extend_from_slice(b"}\n");
}

fn number(out: &mut Vec<u8>, key: &str, n: u64) {
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(n.to_string().as_bytes());
}

fn overlay_value(out: &mut Vec<u8>, ov: Ov, value: Option<&str>) {
    match value {
        None => out.extend_from_slice(b"null"),
        Some(v) if ov.is_number() && is_json_number(v) => out.extend_from_slice(v.as_bytes()),
        Some(v) => push_json_string(out, v),
    }
}

/// Fields of one name are written once, where the first of them stands: all of them as an
/// array where there are several, and where the input had an array.
pub(super) fn fields(out: &mut Vec<u8>, e: &EventRef<'_>) {
    let all = e.fields();
    let name = |at: u32| all.get(at as usize).map_or("", |f| e.field_name(f));
    // Those of one name side by side, and for the first of each where they begin.
    let mut order: SmallVec<[u32; 64]> = (0..all.len() as u32).collect();
    order.sort_by(|a, b| name(*a).cmp(name(*b)));
    let mut groups: SmallVec<[&[u32]; 64]> = order.chunk_by(|a, b| name(*a) == name(*b)).collect();
    groups.sort_unstable_by_key(|g| g.first().copied());
    for (i, group) in groups.iter().enumerate() {
        let mut values = group.iter().filter_map(|at| all.get(*at as usize)).peekable();
        let Some(first) = values.peek() else { continue };
        let list = group.len() > 1 || first.in_array;
        if i > 0 {
            out.push(b',');
        }
        push_json_string(out, e.field_name(first));
        out.push(b':');
        if list {
            out.push(b'[');
        }
        for (n, f) in values.enumerate() {
            if n > 0 {
                out.push(b',');
            }
            field_value(out, e.batch, f);
        }
        if list {
            out.push(b']');
        }
    }
}

fn field_value(out: &mut Vec<u8>, batch: &Batch, f: &Field) {
    let v = batch.value(f.value);
    match f.kind {
        ValueKind::Null => out.extend_from_slice(b"null"),
        ValueKind::Bool if v == "true" || v == "false" => out.extend_from_slice(v.as_bytes()),
        ValueKind::Number if is_json_number(v) => out.extend_from_slice(v.as_bytes()),
        _ => push_json_string(out, v),
    }
}

/// Whether the text is a number in JSON's grammar (no leading zeros, no `+`).
fn is_json_number(v: &str) -> bool {
    let b = v.as_bytes();
    let digits = v.strip_prefix('-').unwrap_or(v);
    let starts_well = match digits.as_bytes() {
        [b'0'] => true,
        [b'0', next, ..] => !next.is_ascii_digit(),
        [c, ..] => c.is_ascii_digit(),
        [] => false,
    };
    if !starts_well || v.len() > 40 {
        return false;
    }
    if digits.bytes().all(|c| c.is_ascii_digit()) {
        return true;
    }
    b.iter().all(|c| c.is_ascii_digit() || b"-+.eE".contains(c))
        && serde_json::from_str::<serde_json::Number>(v).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{EventType, Outcome, Record, Schema, Span, TimeQuality, Ts};

    #[test]
    fn one_valid_object_a_line() {
        let text = "a \u{1b}[31m\"quoted\" \u{202e}";
        let mut b = Batch { text: text.into(), ..Batch::default() };
        b.records.push(Record::new(Span::text(0, text.len()), 0, text.len() as u64, 3));
        let schema = Schema::base();
        b.parse_with(&schema, |_, d| {
            d.set(Ov::SrcPort, "22");
            d.set(Ov::Pid, "007");
            d.set(Ov::User, "ro\not");
            d.event(EventType::SshLogin, Outcome::Success);
            d.time(Ts(1_500_000), TimeQuality::Zoned);
            d.typed_field("n", "1.5e3", ValueKind::Number, false);
            d.typed_field("bad", "1.5e", ValueKind::Number, false);
            d.typed_field("arr", "a", ValueKind::Text, true);
            d.typed_field("dup", "1", ValueKind::Text, false);
            d.typed_field("arr", "b", ValueKind::Text, true);
            d.typed_field("dup", "2", ValueKind::Text, false);
            d.typed_field("nil", "", ValueKind::Null, false);
        });
        b.schema = Some(schema.into());
        let mut out = Vec::new();
        write_event(&mut out, &b.event(0).unwrap(), "x.log", "syslog");
        let line = String::from_utf8(out).unwrap();
        assert!(line.ends_with("}\n") && line.trim_end().chars().all(|c| !c.is_control() && c != '\u{202e}'));
        let v: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(v["src_port"], 22);
        assert_eq!(v["pid"], "007", "a leading zero is no JSON number");
        assert_eq!(v["raw"], text);
        assert_eq!(v["timestamp"], "1970-01-01T00:00:01.500Z");
        assert_eq!(
            v["fields"],
            serde_json::json!({"n": 1.5e3, "bad": "1.5e", "arr": ["a", "b"], "dup": ["1", "2"], "nil": null})
        );
        assert_eq!(v["url"], serde_json::Value::Null);
    }

    #[test]
    fn numbers() {
        for ok in ["0", "-0", "12", "1.5", "1e9", "-3.2E-4", "0.5"] {
            assert!(is_json_number(ok), "{ok}");
        }
        for no in ["", "-", "01", "+1", "1.", ".5", "0x1", "1e", "NaN", "--1"] {
            assert!(!is_json_number(no), "{no}");
        }
    }
}
