//! Whole-engine tests: rules as YAML, events as fields, hits as titles.

mod hostile;
mod late;
mod numbered;
pub mod random;
mod reference;

use std::sync::Arc;

use super::*;
use crate::event::{Batch, EventType, Outcome, Ov, Record, Span, ValueKind};

/// An event for tests.
#[derive(Debug, Clone, Default)]
pub struct Fact {
    pub logsource: (&'static str, &'static str, &'static str),
    pub event_type: EventType,
    pub outcome: Outcome,
    pub overlay: Vec<(Ov, String)>,
    pub fields: Vec<(String, String, ValueKind)>,
    pub raw: String,
}

impl Fact {
    pub fn fields(logsource: (&'static str, &'static str, &'static str), fields: &[(&str, &str)]) -> Self {
        let fields = fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned(), ValueKind::Text)).collect();
        Self { logsource, fields, raw: "{}".into(), ..Self::default() }
    }
}

pub fn batch_of(facts: &[Fact], rules: &RuleSet) -> Batch {
    let mut b = Batch::default();
    for f in facts {
        let start = b.text.len();
        // The values of structured records stand in their text.
        let value = |v: &str| serde_json::Value::from(v).to_string();
        let pairs: Vec<String> = f.fields.iter().map(|(k, v, _)| format!("{}:{}", value(k), value(v))).collect();
        let raw =
            if f.raw.starts_with('{') && f.raw.len() < 3 { format!("{{{}}}", pairs.join(",")) } else { f.raw.clone() };
        b.text.push_str(&raw);
        b.records.push(Record::new(Span::text(start, raw.len()), 0, 0, 1));
    }
    let schema = rules.schema();
    let mut facts = facts.iter();
    b.parse_with(&schema, |_, d| {
        let Some(f) = facts.next() else { return };
        let (p, c, s) = f.logsource;
        d.logsource(d.schema.logsource(p, c, s));
        d.event(f.event_type, f.outcome);
        f.overlay.iter().for_each(|(o, v)| d.set(*o, v));
        f.fields.iter().for_each(|(k, v, kind)| d.typed_field(k, v, *kind, false));
    });
    b.schema = Some(schema);
    b
}

pub fn load(text: &str) -> Arc<RuleSet> {
    Arc::new(RuleSet::load(&[RuleFile::new("test.yml", text)]))
}

pub fn titles(rules: &Arc<RuleSet>, facts: &[Fact]) -> Vec<Vec<String>> {
    let mut batch = batch_of(facts, rules);
    let mut hits = Vec::new();
    let mut matcher = Matcher::new(rules);
    matcher.match_batch(&batch, &mut hits);
    // What is remembered of values and of events alike changes nothing.
    for memory in [0, 0, 1, 1, 2] {
        if memory > 0 {
            numbered::number(&mut batch, memory);
        }
        let mut again = Vec::new();
        matcher.match_batch(&batch, &mut again);
        assert_eq!(again, hits);
    }
    let mut out = vec![Vec::new(); facts.len()];
    for h in hits {
        out[h.record as usize].push(rules.rule(h.rule).expect("a rule").title.to_string());
    }
    out
}

/// Whether a detection of these searches and condition matches one event of fields.
fn matches(detection: &str, fields: &[(&str, &str)]) -> bool {
    let indented = detection.lines().map(|l| format!("  {l}\n")).collect::<String>();
    let rules = load(&format!("title: T\nlogsource: {{product: windows}}\ndetection:\n{indented}"));
    assert!(rules.rules()[0].loaded, "{:?}", rules.rules()[0].reason);
    !titles(&rules, &[Fact::fields(("windows", "process_creation", ""), fields)])[0].is_empty()
}

