//! Correlations as plain data: what the rules say, with every name resolved.

use std::sync::Arc;

use super::{FieldRef, RuleIdx};

/// Sigma's types of correlation, and one of our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CorrelationKind {
    /// How many matches.
    EventCount,
    /// How many distinct values of a field.
    ValueCount,
    /// Each base matched, in any order.
    Temporal,
    /// Each base matched, in the order in which they are listed.
    TemporalOrdered,
    /// Sum of a numeric field.
    ValueSum,
    /// Mean of a numeric field.
    ValueAvg,
    /// A percentile of a numeric field.
    ValuePercentile,
    /// The median of a numeric field.
    ValueMedian,
    /// A value that the group never had before; our own type.
    NewValue,
}

impl CorrelationKind {
    /// Every type.
    pub const ALL: &'static [Self] = &[
        Self::EventCount,
        Self::ValueCount,
        Self::Temporal,
        Self::TemporalOrdered,
        Self::ValueSum,
        Self::ValueAvg,
        Self::ValuePercentile,
        Self::ValueMedian,
        Self::NewValue,
    ];

    /// Its name in rules.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EventCount => "event_count",
            Self::ValueCount => "value_count",
            Self::Temporal => "temporal",
            Self::TemporalOrdered => "temporal_ordered",
            Self::ValueSum => "value_sum",
            Self::ValueAvg => "value_avg",
            Self::ValuePercentile => "value_percentile",
            Self::ValueMedian => "value_median",
            Self::NewValue => "new_value",
        }
    }

    /// The type of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|k| k.as_str() == name)
    }
}

/// A comparison of a correlation's condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoundOp {
    /// `gt`
    Gt,
    /// `gte`
    Gte,
    /// `lt`
    Lt,
    /// `lte`
    Lte,
    /// `eq`
    Eq,
    /// `neq`
    Neq,
}

/// One comparison with a number; all of a condition's bounds must hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// How to compare.
    pub op: BoundOp,
    /// With what.
    pub value: f64,
}

impl Bound {
    /// Whether `measured` satisfies the bound.
    #[must_use]
    pub fn holds(&self, measured: f64) -> bool {
        match self.op {
            BoundOp::Gt => measured > self.value,
            BoundOp::Gte => measured >= self.value,
            BoundOp::Lt => measured < self.value,
            BoundOp::Lte => measured <= self.value,
            BoundOp::Eq => measured == self.value,
            BoundOp::Neq => measured != self.value,
        }
    }
}

/// A field by which matches are grouped or whose values are counted: where to
/// read it depends on the base that matched (aliases, logsource mapping).
#[derive(Debug, Clone, PartialEq)]
pub struct GroupField {
    /// Its name in the rule (an alias or a field name).
    pub name: Arc<str>,
    /// Where to read it, one for each of [`CorrelationSpec::bases`]. `None`
    /// where the base is a correlation: the value is taken from that
    /// correlation's group key, by this name.
    pub per_base: Vec<Option<FieldRef>>,
}

impl GroupField {
    /// Whether it is the address that something came from.
    #[must_use]
    pub fn is_source(&self) -> bool {
        &*self.name == "src_ip" || self.per_base.iter().flatten().any(FieldRef::is_source)
    }
}

/// A boolean condition over bases ("did this base match in the window").
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepExpr {
    /// The base at this position of [`CorrelationSpec::bases`] matched.
    Base(usize),
    /// All hold.
    And(Vec<StepExpr>),
    /// One holds.
    Or(Vec<StepExpr>),
    /// At least so many of these bases matched.
    AtLeast(usize, Vec<usize>),
    /// Does not hold (judged when the window ends or another part fires).
    Not(Box<StepExpr>),
}

impl StepExpr {
    /// Evaluates it; `matched` says whether the base at a position matched.
    pub fn eval(&self, matched: &mut impl FnMut(usize) -> bool) -> bool {
        match self {
            Self::Base(i) => matched(*i),
            Self::And(all) => all.iter().all(|e| e.eval(matched)),
            Self::Or(any) => any.iter().any(|e| e.eval(matched)),
            Self::AtLeast(n, bases) => bases.iter().filter(|b| matched(**b)).count() >= *n,
            Self::Not(e) => !e.eval(matched),
        }
    }
}

