//! Tests of the command as a user runs it, less the process.

use clap::Parser;

use super::*;
use crate::alert::{Alert, EvidenceRef};
use crate::event::{SourceId, Ts, hash64};
use crate::store::{AlertRecord, EvidenceBytes, SourceEnd, SourceRecord, Target, canonical::sha256_hex};

#[derive(Parser)]
struct Top {
    #[command(flatten)]
    cases: CasesCmd,
}

fn call(args: &[&str]) -> (u8, String, String) {
    let top = Top::try_parse_from([&["cases"], args].concat()).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = run(&top.cases, &mut out, &mut err);
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

const LINE: &str = "Dec 10 06:55:01 lab sshd[1]: Failed password for \u{1b}[31mroot from 10.0.0.1 port 1 ssh2";

/// A folder with a log, a store and one case on it.
fn folder() -> (tempfile::TempDir, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("auth.log");
    std::fs::write(&log, format!("{LINE}\n")).unwrap();
    let db = dir.path().join("cases.db");
    let mut s = Store::open(Some(&db), "ann").unwrap();
    s.set_clock(Ts::from_secs(1_790_000_000));
    s.register_source(&SourceRecord { name: "auth.log".to_owned(), ..SourceRecord::default() }).unwrap();
    let sha256 = sha256_hex(format!("{LINE}\n").as_bytes());
    s.finish_source(
        SourceId(0),
        &SourceEnd {
            sha256,
            size: LINE.len() as u64 + 1,
            lines: 1,
            records: 1,
            complete: true,
            ..SourceEnd::default()
        },
    )
    .unwrap();
    let evidence = EvidenceRef {
        source: SourceId(0),
        offset: 0,
        len: LINE.len() as u64,
        line: 1,
        time: Ts::from_secs(1_789_999_000),
        hash: hash64(LINE.as_bytes()),
    };
    let alert = Alert {
        id: "4f2a".to_owned(),
        revision: 1,
        rule: "Guessing".into(),
        evidence: vec![evidence],
        count: 1,
        src_ip: Some("10.0.0.1".to_owned()),
        ..Alert::default()
    };
    let raw = EvidenceBytes { index: 0, raw: LINE.as_bytes().to_vec() };
    s.ingest_alerts(&[AlertRecord { alert: &alert, evidence: vec![raw] }]).unwrap();
    let case = s.escalate(&["4f2a".to_owned()], None, "Odd \u{202e}title").unwrap();
    s.note(&Target::Case(case), "first line\nsecond \u{1b}]0;x\u{7}").unwrap();
    (dir, db.display().to_string(), log.display().to_string())
}

#[test]
fn list_and_show() {
    let (_dir, db, _) = folder();
    let (code, out, _) = call(&["list", "--db", &db, "--json"]);
    let cases: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, 0);
    assert_eq!(cases[0]["id"], "IR-2026-001");
    assert_eq!((&cases[0]["alerts"], &cases[0]["events"]), (&json!(1), &json!(1)));
    let names: Vec<&String> = cases[0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["id", "title", "state", "severity", "opened", "alerts", "events", "assignee"]);
    assert_eq!(call(&["list", "--db", &db, "--state", "closed"]).1, "no cases\n");

    let (code, out, _) = call(&["show", "ir-2026-001", "--db", &db]);
    assert_eq!(code, 0);
    assert!(out.contains("Odd <U+202E>title") && out.contains("      second ␛]0;x␇"), "{out}");
    assert!(!out.contains('\u{1b}') && !out.contains('\u{202e}'), "{out}");
    let doc: Value = serde_json::from_str(&call(&["show", "IR-2026-001", "--db", &db, "--json"]).1).unwrap();
    assert_eq!(doc["items"][0]["id"], "4f2a");
}

