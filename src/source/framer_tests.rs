//! Tests of the framer: every byte is accounted for, however it arrives.

use proptest::prelude::*;

use super::framer::{Flush, Framer};
use crate::event::{Batch, EventRef, RecordFlags};

/// A record as tests compare it: place, length, line, bytes.
type Row = (u64, u64, u64, Vec<u8>);

struct Framed {
    rows: Vec<Row>,
    blocks: Vec<(u64, u64)>,
    taken: Vec<u8>,
    empty: u64,
}

fn row(e: EventRef<'_>) -> Row {
    (e.rec.offset, e.rec.full_len, e.rec.line, e.raw_bytes().to_vec())
}

fn frame(bytes: &[u8], sizes: &[usize]) -> Framed {
    frame_in(bytes, sizes, Framer::BLOCK)
}

fn frame_in(bytes: &[u8], sizes: &[usize], block: usize) -> Framed {
    let mut framer = Framer::new(0, 1, block);
    let mut batch = Batch::default();
    let mut out = Framed { rows: Vec::new(), blocks: Vec::new(), taken: Vec::new(), empty: 0 };
    let mut rest = bytes;
    let mut sizes = sizes.iter().copied().cycle();
    loop {
        batch.clear();
        let flush = if rest.is_empty() { Flush::End } else { Flush::Full };
        let (start, _) = framer.place();
        if framer.next(flush, &mut batch, &mut |b| out.taken.extend_from_slice(b)) {
            out.blocks.push((start, framer.place().0));
            out.rows.extend(batch.events().map(row));
            out.empty += batch.empty_lines;
            continue;
        }
        if flush == Flush::End {
            return out;
        }
        let space = framer.space();
        let n = sizes.next().unwrap_or(1).clamp(1, space.len()).min(rest.len());
        space[..n].copy_from_slice(&rest[..n]);
        framer.filled(n);
        rest = &rest[n..];
    }
}

/// What the records are by definition.
fn by_definition(bytes: &[u8]) -> (Vec<Row>, u64) {
    let (mut rows, mut empty, mut at) = (Vec::new(), 0, 0);
    for (i, line) in bytes.split_inclusive(|b| *b == b'\n').enumerate() {
        let content = line.strip_suffix(b"\n").map_or(line, |l| l.strip_suffix(b"\r").unwrap_or(l));
        if content.is_empty() {
            empty += 1;
        } else {
            let kept = content.get(..Batch::MAX_RECORD).unwrap_or(content);
            rows.push((at, content.len() as u64, i as u64 + 1, kept.to_vec()));
        }
        at += line.len() as u64;
    }
    (rows, empty)
}

#[test]
fn lines_terminators_empty_lines_and_the_last_line() {
    let framed = frame(b"one\r\n\n\r\ntwo\rx\n\0\nlast", &[3]);
    let lines: Vec<_> = framed.rows.iter().map(|r| (r.2, r.3.as_slice())).collect();
    assert_eq!(lines, [(1, &b"one"[..]), (4, b"two\rx"), (5, b"\0"), (6, b"last")]);
    assert_eq!(framed.empty, 2);
}

#[test]
fn invalid_utf8_is_kept_beside_its_readable_form() {
    let mut framer = Framer::new(0, 1, Framer::BLOCK);
    let mut batch = Batch::default();
    let bytes = b"good\nb\xffd \xe4\xb8\nalso good \xc3\xa9\n";
    framer.space()[..bytes.len()].copy_from_slice(bytes);
    framer.filled(bytes.len());
    assert!(framer.next(Flush::End, &mut batch, &mut |_| {}));
    let raws: Vec<_> = batch.events().map(|e| e.raw()).collect();
    assert_eq!(raws, ["good", "b\u{fffd}d \u{fffd}", "also good é"]);
    let flags: Vec<_> = batch.records.iter().map(|r| r.flags.has(RecordFlags::LOSSY)).collect();
    assert_eq!(flags, [false, true, false]);
    assert_eq!(batch.event(1).unwrap().raw_bytes(), b"b\xffd \xe4\xb8");
}

