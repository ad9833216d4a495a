//! An event as JSON, for reading and copying on screen.

use serde_json::{Map, Value, json};

use crate::event::{EventRow, OVERLAY};

/// The normalized event with its original fields; absent values are left out,
/// since a person reads it.
#[must_use]
pub fn event(e: &EventRow) -> Value {
    let mut m = Map::new();
    m.insert("timestamp".into(), json!(e.time));
    m.insert("event_type".into(), json!(e.event_type));
    m.insert("severity".into(), json!(e.severity));
    m.insert("outcome".into(), json!(e.outcome));
    for o in OVERLAY {
        if let Some(v) = e.ov(*o) {
            let value = v.parse::<u64>().ok().filter(|_| o.is_number()).map_or_else(|| json!(v), |n| json!(n));
            m.insert(o.name().into(), value);
        }
    }
    if !e.fields.is_empty() {
        let mut fields = Map::new();
        for f in &e.fields {
            match fields.get_mut(&f.name) {
                Some(Value::Array(a)) if f.in_array => a.push(json!(f.value)),
                _ if f.in_array => {
                    fields.insert(f.name.clone(), json!([f.value]));
                }
                _ => {
                    fields.insert(f.name.clone(), json!(f.value));
                }
            }
        }
        m.insert("fields".into(), Value::Object(fields));
    }
    m.insert("line".into(), json!(e.line));
    m.insert("raw".into(), json!(e.raw));
    Value::Object(m)
}
