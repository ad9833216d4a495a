//! How fast a plain file becomes batches: reading, hashing, framing, blocks.
#![allow(missing_docs, reason = "the macros of criterion make undocumented items")]

use std::hint::black_box;
use std::io::Write;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use secstream::event::{Batch, SourceId};
use secstream::source::{Input, OpenOptions, SourceReader};

const LINES: u64 = 500_000;

fn log(dir: &std::path::Path) -> std::path::PathBuf {
    let path = dir.join("auth.log");
    let Ok(file) = std::fs::File::create(&path) else { return path };
    let mut file = std::io::BufWriter::new(file);
    for i in 0..LINES {
        let _ = writeln!(
            file,
            "Jan {:2} {:02}:{:02}:{:02} web-{:02} sshd[{}]: Failed password for invalid user admin from 192.0.2.{} port {} ssh2",
            1 + i / 50_000,
            i / 3600 % 24,
            i / 60 % 60,
            i % 60,
            i % 20,
            1000 + i % 30_000,
            i % 256,
            1024 + i % 60_000
        );
    }
    path
}

fn framing(c: &mut Criterion) {
    let Ok(dir) = tempfile::tempdir() else { return };
    let path = log(dir.path());
    let mut group = c.benchmark_group("source");
    group.throughput(Throughput::Elements(LINES)).sample_size(10);
    group.bench_function("plain lines", |b| {
        let mut batch = Batch::default();
        b.iter(|| {
            let mut records = 0;
            let opened = SourceReader::open(SourceId(0), &Input::path(&path), &OpenOptions::default());
            let Ok(mut reader) = opened else { return 0 };
            while let Ok(true) = reader.next_batch(&mut batch) {
                records += black_box(&batch).records.len();
            }
            black_box(reader.finish());
            records
        });
    });
    group.finish();
}

criterion_group!(benches, framing);
criterion_main!(benches);
