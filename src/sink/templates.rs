//! Log templates, and records by template, as JSON lines or CSV.

use super::event_csv::{csv_cell, record};
use super::json::push_json_string;
use super::out::{Format, Out, SinkError};

/// A template as it is written.
#[derive(Debug, Clone, Copy)]
pub struct TemplateRow<'t> {
    /// Id, made of the text.
    pub id: &'t str,
    /// Text with `<*>` for parameters.
    pub template: &'t str,
    /// Records.
    pub count: u64,
    /// Where its first record stands.
    pub file: &'t str,
    /// Its line there.
    pub line: u64,
}

/// A record as its template and parameters.
#[derive(Debug, Clone, Copy)]
pub struct StructuredRow<'t> {
    /// Name of the input.
    pub file: &'t str,
    /// Line, from 1.
    pub line: u64,
    /// RFC 3339; empty where the record has no time.
    pub timestamp: &'t str,
    /// Id of the template.
    pub id: &'t str,
    /// Its text.
    pub template: &'t str,
    /// What stands for each `<*>`, in order.
    pub parameters: &'t [&'t str],
}

/// Writes templates or structured records.
#[derive(Debug)]
pub struct TemplateWriter {
    out: Out,
    header: bool,
    line: Vec<u8>,
}

impl TemplateWriter {
    /// Writes to `out`.
    #[must_use]
    pub const fn new(out: Out) -> Self {
        Self { out, header: false, line: Vec::new() }
    }

    /// Writes one template.
    ///
    /// # Errors
    /// When the output fails.
    pub fn template(&mut self, t: &TemplateRow<'_>) -> Result<(), SinkError> {
        let l = &mut self.line;
        l.clear();
        match self.out.format() {
            Format::JsonLines => {
                text(l, "{\"template_id\":", t.id);
                text(l, ",\"template\":", t.template);
                l.extend_from_slice(format!(",\"count\":{},\"first\":", t.count).as_bytes());
                text(l, "{\"file\":", t.file);
                l.extend_from_slice(format!(",\"line\":{}}}}}\n", t.line).as_bytes());
            }
            Format::Csv => {
                if !self.header {
                    record(l, ["template_id", "template", "count", "file", "line"])?;
                    self.header = true;
                }
                let (count, line) = (t.count.to_string(), t.line.to_string());
                record(l, [csv_cell(t.id), csv_cell(t.template), count, csv_cell(t.file), line])?;
            }
        }
        self.out.write(&self.line)
    }

    /// Writes one structured record.
    ///
    /// # Errors
    /// When the output fails.
    pub fn structured(&mut self, r: &StructuredRow<'_>) -> Result<(), SinkError> {
        let l = &mut self.line;
        l.clear();
        let mut parameters = b"[".to_vec();
        for (i, p) in r.parameters.iter().enumerate() {
            if i > 0 {
                parameters.push(b',');
            }
            push_json_string(&mut parameters, p);
        }
        parameters.push(b']');
        match self.out.format() {
            Format::JsonLines => {
                text(l, "{\"file\":", r.file);
                l.extend_from_slice(format!(",\"line\":{},\"timestamp\":", r.line).as_bytes());
                if r.timestamp.is_empty() {
                    l.extend_from_slice(b"null");
                } else {
                    push_json_string(l, r.timestamp);
                }
                text(l, ",\"template_id\":", r.id);
                text(l, ",\"template\":", r.template);
                l.extend_from_slice(b",\"parameters\":");
                l.extend_from_slice(&parameters);
                l.extend_from_slice(b"}\n");
            }
            Format::Csv => {
                if !self.header {
                    record(l, ["file", "line", "timestamp", "template_id", "template", "parameters"])?;
                    self.header = true;
                }
                let cells = [csv_cell(r.file), r.line.to_string(), r.timestamp.to_owned(), csv_cell(r.id)];
                let rest = [csv_cell(r.template), csv_cell(&String::from_utf8_lossy(&parameters))];
                record(l, cells.into_iter().chain(rest))?;
            }
        }
        self.out.write(&self.line)
    }

    /// Writes what is buffered.
    ///
    /// # Errors
    /// When the output fails.
    pub fn flush(&mut self) -> Result<(), SinkError> {
        self.out.flush()
    }
}

fn text(l: &mut Vec<u8>, key: &str, value: &str) {
    l.extend_from_slice(key.as_bytes());
    push_json_string(l, value);
}
