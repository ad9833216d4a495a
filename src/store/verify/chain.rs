//! Do the chains of operations hold?

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::report::Kind;
use super::{Report, list, text, without};
use crate::store::canonical::digest;
use crate::store::ops::{GENESIS, link};

/// What of an operation's object is its place, not its content.
const PLACE: [&str; 6] = ["pos", "seq", "prev", "body", "hash", "digest"];

/// Checks each operation's hashes and each writer's chain.
pub(super) fn check(report: &mut Report, document: &Value) {
    for op in list(document, "operations") {
        report.operations += 1;
        let name = name(op);
        if op["body"] != digest(&without(op, &PLACE)) {
            report.add(Kind::Item, &name, "its content was changed: it does not match its hash");
        } else {
            super::check_digest(report, &name, op, &[]);
        }
        let hash = link(text(&op["writer"]), op["seq"].as_i64().unwrap_or(0), text(&op["prev"]), text(&op["body"]));
        if op["hash"] != hash {
            report.add(Kind::Item, &name, "its link was changed: number, body and link before do not give its hash");
        }
    }
    for chain in list(document, "chains") {
        check_chain(report, document, chain);
    }
    check_linked(report, document);
    check_order(report, document);
}

/// Every operation stands in a chain; where a chain is broken that is said already.
fn check_linked(report: &mut Report, document: &Value) {
    if report.failed(Kind::Chain) {
        return;
    }
    let linked: BTreeSet<(&str, i64, &str)> = list(document, "chains")
        .iter()
        .flat_map(|c| list(c, "links").iter().map(|l| place(&c["writer"], &l["seq"], &l["operation"])))
        .collect();
    for op in list(document, "operations") {
        if !linked.contains(&place(&op["writer"], &op["seq"], &op["id"])) {
            report.add(Kind::Chain, format!("chain of {}", text(&op["writer"])), format!("{} is not in it", name(op)));
        }
    }
}

fn place<'a>(writer: &'a Value, seq: &Value, id: &'a Value) -> (&'a str, i64, &'a str) {
    (text(writer), seq.as_i64().unwrap_or(-1), text(id))
}

fn name(op: &Value) -> String {
    format!("operation {} ({} number {})", text(&op["id"]), text(&op["writer"]), op["seq"])
}

fn check_chain(report: &mut Report, document: &Value, chain: &Value) {
    let writer = text(&chain["writer"]);
    let whole = format!("chain of {writer}");
    let mut seq = chain["first"].as_i64().unwrap_or(0);
    let mut prev = text(&chain["prev"]).to_owned();
    if seq == 1 && prev != GENESIS {
        report.add(Kind::Chain, &whole, "does not begin at its beginning");
        return;
    }
    let mine = list(document, "operations").iter().filter(|o| o["writer"] == chain["writer"]);
    let operations: BTreeMap<&str, &Value> = mine.map(|o| (text(&o["id"]), o)).collect();
    for item in list(chain, "links") {
        if item["seq"] != json!(seq) {
            report.add(Kind::Chain, &whole, format!("number {seq} is missing"));
            return;
        }
        let hash = link(writer, seq, &prev, text(&item["body"]));
        if let Some(id) = item["operation"].as_str() {
            match operations.get(id) {
                None => {
                    let item = format!("operation {id} ({writer} number {seq})");
                    report.add(Kind::Chain, item, "is missing from the document");
                    return;
                }
                Some(op)
                    if op["body"] != item["body"] || op["prev"] != prev.as_str() || op["hash"] != hash.as_str() =>
                {
                    report.add(Kind::Chain, name(op), "does not fit into its writer's chain");
                    return;
                }
                Some(_) => {}
            }
        }
        prev = hash;
        seq = seq.saturating_add(1);
    }
    if chain["head"] != prev.as_str() {
        report.add(Kind::Chain, whole, "its links do not lead to its head");
    }
}

/// Operations stand in the order in which the database took them.
fn check_order(report: &mut Report, document: &Value) {
    let mut before = 0;
    for op in list(document, "operations") {
        let pos = op["pos"].as_i64().unwrap_or(0);
        if pos <= before {
            report.add(Kind::Chain, name(op), "stands out of order");
        }
        before = pos;
    }
}
