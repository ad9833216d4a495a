//! Evaluates a query over anything that can name its fields.

use super::ast::{Between, Field, Node, Op, Pattern};
use super::cidr::parse_address;
use crate::event::fold::{folded, same};
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
    /// Another time than that of [`Typed`], by name.
    fn instant(&self, _name: &str) -> Ts {
        Ts::NONE
    }
    /// Whether a text that a word without an operator looks at satisfies `test`.
    fn any_text(&self, test: &mut dyn FnMut(&str) -> bool) -> bool {
        test(self.raw())
    }
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
        Node::Free(text) => e.any_text(&mut |t| contains_fold(t, text)),
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
        Field::Line => {
            // Most records have fewer digits than this; none is cut.
            let mut digits = [0u8; 20];
            on(decimal(e.typed().line, &mut digits))
        }
        Field::Raw => on(e.raw()),
        Field::Severity => any.iter().any(|p| match p {
            Pattern::Severity(s) => ordered(e.typed().severity.cmp(s), op),
            Pattern::Between(Between::Severity(a, b)) => (*a..=*b).contains(&e.typed().severity),
            p => holds(e.typed().severity.as_str(), op, p),
        }),
        Field::Time => at(e.typed().time, op, any),
        Field::Instant(name) => at(e.instant(name), op, any),
    }
}

fn at(time: Ts, op: Op, any: &[Pattern]) -> bool {
    any.iter().any(|p| match p {
        Pattern::Time(t) => time.is_some() && ordered(time.cmp(t), op),
        Pattern::Between(Between::Time(a, b)) => time.is_some() && (*a..*b).contains(&time),
        p => holds(&time.to_rfc3339(), op, p),
    })
}

/// A number's digits, without an allocation.
fn decimal(mut n: u64, digits: &mut [u8; 20]) -> &str {
    let mut at = digits.len();
    for d in digits.iter_mut().rev() {
        *d = b'0' + (n % 10) as u8;
        n /= 10;
        at -= 1;
        if n == 0 {
            break;
        }
    }
    digits.get(at..).and_then(|d| std::str::from_utf8(d).ok()).unwrap_or("")
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
        Pattern::Number(n) => number(value).and_then(|v| v.partial_cmp(n)).is_some_and(|o| ordered(o, op)),
        Pattern::Text { text, number: n } => {
            if let (Some(n), Some(v)) = (n, number(value)) {
                return v.partial_cmp(n).is_some_and(|o| ordered(o, op));
            }
            op == Op::Eq && same(value, text)
        }
        Pattern::Address { ip, text } => match parse_address(value) {
            // The families have no order between them.
            Some(v) if op == Op::Eq || v.is_ipv4() == ip.is_ipv4() => ordered(v.cmp(ip), op),
            Some(_) => false,
            None => op == Op::Eq && same(value, text),
        },
        Pattern::Between(Between::Number(a, b)) => number(value).is_some_and(|v| (*a..=*b).contains(&v)),
        Pattern::Between(Between::Address(a, b)) => {
            parse_address(value).is_some_and(|v| v.is_ipv4() == a.is_ipv4() && (*a..=*b).contains(&v))
        }
        Pattern::Time(_) | Pattern::Severity(_) | Pattern::Between(_) => false,
    }
}

/// A value as a number; names such as `inf` are none.
fn number(value: &str) -> Option<f64> {
    let first = value.bytes().next()?;
    if !(first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.')) {
        return None;
    }
    value.parse().ok()
}

