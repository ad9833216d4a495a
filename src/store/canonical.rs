//! Canonical JSON (RFC 8785, "JCS"): one byte sequence for one value.
//!
//! Hashes of operations and exports are taken over this form, so that anyone
//! can recompute them with any JCS library, whatever the file's layout.
//! Object names are sorted by UTF-16 code units, numbers are written as
//! ECMAScript writes them, strings carry only the escapes that must be there.
//!
//! Numbers are IEEE doubles by that standard: integers beyond 2^53 are kept out
//! of hashed documents (64-bit hashes are written as hex strings).

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use sha2::{Digest, Sha256};

/// The canonical text.
#[must_use]
pub fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

/// SHA-256 of the canonical text, as lower-case hex.
#[must_use]
pub fn digest(value: &Value) -> String {
    sha256_hex(canonical(value).as_bytes())
}

/// SHA-256 as lower-case hex.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let mut s = String::with_capacity(bytes.len() * 2);
    for b in bytes {
        s.push(DIGITS[usize::from(b >> 4)]);
        s.push(DIGITS[usize::from(b & 15)]);
    }
    s
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Number(n) => write_number(n.as_f64().unwrap_or(0.0), out),
        Value::String(s) => write_string(s, out),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
            out.push('{');
            for (i, (name, item)) in entries.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_string(name, out);
                out.push(':');
                write(item, out);
            }
            out.push('}');
        }
    }
}

