//! Files that are not what they seem: each is said, each line is accounted for.

use std::io::Write as _;

use serde_json::Value;

use crate::program::Home;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut z = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    z.write_all(bytes).unwrap();
    z.finish().unwrap()
}

fn log(lines: u32) -> String {
    (0..lines)
        .map(|i| format!("2026-03-02T10:{:02}:{:02}Z gw sshd[{i}]: session opened {i}\n", i / 60 % 60, i % 60))
        .collect()
}

fn noise(bytes: u32) -> Vec<u8> {
    (0..bytes / 4).flat_map(|i| (i + 7).wrapping_mul(2_654_435_761).to_le_bytes()).collect()
}

/// The only input of the summary.
fn input(doc: &Value) -> &Value {
    &doc["inputs"][0]
}

/// What is said of one file, on standard error and in the document, with the code.
#[track_caller]
fn said(name: &str, bytes: &[u8], code: i32, word: &str, records: u64) {
    let home = Home::new();
    let path = home.write(name, bytes);
    let (ran, doc) = home.summary(&["--no-store", &path]);
    ran.says(code, &[]);
    assert_eq!(doc["records"], records, "{doc}");
    let warnings = input(&doc)["warnings"].to_string();
    assert!(warnings.contains(word), "{name}: {warnings}");
    assert_eq!(input(&doc)["damaged"], code == 3, "{name}");
    home.run(&["replay", "--no-store", &path]).says(code, &[word, name]);
    // Quiet is without progress and summary, not without what failed.
    let quiet = home.run(&["replay", "--no-store", "-q", &path]);
    match code {
        0 => assert_eq!(quiet.says(0, &[]).err, ""),
        _ => assert_eq!(quiet.says(code, &["secstream: ", word, name]).err.lines().count(), 1),
    }
}

#[test]
fn what_failed_is_said_without_a_summary_too() {
    let home = Home::new();
    let log = home.write("a.log", log(3));
    for how in ["-q", "--json"] {
        let ran = home.run(&["replay", "--no-store", how, &log, "nosuch.log", "none*.log"]);
        ran.says(3, &["secstream: nosuch.log: left out: no such file", "none*.log: left out: no file matches"]);
        assert_eq!(ran.err.lines().count(), 2, "{}", ran.err);
        home.write("rules/bad.yml", "title: [\n");
        let ran = home.run(&["replay", "--no-store", how, "--rules", "rules", &log]);
        ran.says(2, &["rules/bad.yml:"]);
    }
}

#[test]
fn files_that_hold_nothing() {
    said("empty.log", b"", 0, "is empty", 0);
    said("empty.log.gz", &gzip(b""), 0, "is empty", 0);
    said("blank.log", b"\n\n\r\n", 0, "nothing but empty lines", 0);
}

#[test]
fn files_that_are_no_logs() {
    said(
        "small.bin",
        &noise(64),
        0,
        "binary",
        noise(64).split(|b| *b == b'\n').filter(|l| !l.is_empty()).count() as u64,
    );
    said("nul.bin", &[b"ab\0\0\0\0c\0\n", log(1).as_bytes()].concat()[..9], 0, "NUL", 1);
    let mut tar = vec![0u8; 512];
    tar[..5].copy_from_slice(b"a.log");
    tar[257..262].copy_from_slice(b"ustar");
    tar.extend(log(3).bytes());
    said("logs.tar", &tar, 0, "tar archive", 3);
    said("logs.tar.gz", &gzip(&tar), 0, "tar archive", 3);
}

#[test]
fn compressions_that_are_not_there_or_not_whole() {
    let text = log(4000);
    said("plain.gz", text.as_bytes(), 0, "named as gzip", 4000);
    let junk = noise(4000);
    let lines = junk.split(|b| *b == b'\n').filter(|l| !l.is_empty() && *l != b"\r").count() as u64;
    said("junk.gz", &junk, 3, "named as gzip", lines);
    said("stub.gz", b"\x1f\x8b", 3, "named as gzip", 1);
    let home = Home::new();
    let packed = gzip(text.as_bytes());
    let cut = home.write("cut.gz", &packed[..packed.len() / 2]);
    let (ran, doc) = home.summary(&["--no-store", &cut]);
    ran.says(3, &[]);
    assert_eq!(input(&doc)["damaged"], true);
    assert!(doc["records"].as_u64() > Some(100), "what came before the cut counts");
    home.run(&["replay", "--no-store", &cut]).says(3, &["cut.gz", "damaged"]);
}

