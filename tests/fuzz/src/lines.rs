//! Lines through the parsers, the shipped rules and the event writer.

use std::cell::RefCell;
use std::sync::{Arc, LazyLock};

use secstream::detect::{Matcher, RuleSet, shipped};
use secstream::event::{Batch, EventRef, OVERLAY, Record, RecordFlags, Span, Ts};
use secstream::parse::{Options, Parser, Scratch};

thread_local! {
    static MATCHER: RefCell<Matcher> = RefCell::new(Matcher::new(&RULES));
}

static RULES: LazyLock<Arc<RuleSet>> = LazyLock::new(|| Arc::new(RuleSet::load(&shipped::rules())));

/// A batch of the lines of `text`.
pub fn batch(text: &str) -> Batch {
    let mut b = Batch { text: text.to_owned(), ..Batch::default() };
    let mut at = 0;
    for (i, line) in text.split('\n').enumerate() {
        if !line.is_empty() {
            b.records.push(Record::new(Span::text(at, line.len()), at as u64, line.len() as u64, i as u64 + 1));
        }
        at += line.len() + 1;
    }
    b
}

fn parsed(text: &str, format: Option<&str>) -> Batch {
    let opts = Options { format: format.map(str::to_owned), ..Options::new(Ts::from_secs(1_767_225_599)) };
    let parser = Parser::for_source("fuzz.log", text.as_bytes(), &opts, &RULES.schema());
    let mut b = batch(text);
    parser.parse_batch(&mut b, &mut Scratch::default());
    b
}

/// Everything that a reader of an event can ask for.
fn touch(e: EventRef<'_>) -> usize {
    let overlay: usize = OVERLAY.iter().filter_map(|o| e.ov(*o)).map(str::len).sum();
    let fields: usize = e.fields().iter().map(|f| e.field_name(f).len() + e.batch.value(f.value).len()).sum();
    overlay + fields + e.raw().len()
}

fn go(data: &[u8], format: Option<&str>) -> Batch {
    checked(parsed(&String::from_utf8_lossy(data), format))
}

/// The rules' matches and everything a reader can ask for.
fn checked(b: Batch) -> Batch {
    let mut hits = Vec::new();
    MATCHER.with_borrow_mut(|m| m.match_batch(&b, &mut hits));
    assert!(hits.is_sorted());
    for e in b.events() {
        touch(e);
        if !e.rec.flags.has(RecordFlags::PARSED) {
            assert!(e.fields().is_empty(), "an unparsed record has fields: {:?}", e.raw());
        }
    }
    b
}

/// Lines in any format, detected.
pub fn lines(data: &[u8]) {
    let b = go(data, None);
    // The same lines parse the same again.
    let again = parsed(&b.text, None);
    for (a, z) in b.events().zip(again.events()) {
        assert_eq!((a.rec.time, a.rec.event_type, a.rec.flags), (z.rec.time, z.rec.event_type, z.rec.flags));
        for o in OVERLAY {
            assert_eq!(a.ov(*o), z.ov(*o));
        }
    }
}

/// JSON lines: what another reader of JSON takes for an object is parsed.
pub fn json(data: &[u8]) {
    let b = go(data, Some("json"));
    for e in b.events() {
        let is_object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(e.raw()).is_ok();
        if is_object {
            assert!(e.rec.flags.has(RecordFlags::PARSED), "not parsed: {:?}", e.raw());
        }
    }
}

/// Windows events.
pub fn windows(data: &[u8]) {
    go(data, Some("windows"));
}

/// One audit event of any number of records, as framing joins them.
pub fn audit(data: &[u8]) {
    let text = format!("type=SYSCALL msg=audit(1500000000.123:7): {}", String::from_utf8_lossy(data));
    let opts = Options::new(Ts::from_secs(1_767_225_599));
    let parser = Parser::for_source("audit.log", b"", &opts, &RULES.schema());
    let mut b = Batch { text, ..Batch::default() };
    let len = b.text.len();
    b.records.push(Record::new(Span::text(0, len), 0, len as u64, 1));
    b.records[0].lines = b.text.lines().count() as u32;
    parser.parse_batch(&mut b, &mut Scratch::default());
    checked(b);
}

/// Logs with headers: the first byte says of which kind.
pub fn tables(data: &[u8]) {
    let Some((kind, body)) = data.split_first() else { return };
    let head = if kind % 2 == 0 {
        "#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tanswers\n#types\ttime\tstring\taddr\tset[string]\n"
    } else {
        "#Software: x\n#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query sc-status\n"
    };
    let text = format!("{head}{}", String::from_utf8_lossy(body));
    checked(parsed(&text, None));
}
