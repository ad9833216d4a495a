//! Do the operations lead to the state that the document shows? Someone who
//! changes a verdict and its digest must change the chain as well.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::report::Kind;
use super::{Report, list, text};

/// State of what the operations are about, made from nothing else.
#[derive(Default)]
struct State<'a> {
    case: BTreeMap<&'a str, &'a Value>,
    status: BTreeMap<&'a str, &'a Value>,
    marks: BTreeMap<&'a str, &'a Value>,
    tags: BTreeMap<&'a str, BTreeSet<&'a str>>,
    notes: BTreeMap<&'a str, &'a Value>,
    items: BTreeMap<&'a str, &'a Value>,
}

/// Replays the operations and compares.
pub(super) fn check(report: &mut Report, document: &Value) {
    let mut state = State::default();
    for op in list(document, "operations") {
        take(&mut state, op, text(&document["case"]["id"]));
    }
    check_case(report, document, &state);
    for alert in list(document, "alerts") {
        let id = text(&alert["id"]);
        let new = json!({"status": "new", "verdict": null, "reason": null, "until": null, "by": null, "at": null,
                         "revision": null});
        let target = format!("alert:{id}");
        if alert["triage"] != **state.status.get(target.as_str()).unwrap_or(&&new) {
            report.add(Kind::State, format!("alert {id}"), "its status or verdict is not what the operations say");
        }
        check_tags(report, &state, &target, &alert["tags"]);
    }
    for event in list(document, "events") {
        let target = format!("event:{}", text(&event["event"]));
        if event["mark"] != **state.marks.get(target.as_str()).unwrap_or(&&Value::Null) {
            report.add(Kind::State, target.replacen(':', " ", 1), "its mark is not what the operations say");
        }
        check_tags(report, &state, &target, &event["tags"]);
    }
    check_missing(report, document, &state);
    check_notes(report, document, &mut state);
    check_items(report, document, &mut state);
}

fn take<'a>(state: &mut State<'a>, op: &'a Value, case: &str) {
    let p = &op["payload"];
    let target = text(&op["target"]);
    let this_case = target.strip_prefix("case:") == Some(case);
    match text(&op["kind"]) {
        "alert.status" => drop(state.status.insert(target, &p["to"])),
        "event.mark" => drop(state.marks.insert(target, &p["to"])),
        "tag.add" => drop(state.tags.entry(target).or_default().insert(text(&p["tag"]))),
        "tag.remove" => drop(state.tags.entry(target).or_default().remove(text(&p["tag"]))),
        "note.add" => drop(state.notes.insert(text(&op["id"]), op)),
        "note.remove" => drop(state.notes.remove(text(&p["note"]))),
        "item.add" if this_case => drop(state.items.entry(text(&p["item"])).or_insert(op)),
        "item.remove" if this_case => drop(state.items.remove(text(&p["item"]))),
        "case.create" if this_case => {
            for name in ["uid", "title", "severity"] {
                state.case.insert(name, &p[name]);
            }
            state.case.insert("opened", &op["time"]);
            state.case.insert("opened_by", &op["writer"]);
        }
        "case.set" if this_case && p["field"] == "state" => {
            for name in ["state", "resolution", "closed"] {
                state.case.insert(name, &p["to"][name]);
            }
        }
        "case.set" if this_case => drop(state.case.insert(text(&p["field"]), &p["to"])),
        _ => {}
    }
}

fn check_case(report: &mut Report, document: &Value, state: &State<'_>) {
    let case = &document["case"];
    let id = text(&case["id"]);
    let open = json!("open");
    for name in ["uid", "title", "severity", "opened", "opened_by", "state", "resolution", "closed", "assignee"] {
        let first = if name == "state" { &open } else { &Value::Null };
        if case[name] != **state.case.get(name).unwrap_or(&first) {
            report.add(
                Kind::State,
                format!("case {id}"),
                format!("its {} is not what the operations say", name.replace('_', " ")),
            );
        }
    }
    check_tags(report, state, &format!("case:{id}"), &case["tags"]);
}

fn check_tags(report: &mut Report, state: &State<'_>, target: &str, tags: &Value) {
    let shown: BTreeSet<&str> = tags.as_array().map_or(&[][..], Vec::as_slice).iter().map(text).collect();
    if shown != state.tags.get(target).cloned().unwrap_or_default() {
        report.add(Kind::State, target.replacen(':', " ", 1), "its tags are not what the operations say");
    }
}

/// A record that was marked or tagged must be there to show it.
fn check_missing(report: &mut Report, document: &Value, state: &State<'_>) {
    let shown: BTreeSet<&str> = list(document, "events").iter().map(|e| text(&e["event"])).collect();
    let marked = state.marks.iter().filter(|(_, to)| !to.is_null()).map(|(target, _)| *target);
    let tagged = state.tags.iter().filter(|(_, tags)| !tags.is_empty()).map(|(target, _)| *target);
    let events: BTreeSet<&str> = marked.chain(tagged).filter_map(|t| t.strip_prefix("event:")).collect();
    for key in events.difference(&shown) {
        report.add(Kind::State, format!("event {key}"), "was marked or tagged but is missing from the document");
    }
}

fn check_notes(report: &mut Report, document: &Value, state: &mut State<'_>) {
    for note in list(document, "notes") {
        let id = text(&note["id"]);
        let same = state.notes.remove(id).is_some_and(|op| {
            op["payload"]["text"] == note["text"]
                && op["writer"] == note["writer"]
                && op["target"] == note["target"]
                && op["time"] == note["time"]
        });
        if !same {
            report.add(
                Kind::State,
                format!("note {id} on {}", text(&note["target"])),
                "is not what the operations say",
            );
        }
    }
    for (id, op) in &state.notes {
        report.add(Kind::State, format!("note {id} on {}", text(&op["target"])), "is missing from the document");
    }
}

fn check_items(report: &mut Report, document: &Value, state: &mut State<'_>) {
    for item in list(document, "items") {
        let name = text(&item["item"]);
        let op = state.items.remove(name);
        if op.is_none_or(|op| op["writer"] != item["added_by"] || op["time"] != item["added_at"]) {
            report.add(Kind::State, format!("item {name}"), "is not what the operations say");
        }
    }
    for name in state.items.keys() {
        report.add(Kind::State, format!("item {name}"), "is missing from the document");
    }
}