#[test]
fn text_that_is_packed_twice_or_wide_is_read() {
    let text = log(400);
    let home = Home::new();
    home.run(&["replay", "--no-store", &home.write("plain.log", &text), "--events", "plain.jsonl"]).says(0, &[]);
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let four = gzip(&gzip(&gzip(&gzip(text.as_bytes()))));
    for (name, bytes) in [
        ("twice.gz", gzip(&gzip(text.as_bytes()))),
        ("four.gz", four.clone()),
        ("zst.gz", gzip(&zstd::encode_all(text.as_bytes(), 1).unwrap())),
        ("wide.log", wide.clone()),
        ("wide.gz", gzip(&wide)),
        ("wide-big.log", text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    ] {
        let (ran, doc) = home.summary(&["--no-store", &home.write(name, &bytes), "--events", "e.jsonl"]);
        ran.says(0, &[]);
        assert_eq!(input(&doc)["warnings"], Value::Array(Vec::new()), "{name}");
        assert_eq!(home.read("e.jsonl").replace(name, "plain.log"), home.read("plain.jsonl"), "{name}");
    }
    let deep = home.write("deep.gz", gzip(&four));
    home.run(&["replay", "--no-store", &deep]).says(0, &["deep.gz", "more than 4 times"]);
}

#[test]
fn what_is_said_of_many_is_said_once() {
    let home = Home::new();
    for i in 0..60 {
        home.write(&format!("in/{i:02}.log"), "");
    }
    let packed = gzip(log(4000).as_bytes());
    home.write("in/zz.gz", &packed[..packed.len() / 2]);
    let ran = home.run(&["replay", "--no-store", "in"]);
    ran.says(3, &["60 inputs: is empty", "zz.gz: is damaged", "1 damaged"]);
    assert!(ran.err.lines().count() < 20, "{}", ran.err);
}

/// Runs while the program stands still because nobody reads its events, then lets it go on.
fn meanwhile(home: &Home, log: &str, change: impl FnOnce()) -> crate::program::Ran {
    use std::io::{BufRead as _, BufReader};
    let mut child = home.start(&["replay", "--no-store", "--threads", "1", log, "--events", "-"]);
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut String::new()).unwrap();
    change();
    std::io::copy(&mut out, &mut std::io::sink()).unwrap();
    crate::program::Ran::from(child.wait_with_output().unwrap())
}

#[test]
fn a_file_that_changes_under_the_reader() {
    let home = Home::new();
    let path = home.write("a.log", log(200_000));
    meanwhile(&home, &path, || std::fs::File::options().write(true).open(&path).unwrap().set_len(1000).unwrap())
        .says(3, &["a.log: was cut while it was read"]);
    home.write("a.log", log(200_000));
    meanwhile(&home, &path, || std::fs::remove_file(&path).unwrap())
        .says(0, &["a.log: was deleted or replaced while it was read", "200000 records"]);
}

#[test]
fn a_cache_that_cannot_be_used_is_said_and_costs_nothing() {
    let home = Home::new();
    let path = home.write("a.log", log(10));
    let mut c = home.command(&["replay", "--no-store", &path]);
    let ran = crate::program::Ran::from(c.env("SECSTREAM_CACHE_DIR", "/proc/nowhere").output().unwrap());
    ran.says(0, &["/proc/nowhere: cannot be used as cache directory", "10 records"]);
}

#[test]
fn a_name_that_is_no_text_is_opened() {
    use std::os::unix::ffi::OsStrExt as _;
    let home = Home::new();
    let name = std::ffi::OsStr::from_bytes(b"odd\xff[1].log");
    std::fs::write(home.path("").join(name), log(3)).unwrap();
    let mut command = home.command(&["replay", "--no-store", "--events", "e.jsonl"]);
    let ran = crate::program::Ran::from(command.arg(name).output().unwrap());
    ran.says(0, &["3 records = 3 parsed"]);
    assert_eq!(home.objects("e.jsonl")[0]["file"], "odd\u{fffd}[1].log");
}

#[test]
fn what_of_a_long_record_was_not_looked_at_is_said() {
    let long = [log(1).trim_end().as_bytes(), &b"x".repeat(2 << 20), b"\n", log(1).as_bytes()].concat();
    said("long.log", &long, 0, "a record is longer than 1 MiB", 2);
}
