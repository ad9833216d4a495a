//! The thread that tries rules: checks a text while it is typed, looks what it
//! would find in the open log, drafts filters, and writes what is saved.
//!
//! A newer text stops the answer to an older one. A text is checked at once and
//! tried when no key was pressed for a moment.

mod context;
mod draft;
mod filters;
mod ids;
mod judge;
mod offer;
mod propose;
mod rulings;
#[cfg(test)]
mod tests;
mod verdicts;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use self::context::Library;
use self::verdicts::{Verdicts, Whole};
use super::{RulePlaces, ToLoop, rules};
use crate::detect::lint::{self, Finding, Level};
use crate::event::hash64;
use crate::pipeline::{AlertEffect, Effects, Feed, Grounds, Progress, Question, RuleSides};
use crate::tui::data::workshop::{Attempt, FilterView, Opened, Renamed, Trial, WorkMsg, WorkReq};
use crate::tui::msg::Msg;

/// How long no key is pressed before a text is tried.
const REST: Duration = Duration::from_millis(150);
/// How often counts on the way are said.
const SAY: Duration = Duration::from_millis(60);
/// Most events listed that an edit adds or loses.
const LISTED: usize = 500;

/// A request to the thread.
pub enum BenchReq {
    /// From the editor.
    Work(WorkReq),
    /// Another log is open, or the same with other rules.
    Feed {
        /// Its records.
        feed: Feed,
        /// They are those that there were: only rules changed.
        same: bool,
    },
    /// Rule files are others.
    Rules,
}

/// The thread's state.
pub struct Bench {
    out: ToLoop,
    places: RulePlaces,
    /// All rule files in force, read when first asked for.
    files: Option<Library>,
    feed: Option<Feed>,
    effects: Option<Effects>,
    verdicts: Option<Verdicts>,
    /// What large alerts rest on.
    grounds: Grounds,
    due: Option<(Attempt, Instant)>,
    /// Filters that are still to be counted, and what is known of all.
    counts: Option<Counts>,
    /// What was in the file that is edited when it was opened or saved last.
    on_disk: Option<(String, Option<u64>)>,
}

/// Filters that are still to be counted, and what is known of all.
type Counts = (Vec<filters::Filter>, BTreeMap<String, FilterView>);

/// The file of rulings as it is to be, what was done, and the ruling that is new.
type Change = (String, String, Option<String>);

impl Bench {
    pub fn new(out: ToLoop, places: RulePlaces) -> Self {
        let grounds = Grounds::default();
        Self {
            out,
            places,
            files: None,
            feed: None,
            effects: None,
            verdicts: None,
            grounds,
            due: None,
            counts: None,
            on_disk: None,
        }
    }

