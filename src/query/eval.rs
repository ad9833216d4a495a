//! Evaluates a query over anything that can name its fields.

use super::ast::{Field, Node, Op, Pattern};
use crate::event::{EventRef, EventRow, EventType, Outcome, Ov, RecordFlags, Severity, Ts};

/// The typed members of an event.
#[derive(Debug, Clone, Copy)]
pub struct Typed {
    /// Event time.
    pub time: Ts,
    /// What happened.
    pub event_type: EventType,
    /// Severity of the event.
    pub severity: Severity,
    /// How it ended.
    pub outcome: Outcome,
    /// Line in its source.
    pub line: u64,
    /// Whether a parser understood it.
    pub parsed: bool,
}

/// Something a query can look at.
pub trait Fields {
    /// The typed members.
    fn typed(&self) -> Typed;
    /// An overlay value.
    fn overlay(&self, name: Ov) -> Option<&str>;
    /// Whether any value of an original field satisfies `test`.
    fn any_original(&self, name: &str, test: &mut dyn FnMut(&str) -> bool) -> bool;
    /// The raw record.
    fn raw(&self) -> &str;
}

impl Fields for EventRef<'_> {
    fn typed(&self) -> Typed {
        let r = self.rec;
        Typed {
            time: r.time,
            event_type: r.event_type,
            severity: r.severity,
            outcome: r.outcome,
            line: r.line,
            parsed: r.flags.has(RecordFlags::PARSED),
        }
    }
    fn overlay(&self, name: Ov) -> Option<&str> {
        self.ov(name)
    }
    fn any_original(&self, name: &str, test: &mut dyn FnMut(&str) -> bool) -> bool {
        self.field_values(name).any(test)
    }
    fn raw(&self) -> &str {
        EventRef::raw(self)
    }
}

impl Fields for EventRow {
    fn typed(&self) -> Typed {
        Typed {
            time: self.time,
            event_type: self.event_type,
            severity: self.severity,
            outcome: self.outcome,
            line: self.line,
            parsed: self.parsed,
        }
    }
    fn overlay(&self, name: Ov) -> Option<&str> {
        self.ov(name)
    }
    fn any_original(&self, name: &str, test: &mut dyn FnMut(&str) -> bool) -> bool {
        self.fields.iter().filter(|f| f.name == name).any(|f| test(&f.value))
    }
    fn raw(&self) -> &str {
        &self.raw
    }
}

pub(super) fn eval(node: &Node, e: &impl Fields) -> bool {
    match node {
        Node::All => true,
        Node::And(all) => all.iter().all(|n| eval(n, e)),
        Node::Or(any) => any.iter().any(|n| eval(n, e)),
        Node::Not(n) => !eval(n, e),
        Node::Free(text) => contains_fold(e.raw(), text),
        Node::Test { field, op, any } => test(field, *op, any, e),
    }
}

fn test(field: &Field, op: Op, any: &[Pattern], e: &impl Fields) -> bool {
    let mut on = |value: &str| any.iter().any(|p| holds(value, op, p));
    match field {
        Field::Overlay(o) => e.overlay(*o).is_some_and(on),
        Field::Original(name) => e.any_original(name, &mut on),
        Field::EventType => on(e.typed().event_type.as_str()),
        Field::Outcome => on(e.typed().outcome.as_str()),
        Field::Parsed => on(if e.typed().parsed { "true" } else { "false" }),
        Field::Line => on(&e.typed().line.to_string()),
        Field::Raw => on(e.raw()),
        Field::Severity => any.iter().any(|p| match p {
            Pattern::Severity(s) => ordered(e.typed().severity.cmp(s), op),
            p => holds(e.typed().severity.as_str(), op, p),
        }),
        Field::Time => any.iter().any(|p| match p {
            Pattern::Time(t) => e.typed().time.is_some() && ordered(e.typed().time.cmp(t), op),
            p => holds(&e.typed().time.to_rfc3339(), op, p),
        }),
    }
}

fn ordered(o: std::cmp::Ordering, op: Op) -> bool {
    match op {
        Op::Lt => o.is_lt(),
        Op::Le => o.is_le(),
        Op::Gt => o.is_gt(),
        Op::Ge => o.is_ge(),
        _ => o.is_eq(),
    }
}

