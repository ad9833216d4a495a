//! The user's own formats, written in TOML: a regular expression or a pattern
//! with named fields, a time format, what the lines mean, and sample lines.

mod load;
mod pattern;
mod samples;
mod when;

use chrono::format::{Item, Parsed};
use regex::{CaptureLocations, Regex};

pub use load::{FormatError, load};
pub use samples::{check_samples, sample_events};

use super::{Ctx, addr, json, time, web};
use crate::event::{Draft, EventType, Logsource, Outcome, Ov, RecordFlags, Schema, Severity, TimeQuality, Ts};
use when::When;

/// One of the user's own formats.
#[derive(Debug)]
pub struct Format {
    name: String,
    id: u16,
    regex: Regex,
    /// What each group of the expression is, in its order.
    groups: Vec<Group>,
    time_format: Option<Vec<Item<'static>>>,
    /// Whether the time format has no year.
    yearless: bool,
    event_type: Option<EventType>,
    outcome: Option<Outcome>,
    severity: Option<Severity>,
    logsource: [String; 3],
    when: Vec<When>,
    samples: Vec<samples::Sample>,
    /// Where it is defined, for messages.
    path: String,
}

/// What a captured value is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    Time,
    Type,
    Outcome,
    Severity,
    Request,
    Overlay(Ov),
    Field,
}

#[derive(Debug)]
struct Group {
    index: usize,
    name: String,
    target: Target,
    /// Keep the value under its own name too.
    keep: bool,
}

/// Where the groups of a match are; reused from line to line.
#[derive(Debug, Default)]
pub struct Scratch {
    locations: Vec<(u16, CaptureLocations)>,
}

impl Target {
    /// From the name that a format gives a group.
    fn of(name: &str) -> Self {
        match name {
            "timestamp" | "time" | "ts" | "date" => Self::Time,
            "event_type" => Self::Type,
            "outcome" => Self::Outcome,
            "severity" | "level" => Self::Severity,
            "request" => Self::Request,
            other => Ov::from_alias(other).map_or(Self::Field, Self::Overlay),
        }
    }
}

impl Format {
    /// Its name, as `--format` takes it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its number in records.
    #[must_use]
    pub fn id(&self) -> u16 {
        self.id
    }

    /// Whether a line is in this format.
    #[must_use]
    pub fn matches(&self, line: &str) -> bool {
        self.regex.is_match(line)
    }

    /// Its logsource in a schema.
    #[must_use]
    pub fn logsource(&self, schema: &Schema) -> Logsource {
        let [product, category, service] = &self.logsource;
        schema.logsource(product, category, service)
    }

    /// Parses a line. `logsource` is this format's in the draft's schema.
    pub fn parse(&self, raw: &str, ctx: &Ctx, logsource: Logsource, d: &mut Draft<'_>, s: &mut Scratch) -> bool {
        let at = match s.locations.iter().position(|(id, _)| *id == self.id) {
            Some(at) => at,
            None => {
                s.locations.push((self.id, self.regex.capture_locations()));
                s.locations.len() - 1
            }
        };
        let Some((_, locations)) = s.locations.get_mut(at) else { return false };
        if self.regex.captures_read(locations, raw).is_none() {
            return false;
        }
        if let Some(t) = self.event_type {
            d.rec.event_type = t;
        }
        d.rec.outcome = self.outcome.unwrap_or_default();
        d.rec.severity = self.severity.unwrap_or_default();
        let mut timed = false;
        for group in &self.groups {
            let Some(value) = locations.get(group.index).and_then(|(a, b)| raw.get(a..b)) else { continue };
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            timed |= group.target == Target::Time;
            self.put(group, value, ctx, d);
            for when in self.when.iter().filter(|w| w.field == group.name && w.holds(value)) {
                when.apply(d);
            }
        }
        if !timed && let Some(found) = time::find_time(raw, ctx) {
            d.time(found.ts, found.quality);
        }
        if d.rec.outcome == Outcome::Unknown && self.outcome.is_none() {
            d.rec.outcome = json::usual_outcome(d.rec.event_type);
        }
        if d.get(Ov::Message).is_none() {
            d.set(Ov::Message, raw);
        }
        d.logsource(logsource);
        d.flag(RecordFlags::PARSED);
        true
    }

    fn put(&self, group: &Group, value: &str, ctx: &Ctx, d: &mut Draft<'_>) {
        if group.keep {
            d.field(&group.name, value);
        }
        match group.target {
            Target::Time => {
                if let Some((ts, quality)) = self.time(value, ctx) {
                    d.time(ts, quality);
                }
            }
            Target::Type => d.rec.event_type = json::event_type(value).unwrap_or(d.rec.event_type),
            Target::Outcome => d.rec.outcome = json::outcome(value).unwrap_or(d.rec.outcome),
            Target::Severity => d.rec.severity = json::severity(value).unwrap_or(d.rec.severity),
            Target::Request => {
                web::set_request(d, value);
            }
            Target::Overlay(Ov::SrcIp) => addr::set_client(d, value),
            Target::Overlay(Ov::Url) => web::set_target(d, value),
            Target::Overlay(Ov::DestIp) => match addr::parse(value) {
                Some(a) => d.set(Ov::DestIp, a.ip),
                None => d.set(Ov::DestHost, value),
            },
            Target::Overlay(name) => {
                if value != "-" && (!name.is_number() || value.bytes().all(|b| b.is_ascii_digit())) {
                    d.set(name, value);
                }
            }
            Target::Field => {}
        }
    }

    /// A captured time: by the format's own layout, else in any known syntax.
    fn time(&self, value: &str, ctx: &Ctx) -> Option<(Ts, TimeQuality)> {
        let Some(items) = &self.time_format else { return time::value(value, ctx) };
        let mut parsed = Parsed::new();
        chrono::format::parse(&mut parsed, value, items.iter()).ok()?;
        if let Ok(t) = parsed.to_datetime() {
            return Some((Ts(t.timestamp_micros()), TimeQuality::Zoned));
        }
        let naive = |p: &Parsed| Some(Ts(p.to_naive_datetime_with_offset(0).ok()?.and_utc().timestamp_micros()));
        if !self.yearless {
            return Some((time::local(naive(&parsed)?, ctx), TimeQuality::Wall));
        }
        let latest = ctx.limit_year;
        (latest - 9..=latest + 1).rev().find_map(|year| {
            let mut with_year = parsed.clone();
            with_year.set_year(year).ok()?;
            let ts = time::local(naive(&with_year)?, ctx);
            (ts <= ctx.limit).then_some((ts, TimeQuality::Yearless))
        })
    }
}

#[cfg(test)]
mod tests;
