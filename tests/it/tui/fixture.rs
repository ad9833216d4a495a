//! A small incident as the screens see it, the same in every run.

use std::collections::BTreeMap;
use std::sync::Arc;

use secstream::alert::{Alert, EvidenceRef, Route, RuleType};
use secstream::event::{EventRow, EventType, Outcome, Ov, Severity, SourceId, TimeQuality, Ts};
use secstream::pipeline::{Counts, Histogram, Phase, RuleProblem, Snapshot, SourceStatus};
use secstream::tui::data::workshop::{
    Change, Moved, Opened, Pick, Proposal, Renamed, Trial, Verdict, WorkMsg, WorkReq,
};
use secstream::tui::data::{AlertView, CaseDetail, CaseItem, CaseView, FeedRow, ItemKind, RuleText, RuleView, Triage};
use secstream::tui::key::Key;
use secstream::tui::keymap::Keymap;
use secstream::tui::msg::{Effect, Msg};
use secstream::tui::state::{Facts, State};
use secstream::tui::update::update;

/// 2026-03-02T11:00:00Z.
pub const START: i64 = 1_772_449_200;

pub fn at(s: i64) -> Ts {
    Ts::from_secs(START + s)
}

pub fn event(n: u64, host: &str, user: &str, ip: &str, kind: EventType, message: &str) -> EventRow {
    let time = at(n as i64);
    let raw = format!("Mar  2 11:{:02}:{:02} {host} sshd[25{n:03}]: {message}", n / 60, n % 60);
    let mut overlay: [Option<Box<str>>; Ov::COUNT] = [const { None }; Ov::COUNT];
    for (o, v) in [(Ov::Host, host), (Ov::User, user), (Ov::SrcIp, ip), (Ov::Process, "sshd"), (Ov::Message, message)] {
        overlay[o as usize] = (!v.is_empty()).then(|| v.into());
    }
    let failed = kind == EventType::SshLoginFailed;
    EventRow {
        source: SourceId(0),
        offset: n * 100,
        full_len: raw.len() as u64,
        line: n + 1,
        lines: 1,
        parsed: true,
        time,
        quality: TimeQuality::Yearless,
        event_type: kind,
        severity: if failed { Severity::Low } else { Severity::Info },
        outcome: if failed { Outcome::Failure } else { Outcome::Success },
        overlay,
        fields: Vec::new(),
        raw,
        format: 1,
    }
}

/// 200 events: guessing from one address, other people's log-ins, one hostile line.
pub fn events() -> Vec<EventRow> {
    (0..200)
        .map(|n| match n % 5 {
            _ if n == 120 => event(
                n,
                "web01",
                "root",
                "183.62.140.253",
                EventType::SshLogin,
                "Accepted password for root from 183.62.140.253 port 36388 ssh2",
            ),
            _ if n == 7 => event(
                n,
                "web01",
                "\u{1b}[31mroot",
                "9.9.9.8",
                EventType::SshLoginFailed,
                "Failed password for invalid user \u{1b}[31mroot\u{1b}]0;x\u{7}\u{202e} from 9.9.9.8 port 22 ssh2",
            ),
            0 | 1 => event(
                n,
                "web01",
                "root",
                "183.62.140.253",
                EventType::SshLoginFailed,
                &format!("Failed password for root from 183.62.140.253 port {} ssh2", 34_000 + n),
            ),
            2 => event(
                n,
                "db01",
                "ann",
                "10.20.0.7",
                EventType::SshLogin,
                "Accepted publickey for ann from 10.20.0.7 port 50122 ssh2: ED25519 SHA256:x0m2yiVy2SvBjY",
            ),
            3 => event(
                n,
                "web01",
                "",
                "103.99.0.122",
                EventType::SshDisconnect,
                "Received disconnect from 103.99.0.122 port 5142:11: Bye Bye [preauth]",
            ),
            _ => event(
                n,
                "mail01",
                "",
                "",
                EventType::Other,
                "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)",
            ),
        })
        .collect()
}

pub fn rows() -> Vec<Arc<FeedRow>> {
    let row = |(n, e): (usize, EventRow)| {
        let alert = (e.ov(Ov::SrcIp) == Some("183.62.140.253")).then_some(Severity::Critical);
        Arc::new(FeedRow { position: n as u64, row: Arc::new(e), alert, marked: n == 121, note: None, outside: false })
    };
    events().into_iter().enumerate().map(row).collect()
}

