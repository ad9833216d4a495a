//! Bytes of files: framing, decompression, and the sidecar index.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use secstream::event::{Batch, SourceId, hash64};
use secstream::source::{Cache, Input, OpenOptions, SourceReader, SourceView};

/// A folder in memory where there is one.
static DIR: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let shm = Path::new("/dev/shm");
    let made = if shm.is_dir() { tempfile::tempdir_in(shm) } else { tempfile::tempdir() };
    made.expect("a folder for temporary files")
});

fn read(path: &Path, cache: Cache) -> Option<(u64, u64)> {
    let opts = OpenOptions { cache, ..OpenOptions::default() };
    let mut reader = SourceReader::open(SourceId(0), &Input::path(path), &opts).ok()?;
    let view = reader.view();
    let mut batch = Batch::default();
    let (mut records, mut lines) = (0u64, 0u64);
    loop {
        batch.clear();
        match reader.next_batch(&mut batch) {
            Ok(true) => {}
            Ok(false) => break,
            Err(_) => return None,
        }
        for e in batch.events() {
            assert!(e.rec.line > 0 && e.rec.full_len >= e.raw_bytes().len().min(1) as u64);
            assert!(!e.raw().contains('\n') || e.rec.lines > 1);
        }
        records += batch.records.len() as u64;
        lines += batch.records.iter().map(|r| u64::from(r.lines)).sum::<u64>() + batch.empty_lines;
    }
    let summary = reader.finish();
    assert_eq!((summary.records, summary.lines), (records, lines));
    let mut again = 0;
    for i in 0..view.blocks().len() {
        batch.clear();
        if view.read_block(i, &mut batch).is_ok() {
            again += batch.records.len() as u64;
        }
    }
    assert_eq!(again, records, "blocks read again");
    Some((records, lines))
}

/// A file of any bytes, compressed or not.
pub fn frames(data: &[u8]) {
    let path = DIR.path().join("frames.log");
    fs::write(&path, data).expect("a file");
    let got = read(&path, Cache::none(1 << 20));
    // Plain text without a mark of another encoding: count it the simple way.
    let marks: [&[u8]; 8] =
        [b"\x1f\x8b", b"\x28\xb5", b"BZ", b"\xfd7z", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\0"];
    let plain = !data.contains(&0) && !data.contains(&0x1a) && !marks.iter().any(|m| data.starts_with(m));
    // Records that are not lines, and lines that are joined.
    let start = data.trim_ascii_start();
    let packed = start.is_empty() || start.starts_with(b"[") || start.starts_with(b"{");
    // the journal's export: whether a beginning of `NAME=` lines is one is not asked again here
    let name = data.iter().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || **b == b'_').count();
    let packed = packed || (name > 1 && data.get(name) == Some(&b'=')) || data.starts_with(b"__");
    // the history of fish: commands with the lines about them
    let packed = packed || start.starts_with(b"- cmd:");
    let joined = data.windows(6).any(|w| w == b"audit(");
    let plain = plain && !packed && !joined;
    let skippable = data.len() > 3 && data[1..4] == *b"\x2a\x4d\x18";
    if plain && !skippable && let Some((records, lines)) = got {
        let all: Vec<&[u8]> = data.strip_suffix(b"\n").unwrap_or(data).split(|b| *b == b'\n').collect();
        // a return before a newline belongs to the line's end; one at the end of the file is a record
        let open_end = |i: usize| i + 1 == all.len() && !data.ends_with(b"\n");
        let full = all.iter().enumerate().filter(|(i, l)| !l.is_empty() && (**l != b"\r" || open_end(*i))).count() as u64;
        assert_eq!(records, full);
        assert_eq!(lines, if data.is_empty() { 0 } else { all.len() as u64 });
    }
}

/// An index file with any body behind a right checksum.
pub fn index(data: &[u8]) {
    let cache_dir = DIR.path().join("cache");
    let path = DIR.path().join("index.log");
    if !path.exists() {
        fs::write(&path, "one\ntwo\n\nthree\n").expect("a file");
    }
    let before = read(&path, Cache::at(&cache_dir, 1 << 20));
    let dir = cache_dir.join("index");
    for entry in fs::read_dir(&dir).expect("an index") {
        let mut bytes = b"SSINDEX3".to_vec();
        bytes.extend(hash64(data).to_le_bytes());
        bytes.extend(data);
        fs::write(entry.expect("an entry").path(), &bytes).expect("a file");
    }
    let opts = OpenOptions { cache: Cache::at(&cache_dir, 1 << 20), ..OpenOptions::default() };
    if let Some(view) = SourceView::open_cached(SourceId(0), &Input::path(&path), &opts) {
        for i in 0..view.blocks().len().min(64) {
            let _ = view.read_block(i, &mut Batch::default());
        }
    }
    let after = read(&path, Cache::at(&cache_dir, 1 << 20));
    assert_eq!(before, after, "a wrong index changes nothing that is read");
}

/// Records that are not lines: the first byte says of which kind.
pub fn packed(data: &[u8]) {
    let Some((kind, body)) = data.split_first() else { return };
    let mut bytes = match kind % 4 {
        0 => b"[{".to_vec(),
        1 => b"{\"Records\":[{".to_vec(),
        2 => b"__CURSOR=x\n".to_vec(),
        _ => {
            let mut head = vec![0; 4096];
            head[..8].copy_from_slice(b"ElfFile\0");
            head.extend_from_slice(b"ElfChnk\0");
            head
        }
    };
    bytes.extend_from_slice(body);
    let path = DIR.path().join("packed.log");
    fs::write(&path, &bytes).expect("a file");
    assert!(read(&path, Cache::none(1 << 20)).is_some());
}

/// The bytes of a chunk of a Windows event log; the seed is one of whole records.
pub fn evtx(data: &[u8]) {
    let mut bytes = vec![0; 4096];
    bytes[..8].copy_from_slice(b"ElfFile\0");
    bytes.extend_from_slice(data);
    let whole = (bytes.len() - 4096).next_multiple_of(64 << 10);
    bytes.resize(4096 + whole, 0);
    let path = DIR.path().join("made.evtx");
    fs::write(&path, &bytes).expect("a file");
    assert!(read(&path, Cache::none(1 << 20)).is_some());
}
