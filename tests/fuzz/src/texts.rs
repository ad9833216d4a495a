//! What users write: rules, queries, formats, configuration.

use std::fs;
use std::sync::{Arc, LazyLock};

use secstream::config::{Config, Places};
use secstream::detect::pipelines::{Among, Pipelines};
use secstream::detect::sigma::yaml;
use secstream::detect::{Matcher, RuleFile, RuleSet, import, lint};
use secstream::event::{Batch, Schema, Ts};
use secstream::parse::{Options, Parser, Scratch, custom};
use secstream::query::{Query, quote};
use secstream::store::canonical::{canonical, parse_strict};
use secstream::store::verify;

const SOME: &str = "Mar  2 09:04:00 gw sshd[712]: Failed password for invalid user bob from 203.0.113.9 port 4022 ssh2\n\
    203.0.113.9 - - [02/Mar/2026:09:04:00 +0000] \"GET /a?id=1%20or%201=1 HTTP/1.1\" 200 512 \"-\" \"curl/8\"\n\
    {\"EventID\":4625,\"Channel\":\"Security\",\"TargetUserName\":\"bob\",\"list\":[1,\"two\",null]}\n\
    what no parser knows";

static NOW: Ts = Ts::from_secs(1_767_225_599);

static DIR: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));

static SCHEMA: LazyLock<Arc<Schema>> = LazyLock::new(|| Arc::new(Schema::base()));

fn batch(schema: &Arc<Schema>) -> Batch {
    let parser = Parser::for_source("fuzz.log", SOME.as_bytes(), &Options::new(NOW), schema);
    let mut b = super::lines::batch(SOME);
    parser.parse_batch(&mut b, &mut Scratch::default());
    b
}

/// A rule file: loaded, checked, and matched.
pub fn rules(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let files = [RuleFile::new("fuzz.yml", text)];
    let rules = Arc::new(RuleSet::load(&files));
    for r in rules.rules() {
        assert!(r.loaded || !r.reason.as_deref().unwrap_or("").is_empty(), "not loaded without a reason");
    }
    let b = batch(&rules.schema());
    let mut hits = Vec::new();
    Matcher::new(&rules).match_batch(&b, &mut hits);
    let _ = lint::check(&files);
}

/// A query, and any text quoted as a value.
pub fn query(data: &[u8]) {
    static BATCH: LazyLock<Batch> = LazyLock::new(|| batch(&SCHEMA));
    let text = String::from_utf8_lossy(data);
    if let Ok(q) = Query::parse(&text, NOW) {
        for e in BATCH.events() {
            let _ = q.matches(&e);
        }
        assert!(Query::parse(q.text(), NOW).is_ok());
    }
    let quoted = format!("user={}", quote(&text));
    assert!(Query::parse(&quoted, NOW).is_ok(), "not a query: {quoted:?}");
}

/// A file of custom formats, and lines through what it defines.
pub fn formats(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(formats) = custom::load("fuzz.toml", &text) else { return };
    let formats: Arc<[custom::Format]> = formats.into();
    let _ = custom::check_samples(&formats);
    for f in formats.iter() {
        let opts = Options { format: Some(f.name().to_owned()), custom: Arc::clone(&formats), ..Options::new(NOW) };
        let parser = Parser::for_source("fuzz.log", b"", &opts, &SCHEMA);
        let mut b = super::lines::batch(SOME);
        parser.parse_batch(&mut b, &mut Scratch::default());
    }
}

/// A configuration file.
pub fn config(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let path = DIR.path().join("secstream.toml");
    fs::write(&path, &*text).expect("a file");
    if let Err(e) = Config::load(&Places { files: vec![path], ..Places::default() }) {
        assert!(!e.to_string().is_empty());
    }
}

/// Rules with most of what pipelines change.
const RULES: &str = r"title: One
id: 11111111-1111-4111-8111-111111111111
name: one
level: high
tags: [attack.t1110]
logsource: {product: windows, category: process_creation}
detection:
  a:
    Image|endswith: ['\powershell.exe', '\cmd.exe']
    CommandLine|contains|all: [x, 'y*', '?z']
    EventID: [1, 4688]
  b:
    - User|expand: '%Admins%'
    - Hashes|contains: ['MD5=0123456789abcdef0123456789abcdef', 'SHA1=x']
    - win.field|re: '^a.*b$'
    - Even|expand: ['%two%', 'a%one%b', null, '']
  c: [keyword, 'an*other']
  condition: a and (1 of b* or not c)
---
title: Many
correlation:
  type: event_count
  rules: [one]
  group-by: [User]
  timespan: 5m
  condition: {gte: 3}
";

/// A file of processing pipelines, and rules through it: what comes out is read
/// as any rule is, and comes out the same again.
pub fn pipelines(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    let all = match Pipelines::load(&[("fuzz.yml".to_owned(), text)]) {
        Ok(all) => all,
        Err(wrong) => {
            assert!(!wrong.is_empty() && wrong.iter().all(|e| e.line > 0), "refused without a place");
            return;
        }
    };
    let among = Among::default();
    for rule in yaml::parse(RULES).into_iter().flatten() {
        let once = all.apply(&rule, &among);
        assert_eq!(format!("{once:?}"), format!("{:?}", all.apply(&rule, &among)));
    }
    let files = [RuleFile { pipelines: Some(Arc::new(all)), ..RuleFile::new("fuzz.yml", RULES) }];
    let rules = Arc::new(RuleSet::load(&files));
    for r in rules.rules() {
        assert!(r.loaded || !r.reason.as_deref().unwrap_or("").is_empty(), "not loaded without a reason");
    }
    let b = batch(&rules.schema());
    Matcher::new(&rules).match_batch(&b, &mut Vec::new());
}

/// A file of the small form of rules: what it becomes is Sigma that loads.
pub fn small(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(sigma) = import::import(&text) else { return };
    for rule in RuleSet::load(&[RuleFile::new("fuzz.yml", sigma.clone())]).rules() {
        assert!(rule.loaded || !rule.reason.as_deref().unwrap_or("").is_empty(), "{sigma}");
    }
}

/// The document of an exported case: checked, whatever it says.
pub fn cases(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(document) = parse_strict(text) else { return };
    let report = verify::verify(&document, &mut []);
    let form = canonical(&document);
    // The form that is hashed is a document of the same meaning.
    let again = parse_strict(&form).expect("the canonical form is JSON");
    assert_eq!(canonical(&again), form);
    let other = verify::verify(&again, &mut []);
    assert_eq!(report.findings.len(), other.findings.len());
}
