//! Checks what a log's reading wrote: the columns of an alert against its
//! document, and its list of evidence against the number it says.
//!
//! What is changed in one place is found. Who changes both in step is found
//! only with the log (`cases verify --source`): no hash covers what each reading
//! may write anew.

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::Value;

use super::Finding;
use crate::alert::MAX_EVIDENCE;
use crate::event::{Severity, Ts};
use crate::store::error::Result;

/// Columns that stand in the document under the same name.
const SAME: [&str; 15] = [
    "score",
    "rule",
    "rule_id",
    "src_ip",
    "user",
    "host",
    "count",
    "dedup_key",
    "message",
    "revision",
    "state",
    "rule_type",
    "confidence",
    "timestamp",
    "last",
];

/// What differs between the alerts' columns, documents and evidence.
pub(super) fn compare(c: &Connection, findings: &mut Vec<Finding>) -> Result<()> {
    let question = format!(
        "SELECT id, doc, severity, (SELECT count(*) FROM alert_evidence e WHERE e.alert = a.id),
           (SELECT coalesce(max(n), -1) + 1 FROM alert_evidence e WHERE e.alert = a.id), {} FROM alerts a ORDER BY id",
        SAME.join(", ")
    );
    let mut s = c.prepare(&question)?;
    let mut rows = s.query([])?;
    while let Some(r) = rows.next()? {
        let id: String = r.get(0)?;
        let mut add = |problem: String| findings.push(Finding { item: format!("alert {id}"), problem });
        let doc: Value = serde_json::from_str(&r.get::<_, String>(1)?).unwrap_or(Value::Null);
        if !doc.is_object() || doc["id"] != id.as_str() {
            add("its document is not its own".to_owned());
            continue;
        }
        let severity: i64 = r.get(2)?;
        let named = usize::try_from(severity).ok().and_then(|i| Severity::ALL.get(i)).map(|s| s.as_str());
        let mut differing: Vec<&str> = Vec::new();
        if doc["severity"].as_str() != named {
            differing.push("severity");
        }
        for (i, name) in SAME.iter().enumerate() {
            if !same(r.get_ref(5 + i)?, &doc[*name]) {
                differing.push(name);
            }
        }
        if !differing.is_empty() {
            add(format!("{} not as in its document", differing.join(", ")));
        }
        if let (Some(parts), Some(score)) = (doc["score_parts"].as_object(), doc["score"].as_f64()) {
            let sum: f64 = parts.values().filter_map(Value::as_f64).sum();
            if (sum - score).abs() > 0.01 {
                add("its score is not the sum of its parts".to_owned());
            }
        }
        let (there, last): (u64, u64) = (r.get::<_, i64>(3)?.unsigned_abs(), r.get::<_, i64>(4)?.unsigned_abs());
        let listed = doc["matched_listed"].as_u64().unwrap_or(MAX_EVIDENCE as u64);
        let said = doc["matched_total"].as_u64().unwrap_or(0).min(listed);
        if there < said.max(last) {
            add(format!("its list of evidence has {there} records and should have {}", said.max(last)));
        }
    }
    Ok(())
}

fn same(column: ValueRef<'_>, member: &Value) -> bool {
    match column {
        ValueRef::Null => member.is_null(),
        ValueRef::Integer(n) if member.is_string() => {
            member.as_str().and_then(Ts::parse_rfc3339).is_some_and(|t| t.0 == n)
        }
        ValueRef::Integer(n) => member.as_i64() == Some(n) || member.as_f64() == Some(n as f64),
        ValueRef::Real(x) => member.as_f64().is_some_and(|m| (m - x).abs() < 1e-9),
        ValueRef::Text(t) => member.as_str().is_some_and(|m| m.as_bytes() == t),
        ValueRef::Blob(_) => false,
    }
}
