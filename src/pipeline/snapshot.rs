//! What a face sees of a session at one moment.

use std::sync::Arc;

use super::{Counts, Histogram, Latency, OutputFailure};
use crate::alert::{Alert, EvidenceRef, RecordPlace};
use crate::detect::state::Evicted;
use crate::event::{Severity, SourceId, Ts};
use crate::source::{Presence, Skipped};

/// Phase of a session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Phase {
    /// Rules are being loaded, inputs opened.
    #[default]
    Starting,
    /// Records flow.
    Running,
    /// Waiting for more (a followed file).
    Waiting,
    /// All inputs ended and everything is closed.
    Done,
    /// Stopped before the end; what was done is kept.
    Stopped,
}

/// One input.
#[derive(Debug, Clone, Default)]
pub struct SourceStatus {
    /// Its number.
    pub id: SourceId,
    /// As the user gave it.
    pub name: String,
    /// Format in use.
    pub format: String,
    /// What told the year of records without one; empty where `--year` did.
    pub year_from: &'static str,
    /// Its counts.
    pub counts: Counts,
    /// Size in bytes as stored, where known.
    pub size: Option<u64>,
    /// Bytes read as stored.
    pub stored_bytes: u64,
    /// SHA-256 of the stored bytes, once read to the end.
    pub sha256: Option<String>,
    /// Of a followed file that was rotated: where each later file begins in what was read.
    pub begins: Arc<Vec<u64>>,
    /// What those files are called, the first of them and all later ones; told at the end.
    pub parts: Arc<Vec<String>>,
    /// Where the reading was stopped: what of its files was not read, by name.
    pub unread: Arc<Vec<(String, u64)>>,
    /// What went wrong or deserves attention; sanitized when shown.
    pub warnings: Vec<String>,
    /// Of a followed file, whether there is one.
    pub presence: Option<Presence>,
    /// Whether it could not be read at all.
    pub failed: bool,
    /// Whether a part of it could not be read (cut short, damaged).
    pub damaged: bool,
    /// Whether it was read to its end.
    pub ended: bool,
}

/// A rule that did not load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleProblem {
    /// File.
    pub path: String,
    /// Line, 1-based.
    pub line: usize,
    /// Why.
    pub reason: String,
}

/// A session at one moment; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Grows with every publication.
    pub revision: u64,
    /// Phase.
    pub phase: Phase,
    /// Sums over all inputs.
    pub totals: Counts,
    /// Each input.
    pub sources: Arc<Vec<SourceStatus>>,
    /// What was named or found and is not read.
    pub left_out: Arc<Vec<Skipped>>,
    /// All alerts, closed and open, ordered by (timestamp, id).
    pub alerts: Arc<Vec<Arc<Alert>>>,
    /// Records over time.
    pub histogram: Arc<Histogram>,
    /// Rules loaded.
    pub rules_loaded: usize,
    /// Filters loaded, which are no rules.
    pub filters_loaded: usize,
    /// How often other rules came into force while inputs were followed.
    pub rules_reloaded: u64,
    /// Rules that did not load, with the reason.
    pub rule_problems: Arc<Vec<RuleProblem>>,
    /// Times each rule matched, by rule id, in rule order.
    pub rules_fired: Arc<Vec<(Arc<str>, u64)>>,
    /// Suppressions and other levels, with how many alerts each took out or changed.
    pub rulings: Arc<Vec<super::RulingHits>>,
    /// Outputs that failed, or cannot be written for now.
    pub outputs: Arc<Vec<OutputFailure>>,
    /// What the user should know beside that, such as a cache that cannot be written.
    pub notes: Arc<Vec<String>>,
    /// Ended because the reader of the only output was gone.
    pub abandoned: bool,
    /// Windows and groups put out of memory by the caps.
    pub evicted: u64,
    /// The rules whose windows and groups those were, those that lost most first.
    pub evicted_by: Arc<Vec<Evicted>>,
    /// Matches that no window counts, for want of a time.
    pub untimed_matches: u64,
    /// How long records of followed inputs take until they are shown.
    pub latency: Option<Latency>,
    /// Wall-clock seconds since the start.
    pub seconds: f64,
}

/// The file that a record of evidence is in, and where in it.
pub(super) fn place_in_file<'a>(sources: &'a [SourceStatus], e: &EvidenceRef) -> RecordPlace<'a> {
    let Some(s) = sources.get(e.source.0 as usize) else {
        return RecordPlace { file: "", line: e.line, offset: e.offset, part: None };
    };
    let part = s.part_of(e.offset);
    RecordPlace {
        file: s.parts.get(part).unwrap_or(&s.name),
        line: e.line,
        offset: s.byte_in_file(e.offset),
        part: (!s.begins.is_empty()).then_some(part),
    }
}

impl SourceStatus {
    /// Which of the files that stood under its name holds that place, from 0.
    #[must_use]
    pub fn part_of(&self, offset: u64) -> usize {
        self.begins.partition_point(|b| *b <= offset)
    }

    /// A place in what was read as one in the file that it is in.
    #[must_use]
    pub fn byte_in_file(&self, offset: u64) -> u64 {
        let before = self.part_of(offset);
        let begin = before.checked_sub(1).and_then(|i| self.begins.get(i)).copied().unwrap_or(0);
        offset - begin
    }

    /// Notes what went wrong; its own name before it is not said twice.
    pub(super) fn warn(&mut self, what: String) {
        let short = what.strip_prefix(&self.name).and_then(|w| w.strip_prefix(": ")).map(str::to_owned);
        self.warnings.push(short.unwrap_or(what));
    }
}

impl Snapshot {
    /// Number of alerts of a severity.
    #[must_use]
    pub fn alerts_of(&self, severity: Severity) -> usize {
        self.alerts.iter().filter(|a| a.severity == severity).count()
    }

    /// Number of alerts that others stand for.
    #[must_use]
    pub fn covered(&self) -> usize {
        self.alerts.iter().filter(|a| a.covered_by.is_some()).count()
    }

    /// Times of the first and the last event analyzed, where the bars over time are kept.
    #[must_use]
    pub fn span(&self) -> Option<(Ts, Ts)> {
        self.histogram.span()
    }

    /// Share of the known input size that was read, 0 to 1; `None` where a size is unknown.
    #[must_use]
    pub fn progress(&self) -> Option<f64> {
        let mut size = 0u64;
        let mut done = 0u64;
        for s in self.sources.iter().filter(|s| !s.failed) {
            size += s.size?;
            // A reading that was stopped ended before its file did.
            let whole = s.ended && s.sha256.is_some();
            done += if whole { s.size? } else { s.stored_bytes.min(s.size?) };
        }
        (size > 0).then(|| done as f64 / size as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_of_the_file_that_it_is_in() {
        let one = SourceStatus::default();
        assert_eq!(one.byte_in_file(34_970), 34_970);
        // Rotated twice, the second time before anything was written.
        let s = SourceStatus { begins: Arc::new(vec![34_700, 34_700, 40_000]), ..one };
        let bytes: Vec<u64> = [0, 34_699, 34_700, 34_970, 40_000].iter().map(|o| s.byte_in_file(*o)).collect();
        assert_eq!(bytes, [0, 34_699, 0, 270, 0]);
    }
}