fn contains_fold(value: &str, lower: &str) -> bool {
    if lower.is_empty() {
        return true;
    }
    if value.is_ascii() && lower.is_ascii() {
        let (h, n) = (value.as_bytes(), lower.as_bytes());
        return h.windows(n.len()).any(|w| w.eq_ignore_ascii_case(n));
    }
    folded(value).contains(lower)
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
            d.set(Ov::Bytes, "12582912");
            d.set(Ov::DestIp, "2001:db8::1");
            d.set(Ov::Process, "sshd[712");
            d.field("rhost", "a..b");
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
            "user=R*T",
            "user in [ROOT]",
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
            "user=[a,root]",
            "user = [ bob , root ]",
            "user in [bob, root]",
            "user not in [bob, alice]",
            "user!=[bob,alice]",
            "src_ip=[11.0.0.0/8,10.0.0.0/8]",
            "status=[4*,500]",
            "status>=4e2",
            "status=400..499",
            "line=7..7",
            "bytes>10MB",
            "bytes>=12MiB",
            "bytes=12mib",
            "bytes=10MB..20MB",
            "src_ip>10.1.2.2 and src_ip<10.1.2.10",
            "src_ip=10.1.2.0..10.1.2.255",
            "src_ip=::ffff:10.1.2.3",
            "dest_ip=2001:DB8:0:0::1",
            "dest_ip>2001:db8::",
            "not dest_ip>1.2.3.4",
            "severity=low..high",
            "timestamp=1970-01-01",
            "timestamp=1970-01-01T00:16",
            "timestamp=-15m..now",
            "timestamp=1970-01-01..1970-01-02",
            "timestamp<=1970-01-01",
            "timestamp!=[1970-01-02,1970-01-03]",
            "user=root && (outcome=failure || user=bob)",
            "user~[r]oot",
            "user~(bob,r[o]+t)",
            "process=[sshd[712]",
            "rhost=\"a..b\"",
            "rhost=a..b",
        ] {
            assert!(check(q), "{q}");
        }
        for q in [
            "user=[bob,alice]",
            "user not in [root]",
            "bytes>20MB",
            "bytes=1..2",
            "src_ip>10.1.2.10",
            "src_ip=10.1.2.4..10.1.2.9",
            "dest_ip<9.9.9.9",
            "timestamp>1970-01-01",
            "timestamp=1970-01-02..1970-01-03",
            "timestamp=yesterday",
            "severity=high..critical",
            "user=bob",
            "src_ip=11.0.0.0/8",
            "status_code<400",
            "sev>=high",
            "time>-5m",
            "not password",
            "user=r?t",
        ] {
            assert!(!check(q), "{q}");
        }
    }

    #[test]
    fn letters_are_compared_as_rules_compare_them() {
        let text = "ΝΙΚΟΣ Ärger";
        let mut b = Batch { text: text.into(), ..Batch::default() };
        b.records.push(Record::new(Span::text(0, text.len()), 0, text.len() as u64, 1));
        b.parse_with(&Schema::base(), |_, d| d.set(Ov::User, &text[..10]));
        b.schema = Some(Schema::base().into());
        for q in ["user=νικος", "user=ΝΙΚΟΣ", "user=νικοσ", "user=νικ*", "ÄRGER", "user~νικοσ"]
        {
            let matches = |q: &str| Query::parse(q, Ts(0)).unwrap().matches(&b.event(0).unwrap());
            assert!(matches(q), "{q}");
        }
    }

    #[test]
    fn errors_name_the_place() {
        for (q, column) in [
            ("user=", 6),
            ("(user=x", 8),
            ("user=x )", 8),
            ("sev>=loud", 6),
            ("a~[", 3),
            ("\"open", 1),
            ("user=[a b]", 9),
            ("user=[a", 8),
            ("user=[]", 7),
            ("user=[a,]", 9),
            ("bytes>[1,2]", 7),
            ("bytes>ten", 7),
            ("src_ip>10.0.0.0/8", 8),
            ("src_ip=10.0.0.0/33", 8),
            ("src_ip=10.0.0.9..10.0.0.1", 8),
            ("timestamp=-1h..-2h", 11),
            ("timestamp=soon..now", 11),
            ("user=~x", 6),
            ("and user=x", 1),
            ("user=x or", 10),
            ("=x", 1),
            ("user=x)", 7),
        ] {
            let e = Query::parse(q, Ts(0)).expect_err(q);
            assert_eq!(e.column, column, "{q}: {e}");
            let (shown, caret) = e.place(q);
            assert_eq!((shown.as_str(), caret.len()), (q, column), "{q}");
        }
        assert!(Query::parse(&"(".repeat(5000), Ts(0)).is_err());
        assert!(Query::parse(&"not ".repeat(4000), Ts(0)).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_text_parses_or_says_why(q in "[a-zMGi=!~<>()\\[\\]\", *?\\\\0-9/.:|&-]{0,40}") {
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