#[test]
fn strings_numbers_and_wildcards() {
    let yes = |d: &str, f: &[(&str, &str)]| assert!(matches(&format!("s:\n  {d}\ncondition: s"), f), "{d} {f:?}");
    let no = |d: &str, f: &[(&str, &str)]| assert!(!matches(&format!("s:\n  {d}\ncondition: s"), f), "{d} {f:?}");
    yes("Image: C:\\CMD.exe", &[("Image", "c:\\cmd.EXE")]);
    no("Image|cased: C:\\CMD.exe", &[("Image", "c:\\cmd.EXE")]);
    yes("Image|endswith: '\\cmd.exe'", &[("Image", "C:\\x\\CMD.exe")]);
    no("Image|endswith: '\\cmd.exe'", &[("Image", "C:\\x\\CMD.exe ")]);
    yes("Image|startswith: 'c:'", &[("Image", "C:\\")]);
    no("Image|startswith: ':'", &[("Image", "C:\\")]);
    yes("A|contains|all: [x, y]", &[("A", "..y..X")]);
    no("A|contains|all: [x, y]", &[("A", "..y..")]);
    yes("A: 'a*c?'", &[("A", "abbcd")]);
    no("A: 'a*c?'", &[("A", "abbc")]);
    yes("A: 4688", &[("A", "4688")]);
    yes("A: 4688", &[("A", "4688.0")]);
    no("A: 4688", &[("A", "46880")]);
    yes("A: ''", &[("A", "")]);
    no("A: ''", &[("B", "")]);
    yes("A: null", &[("B", "")]);
    no("A: null", &[("A", "")]);
    yes("A: '*'", &[("A", "")]);
    no("A: '*'", &[("B", "")]);
    yes("A|exists: true", &[("A", "")]);
    yes("A|exists: false", &[("B", "")]);
    yes("A|re: '^a+$'", &[("A", "aaa")]);
    no("A|re: '^A+$'", &[("A", "aaa")]);
    yes("A|re|i: '^A+$'", &[("A", "aaa")]);
    yes("A|cidr: 10.0.0.0/8", &[("A", "10.2.3.4")]);
    no("A|cidr: 10.0.0.0/8", &[("A", "11.2.3.4")]);
    yes("A|cidr: 'fe80::/10'", &[("A", "fe80::1")]);
    yes("A: 9007199254740993", &[("A", "+9007199254740993")]);
    no("A: 9007199254740993", &[("A", "9007199254740992")]);
    no("A: 18446744073709551615", &[("A", "18446744073709551614")]);
    yes("A: 0xffffffffffffffff", &[("A", "18446744073709551615")]);
    yes("A|gt: 9007199254740992", &[("A", "9007199254740993")]);
    no("A|gt: 9007199254740993", &[("A", "9007199254740993")]);
    yes("A|lte: -9223372036854775807", &[("A", "-9223372036854775808")]);
    no("A|lt: -9223372036854775808", &[("A", "-9223372036854775808")]);
    yes("A|lt: 9007199254740993", &[("A", "9007199254740992.0")]);
    yes("A|gte: 5", &[("A", "5.0")]);
    no("A|gt: 5", &[("A", "5")]);
    no("A|gt: 5", &[("A", "many")]);
    yes("A|neq: x", &[("A", "y")]);
    no("A|neq: x", &[("A", "X")]);
    yes("A|fieldref: B", &[("A", "x"), ("B", "X")]);
    no("A|fieldref: B", &[("A", "x")]);
    yes("A|fieldref|endswith: B", &[("A", "wxyz"), ("B", "yz")]);
    yes("A|windash|contains: ' -e '", &[("A", "x /e y")]);
    yes("A|base64offset|contains: 'foobar'", &[("A", "eHhmb29iYXJ4eA==")]);
    yes("A|wide|base64offset|contains: 'ping'", &[("A", "cABpAG4AZwA=")]);
    yes("A|hour: 23", &[("A", "2024-01-02T23:00:00Z")]);
    yes("A|hour|gte: 22", &[("A", "2024-01-02T23:00:00Z")]);
    yes("A|hour|gte: 22", &[("A", "2024-01-02T22:59:59Z")]);
    no("A|hour|gt: 22", &[("A", "2024-01-02T22:59:59Z")]);
    yes("A|hour|lt: 6", &[("A", "2024-01-02T05:59:59Z")]);
    no("A|hour|lte: 5", &[("A", "2024-01-02T06:00:00Z")]);
    no("A|hour|lte: 5", &[("A", "5")]);
    yes("A|hour|neq: 5", &[("A", "2024-01-02T06:00:00Z")]);
    no("A|hour|neq: 6", &[("A", "2024-01-02T06:00:00Z")]);
    yes("A|re|ignorecase: '^a+$'", &[("A", "AAA")]);
    yes("A|re: '(?i)straße'", &[("A", "STRASSE straße")]);
    yes("A|contains: 'ÄÖ'", &[("A", "xäöx")]);
    yes("A: [one, two]", &[("A", "three"), ("A", "TWO")]);
}

