//! Values that come again are not looked at again: with and without that memory
//! the same rules match.

use std::fmt::Write as _;
use std::sync::Arc;

use secstream::detect::{Matcher, RuleFile, RuleSet};
use secstream::event::{Batch, Record, Span, Ts};
use secstream::parse::{Options, Parser, Scratch};

const RULES: &str = r"
title: path
logsource: {product: windows}
detection:
  s: {Image|endswith: ['\a.exe', '\b.exe']}
  n: {CommandLine|contains: secret}
  condition: s and not n
---
title: keyword
logsource: {product: windows}
detection:
  k: ['mimikatz::logon', 'golden ticket*now']
  condition: k
---
title: number
logsource: {product: windows, service: security}
detection:
  s: {EventID: 4624, LogonType: [3, 10]}
  condition: s
---
title: long
logsource: {product: windows}
detection:
  s: {CommandLine|contains|all: [alpha, omega]}
  condition: s
---
title: nothing there
logsource: {product: windows}
detection:
  s: {User: ''}
  e: {Extra|exists: true}
  condition: s or e
";

/// Events of a few shapes with values that repeat, and some that do not.
fn events(many: usize, mut seed: u64) -> String {
    let mut below = |n: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % n
    };
    let mut out = String::new();
    for i in 0..many {
        let image = [r"C:\\x\\a.exe", r"C:\\b.exe", r"C:\\c.exe", r"C:\\x\\\u0061.exe"][below(4) as usize];
        let channel = ["Security", "System", "Microsoft-Windows-Sysmon/Operational"][below(3) as usize];
        let _ = write!(out, r#"{{"EventID":{},"Channel":"{channel}","Image":"{image}""#, 4620 + below(6));
        let line = ["alpha secret omega", "none", "MIMIKATZ::Logon", "alpha\\tomega", "a golden ticket is now"];
        let _ = write!(out, r#","CommandLine":"{}""#, line[below(5) as usize]);
        match below(6) {
            0 => out.push_str(r#","User":"""#),
            1 => out.push_str(r#","User":null"#),
            2 => out.push_str(r#","Extra":["a","mimikatz::logon"]"#),
            3 => out.push_str(r#","Extra":{"User":"x","Image":"C:\\a.exe"}"#),
            _ => {
                let _ = write!(out, r#","Record":{i},"User":"user {}""#, below(4));
            }
        }
        let _ = writeln!(out, r#","LogonType":{}}}"#, below(12));
    }
    out
}

fn batch_of(text: &str) -> Batch {
    let mut batch = Batch { text: text.to_owned(), ..Batch::default() };
    let mut at = 0;
    for line in text.lines() {
        batch.records.push(Record::new(Span::text(at, line.len()), at as u64, line.len() as u64, 1));
        at += line.len() + 1;
    }
    batch
}

#[test]
fn remembered_values_match_as_new_ones_do() {
    let rules = Arc::new(RuleSet::load(&[RuleFile::new("t.yml", RULES)]));
    assert!(rules.rules().iter().all(|r| r.loaded));
    let options = Options::new(Ts::from_secs(1_790_000_000));
    let parser = Parser::for_source("e.ndjson", b"", &options, &rules.schema());
    let (mut scratch, mut warm) = (Scratch::default(), Matcher::new(&rules));
    let mut found = [0usize; 5];
    for round in 0..40 {
        let text = events(60, round);
        let mut batch = batch_of(&text);
        parser.parse_batch(&mut batch, &mut scratch);
        assert!(batch.memory != 0 && (round == 0 || batch.fields.iter().any(|f| f.same != 0)));
        let mut hits = Vec::new();
        warm.match_batch(&batch, &mut hits);

        let mut cold = batch_of(&text);
        parser.parse_batch(&mut cold, &mut Scratch::default());
        cold.memory = 0;
        let mut expected = Vec::new();
        Matcher::new(&rules).match_batch(&cold, &mut expected);
        assert_eq!(hits, expected);
        for h in &hits {
            let title = &*rules.rule(h.rule).expect("a rule").title;
            let all = ["path", "keyword", "number", "long", "nothing there"];
            found[all.iter().position(|t| *t == title).expect("known")] += 1;
        }
    }
    assert!(found.iter().all(|n| *n > 20), "{found:?}");
}
