//! Field names that events of a logsource do not have.

use super::Checker;
use crate::detect::fields::{overlay_field, resolve};
use crate::detect::sigma::rule::{Detection, LogsourceNames};
use crate::event::SchemaBuilder;

/// One logsource a line: `product/category: fields`.
const TABLE: &str = include_str!("fields.txt");

/// Fields that every Windows event may have.
const WINDOWS: &str = "EventID Channel Computer Provider_Name Provider_Guid Level Keywords Task Opcode EventRecordID \
     UserID ProcessID ThreadID Execution_ProcessID Execution_ThreadID Version Message RuleName UtcTime EventType \
     ProcessGuid ProcessId Image User Hostname TimeCreated SystemTime";

impl Checker<'_> {
    pub(super) fn fields(&mut self, names: &LogsourceNames, d: &Detection) {
        let Some(known) = known(names) else { return self.nearly_ours(names, d) };
        let mut wrong: Vec<((u32, u32), String)> = Vec::new();
        for s in &d.searches {
            s.each_item(&mut |i| {
                let Some(field) = &i.field else { return };
                let own = || overlay_field(field).is_some() || mapped(field, names);
                if !known.contains(&field.as_str()) && !own() && !wrong.iter().any(|w| w.1 == *field) {
                    wrong.push(((i.line, i.column), field.clone()));
                }
            });
        }
        for (at, field) in wrong {
            let hint = match nearest(&field, &known) {
                Some(n) => format!("did you mean {n}?"),
                None => String::new(),
            };
            self.say(at, "unknown-field", format!("events of {} have no field '{field}'", names.display()), &hint);
        }
    }
}

impl Checker<'_> {
    /// Names that are one letter off the overlay's, where events may have any
    /// field of their own.
    fn nearly_ours(&mut self, names: &LogsourceNames, d: &Detection) {
        let ours: Vec<&str> = crate::event::OVERLAY.iter().map(|o| o.name()).chain(TYPED).collect();
        let mut told: Vec<String> = Vec::new();
        let mut wrong: Vec<((u32, u32), String, &str)> = Vec::new();
        for s in &d.searches {
            s.each_item(&mut |i| {
                let Some(field) = i.field.as_ref().filter(|f| !told.contains(f)) else { return };
                let meant = ours.iter().find(|o| nearly(field, o));
                if let Some(meant) = meant.filter(|_| overlay_field(field).is_none() && !mapped(field, names)) {
                    told.push(field.clone());
                    wrong.push(((i.line, i.column), field.clone(), meant));
                }
            });
        }
        for (at, field, meant) in wrong {
            let message = format!("no parser gives events of {} a field '{field}'", names.display());
            self.say(at, "unknown-field", message, &format!("did you mean {meant}?"));
        }
    }
}

/// Members of the overlay that are no text.
const TYPED: [&str; 4] = ["event_type", "outcome", "severity", "timestamp"];

/// Whether a name looks like a mistyped one of ours: one edit away, or written
/// in another way (`srcip`). Plurals and names as short as `pid` are names of
/// their own.
fn nearly(name: &str, ours: &str) -> bool {
    let plain = |n: &str| n.bytes().filter(|b| !b"_-".contains(b)).map(|b| b.to_ascii_lowercase()).collect::<Vec<_>>();
    let lower = !name.bytes().any(|b| b.is_ascii_uppercase());
    let plural = name.strip_suffix('s') == Some(ours) || ours.strip_suffix('s') == Some(name);
    let edited = ours.len() >= 4 && name.len() >= 3 && distance(name, ours) == 1;
    name != ours && lower && !plural && (edited || plain(name) == plain(ours))
}

/// Whether a name is read from the overlay for this logsource.
fn mapped(name: &str, names: &LogsourceNames) -> bool {
    resolve(name, names, &mut SchemaBuilder::new()).overlay.is_some()
}

/// The fields that events of a logsource have, by its names in lower case;
/// `None` where they are not known.
#[must_use]
pub fn fields_of(product: &str, category: &str, service: &str) -> Option<Vec<&'static str>> {
    let name = str::to_owned;
    known(&LogsourceNames { product: name(product), category: name(category), service: name(service) })
}

/// The fields of a logsource; `None` where they are not known.
fn known(names: &LogsourceNames) -> Option<Vec<&'static str>> {
    if !names.service.is_empty() {
        return None;
    }
    let key = format!("{}/{}", names.product, names.category);
    let line = TABLE.lines().find_map(|l| l.strip_prefix(key.as_str())?.strip_prefix(':'))?;
    let mut out: Vec<&str> = line.split_whitespace().collect();
    if names.product == "windows" {
        out.extend(WINDOWS.split_whitespace());
    }
    Some(out)
}

/// The known name that differs least: by case, or by up to two letters.
fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let same = known.iter().find(|k| k.eq_ignore_ascii_case(name));
    let close = || known.iter().map(|k| (distance(name, k), *k)).filter(|(d, _)| *d <= 2).min();
    same.copied().or_else(|| close().map(|c| c.1))
}

/// Edits from one name to another, no more than names of 64 bytes.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    if a.len() > 64 || b.len() > 64 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut last = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (y, above) in b.bytes().zip(row.iter_mut().skip(1)) {
            let cost = (*above + 1).min(left + 1).min(last + usize::from(x != y));
            last = *above;
            *above = cost;
            left = cost;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_nearly_ours() {
        for (name, ours) in [("usr", "user"), ("src-ip", "src_ip"), ("srcip", "src_ip"), ("evnt_type", "event_type")] {
            assert!(nearly(name, ours), "{name}");
        }
        for (name, ours) in [("users", "user"), ("ppid", "pid"), ("User", "user"), ("uid", "pid"), ("user", "user")] {
            assert!(!nearly(name, ours), "{name}");
        }
    }

    #[test]
    fn distances() {
        assert_eq!((distance("CommandLin", "CommandLine"), distance("a", "a"), distance("", "ab")), (1, 0, 2));
        assert_eq!(nearest("commandline", &["Image", "CommandLine"]), Some("CommandLine"));
        assert_eq!(nearest("ParentImge", &["ParentImage"]), Some("ParentImage"));
        assert_eq!(nearest("Something", &["ParentImage"]), None);
    }
}
