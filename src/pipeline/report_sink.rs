//! `--report`: counts while records flow, and writes the page at the end.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::sinks::{Sink, SinkContext};
use super::{Histogram, OpenedSource, SourceStatus};
use crate::alert::Alert;
use crate::event::fold::folded;
use crate::event::{Batch, Ov, Severity, Ts};
use crate::sink::{Out, Report, ReportAlert, ReportInput, SinkError, Top};
use crate::source::{Skipped, SourceView};
use crate::store::RuleRecord;

/// Parts of the timeline.
const PARTS: usize = 144;
/// Different values counted of one kind; the events of later ones are summed.
const MOST_VALUES: usize = 65_536;
/// Values shown of one kind.
const SHOWN: usize = 15;
/// Alerts listed with their evidence.
const MOST_ALERTS: usize = 2_000;
/// Records shown of an alert, and characters of each.
const RECORDS: usize = 10;
const CHARACTERS: usize = 600;

/// What is counted: the title, and the value of the overlay.
const KINDS: [(&str, Ov); 6] = [
    ("Source addresses", Ov::SrcIp),
    ("Accounts", Ov::User),
    ("Hosts", Ov::Host),
    ("Destination addresses", Ov::DestIp),
    ("Programs", Ov::Process),
    ("Requests", Ov::Url),
];

/// The sink of `--report`.
pub struct ReportSink {
    out: Out,
    left_out: Vec<(String, String)>,
    views: Vec<Option<Arc<SourceView>>>,
    histogram: Histogram,
    span: Option<(Ts, Ts)>,
    counts: [FxHashMap<Box<str>, u64>; KINDS.len()],
    uncounted: [u64; KINDS.len()],
    types: BTreeMap<&'static str, u64>,
}

impl std::fmt::Debug for ReportSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReportSink").field("out", &self.out).finish_non_exhaustive()
    }
}

impl ReportSink {
    /// Writes the report to `out`; what was left out is named there.
    #[must_use]
    pub fn new(out: Out, left_out: &[Skipped]) -> Self {
        Self {
            out,
            left_out: left_out.iter().map(|k| (k.name.clone(), k.reason.to_string())).collect(),
            views: Vec::new(),
            histogram: Histogram::default(),
            span: None,
            counts: std::array::from_fn(|_| FxHashMap::default()),
            uncounted: [0; KINDS.len()],
            types: BTreeMap::new(),
        }
    }

    fn tops(&self) -> Vec<Top> {
        let top = |title, mut values: Vec<(String, u64)>, distinct: usize, uncounted| {
            values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            values.truncate(SHOWN);
            for v in &mut values {
                v.0 = cut(&v.0);
            }
            Top { title, values, distinct: distinct as u64, uncounted }
        };
        let types: Vec<_> = self.types.iter().map(|(t, n)| ((*t).to_owned(), *n)).collect();
        let mut out = vec![top("Kinds of events", types, self.types.len(), 0)];
        for (((title, _), counts), uncounted) in KINDS.iter().zip(&self.counts).zip(self.uncounted) {
            let values = counts.iter().map(|(v, n)| (v.to_string(), *n)).collect();
            out.push(top(title, values, counts.len(), uncounted));
        }
        out
    }

    fn evidence(&self, a: &Alert, sources: &[SourceStatus]) -> Vec<(String, Option<String>)> {
        let one = |e: &crate::alert::EvidenceRef| {
            let at = e.source.0 as usize;
            let file = super::snapshot::place_in_file(sources, e);
            let place = format!("{}:{}", file.file, file.line);
            let len = usize::try_from(e.len).unwrap_or(usize::MAX).min(CHARACTERS * 4);
            let bytes = self.views.get(at).and_then(Option::as_ref).and_then(|v| v.read_at(e.offset, len).ok());
            (place, bytes.map(|b| cut(String::from_utf8_lossy(&b).trim_end())))
        };
        a.evidence.iter().take(RECORDS).map(one).collect()
    }
}

/// At most so many characters.
fn cut(text: &str) -> String {
    let mut out: String = text.chars().take(CHARACTERS).collect();
    if out.len() < text.len() {
        out.push('\u{2026}');
    }
    out
}

