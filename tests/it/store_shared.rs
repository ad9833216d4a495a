//! Several analysts on one store while a log is read into it: nobody's work is
//! lost or blocked, everybody sees it, and a reader killed in the middle leaves
//! a store that goes on without anything twice.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use secstream::store::canonical::parse_strict;
use secstream::store::{AlertFilter, CaseId, Store, Target, Verdict, export, verify};
use serde_json::Value;

use super::program::Home;

const NAME: &str = "SECSTREAM_TEST_SHARED_NAME";
const DB: &str = "SECSTREAM_TEST_SHARED_DB";
/// Rounds of each analyst: a note, a tag and a decision in each.
const ROUNDS: usize = 25;
const WAIT: Duration = Duration::from_secs(60);

pub const RULE: &str = "title: Any refused log-in
id: 6f1a2c0e-5f0b-4c52-9d0e-0c1b7a3d9e11
status: test
description: One alert for each address.
logsource:
  product: linux
detection:
  selection:
    event_type: ssh_login_failed
  condition: selection
level: medium
";

/// A log with an alert for every line, so slow that each has one of its own.
pub fn log(lines: usize) -> String {
    let line = |i: usize| {
        let t = 5 * i;
        let (h, m, s) = (t / 3600 % 24, t / 60 % 60, t % 60);
        let ip = format!("198.{}.{}.{}", 18 + (i >> 16), i >> 8 & 255, i & 255);
        format!(
            "2026-03-{:02}T{h:02}:{m:02}:{s:02}+00:00 gw sshd[{}]: Failed password for root from {ip} port 4022 ssh2\n",
            1 + t / 86_400,
            100 + i % 30_000
        )
    };
    (0..lines).map(line).collect()
}

/// What one analyst does, from a process or a thread of their own.
fn work(store: &mut Store, name: &str) {
    let since = Instant::now();
    for n in 0..ROUNDS {
        let rows = loop {
            let rows = store.alerts(&AlertFilter { limit: Some(200), ..AlertFilter::default() }).unwrap();
            if rows.len() > ROUNDS {
                break rows;
            }
            assert!(since.elapsed() < WAIT);
            std::thread::sleep(Duration::from_millis(5));
        };
        let id = rows[n * 7 % rows.len()].id.clone();
        let target = Target::Alert(id.clone());
        store.note(&target, &format!("{name} {n}")).unwrap();
        store.tag(&target, &format!("{name}-{n}"), true).unwrap();
        match n % 4 {
            0 => drop(store.escalate(&[id], None, &format!("{name} {n}")).unwrap()),
            1 => drop(store.dismiss(&[id], Verdict::Benign, name).unwrap()),
            2 => drop(store.set_verdict(&[id], Verdict::TruePositive, name).unwrap()),
            _ => drop(store.undo().unwrap().unwrap()),
        }
    }
}

/// Not a test by itself: the body of the analysts' processes.
#[test]
fn child() {
    let (Ok(name), Ok(db)) = (std::env::var(NAME), std::env::var(DB)) else { return };
    work(&mut Store::open(Some(Path::new(&db)), &name).unwrap(), &name);
}

