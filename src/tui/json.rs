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
                Some(Value::Array(a)) => a.push(json!(f.value)),
                Some(one) => *one = json!([one, f.value]),
                None if f.in_array => {
                    fields.insert(f.name.clone(), json!([f.value]));
                }
                None => {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Batch, Record, Schema, Span, ValueKind};

    #[test]
    fn each_value_of_a_name_is_there() {
        let mut b = Batch { text: "x".into(), ..Batch::default() };
        b.records.push(Record::new(Span::text(0, 1), 0, 1, 1));
        let schema = Schema::base();
        b.parse_with(&schema, |_, d| {
            for (name, value, in_array) in [("a", "1", true), ("b", "2", false), ("b", "3", false), ("c", "4", false)] {
                d.typed_field(name, value, ValueKind::Text, in_array);
            }
        });
        b.schema = Some(schema.into());
        let row = EventRow::from(b.event(0).unwrap());
        assert_eq!(event(&row)["fields"], json!({"a": ["1"], "b": ["2", "3"], "c": "4"}));
    }
}