impl Sink for ReportSink {
    fn start(&mut self, sources: &[OpenedSource], _: &[RuleRecord]) -> Result<(), SinkError> {
        self.views = sources.iter().map(|s| s.view.clone()).collect();
        Ok(())
    }

    fn came(&mut self, source: &OpenedSource) -> Result<(), SinkError> {
        self.views.push(source.view.clone());
        Ok(())
    }

    fn events(
        &mut self,
        _: SinkContext<'_>,
        batch: &Batch,
        records: Range<usize>,
        kept: &dyn Fn(usize) -> bool,
    ) -> Result<(), SinkError> {
        for e in records.filter(|i| kept(*i)).filter_map(|i| batch.event(i)) {
            let time = e.rec.time;
            self.histogram.add(time);
            if time.is_some() {
                let (a, b) = self.span.unwrap_or((time, time));
                self.span = Some((a.min(time), b.max(time)));
            }
            *self.types.entry(e.rec.event_type.as_str()).or_default() += 1;
            for (((_, ov), counts), uncounted) in KINDS.iter().zip(&mut self.counts).zip(&mut self.uncounted) {
                let Some(v) = e.ov(*ov).filter(|v| !v.is_empty()) else { continue };
                let v = v.get(..v.floor_char_boundary(256)).unwrap_or(v);
                if let Some(n) = counts.get_mut(v) {
                    *n += 1;
                } else if counts.len() < MOST_VALUES {
                    counts.insert(v.into(), 1);
                } else {
                    *uncounted += 1;
                }
            }
        }
        Ok(())
    }

    fn finish(
        &mut self,
        ctx: SinkContext<'_>,
        alerts: &[Arc<Alert>],
        sources: &[SourceStatus],
    ) -> Result<(), SinkError> {
        self.histogram.flush();
        let mut sorted: Vec<&Arc<Alert>> = alerts.iter().collect();
        sorted.sort_by(|a, b| {
            let covered = a.covered_by.is_some().cmp(&b.covered_by.is_some());
            covered.then(b.score.total_cmp(&a.score)).then(a.timestamp.cmp(&b.timestamp)).then(a.id.cmp(&b.id))
        });
        let open = || alerts.iter().filter(|a| a.covered_by.is_none());
        // One account is one, however clients spelt it.
        let mut entities: BTreeMap<String, (String, f64, usize, Severity)> = BTreeMap::new();
        for a in open() {
            let name = a.entity();
            let e = entities.entry(folded(&name)).or_insert((name, 0.0, 0, Severity::Info));
            (e.1, e.2, e.3) = (e.1 + a.score, e.2 + 1, e.3.max(a.severity));
        }
        let mut entities: Vec<_> =
            entities.into_values().map(|(name, s, n, worst)| (cut(&name), s, n, worst)).collect();
        entities.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        entities.truncate(SHOWN);
        let input = |s: &SourceStatus| ReportInput {
            name: s.name.clone(),
            format: s.format.clone(),
            sha256: s.sha256.clone(),
            counts: [
                s.counts.records,
                s.counts.parsed,
                s.counts.raw,
                s.counts.filtered_total(),
                s.counts.dropped_total(),
                s.counts.late,
                s.counts.twice,
            ],
            warnings: s.warnings.clone(),
        };
        let report = Report {
            inputs: sources.iter().map(input).collect(),
            left_out: std::mem::take(&mut self.left_out),
            rules: crate::detect::RuleCounts::of(ctx.rules.rules()).rules,
            span: self.span,
            bars: self.span.map_or_else(Vec::new, |(a, b)| {
                self.histogram.resample(a, Ts(b.0.saturating_add(1).max(a.0 + PARTS as i64)), PARTS)
            }),
            tops: self.tops(),
            entities,
            alerts: (sorted.iter().take(MOST_ALERTS))
                .map(|a| ReportAlert { alert: Arc::clone(a), evidence: self.evidence(a, sources) })
                .collect(),
            by_severity: Severity::ALL
                .iter()
                .rev()
                .map(|s| (*s, open().filter(|a| a.severity == *s).count()))
                .collect(),
            covered: alerts.len() - open().count(),
            unlisted: alerts.len().saturating_sub(MOST_ALERTS),
        };
        self.out.write(report.html().as_bytes())?;
        self.out.flush()
    }
}