fn holds(value: &str, op: Op, pattern: &Pattern) -> bool {
    match pattern {
        Pattern::Regex(r) => r.is_match(value),
        Pattern::Cidr(c) => c.contains_text(value),
        Pattern::Text { text, number } => {
            if let (Some(n), Ok(v)) = (number, value.parse::<f64>()) {
                return v.partial_cmp(n).is_some_and(|o| ordered(o, op));
            }
            op == Op::Eq && eq_fold(value, text)
        }
        Pattern::Time(_) | Pattern::Severity(_) => false,
    }
}

fn eq_fold(value: &str, lower: &str) -> bool {
    if value.is_ascii() { value.eq_ignore_ascii_case(lower) } else { value.to_lowercase() == lower }
}

fn contains_fold(value: &str, lower: &str) -> bool {
    if lower.is_empty() {
        return true;
    }
    if value.is_ascii() && lower.is_ascii() {
        let (h, n) = (value.as_bytes(), lower.as_bytes());
        return h.windows(n.len()).any(|w| w.eq_ignore_ascii_case(n));
    }
    value.to_lowercase().contains(lower)
}

#[cfg(test)]
mod tests {
    use super::super::Query;
    use crate::event::{Batch, EventType, Outcome, Ov, Record, Schema, Severity, Span, TimeQuality, Ts};

    fn batch() -> Batch {
        let text = "Failed password for root from 10.1.2.3";
        let mut b = Batch { text: text.into(), ..Batch::default() };
        b.records.push(Record::new(Span::text(0, text.len()), 0, text.len() as u64, 7));
        b.parse_with(&Schema::base(), |raw, d| {
            d.set(Ov::SrcIp, &raw[30..]);
            d.set(Ov::User, &raw[20..24]);
            d.set(Ov::StatusCode, "404");
            d.event(EventType::SshLoginFailed, Outcome::Failure);
            d.severity(Severity::Medium);
            d.time(Ts::from_secs(1000), TimeQuality::Zoned);
            d.field("Image", "C:\\x\\cmd.exe");
        });
        b.schema = Some(Schema::base().into());
        b
    }

    fn check(q: &str) -> bool {
        let b = batch();
        let e = b.event(0).unwrap();
        let q = Query::parse(q, Ts::from_secs(1600)).unwrap_or_else(|e| panic!("{q}: {e}"));
        let row = crate::event::EventRow::from(e);
        assert_eq!(q.matches(&e), q.matches_row(&row));
        q.matches(&e)
    }

    #[test]
    fn the_language() {
        for q in [
            "",
            "user=root",
            "user=ROOT",
            "user!=bob",
            "src_ip=10.0.0.0/8",
            "status_code>=400",
            "status=404",
            "sev>=low",
            "severity=medium and not user=bob",
            "(user=bob or user=root) outcome=failure",
            "password",
            "\"for root\"",
            "user=r*t",
            "user=roo?",
            "user~^ro",
            "user!~^bo",
            "time>=-15m",
            "timestamp<1970-01-02",
            "Image=*\\\\cmd.exe",
            "user in (bob, root)",
            "user=(bob,root)",
            "! user=bob",
            "event_type=ssh_*",
            "parsed=false",
            "line=7",
        ] {
            assert!(check(q), "{q}");
        }
        for q in
            ["user=bob", "src_ip=11.0.0.0/8", "status_code<400", "sev>=high", "time>-5m", "not password", "user=r?t"]
        {
            assert!(!check(q), "{q}");
        }
    }

    #[test]
    fn errors_name_the_place() {
        for (q, column) in [("user=", 6), ("(user=x", 8), ("user=x )", 8), ("sev>=loud", 6), ("a~[", 3), ("\"open", 1)]
        {
            let e = Query::parse(q, Ts(0)).expect_err(q);
            assert_eq!(e.column, column, "{q}: {e}");
        }
        assert!(Query::parse(&"(".repeat(5000), Ts(0)).is_err());
        assert!(Query::parse(&"not ".repeat(4000), Ts(0)).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_text_parses_or_says_why(q in "[a-z=!~<>()\", *?\\\\0-9/.-]{0,40}") {
            let _ = Query::parse(&q, Ts(0));
        }

        #[test]
        fn quoted_values_read_back(v in "\\PC{1,20}") {
            let q = format!("user={}", super::super::quote(&v));
            let parsed = Query::parse(&q, Ts(0));
            proptest::prop_assert!(parsed.is_ok(), "{} {:?}", q, parsed);
        }
    }
}
