//! What an export held, as its operation records it: the digests of all items.
//!
//! The operation stands in its writer's chain. Who changes an item and recomputes
//! its digest and the document's must change the chain as well, and all that was
//! appended to it since.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// The kind of the operation.
pub(super) const KIND: &str = "case.export";
/// First digits of a record's digest that an alert's list of them has of each: they
/// only tell which record is another; that one is, the whole digest of the list tells.
const SHORT: usize = 8;

/// The sections of a document, and what names an item in each.
const SECTIONS: [(&str, &str); 6] =
    [("items", "item"), ("alerts", "id"), ("events", "event"), ("notes", "id"), ("sources", "id"), ("rules", "id")];

/// What does not hold of a manifest: the item's name and the problem.
pub(super) type Differing = Vec<(String, &'static str)>;

/// The payload of the operation: digests by section and name.
pub(super) fn of(document: &Value) -> Value {
    let mut sections = Map::new();
    for (section, by) in SECTIONS {
        let all = named(document, section, by);
        let digests: Map<_, _> = all.into_iter().map(|(name, i)| (name, i["digest"].clone())).collect();
        sections.insert(section.to_owned(), Value::Object(digests));
    }
    let records: Map<_, _> =
        items(document, "alerts").iter().map(|a| (text(&a["id"]).to_owned(), json!(short(a)))).collect();
    json!({
        "case": document["case"]["digest"], "tool": document["tool"], "digests": sections, "records": records,
    })
}

/// What of the document is not what its last export recorded; `None` where no export is in it.
pub(super) fn compare(document: &Value) -> Option<Differing> {
    let target = format!("case:{}", text(&document["case"]["id"]));
    let op = items(document, "operations").iter().rfind(|o| o["kind"] == KIND && o["target"] == target.as_str())?;
    let mut found = Differing::new();
    if op["writer"] != document["exported_by"] || op["time"] != document["exported_at"] {
        found.push(("document".to_owned(), "was not exported by the one and at the time that its operation says"));
    }
    let manifest = &op["payload"];
    if manifest["tool"] != document["tool"] {
        found.push(("document".to_owned(), "its \"tool\" is not the one that exported it"));
    }
    if manifest["case"] != document["case"]["digest"] {
        found.push((format!("case {}", text(&document["case"]["id"])), OTHER));
    }
    for (section, by) in SECTIONS {
        let recorded = manifest["digests"][section].as_object();
        let mut there = BTreeSet::new();
        for (name, item) in named(document, section, by) {
            let kind = section.trim_end_matches('s');
            match recorded.and_then(|r| r.get(&name)) {
                None => found.push((called(kind, item, &name), "was not among what was exported")),
                Some(digest) if *digest != item["digest"] => {
                    let records = if section == "alerts" { records(item, manifest) } else { Vec::new() };
                    if records.is_empty() {
                        found.push((called(kind, item, &name), OTHER));
                    }
                    found.extend(records.into_iter().map(|n| (format!("alert {name} evidence {n}"), OTHER)));
                }
                Some(_) => {}
            }
            there.insert(name);
        }
        for name in recorded.into_iter().flat_map(Map::keys).filter(|n| !there.contains(*n)) {
            found.push((format!("{} {name}", section.trim_end_matches('s')), "was exported but is missing"));
        }
    }
    Some(found)
}

const OTHER: &str = "is not what was exported: the export's operation has another digest";

/// The item as the other checks call it.
fn called(kind: &str, item: &Value, name: &str) -> String {
    match kind {
        "note" => format!("note {name} on {}", text(&item["target"])),
        "source" => format!("source {}", text(&item["name"])),
        "rule" => format!("rule {}", text(&item["id"])),
        _ => format!("{kind} {name}"),
    }
}

/// The records of an alert that are others than those exported, by number.
fn records(alert: &Value, manifest: &Value) -> Vec<u64> {
    let (was, now) = (text(&manifest["records"][text(&alert["id"])]), short(alert));
    if was.len() != now.len() {
        return Vec::new(); // one is missing, or more were added
    }
    let differing = |at: &usize| was.get(*at..at + SHORT) != now.get(*at..at + SHORT);
    (0..was.len()).step_by(SHORT).filter(differing).map(|at| (at / SHORT) as u64 + 1).collect()
}

fn short(alert: &Value) -> String {
    items(alert, "evidence").iter().filter_map(|e| e["digest"].as_str()?.get(..SHORT)).collect()
}

/// The items of a section under a name each; of one rule there may be several texts.
fn named<'a>(document: &'a Value, section: &str, by: &str) -> Vec<(String, &'a Value)> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut out = Vec::new();
    for item in items(document, section) {
        let name = item[by].as_str().map_or_else(|| item[by].to_string(), str::to_owned);
        let n = seen.entry(name.clone()).and_modify(|n| *n += 1).or_insert(1);
        out.push((if *n == 1 { name } else { format!("{name} ({n})") }, item));
    }
    out
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}

fn items<'a>(document: &'a Value, section: &str) -> &'a [Value] {
    document[section].as_array().map_or(&[], Vec::as_slice)
}
