//! Tests of sources as a whole: what goes in comes out, however it is stored.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::event::{Batch, RecordFlags, SourceId, Ts};

/// Offset, line, flags, bytes.
type Row = (u64, u64, u16, Vec<u8>);

fn rows(batch: &Batch) -> Vec<Row> {
    batch.events().map(|e| (e.rec.offset, e.rec.line, e.rec.flags.0, e.raw_bytes().to_vec())).collect()
}

fn options(cache: &Path) -> OpenOptions {
    OpenOptions { cache: Cache::at(cache, 1 << 30), ..OpenOptions::default() }
}

fn open(path: &Path, opts: &OpenOptions) -> SourceReader {
    SourceReader::open(SourceId(0), &Input::path(path), opts).unwrap()
}

/// Reads all, noting times as a pipeline does; checks the view on the way.
fn read_all(mut reader: SourceReader) -> (Vec<Row>, SourceSummary, std::sync::Arc<SourceView>) {
    let view = reader.view();
    let (mut batch, mut again) = (Batch::default(), Batch::default());
    let mut all = Vec::new();
    while reader.next_batch(&mut batch).unwrap() {
        let these = rows(&batch);
        let at = batch.seq as usize;
        view.read_block(at, &mut again).unwrap();
        assert!(rows(&again) == these, "block {at} reads the same while the source is being read");
        assert_eq!((again.seq, again.empty_lines), (batch.seq, batch.empty_lines));
        all.extend(these);
        view.note_times(batch.seq, Ts(batch.seq as i64), Ts(batch.seq as i64 + 1));
    }
    (all, reader.finish(), view)
}

fn blocks_again(view: &SourceView) -> Vec<Row> {
    let mut batch = Batch::default();
    let mut all = Vec::new();
    for block in (0..view.block_count()).rev() {
        view.read_block(block, &mut batch).unwrap();
        all.splice(0..0, rows(&batch));
    }
    all
}

fn compress(kind: &str, bytes: &[u8]) -> Vec<u8> {
    let half = bytes.len() / 2;
    // Two members or frames each.
    let mut out = Vec::new();
    for part in [&bytes[..half], &bytes[half..]] {
        match kind {
            "gz" => {
                let mut w = flate2::write::GzEncoder::new(&mut out, flate2::Compression::fast());
                w.write_all(part).unwrap();
                w.finish().unwrap();
            }
            "zst" => {
                let mut w = zstd::stream::write::Encoder::new(&mut out, 1).unwrap();
                w.include_checksum(true).unwrap();
                w.write_all(part).unwrap();
                w.finish().unwrap();
            }
            "bz2" => {
                let mut w = bzip2::write::BzEncoder::new(&mut out, bzip2::Compression::fast());
                w.write_all(part).unwrap();
                w.finish().unwrap();
            }
            "xz" => {
                let mut w = liblzma::write::XzEncoder::new(&mut out, 0);
                w.write_all(part).unwrap();
                w.finish().unwrap();
            }
            _ => out.extend(part),
        }
    }
    out
}

fn log(lines: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for i in 0..lines {
        writeln!(out, "Jan  1 00:00:{:02} host sshd[{i}]: Failed password for root from 192.0.2.{}", i % 60, i % 256)
            .unwrap();
    }
    out
}

fn file(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    feed::hex(&sha2::Sha256::digest(bytes))
}

#[test]
fn a_plain_file_is_read_viewed_and_hashed() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = log(12_000);
    let path = file(dir.path(), "a.log", &bytes);
    let reader = open(&path, &OpenOptions::default());
    assert!(reader.sample().len() == 64 << 10 && bytes.starts_with(reader.sample()));
    let (all, summary, view) = read_all(reader);
    assert_eq!((all.len(), summary.records, summary.lines), (12_000, 12_000, 12_000));
    assert_eq!((summary.bytes, summary.text_bytes), (bytes.len() as u64, bytes.len() as u64));
    assert_eq!(summary.sha256, Some(sha256(&bytes)));
    assert!(summary.complete && summary.warnings.is_empty());
    assert!(blocks_again(&view) == all);
    assert_eq!(view.block_of_record(0), Some(0));
    assert_eq!(view.block_of_record(11_999), Some(view.block_count() - 1));
    assert_eq!(view.block_of_record(12_000), None);
    let middle = view.block(1).unwrap();
    assert_eq!(view.block_of_offset(middle.offset), Some(1));
    assert_eq!(view.read_at(middle.offset, 20).unwrap(), bytes[middle.offset as usize..][..20]);
    assert!(view.read_at(bytes.len() as u64, 20).unwrap().is_empty());
}