#[test]
fn conditions_and_lists() {
    let d = "a: {X: 1}\nb: [{Y: 2}, {Z|contains: q}]\nfilter_1: {U: root}\nfilter_2: {U: null}\ncondition: (a or b) and not 1 of filter_*";
    assert!(matches(d, &[("X", "1"), ("U", "bob")]));
    assert!(matches(d, &[("Z", "aQa"), ("U", "bob")]));
    assert!(!matches(d, &[("Z", "aQa"), ("U", "root")]));
    assert!(!matches(d, &[("Z", "aQa")]));
    assert!(!matches(d, &[("U", "bob")]));
    let d = "a: {X: 1}\nb: {Y: 1}\nc: {Z: 1}\ncondition: 2 of them";
    assert!(matches(d, &[("X", "1"), ("Z", "1")]) && !matches(d, &[("Z", "1")]));
    let d = "a: {X: 1}\ncondition: not a";
    assert!(matches(d, &[("X", "2")]) && !matches(d, &[("X", "1")]));
}

#[test]
fn keywords_look_at_the_record_or_at_its_values() {
    let text = "title: K\nlogsource: {product: linux}\ndetection:\n  k: ['segfault', 'error 4*ip']\n  condition: k\n";
    let rules = load(text);
    let raw = |t: &str| Fact { logsource: ("linux", "", ""), raw: t.into(), ..Fact::default() };
    let hits = titles(&rules, &[raw("kernel: SEGFAULT at 0"), raw("Error 4 at IP"), raw("nothing")]);
    assert_eq!(hits.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 0]);
    let json =
        Fact { raw: "{\"segfault_key\": \"x\"}".into(), ..Fact::fields(("linux", "", ""), &[("segfault_key", "x")]) };
    assert!(titles(&rules, &[json])[0].is_empty(), "names of fields are not looked at");
}

#[test]
fn overlay_names_and_mapped_names() {
    let text = "title: O\nlogsource: {product: linux}\ndetection:\n  s: {event_type: ssh_login_failed, outcome: failure, user: root}\n  condition: s\n---\n\
                title: W\nlogsource: {category: webserver}\ndetection:\n  s: {cs-uri-query|contains: '/etc/passwd', sc-status: 200}\n  condition: s\n";
    let rules = load(text);
    let ssh = |user: &str| Fact {
        logsource: ("linux", "", "sshd"),
        event_type: EventType::SshLoginFailed,
        outcome: Outcome::Failure,
        overlay: vec![(Ov::User, user.into())],
        ..Fact::default()
    };
    let web = |url: &str| Fact {
        logsource: ("nginx", "webserver", ""),
        overlay: vec![(Ov::Url, url.into()), (Ov::StatusCode, "200".into())],
        ..Fact::default()
    };
    let hits = titles(&rules, &[ssh("root"), ssh("bob"), web("/?f=/etc/passwd"), web("/")]);
    assert_eq!(hits, [vec!["O".to_owned()], vec![], vec!["W".into()], vec![]]);
}

