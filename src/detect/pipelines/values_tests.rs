//! Values as transformations and conditions see them: with what their modifiers
//! mean, and only where they are texts.

use super::tests::{changed, dump, load as load_text, rule};
use super::{Among, Pipelines};

/// A transformation of a search `s`.
fn after(step: &str, search: &str) -> String {
    changed(step, search)
}

#[test]
fn regular_expressions_and_fields_are_no_texts() {
    for step in [
        "{type: case, method: lower}",
        "{type: replace_string, regex: 'S', replacement: T}",
        "{type: map_string, mapping: {'^\\S+$': x}}",
        "{type: convert_type, target_type: num}",
        "{type: regex}",
    ] {
        for search in ["{A|re: '^\\S+$'}", "{A|fieldref: 'CommandLine'}", "{A|cidr: '10.0.0.0/8'}"] {
            assert_eq!(after(step, search), search, "{step}");
        }
    }
    assert_eq!(after("{type: case, method: upper}", "{A|contains: 'ab'}"), "{A|contains: 'AB'}");
    // A placeholder is none, either.
    assert_eq!(
        after("{type: case, method: upper}", "{A|expand: 'x%one%'}"),
        "error placeholders (expand) need values: a pipeline with value_placeholders gives them (--pipeline)"
    );
}

#[test]
fn values_are_seen_with_their_modifiers() {
    for (step, search, want) in [
        ("{type: set_value, value: x}", "{A|contains: bob}", "{A: x}"),
        ("{type: set_value, value: x}", "{A|re|i: bob}", "{A: x}"),
        ("{type: set_value, value: x}", "{A|exists: true}", "{A: x}"),
        ("{type: set_value, value: null}", "{A|startswith: bob}", "{A: nullnull}"),
        ("{type: set_value, value: x}", "{A|expand: '%one%'}", "{A: x}"),
        ("{type: set_value, value: x}", "{A|contains|neq: bob}", "{A|neq: x}"),
        ("{type: map_string, mapping: {bob: x}}", "{A|contains: bob}", "{A|contains: bob}"),
        ("{type: map_string, mapping: {'*bob*': x}}", "{A|contains: [bob, al]}", "{A: ['x', '*al*']}"),
        ("{type: map_string, mapping: {bob: x}}", "{A|cased: bob}", "{A: 'x'}"),
        ("{type: convert_type, target_type: num}", "{A|contains: '5'}", "error pipeline p: '*5*' is no number"),
        ("{type: case, method: snake_case}", "{A: 'CMD'}", "{A: 'c_m_d'}"),
        ("{type: replace_string, regex: '^7$', replacement: '8'}", "{A: [7, 9]}", "{A: ['8', 9]}"),
        // What is not replaced stays what it was; what comes in is read for wildcards.
        ("{type: replace_string, regex: 'b', replacement: 'c*'}", "{A: 'C:\\\\*\\*b'}", "{A: 'C:\\\\*\\*c*'}"),
        (
            "{type: replace_string, regex: '\\\\cmd', replacement: '/cmd'}",
            "{A|endswith: '\\cmd.exe'}",
            "{A: '*/cmd.exe'}",
        ),
    ] {
        assert_eq!(after(step, search), want, "{step} {search}");
    }
}

#[test]
fn conditions_see_them_so_too() {
    let set = |cond: &str, search: &str| {
        let step = format!("{{type: set_value, value: 1, detection_item_conditions: [{cond}]}}");
        after(&step, search) != after("{type: field_name_mapping, mapping: {}}", search)
    };
    for (cond, search, want) in [
        ("{type: match_string, cond: any, pattern: ob}", "{A: bob}", false),
        ("{type: match_string, cond: any, pattern: '.*ob'}", "{A: bob}", true),
        ("{type: match_string, cond: any, pattern: bo}", "{A|contains: bob}", false),
        ("{type: match_string, cond: any, pattern: '\\*bo'}", "{A|contains: bob}", true),
        ("{type: match_string, cond: any, pattern: bo}", "{A|re: bob}", false),
        ("{type: match_string, cond: any, pattern: bo, negate: true}", "{A: null}", true),
        ("{type: match_value, cond: any, value: bob}", "{A: bob}", true),
        ("{type: match_value, cond: any, value: bob}", "{A|startswith: bob}", false),
        ("{type: match_value, cond: any, value: 5}", "{A: 5}", true),
        ("{type: match_value, cond: any, value: 5}", "{A: '5'}", false),
        ("{type: contains_wildcard, cond: any}", "{A|contains: bob}", true),
        ("{type: contains_wildcard, cond: any}", "{A|re: 'b*'}", false),
    ] {
        assert_eq!(set(cond, search), want, "{cond} {search}");
    }
}

#[test]
fn fields_are_extracted() {
    let step = |more: &str| format!("{{type: extract_fields, regex: '(?P<kind>[A-Z]+):(?P<n>[0-9]+)?'{more}}}");
    for (more, search, want) in [
        ("", "{A: 'MD:5'}", "{kind: 'MD', n: 5}"),
        (", field_prefix: A", "{A: ['MD:05', 'X:']}", "[{A.kind: 'MD', A.n: '05'}, {A.kind: 'X'}]"),
        ("", "{A: ['MD:5', other]}", "{kind: 'MD', n: 5}"),
        (", preserve_unmatched: true", "{A: ['MD:5', other]}", "[{kind: 'MD', n: 5}, {A: 'other'}]"),
        ("", "{A: other}", "{A: other}"),
        ("", "{A: 'x MD:5'}", "{A: 'x MD:5'}"),
        ("", "{A|neq: 'MD:5'}", "error pipeline p: fields cannot be extracted from a value with 'neq'"),
    ] {
        assert_eq!(after(&step(more), search), want, "{more} {search}");
    }
}