fn alert(
    id: u8,
    rule: &str,
    severity: Severity,
    score: f64,
    count: u64,
    (ip, user, host): (&str, &str, &str),
) -> Arc<Alert> {
    let some = |s: &str| (!s.is_empty()).then(|| s.to_owned());
    let evidence = (0..count.min(20)).map(|n| EvidenceRef {
        source: SourceId(0),
        offset: n * 500,
        len: 90,
        line: n * 5 + 1,
        time: at(n as i64 * 5),
        hash: n,
    });
    Arc::new(Alert {
        id: format!("{id:032x}"),
        revision: 1,
        rule: rule.into(),
        rule_id: format!("00000000-0000-0000-0000-0000000000{id:02x}").into(),
        rule_type: if count > 3 { RuleType::Correlation } else { RuleType::Detection },
        severity,
        score,
        score_parts: vec![("level".into(), score - 7.5), ("volume".into(), 7.5)],
        confidence: 0.9,
        description:
            "What the rule looks for, in a sentence that is long enough to need a second line on a narrow screen."
                .into(),
        timestamp: at(i64::from(id) * 10),
        last: at(i64::from(id) * 10 + 100),
        src_ip: some(ip),
        src_ips: some(ip).into_iter().collect(),
        user: some(user),
        host: some(host),
        count,
        window_seconds: 600,
        dedup_key: format!("{rule}|{ip}"),
        message: format!("{rule}: {count} acts from {ip}"),
        techniques: vec!["T1110.001".into()],
        tactics: vec!["credential-access".into()],
        route: Route { stage: "rules".into(), reason: "correlation met".into(), cost_us: 1 },
        evidence: evidence.collect(),
        matched_total: count,
        ..Alert::default()
    })
}

pub fn alerts() -> Vec<AlertView> {
    let view = |a| AlertView {
        alert: a,
        triage: Triage::New,
        tags: Vec::new(),
        notes: Vec::new(),
        reading: Default::default(),
    };
    let mut all = vec![
        view(alert(
            1,
            "SSH password guessing, then a log-in",
            Severity::Critical,
            97.5,
            312,
            ("183.62.140.253", "root", "web01"),
        )),
        view(alert(2, "Invalid-user enumeration", Severity::High, 81.25, 41, ("103.99.0.122", "", "web01"))),
        view(alert(3, "Root log-in", Severity::Medium, 51.0, 1, ("", "", "LabSZ"))),
        view(alert(4, "sudo: NOT in sudoers", Severity::Medium, 47.5, 2, ("", "fztu", "db01"))),
        view(alert(5, "Scanner by its agent", Severity::Low, 21.0, 9, ("203.0.113.9", "", "web01"))),
    ];
    all[4].triage = Triage::Dismissed { reason: "benign".into() };
    all[1].tags = vec!["watch".into()];
    all[1].notes = vec![("ben".into(), "seen last week too".into())];
    all
}

pub fn snapshot() -> Snapshot {
    let mut h = Histogram::default();
    let mut counts = Counts { lines: 200, records: 200, parsed: 198, raw: 2, bytes: 20_000, ..Counts::default() };
    for e in events() {
        h.add(e.time);
        counts.saw(e.time);
    }
    for n in 0..400 {
        h.add(at(n * 17 % 7200));
    }
    counts.saw(at(7200));
    h.flush();
    let source = SourceStatus {
        name: "auth.log".into(),
        format: "syslog".into(),
        counts: counts.clone(),
        size: Some(20_000),
        sha256: Some("ab".repeat(32)),
        year_from: "the file's time",
        warnings: vec!["last record cut short".into()],
        ended: true,
        ..SourceStatus::default()
    };
    Snapshot {
        revision: 1,
        phase: Phase::Done,
        totals: counts,
        sources: Arc::new(vec![source]),
        alerts: Arc::new(alerts().into_iter().map(|v| v.alert).collect()),
        histogram: Arc::new(h),
        rules_loaded: 45,
        rule_problems: Arc::new(vec![RuleProblem {
            path: "local/bad.yml".into(),
            line: 7,
            reason: "unknown modifier 'containz'".into(),
        }]),
        seconds: 1.5,
        ..Snapshot::default()
    }
}