fn analyst(name: &str, db: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store_shared::child", "--nocapture"])
        .env(NAME, name)
        .env(DB, db)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

struct Shared {
    home: Home,
    db: PathBuf,
    replay: Vec<String>,
}

impl Shared {
    fn new(lines: usize) -> Self {
        let home = Home::new();
        let log = home.write("auth.log", log(lines));
        let rules = home.write("rules/any.yml", RULE);
        let db = home.path("cases.db");
        let args = ["replay", &log, "--rules", &rules, "--db", db.to_str().unwrap(), "-q", "--analyst", "reader"];
        let replay = args.map(str::to_owned).to_vec();
        Self { home, db, replay }
    }

    fn args(&self) -> Vec<&str> {
        self.replay.iter().map(String::as_str).collect()
    }

    fn ids(&self) -> BTreeSet<String> {
        let store = Store::open_read_only(Some(&self.db), "x").unwrap();
        store.alerts(&AlertFilter::default()).unwrap().into_iter().map(|a| a.id).collect()
    }

    /// Chains hold, each case stands on its own, and the program says so, too.
    fn sound(&self) -> Store {
        let store = Store::open_read_only(Some(&self.db), "x").unwrap();
        assert_eq!(store.verify().unwrap(), []);
        for c in store.cases().unwrap() {
            let text = export::to_text(&store.look_at_case(&c.id).unwrap());
            assert_eq!(verify::verify(&parse_strict(&text).unwrap(), &mut []).findings, []);
        }
        self.home.run(&["cases", "verify", "--db", self.db.to_str().unwrap()]).says(0, &[]);
        store
    }
}

/// Everything that `work` leaves behind, by one analyst.
fn all_there(store: &Store, name: &str) {
    let rows = store.alerts(&AlertFilter::default()).unwrap();
    let tags: BTreeSet<&str> =
        rows.iter().flat_map(|r| &r.tags).map(String::as_str).filter(|t| t.starts_with(&format!("{name}-"))).collect();
    // Every fourth round takes back what it did last: its tag.
    assert_eq!(tags.len(), ROUNDS - ROUNDS / 4, "{tags:?}");
    let notes = rows.iter().filter(|r| r.notes > 0).flat_map(|r| store.notes(&Target::Alert(r.id.clone())).unwrap());
    assert_eq!(notes.filter(|n| n.writer == name).count(), ROUNDS);
    let cases = store.cases().unwrap();
    assert_eq!(cases.iter().filter(|c| c.opened_by == name).count(), ROUNDS.div_ceil(4));
}

#[test]
fn two_processes_triage_while_one_ingests() {
    let shared = Shared::new(4_000);
    let mut reader = Store::open(Some(&shared.db), "reader").unwrap();
    let mut ingest = shared.home.command(&shared.args()).spawn().unwrap();
    let analysts = [analyst("ann", &shared.db), analyst("bob", &shared.db)];
    // Two more, as threads with connections of their own.
    let threads: Vec<_> = ["cid", "dan"]
        .map(|name| {
            let mut store = Store::open(Some(&shared.db), name).unwrap();
            std::thread::spawn(move || work(&mut store, name))
        })
        .into();
    // Who only looks sees it come, without asking for more than a number each time.
    let since = Instant::now();
    let mut seen = 0;
    loop {
        assert!(since.elapsed() < WAIT, "{seen} notes seen");
        if reader.changed().unwrap() {
            let rows = reader.alerts(&AlertFilter::default()).unwrap();
            let notes = rows.iter().map(|r| r.notes).sum::<u64>();
            assert!(notes >= seen, "what was seen stays");
            seen = notes;
        }
        if seen == 4 * ROUNDS as u64 {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    for mut a in analysts {
        assert!(a.wait().unwrap().success());
    }
    threads.into_iter().for_each(|t| t.join().unwrap());
    assert!(ingest.wait().unwrap().success());
    assert_eq!(shared.ids().len(), 4_000);
    let store = shared.sound();
    for name in ["ann", "bob", "cid", "dan"] {
        all_there(&store, name);
    }
    assert!(reader.take_conflicts().is_empty());
}

#[test]
fn a_killed_reader_leaves_a_store_that_goes_on_without_doubles() {
    let shared = Shared::new(6_000);
    let whole = Shared::new(6_000);
    whole.home.run(&whole.args()).says(0, &[]);
    drop(Store::open(Some(&shared.db), "ann").unwrap());
    for wanted in [200, 1_200] {
        let mut ingest = shared.home.command(&shared.args()).spawn().unwrap();
        let ann = analyst(&format!("ann{wanted}"), &shared.db);
        let watch = Store::open_read_only(Some(&shared.db), "x").unwrap();
        let since = Instant::now();
        while watch.status_counts().unwrap().iter().map(|(_, n)| n).sum::<u64>() < wanted {
            assert!(since.elapsed() < WAIT);
            std::thread::sleep(Duration::from_millis(2));
        }
        ingest.kill().unwrap();
        ingest.wait().unwrap();
        let mut ann = ann;
        assert!(ann.wait().unwrap().success(), "who triages is not disturbed");
        let store = shared.sound();
        all_there(&store, &format!("ann{wanted}"));
    }
    // Read to its end: every alert is there, once, and no decision is lost.
    shared.home.run(&shared.args()).says(0, &[]);
    assert_eq!(shared.ids(), whole.ids());
    let store = shared.sound();
    all_there(&store, "ann200");
    let evidence = |db: &Path| -> i64 {
        let c = rusqlite::Connection::open(db).unwrap();
        c.query_row("SELECT count(*) FROM evidence WHERE raw IS NOT NULL", [], |r| r.get(0)).unwrap()
    };
    assert_eq!(evidence(&shared.db), evidence(&whole.db));
    // Again: nothing changes.
    let before = std::fs::read(&shared.db).unwrap().len();
    shared.home.run(&shared.args()).says(0, &[]);
    assert_eq!(shared.ids().len(), 6_000);
    assert!(std::fs::read(&shared.db).unwrap().len() <= before + (64 << 10));
}

#[test]
fn a_name_stands_for_its_analyst() {
    let shared = Shared::new(40);
    shared.home.run(&shared.args()).says(0, &[]);
    let db = shared.db.to_str().unwrap();
    let id = shared.ids().into_iter().next().unwrap();
    let case = Store::open(Some(&shared.db), "ann").unwrap().escalate(&[id], None, "Hers").unwrap();
    Store::open(Some(&shared.db), "bob").unwrap().note(&Target::Case(CaseId(case.0.clone())), "his").unwrap();
    let out = shared.home.run(&["cases", "export", &case.0, "--db", db, "--analyst", "cid"]);
    out.says(0, &[]);
    let doc: Value = serde_json::from_str(&out.out).unwrap();
    assert_eq!(doc["exported_by"], "cid");
    let writers: BTreeSet<&str> =
        doc["operations"].as_array().unwrap().iter().map(|o| o["writer"].as_str().unwrap()).collect();
    // Who exports it adds that to a chain of their own.
    assert_eq!(writers, BTreeSet::from(["ann", "bob", "cid"]));
    assert_eq!(doc["chains"].as_array().unwrap().len(), 3);
    // A name of blanks is no name.
    shared.home.run(&["cases", "list", "--db", db, "--analyst", "  "]).says(2, &["name"]);
}