#[test]
fn records_around_the_greatest_length() {
    const MAX: usize = Batch::MAX_RECORD;
    for len in [MAX - 1, MAX, MAX + 1, MAX + 2, MAX + 3, 5 * MAX] {
        for ending in ["\n", "\r\n", ""] {
            let mut bytes = b"before\n".to_vec();
            bytes.extend(std::iter::repeat_n(b'x', len));
            bytes.extend(ending.as_bytes());
            if !ending.is_empty() {
                bytes.extend(b"after\n");
            }
            let framed = frame(&bytes, &[70_000]);
            assert_eq!(framed.rows, by_definition(&bytes).0, "{len} {ending:?}");
            assert!(framed.taken == bytes, "{len} {ending:?}");
        }
    }
}

#[test]
fn a_cut_does_not_split_a_character() {
    let mut bytes = vec![b'x'; Batch::MAX_RECORD - 1];
    bytes.extend("€€€".as_bytes());
    let mut framer = Framer::new(0, 1, Framer::BLOCK);
    let mut batch = Batch::default();
    for chunk in bytes.chunks(100_000) {
        let mut rest = chunk;
        while !rest.is_empty() {
            assert!(!framer.next(Flush::Full, &mut batch, &mut |_| {}));
            let space = framer.space();
            let n = space.len().min(rest.len());
            space[..n].copy_from_slice(&rest[..n]);
            framer.filled(n);
            rest = &rest[n..];
        }
    }
    assert!(framer.next(Flush::End, &mut batch, &mut |_| {}));
    let event = batch.event(0).unwrap();
    assert_eq!(event.raw().len(), Batch::MAX_RECORD - 1);
    assert!(event.rec.flags.has(RecordFlags::TRUNCATED) && !event.rec.flags.has(RecordFlags::LOSSY));
    assert_eq!(event.rec.full_len, bytes.len() as u64);
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => prop::collection::vec(prop_oneof![4 => b'a'..=b'z', 1 => any::<u8>()], 0..80),
        4 => Just(b"\n".to_vec()),
        2 => Just(b"\r\n".to_vec()),
        1 => (1usize..400_000).prop_map(|n| vec![b'q'; n]),
        1 => (0usize..60_000).prop_map(|n| b"line of a log\n".repeat(n / 14)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_byte_is_accounted_for(
        pieces in prop::collection::vec(piece(), 0..24),
        sizes in prop::collection::vec(1usize..300_000, 1..6),
        block in prop_oneof![Just(Framer::BLOCK), 4096usize..100_000],
    ) {
        let bytes = pieces.concat();
        let framed = frame_in(&bytes, &sizes, block);
        let (rows, empty) = by_definition(&bytes);
        prop_assert!(framed.rows == rows);
        prop_assert_eq!(framed.empty, empty);
        prop_assert!(framed.taken == bytes);
        // Blocks follow each other without a gap and do not depend on the reads.
        let mut at = 0;
        for (start, end) in &framed.blocks {
            prop_assert_eq!(*start, at);
            prop_assert!(end > start);
            at = *end;
        }
        prop_assert_eq!(at, bytes.len() as u64);
        prop_assert_eq!(&frame_in(&bytes, &[1 << 20], block).blocks, &framed.blocks);
        // Each block by itself gives its records again.
        let mut again = Vec::new();
        for (start, end) in &framed.blocks {
            again.extend(frame(&bytes[*start as usize..*end as usize], &[4096]).rows.into_iter().map(|r| (r.0 + start, r.1, r.3)));
        }
        let first: Vec<_> = framed.rows.into_iter().map(|r| (r.0, r.1, r.3)).collect();
        prop_assert!(again == first);
    }
}