#[test]
fn compressed_files_give_what_the_plain_one_gives_and_reopen_from_their_spool() {
    let dir = tempfile::tempdir().unwrap();
    let cache = tempfile::tempdir().unwrap();
    let bytes = log(9_000);
    let (plain, ..) = read_all(open(&file(dir.path(), "a.log", &bytes), &OpenOptions::default()));
    for kind in ["gz", "zst", "bz2", "xz"] {
        let packed = compress(kind, &bytes);
        let path = file(dir.path(), &format!("renamed-{kind}"), &packed);
        let opts = options(cache.path());
        let (all, summary, view) = read_all(open(&path, &opts));
        assert!(all == plain, "{kind}");
        assert!(summary.complete && summary.warnings.is_empty(), "{kind}: {summary:?}");
        assert_eq!(summary.sha256, Some(sha256(&packed)), "{kind}");
        assert_eq!((summary.bytes, summary.text_bytes), (packed.len() as u64, bytes.len() as u64));
        assert!(blocks_again(&view) == plain, "{kind}");
        drop(view);
        let cached = SourceView::open_cached(SourceId(3), &Input::path(&path), &opts).unwrap();
        assert!(blocks_again(&cached) == plain, "{kind}");
        assert_eq!(cached.summary(), Some(summary));
        // Read once more while the spool of before is in use.
        let (all, ..) = read_all(open(&path, &opts));
        assert!(all == plain && blocks_again(&cached) == plain, "{kind}");
    }
    assert_eq!(std::fs::read_dir(cache.path().join("spool")).unwrap().count(), 4, "one spool for each file");
}

#[test]
fn all_before_the_damage_is_given_out() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = log(30_000);
    for kind in ["gz", "zst", "bz2", "xz"] {
        let packed = compress(kind, &bytes);
        let mut broken = packed.clone();
        let middle = packed.len() / 4;
        broken[middle..middle + 64].fill(0x55);
        for (what, damaged) in [
            ("cut", &packed[..packed.len() / 3]),
            ("broken", &broken),
            ("more", &{
                let mut more = packed.clone();
                more.extend(b"trailing garbage that is no member\n");
                more
            }),
        ] {
            let path = file(dir.path(), "damaged", damaged);
            let (all, summary, view) = read_all(open(&path, &OpenOptions::default()));
            let text: Vec<u8> = all.iter().flat_map(|r| [&r.3[..], b"\n"].concat()).collect();
            let text = &text[..text.len().saturating_sub(1)];
            assert!(!summary.complete && summary.warnings.len() == 1, "{kind} {what}: {summary:?}");
            assert_eq!(summary.sha256, Some(sha256(damaged)), "{kind} {what}");
            assert!(blocks_again(&view) == all);
            // Damaged bytes may decode to something before it is noticed.
            let same = text.iter().zip(&bytes).take_while(|(a, b)| a == b).count();
            assert!(same > if what == "more" { bytes.len() - 2 } else { 100_000 }, "{kind} {what}: {same}");
            assert!(what == "broken" || same == text.len(), "{kind} {what}");
        }
    }
}

#[test]
fn a_cut_gzip_gives_every_byte_that_it_holds() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = log(30_000);
    let packed = compress("gz", &bytes);
    let cut = &packed[..packed.len() * 2 / 5];
    let mut whole = Vec::new();
    let mut stream = flate2::Decompress::new(false);
    // What a bare inflater makes of the first member, behind its ten bytes of header.
    whole.reserve(bytes.len());
    stream.decompress_vec(&cut[10..], &mut whole, flate2::FlushDecompress::None).unwrap();
    let (_, summary, _) = read_all(open(&file(dir.path(), "cut.gz", cut), &OpenOptions::default()));
    assert_eq!(summary.text_bytes, whole.len() as u64);
}

