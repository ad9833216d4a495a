//! Tests of what is kept from run to run: index, spool, time references.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Instant;

use super::budget::Budget;
use super::spool::{SpoolWriter, WhenFull};
use super::*;
use crate::event::{Batch, SourceId, Ts};

fn options(cache: &Path) -> OpenOptions {
    OpenOptions { cache: Cache::at(cache, 1 << 30), ..OpenOptions::default() }
}

fn open(path: &Path, opts: &OpenOptions) -> SourceReader {
    SourceReader::open(SourceId(0), &Input::path(path), opts).unwrap()
}

fn read(path: &Path, opts: &OpenOptions) -> (Change, SourceSummary) {
    let mut reader = open(path, opts);
    let (change, view) = (reader.change(), reader.view());
    let mut batch = Batch::default();
    while reader.next_batch(&mut batch).unwrap() {
        view.note_times(batch.seq, Ts(1000 + batch.seq as i64), Ts(2000 + batch.seq as i64));
    }
    (change, reader.finish())
}

fn cached(path: &Path, opts: &OpenOptions) -> Option<SourceView> {
    SourceView::open_cached(SourceId(0), &Input::path(path), opts)
}

fn touch(path: &Path, secs: u64) {
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(secs);
    File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

#[test]
fn an_index_is_found_again_small_and_believed_only_for_the_same_file() {
    let dir = tempfile::tempdir().unwrap();
    let opts = options(&dir.path().join("cache"));
    let path = dir.path().join("a.log");
    let line = b"Jan  1 00:00:00 host sshd[1]: Failed password for root\n";
    std::fs::write(&path, line.repeat(200_000)).unwrap();
    touch(&path, 1_700_000_000);
    let (change, summary) = read(&path, &opts);
    assert_eq!((change, summary.records), (Change::New, 200_000));
    let kept = std::fs::read_dir(dir.path().join("cache/index")).unwrap().next().unwrap().unwrap();
    assert!(kept.metadata().unwrap().len() * 50 < summary.bytes, "at most 2 % of the log");

    let since = Instant::now();
    let view = cached(&path, &opts).unwrap();
    let mut batch = Batch::default();
    view.read_block(view.block_of_record(150_000).unwrap(), &mut batch).unwrap();
    assert!(since.elapsed().as_millis() < 100, "{:?}", since.elapsed());
    let first = view.block(batch.seq as usize).unwrap();
    assert_eq!(batch.records[0].line, first.first_line);
    assert_eq!((first.first, first.last), (Ts(1000 + batch.seq as i64), Ts(2000 + batch.seq as i64)));
    assert!(view.ended() && view.summary() == Some(summary.clone()));
    assert_eq!(read(&path, &opts), (Change::Same, summary));

    // Another year is another reading.
    assert!(cached(&path, &OpenOptions { year: Some(2020), ..opts.clone() }).is_none());
    // It grew.
    File::options().append(true).open(&path).unwrap().write_all(line).unwrap();
    assert!(cached(&path, &opts).is_none());
    let (change, grown) = read(&path, &opts);
    assert_eq!((change, grown.records, grown.warnings.len()), (Change::Grown, 200_001, 0));
    assert!(cached(&path, &opts).is_some());
    // A byte in the middle is another, though length and time are as before.
    let time = std::fs::metadata(&path).unwrap().modified().unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    std::os::unix::fs::FileExt::write_at(&file, b"X", 5_000_000).unwrap();
    file.set_modified(time).unwrap();
    let (_, changed) = read(&path, &opts);
    assert!(changed.warnings[0].contains("not what it was"), "{changed:?}");
    // Shorter.
    file.set_len(100_000).unwrap();
    assert!(cached(&path, &opts).is_none());
    assert_eq!(read(&path, &opts).0, Change::Changed);
}

#[test]
fn an_interrupted_reading_leaves_a_partial_index() {
    let dir = tempfile::tempdir().unwrap();
    let opts = options(&dir.path().join("cache"));
    let path = dir.path().join("a.log");
    std::fs::write(&path, b"some line of a log\n".repeat(100_000)).unwrap();
    let mut reader = open(&path, &opts);
    let mut batch = Batch::default();
    assert!(reader.next_batch(&mut batch).unwrap() && reader.next_batch(&mut batch).unwrap());
    let summary = reader.finish();
    assert_eq!((summary.complete, &summary.sha256), (false, &None));
    let view = cached(&path, &opts).unwrap();
    assert_eq!((view.block_count(), view.record_count()), (2, summary.records));
    view.read_block(1, &mut batch).unwrap();
    assert_eq!(batch.records.last().unwrap().line, summary.records);
}

#[test]
fn a_reading_that_is_stopped_ends_with_a_whole_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.log");
    let line = "x".repeat(99) + "\n";
    std::fs::write(&path, line.repeat(100_000)).unwrap();
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let mut reader = open(&path, &OpenOptions { stop: Some(stop.clone()), ..OpenOptions::default() });
    let mut batch = Batch::default();
    assert!(reader.next_batch(&mut batch).unwrap());
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    while reader.next_batch(&mut batch).unwrap() {
        assert!(batch.records.iter().all(|r| r.full_len == 99));
    }
    let summary = reader.finish();
    assert!(!summary.complete && summary.records < 100_000, "{summary:?}");
}