#[test]
fn export_and_verify_against_the_log() {
    let (dir, db, log) = folder();
    let file = dir.path().join("case.json").display().to_string();
    let (code, out, err) = call(&["export", "IR-2026-001", "--db", &db, "--out", &file]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let (code, out, err) = call(&["verify", &file, "--log", &log]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("IR-2026-001: intact; 1 alert, 1 record (0 without bytes, 1 compared with a log)"), "{out}");
    assert_eq!(call(&["export", "IR-2026-001", "--db", &db]).0, 0);

    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("Failed password", "Xailed password")).unwrap();
    let (code, out, _) = call(&["verify", &file]);
    assert_eq!(code, 1);
    assert!(out.starts_with("alert 4f2a evidence 1: raw bytes do not match their SHA-256"), "{out}");
    assert!(out.contains("IR-2026-001: 1 finding; "), "one change is one line: {out}");
    let report: Value = serde_json::from_str(&call(&["verify", &file, "--json"]).1).unwrap();
    assert_eq!(
        (report["ok"].clone(), report["findings"][0]["item"].clone()),
        (json!(false), json!("alert 4f2a evidence 1"))
    );

    std::fs::write(&file, text.replacen("\"format\"", "\"format\": 1, \"format\"", 1)).unwrap();
    assert_eq!(call(&["verify", &file]).0, 1);
}

#[test]
fn the_store_itself_is_checked() {
    let (_dir, db, log) = folder();
    assert_eq!(call(&["verify", "--db", &db]), (0, "case store: intact\n".to_owned(), String::new()));
    assert_eq!(call(&["verify", "--db", &db, "--log", &log]).0, 2);
    rusqlite::Connection::open(&db).unwrap().execute_batch("UPDATE evidence SET sha256 = 'x'").unwrap();
    let (code, out, _) = call(&["verify", "--db", &db]);
    assert!(code == 1 && out.contains("raw bytes do not match their SHA-256"), "{out}");
}

#[test]
fn a_compressed_log_is_read_as_it_was_ingested() {
    let (dir, db, log) = folder();
    let file = dir.path().join("case.json").display().to_string();
    call(&["export", "IR-2026-001", "--db", &db, "--out", &file]);
    let packed = dir.path().join("auth.log.gz");
    let mut gz = flate2::write::GzEncoder::new(std::fs::File::create(&packed).unwrap(), flate2::Compression::fast());
    gz.write_all(&std::fs::read(&log).unwrap()).unwrap();
    gz.finish().unwrap();
    let (code, out, _) = call(&["verify", &file, "--log", &packed.display().to_string()]);
    // The compressed bytes are others; what is in them is the log.
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("1 compared"), "{out}");
}

#[test]
fn an_export_never_overwrites_the_log_it_is_from() {
    let (dir, db, log) = folder();
    rusqlite::Connection::open(&db).unwrap().execute("UPDATE sources SET path = ?1", [&log]).unwrap();
    let link = dir.path().join("link.json").display().to_string();
    std::os::unix::fs::symlink(&log, &link).unwrap();
    for out in [&log, &link] {
        let (code, _, err) = call(&["export", "IR-2026-001", "--db", &db, "--out", out]);
        assert!(code == 2 && err.contains("is the log that the evidence comes from"), "{code} {err}");
        assert_eq!(std::fs::read_to_string(&log).unwrap(), format!("{LINE}\n"));
    }
}

#[test]
fn what_cannot_be_read_says_so() {
    let (dir, db, _) = folder();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let (code, _, err) = call(&["show", "IR-2026-077", "--db", &db]);
    assert_eq!((code, err.as_str()), (2, "secstream: no case 'IR-2026-077' in the case store\n"));
    assert_eq!(call(&["list", "--db", &path("none.db")]).0, 3);
    assert!(!dir.path().join("none.db").exists());
    std::fs::write(path("text"), "not a database at all, but long enough to be read as a header of one").unwrap();
    let (code, _, err) = call(&["list", "--db", &path("text")]);
    assert!(code == 3 && err.contains("not a usable database"), "{err}");
    assert_eq!(call(&["verify", &path("none.json")]).0, 3);
    std::fs::write(path("broken.json"), "{\"a\":").unwrap();
    assert!(call(&["verify", &path("broken.json")]).2.contains("line 1 column 5"));
    std::fs::write(path("other.json"), "{}").unwrap();
    assert_eq!(call(&["verify", &path("other.json")]).0, 3);
    let (code, _, err) = call(&["export", "IR-2026-001", "--db", &db, "--out", &path("no/such/dir.json")]);
    assert!(code == 3 && err.contains("dir.json"), "{err}");
    // What is there stays, unless it is said.
    let mut args = vec!["export", "IR-2026-001", "--db", &db, "--out"];
    let other = path("other.json");
    args.push(&other);
    let (code, _, err) = call(&args);
    assert!(code == 2 && err.contains("is there already") && err.contains("--force"), "{err}");
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "{}");
    args.push("--force");
    assert_eq!(call(&args).0, 0);
    assert!(std::fs::read_to_string(&other).unwrap().len() > 100);
}

