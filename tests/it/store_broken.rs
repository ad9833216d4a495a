//! A case store that cannot be used as it should be: the message names the file
//! and what to do, the exit code says it, and nothing is made worse.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use secstream::store::{AlertFilter, Store, StoreError, Target, Verdict};

use super::program::{Home, Ran, fixture};

/// A home with a store that holds the demo's alerts and one case.
fn filled() -> (Home, String) {
    let home = Home::new();
    let db = home.arg("data/cases.db");
    home.run(&["replay", &fixture("demo/incident.log"), "-q"]).says(0, &[]);
    let mut store = Store::open(Some(Path::new(&db)), "ann").unwrap();
    let ids: Vec<String> = store.alerts(&AlertFilter::default()).unwrap().into_iter().map(|a| a.id).collect();
    store.escalate(&ids[..2], None, "Two").unwrap();
    drop(store);
    (home, db)
}

const VERBS: [&[&str]; 4] =
    [&["cases", "list"], &["cases", "show", "IR-2026-001"], &["cases", "export", "IR-2026-001"], &["cases", "verify"]];

#[test]
fn every_command_names_a_store_that_is_none() {
    let home = Home::new();
    let log = fixture("demo/incident.log");
    std::fs::create_dir(home.path("folder.db")).unwrap();
    home.write("text.db", "just words, and enough of them to be looked at as the header of a database file");
    home.write("cut.db", b"SQLite format 3\0\x10\0\x01\x01");
    rusqlite::Connection::open(home.path("songs.db")).unwrap().execute_batch("CREATE TABLE songs (a)").unwrap();
    let newer = rusqlite::Connection::open(home.path("newer.db")).unwrap();
    drop(Store::open(Some(&home.path("newer.db")), "x").unwrap());
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    for (db, word) in [
        ("folder.db", "directory"),
        ("text.db", "not a usable database"),
        ("cut.db", "not a usable database"),
        ("songs.db", "another program"),
        ("newer.db", "format 99"),
    ] {
        let before = std::fs::read(home.path(db)).ok();
        for verb in VERBS.iter().copied().chain([&["replay", "-q", log.as_str()] as &[&str]]) {
            let ran = home.run(&[verb, &["--db", db]].concat());
            ran.says(3, &[db, word]);
        }
        assert_eq!(std::fs::read(home.path(db)).ok(), before, "{db} is left alone");
    }
}

#[test]
fn damage_inside_is_found_and_named() {
    let (home, db) = filled();
    let size = std::fs::metadata(&db).unwrap().len();
    assert!(size > 100_000);
    let mut file = std::fs::OpenOptions::new().write(true).open(&db).unwrap();
    for at in (3..).map(|n| n * 4096).take_while(|at| at + 4096 <= size) {
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(&[0xa5; 64]).unwrap();
    }
    drop(file);
    for verb in VERBS {
        let ran = home.run(&[verb, &["--db", &db]].concat());
        let said = format!("{}{}", ran.out, ran.err);
        assert!(matches!(ran.code, Some(1 | 3)), "{verb:?}: {:?} {said}", ran.code);
        assert!(!said.contains("panicked"), "{said}");
        assert!(ran.code == Some(1) || ran.err.contains("cases.db"), "{verb:?}: {said}");
    }
    let ran = home.run(&["replay", "-q", &fixture("demo/incident.log"), "--db", &db]);
    ran.says(3, &["cases.db", "damaged"]);
}

#[test]
fn a_write_ahead_log_left_behind_is_taken_in() {
    let (home, db) = filled();
    let copy = home.path("copy");
    std::fs::create_dir(&copy).unwrap();
    {
        // The files as a power cut leaves them: the last changes stand beside the database only.
        let mut store = Store::open(Some(Path::new(&db)), "ann").unwrap();
        let id = store.alerts(&AlertFilter::default()).unwrap()[3].id.clone();
        store.dismiss(std::slice::from_ref(&id), Verdict::Test, "late").unwrap();
        store.note(&Target::Alert(id), "later").unwrap();
        for end in ["", "-wal"] {
            std::fs::copy(format!("{db}{end}"), copy.join(format!("cases.db{end}"))).unwrap();
        }
    }
    assert!(std::fs::metadata(copy.join("cases.db-wal")).unwrap().len() > 0);
    let store = Store::open(Some(&copy.join("cases.db")), "ann").unwrap();
    assert_eq!(store.verify().unwrap(), []);
    let rows = store.alerts(&AlertFilter::default()).unwrap();
    assert!(rows.iter().any(|r| r.reason.as_deref() == Some("late") && r.notes == 1));
    drop(store);
    // A log of another database beside it is not taken for its own.
    std::fs::write(copy.join("cases.db-wal"), vec![7; 9000]).unwrap();
    let store = Store::open(Some(&copy.join("cases.db")), "ann").unwrap();
    assert_eq!(store.verify().unwrap(), []);
    assert_eq!(store.alerts(&AlertFilter::default()).unwrap().len(), rows.len());
}