pub fn cases() -> Vec<CaseView> {
    vec![CaseView {
        id: "IR-2026-014".into(),
        title: "SSH compromise web01".into(),
        state: "in_progress".into(),
        severity: Severity::Critical,
        opened: at(500),
        assignee: Some("ann".into()),
        alerts: 1,
        events: 312,
        tags: vec!["ssh".into()],
        ..CaseView::default()
    }]
}

pub fn case() -> CaseDetail {
    let item = |kind, id: &str, s, who: &str, text: &str, severity| CaseItem {
        kind,
        id: id.into(),
        time: at(s),
        who: who.into(),
        text: text.into(),
        severity,
        withdrawn: None,
    };
    CaseDetail {
        case: cases().remove(0),
        items: vec![
            item(
                ItemKind::Alert,
                &format!("alert:{:032x}", 1),
                10,
                "log",
                "SSH password guessing, then a log-in: first of 312",
                Some(Severity::Critical),
            ),
            item(ItemKind::Change, "case:IR-2026-014", 500, "ann", "opened the case", None),
            item(ItemKind::Note, "case:IR-2026-014", 560, "ann", "web01 isolated, password of root changed", None),
        ],
        entities: vec!["183.62.140.253".into()],
        techniques: vec!["T1110.001".into()],
    }
}

pub fn rules() -> Vec<RuleView> {
    let rule = |id: &str, title: &str, level, kind: &str, path: &str, fired| RuleView {
        id: id.into(),
        title: title.into(),
        level,
        kind: kind.into(),
        path: path.into(),
        line: 1,
        loaded: true,
        alerts: true,
        fired,
        ..RuleView::default()
    };
    let mut all = vec![
        rule(
            "r1",
            "SSH password guessing, then a log-in",
            Severity::Critical,
            "temporal_ordered",
            "rules/ssh/success.yml",
            1,
        ),
        rule("r2", "Invalid-user enumeration", Severity::High, "event_count", "rules/ssh/invalid.yml", 41),
        rule("r3", "A broken rule", Severity::Medium, "detection", "local/bad.yml", 0),
    ];
    all[2].loaded = false;
    all[2].reason = Some("unknown modifier 'containz'".into());
    all
}

/// A rule whose text has a true hit to lose where it says `not`.
const RULE: &str = "title: SSH password guessing\nid: 5e4b7ad2-4c1c-4a08-9f0e-3a3f0f0d2c11\nlogsource: {product: linux, service: sshd}\n\
detection:\n  sel:\n    event_type: ssh_login_failed\n    user|contains|all: ['ro', 'ot'] # a comment\n  quiet:\n    src_ip: 10.0.0.1\n  condition: sel\nlevel: high\n";

