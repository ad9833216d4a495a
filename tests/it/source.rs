//! Sources read from outside: real files, plain and compressed, and many at once.

use std::path::{Path, PathBuf};

use secstream::event::{Batch, SourceId};
use secstream::source::{ExpandOptions, Input, OpenOptions, SourceReader, expand};

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