    /// Works until every sender is gone.
    pub fn run(mut self, requests: &Receiver<BenchReq>) {
        loop {
            // Filters are counted when nothing else is to be done.
            let idle = if self.counts.is_some() { Duration::ZERO } else { Duration::from_secs(3600) };
            let wait = self
                .due
                .as_ref()
                .map_or(idle, |(_, at)| at.checked_duration_since(Instant::now()).unwrap_or(Duration::ZERO));
            match requests.recv_timeout(wait) {
                Ok(BenchReq::Feed { feed, same }) => {
                    // Of the same records the columns are the same: they are asked
                    // on through the session before.
                    if !same || self.effects.is_none() {
                        self.effects = None;
                        self.grounds = Grounds::default();
                        self.feed = Some(feed);
                    }
                    self.verdicts = None;
                    self.files = None;
                    self.counts = None;
                }
                Ok(BenchReq::Rules) => self.files = None,
                Ok(BenchReq::Work(r)) => self.request(r),
                Err(RecvTimeoutError::Timeout) => {
                    if let Some((attempt, _)) = self.due.take() {
                        self.attempt(attempt, requests);
                    } else if let Some(counts) = self.counts.take() {
                        self.counts = self.count(counts, requests);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn say(&self, m: WorkMsg) {
        let _ = self.out.send(Msg::Work(m));
    }

    fn request(&mut self, r: WorkReq) {
        match r {
            WorkReq::Open { path, line, outside } => self.open(&path, line, outside),
            WorkReq::Tune { rule, fields, signed } => {
                let drafted = draft::filter(&self.files().files, &rule, &fields, &signed);
                match (drafted, self.places.own.clone()) {
                    (Some((name, text)), Some(own)) => {
                        let path = own.join("filters").join(name).display().to_string();
                        let line = text.lines().position(|l| l.trim_start().starts_with("selection")).unwrap_or(0) + 2;
                        // No file has it: one of that name is somebody else's.
                        self.on_disk = Some((path.clone(), None));
                        self.say(WorkMsg::Opened(Arc::new(Opened {
                            saves_to: path.clone(),
                            path,
                            text,
                            line,
                            draft: true,
                            outside: false,
                        })));
                    }
                    (None, _) => self.fail("this rule is not in force: there is nothing to tune"),
                    (_, None) => self.fail("there is no folder for rules of your own: set rules.own"),
                }
            }
            WorkReq::Try(a) => {
                let (findings, renamed) = self.lint(&a);
                let broken = findings.iter().any(Finding::refuses);
                self.say(WorkMsg::Linted { version: a.version, findings, renamed });
                // What does not load finds nothing: that would look like a loss.
                self.due = (!broken).then(|| (a, Instant::now() + REST));
            }
            WorkReq::Offer { rule, fields } => {
                let picks = offer::picks(&self.files().files, &rule, &fields);
                self.say(WorkMsg::Offered { rule, picks });
            }
            WorkReq::Filters => {
                let mut todo = filters::all(self.files());
                let known = filters::views(&todo);
                self.say(WorkMsg::Filters(Arc::new(known.clone())));
                // The last is taken first.
                todo.reverse();
                self.counts = (!todo.is_empty()).then_some((todo, known));
            }
            WorkReq::Propose { rule, alerts, unfounded } => {
                let kin = context::kin(&self.files().files, &rule);
                let best = self.feed.as_ref().map(|f| propose::propose(f, &alerts, &unfounded, &rule, &kin));
                self.say(WorkMsg::Proposed { rule, best: best.unwrap_or_default() });
            }
            WorkReq::Ruling(d) => {
                self.rule(|text| {
                    rulings::with(text, &d).map(|(text, id)| (text, format!("{id} is written"), Some(id)))
                });
            }
            WorkReq::Unrule(id) => self.rule(|text| {
                let without = rulings::without(text, &id).ok_or_else(|| format!("no entry {id}"))?;
                Ok((without, format!("{id} is taken out"), None))
            }),
            WorkReq::Save { path, text, along, over } => {
                if !over && self.differs(&path) {
                    self.say(WorkMsg::Differs { path, text, along });
                } else {
                    self.save(path, &text, &along);
                }
            }
        }
    }

    /// Whether a file is another than it was when it was opened or saved last.
    fn differs(&self, path: &str) -> bool {
        self.on_disk.as_ref().is_some_and(|(of, hash)| of == path && *hash != hash_of(path))
    }

    /// Writes a rule, and has others know it by what it is called now.
    fn save(&mut self, path: String, text: &str, along: &[(String, String)]) {
        if let Err(e) = write(Path::new(&path), text) {
            return self.fail(&format!("{path}: {e}"));
        }
        self.on_disk = Some((path.clone(), Some(hash64(text.as_bytes()))));
        let own = self.places.own.clone();
        let files = &self.files().files;
        let each = along.iter().map(|(old, new)| ids::take_along(files, (&path, old, new), own.as_deref(), write));
        let places: Result<usize, String> = each.sum();
        self.files = None;
        let _ = std::fs::remove_file(draft_of(&path));
        self.say(WorkMsg::Saved { path, along: *places.as_ref().unwrap_or(&0) });
        if let Err(e) = places {
            self.fail(&format!("the rule is saved, but others still name it as before: {e}"));
        }
    }

    /// Counts what the next filter takes; what is left to do after that.
    fn count(&mut self, (mut todo, mut known): Counts, requests: &Receiver<BenchReq>) -> Option<Counts> {
        let feed = self.feed.clone()?;
        let next = todo.pop()?;
        if let Some(q) = filters::question(self.files(), &next) {
            let effects = self.effects.get_or_insert_with(|| Effects::new(feed));
            match effects.ask(&q, &mut |_| requests.is_empty()) {
                // Something else comes first.
                None => todo.push(next),
                Some(e) => {
                    known.entry(next.id).or_default().removed = Some(filters::removed(&e));
                    self.say(WorkMsg::Filters(Arc::new(known.clone())));
                }
            }
        }
        (!todo.is_empty()).then_some((todo, known))
    }

    /// Changes the file of suppressions; says what was done.
    fn rule(&self, change: impl FnOnce(&str) -> Result<Change, String>) {
        let Some(path) = self.places.own.as_ref().map(|d| d.join(crate::pipeline::policy::FILE)) else {
            return self.fail("there is no folder for rules of your own: set rules.own");
        };
        let shown = path.display();
        let done = rulings::read(&path)
            .map_err(|e| e.to_string())
            .and_then(|text| change(&text))
            .and_then(|(text, said, id)| write(&path, &text).map_err(|e| e.to_string()).map(|()| (said, id)));
        match done {
            Ok((said, id)) => self.say(WorkMsg::Ruled { said: format!("{said} in {shown}"), id }),
            Err(e) => self.fail(&format!("{shown}: {e}")),
        }
    }

    fn fail(&self, text: &str) {
        let _ = self.out.send(Msg::Failed(text.to_owned()));
    }

    fn files(&mut self) -> &Library {
        let read = &self.places.files;
        self.files.get_or_insert_with(|| Library::new(read()))
    }

    fn open(&mut self, path: &str, line: usize, outside: bool) {
        let shipped = rules::shipped_text(path);
        let text = match &shipped {
            Some(t) => Ok(t.clone()),
            None => std::fs::read_to_string(path),
        };
        let text = match text {
            Ok(t) => t,
            Err(e) => return self.fail(&format!("{path}: {e}")),
        };
        let saves_to = match (&shipped, &self.places.own) {
            // What has the name already is another rule: this one would be listed in its place.
            (Some(_), Some(own)) => {
                super::file::free_name(&own.join(path.strip_prefix("rules/").unwrap_or(path)).display().to_string())
            }
            (Some(_), None) => String::new(),
            _ => path.to_owned(),
        };
        let kept = draft_of(&saves_to);
        let read = if saves_to == path { Some(hash64(text.as_bytes())) } else { hash_of(&saves_to) };
        self.on_disk = Some((saves_to.clone(), read));
        let draft = false;
        self.say(WorkMsg::Opened(Arc::new(Opened { path: path.to_owned(), saves_to, text, line, draft, outside })));
        if kept.is_file() {
            let _ = self.out.send(Msg::Done(format!("a text that was not saved is kept in {}", kept.display())));
        }
    }

    fn lint(&mut self, a: &Attempt) -> (Vec<Finding>, Vec<Renamed>) {
        let (_, after) = context::files(self.files(), &a.path, &a.text);
        let mut findings: Vec<Finding> = lint::check(&after).into_iter().filter(|f| f.path == a.path).collect();
        if let Some((id, other)) = self.files().same_id(&a.path, &a.text, &after) {
            findings.push(Finding {
                path: a.path.clone(),
                line: 1,
                column: 1,
                severity: Level::Warning,
                code: "same-id",
                message: format!("the id {id} is also that of {other}"),
                hint: "give it another id".into(),
            });
        }
        if self.differs(&a.path) {
            findings.push(Finding {
                path: a.path.clone(),
                line: 1,
                column: 1,
                severity: Level::Warning,
                code: "changed-on-disk",
                message: "the file was changed by somebody else since it was opened".into(),
                hint: "a save asks before it writes over that".into(),
            });
        }
        let own = self.places.own.clone();
        let files = &self.files().files;
        let renamed = ids::renamed(files, (&a.path, &a.text), own.as_deref(), &a.alerts);
        findings.extend(renamed.iter().map(|r| Finding {
            path: a.path.clone(),
            line: r.line.max(r.document).max(1) as u32,
            column: 1,
            severity: Level::Warning,
            code: "renamed",
            message: r.said(),
            hint: r.hint(),
        }));
        findings.sort_by_key(|f| (f.line, f.column));
        (findings, renamed)
    }

    fn attempt(&mut self, a: Attempt, requests: &Receiver<BenchReq>) {
        let Some(feed) = self.feed.clone() else {
            // Without a log there is nothing to lose.
            return self.say(WorkMsg::Tried(Arc::new(Trial {
                version: a.version,
                done: true,
                way: "no log is open".into(),
                ..Trial::default()
            })));
        };
        let question = context::question(self.files(), &a.path, &a.text);
        let started = Instant::now();
        let out = self.out.clone();
        let mut said = started;
        let mut effects = self.effects.take().unwrap_or_else(|| Effects::new(feed.clone()));
        let answer = effects.ask(&question, &mut |p: Progress| {
            if said.elapsed() >= SAY {
                said = Instant::now();
                let trial = Trial {
                    version: a.version,
                    scanned: p.scanned,
                    events: p.events,
                    matches: (p.before, p.after),
                    took_ms: millis(started),
                    way: "reading the log".into(),
                    ..Trial::default()
                };
                let _ = out.send(Msg::Work(WorkMsg::Tried(Arc::new(trial))));
            }
            requests.is_empty()
        });
        let scope = if feed.scope().is_all() { "" } else { ", of what this run analyzes" };
        self.effects = Some(effects);
        match answer {
            // Something waits: it is looked at first, and then this again.
            None => self.due = Some((a, Instant::now())),
            Some(e) => {
                let fresh = self.verdicts.take().filter(|v| v.are_of(&a, &feed));
                let verdicts = match fresh {
                    Some(v) => v,
                    None => match self.whole(&a, &feed, started, requests) {
                        Some(whole) => Verdicts::new(&feed, &a, whole),
                        None => return self.due = Some((a, Instant::now())),
                    },
                };
                let mut trial = judge::matches(&verdicts, &a, &feed, &e, started);
                self.verdicts = Some(verdicts);
                trial.way.push_str(scope);
                let q = context::about_alerts(self.files(), &a.path, &a.text);
                let mut rules = RuleSides::of(&q);
                if !rules.correlate() {
                    return self.say(WorkMsg::Tried(Arc::new(trial)));
                }
                match self.alerts(&a, &feed, (&q, &mut rules), &trial, requests) {
                    None => self.due = Some((a, Instant::now())),
                    Some(alerts) => {
                        judge::alerts(self.verdicts.as_ref(), &feed, &alerts, &mut trial);
                        trial.took_ms = millis(started);
                        self.say(WorkMsg::Tried(Arc::new(trial)));
                    }
                }
            }
        }
    }

    /// All records of the alerts that have more than they list; `None` where something waits.
    fn whole(&mut self, a: &Attempt, feed: &Feed, started: Instant, requests: &Receiver<BenchReq>) -> Option<Whole> {
        let large = verdicts::large(&a.alerts);
        if large.is_empty() {
            return Some(Whole::new());
        }
        let ids: BTreeSet<&str> = large.iter().map(|a| &*a.rule_id).collect();
        let files = context::of_rules(self.files(), &ids);
        let mut said = Instant::now();
        let out = &self.out;
        self.grounds.ask(feed, &files, &large, &mut |scanned| {
            if said.elapsed() >= SAY {
                said = Instant::now();
                let trial = Trial {
                    version: a.version,
                    scanned,
                    events: feed.len(),
                    took_ms: millis(started),
                    way: "reading what large alerts rest on".into(),
                    ..Trial::default()
                };
                let _ = out.send(Msg::Work(WorkMsg::Tried(Arc::new(trial))));
            }
            requests.is_empty()
        })
    }

    /// The alerts of the correlations that count what was edited, now and then.
    /// What is known already is said at once, and how far this is.
    fn alerts(
        &mut self,
        a: &Attempt,
        feed: &Feed,
        (q, rules): (&Question, &mut RuleSides),
        known: &Trial,
        requests: &Receiver<BenchReq>,
    ) -> Option<AlertEffect> {
        let out = self.out.clone();
        let say = |scanned| {
            let way = "reading the log for alerts".to_owned();
            let trial = Trial { done: false, scanned, way, ..known.clone() };
            let _ = out.send(Msg::Work(WorkMsg::Tried(Arc::new(trial))));
        };
        say(0);
        let mut said = Instant::now();
        let effects = self.effects.get_or_insert_with(|| Effects::new(feed.clone()));
        effects.alerts(q, rules, &a.path, &mut |scanned| {
            if said.elapsed() >= SAY {
                said = Instant::now();
                say(scanned);
            }
            requests.is_empty()
        })
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// What tells the contents of a file from others; `None` where there is no file.
fn hash_of(path: &str) -> Option<u64> {
    std::fs::read(path).ok().map(|bytes| hash64(&bytes))
}

/// Where the text of a rule is kept that was not saved; no rule by its name.
fn draft_of(path: &str) -> PathBuf {
    PathBuf::from(format!("{path}.draft"))
}

/// Keeps the text of a rule that was not saved.
///
/// # Errors
/// When its folder cannot be written.
pub fn keep_draft(path: &str, text: &str) -> std::io::Result<()> {
    write(&draft_of(path), text)
}

/// Writes a file whole or not at all.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if path.as_os_str().is_empty() {
        return Err(std::io::Error::other("there is no folder for rules of your own: set rules.own"));
    }
    let folder: PathBuf = path.parent().map_or_else(|| PathBuf::from("."), Path::to_owned);
    std::fs::create_dir_all(&folder)?;
    // The name is that of no rule until everything is in it.
    let mut f = tempfile::Builder::new().prefix(".saving").suffix(".tmp").tempfile_in(&folder)?;
    std::io::Write::write_all(&mut f, text.as_bytes())?;
    f.as_file().sync_all()?;
    if let Ok(m) = std::fs::metadata(path) {
        std::fs::set_permissions(f.path(), m.permissions())?;
    }
    f.persist(path)?;
    Ok(())
}