#[test]
fn a_view_notices_that_its_file_was_cut() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.log");
    std::fs::write(&path, b"some line of a log\n".repeat(100_000)).unwrap();
    let mut reader = open(&path, &OpenOptions::default());
    let view = reader.view();
    let mut batch = Batch::default();
    while reader.next_batch(&mut batch).unwrap() {}
    File::options().write(true).open(&path).unwrap().set_len(10).unwrap();
    assert!(matches!(view.read_block(2, &mut batch), Err(SourceError::Changed { .. })));
    assert!(matches!(view.read_block(99, &mut batch), Err(SourceError::NoBlock { .. })));
    let summary = reader.finish();
    assert!(summary.warnings[0].contains("changed while it was read"), "{summary:?}");
}

#[test]
fn a_cache_that_cannot_be_written_costs_one_warning() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.log.gz");
    let mut gz = flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::fast());
    gz.write_all(&b"line\n".repeat(1000)).unwrap();
    gz.finish().unwrap();
    let cache = dir.path().join("cache");
    let opts = options(&cache);
    for sub in ["index", "timeref", "spool", ""] {
        std::fs::set_permissions(cache.join(sub), std::fs::Permissions::from_mode(0o500)).unwrap();
    }
    let (_, summary) = read(&path, &opts);
    assert_eq!(summary.records, 1000);
    // The superuser writes anywhere.
    if File::create(cache.join("index/probe")).is_err() {
        assert!(opts.cache.take_warning().is_some());
    }
    assert_eq!(opts.cache.take_warning(), None);
    for sub in ["", "index", "timeref", "spool"] {
        std::fs::set_permissions(cache.join(sub), std::fs::Permissions::from_mode(0o700)).unwrap();
    }
    let none = options(Path::new("/dev/null/none"));
    assert_eq!(read(&path, &none).1, SourceSummary { warnings: summary.warnings.clone(), ..summary });
    assert!(none.cache.take_warning().is_some() && none.cache.take_warning().is_none());
}

#[test]
fn a_full_spool_ends_and_the_stream_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.log.gz");
    let mut gz = flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::fast());
    for i in 0..200_000u64 {
        writeln!(gz, "line {} of {i}", i.wrapping_mul(0x9e37_79b9_7f4a_7c15)).unwrap();
    }
    gz.finish().unwrap();
    let opts = OpenOptions { cache: Cache::at(&dir.path().join("cache"), 1_000_000), ..OpenOptions::default() };
    let mut reader = open(&path, &opts);
    let view = reader.view();
    let mut batch = Batch::default();
    while reader.next_batch(&mut batch).unwrap() {}
    let summary = reader.finish();
    assert_eq!((summary.records, summary.complete), (200_000, true));
    assert!(summary.warnings[0].contains("cap"), "{summary:?}");
    view.read_block(0, &mut batch).unwrap();
    let last = view.block_count() - 1;
    assert!(matches!(view.read_block(last, &mut batch), Err(SourceError::Gone { .. })));
    drop(view);
    assert_eq!(std::fs::read_dir(dir.path().join("cache/spool")).unwrap().count(), 0, "half a spool is not kept");
}

