//! Detections as a tree: what a rule asks of one event.

use std::net::IpAddr;

use super::glob::Pattern;
use super::value::Number;

/// A network: address (masked) and prefix length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Net {
    /// The address as 128 bits; IPv4 stands in the upper 32 of them.
    pub bits: u128,
    /// Length of the prefix.
    pub prefix: u8,
    /// Whether it is IPv6.
    pub v6: bool,
}

impl Net {
    /// Reads `address/prefix`; a lone address is a network of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((a, p)) => (a, Some(p.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let (bits, v6) = address_bits(address.parse().ok()?);
        let full = if v6 { 128 } else { 32 };
        let prefix = prefix.unwrap_or(full);
        (prefix <= full).then(|| Self { bits: bits & mask(prefix), prefix, v6 })
    }

    /// Whether an address lies in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let (bits, v6) = address_bits(address);
        v6 == self.v6 && bits & mask(self.prefix) == self.bits
    }
}

/// An address as [`Net::bits`] and whether it is IPv6; IPv4 within IPv6
/// (`::ffff:1.2.3.4`) counts as IPv4.
#[must_use]
pub fn address_bits(address: IpAddr) -> (u128, bool) {
    match address.to_canonical() {
        IpAddr::V4(a) => (u128::from(u32::from(a)) << 96, false),
        IpAddr::V6(a) => (u128::from(a), true),
    }
}

/// The bits that a prefix of that length covers.
#[must_use]
pub const fn mask(prefix: u8) -> u128 {
    if prefix == 0 { 0 } else { u128::MAX << (128 - prefix as u32) }
}

/// A numeric comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cmp {
    /// `lt`
    Lt,
    /// `lte`
    Lte,
    /// `gt`
    Gt,
    /// `gte`
    Gte,
}

impl Cmp {
    /// Whether `left` compares so to `right`.
    #[must_use]
    pub fn holds<T: PartialOrd + Copy>(self, left: T, right: T) -> bool {
        match self {
            Self::Lt => left < right,
            Self::Lte => left <= right,
            Self::Gt => left > right,
            Self::Gte => left >= right,
        }
    }
}

/// A part of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TimePart {
    /// `minute`
    Minute,
    /// `hour`
    Hour,
    /// `day` of the month
    Day,
    /// `week` of the year (ISO 8601)
    Week,
    /// `month`
    Month,
    /// `year`
    Year,
}

/// How a value must stand to another field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// Equal.
    Whole,
    /// Somewhere in it.
    Inside,
    /// At its start.
    Start,
    /// At its end.
    End,
}

/// A test of one field's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// The whole value matches a pattern.
    Str {
        /// The pattern; folded unless `cased`.
        pattern: Pattern,
        /// Whether case counts.
        cased: bool,
    },
    /// The value is this number, or is written like it.
    Num {
        /// As the rule writes it, folded.
        text: String,
        /// The number.
        value: Number,
    },
    /// A regular expression finds something.
    Regex {
        /// The expression with its flags in front, e.g. `(?i)…`.
        pattern: String,
    },
    /// The value is an address in a network.
    Cidr(Net),
    /// The value compares to a number.
    Compare(Cmp, Number),
    /// The field is there (`true`) or is not (`false`), whatever its value.
    Exists(bool),
    /// The field is absent or null.
    Null,
    /// A part of the time that the value is has this number, or compares so to it.
    Time(TimePart, Option<Cmp>, i64),
    /// The value stands in a relation to the value of another field.
    Field {
        /// Name of the other field.
        other: String,
        /// The relation.
        place: Place,
        /// Whether case counts.
        cased: bool,
    },
}

/// `field|modifiers: values`.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Name of the field; `None` for keywords.
    pub field: Option<String>,
    /// The values, each as its alternatives (encodings, dashes).
    pub values: Vec<Vec<Test>>,
    /// Whether all values must match (`all`), else one.
    pub all: bool,
    /// Whether the result is turned around (`neq`).
    pub negate: bool,
    /// Line of the key.
    pub line: u32,
    /// Column of the key.
    pub column: u32,
}

/// A search: a mapping is all of its items, a list one of its elements.
#[derive(Debug, Clone, PartialEq)]
pub enum Det {
    /// One item.
    Item(Item),
    /// All hold.
    All(Vec<Det>),
    /// One holds.
    Any(Vec<Det>),
}

impl Det {
    /// Calls `f` with every item.
    pub fn each_item<'d>(&'d self, f: &mut impl FnMut(&'d Item)) {
        match self {
            Self::Item(i) => f(i),
            Self::All(ds) | Self::Any(ds) => ds.iter().for_each(|d| d.each_item(f)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        let net = Net::parse("10.0.0.0/8").expect("valid");
        let ip = |t: &str| t.parse::<IpAddr>().expect("address");
        assert!(net.contains(ip("10.255.0.1")) && !net.contains(ip("11.0.0.1")) && !net.contains(ip("::1")));
        assert!(net.contains(ip("::ffff:10.1.1.1")));
        assert!(Net::parse("fe80::/10").is_some_and(|n| n.contains(ip("fe80::1"))));
        assert!(Net::parse("0.0.0.0/0").is_some_and(|n| n.contains(ip("8.8.8.8")) && !n.contains(ip("::1"))));
        assert!(Net::parse("10.0.0.0/33").is_none() && Net::parse("x/8").is_none());
    }
}
