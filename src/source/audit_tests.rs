//! Tests of the joining of audit lines.

use proptest::prelude::*;

use super::*;
use crate::source::framer::{Flush, Framer};
use crate::source::shape::Shape;

/// Line, number of lines and bytes of a record.
type Framed = (u64, u32, Vec<u8>);

fn frame(bytes: &[u8], step: usize) -> (Vec<Framed>, Vec<(u64, u64)>) {
    let mut framer = Framer::new(0, 1, Framer::BLOCK);
    framer.set_shape(Shape::Audit, None);
    let (mut out, mut blocks, mut rest) = (Vec::new(), Vec::new(), bytes);
    let mut batch = Batch::default();
    loop {
        batch.clear();
        let flush = if rest.is_empty() { Flush::End } else { Flush::Full };
        let at = framer.place().0;
        if framer.next(flush, &mut batch, &mut |_| {}) {
            blocks.push((at, framer.place().0));
            out.extend(batch.events().map(|e| (e.rec.line, e.rec.lines, e.raw_bytes().to_vec())));
            continue;
        }
        if flush == Flush::End {
            return (out, blocks);
        }
        let space = framer.space();
        let n = step.min(rest.len()).min(space.len());
        space[..n].copy_from_slice(&rest[..n]);
        framer.filled(n);
        rest = &rest[n..];
    }
}

#[test]
fn keys() {
    let of = |l: &str| key(l.as_bytes());
    let a = of("type=SYSCALL msg=audit(1492037289.295:58): arch=c000003e");
    assert!(a.is_some());
    assert_eq!(a, of("type=UNKNOWN[1323] msg=audit(1492037289.295:58): x"));
    assert_ne!(a, of("node=web1 type=SYSCALL msg=audit(1492037289.295:58): x"));
    assert_ne!(a, of("type=SYSCALL msg=audit(1492037289.295:59): x"));
    let b = of("Nov 18 09:30:00 web1 audispd: type=CWD msg=audit(1492037289.295:58): x");
    assert_eq!(b, of("Nov 18 09:30:01 web1 audispd: type=PATH msg=audit(1492037289.295:58): x"));
    assert_ne!(b, of("Nov 18 09:30:01 web2 audispd: type=PATH msg=audit(1492037289.295:58): x"));
    assert!(of("Nov 18 09:30:00 h kernel: audit: type=1400 audit(1.5:6): apparmor").is_some());
    assert_eq!(of("type=X msg=audit(): x"), None);
    assert_eq!(of("type=X msg=audit(1.2:): x"), None);
}

#[test]
fn neighbours_and_strangers() {
    let text = b"type=A msg=audit(1.0:1): x\ntype=B msg=audit(1.0:1): \xff\n\ntype=A msg=audit(1.0:2): x\r\nplain\n\
                 type=B msg=audit(1.0:1): late\ntype=B msg=audit(1.0:2): y";
    let (rows, _) = frame(text, 7);
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    let got: Vec<_> = rows.iter().map(|(l, n, b)| (*l, *n, text(b))).collect();
    assert_eq!(
        got,
        [
            (
                1,
                3,
                "type=A msg=audit(1.0:1): x\ntype=B msg=audit(1.0:1): \u{fffd}\ntype=B msg=audit(1.0:1): late".into()
            ),
            (4, 2, "type=A msg=audit(1.0:2): x\ntype=B msg=audit(1.0:2): y".into()),
            (5, 1, "plain".into()),
        ]
    );
    assert_eq!(rows[0].2.iter().filter(|b| **b == 0xff).count(), 1);
}

/// Events of several lines, some of them interleaved, over more than one block.
fn log(events: usize) -> String {
    let mut out = String::new();
    for i in 0..events {
        for kind in ["SYSCALL", "EXECVE", "CWD", "PATH"] {
            // Every seventh event's last line comes after the next one's first.
            let (i, kind) = match (i % 7, kind) {
                (3, "PATH") => (i + 1, "SYSCALL"),
                (4, "SYSCALL") => (i - 1, "PATH"),
                _ => (i, kind),
            };
            out.push_str(&format!("type={kind} msg=audit(1500000000.000:{i}): a0=\"{}\"\n", "x".repeat(i % 90)));
        }
    }
    out
}

#[test]
fn no_event_is_cut_by_a_block() {
    let text = log(4000);
    let (rows, blocks) = frame(text.as_bytes(), 40_000);
    assert!(blocks.len() > 2, "{}", blocks.len());
    assert_eq!(rows.len(), 4000);
    assert!(rows.iter().all(|(_, n, _)| *n == 4));
    // However it arrives, and when a block is read again.
    let (again, same) = frame(text.as_bytes(), 999);
    assert!(again == rows && same == blocks);
    let parts: usize =
        blocks.iter().map(|(a, b)| frame(&text.as_bytes()[*a as usize..*b as usize], 5000).0.len()).sum();
    assert_eq!(parts, 4000);
}

#[test]
fn an_event_goes_on_after_much_of_others() {
    // Between the two lines of each event stand 20 KiB of another's arguments.
    let long = "x".repeat(20_000);
    let mut text = String::new();
    for i in (0..60).step_by(2) {
        let j = i + 1;
        text += &format!("type=SYSCALL msg=audit(1500000000.000:{i}): a\n");
        text += &format!("type=EXECVE msg=audit(1500000000.000:{j}): {long}\n");
        text += &format!("type=PATH msg=audit(1500000000.000:{i}): b\n");
    }
    let (rows, blocks) = frame(text.as_bytes(), 40_000);
    assert!(blocks.len() > 1);
    assert_eq!(rows.len(), 60);
}

#[test]
fn one_event_without_end_still_ends_its_blocks() {
    let text = "type=PATH msg=audit(1500000000.000:1): x\n".repeat(20_000);
    let (rows, blocks) = frame(text.as_bytes(), 40_000);
    assert_eq!(rows.iter().map(|r| u64::from(r.1)).sum::<u64>(), 20_000);
    assert_eq!(rows.len(), blocks.len());
}

proptest! {
    #[test]
    fn every_line_is_in_one_record(lines in prop::collection::vec((0u8..5, any::<bool>()), 0..60), cr in any::<bool>()) {
        let mut text = Vec::new();
        for (id, valid) in &lines {
            let mark: &[u8] = if *valid { b"ok" } else { b"\xfe" };
            text.extend_from_slice(format!("type=A msg=audit(1.0:{id}): ").as_bytes());
            text.extend_from_slice(mark);
            text.extend_from_slice(if cr { b"\r\n" } else { b"\n" });
        }
        let (rows, _) = frame(&text, 11);
        prop_assert_eq!(rows.iter().map(|r| r.1 as usize).sum::<usize>(), lines.len());
        let ids: std::collections::BTreeSet<_> = lines.iter().map(|(i, _)| *i).collect();
        prop_assert_eq!(rows.len(), ids.len());
        let bytes: usize = rows.iter().map(|r| r.2.split(|b| *b == b'\n').filter(|l| !l.is_empty()).count()).sum();
        prop_assert_eq!(bytes, lines.len());
    }

    #[test]
    fn no_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = key(&bytes);
        let at = border(&bytes);
        prop_assert!(at <= bytes.len());
    }
}
