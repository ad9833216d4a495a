//! The fast way through a document against the slow one.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::names::{Names, RoleId};
use super::scan::{Buffers, scan, slowly};
use crate::event::{Batch, FieldId, Record, Schema, SchemaBuilder, Span, ValueKind};

type Seen = Vec<(FieldId, String, String, ValueKind, bool, (RoleId, RoleId))>;

/// What the numbers of values stood for.
type Numbers = BTreeMap<u32, (FieldId, String, String)>;

struct How<'s> {
    schema: &'s Schema,
    fast: bool,
    numbers: Numbers,
}

impl<'s> How<'s> {
    fn fast(schema: &'s Schema) -> Self {
        Self { schema, fast: true, numbers: Numbers::new() }
    }

    /// Read the slow way, with nothing seen before.
    fn slow(schema: &'s Schema, text: &str, names: &Names) -> Option<(Seen, usize)> {
        read(text, names, &mut Buffers::default(), &mut Self { schema, fast: false, numbers: Numbers::new() })
    }
}

fn schema() -> Schema {
    let mut b = SchemaBuilder::new();
    ["a", "a.b", "b.a", "EventID", "eventName"].iter().for_each(|n| {
        b.field(n);
    });
    b.freeze()
}

/// What a document is read as; `None` where it is no JSON.
fn read(text: &str, names: &Names, buf: &mut Buffers, how: &mut How<'_>) -> Option<(Seen, usize)> {
    let How { schema, fast, numbers } = how;
    let mut batch = Batch { text: text.to_owned(), ..Batch::default() };
    batch.records.push(Record::new(Span::text(0, text.len()), 0, text.len() as u64, 1));
    buf.roles.clear();
    buf.left_out = 0;
    let mut out = None;
    batch.parse_with(schema, |raw, d| {
        out = if *fast { scan(raw, names, d, buf) } else { slowly(raw, names, d, buf) };
    });
    out?;
    let fields = batch.fields.iter().zip(&buf.roles).map(|(f, role)| {
        (f.id, batch.value(f.name).to_owned(), batch.value(f.value).to_owned(), f.kind, f.in_array, *role)
    });
    assert_eq!(batch.fields.len(), buf.roles.len());
    for f in batch.fields.iter().filter(|f| f.same != 0) {
        let what = (f.id, batch.value(f.name).to_owned(), batch.value(f.value).to_owned());
        assert_eq!(numbers.entry(f.same).or_insert_with(|| what.clone()), &what, "{text}");
    }
    Some((fields.collect(), buf.left_out))
}

fn key() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&[
        "a",
        "b",
        "ab",
        "a.b",
        "EventID",
        "Event",
        "System",
        "EventData",
        "winlog",
        "event_data",
        "a key of more than sixteen bytes",
        "a key of more than sixteen bytes too",
        "",
        "\\u0061",
        "é",
    ])
}

fn document() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(&[
        "1",
        "-2.5e3",
        "true",
        "null",
        "\"\"",
        "\"a text\"",
        "\"a\\\\b\\n\"",
        "{}",
        "[]",
        "[ ]",
    ]);
    let leaf = leaf.prop_map(str::to_owned).boxed();
    let blank = prop::sample::select(&["", "", " "]);
    let tree = leaf.prop_recursive(4, 24, 4, move |inner| {
        let members = prop::collection::vec((key(), inner.clone()), 1..5);
        prop_oneof![
            (prop::collection::vec(inner, 1..4), blank.clone()).prop_map(|(v, b)| format!("[{b}{}{b}]", v.join(","))),
            (members, blank.clone()).prop_map(|(m, b)| object(&m, b)),
        ]
    });
    (prop::collection::vec((key(), tree), 0..6), prop::sample::select(&["", " "])).prop_map(|(m, b)| object(&m, b))
}

fn object(members: &[(&str, String)], b: &str) -> String {
    let all: Vec<String> = members.iter().map(|(k, v)| format!("\"{k}\"{b}:{b}{v}{b}")).collect();
    format!("{{{b}{}{b}}}", all.join(&format!("{b},{b}")))
}

proptest! {
    #[test]
    fn the_fast_way_reads_what_the_slow_one_does(
        documents in prop::collection::vec(document(), 1..6), again in prop::collection::vec(0usize..6, 8), cut in 0usize..60
    ) {
        let schema = schema();
        let (names, mut warm) = (Names::new(&schema), Buffers::default());
        let broken = documents[0].chars().take(cut).collect::<String>() + "}";
        let texts = documents.iter().chain(again.iter().filter_map(|i| documents.get(*i))).chain([&broken]);
        let mut how = How::fast(&schema);
        for text in texts {
            let fast = read(text, &names, &mut warm, &mut how);
            prop_assert_eq!(fast, How::slow(&schema, text, &names), "{}", text);
        }
    }
}

#[test]
fn other_names_forget_what_was_seen() {
    let (first, second) = (Schema::base(), schema());
    let mut warm = Buffers::default();
    for schema in [&first, &second, &first] {
        let names = Names::new(schema);
        let (fields, _) = read(r#"{"a":{"b":1}}"#, &names, &mut warm, &mut How::fast(schema)).expect("JSON");
        assert_eq!(fields[0].0, schema.field("a.b"));
    }
}

#[test]
fn keys_without_end_are_read_all_the_same() {
    let schema = schema();
    let (names, mut warm) = (Names::new(&schema), Buffers::default());
    let mut how = How::fast(&schema);
    for i in 0..12_000 {
        let text = format!(r#"{{"a":1,"key{i}":{{"b":"x"}},"EventID":{i}}}"#);
        let fast = read(&text, &names, &mut warm, &mut how);
        assert_eq!(fast, How::slow(&schema, &text, &names), "{text}");
    }
}