#[test]
fn old_spools_make_room_unless_they_are_in_use() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::at(dir.path(), 1_500_000);
    let noise = |seed: u64| -> Vec<u8> {
        (0..80_000u64)
            .flat_map(|i| (i + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).to_le_bytes())
            .collect()
    };
    let make = |seed| {
        let mut writer = SpoolWriter::create(cache.budget(), WhenFull::Stop).unwrap();
        let spool = writer.spool();
        writer.append(&noise(seed));
        (writer.finish(true), spool)
    };
    let (full, first) = make(1);
    assert_eq!(full, None);
    let (full, second) = make(2);
    assert_eq!(full, None);
    let (full, third) = make(3);
    assert!(full.is_some(), "both others are in use");
    drop((first, third));
    let (full, _fourth) = make(4);
    assert_eq!(full, None, "the first made room");
    let mut buf = [0; 16];
    assert_eq!(second.read_at("second", 300_000, &mut buf).unwrap(), 16);
    assert_eq!(buf, noise(2)[300_000..300_016]);
}

#[test]
fn a_stream_drops_its_oldest_segments() {
    let dir = tempfile::tempdir().unwrap();
    let budget = std::sync::Arc::new(Budget::new(Some(dir.path().to_owned()), 70 << 20));
    let mut writer = SpoolWriter::create(budget, WhenFull::DropOldest).unwrap();
    let spool = writer.spool();
    let mut state = 1u64;
    let mut chunk = vec![0u8; 1 << 20];
    for _ in 0..100 {
        for word in chunk.chunks_exact_mut(8) {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            word.copy_from_slice(&(state ^ (state >> 31)).to_le_bytes());
        }
        writer.append(&chunk);
    }
    let mut buf = [0; 8];
    assert!(matches!(spool.read_at("s", 0, &mut buf), Err(SourceError::Gone { .. })));
    assert_eq!(spool.read_at("s", (100 << 20) - 8, &mut buf).unwrap(), 8);
    assert_eq!(buf, chunk[chunk.len() - 8..]);
    assert_eq!(spool.read_at("s", 100 << 20, &mut buf).unwrap(), 0);
    assert_eq!(spool.read_at("s", 60 << 20, &mut buf).unwrap(), 8);
    assert_eq!(writer.finish(false), None);
    drop(spool);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_copied_and_touched_file_keeps_its_time_reference() {
    let dir = tempfile::tempdir().unwrap();
    let opts = options(&dir.path().join("cache"));
    let (one, two) = (dir.path().join("one.log"), dir.path().join("two.log"));
    std::fs::write(&one, b"Jan  1 00:00:00 host x: y\n".repeat(500)).unwrap();
    touch(&one, 1_600_000_000);
    let first = open(&one, &opts).time_ref();
    assert_eq!((first.time, first.origin), (Ts::from_secs(1_600_000_000), TimeRefOrigin::Modified));
    std::fs::copy(&one, &two).unwrap();
    touch(&two, 1_750_000_000);
    let copy = open(&two, &options(&dir.path().join("cache"))).time_ref();
    assert_eq!((copy.time, copy.origin), (first.time, TimeRefOrigin::Recorded));
    let given = open(&two, &OpenOptions { year: Some(2019), ..opts }).time_ref();
    assert_eq!(given, TimeRef::for_year(2019));
}

#[test]
fn a_line_of_a_hundred_megabytes_is_cut_and_the_rest_reachable() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("long");
    let mut file = std::io::BufWriter::new(File::create(&path).unwrap());
    file.write_all(b"before\n").unwrap();
    for _ in 0..100 {
        file.write_all(&vec![b'z'; 1 << 20]).unwrap();
    }
    file.write_all(b"END\nafter\n").unwrap();
    file.into_inner().unwrap();
    let mut reader = open(&path, &OpenOptions::default());
    let view = reader.view();
    let mut batch = Batch::default();
    let mut seen = Vec::new();
    while reader.next_batch(&mut batch).unwrap() {
        seen.extend(batch.events().map(|e| (e.rec.line, e.raw().len(), e.rec.full_len, e.rec.offset)));
    }
    let long = (100 << 20) + 3;
    assert_eq!(seen, [(1, 6, 6, 0), (2, Batch::MAX_RECORD, long, 7), (3, 5, 5, long + 8)]);
    assert_eq!(reader.finish().truncated, 1);
    view.read_block(1, &mut batch).unwrap();
    assert_eq!(batch.records[0].full_len, long);
    assert_eq!(view.read_at(7 + long - 3, 10).unwrap(), b"END\nafter\n");
}
