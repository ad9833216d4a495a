//! From TOML to formats; each error names file and line.

use std::collections::BTreeMap;

use chrono::format::{Fixed, Item, Numeric, StrftimeItems};
use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use toml::Spanned;

use super::samples::Sample;
use super::when::{Test, When};
use super::{Format, Group, Target, pattern};
use crate::event::{Ov, overlay_by_name};
use crate::parse::formats;

/// What is wrong with a format's definition, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{line}: {message}")]
pub struct FormatError {
    /// The file.
    pub path: String,
    /// Its line, 1-based.
    pub line: usize,
    /// What was found and what was expected.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    format: Vec<Definition>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    name: Spanned<String>,
    pattern: Option<Spanned<String>>,
    regex: Option<Spanned<String>>,
    time_format: Option<Spanned<String>>,
    event_type: Option<Spanned<String>>,
    outcome: Option<Spanned<String>>,
    severity: Option<Spanned<String>>,
    #[serde(default)]
    logsource: Logsource,
    /// Captured name to overlay name.
    #[serde(default)]
    fields: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    when: Vec<Condition>,
    #[serde(default)]
    samples: Vec<SampleLine>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Logsource {
    #[serde(default)]
    product: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    service: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    field: Spanned<String>,
    is: Option<String>,
    matches: Option<Spanned<String>>,
    event_type: Option<Spanned<String>>,
    outcome: Option<Spanned<String>>,
    severity: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SampleLine {
    line: Spanned<String>,
    #[serde(default)]
    expect: BTreeMap<String, toml::Value>,
}

/// Reads the formats of one file. All errors are reported, not only the first;
/// with any error no format of the file is used.
pub fn load(path: &str, text: &str) -> Result<Vec<Format>, Vec<FormatError>> {
    let reader = Reader { path, text };
    let file: File = match toml::from_str(text) {
        Ok(file) => file,
        Err(e) => return Err(vec![reader.error(e.span().map_or(0, |s| s.start), e.message().trim().to_owned())]),
    };
    let mut errors = Vec::new();
    let mut out: Vec<Format> = Vec::new();
    for definition in file.format {
        let start = definition.name.span().start;
        let before = errors.len();
        let format = reader.format(definition, &mut errors);
        if let Some(f) = format.filter(|_| errors.len() == before) {
            if out.iter().any(|o| o.name == f.name) {
                errors.push(reader.error(start, format!("the name '{}' is used twice", f.name)));
            }
            out.push(f);
        }
    }
    if errors.is_empty() { Ok(out) } else { Err(errors) }
}

struct Reader<'a> {
    path: &'a str,
    text: &'a str,
}

impl Reader<'_> {
    fn line(&self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|b| *b == b'\n').count()
    }

    fn error(&self, offset: usize, message: String) -> FormatError {
        FormatError { path: self.path.to_owned(), line: self.line(offset), message }
    }

    fn word<T>(
        &self,
        word: Option<&Spanned<String>>,
        what: &str,
        read: impl Fn(&str) -> Option<T>,
        all: &[&str],
        errors: &mut Vec<FormatError>,
    ) -> Option<T> {
        let word = word?;
        let value = read(word.get_ref());
        if value.is_none() {
            let known = all.join(", ");
            let message = format!("'{}' is no {what}; expected one of: {known}", word.get_ref());
            errors.push(self.error(word.span().start, message));
        }
        value
    }

    fn meaning(&self, words: [Option<&Spanned<String>>; 3], errors: &mut Vec<FormatError>) -> Meaning {
        use crate::event::{EventType, Outcome, Severity};
        let types: Vec<_> = EventType::ALL.iter().map(|t| t.as_str()).collect();
        let outcomes: Vec<_> = Outcome::ALL.iter().map(|t| t.as_str()).collect();
        let severities: Vec<_> = Severity::ALL.iter().map(|t| t.as_str()).collect();
        (
            self.word(words[0], "event type", EventType::from_name, &types, errors),
            self.word(words[1], "outcome", Outcome::from_name, &outcomes, errors),
            self.word(words[2], "severity", Severity::from_name, &severities, errors),
        )
    }

    fn format(&self, def: Definition, errors: &mut Vec<FormatError>) -> Option<Format> {
        let name = def.name.get_ref().clone();
        let at = def.name.span().start;
        if formats::format_names().any(|n| n == name) {
            errors.push(self.error(at, format!("'{name}' is the name of a built-in format")));
        }
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')) {
            errors
                .push(self.error(at, format!("'{name}' is no format name: letters, digits, '_' and '-' are expected")));
        }
        let (event_type, outcome, severity) =
            self.meaning([def.event_type.as_ref(), def.outcome.as_ref(), def.severity.as_ref()], errors);
        let expression = self.expression(&def, errors);
        let time_format = def.time_format.as_ref().and_then(|f| self.time_format(f, errors));
        let (regex, names) = expression?;
        let groups = self.groups(&names, &def.fields, errors);
        let mut when = Vec::new();
        for condition in def.when {
            when.extend(self.condition(condition, &names, errors));
        }
        let samples = def
            .samples
            .into_iter()
            .map(|s| Sample { at: self.line(s.line.span().start), line: s.line.into_inner(), expect: s.expect })
            .collect();
        let yearless = time_format.as_ref().is_some_and(|items| !has_year(items));
        Some(Format {
            id: formats::register(&name),
            name,
            regex,
            groups,
            time_format,
            yearless,
            event_type,
            outcome,
            severity,
            logsource: [def.logsource.product, def.logsource.category, def.logsource.service],
            when,
            samples,
            path: self.path.to_owned(),
        })
    }

    /// The expression and the names of its groups with their numbers.
    fn expression(&self, def: &Definition, errors: &mut Vec<FormatError>) -> Option<(Regex, Vec<(usize, String)>)> {
        let (source, names, at) = match (&def.pattern, &def.regex) {
            (Some(p), None) => match pattern::to_regex(p.get_ref()) {
                Ok((regex, names)) => (regex, Some(names), p.span().start),
                Err(e) => {
                    errors.push(self.error(p.span().start, e));
                    return None;
                }
            },
            (None, Some(r)) => (r.get_ref().clone(), None, r.span().start),
            (Some(_), Some(r)) => {
                errors.push(self.error(r.span().start, "either 'pattern' or 'regex' is expected, not both".to_owned()));
                return None;
            }
            (None, None) => {
                errors.push(self.error(def.name.span().start, "'pattern' or 'regex' is missing".to_owned()));
                return None;
            }
        };
        let regex = self.regex(&source, at, errors)?;
        let names: Vec<_> = match names {
            Some(names) => names.into_iter().enumerate().map(|(i, n)| (i + 1, n)).collect(),
            None => regex.capture_names().enumerate().filter_map(|(i, n)| Some((i, n?.to_owned()))).collect(),
        };
        if names.is_empty() {
            errors.push(self.error(at, "the expression has no named group such as '(?P<src_ip>\\S+)'".to_owned()));
        }
        Some((regex, names))
    }

    fn regex(&self, source: &str, at: usize, errors: &mut Vec<FormatError>) -> Option<Regex> {
        match RegexBuilder::new(source).size_limit(4 << 20).build() {
            Ok(r) => Some(r),
            Err(e) => {
                let text = e.to_string();
                let last = text.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned();
                errors.push(self.error(at, format!("no valid regular expression: {last}")));
                None
            }
        }
    }

    fn groups(
        &self,
        names: &[(usize, String)],
        fields: &BTreeMap<String, Spanned<String>>,
        errors: &mut Vec<FormatError>,
    ) -> Vec<Group> {
        for (from, to) in fields {
            if !names.iter().any(|(_, n)| n == from) {
                errors.push(self.error(to.span().start, format!("'{from}' is not captured by this format")));
            }
            let known =
                matches!(to.get_ref().as_str(), "timestamp" | "event_type" | "outcome" | "severity" | "request");
            if !known && overlay_by_name(to.get_ref()).is_none() {
                let mut all: Vec<_> = crate::event::OVERLAY.iter().map(|o| o.name()).collect();
                all.extend(["timestamp", "event_type", "outcome", "severity", "request"]);
                let message =
                    format!("'{}' is no field of the overlay; expected one of: {}", to.get_ref(), all.join(", "));
                errors.push(self.error(to.span().start, message));
            }
        }
        let group = |(index, name): &(usize, String)| {
            let target = Target::of(fields.get(name).map_or(name.as_str(), |f| f.get_ref().as_str()));
            let same =
                matches!(&target, Target::Overlay(o) if o.name() == name && *o != Ov::Url) || target == Target::Time;
            Group { index: *index, name: name.clone(), target, keep: !same }
        };
        names.iter().map(group).collect()
    }

    fn condition(&self, c: Condition, names: &[(usize, String)], errors: &mut Vec<FormatError>) -> Option<When> {
        let at = c.field.span().start;
        if !names.iter().any(|(_, n)| n == c.field.get_ref()) {
            errors.push(self.error(at, format!("'{}' is not captured by this format", c.field.get_ref())));
        }
        let test = match (c.is, &c.matches) {
            (Some(word), None) => Test::Is(word),
            (None, Some(m)) => Test::Matches(self.regex(m.get_ref(), m.span().start, errors)?),
            _ => {
                errors.push(self.error(at, "either 'is' or 'matches' is expected".to_owned()));
                return None;
            }
        };
        let (event_type, outcome, severity) =
            self.meaning([c.event_type.as_ref(), c.outcome.as_ref(), c.severity.as_ref()], errors);
        Some(When { field: c.field.into_inner(), test, event_type, outcome, severity })
    }

    fn time_format(&self, f: &Spanned<String>, errors: &mut Vec<FormatError>) -> Option<Vec<Item<'static>>> {
        match StrftimeItems::new(f.get_ref()).parse_to_owned() {
            Ok(items) => Some(items),
            Err(_) => {
                let message = format!("'{}' is no time format (such as '%Y-%m-%d %H:%M:%S')", f.get_ref());
                errors.push(self.error(f.span().start, message));
                None
            }
        }
    }
}

type Meaning = (Option<crate::event::EventType>, Option<crate::event::Outcome>, Option<crate::event::Severity>);

fn has_year(items: &[Item<'_>]) -> bool {
    items.iter().any(|i| {
        matches!(
            i,
            Item::Numeric(Numeric::Year | Numeric::YearMod100 | Numeric::IsoYear | Numeric::Timestamp, _)
                | Item::Fixed(Fixed::RFC2822 | Fixed::RFC3339)
        )
    })
}
