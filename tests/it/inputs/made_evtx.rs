//! Windows event logs made here byte by byte, so that reading them is tested and
//! fuzzed without a log of anybody: one chunk, a template with its values, a
//! record that refers to it, and one written out without a template.

use std::path::Path;

use super::{Read, read, values};

/// Bytes of the file's header.
const HEADER: usize = 4096;
/// Bytes of a chunk's header.
const CHUNK_HEADER: usize = 512;
/// Bytes of a chunk.
const CHUNK: usize = 64 << 10;
/// 2026-03-02 09:04:00 UTC, in 100 nanoseconds since 1601.
const TIME: u64 = 134_169_158_400_000_000;

/// An attribute: its name, and what writes its value.
type Attribute<'a> = (&'a str, &'a dyn Fn(&mut Chunk));

/// A chunk under construction; offsets count from its start.
struct Chunk(Vec<u8>);

/// A value of a template.
enum Value<'a> {
    Text(&'a str),
    U16(u16),
    U32(u32),
    U64(u64),
    Time(u64),
    Hex(u64),
    Null,
}

impl Value<'_> {
    fn kind(&self) -> u8 {
        match self {
            Self::Text(_) => 0x01,
            Self::U16(_) => 0x06,
            Self::U32(_) => 0x08,
            Self::U64(_) => 0x0a,
            Self::Time(_) => 0x11,
            Self::Hex(_) => 0x15,
            Self::Null => 0x00,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(t) => utf16(t),
            Self::U16(n) => n.to_le_bytes().into(),
            Self::U32(n) => n.to_le_bytes().into(),
            Self::U64(n) | Self::Time(n) | Self::Hex(n) => n.to_le_bytes().into(),
            Self::Null => Vec::new(),
        }
    }
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

