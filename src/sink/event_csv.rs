//! The normalized event as a CSV record; original fields go into one JSON cell.

use super::event_json;
use super::out::SinkError;
use crate::event::{EventRef, OVERLAY, RecordFlags};

/// A cell that no spreadsheet takes for a formula: a leading `=`, `+`, `-`, `@`,
/// tab or return gets an apostrophe (OWASP, "CSV Injection"), and control
/// characters become visible marks.
#[must_use]
pub fn csv_cell(value: &str) -> String {
    let clean = crate::event::sanitize(value);
    let risky = clean.starts_with(['=', '+', '-', '@', '\t', '\r']) && clean.parse::<f64>().is_err();
    if risky { format!("'{clean}") } else { clean.into_owned() }
}

/// Appends the header line.
///
/// # Errors
/// Never for memory; the type serves callers that write on.
pub fn write_header(out: &mut Vec<u8>) -> Result<(), SinkError> {
    let mut names = vec!["file", "line", "lines", "timestamp", "event_type", "severity", "outcome"];
    names.extend(OVERLAY.iter().map(|o| o.name()));
    names.extend(["fields", "format", "parsed", "raw"]);
    record(out, names)
}

/// Appends one event.
///
/// # Errors
/// As [`write_header`].
pub fn write_event(out: &mut Vec<u8>, e: &EventRef<'_>, file: &str, format: &str) -> Result<(), SinkError> {
    let rec = e.rec;
    let mut cells = vec![
        csv_cell(file),
        rec.line.to_string(),
        rec.lines.to_string(),
        if rec.time.is_some() { rec.time.to_rfc3339() } else { String::new() },
        rec.event_type.to_string(),
        rec.severity.to_string(),
        rec.outcome.to_string(),
    ];
    cells.extend(OVERLAY.iter().map(|o| e.ov(*o).map(csv_cell).unwrap_or_default()));
    let mut fields = b"{".to_vec();
    event_json::fields(&mut fields, e);
    fields.push(b'}');
    cells.push(csv_cell(&String::from_utf8_lossy(&fields)));
    cells.push(format.to_owned());
    cells.push(rec.flags.has(RecordFlags::PARSED).to_string());
    cells.push(csv_cell(e.raw()));
    record(out, cells)
}

/// Appends one CSV record.
pub(super) fn record<I, T>(out: &mut Vec<u8>, cells: I) -> Result<(), SinkError>
where
    I: IntoIterator<Item = T>,
    T: AsRef<[u8]>,
{
    let io = |source| SinkError::Io { path: "CSV".into(), source };
    let mut w = csv::WriterBuilder::new().from_writer(&mut *out);
    w.write_record(cells).map_err(|e| io(std::io::Error::other(e)))?;
    w.flush().map_err(io)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(csv_cell("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!(csv_cell("-12"), "-12");
        assert_eq!(csv_cell("@SUM(A1)"), "'@SUM(A1)");
        assert!(!csv_cell("\u{1b}[2J").contains('\u{1b}'));
    }
}
