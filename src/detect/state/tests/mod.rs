//! Tests of the state as a whole: real rules, events written as `key=value`
//! words, matched and pushed as the pipeline does it.

mod acts;
mod case;
mod chain;
mod crowd;
mod episodes;
mod fold;
mod kinds;
mod late;
mod lists;
mod nets;
mod news;
mod order;
mod redeem;
mod reference;
mod scores;
mod twice;
mod words;

use std::sync::Arc;

use super::{AlertUpdate, Carry, Clock, State, StateOptions};
use crate::alert::Alert;
use crate::detect::{Matcher, RuleFile, RuleIdx, RuleSet};
use crate::event::time::SECOND;
use crate::event::{Batch, EventType, Outcome, Record, RecordFlags, SourceId, Span, TimeQuality, Ts, overlay_by_name};

/// A base rule that matches `kind=<kind>`.
pub(super) fn base(kind: &str) -> String {
    format!(
        "title: {kind}\nname: {kind}\nid: 00000000-0000-4000-8000-{:0>12}\nstatus: test\nlogsource: {{product: linux}}\n\
         detection: {{a: {{kind: {kind}}}, condition: a}}\nlevel: low\n",
        kind.bytes().fold(0u64, |a, b| (a * 31 + u64::from(b)) % 1_000_000_007)
    )
}

/// A correlation named `c<n>`; `body` is the indented map under `correlation`.
pub(super) fn correlation(n: u32, body: &str) -> String {
    let body: String = body.lines().map(|l| format!("  {l}\n")).collect();
    format!(
        "title: Correlation {n}\nname: c{n}\nid: 11111111-0000-4000-8000-{n:0>12}\nstatus: stable\nlevel: high\n\
         tags: [attack.credential-access, attack.t1110]\ncorrelation:\n{body}"
    )
}

/// Loads rules, every one of which must be good.
pub(super) fn rules(texts: &[String]) -> Arc<RuleSet> {
    let set = RuleSet::load(&[RuleFile::new("t.yml", texts.join("---\n"))]);
    for r in set.rules() {
        assert!(r.loaded, "{}: {:?}", r.title, r.reason);
    }
    Arc::new(set)
}

/// One line: seconds, then `key=value` words. `act=n|m|v|l` sets act flags.
pub(super) fn batch(set: &RuleSet, source: u32, lines: &[(i64, String)]) -> Batch {
    let mut b = Batch { source: SourceId(source), ..Batch::default() };
    for (i, (_, text)) in lines.iter().enumerate() {
        let start = b.text.len();
        b.text.push_str(text);
        b.records.push(Record::new(Span::text(start, text.len()), start as u64, text.len() as u64, i as u64 + 1));
    }
    let schema = set.schema();
    let mut times = lines.iter().map(|l| l.0);
    let linux = schema.logsource("linux", "", "");
    b.parse_with(&schema, |raw, d| {
        d.flag(RecordFlags::PARSED);
        d.event(EventType::Other, Outcome::Unknown);
        d.logsource(linux);
        let fraction = raw.split(' ').find_map(|w| w.strip_prefix("ms=")?.parse::<i64>().ok()).unwrap_or(0);
        let time = times.next().unwrap_or(0).saturating_mul(SECOND).saturating_add(fraction * 1_000);
        d.time(Ts(time), TimeQuality::Zoned);
        for (k, v) in raw.split(' ').filter_map(|w| w.split_once('=')) {
            match (k, overlay_by_name(k)) {
                ("act", _) => d.flag(match v {
                    "n" => RecordFlags::ACT_NOTICE,
                    "m" => RecordFlags::ACT_MODULE,
                    "l" => RecordFlags::ACT_LIMIT,
                    _ => RecordFlags::ACT_VERDICT,
                }),
                (_, Some(ov)) => d.set(ov, v),
                _ => d.field(k, v),
            }
        }
    });
    b.schema = Some(schema);
    b
}

/// A state with the matcher and the clocks that feed it.
pub(super) struct Bench {
    pub set: Arc<RuleSet>,
    pub state: State,
    clocks: Vec<Clock>,
    matcher: Matcher,
    pub updates: Vec<AlertUpdate>,
}

impl Bench {
    pub(super) fn new(texts: &[String]) -> Self {
        Self::with(texts, StateOptions::default())
    }

    pub(super) fn with(texts: &[String], options: StateOptions) -> Self {
        let set = rules(texts);
        let state = State::new(Arc::clone(&set), options);
        let matcher = Matcher::new(&set);
        Self { set, state, clocks: vec![Clock::new(Carry::new(Ts::NONE, Ts::NONE)); 4], matcher, updates: Vec::new() }
    }

    /// Feeds lines of one source as one batch.
    pub(super) fn feed(&mut self, source: u32, lines: &[(i64, String)]) {
        let b = batch(&self.set, source, lines);
        let mut hits = Vec::new();
        self.matcher.match_batch(&b, &mut hits);
        for e in b.events() {
            let at = self.clocks[source as usize].observe(e.rec.time);
            let rules: Vec<RuleIdx> = hits.iter().filter(|h| h.record as usize == e.index).map(|h| h.rule).collect();
            self.state.push(e, &rules, at);
        }
        self.state.drain(&mut self.updates);
    }

    pub(super) fn line(&mut self, secs: i64, text: &str) {
        self.feed(0, &[(secs, text.to_owned())]);
    }

    /// Ends the input; the closed alerts by (timestamp, id).
    pub(super) fn end(mut self) -> Vec<Alert> {
        self.state.finish();
        self.state.drain(&mut self.updates);
        let last = self.updates.into_iter().filter(|u| u.closed).map(|u| (u.alert.id.clone(), Alert::clone(&u.alert)));
        let mut closed: Vec<Alert> = last.collect::<std::collections::BTreeMap<_, _>>().into_values().collect();
        closed.sort_by(|a, b| (a.timestamp, &a.id).cmp(&(b.timestamp, &b.id)));
        closed
    }
}

/// Alerts of rules over lines of one source.
pub(super) fn alerts(texts: &[String], lines: &[(i64, &str)]) -> Vec<Alert> {
    let mut b = Bench::new(texts);
    let lines: Vec<(i64, String)> = lines.iter().map(|(t, l)| (*t, (*l).to_owned())).collect();
    b.feed(0, &lines);
    b.end()
}

/// (first second, acts, records) of each alert.
pub(super) fn brief(alerts: &[Alert]) -> Vec<(i64, u64, u64)> {
    alerts.iter().map(|a| (a.timestamp.secs(), a.count, a.matched_total)).collect()
}

/// Guessing: so many `kind=fail` within so long, by source address.
pub(super) fn guessing(n: u32, timespan: &str) -> Vec<String> {
    vec![
        base("fail"),
        correlation(
            1,
            &format!(
                "type: event_count\nrules: [fail]\ngroup-by: [src_ip]\ntimespan: {timespan}\ncondition: {{gte: {n}}}"
            ),
        ),
    ]
}