/// What the thread that tries rules would say.
fn work(w: &WorkReq) -> Vec<Msg> {
    let say = |m| vec![Msg::Work(m)];
    match w {
        WorkReq::Open { path, line, outside } => say(WorkMsg::Opened(Arc::new(Opened {
            path: path.clone(),
            saves_to: "/home/ann/rules/local/ssh/success.yml".into(),
            text: RULE.into(),
            line: *line,
            draft: false,
            outside: *outside,
        }))),
        WorkReq::Offer { rule, fields } => {
            let who = ["src_ip", "user", "host", "process"];
            let pick = |n: &str, v: &str, on| Pick { name: n.into(), value: v.into(), on };
            let mut picks: Vec<Pick> = Vec::new();
            for (n, v) in fields.iter().filter(|(n, _)| who.contains(&n.as_str())) {
                picks.push(pick(n, v, true));
                if n == "src_ip" {
                    picks.push(pick("src_ip|cidr", "183.62.140.0/24", false));
                }
            }
            picks.push(pick("event_type", "ssh_login_failed", false));
            say(WorkMsg::Offered { rule: rule.clone(), picks })
        }
        WorkReq::Tune { fields, .. } => {
            let text: String = fields.iter().map(|(k, v)| format!("    {k}: '{v}'\n")).collect();
            let path = "/home/ann/rules/local/filters/f.yml".to_owned();
            let text = format!("title: F\nfilter:\n  rules: [r1]\n  selection:\n{text}  condition: not selection\n");
            say(WorkMsg::Opened(Arc::new(Opened {
                saves_to: path.clone(),
                path,
                text,
                line: 5,
                draft: true,
                outside: false,
            })))
        }
        WorkReq::Try(a) => {
            let path = a.path.clone();
            let files = [secstream::detect::RuleFile::new(path, a.text.clone())];
            let findings: Vec<_> = secstream::detect::lint::check(&files)
                .into_iter()
                .filter(|f| !f.message.contains("not there"))
                .collect();
            let lost = u64::from(a.text.contains("not ")) * 80;
            let moved = events().into_iter().take(80).filter(|e| lost > 0 && e.event_type == EventType::SshLoginFailed);
            let moved = moved.enumerate().map(|(n, e)| Moved {
                position: e.offset / 100,
                row: Arc::new(e),
                change: Change::Lost,
                verdict: [Verdict::True, Verdict::Undecided, Verdict::False, Verdict::None][n.min(3)],
                word: ["IR-2026-014", "", "benign", ""][n.min(3)].into(),
                alert: None,
                rule: None,
            });
            let trial = Trial {
                version: a.version,
                done: true,
                scanned: 200,
                events: 200,
                matches: (81, 81 - lost),
                lost,
                true_hits: (2, 2 - lost / 40),
                false_hits: (5, 5 - lost / 20),
                undecided: (1, 1),
                true_lost: lost / 40,
                cases: if lost > 0 { vec!["IR-2026-014".into()] } else { Vec::new() },
                moved: moved.collect(),
                way: "from columns".into(),
                took_ms: 12,
                ..Trial::default()
            };
            let old = "5e4b7ad2-4c1c-4a08-9f0e-3a3f0f0d2c11";
            let line = a.text.lines().position(|l| l.starts_with("id: ") && !l.ends_with(old));
            let renamed = line.filter(|_| a.text.contains(&old[..30])).map(|line| Renamed {
                key: "id",
                old: old.into(),
                new: a.text.lines().nth(line).map(|l| l[4..].to_owned()),
                document: 1,
                line: line + 1,
                by: vec!["filter 'Not ours'".into(), "suppression sup-1".into(), "correlation 'Shipped'".into()],
                along: 2,
                decided: 1,
                uncovers: false,
            });
            let renamed = renamed.into_iter().collect();
            let linted = WorkMsg::Linted { version: a.version, findings, renamed };
            vec![Msg::Work(linted), Msg::Work(WorkMsg::Tried(Arc::new(trial)))]
        }
        WorkReq::Filters => say(WorkMsg::Filters(Arc::default())),
        WorkReq::Propose { rule, .. } => say(WorkMsg::Proposed {
            rule: rule.clone(),
            best: vec![
                Proposal {
                    fields: vec![("src_ip".into(), "10.20.0.7".into()), ("user".into(), "svc".into())],
                    removes: (4, 5),
                    loses: (0, 2),
                    undecided: (1, 3),
                },
                Proposal {
                    fields: vec![("user".into(), "svc".into())],
                    removes: (5, 5),
                    loses: (1, 2),
                    undecided: (1, 3),
                },
            ],
        }),
        WorkReq::Ruling(d) => {
            say(WorkMsg::Ruled { said: format!("sup-1 for {} is written", d.rule), id: Some("sup-1".into()) })
        }
        WorkReq::Unrule(id) => say(WorkMsg::Ruled { said: format!("{id} is taken out"), id: None }),
        WorkReq::Save { path, along, .. } => say(WorkMsg::Saved { path: path.clone(), along: along.len() }),
    }
}

/// The data layer in one function: answers effects from memory.
pub struct World {
    pub state: State,
    pub done: Vec<Effect>,
}

impl World {
    pub fn new(w: u16, h: u16) -> Self {
        Self::with_keys(w, h, &BTreeMap::new())
    }