#[test]
fn byte_order_marks_and_utf16() {
    let dir = tempfile::tempdir().unwrap();
    let text = "erste Zeile ä\r\nzweite 🙂\n".repeat(4000);
    let (plain, ..) = read_all(open(&file(dir.path(), "p", text.as_bytes()), &OpenOptions::default()));
    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    let (all, summary, view) = read_all(open(&file(dir.path(), "m", &marked), &OpenOptions::default()));
    assert_eq!((all[0].0, all[0].3.as_slice()), (3, "erste Zeile ä".as_bytes()));
    assert!(all.iter().map(|r| &r.3).eq(plain.iter().map(|r| &r.3)));
    assert!(blocks_again(&view) == all);
    assert_eq!((summary.bytes, summary.text_bytes), (marked.len() as u64, marked.len() as u64));
    for big in [false, true] {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        let bytes: Vec<u8> = units.flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect();
        for kind in ["plain", "gz"] {
            let stored = compress(kind, &bytes);
            let (all, summary, view) = read_all(open(&file(dir.path(), "u", &stored), &OpenOptions::default()));
            assert!(all.iter().map(|r| (&r.1, &r.3)).eq(plain.iter().map(|r| (&r.1, &r.3))), "{kind} {big}");
            assert!(blocks_again(&view) == all);
            assert_eq!(summary.sha256, Some(sha256(&stored)));
        }
    }
}

#[test]
fn things_without_a_log_and_empty_ones() {
    let dir = tempfile::tempdir().unwrap();
    let opts = OpenOptions::default();
    let (all, summary, _) = read_all(open(&file(dir.path(), "empty", b""), &opts));
    assert!(all.is_empty() && summary.complete && summary.sha256 == Some(sha256(b"")));
    let (all, summary, _) = read_all(open(Path::new("/dev/null"), &opts));
    assert!(all.is_empty() && summary.complete && !summary.damaged && summary.warnings == ["is empty"], "{summary:?}");
    let fail = |path: &Path| SourceReader::open(SourceId(0), &Input::path(path), &opts).map(|_| ()).unwrap_err();
    assert!(matches!(fail(&dir.path().join("gone")), SourceError::Open { .. }));
    assert!(matches!(fail(dir.path()), SourceError::Kind { kind: "directory", .. }));
    let socket = dir.path().join("s");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    assert!(matches!(fail(&socket), SourceError::Kind { kind: "socket", .. }));
}

#[test]
fn binary_bytes_are_records_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..400_000u32).flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let (all, summary, view) = read_all(open(&file(dir.path(), "b", &bytes), &OpenOptions::default()));
    assert!(summary.lossy > 1000 && summary.complete);
    for (offset, _, flags, raw) in &all {
        assert!(flags & RecordFlags::LOSSY.0 != 0 || std::str::from_utf8(raw).is_ok());
        assert_eq!(&bytes[*offset as usize..][..raw.len()], raw);
    }
    assert!(blocks_again(&view) == all);
}

#[test]
fn a_pipe_is_read_as_it_comes_and_kept_for_viewing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pipe");
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let writer = {
        let path = path.clone();
        std::thread::spawn(move || {
            let mut pipe = File::options().write(true).open(path).unwrap();
            pipe.write_all(b"first\nhalf").unwrap();
            std::thread::sleep(Duration::from_millis(400));
            pipe.write_all(b" a line\nlast").unwrap();
        })
    };
    let mut reader = open(&path, &OpenOptions::default());
    let view = reader.view();
    let mut batch = Batch::default();
    assert!(reader.is_live() && reader.next_batch(&mut batch).unwrap());
    assert_eq!(batch.events().map(|e| e.raw()).collect::<Vec<_>>(), ["first"]);
    assert!(reader.next_batch(&mut batch).unwrap());
    assert_eq!(batch.events().map(|e| e.raw()).collect::<Vec<_>>(), ["half a line", "last"]);
    assert!(!reader.next_batch(&mut batch).unwrap());
    writer.join().unwrap();
    let summary = reader.finish();
    assert_eq!((summary.bytes, summary.complete), (22, true));
    view.read_block(1, &mut batch).unwrap();
    assert_eq!(batch.records.iter().map(|r| (r.offset, r.line)).collect::<Vec<_>>(), [(6, 2), (18, 3)]);
}