/// A correlation whose references are resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct CorrelationSpec {
    /// Its type.
    pub kind: CorrelationKind,
    /// The rules (detections or correlations) it looks at, as listed.
    pub bases: Vec<RuleIdx>,
    /// What makes one group; empty: all matches are one group.
    pub group_by: Vec<GroupField>,
    /// Length of the window in µs.
    pub timespan: i64,
    /// What must hold of the measured number (count, sum, …). For the temporal
    /// types without a condition: empty, all bases must match.
    pub bounds: Vec<Bound>,
    /// For the temporal types: the extended boolean condition, if any.
    pub expr: Option<StepExpr>,
    /// The fields whose values are counted or summed (several: tuples).
    pub fields: Vec<GroupField>,
    /// For `value_percentile`: which, 0 to 100.
    pub percentile: f64,
    /// Whether the bases also raise alerts of their own.
    pub generate: bool,
    /// For `new_value`: when a group is known well enough for a new value to mean something.
    pub learn: Learn,
    /// What takes back what was counted; of `event_count` and `value_count` only.
    pub redeemed: Option<Redeemed>,
    /// What says that an attempt that was counted was accepted after all; of the same types.
    pub accepted: Option<Accepted>,
}

impl CorrelationSpec {
    /// Whether a base is the last of several steps.
    #[must_use]
    pub fn ends(&self, base: u16) -> bool {
        self.kind == CorrelationKind::TemporalOrdered && usize::from(base) + 1 == self.bases.len()
    }

    /// The field whose values are told apart, if there is one.
    #[must_use]
    pub fn counted(&self) -> Option<&str> {
        let redeemed = self.redeemed.as_ref().and_then(|r| r.fields.first());
        redeemed.or_else(|| self.fields.first()).map(|f| &*f.name)
    }
}

/// Matches of another rule that take back what was counted of the same value:
/// an account that logs in from an address was not guessed from there.
#[derive(Debug, Clone, PartialEq)]
pub struct Redeemed {
    /// The detection whose matches take back.
    pub by: RuleIdx,
    /// Where the group-by fields are read in its matches.
    pub group_by: Vec<FieldRef>,
    /// Where the value is read in its matches.
    pub value: Vec<FieldRef>,
    /// Where the value of an `event_count` is read in what is counted; that of
    /// a `value_count` is what it counts.
    pub fields: Vec<GroupField>,
    /// A value with more acts than this is not taken back; with `each`, so many acts within one timespan.
    pub at_most: u64,
    /// So many values must be taken back before an open alert is.
    pub at_least: u64,
    /// Acts that each of its matches takes back, whatever their values; 0: all of the same value.
    pub each: u64,
    /// Where that is so: fields by whose value a match takes back from an open alert only once.
    pub once: Vec<FieldRef>,
}

/// Matches of another rule that say that the attempt just counted was accepted:
/// where PAM asks a directory behind the local accounts, it writes a refusal and
/// an acceptance of each attempt that succeeds.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// The detection whose matches say so.
    pub by: RuleIdx,
    /// Where the group-by fields are read in its matches.
    pub group_by: Vec<FieldRef>,
    /// Where the value that is counted is read in its matches; empty where none is.
    pub value: Vec<FieldRef>,
}

impl CorrelationSpec {
    /// Where acts are taken back one by one: the most in one timespan of which that holds.
    #[must_use]
    pub fn takes_acts(&self) -> Option<u64> {
        self.redeemed.as_ref().filter(|r| r.each > 0).map(|r| r.at_most)
    }

    /// The rules besides its bases whose matches it looks at.
    pub fn others(&self) -> impl Iterator<Item = &RuleIdx> {
        self.redeemed.as_ref().map(|r| &r.by).into_iter().chain(self.accepted.as_ref().map(|a| &a.by))
    }
}

/// When `new_value` stops being silent about a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Learn {
    /// Time since the group's first match, µs.
    pub period: i64,
    /// Matches of the group before.
    pub minimum: u64,
}