fn write_string(text: &str, out: &mut String) {
    use std::fmt::Write as _;
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            // Writing to a String cannot fail.
            c if c < ' ' => drop(write!(out, "\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// ECMAScript's `Number::toString` (radix 10). JSON has no NaN or infinity.
fn write_number(f: f64, out: &mut String) {
    if f == 0.0 || !f.is_finite() {
        out.push('0'); // also minus zero
        return;
    }
    if f < 0.0 {
        out.push('-');
    }
    // Rust prints the shortest digits that round-trip, as ECMAScript wants; only the layout differs.
    let shortest = format!("{:e}", f.abs());
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let point = exponent.parse::<i32>().unwrap_or(0) + 1; // digits before the decimal point
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |n: i32| "0".repeat(usize::try_from(n).unwrap_or(0));
    let split = |at: i32| digits.split_at(usize::try_from(at).unwrap_or(0).min(digits.len()));
    if (count..=21).contains(&point) {
        out.push_str(&digits);
        out.push_str(&zeros(point - count));
    } else if (1..=21).contains(&point) {
        let (whole, part) = split(point);
        out.push_str(whole);
        out.push('.');
        out.push_str(part);
    } else if (-5..=0).contains(&point) {
        out.push_str("0.");
        out.push_str(&zeros(-point));
        out.push_str(&digits);
    } else {
        let (first, rest) = split(1);
        out.push_str(first);
        if !rest.is_empty() {
            out.push('.');
            out.push_str(rest);
        }
        out.push('e');
        out.push(if point > 0 { '+' } else { '-' });
        out.push_str(&(point - 1).abs().to_string());
    }
}

/// Parses JSON and refuses objects that hold a name twice: two readers could
/// see two different documents behind one hash.
pub fn parse_strict(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str::<Strict>(text).map(|s| s.0)
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, b: bool) -> Result<Value, E> {
        Ok(Value::Bool(b))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Value, E> {
        Ok(n.into())
    }

    fn visit_u64<E>(self, n: u64) -> Result<Value, E> {
        Ok(n.into())
    }

    fn visit_f64<E>(self, n: f64) -> Result<Value, E> {
        Ok(Number::from_f64(n).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, s: &str) -> Result<Value, E> {
        Ok(Value::String(s.to_owned()))
    }

    fn visit_string<E>(self, s: String) -> Result<Value, E> {
        Ok(Value::String(s))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Strict(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let Strict(item) = map.next_value()?;
            if object.insert(name.clone(), item).is_some() {
                return Err(de::Error::custom(format!("the name '{name}' stands twice in one object")));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn number(bits: u64) -> String {
        let mut s = String::new();
        write_number(f64::from_bits(bits), &mut s);
        s
    }

    #[test]
    fn numbers_are_read_exactly() {
        for text in ["22E23", "0.1", "-1e-7", "7.2057594037927933e16", "123456789.98765432101234567890e-30"] {
            let read = parse_strict(text).expect("a number");
            assert_eq!(read.as_f64(), text.parse().ok(), "{text}");
            let form = canonical(&read);
            assert_eq!(canonical(&parse_strict(&form).expect("a number")), form, "{text}");
        }
    }

    #[test]
    fn numbers_as_in_the_standard() {
        for (bits, text) in [
            (0x0000_0000_0000_0000, "0"),
            (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0xc340_0000_0000_0000, "-9007199254740992"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"),
            (0x41b3_de43_5555_5554, "333333333.33333325"),
        ] {
            assert_eq!(number(bits), text, "{bits:016x}");
        }
        assert_eq!(canonical(&json!([1, 1.0, -1, 0.5, 97.125, u64::from(u32::MAX)])), "[1,1,-1,0.5,97.125,4294967295]");
    }

    #[test]
    fn names_sort_by_utf16_and_strings_escape_minimally() {
        let v = json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7});
        let order: Vec<char> = canonical(&v).chars().filter(char::is_ascii_digit).collect();
        // "1" itself is one of the names, hence the digit before its value.
        assert_eq!(order.iter().collect::<String>(), "21467153");
        assert_eq!(canonical(&json!("€$\u{f}\nA'B\"\\/\u{7f}")), "\"€$\\u000f\\nA'B\\\"\\\\/\u{7f}\"");
    }

    #[test]
    fn a_name_given_twice_is_refused() {
        let e = parse_strict(r#"{"a":[{"b":1,"b":2}]}"#).unwrap_err().to_string();
        assert!(e.contains("'b' stands twice"), "{e}");
        assert_eq!(parse_strict(r#"{"a":[1,2.5,"x",null,true,-3]}"#).unwrap(), json!({"a":[1,2.5,"x",null,true,-3]}));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            (-9_007_199_254_740_992_i64..=9_007_199_254_740_992).prop_map(Value::from),
            (-1_000_000_000_i64..1_000_000_000).prop_map(|n| Value::from(n as f64 / 1000.0)),
            ".*".prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
                prop::collection::vec((".*", inner), 0..6).prop_map(|kv| Value::Object(kv.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_number_comes_back_as_it_was(bits in any::<u64>()) {
            let n = f64::from_bits(bits);
            prop_assume!(n.is_finite() && n != 0.0);
            prop_assert_eq!(parse_strict(&number(bits)).ok().and_then(|v| v.as_f64()), Some(n));
        }

        #[test]
        fn numbers_round_trip(bits in any::<u64>()) {
            let f = f64::from_bits(bits);
            prop_assume!(f.is_finite());
            let text = number(bits);
            let back: f64 = text.parse().unwrap();
            prop_assert!(back == f, "{text}");
        }

        #[test]
        fn canonical_form_is_a_fixed_point(v in any_json()) {
            let once = canonical(&v);
            let back = parse_strict(&once).unwrap();
            prop_assert_eq!(canonical(&back), once);
        }

        #[test]
        fn order_of_names_does_not_matter(pairs in prop::collection::btree_map(".*", any::<i32>(), 0..8)) {
            let forward: Value = Value::Object(pairs.iter().map(|(k, v)| (k.clone(), (*v).into())).collect());
            let backward: Value = Value::Object(pairs.iter().rev().map(|(k, v)| (k.clone(), (*v).into())).collect());
            prop_assert_eq!(digest(&forward), digest(&backward));
        }

        #[test]
        fn strict_parsing_never_panics(text in ".*") {
            let _ = parse_strict(&text);
        }
    }
}
