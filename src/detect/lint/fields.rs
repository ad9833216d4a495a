//! Field names that events of a logsource do not have.
//!
//! Of some logsources all names are known (Sysmon, CloudTrail): any other one is
//! wrong. Others may have names that we do not know (web servers that log JSON,
//! Zeek with scripts of its own): there only names are told that are nearly one
//! that is known, or that belong to another kind of log.

use super::Checker;
use crate::detect::fields::{overlay_field, resolve};
use crate::detect::sigma::rule::{Detection, LogsourceNames};
use crate::event::SchemaBuilder;

/// One logsource a line: `product/category/service closed: fields` or `… open: …`.
/// `x.*` stands for all names that begin so, `x#` for numbered ones.
const TABLE: &str = include_str!("fields.txt");

/// Fields that every event of Windows and of Sysmon may have.
const SYSTEM: &str = "EventID Channel Computer Provider_Name Provider_Guid Level Keywords Task Opcode EventRecordID \
     UserID ProcessID ThreadID Execution_ProcessID Execution_ThreadID Version Message RuleName UtcTime EventType \
     ProcessGuid ProcessId Image User Hostname TimeCreated SystemTime";

/// Names that tell which kind of log they are of, and what that is.
const TELLING: &[(&str, &[&str])] = &[
    (
        "Windows and Sysmon events",
        &[
            "Image",
            "CommandLine",
            "ParentImage",
            "ParentCommandLine",
            "OriginalFileName",
            "TargetFilename",
            "TargetObject",
            "ScriptBlockText",
            "DestinationIp",
            "DestinationPort",
            "DestinationHostname",
            "SourceIp",
            "EventID",
        ],
    ),
    (
        "web servers and proxies",
        &[
            "c-ip",
            "c-uri",
            "c-uri-query",
            "c-uri-stem",
            "c-useragent",
            "cs-host",
            "cs-method",
            "cs-referer",
            "cs-uri",
            "cs-uri-query",
            "cs-uri-stem",
            "cs-user-agent",
            "cs-username",
            "sc-status",
        ],
    ),
];

/// What Azure's logs nest: found in any case.
const NESTED: [&str; 3] = ["targetResources", "initiatedBy", "additionalDetails"];

/// What is known of a logsource's fields.
struct Known {
    names: Vec<&'static str>,
    /// Whether these are all.
    closed: bool,
    /// Whether names stand with a capital as well as without.
    either_case: bool,
}

impl Known {
    /// The fields of a logsource; `None` where they are not known.
    fn of(names: &LogsourceNames) -> Option<Self> {
        let line = |key: &str| {
            let line = TABLE.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(' '))?;
            line.split_once(':')
        };
        let without = |category: bool| LogsourceNames {
            category: if category { String::new() } else { names.category.clone() },
            service: if category { names.service.clone() } else { String::new() },
            product: names.product.clone(),
        };
        let keys = [names.clone(), without(false), without(true)];
        let some = keys.iter().filter(|k| !(k.category.is_empty() && k.service.is_empty()));
        let (kind, line) = some.map(LogsourceNames::display).find_map(|k| line(&k))?;
        let mut all: Vec<&str> = line.split_whitespace().collect();
        if matches!(&*names.product, "windows" | "linux" | "macos") && !names.category.is_empty() {
            all.extend(SYSTEM.split_whitespace());
        }
        Some(Self { names: all, closed: kind == "closed", either_case: names.product == "azure" })
    }

    fn has(&self, field: &str) -> bool {
        self.names.iter().any(|n| {
            if let Some(root) = n.strip_suffix('*') {
                return self.starts(field, root).is_some();
            }
            if let Some(stem) = n.strip_suffix('#') {
                let number = field.strip_prefix(stem).unwrap_or("");
                return !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
            }
            self.starts(field, n) == Some("")
        })
    }

    /// What is left of a field behind a part of a name.
    fn starts<'f>(&self, field: &'f str, part: &str) -> Option<&'f str> {
        let (front, rest) = (field.get(..part.len())?, field.get(part.len()..)?);
        let capital = |t: &str| t.chars().next().map(|c| c.to_ascii_lowercase());
        let either = || {
            let nested = NESTED.iter().any(|n| part == *n || part.strip_suffix('.') == Some(n));
            nested && front.eq_ignore_ascii_case(part)
                || capital(front) == capital(part) && front.get(1..) == part.get(1..)
        };
        let same = front == part || self.either_case && either();
        same.then_some(rest)
    }

    /// The known name that differs least: by case, or by up to two letters.
    fn nearest(&self, field: &str) -> Option<&'static str> {
        let names = || self.names.iter().copied().filter(|n| !n.ends_with(['*', '#']));
        let close = || names().map(|k| (distance(field, k), k)).filter(|(d, _)| *d <= 2).min();
        names().find(|k| k.eq_ignore_ascii_case(field)).or_else(|| close().map(|c| c.1))
    }

    /// The known name that is most likely meant, where others may be right too.
    fn meant(&self, field: &str) -> Option<&'static str> {
        let long = |n: &str| n.len() >= 5 && field.len() >= 5;
        let near = |n: &str| long(n) && distance(field, n) == 1 && !plural(field, n);
        self.nearest(field).filter(|n| n.eq_ignore_ascii_case(field) || near(n))
    }
}

