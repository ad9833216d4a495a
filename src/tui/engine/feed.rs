//! The thread that reads: pages of the feed, jumps, hits, evidence; and passes
//! on what the session publishes, no oftener than the screen can show it.

mod jumps;
mod told;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::super::data::FeedRow;
use super::super::msg::{Goto, Msg};
use super::names::Names;
use super::store::{Decision, Decisions, key_of};
use super::writing::Writing;
use super::{DataReq, ToLoop, convert, file, rules};
use crate::alert::Alert;
use crate::event::{EventRow, Severity, SourceId, Ts};
use crate::pipeline::{Feed, Filtered, Scope, Session, Snapshot, Wanted};
use crate::query::Query;

/// Evidence shown of one alert.
const EVIDENCE: usize = 100;

/// The view of the feed that the screen shows.
#[derive(Default)]
struct View {
    generation: u64,
    query: String,
    /// What the rules are not asked about is there too.
    whole: bool,
    /// Times in the expression count from there.
    now: Ts,
    hits: Option<Filtered>,
    /// What was last said of it.
    said: (u64, u64, u64),
}

impl View {
    /// Its expression, where it has one.
    fn parsed(&self) -> Option<Query> {
        if self.query.is_empty() { None } else { Query::parse(&self.query, self.now).ok() }
    }
}

/// Something looked for: the hits of an expression within the view.
struct Search {
    /// The view's expression, whether it is of the whole log, and the expression looked for.
    of: (String, bool, String),
    hits: Filtered,
}

/// How often the clock of a replay is told at most where nothing else changes.
const TICK: Duration = Duration::from_secs(1);

/// A replay at a pace.
#[derive(Default)]
struct Pace {
    speed: f64,
    /// Where it started; the first event's time where nobody said.
    from: Option<Ts>,
    since: Option<Instant>,
    /// Second of the log where it was last said to stand, and when that was.
    said: Option<(i64, Instant)>,
}

/// The thread's state.
pub struct Reader {
    session: Option<Arc<Session>>,
    feed: Option<Feed>,
    snap: Arc<Snapshot>,
    out: ToLoop,
    gap: Duration,
    view: View,
    searches: Vec<Search>,
    /// What each filter of the list matches by itself, while that is shown.
    counts: Vec<(String, Filtered)>,
    counts_said: Vec<(String, u64, u64)>,
    pending: Option<(u64, Goto)>,
    pace: Pace,
    decisions: Arc<Decisions>,
    /// Evidence in canonical order, with the severity of its worst alert.
    evidence: BTreeMap<(Ts, SourceId, u64), Severity>,
    /// Evidence counted in already, by alert.
    seen: BTreeMap<String, usize>,
    last: Option<(Instant, u64)>,
    rate: f64,
    sent: Instant,
    rules_said: Option<(usize, u64)>,
    rule_shown: Option<String>,
    names: Names,
    writing: Arc<Writing>,
}

impl Reader {
    pub fn new(out: ToLoop, gap: Duration, writing: Arc<Writing>) -> Self {
        Self {
            session: None,
            feed: None,
            snap: Arc::default(),
            out,
            gap,
            view: View::default(),
            searches: Vec::new(),
            counts: Vec::new(),
            counts_said: Vec::new(),
            pending: None,
            pace: Pace::default(),
            decisions: Arc::default(),
            evidence: BTreeMap::new(),
            seen: BTreeMap::new(),
            last: None,
            rate: 0.0,
            sent: Instant::now(),
            rules_said: None,
            rule_shown: None,
            names: Names::default(),
            writing,
        }
    }