    pub fn with_keys(w: u16, h: u16, keys: &BTreeMap<String, Vec<String>>) -> Self {
        let facts = Facts {
            part: String::new(),
            forgets: false,
            name: "auth.log".into(),
            follow: false,
            inputs: true,
            analyst: "ann".into(),
            store: "cases /home/ann/cases.db".into(),
            about: vec!["secstream".into()],
            ascii: false,
        };
        let mut state = State::new((w, h), Arc::new(Keymap::new(keys).expect("keys")), facts);
        state.now = at(10_000);
        let mut world = Self { state, done: Vec::new() };
        world.send(Msg::Session(Arc::new(snapshot()), 0.0));
        world.send(Msg::Alerts(Arc::new(alerts())));
        world.send(Msg::Cases(Arc::new(cases())));
        world.send(Msg::Rules(Arc::new(rules())));
        world.len();
        world.send(Msg::Settled);
        world.done.clear();
        world
    }

    fn len(&mut self) {
        let generation = self.state.live.generation;
        self.send(Msg::FeedLen {
            generation,
            rows: self.view().len() as u64,
            events: 200,
            scanned: 200,
            playhead: None,
        });
    }

    fn view(&self) -> Vec<Arc<FeedRow>> {
        let q = secstream::query::Query::parse(&self.state.live.filters.expression(), self.state.now).expect("a query");
        self.of_log().into_iter().filter(|r| q.matches_row(&r.row)).collect()
    }

    /// The log, or the part of it that the session is about.
    fn of_log(&self) -> Vec<Arc<FeedRow>> {
        let (part, whole) = (&self.state.facts.part, self.state.live.whole);
        let part = secstream::query::Query::parse(part, self.state.now).expect("a query");
        let mut all = rows();
        all.retain(|r| whole || part.matches_row(&r.row));
        for r in &mut all {
            Arc::make_mut(r).outside = !part.matches_row(&r.row);
        }
        all
    }

    pub fn send(&mut self, m: Msg) {
        let mut effects: std::collections::VecDeque<Effect> = update(&mut self.state, m).into();
        while let Some(e) = effects.pop_front() {
            for m in self.answer(&e) {
                effects.extend(update(&mut self.state, m));
            }
            if !matches!(e, Effect::Page { .. } | Effect::Settle | Effect::Hold(_)) {
                self.done.push(e);
            }
        }
    }

    fn answer(&self, e: &Effect) -> Vec<Msg> {
        match e {
            Effect::Page { generation, from, n } => {
                let rows = self.view().into_iter().skip(*from as usize).take(*n).collect();
                vec![Msg::FeedPage { generation: *generation, from: *from, rows }]
            }
            Effect::View { generation, .. } => {
                let rows = self.view().len() as u64;
                vec![Msg::FeedLen { generation: *generation, rows, events: 200, scanned: 200, playhead: None }]
            }
            Effect::Count(expressions) => {
                let count = |e: &String| {
                    let q = secstream::query::Query::parse(e, self.state.now).expect("a query");
                    let n = self.of_log().into_iter().filter(|r| q.matches_row(&r.row)).count();
                    (e.clone(), n as u64, 200)
                };
                vec![Msg::Counts(expressions.iter().map(count).collect())]
            }
            Effect::Evidence(a) => {
                let rows = events().into_iter().step_by(5).take(8).map(Arc::new).collect();
                vec![Msg::Evidence { of: (a.id.clone(), a.revision), rows }]
            }
            Effect::ReadCase(_) => vec![Msg::Case(Arc::new(case()))],
            Effect::ReadRule(path) => {
                let lines = [
                    "title: SSH password guessing",
                    "id: r1",
                    "logsource:",
                    "    service: sshd",
                    "detection:",
                    "    sel:",
                    "        event_type: ssh_login_failed",
                    "    condition: sel",
                    "level: high",
                ];
                vec![Msg::RuleText(Arc::new(RuleText { path: path.clone(), lines: lines.map(str::to_owned).to_vec() }))]
            }
            Effect::Work(w) => work(w),
            Effect::Settle => vec![Msg::Settled],
            _ => Vec::new(),
        }
    }

    /// Presses keys: names in angle brackets, all else as it stands: `jj<Enter>/root<Enter>`.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        let mut rest = keys;
        while let Some(c) = rest.chars().next() {
            let named = rest.strip_prefix('<').and_then(|r| r.split_once('>')).filter(|(n, _)| Key::parse(n).is_some());
            if let Some((name, after)) = named {
                self.send(Msg::Key(Key::parse(name).expect("a key")));
                rest = after;
            } else {
                self.send(Msg::Key(Key::char(c)));
                rest = &rest[c.len_utf8()..];
            }
        }
        self
    }
}