impl Checker<'_> {
    pub(super) fn fields(&mut self, names: &LogsourceNames, d: &Detection) {
        let known = Known::of(names);
        let mut told: Vec<&str> = Vec::new();
        let mut wrong: Vec<((u32, u32), Lacking)> = Vec::new();
        for s in &d.searches {
            s.each_item(&mut |i| {
                let Some(field) = i.field.as_deref().filter(|f| !told.contains(f)) else { return };
                if let Some(why) = lacks(known.as_ref(), field, names) {
                    told.push(field);
                    wrong.push(((i.line, i.column), why));
                }
            });
        }
        for (at, (message, hint)) in wrong {
            self.say(at, "unknown-field", message, &hint);
        }
    }
}

/// What is told of a field that is not there: message and hint.
pub(super) type Lacking = (String, String);

/// Why events of a logsource have no such field; `None` where they may have it.
pub(super) fn lacking(field: &str, names: &LogsourceNames) -> Option<Lacking> {
    lacks(Known::of(names).as_ref(), field, names)
}

fn lacks(known: Option<&Known>, field: &str, names: &LogsourceNames) -> Option<Lacking> {
    if known.is_some_and(|k| k.has(field)) || overlay_field(field).is_some() || mapped(field, names) {
        return None;
    }
    let told = |n: &str| format!("did you mean {n}?");
    let hint = known.and_then(|known| match (known.closed, telling(field)) {
        (true, _) => Some(known.nearest(field).map(told).unwrap_or_default()),
        (false, Some(of)) => Some(format!("it is a name of {of}")),
        (false, None) => known.meant(field).map(told),
    });
    if let Some(hint) = hint {
        return Some((format!("events of {} have no field '{field}'", names.display()), hint));
    }
    // One letter off the overlay's, where events may have any field of their own.
    let mut ours = crate::event::OVERLAY.iter().map(|o| o.name()).chain(TYPED);
    let meant = ours.find(|o| nearly(field, o))?;
    Some((format!("no parser gives events of {} a field '{field}'", names.display()), told(meant)))
}

/// The kind of log that a name is of, where it tells.
fn telling(field: &str) -> Option<&'static str> {
    TELLING.iter().find(|(_, names)| names.contains(&field)).map(|(of, _)| *of)
}

/// Whether one name is the plural of the other.
fn plural(a: &str, b: &str) -> bool {
    a.strip_suffix('s') == Some(b) || b.strip_suffix('s') == Some(a)
}

/// Members of the overlay that are no text.
const TYPED: [&str; 4] = ["event_type", "outcome", "severity", "timestamp"];

/// Whether a name looks like a mistyped one of ours: one edit away, or written
/// in another way (`srcip`). Plurals and names as short as `pid` are names of
/// their own.
fn nearly(name: &str, ours: &str) -> bool {
    let plain = |n: &str| n.bytes().filter(|b| !b"_-".contains(b)).map(|b| b.to_ascii_lowercase()).collect::<Vec<_>>();
    let lower = !name.bytes().any(|b| b.is_ascii_uppercase());
    let edited = ours.len() >= 4 && name.len() >= 3 && distance(name, ours) == 1;
    name != ours && lower && !plural(name, ours) && (edited || plain(name) == plain(ours))
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
    let known = Known::of(&LogsourceNames { product: name(product), category: name(category), service: name(service) });
    known.map(|k| k.names.into_iter().filter(|n| !n.ends_with(['*', '#'])).collect())
}

/// Edits from one name to another, no more than names of 64 bytes.
pub fn distance(a: &str, b: &str) -> usize {
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
    }

    fn known(product: &str, category: &str, service: &str) -> Known {
        let name = str::to_owned;
        let names = LogsourceNames { product: name(product), category: name(category), service: name(service) };
        Known::of(&names).expect("known")
    }

    #[test]
    fn names_nearly_known() {
        let k = known("windows", "process_creation", "");
        let near = ["commandline", "ParentImge", "Something"].map(|n| k.nearest(n));
        assert_eq!(near, [Some("CommandLine"), Some("ParentImage"), None]);
        let k = known("zeek", "", "dns");
        assert_eq!(
            ["Query", "quary", "trans_ids", "path"].map(|n| k.meant(n)),
            [Some("query"), Some("query"), None, None]
        );
    }

    #[test]
    fn what_stands_for_more_names() {
        let k = known("linux", "", "auditd");
        assert!(k.has("a0") && k.has("a117") && !k.has("a") && !k.has("ab"));
        let k = known("aws", "", "cloudtrail");
        assert!(k.has("requestParameters.x.y") && k.has("requestParameters") && !k.has("requestparameters.x"));
        let k = known("azure", "", "signinlogs");
        assert!(k.has("ResultType") && k.has("resultType") && k.has("DeviceDetail.trusttype") && !k.has("Resulttype"));
        assert!(known("azure", "", "auditlogs").has("Initiatedby"));
        assert!(known("linux", "process_creation", "sysmon").has("Image"));
    }

    #[test]
    fn every_line_of_the_table_can_be_read() {
        let mut keys: Vec<&str> = Vec::new();
        for l in TABLE.lines() {
            let (key, rest) = l.split_once(' ').expect("a key");
            assert!(rest.starts_with("closed:") || rest.starts_with("open:"), "{l}");
            assert!(key.split('/').count() == 3 && !keys.contains(&key), "{key}");
            keys.push(key);
        }
    }
}
