//! Each transformation and condition: what a rule is before and after.

use super::{Among, Pipelines};
use crate::detect::sigma::yaml::{self, Node, Value};
use crate::detect::{RuleFile, RuleSet};

pub(super) fn load(text: &str) -> Pipelines {
    Pipelines::load(&[("p.yml".into(), text.into())]).unwrap_or_else(|e| panic!("{text}: {e:?}"))
}

fn errors(text: &str) -> Vec<String> {
    let wrong = Pipelines::load(&[("p.yml".into(), text.into())]).expect_err(text);
    wrong.iter().map(ToString::to_string).collect()
}

/// A node on one line: maps in braces, lists in brackets, all-of after `&`.
pub(super) fn dump(n: &Node) -> String {
    let join = |items: &[Node]| items.iter().map(dump).collect::<Vec<_>>().join(", ");
    match &n.value {
        Value::Scalar { text, .. } if n.is_null() => format!("null{text}"),
        Value::Scalar { text, plain: true } => text.to_string(),
        Value::Scalar { text, .. } => format!("'{text}'"),
        Value::Seq(items) => format!("[{}]", join(items)),
        Value::All(items) => format!("&[{}]", join(items)),
        Value::Map(all) => {
            let entry = |(k, v): &(Node, Node)| format!("{}: {}", k.text().unwrap_or("?"), dump(v));
            format!("{{{}}}", all.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

const HEAD: &str = "title: T\nlevel: high\nstatus: test\ntags: [attack.t1110]\nlogsource: {product: windows, category: process_creation}\n";

pub(super) fn rule(detection: &str) -> Node {
    let text = format!("{HEAD}detection: {detection}\n");
    yaml::parse(&text).remove(0).unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// One transformation on a search `s`; the search afterwards.
pub(super) fn changed(step: &str, search: &str) -> String {
    let p = load(&format!("name: p\nvars: {{list: [a, b*], one: x}}\ntransformations:\n  - {step}\n"));
    let doc = rule(&format!("{{s: {search}, condition: s}}"));
    match p.apply(&doc, &Among::default()) {
        Ok(doc) => {
            // What comes out can be read as a rule, or says why not.
            if let Err(e) = crate::detect::sigma::rule::parse(&doc) {
                return format!("error {}", e.message);
            }
            doc.get("detection").and_then(|d| d.get("s")).map(dump).unwrap_or_default()
        }
        Err(e) => format!("error {}", e.message),
    }
}

#[test]
fn field_names() {
    for (step, search, want) in [
        ("{type: field_name_mapping, mapping: {A: X}}", "{A|contains: 1, B: 2}", "{X|contains: 1, B: 2}"),
        ("{type: field_name_mapping, mapping: {A: [X, Y]}}", "{A: 1}", "[{X: 1}, {Y: 1}]"),
        ("{type: field_name_mapping, mapping: {A: [X, Y]}}", "{A: 1, B: 2}", "&[[{X: 1}, {Y: 1}], {B: 2}]"),
        ("{type: field_name_mapping, mapping: {A: B}}", "{A: 1, B: 2}", "&[{B: 1}, {B: 2}]"),
        (
            "{type: field_name_mapping, mapping: {A: X, B: Y}}",
            "[{A: 1}, {A|fieldref: B}]",
            "[{X: 1}, {X|fieldref: 'Y'}]",
        ),
        ("{type: field_name_mapping, mapping: {A: X}}", "[a, b]", "[a, b]"),
        ("{type: field_name_prefix_mapping, mapping: {win.: [w., v.]}}", "{win.a: 1}", "[{w.a: 1}, {v.a: 1}]"),
        ("{type: field_name_prefix, prefix: e.}", "{A: 1}", "{e.A: 1}"),
        ("{type: field_name_suffix, suffix: .kw}", "{A|endswith: 1}", "{A.kw|endswith: 1}"),
    ] {
        assert_eq!(changed(step, search), want, "{step} {search}");
    }
}

#[test]
fn items_and_values() {
    for (step, search, want) in [
        (
            "{type: drop_detection_item, field_name_conditions: [{type: include_fields, fields: [A]}]}",
            "{A: 1, B: 2}",
            "{B: 2}",
        ),
        ("{type: drop_detection_item}", "{A: 1}", "error the pipeline leaves nothing of the condition"),
        (
            "{type: replace_string, regex: '^C:', replacement: 'D:'}",
            "{A: ['C:x', 7, 'C:\\y*']}",
            "{A: ['D:x', 7, 'D:\\y*']}",
        ),
        (
            "{type: replace_string, regex: '^\\*\\\\', replacement: '\\\\'}",
            "{A|endswith: '\\cmd.exe'}",
            "{A: '\\cmd.exe'}",
        ),
        ("{type: replace_string, regex: '(a)(b)', replacement: '\\2\\g<1>$1'}", "{A: xab}", "{A: 'xba$1'}"),
        (
            "{type: replace_string, regex: 'b', replacement: 'c*', skip_special: true}",
            "{A|contains: 'a*b'}",
            "{A|contains: 'a*c\\*'}",
        ),
        (
            "{type: replace_string, regex: 'b', replacement: 'c*', skip_special: true, interpret_special: true}",
            "{A: 'a*b'}",
            "{A: 'a*c*'}",
        ),
        ("{type: map_string, mapping: {x: y, z: [p, q]}}", "{A: [x, z, w]}", "{A: ['y', 'p', 'q', w]}"),
        ("{type: set_value, value: 5}", "{A: [x, y]}", "{A: 5}"),
        ("{type: set_value, value: 5, force_type: str}", "{A: x}", "{A: '5'}"),
        ("{type: set_value, value: null}", "{A: x}", "{A: nullnull}"),
        ("{type: convert_type, target_type: num}", "{A: ['5', 6]}", "{A: [5, 6]}"),
        ("{type: convert_type, target_type: str}", "{A: 5}", "{A: '5'}"),
        ("{type: convert_type, target_type: num}", "{A: x}", "error pipeline p: 'x' is no number"),
        ("{type: case, method: upper}", "{A: ab}", "{A: 'AB'}"),
        ("{type: case, method: snake_case}", "{A: processName}", "{A: 'process_name'}"),
        ("{type: regex, method: ignore_case_flag}", "{A|endswith: 'x.exe'}", "{A|re|i: '^(?s:.*)x\\.exe$'}"),
        ("{type: regex, method: plain}", "{A: 'a*'}", "{A|re: '^a(?s:.*)$'}"),
        ("{type: regex}", "{A: 'a*'}", "{A|re|i: '^a(?s:.*)$'}"),
        (
            "{type: hashes_fields, valid_hash_algos: [MD5, SHA256], field_prefix: File}",
            "{Hashes|contains: ['MD5=ab', 'SHA256=cd', 'IMPHASH=ef']}",
            "[{FileMD5: 'ab'}, {FileSHA256: 'cd'}]",
        ),
        ("{type: detection_item_failure, message: no B}", "{B: 1}", "error pipeline p: no B (T)"),
        ("{type: rule_failure, message: not here}", "{B: 1}", "error pipeline p: not here"),
        ("{type: strict_field_mapping_failure}", "{B: 1}", "error pipeline p: nothing maps the field 'B'"),
        (
            "{type: nest, items: [{type: field_name_prefix, prefix: a.}, {type: field_name_suffix, suffix: .b}]}",
            "{A: 1}",
            "{a.A.b: 1}",
        ),
        ("{type: set_field, fields: [A]}", "{A: 1}", "{A: 1}"),
    ] {
        assert_eq!(changed(step, search), want, "{step} {search}");
    }
}

#[test]
fn placeholders() {
    for (step, search, want) in [
        ("{type: value_placeholders}", "{A|expand: '%list%'}", "{A: ['a', 'b*']}"),
        (
            "{type: value_placeholders}",
            "{A|contains|expand: ['%one%-%list%', y]}",
            "{A|contains: ['x-a', 'x-b*', 'y']}",
        ),
        ("{type: value_placeholders, include: [one]}", "{A|expand: '%one%%list%'}", "{A|expand: 'x%list%'}"),
        ("{type: wildcard_placeholders, exclude: [one]}", "{A|expand: '%list%/%one%'}", "{A|expand: '*/%one%'}"),
        ("{type: wildcard_placeholders}", "{A|expand: '%list%/100%'}", "{A: '*/100%'}"),
        ("{type: value_placeholders}", "{A: '%list%'}", "{A: %list%}"),
    ] {
        let p = load(&format!("name: p\nvars: {{list: [a, b*], one: x}}\ntransformations:\n  - {step}\n"));
        let doc = p.apply(&rule(&format!("{{s: {search}, condition: s}}")), &Among::default()).expect(step);
        let s = doc.get("detection").and_then(|d| d.get("s")).map(dump).unwrap_or_default();
        // `%` begins no plain scalar of YAML; quotes are no part of the value.
        assert_eq!(s.replace('\'', ""), want.replace('\'', ""), "{step} {search}");
    }
    let none = changed("{type: value_placeholders}", "{A|expand: '%other%'}");
    assert_eq!(none, "error pipeline p: no values for %other% under vars");
    let query =
        changed("{type: query_expression_placeholders, expression: '{field} lookup {id}'}", "{A|expand: '%one%'}");
    assert!(query.contains("a query for another engine"), "{query}");
}

#[test]
fn rules_as_a_whole() {
    let p = load(
        "transformations:\n  - {type: add_condition, conditions: {index: ['$category', x], EventID: 1}, template: true}\n  - {type: add_condition, conditions: {host: h}, negated: true, name: not_h}\n  - {type: change_logsource, product: linux, service: auditd}\n",
    );
    let doc = p.apply(&rule("{s: {A: 1}, condition: [s, 1 of s*]}"), &Among::default()).expect("changed");
    assert_eq!(
        doc.get("detection").map(dump).as_deref(),
        Some(
            "{condition: ['_cond_0 and not not_h and (s)', '_cond_0 and not not_h and (1 of s*)'], s: {A: 1}, \
             _cond_0: {index: ['process_creation', x], EventID: 1}, not_h: {host: h}}"
        )
    );
    assert_eq!(doc.get("logsource").map(dump).as_deref(), Some("{product: 'linux', service: 'auditd'}"));
    let correlation =
        "title: C\ncorrelation: {type: event_count, rules: [x], group-by: [A, B], timespan: 5m, condition: {gte: 3}}\n";
    let doc = yaml::parse(correlation).remove(0).expect("valid");
    let p = load("transformations: [{type: field_name_mapping, mapping: {A: X}}]");
    let c = p.apply(&doc, &Among::default()).expect("changed");
    assert_eq!(c.get("correlation").and_then(|c| c.get("group-by")).map(dump).as_deref(), Some("['X', 'B']"));
    let p = load("transformations: [{type: field_name_mapping, mapping: {A: [X, Y]}}]");
    let c = p.apply(&doc, &Among::default()).expect("changed");
    assert_eq!(c.get("correlation").and_then(|c| c.get("group-by")).map(dump).as_deref(), Some("['X', 'Y', 'B']"));
}

#[test]
fn conditions() {
    let applies = |conditions: &str| {
        let p = load(&format!(
            "transformations:\n  - {{id: first, type: set_state, key: k, val: v}}\n  - type: field_name_suffix\n    suffix: '!'\n{conditions}"
        ));
        let doc =
            p.apply(&rule("{s: {Image: 'a*', User: null, N: 5}, condition: s}"), &Among::default()).expect(conditions);
        let all = doc.get("detection").and_then(|d| d.get("s")).and_then(|s| s.map().map(<[_]>::to_vec));
        let all = all.unwrap_or_default();
        all.iter().filter_map(|(k, _)| k.text()?.strip_suffix('!').map(str::to_owned)).collect::<Vec<_>>().join(" ")
    };
    let all = "Image User N";
    for (conditions, want) in [
        ("    rule_conditions: [{type: logsource, product: windows}]", all),
        ("    rule_conditions: [{type: logsource, product: linux}]", ""),
        ("    rule_conditions: [{type: logsource, product: linux}]\n    rule_cond_not: true", all),
        (
            "    rule_conditions: [{type: logsource, product: linux}, {type: tag, tag: attack.t1110}]\n    rule_cond_op: or",
            all,
        ),
        ("    rule_conditions: [{type: logsource, product: linux}, {type: tag, tag: attack.t1110}]", ""),
        (
            "    rule_conditions: {a: {type: is_sigma_rule}, b: {type: tag, tag: x}}\n    rule_cond_expression: a and not b",
            all,
        ),
        (
            "    rule_conditions: {a: {type: is_sigma_rule}, b: {type: tag, tag: x}}\n    rule_cond_expression: a and b",
            "",
        ),
        ("    rule_conditions: [{type: contains_field, field: Image}]", all),
        ("    rule_conditions: [{type: contains_detection_item, field: N, value: 5}]", all),
        ("    rule_conditions: [{type: contains_detection_item, field: N, value: 6}]", ""),
        ("    rule_conditions: [{type: rule_attribute, attribute: level, value: medium, op: gte}]", all),
        ("    rule_conditions: [{type: rule_attribute, attribute: level, value: medium, op: lt}]", ""),
        ("    rule_conditions: [{type: rule_attribute, attribute: status, value: [test, stable], op: in}]", all),
        ("    rule_conditions: [{type: processing_item_applied, processing_item_id: first}]", all),
        (
            "    rule_conditions: [{type: processing_item_applied, processing_item_id: first}]\n    rule_cond_not: true",
            "",
        ),
        ("    rule_conditions: [{type: processing_state, key: k, val: v}]", all),
        ("    rule_conditions: [{type: is_sigma_correlation_rule}]", ""),
        ("    detection_item_conditions: [{type: match_string, cond: any, pattern: '^a'}]", "Image"),
        ("    detection_item_conditions: [{type: match_value, cond: any, value: 5}]", "N"),
        ("    detection_item_conditions: [{type: contains_wildcard, cond: any}]", "Image"),
        ("    detection_item_conditions: [{type: is_null, cond: all}]", "User"),
        ("    detection_item_conditions: [{type: is_null, cond: all}]\n    detection_item_cond_not: true", "Image N"),
        ("    field_name_conditions: [{type: include_fields, fields: [Image, N]}]", "Image N"),
        ("    field_name_conditions: [{type: exclude_fields, fields: ['^I'], mode: re}]", "User N"),
        (
            "    field_name_conditions: {a: {type: include_fields, fields: [Image]}, b: {type: include_fields, fields: [N]}}\n    field_name_cond_expression: a or b",
            "Image N",
        ),
    ] {
        assert_eq!(applies(conditions), want, "{conditions}");
    }
}

#[test]
fn pipelines_run_by_priority() {
    let late = (
        "b.yml".to_owned(),
        "name: b\npriority: 20\ntransformations: [{type: field_name_suffix, suffix: .b}]".to_owned(),
    );
    let early = (
        "a.yml".to_owned(),
        "name: a\npriority: 10\ntransformations: [{type: field_name_suffix, suffix: .a}]".to_owned(),
    );
    let p = Pipelines::load(&[late, early]).expect("both are right");
    assert_eq!(p.names().collect::<Vec<_>>(), ["a", "b"]);
    let doc = p.apply(&rule("{s: {A: 1}, condition: s}"), &Among::default()).expect("changed");
    assert_eq!(doc.get("detection").and_then(|d| d.get("s")).map(dump).as_deref(), Some("{A.a.b: 1}"));
}

#[test]
fn what_is_not_known_is_told_with_its_place() {
    for (text, want) in [
        ("", "p.yml:1:1: the file holds no pipeline"),
        ("transformations:\n  - type: field_name_maping\n", "p.yml:2:11: unknown transformation 'field_name_maping'"),
        ("transformations:\n  - type: field_name_mapping\n", "p.yml:2:5: field_name_mapping needs 'mapping'"),
        ("transformations:\n  - {type: case, methode: upper}\n", "p.yml:2:18: case has no 'methode'"),
        ("transformations:\n  - {type: case, method: huge}\n", "p.yml:2:26: method is lower or upper or snake_case"),
        (
            "transformations:\n  - {type: replace_string, regex: '(', replacement: x}\n",
            "p.yml:2:35: no regular expression",
        ),
        (
            "transformations:\n  - {type: case, rule_conditions: [{type: nonsense}]}\n",
            "p.yml:2:43: no condition 'nonsense' in rule_conditions",
        ),
        (
            "transformations:\n  - {type: case, rule_conditions: [{type: match_string}]}\n",
            "p.yml:2:43: no condition 'match_string'",
        ),
        (
            "transformations:\n  - {type: case, rule_conditions: {a: {type: is_sigma_rule}}, rule_cond_expression: a and b}\n",
            "p.yml:2:91: in the expression",
        ),
        ("name: x\npostprocessing: [{type: embed}]\n", "p.yml:2:1: postprocessing changes the text"),
        (
            "transformations:\n  - {type: field_name_mapping, maping: {A: B}}\n",
            "p.yml:2:32: field_name_mapping has no 'maping'; meant 'mapping'?",
        ),
        (
            "transformations:\n  - {type: replace_string, regex: '(a)', replacement: '\\2'}\n",
            "p.yml:2:55: the expression has no group '2'; it has 1 group",
        ),
        (
            "transformations:\n  - {id: a, type: case}\n  - {id: a, type: case}\n",
            "p.yml:3:10: the id 'a' is that of another",
        ),
        (
            "transformations:\n  - {type: case, rule_conditions: [{type: processing_item_applied, processing_item_id: b}]}\n",
            "p.yml:2:88: no transformation has the id 'b'",
        ),
        ("transformations:\n  - {type: http_placeholders, url: x}\n", "p.yml:2:12: http_placeholders asks a server"),
        (
            "transformations:\n  - {type: command_placeholders, cmd: x}\n",
            "p.yml:2:12: command_placeholders runs a command",
        ),
        (
            "transformations:\n  - {type: extract_fields, regex: '(a)'}\n",
            "p.yml:2:35: extract_fields needs a named group",
        ),
        ("prioritity: 1\n", "p.yml:1:1: a pipeline has no 'prioritity'"),
    ] {
        let found = errors(text);
        assert!(found[0].starts_with(want), "{text}: {found:?}");
    }
    let two = errors("transformations:\n  - {type: a}\n  - {type: b}\n");
    assert_eq!(two.len(), 2, "{two:?}");
}

/// What a rule set makes of a rule and a pipeline.
#[test]
fn a_rule_set_uses_them() {
    let text = format!("{HEAD}detection: {{s: {{CommandLine|expand: '%words%'}}, condition: s}}\n");
    let mut file = RuleFile::new("r.yml", text);
    let set = RuleSet::load(std::slice::from_ref(&file));
    assert!(set.rules()[0].reason.as_deref().is_some_and(|r| r.contains("--pipeline")));
    let plain = set.hash().to_owned();
    let p = load("vars: {words: [x, y]}\ntransformations: [{type: value_placeholders}]");
    file.pipelines = Some(p.into());
    let set = RuleSet::load(std::slice::from_ref(&file));
    assert!(set.rules()[0].loaded, "{:?}", set.rules()[0].reason);
    assert_ne!(set.hash(), plain);
    file.pipelines = Some(load("transformations: [{type: rule_failure, message: not here}]").into());
    let set = RuleSet::load(std::slice::from_ref(&file));
    assert_eq!(set.rules()[0].reason.as_deref(), Some("r.yml:1:1: pipeline p.yml: not here"));
}

/// A pipeline with many transformations, to be damaged.
const MANY: &str = "name: p\nvars: {list: [a, b*], one: x}\ntransformations:\n  - {type: value_placeholders}\n  - {type: field_name_mapping, mapping: {A: [X, Y], B: Z}}\n  - {type: replace_string, regex: '^(.)', replacement: '\\1$\\g<1>', skip_special: true}\n  - {type: hashes_fields, valid_hash_algos: [MD5], field_prefix: F}\n  - {type: add_condition, conditions: {i: [$product, 1]}, template: true}\n  - {type: regex, field_name_conditions: [{type: include_fields, fields: [Z]}]}\n  - {type: change_logsource, product: x}\n  - {type: case, rule_conditions: {a: {type: is_sigma_rule}, b: {type: tag, tag: x}}, rule_cond_expression: a and not b}\n";

proptest::proptest! {
    #[test]
    fn damaged_pipelines_change_rules_or_say_why(
        cut in proptest::collection::vec((0..MANY.len(), "[a-z%*\\\\'{}\\[\\]: ,-]{0,3}"), 0..4),
        value in "[a-zA-Z=%*?\\\\é]{0,12}",
    ) {
        let mut text = MANY.to_owned();
        for (at, with) in cut {
            let at = text.floor_char_boundary(at.min(text.len().saturating_sub(1)));
            let end = text.ceil_char_boundary((at + 2).min(text.len()));
            text.replace_range(at..end, &with);
        }
        match Pipelines::load(&[("p.yml".into(), text)]) {
            Err(wrong) => proptest::prop_assert!(wrong.iter().all(|e| e.line > 0 && !e.message.is_empty())),
            Ok(p) => {
                let v = value.replace('\'', "");
                let doc = rule(&format!("{{s: {{A|contains|expand: ['{v}', '%list%{v}', 7], Hashes: 'MD5={v}'}}, t: [{{B|endswith: '{v}'}}, '{v}'], condition: s or t}}"));
                match p.apply(&doc, &Among::default()) {
                    Err(e) => proptest::prop_assert!(e.line > 0 && !e.message.is_empty()),
                    Ok(n) => {
                        let _ = crate::detect::sigma::rule::parse(&n);
                    }
                }
            }
        }
    }
}

#[test]
fn fields_of_our_own_attributes_are_renamed_as_well() {
    let node = |text: &str| yaml::parse(text).remove(0).expect("valid");
    let one = load("transformations:\n  - {type: field_name_mapping, mapping: {A: X, C: [Y, Z]}}\n");
    let own = "secstream: {group_by: [A, B, C], shows: A, redeemed_by: {rule: r, field: A}, cooldown: 1m}\n";
    let detection = format!("title: D\ndetection: {{s: {{A: 1}}, condition: s}}\n{own}");
    let counted = "correlation: {type: event_count, rules: [x], group-by: [A], timespan: 5m, condition: {gte: 3}}\n";
    for rule in [detection, format!("title: C\n{counted}{own}")] {
        let made = one.apply(&node(&rule), &Among::default()).expect("it is changed");
        let own = made.get("secstream").expect("kept");
        let of = |n: &Node, key: &str| n.get(key).map(dump).unwrap_or_default();
        assert_eq!(of(own, "group_by"), "['X', 'B', 'Y', 'Z']");
        assert_eq!((of(own, "shows"), of(own, "cooldown")), ("'X'".to_owned(), "1m".to_owned()));
        assert_eq!(own.get("redeemed_by").map(|r| of(r, "field")).as_deref(), Some("'X'"));
    }
    let several = "title: D\ndetection: {s: {A: 1}, condition: s}\nsecstream: {redeemed_by: {rule: r, field: C}}\n";
    let refused = one.apply(&node(several), &Among::default()).expect_err("one field becomes two");
    assert!(refused.message.contains("'C' becomes several fields"), "{}", refused.message);
}
