//! The fields that a rule's `secstream` attributes name: pipelines rename them as they do
//! those of its searches.

use std::collections::BTreeSet;

use super::Named;
use super::tree::scalar;
use crate::detect::sigma::yaml::{Node, Value};

/// Where they stand, and whether one may become several there.
const PLACES: &[(&[&str], bool)] = &[
    (&["group_by"], true),
    (&["shows"], true),
    (&["redeemed_by", "field"], false),
    (&["redeemed_by", "once_by"], true),
];

/// The fields, in the order of their places.
pub(super) fn fields(rule: &Node) -> Vec<Named> {
    let Some(own) = rule.get("secstream") else { return Vec::new() };
    let of = |(path, several): &(&[&str], bool)| -> Vec<Named> {
        let node = path.iter().try_fold(own, |n, key| n.get(key));
        let names = node.map_or(&[][..], Node::items).iter().filter_map(Node::text);
        names.map(|n| Named { names: vec![n.to_owned()], several: *several, applied: BTreeSet::new() }).collect()
    };
    PLACES.iter().flat_map(of).collect()
}

/// Gives them their names, in the same order.
pub(super) fn rename(own: &mut Node, named: Vec<Named>) {
    let mut named = named.into_iter();
    for (path, _) in PLACES {
        let found = path.iter().try_fold(&mut *own, |n, key| match &mut n.value {
            Value::Map(entries) => entries.iter_mut().find(|(k, _)| k.text() == Some(key)).map(|(_, v)| v),
            _ => None,
        });
        let Some(node) = found else { continue };
        let mut new = Vec::new();
        for n in node.items() {
            match n.text() {
                Some(_) => {
                    let names = named.next().map(|n| n.names).unwrap_or_default();
                    new.extend(names.into_iter().map(|name| scalar((n.line, n.column), name)));
                }
                None => new.push(n.clone()),
            }
        }
        if node.seq().is_some() || new.len() > 1 {
            *node = Node { line: node.line, column: node.column, value: Value::Seq(new) };
        } else if let Some(one) = new.pop() {
            *node = one;
        }
    }
}
