//! How fast a plain file becomes batches: reading, hashing, framing, blocks.
#![allow(missing_docs, reason = "the macros of criterion make undocumented items")]

use std::fs::File;
use std::hint::black_box;
use std::io::Write;
use std::path::{Path, PathBuf};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use secstream::event::{Batch, SourceId, Ts};
use secstream::source::{Cache, Input, OpenOptions, SourceReader, SourceView};

const LINES: u64 = 500_000;

fn log(dir: &Path) -> PathBuf {
    let path = dir.join("auth.log");
    let Ok(file) = File::create(&path) else { return path };
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

fn gzip(path: &Path) -> PathBuf {
    let packed = path.with_extension("gz");
    if let (Ok(mut from), Ok(to)) = (File::open(path), File::create(&packed)) {
        let mut gz = flate2::write::GzEncoder::new(to, flate2::Compression::default());
        let _ = std::io::copy(&mut from, &mut gz).and_then(|_| gz.finish());
    }
    packed
}

fn read(path: &Path, opts: &OpenOptions, batch: &mut Batch) -> usize {
    let Ok(mut reader) = SourceReader::open(SourceId(0), &Input::path(path), opts) else { return 0 };
    let view = reader.view();
    let mut records = 0;
    while let Ok(true) = reader.next_batch(batch) {
        records += black_box(&*batch).records.len();
        view.note_times(batch.seq, Ts(0), Ts(1));
    }
    black_box(reader.finish());
    records
}

fn framing(c: &mut Criterion) {
    let Ok(dir) = tempfile::tempdir() else { return };
    let plain = log(dir.path());
    let packed = gzip(&plain);
    let mut batch = Batch::default();
    let opts = OpenOptions { cache: Cache::at(&dir.path().join("cache"), 1 << 30), ..OpenOptions::default() };
    let fresh = OpenOptions::default();
    let mut group = c.benchmark_group("source");
    group.throughput(Throughput::Elements(LINES)).sample_size(10);
    group.bench_function("plain lines, hashed and indexed", |b| b.iter(|| read(&plain, &opts, &mut batch)));
    group.bench_function("gzip lines, spooled", |b| b.iter(|| read(&packed, &fresh, &mut batch)));
    group.bench_function("gzip lines, not spooled", |b| {
        let opts = OpenOptions { spool: false, ..OpenOptions::default() };
        b.iter(|| read(&packed, &opts, &mut batch));
    });
    group.finish();

    let mut group = c.benchmark_group("view");
    group.bench_function("reopen from the index", |b| {
        b.iter(|| SourceView::open_cached(SourceId(0), &Input::path(&plain), &opts).map(|v| v.record_count()));
    });
    read(&packed, &opts, &mut batch);
    for path in [&plain, &packed] {
        let Some(view) = SourceView::open_cached(SourceId(0), &Input::path(path), &opts) else { continue };
        let blocks = view.block_count().max(1);
        let mut at = 0;
        group.bench_function(format!("read a block of {:?}", path.extension().unwrap_or_default()), |b| {
            b.iter(|| {
                at = (at + 7) % blocks;
                view.read_block(at, &mut batch).is_ok()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, framing);
criterion_main!(benches);
