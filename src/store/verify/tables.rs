//! Checks what people decided, as the tables show it, against the log of
//! operations: the log is applied once more from nothing, and the two compared.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use rusqlite::types::Value;

use super::Finding;
use crate::store::apply::apply;
use crate::store::error::Result;
use crate::store::ops::Operation;
use crate::store::types::Target;

/// The tables and columns that only operations write. What comes from logs is
/// not here: reading a log again makes it anew.
const MADE: &str = "
CREATE TABLE alerts (id PRIMARY KEY, status DEFAULT 'new', verdict, reason, snoozed_until, decided_by, decided_at, decided_revision);
CREATE TABLE evidence (key PRIMARY KEY, marked_by, marked_at);
CREATE TABLE cases (id PRIMARY KEY, uid, title, state, resolution, severity, assignee, opened, opened_by, closed, withdrawn DEFAULT 0);
CREATE TABLE case_items (case_id, item, added_by, added_at, PRIMARY KEY (case_id, item));
CREATE TABLE tags (target, tag, added_by, added_at, PRIMARY KEY (target, tag));
CREATE TABLE notes (id PRIMARY KEY, target, text, writer, time);
";

/// A table: its name for people, how many columns are its key, and the question.
const COMPARED: &[(&str, usize, &str)] = &[
    (
        "alert",
        1,
        "SELECT id, status, verdict, reason, snoozed_until, decided_by, decided_at, decided_revision FROM alerts
         WHERE status <> 'new' OR coalesce(verdict, reason, snoozed_until, decided_by, decided_at, decided_revision)
           IS NOT NULL",
    ),
    ("mark of event", 1, "SELECT key, marked_by, marked_at FROM evidence WHERE marked_at IS NOT NULL"),
    (
        "case",
        1,
        "SELECT id, uid, title, state, resolution, severity, assignee, opened, opened_by, closed, withdrawn FROM cases",
    ),
    ("item of case", 2, "SELECT case_id, item, added_by, added_at FROM case_items"),
    ("tag of", 2, "SELECT target, tag, added_by, added_at FROM tags"),
    ("note", 1, "SELECT id, target, text, writer, time FROM notes"),
];

type Rows = BTreeMap<String, Vec<(String, Value)>>;

/// What differs between the tables and what the operations, in order, make.
pub(super) fn compare(store: &Connection, operations: &[Operation], findings: &mut Vec<Finding>) -> Result<()> {
    let made = Connection::open_in_memory()?;
    made.execute_batch(MADE)?;
    let targets: BTreeSet<&str> = operations.iter().map(|o| o.target.as_str()).collect();
    for t in targets {
        match t.split_once(':') {
            Some(("alert", id)) => made.execute("INSERT OR IGNORE INTO alerts (id) VALUES (?1)", [id])?,
            Some(("event", key)) => made.execute("INSERT OR IGNORE INTO evidence (key) VALUES (?1)", [key])?,
            _ => 0,
        };
    }
    for op in operations {
        let done = Target::parse(&op.target).map(|t| apply(&made, op, &t));
        if !matches!(done, Some(Ok(()))) {
            findings.push(Finding { item: format!("operation {}", op.id), problem: "cannot be applied".to_owned() });
        }
    }
    for (what, keys, question) in COMPARED {
        let (there, should) = (rows(store, *keys, question)?, rows(&made, *keys, question)?);
        for key in there.keys().chain(should.keys()).collect::<BTreeSet<_>>() {
            let problem = match (there.get(key), should.get(key)) {
                (Some(_), None) => "no operation made it so".to_owned(),
                (None, Some(_)) => "the log of operations has it, the store does not".to_owned(),
                (Some(a), Some(b)) => {
                    let differing: Vec<&str> =
                        a.iter().zip(b).filter(|(x, y)| x.1 != y.1).map(|(x, _)| x.0.as_str()).collect();
                    if differing.is_empty() {
                        continue;
                    }
                    format!("{} not as the log of operations has it", differing.join(", "))
                }
                (None, None) => continue,
            };
            findings.push(Finding { item: format!("{what} {key}"), problem });
        }
    }
    Ok(())
}

fn rows(c: &Connection, keys: usize, question: &str) -> Result<Rows> {
    let mut s = c.prepare(question)?;
    let names: Vec<String> = s.column_names().map(str::to_owned).collect();
    let mut out = Rows::new();
    let mut rows = s.query([])?;
    while let Some(r) = rows.next()? {
        let mut key = Vec::new();
        let mut values = Vec::new();
        for (i, name) in names.iter().enumerate() {
            if i < keys {
                key.push(r.get::<_, String>(i)?);
            } else {
                values.push((name.clone(), r.get::<_, Value>(i)?));
            }
        }
        out.insert(key.join(" "), values);
    }
    Ok(out)
}
