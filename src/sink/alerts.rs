//! Alerts and matches as JSON lines or CSV.

use std::io::Write as _;

use super::event_csv::{csv_cell, record};
use super::json::push_json_string;
use super::out::{Format, Out, SinkError};
use crate::alert::{Alert, EvidenceRef, RecordPlace};

/// Columns of alerts in CSV; `matched_events` stay in JSON only.
const COLUMNS: &[&str] = &[
    "timestamp",
    "last",
    "id",
    "revision",
    "state",
    "rule",
    "rule_id",
    "rule_type",
    "severity",
    "score",
    "confidence",
    "src_ip",
    "user",
    "host",
    "count",
    "window_seconds",
    "dedup_key",
    "message",
    "techniques",
    "tactics",
    "file",
    "line",
    "matched_total",
    "covered_by",
    "covers",
    "category",
];

/// Writes alerts.
#[derive(Debug)]
pub struct AlertWriter {
    out: Out,
    header: bool,
}

impl AlertWriter {
    /// Writes to `out`.
    #[must_use]
    pub const fn new(out: Out) -> Self {
        Self { out, header: false }
    }

    /// Writes one alert; `place` says where each record of its evidence is.
    ///
    /// # Errors
    /// When the output fails.
    pub fn write<'a>(
        &mut self,
        alert: &Alert,
        place: &dyn Fn(&EvidenceRef) -> RecordPlace<'a>,
    ) -> Result<(), SinkError> {
        let value = alert.to_json_at(place);
        let mut line = Vec::with_capacity(1024);
        match self.out.format() {
            Format::JsonLines => {
                push_value(&mut line, &value);
                line.push(b'\n');
            }
            Format::Csv => {
                if !self.header {
                    record(&mut line, COLUMNS)?;
                    self.header = true;
                }
                record(&mut line, COLUMNS.iter().map(|c| value.get(c).map(cell).unwrap_or_default()))?;
            }
        }
        self.out.write(&line)
    }

    /// Writes what is buffered.
    ///
    /// # Errors
    /// When the output fails.
    pub fn flush(&mut self) -> Result<(), SinkError> {
        self.out.flush()
    }
}

fn cell(v: &serde_json::Value) -> String {
    match v {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(s) => csv_cell(s),
        serde_json::Value::Array(a) => a.iter().map(cell).collect::<Vec<_>>().join(" "),
        v => v.to_string(),
    }
}

/// Appends a JSON value with the escapes of [`push_json_string`].
fn push_value(out: &mut Vec<u8>, v: &serde_json::Value) {
    match v {
        serde_json::Value::String(s) => push_json_string(out, s),
        serde_json::Value::Array(a) => {
            out.push(b'[');
            for (i, v) in a.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                push_value(out, v);
            }
            out.push(b']');
        }
        serde_json::Value::Object(o) => {
            out.push(b'{');
            for (i, (k, v)) in o.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                push_json_string(out, k);
                out.push(b':');
                push_value(out, v);
            }
            out.push(b'}');
        }
        v => out.extend_from_slice(v.to_string().as_bytes()),
    }
}

/// What an output line says of a rule.
fn tail_of(rule: MatchedRule<'_>) -> Box<[u8]> {
    let mut l = Vec::new();
    for (name, text) in [("rule_id", rule.id), ("rule", rule.title), ("level", rule.level)] {
        l.push(b',');
        push_json_string(&mut l, name);
        l.push(b':');
        push_json_string(&mut l, text);
    }
    l.extend_from_slice(b"}\n");
    l.into()
}

/// Writes rule matches: `file, line, rule_id, rule, level`.
#[derive(Debug)]
pub struct MatchWriter {
    out: Out,
    header: bool,
    line: Vec<u8>,
    /// What stands before the line number, and for which file.
    head: (String, Vec<u8>),
    /// What stands behind it, by the number of the rule.
    tails: Vec<Box<[u8]>>,
}

/// The rule of a match.
#[derive(Debug, Clone, Copy)]
pub struct MatchedRule<'a> {
    /// Its number: with one writer always the same rule's.
    pub number: usize,
    /// Its id.
    pub id: &'a str,
    /// Its title.
    pub title: &'a str,
    /// Its level.
    pub level: &'a str,
}

impl MatchWriter {
    /// Writes to `out`.
    #[must_use]
    pub const fn new(out: Out) -> Self {
        Self { out, header: false, line: Vec::new(), head: (String::new(), Vec::new()), tails: Vec::new() }
    }

    /// Writes one match.
    ///
    /// # Errors
    /// When the output fails.
    pub fn write(&mut self, file: &str, line: u64, rule: MatchedRule<'_>) -> Result<(), SinkError> {
        self.line.clear();
        let l = &mut self.line;
        match self.out.format() {
            Format::JsonLines => {
                // All but the number of the line is the same for many.
                let (named, head) = &mut self.head;
                if named != file || head.is_empty() {
                    file.clone_into(named);
                    head.clear();
                    head.extend_from_slice(b"{\"file\":");
                    push_json_string(head, file);
                    head.extend_from_slice(b",\"line\":");
                }
                if self.tails.len() <= rule.number {
                    self.tails.resize_with(rule.number + 1, Box::default);
                }
                let Some(tail) = self.tails.get_mut(rule.number) else { return Ok(()) };
                if tail.is_empty() {
                    *tail = tail_of(rule);
                }
                l.extend_from_slice(head);
                let _ = write!(l, "{line}");
                l.extend_from_slice(tail);
            }
            Format::Csv => {
                if !self.header {
                    record(l, ["file", "line", "rule_id", "rule", "level"])?;
                    self.header = true;
                }
                let cells = [csv_cell(file), line.to_string(), csv_cell(rule.id), csv_cell(rule.title)];
                record(l, cells.into_iter().chain([rule.level.to_owned()]))?;
            }
        }
        self.out.write(l)
    }

    /// Writes what is buffered.
    ///
    /// # Errors
    /// When the output fails.
    pub fn flush(&mut self) -> Result<(), SinkError> {
        self.out.flush()
    }
}