impl Chunk {
    fn put(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn u16(&mut self, n: u16) {
        self.put(&n.to_le_bytes());
    }

    fn u32(&mut self, n: u32) {
        self.put(&n.to_le_bytes());
    }

    fn at(&self) -> u32 {
        self.0.len() as u32
    }

    fn set(&mut self, at: usize, bytes: &[u8]) {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// A name, written where it is first used.
    fn name(&mut self, name: &str) {
        let at = self.at() + 4;
        self.u32(at);
        self.u32(0);
        self.u16(name.encode_utf16().fold(0u32, |h, c| h.wrapping_mul(65_599).wrapping_add(u32::from(c))) as u16);
        self.u16(name.encode_utf16().count() as u16);
        self.put(&utf16(name));
        self.u16(0);
    }

    /// `<name`, with a place for its length; attributes follow if `with` says so.
    fn open(&mut self, name: &str, of_template: bool, with: &[Attribute<'_>]) -> usize {
        self.put(&[if with.is_empty() { 0x01 } else { 0x41 }]);
        if of_template {
            self.u16(u16::MAX);
        }
        let size = self.0.len();
        self.u32(0);
        self.name(name);
        if !with.is_empty() {
            let list = self.0.len();
            self.u32(0);
            for (i, (name, value)) in with.iter().enumerate() {
                self.put(&[if i + 1 < with.len() { 0x46 } else { 0x06 }]);
                self.name(name);
                value(self);
            }
            self.close(list);
        }
        size
    }

    /// Writes a length into its place.
    fn close(&mut self, at: usize) {
        let len = self.0.len() - at - 4;
        self.set(at, &(len as u32).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.put(&[0x05, 0x01]);
        self.u16(text.encode_utf16().count() as u16);
        self.put(&utf16(text));
    }

    /// Where the value of a template goes.
    fn slot(&mut self, number: u16, kind: u8) {
        self.put(&[0x0e]);
        self.u16(number);
        self.put(&[kind]);
    }

    fn element(&mut self, name: &str, of_template: bool, with: &[Attribute<'_>], inner: &dyn Fn(&mut Self)) {
        let size = self.open(name, of_template, with);
        let start = self.0.len();
        self.put(&[0x02]);
        inner(self);
        if self.0.len() == start + 1 {
            self.0[start] = 0x03;
        } else {
            self.put(&[0x04]);
        }
        self.close(size);
    }

    /// A record around what `body` writes.
    fn record(&mut self, id: u64, body: impl FnOnce(&mut Self)) {
        let start = self.0.len();
        self.put(&[0x2a, 0x2a, 0, 0]);
        self.u32(0);
        self.put(&id.to_le_bytes());
        self.put(&(TIME + id * 10_000_000).to_le_bytes());
        self.put(&[0x0f, 1, 1, 0]);
        body(self);
        self.put(&[0]);
        let size = self.at() - start as u32 + 4;
        self.u32(size);
        self.set(start + 4, &size.to_le_bytes());
        self.set(44, &(start as u32).to_le_bytes());
        self.set(32, &id.to_le_bytes());
        self.set(16, &id.to_le_bytes());
    }

    /// Refers to a template; writes it where it stands nowhere yet.
    fn template(&mut self, known: Option<u32>, values: &[Value<'_>]) -> u32 {
        self.put(&[0x0c, 1]);
        self.u32(0x0102_0304);
        let at = known.unwrap_or(self.at() + 4);
        self.u32(at);
        if known.is_none() {
            self.u32(0);
            self.put(&[4, 3, 2, 1, 0, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9]);
            let size = self.0.len();
            self.u32(0);
            self.put(&[0x0f, 1, 1, 0]);
            self.definition();
            self.put(&[0]);
            self.close(size);
        }
        self.u32(values.len() as u32);
        for v in values {
            self.u16(v.bytes().len() as u16);
            self.put(&[v.kind(), 0]);
        }
        for v in values {
            self.put(&v.bytes());
        }
        at
    }

    /// The usual frame of an event, with eight places for values.
    fn definition(&mut self) {
        let slot = |n: u16, kind: u8| move |c: &mut Self| c.slot(n, kind);
        let named = |name: &'static str| move |c: &mut Self| c.text(name);
        self.element("Event", true, &[("xmlns", &|c| c.text("urn:made:events"))], &|c| {
            c.element("System", true, &[], &|c| {
                c.element("Provider", true, &[("Name", &named("Microsoft-Windows-Security-Auditing"))], &|_| {});
                c.element("EventID", true, &[("Qualifiers", &slot(1, 0x06))], &slot(0, 0x06));
                c.element("TimeCreated", true, &[("SystemTime", &slot(2, 0x11))], &|_| {});
                c.element("EventRecordID", true, &[], &slot(3, 0x0a));
                c.element("Channel", true, &[], &named("Security"));
                c.element("Computer", true, &[], &named("dc1.corp.example"));
            });
            c.element("EventData", true, &[], &|c| {
                c.element("Data", true, &[("Name", &named("TargetUserName"))], &slot(4, 0x01));
                c.element("Data", true, &[("Name", &named("LogonType"))], &slot(5, 0x08));
                c.element("Data", true, &[("Name", &named("SubjectLogonId"))], &slot(6, 0x15));
                c.element("Data", true, &[("Name", &named("IpAddress"))], &slot(7, 0x01));
            });
        });
    }
}

fn logon(id: u64, user: &str) -> [Value<'_>; 8] {
    [
        Value::U16(4625),
        Value::Null,
        Value::Time(TIME + id * 10_000_000),
        Value::U64(id),
        Value::Text(user),
        Value::U32(3),
        Value::Hex(0x3e7),
        Value::Text("203.0.113.9"),
    ]
}

/// The used bytes of a chunk with three records.
pub fn chunk() -> Vec<u8> {
    let mut c = Chunk(vec![0; CHUNK_HEADER]);
    c.set(0, b"ElfChnk\0");
    c.set(8, &1u64.to_le_bytes());
    c.set(24, &1u64.to_le_bytes());
    c.set(40, &128u32.to_le_bytes());
    // its checksums are not kept
    c.set(120, &4u32.to_le_bytes());
    let mut template = None;
    c.record(1, |c| template = Some(c.template(None, &logon(1, "bob"))));
    c.record(2, |c| {
        c.template(template, &logon(2, "al\u{ef}ce \u{1f600}"));
    });
    c.record(3, |c| {
        c.element("Event", false, &[], &|c| {
            c.element("System", false, &[], &|c| {
                c.element("EventID", false, &[], &|c| c.text("1102"));
                c.element("Channel", false, &[], &|c| c.text("Security"));
            });
            c.element("UserData", false, &[], &|c| {
                c.element("LogFileCleared", false, &[], &|c| {
                    c.element("SubjectUserName", false, &[], &|c| c.text("eve"));
                });
            });
        });
    });
    let end = c.at();
    c.set(48, &end.to_le_bytes());
    c.0
}

/// What is read of a file around the chunk.
fn read_chunk(chunk: &[u8]) -> Read {
    let mut f = vec![0; HEADER];
    f[..8].copy_from_slice(b"ElfFile\0");
    f.extend_from_slice(chunk);
    f.resize(HEADER + CHUNK, 0);
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("made.evtx");
    std::fs::write(&path, f).expect("a file");
    read(&path)
}

#[test]
fn made_event_logs_are_read() {
    let got = read_chunk(&chunk());
    assert!(got.summary.warnings.is_empty(), "{:?}", got.summary.warnings);
    let of = |name: &str| -> Vec<Vec<String>> {
        got.events.iter().map(|e| values(e, name).into_iter().map(str::to_owned).collect()).collect()
    };
    assert_eq!(of("EventID"), [["4625"], ["4625"], ["1102"]]);
    assert_eq!(of("TargetUserName"), [vec!["bob"], vec!["al\u{ef}ce \u{1f600}"], vec![]]);
    assert_eq!(of("SubjectUserName"), [vec![], vec![], vec!["eve"]]);
    assert_eq!(of("LogonType")[1], ["3"]);
    assert_eq!(of("SubjectLogonId")[0], ["0x3e7"]);
    assert!(got.events[0].time.is_some() && got.events[0].parsed);
}

#[test]
fn a_damaged_record_costs_no_other() {
    let mut bytes = chunk();
    let second = bytes.windows(4).enumerate().filter(|(_, w)| *w == [0x2a, 0x2a, 0, 0]).nth(1).expect("a record").0;
    // a template that is nowhere
    bytes[second + 24 + 4 + 6..][..4].copy_from_slice(&0xffff_u32.to_le_bytes());
    let got = read_chunk(&bytes);
    let ids: Vec<&str> = got.events.iter().flat_map(|e| values(e, "EventID")).collect();
    assert_eq!(ids, ["4625", "1102"]);
    assert_eq!(got.summary.warnings, ["1 record cannot be read, passed over"]);
}

/// The fuzzer begins with this chunk; `UPDATE_DOCS=1` writes it again.
#[test]
fn the_fuzzer_begins_with_a_log_of_records() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds/evtx/made");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, chunk()).expect("the seed");
    }
    assert!(std::fs::read(&path).is_ok_and(|kept| kept == chunk()), "take it anew with UPDATE_DOCS=1");
}
