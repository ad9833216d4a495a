//! The accounting: every record is parsed, raw, filtered or dropped.

use std::collections::BTreeMap;

use crate::event::Ts;

/// What became of the records of one source, or of all.
/// `records = parsed + raw + filtered + dropped` always holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Lines read, empty ones included.
    pub lines: u64,
    /// Empty lines; they are no records.
    pub empty_lines: u64,
    /// Records.
    pub records: u64,
    /// Understood by a parser.
    pub parsed: u64,
    /// Understood by none and kept raw.
    pub raw: u64,
    /// Left out by a filter, with the filter's name.
    pub filtered: BTreeMap<String, u64>,
    /// Lost, with the reason.
    pub dropped: BTreeMap<String, u64>,
    /// Behind their source's watermark by more than the allowed lateness.
    pub late: u64,
    /// Of those that rules match: records that another source has, too. They count once.
    pub twice: u64,
    /// Records without a year, which was inferred.
    pub yearless: u64,
    /// Of these, days that the year which was given does not have.
    pub other_year: u64,
    /// Records without a time of their own, which have that of the one before.
    pub carried: u64,
    /// Records without any time: no window counts them.
    pub untimed: u64,
    /// Lines that name the columns of others or date them; they are no records.
    pub headers: u64,
    /// Bytes of the records' source, decompressed.
    pub bytes: u64,
    /// Earliest and latest event time.
    pub first_event: Option<Ts>,
    /// Latest event time.
    pub last_event: Option<Ts>,
}

impl Counts {
    /// Records left out by filters.
    #[must_use]
    pub fn filtered_total(&self) -> u64 {
        self.filtered.values().sum()
    }

    /// Records lost.
    #[must_use]
    pub fn dropped_total(&self) -> u64 {
        self.dropped.values().sum()
    }

    /// Takes note of an event's time.
    pub fn saw(&mut self, time: Ts) {
        if !time.is_some() {
            return;
        }
        if self.first_event.is_none_or(|f| time < f) {
            self.first_event = Some(time);
        }
        if self.last_event.is_none_or(|l| time > l) {
            self.last_event = Some(time);
        }
    }

    /// Counts a record as left out by a filter.
    pub fn filter(&mut self, by: &str, n: u64) {
        if n > 0 {
            *self.filtered.entry(by.to_owned()).or_default() += n;
        }
    }

    /// Adds another source's counts.
    pub fn add(&mut self, o: &Self) {
        self.lines += o.lines;
        self.empty_lines += o.empty_lines;
        self.records += o.records;
        self.parsed += o.parsed;
        self.raw += o.raw;
        self.yearless += o.yearless;
        self.other_year += o.other_year;
        self.carried += o.carried;
        self.untimed += o.untimed;
        self.headers += o.headers;
        for (k, n) in &o.filtered {
            self.filter(k, *n);
        }
        for (k, n) in &o.dropped {
            *self.dropped.entry(k.clone()).or_default() += n;
        }
        self.late += o.late;
        self.twice += o.twice;
        self.bytes += o.bytes;
        if let Some(t) = o.first_event {
            self.saw(t);
        }
        if let Some(t) = o.last_event {
            self.saw(t);
        }
    }

    /// Whether the sums add up.
    #[must_use]
    pub fn balanced(&self) -> bool {
        self.records == self.parsed + self.raw + self.filtered_total() + self.dropped_total()
    }
}