/// Runs the program as someone who may only read.
fn as_nobody(home: &Home, args: &[&str]) -> Option<Ran> {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root can become somebody else");
        return None;
    }
    match home.command(args).uid(65_534).gid(65_534).output() {
        Ok(out) => Some(Ran::from(out)),
        Err(e) => {
            println!("skipped: {e}");
            None
        }
    }
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn who_may_only_read_can_look_and_is_told_that_nothing_is_kept() {
    let (home, db) = filled();
    let data = home.path("data");
    for dir in [data.parent().unwrap(), &data] {
        mode(dir, 0o755);
    }
    mode(Path::new(&db), 0o644);
    let Some(ran) = as_nobody(&home, &["cases", "list"]) else { return };
    ran.says(0, &[]);
    assert!(ran.out.contains("IR-2026-001"), "{}", ran.out);
    as_nobody(&home, &["cases", "verify"]).unwrap().says(0, &[]);
    as_nobody(&home, &["cases", "export", "IR-2026-001"]).unwrap().says(0, &[]);
    let log = home.write("open.log", std::fs::read(fixture("demo/incident.log")).unwrap());
    mode(Path::new(&log), 0o644);
    let ran = as_nobody(&home, &["replay", "-q", &log, "--alerts", "-"]).unwrap();
    ran.says(3, &["cases.db", "reading only", "--no-store"]);
    assert!(ran.out.lines().count() > 5, "the result is not lost");
    // Changes that stand in the write-ahead log alone cannot be read there: that is said, not passed over.
    std::fs::write(home.path("data/cases.db-wal"), vec![1; 100]).unwrap();
    mode(&home.path("data/cases.db-wal"), 0o644);
    as_nobody(&home, &["cases", "list"]).unwrap().says(3, &["cases.db-wal", "Copy both"]);
    std::fs::remove_file(home.path("data/cases.db-wal")).unwrap();
    // What may not even be read.
    mode(Path::new(&db), 0o600);
    as_nobody(&home, &["cases", "list"]).unwrap().says(3, &["cases.db"]);
}

/// A file system of two megabytes.
struct Small(std::path::PathBuf);

impl Small {
    fn mount(at: std::path::PathBuf) -> Option<Self> {
        std::fs::create_dir(&at).unwrap();
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"]).arg(&at).output();
        if !done.is_ok_and(|o| o.status.success()) {
            println!("skipped: no file system can be mounted here");
            return None;
        }
        Some(Self(at))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).output();
    }
}

#[test]
fn a_full_disk_is_said_and_what_was_stored_stays() {
    let home = Home::new();
    let Some(small) = Small::mount(home.path("small")) else { return };
    let db = small.0.join("cases.db");
    let db_arg = db.to_str().unwrap();
    let log = home.write("many.log", super::store_shared::log(4_000));
    let rules = home.write("any.yml", super::store_shared::RULE);
    home.run(&["replay", "-q", &fixture("demo/incident.log"), "--db", db_arg]).says(0, &[]);
    let had = Store::open_read_only(Some(&db), "x").unwrap().alerts(&AlertFilter::default()).unwrap().len();
    let ran = home.run(&["replay", "-q", &log, "--rules", &rules, "--db", db_arg]);
    ran.says(3, &["cases.db", "disk is full", "intact"]);
    let store = Store::open_read_only(Some(&db), "x").unwrap();
    assert!(store.alerts(&AlertFilter::default()).unwrap().len() >= had);
    assert_eq!(store.verify().unwrap(), []);
    drop(store);
    home.run(&["cases", "list", "--db", db_arg]).says(0, &[]);
    // An export onto it: no half document is left.
    let full = small.0.join("fill");
    let _ = std::fs::write(&full, vec![0; 4 << 20]);
    let out = small.0.join("case.json");
    let (other, db) = filled();
    other.run(&["cases", "export", "IR-2026-001", "--db", &db, "--out", out.to_str().unwrap()]).says(3, &["case.json"]);
    assert!(!out.exists());
}

#[test]
fn a_limit_on_the_size_of_files_is_said() {
    let (home, db) = filled();
    let log = home.write("many.log", super::store_shared::log(4_000));
    let rules = home.write("any.yml", super::store_shared::RULE);
    let had = std::fs::metadata(&db).unwrap().len();
    let mut limited = Command::new("sh");
    let limit = format!("ulimit -f {}; exec \"$0\" \"$@\"", had / 512 + 200);
    let program = home.command(&["replay", "-q", &log, "--rules", &rules, "--db", &db]);
    limited.arg("-c").arg(limit).arg(program.get_program()).args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(v) => limited.env(name, v),
            None => limited.env_remove(name),
        };
    }
    let ran = Ran::from(limited.output().unwrap());
    ran.says(3, &["cases.db", "cannot be read or written", "intact"]);
    assert_eq!(Store::open(Some(Path::new(&db)), "x").unwrap().verify().unwrap(), []);
}

#[test]
fn a_locked_store_is_waited_for_and_then_named() {
    let (_home, db) = filled();
    let mut store = Store::open(Some(Path::new(&db)), "ann").unwrap();
    let other = rusqlite::Connection::open(&db).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let held = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(300));
        other.execute_batch("COMMIT").unwrap();
    });
    let id = store.alerts(&AlertFilter::default()).unwrap()[0].id.clone();
    store.note(&Target::Alert(id), "waited").unwrap();
    held.join().unwrap();
    assert!(matches!(store.alert("none"), Err(StoreError::NotFound { .. })));
}