#[test]
fn lists_of_files() {
    let load = |step: &str| {
        let text = format!("transformations:\n  - {step}\n");
        Pipelines::load_with(&[("dir/p.yml".into(), text)], &mut |of, name| match (of, name) {
            ("dir/p.yml", "hosts.txt") => Ok("dc1\n\n  dc2 \nx\n".into()),
            ("dir/p.yml", "hosts.csv") => Ok("id,host\n1,\"dc,1\"\n2,dc2\n".into()),
            _ => Err(format!("{name}: not there")),
        })
    };
    for (step, want) in [
        ("{type: file_placeholders, path: hosts.txt, filter: '^dc'}", "{A: ['dc1', 'dc2']}"),
        ("{type: file_placeholders, path: hosts.csv, format: csv, csv_column: host}", "{A: ['dc,1', 'dc2']}"),
        ("{type: file_placeholders, path: hosts.csv, format: csv, csv_column: 0}", "{A: ['1', '2']}"),
        ("{type: file_placeholders, path: gone.txt}", "gone.txt: not there"),
        ("{type: file_placeholders, path: hosts.csv, format: csv, csv_column: name}", "the file has no column 'name'"),
        ("{type: file_placeholders, path: hosts.txt, format: json, jq_expression: .a}", "taken apart with jq"),
    ] {
        match load(step) {
            Ok(p) => {
                let doc = p.apply(&rule("{s: {A|expand: '%h%'}, condition: s}"), &Among::default()).expect(step);
                assert_eq!(doc.get("detection").and_then(|d| d.get("s")).map(dump).as_deref(), Some(want));
            }
            Err(e) => assert!(e[0].message.contains(want), "{step}: {e:?}"),
        }
    }
}

#[test]
fn variables_are_shared() {
    let uses = ("a.yml".to_owned(), "priority: 20\ntransformations: [{type: value_placeholders}]".to_owned());
    let lists = ("b.yml".to_owned(), "priority: 10\nvars: {h: [dc1, dc2], i: old}\n".to_owned());
    let over = ("c.yml".to_owned(), "priority: 30\nvars: {i: new}\n".to_owned());
    let p = Pipelines::load(&[uses, lists, over]).expect("they are right");
    let doc = p.apply(&rule("{s: {A|expand: '%h%', B|expand: '%i%'}, condition: s}"), &Among::default());
    let doc = doc.expect("changed");
    assert_eq!(
        doc.get("detection").and_then(|d| d.get("s")).map(dump).as_deref(),
        Some("{A: ['dc1', 'dc2'], B: 'new'}")
    );
    // A list of nothing is read; what needs it says so.
    let p = load_text("vars: {h: []}\ntransformations: [{type: value_placeholders}]");
    let e = p.apply(&rule("{s: {A|expand: '%h%'}, condition: s}"), &Among::default()).expect_err("no value");
    assert!(e.message.contains("no values"), "{e}");
}

#[test]
fn an_item_is_processed_by_what_changed_it() {
    for (kind, not) in [("field_name", "true"), ("detection_item", "true")] {
        let p = load_text(&format!(
            "transformations:\n  - {{id: one, type: field_name_mapping, mapping: {{Image: exe}}}}\n  - type: field_name_prefix\n    prefix: win.\n    {kind}_cond_not: {not}\n    {kind}_conditions: [{{type: processing_item_applied, processing_item_id: one}}]\n"
        ));
        let doc = p.apply(&rule("{s: {User: bob, Image: x}, condition: s}"), &Among::default()).expect("changed");
        let s = doc.get("detection").and_then(|d| d.get("s")).map(dump);
        assert_eq!(s.as_deref(), Some("{win.User: bob, exe: x}"), "{kind}");
    }
}

#[test]
fn states_compare() {
    for (op, value, want) in
        [("eq", "5", true), ("ne", "5", false), ("gt", "4", true), ("lt", "10", true), ("gte", "6", false)]
    {
        let p = load_text(&format!(
            "transformations:\n  - {{type: set_state, key: k, val: 5}}\n  - {{type: field_name_prefix, prefix: w., rule_conditions: [{{type: processing_state, key: k, val: {value}, op: {op}}}]}}\n"
        ));
        let doc = p.apply(&rule("{s: {User: bob}, condition: s}"), &Among::default()).expect("changed");
        let s = doc.get("detection").and_then(|d| d.get("s")).map(dump);
        assert_eq!(s.as_deref() == Some("{w.User: bob}"), want, "{op} {value}");
    }
}

#[test]
fn the_rest_of_a_condition_is_kept() {
    let p = load_text(
        "transformations: [{type: drop_detection_item, field_name_conditions: [{type: include_fields, fields: [User]}]}]",
    );
    for (detection, want) in [
        ("{s: {Image: x}, f: {User: bob}, condition: s and not f}", Some("s")),
        ("{s1: {Image: x}, s2: {User: bob}, condition: all of s*}", Some("s1")),
        ("{s: {User: bob}, condition: s}", None),
    ] {
        let doc = p.apply(&rule(detection), &Among::default()).expect("changed");
        let parsed = crate::detect::sigma::rule::parse(&doc);
        match want {
            None => assert!(parsed.is_err_and(|e| e.message.contains("leaves nothing of the condition"))),
            Some(name) => {
                let crate::detect::sigma::rule::Body::Detection(_, d) = parsed.expect("valid").body else { panic!() };
                assert_eq!(d.names, [name]);
                assert_eq!(d.condition, crate::detect::sigma::condition::Cond::Search(0));
            }
        }
    }
}