#[test]
fn nulls_arrays_and_foreign_schemas() {
    let rules = load(
        "title: T\nlogsource: {product: x}\ndetection:\n  s: {A: null}\n  e: {B|exists: true}\n  condition: s and e\n",
    );
    let mut f = Fact::fields(("x", "", ""), &[("B", "1")]);
    f.fields.push(("A".into(), String::new(), ValueKind::Null));
    assert_eq!(titles(&rules, &[f]).concat().len(), 1);
    let other = load("title: Z\nlogsource: {product: linux}\ndetection:\n  s: {C: 1, A: 2, B: 3}\n  condition: s\n");
    let fact = Fact::fields(("linux", "", ""), &[("B", "3"), ("A", "2"), ("C", "1")]);
    let batch = batch_of(&[fact], &RuleSet::load(&[]));
    let mut hits = Vec::new();
    Matcher::new(&other).match_batch(&batch, &mut hits);
    assert_eq!(hits.len(), 1, "names decide where the schema is another");
}

#[test]
fn what_is_wrong_is_kept_with_its_reason() {
    let rule = |id: &str, title: &str| {
        format!("title: {title}\nid: {id}\nlogsource: {{product: x}}\ndetection:\n  s: {{A: 1}}\n  condition: s\n")
    };
    let id = "929a690e-bef0-4204-a928-ef5e620d6fcc";
    let text = [
        rule(id, "first"),
        rule(id, "second"),
        "title: bad\nlogsource: {product: x}\ndetection:\n  s: {A|re: '(?<=x)y'}\n  condition: s\n".into(),
        "title: lost\ncorrelation: {type: event_count, rules: [nope], timespan: 1m, condition: {gte: 2}}\n".into(),
        "title: c1\nname: c1\ncorrelation: {type: event_count, rules: [c2], timespan: 1m, condition: {gte: 2}}\n".into(),
        "title: c2\nname: c2\ncorrelation: {type: event_count, rules: [c1], timespan: 1m, condition: {gte: 2}}\n".into(),
        format!("title: good\ncorrelation: {{type: event_count, rules: [{id}], group-by: [src_ip], timespan: 1m, condition: {{gte: 2}}}}\n"),
    ]
    .join("---\n");
    let rules = load(&text);
    let state: Vec<(&str, bool)> = rules.rules().iter().map(|r| (&*r.title, r.loaded)).collect();
    assert_eq!(
        state,
        [
            ("first", true),
            ("second", false),
            ("bad", false),
            ("lost", false),
            ("c1", false),
            ("c2", false),
            ("good", true)
        ]
    );
    assert!(rules.rules().iter().all(|r| r.loaded != r.reason.is_some()));
    assert!(!rules.rules()[0].alerts, "a base without generate raises no alert");
    let spec = rules.rules()[6].correlation().expect("resolved");
    assert_eq!((spec.bases[0], spec.group_by[0].per_base.len()), (RuleIdx(0), 1));
}

#[test]
fn filters_narrow_rules() {
    let text = "title: R\nid: 929a690e-bef0-4204-a928-ef5e620d6fcc\nlogsource: {product: x}\ndetection:\n  s: {A: 1}\n  condition: s\n---\n\
                title: F\nlogsource: {product: x}\nfilter:\n  rules: [929a690e-bef0-4204-a928-ef5e620d6fcc]\n  f: {U|startswith: adm_}\n  condition: not f\n";
    let rules = load(text);
    let hits = titles(
        &rules,
        &[
            Fact::fields(("x", "", ""), &[("A", "1"), ("U", "adm_bob")]),
            Fact::fields(("x", "", ""), &[("A", "1"), ("U", "bob")]),
        ],
    );
    assert_eq!(hits.iter().map(Vec::len).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn the_hash_is_of_texts_alone() {
    let (a, b) = (RuleFile::new("a", "title: A"), RuleFile::new("b", "title: B"));
    let one = RuleSet::load(&[a.clone(), b.clone()]);
    let two = RuleSet::load(&[RuleFile::new("elsewhere", b.text), a]);
    assert_eq!(one.hash(), two.hash());
    assert_eq!(one.hash().len(), 64);
}