    /// Works until every sender is gone.
    pub fn run(mut self, requests: &Receiver<DataReq>) {
        let mut stale = false;
        loop {
            let wait = if self.names.is_busy() {
                Duration::ZERO
            } else if self.pending.is_some() {
                Duration::from_millis(10)
            } else if stale || self.scanning() || self.pace.since.is_some() {
                self.gap
            } else {
                Duration::from_secs(3600)
            };
            match requests.recv_timeout(wait) {
                Ok(DataReq::Wake) => stale = true,
                Ok(r) => self.request(r),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if (stale || self.pace.since.is_some() || self.scanning()) && self.sent.elapsed() >= self.gap {
                stale = false;
                self.sent = Instant::now();
                self.publish();
            }
            self.try_pending();
            // A piece at a time, and only where nobody waits for anything.
            if let Some(feed) = self.feed.as_ref().filter(|_| requests.is_empty() && self.names.is_busy())
                && let Some([all, of_log]) = self.names.work(feed)
            {
                let _ = self.out.send(Msg::Fields(all));
                let _ = self.out.send(Msg::LogFields(of_log));
            }
        }
    }

    fn scanning(&self) -> bool {
        let n = self.feed.as_ref().map_or(0, Feed::len);
        // A filter may be through before its end was said.
        let scanned = self.view.hits.as_ref().map_or(n, Filtered::scanned);
        scanned < n
            || (self.view.said.1, self.view.said.2) != (n, scanned)
            || self.counts.iter().any(|(_, f)| f.scanned() < n)
            || self.counted() != self.counts_said
    }

    fn counted(&self) -> Vec<(String, u64, u64)> {
        self.counts.iter().map(|(e, f)| (e.clone(), f.len(), f.scanned())).collect()
    }

    /// Counts what expressions match; what is counted already goes on.
    fn count(&mut self, expressions: Vec<String>) {
        let mut before = std::mem::take(&mut self.counts);
        let Some(feed) = &self.feed else { return };
        for e in expressions {
            let running = before.iter().position(|(b, _)| *b == e).map(|i| before.swap_remove(i));
            let parsed = || Query::parse(&e, Ts::now()).ok();
            let fresh = || parsed().map(|q| (e.clone(), feed.filter(self.wanted(feed, Some(q)))));
            self.counts.extend(running.or_else(fresh));
        }
    }

    fn say_counts(&mut self) {
        let counted = self.counted();
        if counted != self.counts_said {
            let _ = self.out.send(Msg::Counts(counted.clone()));
            self.counts_said = counted;
        }
    }

    fn request(&mut self, r: DataReq) {
        match r {
            DataReq::Wake => {}
            DataReq::Session(s) => {
                self.feed = Some(s.feed());
                self.session = Some(s);
                self.searches.clear();
                let counted = self.counts.drain(..).map(|(e, _)| e).collect();
                self.count(counted);
                self.evidence.clear();
                self.seen.clear();
                self.last = None;
                self.rules_said = None;
                self.names = Names::default();
                let v = std::mem::take(&mut self.view);
                self.open_view(v.generation, v.query, v.whole);
                self.publish();
            }
            DataReq::Page { generation, from, n } if generation == self.view.generation => self.page(from, n),
            DataReq::Page { .. } => {}
            DataReq::View { generation, query, whole } => {
                if self.view.whole != whole {
                    // Counts are of what the view is of.
                    self.view.whole = whole;
                    let counted = self.counts.drain(..).map(|(e, _)| e).collect();
                    self.count(counted);
                }
                self.open_view(generation, query, whole);
                self.say_len(true);
            }
            DataReq::Count(expressions) => self.count(expressions),
            DataReq::Go(generation, to) => self.pending = Some((generation, to)),
            DataReq::Play { speed, from } => {
                // A short log is read before anybody says how fast to show it.
                let from = from.filter(|t| t.is_some()).or(self.begins());
                self.pace = Pace { speed, from, since: (speed > 0.0).then(Instant::now), said: None };
                self.say_len(true);
            }
            DataReq::Hold(on) => {
                if self.pace.speed > 0.0 {
                    self.pace.from = self.playhead().or(self.pace.from);
                    self.pace.since = (!on).then(Instant::now);
                }
            }
            DataReq::Evidence(a) => self.read_evidence(&a),
            DataReq::Rule(path) => {
                let _ = self.out.send(Msg::RuleText(Arc::new(rules::read(&path))));
                self.rule_shown = Some(path);
            }
            DataReq::RuleAgain => {
                if let Some(path) = &self.rule_shown {
                    let _ = self.out.send(Msg::RuleText(Arc::new(rules::read(path))));
                }
            }
            DataReq::Decisions(d) => {
                self.decisions = d;
                self.say_alerts();
                let _ = self.out.send(Msg::FeedStale);
            }
            DataReq::Free(was) => {
                let name = file::free_name(&was);
                let _ = self.out.send(Msg::Free { was, name });
            }
            DataReq::Write { rows, form, path } => self.write(rows, form, path),
            DataReq::Cancel => {
                self.pending = None;
                self.searches.clear();
            }
        }
    }

    fn open_view(&mut self, generation: u64, query: String, whole: bool) {
        let now = Ts::now();
        self.view = View { generation, query, whole, now, hits: None, said: (0, u64::MAX, 0) };
        if let Some(feed) = &self.feed {
            let wanted = self.wanted(feed, self.view.parsed());
            self.view.hits = (!wanted.is_all()).then(|| feed.filter(wanted));
        }
    }

    /// What of the log is looked for: of the part that is analyzed, unless the
    /// view is of the whole.
    fn wanted(&self, feed: &Feed, query: Option<Query>) -> Wanted {
        Wanted { scope: if self.view.whole { Scope::default() } else { feed.scope() }, query }
    }

    /// When what is analyzed begins, as far as it was read.
    fn begins(&self) -> Option<Ts> {
        self.snap.span().map(|(first, _)| first)
    }

    fn playhead(&self) -> Option<Ts> {
        if self.pace.speed <= 0.0 {
            return None;
        }
        // Before the first event is known the replay stands at the very start.
        let Some(from) = self.pace.from else { return Some(Ts(i64::MIN + 1)) };
        let run = self.pace.since.map_or(0.0, |s| s.elapsed().as_secs_f64());
        Some(Ts(from.0.saturating_add((run * self.pace.speed * 1e6) as i64)))
    }

    /// Rows of the view, up to the playhead.
    fn rows(&self) -> u64 {
        let Some(feed) = &self.feed else { return 0 };
        let limit = self.playhead().map(|t| feed.position_at(t));
        match (&self.view.hits, limit) {
            (Some(h), None) => h.len(),
            (Some(h), Some(p)) => h.number_at(p),
            (None, None) => feed.len(),
            (None, Some(p)) => p,
        }
    }

    fn say_len(&mut self, always: bool) {
        let events = self.feed.as_ref().map_or(0, Feed::len);
        let rows = self.rows();
        let scanned = self.view.hits.as_ref().map_or(events, Filtered::scanned);
        // Past the last event the replay stands at the end.
        let end = self.snap.span().map_or(Ts(i64::MAX), |(_, last)| last);
        let playhead = self.playhead().filter(|_| self.pace.from.is_some()).map(|t| t.min(end));
        let second = playhead.map(|t| t.0.div_euclid(1_000_000));
        // Where no event comes for long, the replay's clock goes on once a second.
        let ticked = self.pace.said.is_none_or(|(was, when)| Some(was) != second && when.elapsed() >= TICK);
        if always || self.view.said != (rows, events, scanned) || (second.is_some() && ticked) {
            self.view.said = (rows, events, scanned);
            self.pace.said = second.map(|s| (s, Instant::now()));
            let _ = self.out.send(Msg::FeedLen { generation: self.view.generation, rows, events, scanned, playhead });
        }
    }

    /// Passes on what the session published.
    fn publish(&mut self) {
        if let Some(s) = self.session.clone() {
            let snap = s.snapshot();
            if snap.revision != self.snap.revision || self.last.is_none() {
                let alerts_moved = !Arc::ptr_eq(&snap.alerts, &self.snap.alerts) || self.last.is_none();
                self.measure(&snap);
                self.snap = Arc::clone(&snap);
                if self.pace.from.is_none() && snap.span().is_some() {
                    self.pace.from = self.begins();
                    self.pace.since = self.pace.since.map(|_| Instant::now());
                }
                if alerts_moved {
                    self.index_evidence();
                    self.say_alerts();
                }
                let ended = matches!(snap.phase, crate::pipeline::Phase::Done | crate::pipeline::Phase::Waiting);
                self.names.plan(self.feed.as_ref().map_or(0, Feed::len), ended);
                let _ = self.out.send(Msg::Session(snap, self.rate));
                self.say_rules(&s);
            }
        }
        self.say_len(false);
        self.say_counts();
    }

    fn measure(&mut self, snap: &Snapshot) {
        let now = Instant::now();
        let done = matches!(snap.phase, crate::pipeline::Phase::Done | crate::pipeline::Phase::Stopped);
        match self.last {
            Some((at, n)) if now.duration_since(at) >= Duration::from_millis(500) => {
                let rate = snap.totals.records.saturating_sub(n) as f64 / now.duration_since(at).as_secs_f64();
                self.rate = if self.rate > 0.0 { self.rate * 0.5 + rate * 0.5 } else { rate };
                self.last = Some((now, snap.totals.records));
            }
            None => self.last = Some((now, snap.totals.records)),
            _ => {}
        }
        if done {
            self.rate = 0.0;
        }
    }

    fn say_rules(&mut self, s: &Session) {
        let Some(set) = s.rules() else { return };
        let fired: u64 = self.snap.rules_fired.iter().map(|(_, n)| n).sum();
        let now = (Arc::as_ptr(&set) as usize, fired);
        if self.rules_said.is_some_and(|said| said == now) {
            return;
        }
        let renewed = self.rules_said.is_none_or(|said| said.0 != now.0);
        if renewed {
            self.names.add_schema(&set.schema());
        }
        self.rules_said = Some(now);
        let counts: BTreeMap<&str, u64> = self.snap.rules_fired.iter().map(|(id, n)| (&**id, *n)).collect();
        let list = set.rules().iter().map(|r| convert::rule(r, counts.get(&*r.id).copied().unwrap_or(0))).collect();
        let _ = self.out.send(Msg::Rules(Arc::new(list)));
        if let Some(path) = self.rule_shown.as_ref().filter(|_| renewed) {
            let _ = self.out.send(Msg::RuleText(Arc::new(rules::read(path))));
        }
    }

    fn say_alerts(&self) {
        let d = &self.decisions;
        let none = Decision::default();
        // What this reading gives is not withdrawn by an earlier one of one's own:
        // the store hears of it in a moment.
        let view = |a: &Arc<Alert>| {
            let mut v = d.alerts.get(&a.id).unwrap_or(&none).of(a);
            v.reading.here = true;
            v.reading.withdrawn = v.reading.withdrawn.filter(|(_, by)| by.as_ref() != Some(&d.analyst));
            v
        };
        let views = if d.alone {
            Arc::clone(&d.stored)
        } else {
            let given: HashSet<&str> = self.snap.alerts.iter().map(|a| &*a.id).collect();
            let gone = d.stored.iter().filter(|v| !given.contains(&*v.alert.id)).cloned();
            Arc::new(self.snap.alerts.iter().map(view).chain(gone).collect())
        };
        let _ = self.out.send(Msg::Alerts(views));
    }

    /// Adds the evidence that came since; of an alert that grew only the new part.
    fn index_evidence(&mut self) {
        for a in self.snap.alerts.iter() {
            let from = self.seen.get(&a.id).copied().unwrap_or(0);
            if from >= a.evidence.len() {
                continue;
            }
            for e in a.evidence.iter().skip(from) {
                let worst = self.evidence.entry((e.time, e.source, e.offset)).or_insert(a.severity);
                *worst = (*worst).max(a.severity);
            }
            self.seen.insert(a.id.clone(), a.evidence.len());
        }
    }

    /// The store's key of an event: places in a log that was rotated are those in its files.
    fn key(&self, row: &EventRow) -> String {
        let source = self.snap.sources.get(row.source.0 as usize);
        key_of(row, source.map_or(row.offset, |s| s.byte_in_file(row.offset)))
    }

    fn feed_row(&self, position: u64, row: EventRow) -> Arc<FeedRow> {
        let alert = self.evidence.get(&(row.time, row.source, row.offset)).copied();
        let (marked, note) = if self.decisions.events.is_empty() {
            (false, None)
        } else {
            self.decisions.events.get(&self.key(&row)).cloned().unwrap_or_default()
        };
        let outside = self.view.whole && self.feed.as_ref().is_some_and(|f| !f.analyzes(position));
        Arc::new(FeedRow { position, row: Arc::new(row), alert, marked, note, outside })
    }

    fn page(&mut self, from: u64, n: usize) {
        let mut rows = Vec::with_capacity(n);
        for i in from..from.saturating_add(n as u64) {
            let Some(feed) = &self.feed else { break };
            let position = match &self.view.hits {
                Some(h) => h.position(i),
                None => (i < feed.len()).then_some(i),
            };
            let Some(position) = position else { break };
            let row = feed.row(position).unwrap_or_else(|| {
                convert::raw_row(SourceId(u32::MAX), position, "(this record cannot be read any more)".to_owned())
            });
            self.names.add_row(&row);
            rows.push(self.feed_row(position, row));
        }
        let _ = self.out.send(Msg::FeedPage { generation: self.view.generation, from, rows });
    }

    fn read_evidence(&self, a: &Alert) {
        let Some(feed) = self.feed.as_ref() else { return };
        let mut rows = Vec::new();
        for e in a.evidence.iter().take(EVIDENCE) {
            if let Some(row) = feed.position_of(e.source, e.offset).and_then(|p| feed.row(p)) {
                rows.push(Arc::new(row));
            }
        }
        let _ = self.out.send(Msg::Evidence { of: (a.id.clone(), a.revision), rows });
    }

    /// Row of the view for a position in the feed.
    fn row_of(&self, position: u64) -> u64 {
        match &self.view.hits {
            Some(h) => h.number_at(position).min(h.len().saturating_sub(1)),
            None => position,
        }
    }
}
