//! The syntax tree of a query.

use std::net::IpAddr;

use regex::Regex;

use super::Cidr;
use crate::event::{Ov, Severity, Ts};

/// What a test looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// A text field of the overlay.
    Overlay(Ov),
    /// `timestamp`.
    Time,
    /// Another time that what is looked at has, by name.
    Instant(&'static str),
    /// `event_type`.
    EventType,
    /// `severity`.
    Severity,
    /// `outcome`.
    Outcome,
    /// `line`.
    Line,
    /// `parsed`.
    Parsed,
    /// `raw`: the whole record.
    Raw,
    /// An original field of the input, by name.
    Original(String),
}

impl Field {
    /// Its name in queries.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Overlay(o) => o.name(),
            Self::Time => "timestamp",
            Self::Instant(name) => name,
            Self::EventType => "event_type",
            Self::Severity => "severity",
            Self::Outcome => "outcome",
            Self::Line => "line",
            Self::Parsed => "parsed",
            Self::Raw => "raw",
            Self::Original(name) => name,
        }
    }

    /// Every field that all events have, by name, and the names of the overlay.
    pub fn common() -> impl Iterator<Item = &'static str> {
        const TYPED: [&str; 7] = ["timestamp", "event_type", "severity", "outcome", "line", "parsed", "raw"];
        TYPED.into_iter().chain(crate::event::OVERLAY.iter().map(|o| o.name()))
    }
}

/// Comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `=`
    Eq,
    /// `!=`
    Ne,
    /// `~`
    Match,
    /// `!~`
    NotMatch,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

/// What a value is compared with.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// Text without wildcards, lower case; `number` where it is one.
    Text {
        /// Lower-cased text.
        text: String,
        /// The same as a number.
        number: Option<f64>,
    },
    /// Text with wildcards, or a regular expression; case-insensitive.
    Regex(Regex),
    /// A number that is ordered.
    Number(f64),
    /// A network.
    Cidr(Cidr),
    /// An address: equal however it is written, and ordered.
    Address {
        /// The address.
        ip: IpAddr,
        /// As it was written, lower case: for values that are no address.
        text: String,
    },
    /// An instant.
    Time(Ts),
    /// A severity.
    Severity(Severity),
    /// A range.
    Between(Between),
}

/// A range; both ends are in it, but for the end of times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Between {
    /// Numbers and sizes.
    Number(f64, f64),
    /// Addresses of one family.
    Address(IpAddr, IpAddr),
    /// Severities.
    Severity(Severity, Severity),
    /// From the first instant to before the second.
    Time(Ts, Ts),
}

/// A node of the tree.
#[derive(Debug, Clone)]
pub enum Node {
    /// Matches everything (the empty query).
    All,
    /// Both.
    And(Vec<Node>),
    /// Either.
    Or(Vec<Node>),
    /// Not.
    Not(Box<Node>),
    /// A comparison with any of several values.
    Test {
        /// What is looked at.
        field: Field,
        /// How it is compared; negated operators stand under [`Node::Not`].
        op: Op,
        /// The values, any of which may hold.
        any: Vec<Pattern>,
    },
    /// Text that stands anywhere in the raw record; lower case.
    Free(String),
}

impl Node {
    /// The fields that are looked at, in the order of the text.
    #[must_use]
    pub fn fields(&self) -> Vec<&Field> {
        match self {
            Self::All | Self::Free(_) => Vec::new(),
            Self::And(all) | Self::Or(all) => all.iter().flat_map(Self::fields).collect(),
            Self::Not(one) => one.fields(),
            Self::Test { field, .. } => vec![field],
        }
    }
}