/// A store whose case rests on records of which it has only the places.
fn places_only(log: &std::path::Path, db: &std::path::Path) {
    let mut s = Store::open(Some(db), "ann").unwrap();
    let path = Some(log.display().to_string());
    s.register_source(&SourceRecord { name: "auth.log".to_owned(), path, ..SourceRecord::default() }).unwrap();
    let line = |i: u64| format!("line number {i:04}");
    let evidence = (0..200).map(|i| EvidenceRef {
        source: SourceId(0),
        offset: i * 17,
        len: 16,
        line: i + 1,
        time: Ts::from_secs(1_789_999_000),
        hash: hash64(line(i).as_bytes()),
    });
    let alert =
        Alert { id: "4f2b".to_owned(), revision: 1, evidence: evidence.collect(), count: 200, ..Alert::default() };
    std::fs::write(log, (0..200).map(|i| line(i) + "\n").collect::<String>()).unwrap();
    s.ingest_alerts(&[AlertRecord { alert: &alert, evidence: Vec::new() }]).unwrap();
    s.escalate(&["4f2b".to_owned()], None, "Places").unwrap();
}

#[test]
fn an_export_copies_the_evidence_that_the_store_has_not_yet() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let (log, db, file) = (path("auth.log"), path("cases.db"), path("case.json"));
    let [db_arg, file_arg] = [&db, &file].map(|p| p.display().to_string());
    places_only(&log, &db);
    let id = Store::open_read_only(Some(&db), "x").unwrap().cases().unwrap()[0].id.0.clone();
    let export = || {
        let (code, out, err) = call(&["export", &id, "--db", &db_arg, "--out", &file_arg, "--json", "--force"]);
        assert_eq!(code, 0, "{err}");
        (serde_json::from_str::<Value>(&out).unwrap(), err)
    };
    // The log is gone: the export says so, and names it.
    let text = std::fs::read(&log).unwrap();
    std::fs::remove_file(&log).unwrap();
    let (report, err) = export();
    assert_eq!(report["evidence_without_bytes"], 200);
    assert!(err.contains("200 records of auth.log without a copy: ") && err.contains("No such file"), "{err}");
    // It is another log.
    std::fs::write(&log, vec![b'x'; 50 * 17]).unwrap();
    let (report, err) = export();
    assert_eq!(report["gaps"].as_array().unwrap().len(), 2, "{report}");
    assert!(err.contains("50 records of auth.log without a copy: the log has other bytes there now"), "{err}");
    assert!(err.contains("150 records of auth.log without a copy: the log ends before them now"), "{err}");
    // A pipe in its place is not waited for.
    std::fs::remove_file(&log).unwrap();
    nix::unistd::mkfifo(&log, nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(export().1.contains("no regular file"));
    // It is back.
    std::fs::remove_file(&log).unwrap();
    std::fs::write(&log, text).unwrap();
    let (report, err) = export();
    assert_eq!((report["evidence_copied"].as_u64(), err.as_str()), (Some(200), ""));
    std::fs::remove_file(&log).unwrap();
    assert_eq!(export().0["evidence_without_bytes"], 0);
    let (code, out, _) = call(&["verify", &file_arg]);
    assert!(code == 0 && out.contains("200 records (0 without bytes"), "{out}");
}