#[test]
fn a_followed_file_goes_on_under_one_view() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), "a.log", b"one\n");
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let opts = OpenOptions { follow: true, stop: Some(stop.clone()), ..OpenOptions::default() };
    let mut reader = open(&path, &opts);
    let view = reader.view();
    let mut batch = Batch::default();
    let mut seen = Vec::new();
    let mut wait_for = |reader: &mut SourceReader, want: &str| {
        let since = Instant::now();
        while seen.last().is_none_or(|(raw, _)| raw != want) {
            assert!(since.elapsed() < Duration::from_secs(20), "{want} never came: {seen:?}");
            if reader.poll_batch(&mut batch, Duration::from_millis(20)).unwrap() == Polled::Batch {
                seen.extend(batch.events().map(|e| (e.raw().to_owned(), e.rec.line)));
            }
        }
    };
    wait_for(&mut reader, "one");
    File::options().append(true).open(&path).unwrap().write_all(b"two\nunended").unwrap();
    wait_for(&mut reader, "two");
    std::fs::rename(&path, dir.path().join("a.log.1")).unwrap();
    file(dir.path(), "a.log", b"rotated\n");
    wait_for(&mut reader, "rotated");
    file(dir.path(), "a.log", b"cut\n");
    wait_for(&mut reader, "cut");
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(!reader.next_batch(&mut batch).unwrap());
    let summary = reader.finish();
    assert!(
        summary.complete && summary.warnings.is_empty() && view.notes().len() == 2,
        "{summary:?} {:?}",
        view.notes()
    );
    let want = [("one", 1), ("two", 2), ("unended", 3), ("rotated", 1), ("cut", 1)];
    assert_eq!(seen.iter().map(|(r, l)| (r.as_str(), *l)).collect::<Vec<_>>(), want);
    // Even what no file holds any more can be seen.
    let again: Vec<_> = blocks_again(&view).into_iter().map(|r| (String::from_utf8(r.3).unwrap(), r.1)).collect();
    assert_eq!(again.iter().map(|(r, l)| (r.as_str(), *l)).collect::<Vec<_>>(), want);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn stored_in_any_way_the_records_are_the_same(
        lines in prop::collection::vec(prop_oneof![
            6 => "[a-z0-9é :]{0,60}".prop_map(String::into_bytes),
            2 => prop::collection::vec(any::<u8>(), 0..40),
            1 => (1usize..1_500_000).prop_map(|n| vec![b'x'; n]),
        ], 0..60),
        repeat in 1usize..200,
        kind in prop_oneof![Just("gz"), Just("zst"), Just("bz2"), Just("xz")],
    ) {
        let mut bytes = lines.join(&b'\n');
        if bytes.len() < 100_000 {
            bytes = bytes.repeat(repeat);
        }
        prop_assume!(!bytes.starts_with(b"\xff\xfe") && !bytes.starts_with(b"\xfe\xff"));
        let dir = tempfile::tempdir().unwrap();
        let opts = options(&dir.path().join("cache"));
        let (plain, summary, view) = read_all(open(&file(dir.path(), "plain", &bytes), &opts));
        prop_assert!(blocks_again(&view) == plain);
        let packed = compress(kind, &bytes);
        let (all, other, view) = read_all(open(&file(dir.path(), "packed", &packed), &opts));
        prop_assert!(all == plain);
        prop_assert!(blocks_again(&view) == plain);
        prop_assert_eq!((summary.lines, summary.records), (other.lines, other.records));
    }
}
