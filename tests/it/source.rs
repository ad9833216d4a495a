//! Sources read from outside: real files, plain and compressed, and many at once.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use secstream::event::{Batch, SourceId};
use secstream::source::{ExpandOptions, Input, OpenOptions, Polled, SourceReader, expand};

fn data(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if !path.exists() {
        println!("skipped: no {}", path.display());
        return None;
    }
    Some(path)
}

fn lines(path: &Path) -> Vec<Vec<u8>> {
    let mut reader = SourceReader::open(SourceId(0), &Input::path(path), &OpenOptions::default()).unwrap();
    let mut batch = Batch::default();
    let mut out = Vec::new();
    while reader.next_batch(&mut batch).unwrap() {
        out.extend(batch.events().map(|e| e.raw_bytes().to_vec()));
    }
    let summary = reader.finish();
    assert!(summary.complete, "{}: {summary:?}", path.display());
    assert_eq!(summary.records, out.len() as u64);
    out
}

#[test]
fn real_compressed_logs_hold_the_same_lines() {
    let Some(dir) = data("plaso") else { return };
    let gzip = lines(&dir.join("syslog.gz"));
    assert!(gzip.len() > 10 && gzip.iter().all(|l| !l.is_empty()));
    for kind in ["bz2", "xz"] {
        assert_eq!(lines(&dir.join(format!("syslog.{kind}"))), gzip, "{kind}");
    }
}

#[test]
fn every_file_of_a_real_collection_is_read_to_its_end() {
    let Some(dir) = data("plaso") else { return };
    let (inputs, skipped) = expand(&[dir.to_string_lossy().into_owned()], &ExpandOptions::default());
    assert!(inputs.len() > 20, "{skipped:?}");
    for input in &inputs {
        let mut reader = SourceReader::open(SourceId(0), input, &OpenOptions::default()).unwrap();
        let view = reader.view();
        let (mut batch, mut again) = (Batch::default(), Batch::default());
        while reader.next_batch(&mut batch).unwrap() {
            view.read_block(batch.seq as usize, &mut again).unwrap();
            let raws = |b: &Batch| b.events().map(|e| e.raw_bytes().to_vec()).collect::<Vec<_>>();
            assert_eq!(raws(&batch), raws(&again), "{}", input.name);
        }
        assert!(reader.finish().complete, "{}", input.name);
    }
}

#[test]
fn many_files_can_be_open_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let line = b"Jan  1 00:00:00 host sshd[1]: Failed password for root\n";
    let open = |n: usize| {
        let path = dir.path().join(format!("{n:04}.log"));
        std::fs::write(&path, line.repeat(n)).unwrap();
        SourceReader::open(SourceId(n as u32), &Input::path(path), &OpenOptions::default()).unwrap()
    };
    let mut readers: Vec<_> = (1..=300).map(open).collect();
    let mut batch = Batch::default();
    for (n, reader) in readers.iter_mut().enumerate() {
        assert!(reader.next_batch(&mut batch).unwrap());
        assert_eq!((batch.records.len(), batch.source), (n + 1, SourceId(n as u32 + 1)));
        assert!(!reader.next_batch(&mut batch).unwrap());
    }
}

/// Writes lines and moves the file away now and then, as a log rotation does.
fn write_and_rotate(path: &Path, lines: usize, seen: &AtomicUsize) {
    let create = || File::options().create(true).append(true).open(path).unwrap();
    let mut file = create();
    let (mut written, mut before) = (0, 0);
    for n in 0..lines {
        writeln!(file, "line {n}").unwrap();
        written += 1;
        if n % 1500 == 1499 {
            // Two rotations between two looks would hide a whole file: this one has been opened.
            while seen.load(Ordering::Relaxed) <= before {
                std::thread::sleep(Duration::from_millis(1));
            }
            std::fs::rename(path, path.with_extension(format!("log.{n}"))).unwrap();
            // The writer goes on in the old file for a moment, then reopens.
            writeln!(file, "late {n}").unwrap();
            written += 1;
            before = written;
            if n % 4 == 3 {
                std::thread::sleep(Duration::from_millis(20));
            }
            file = create();
        }
    }
    writeln!(file, "the end").unwrap();
}

#[test]
fn no_line_is_lost_or_doubled_across_rotations() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.log");
    std::fs::write(&path, "").unwrap();
    let opts = OpenOptions { follow: true, ..OpenOptions::default() };
    let mut reader = SourceReader::open(SourceId(0), &Input::path(&path), &opts).unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let writer = std::thread::spawn(move || write_and_rotate(&path, 9000, &counted));
    let mut batch = Batch::default();
    let mut seen = Vec::new();
    let since = Instant::now();
    while seen.last().is_none_or(|l| l != "the end") {
        assert!(since.elapsed() < Duration::from_secs(60), "the end never came: {:?}", seen.last());
        match reader.poll_batch(&mut batch, Duration::ZERO).unwrap() {
            Polled::Batch => {
                seen.extend(batch.events().map(|e| e.raw().to_owned()));
                count.store(seen.len(), Ordering::Relaxed);
            }
            Polled::Idle => std::thread::sleep(Duration::from_millis(20)),
            Polled::End => unreachable!("nobody stopped it"),
        }
    }
    writer.join().unwrap();
    let want = (0..9000).flat_map(|n| {
        let late = (n % 1500 == 1499).then(|| format!("late {n}"));
        std::iter::once(format!("line {n}")).chain(late)
    });
    assert!(seen.into_iter().eq(want.chain(["the end".to_owned()])));
}
