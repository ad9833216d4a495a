//! Several processes on one case store: nothing is lost, everything is seen,
//! and a process that dies in the middle leaves a sound file.

use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use secstream::alert::Alert;
use secstream::store::{AlertFilter, AlertRecord, Status, Store, Target, Verdict};

/// Set for a child process: what it does, and to which database.
const ROLE: &str = "SECSTREAM_TEST_STORE_ROLE";
const DB: &str = "SECSTREAM_TEST_STORE_DB";
/// What each process of a crowd adds.
const EACH: usize = 40;

fn alert(n: usize) -> Alert {
    let score = n as f64 / 10.0;
    let score_parts = vec![("level".to_owned(), score)];
    Alert { id: format!("a{n:04}"), revision: 1, rule: "Test".into(), score, score_parts, ..Alert::default() }
}

fn ingest(store: &mut Store, alerts: impl Iterator<Item = usize>) {
    for n in alerts {
        let a = alert(n);
        store.ingest_alerts(&[AlertRecord { alert: &a, evidence: Vec::new() }]).unwrap();
    }
}

/// Not a test by itself: the body of the child processes that the tests start.
#[test]
fn child() {
    let (Ok(role), Ok(db)) = (std::env::var(ROLE), std::env::var(DB)) else { return };
    let mut store = Store::open(Some(Path::new(&db)), &role).unwrap();
    match role.as_str() {
        "ingest" => ingest(&mut store, 0..EACH * 5),
        "endless" => {
            for n in 0.. {
                ingest(&mut store, n..n + 1);
                store.dismiss(&[format!("a{n:04}")], Verdict::Benign, "so far").unwrap();
                store.note(&Target::Alert(format!("a{n:04}")), "noted").unwrap();
            }
        }
        _ => {
            for n in 0..EACH {
                let target = Target::Alert("a0000".to_owned());
                store.note(&target, &format!("{role} {n}")).unwrap();
                store.tag(&target, &format!("{role}-{n}"), true).unwrap();
                store.escalate(&["a0000".to_owned()], None, "Race").unwrap();
            }
        }
    }
}

fn start(role: &str, db: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::child", "--nocapture"])
        .env(ROLE, role)
        .env(DB, db)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_crowd_of_processes_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let db = dir.path().join("new/cases.db");
    // They all start on a file that is not there yet, and one makes it.
    let mut seed = Store::open(Some(&db), "seed").unwrap();
    ingest(&mut seed, 0..1);
    let roles = ["ann", "bob", "ingest"];
    let children: Vec<Child> = roles.iter().map(|r| start(r, &db)).collect();
    for mut c in children {
        assert!(c.wait().unwrap().success());
    }
    let all = seed.alerts(&AlertFilter::default()).unwrap();
    assert_eq!(all.len(), EACH * 5);
    let first = seed.alert("a0000").unwrap();
    assert_eq!((first.notes.len(), first.row.tags.len()), (2 * EACH, 2 * EACH));
    let cases = seed.cases().unwrap();
    assert_eq!(cases.len(), 2 * EACH, "each its own number");
    assert_eq!(seed.verify().unwrap(), []);
}

#[test]
fn many_open_one_new_file_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let db = dir.path().join("a/b/cases.db");
    std::thread::scope(|s| {
        let open = |n: usize| {
            let db = &db;
            s.spawn(move || {
                let mut store = Store::open(Some(db), &format!("w{n}")).unwrap();
                ingest(&mut store, n..n + 1);
            })
        };
        let all: Vec<_> = (0..8).map(open).collect();
        all.into_iter().for_each(|t| t.join().unwrap());
    });
    assert_eq!(Store::open(Some(&db), "x").unwrap().alerts(&AlertFilter::default()).unwrap().len(), 8);
}

#[test]
fn a_change_is_seen_by_others_within_a_second() {
    let dir = tempfile::tempdir().unwrap();
    let db = dir.path().join("cases.db");
    let mut ann = Store::open(Some(&db), "ann").unwrap();
    ingest(&mut ann, 0..1);
    let bob = Store::open(Some(&db), "bob").unwrap();
    bob.changed().unwrap();
    ann.dismiss(&["a0000".to_owned()], Verdict::Test, "drill").unwrap();
    let since = Instant::now();
    while !bob.changed().unwrap() {
        assert!(since.elapsed() < Duration::from_secs(1));
        std::thread::sleep(Duration::from_millis(5));
    }
    let row = bob.alert("a0000").unwrap().row;
    assert_eq!((row.status, row.decided_by.as_deref()), (Status::Dismissed, Some("ann")));
    // Polling is cheap: thousands of looks in a moment.
    let since = Instant::now();
    for _ in 0..1000 {
        bob.changed().unwrap();
    }
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
}

#[test]
fn a_killed_process_leaves_a_sound_store() {
    let dir = tempfile::tempdir().unwrap();
    let db = dir.path().join("cases.db");
    drop(Store::open(Some(&db), "ann").unwrap());
    for round in 1..=3 {
        let mut child = start("endless", &db);
        let store = Store::open(Some(&db), "ann").unwrap();
        let since = Instant::now();
        while store.status_counts().unwrap().iter().map(|(_, n)| n).sum::<u64>() < round * 10 {
            assert!(since.elapsed() < Duration::from_secs(30));
            assert!(child.try_wait().unwrap().is_none(), "the writer ended by itself");
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // The file is sound, the chain whole, and the next start goes on where it was.
        let mut store = Store::open(Some(&db), "ann").unwrap();
        assert_eq!(store.verify().unwrap(), []);
        for a in store.alerts(&AlertFilter { status: vec![Status::Dismissed], ..AlertFilter::default() }).unwrap() {
            assert_eq!((a.verdict, a.reason.as_deref()), (Some(Verdict::Benign), Some("so far")));
        }
        ingest(&mut store, 0..1);
    }
}
