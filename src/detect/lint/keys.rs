//! Keys that are not read though they look like it, statuses that Sigma does
//! not know, and dates that no calendar has.

use super::Checker;
use super::fields::distance;
use crate::event::time::days_in_month;

/// What a document may say at its top.
const TOP: &[&str] = &[
    "title",
    "id",
    "name",
    "related",
    "taxonomy",
    "status",
    "description",
    "license",
    "author",
    "references",
    "date",
    "modified",
    "logsource",
    "detection",
    "correlation",
    "filter",
    "fields",
    "falsepositives",
    "level",
    "tags",
    "scope",
    "generate",
    "secstream",
    "action",
];
/// What stands in a logsource.
const LOGSOURCE: &[&str] = &["product", "category", "service", "definition"];
/// What stands in a correlation.
const CORRELATION: &[&str] =
    &["type", "rules", "group-by", "timespan", "timeframe", "aliases", "condition", "generate", "learning", "minimum"];
/// Sigma's statuses.
const STATUS: &[&str] = &["stable", "test", "experimental", "deprecated", "unsupported"];

impl Checker<'_> {
    pub(super) fn keys(&mut self) {
        // Sigma allows keys of one's own at the top: only what is nearly a known one is told.
        for (block, known, own) in
            [("", TOP, true), ("logsource", LOGSOURCE, false), ("correlation", CORRELATION, false)]
        {
            let node = if block.is_empty() { Some(self.node) } else { self.node.get(block) };
            let wrong: Vec<_> = (node.and_then(|n| n.map()).unwrap_or_default().iter())
                .filter_map(|(k, _)| Some(((k.line, k.column), k.text()?.to_owned())))
                .filter(|(_, k)| !known.contains(&k.as_str()))
                .collect();
            for (at, key) in wrong {
                let near = nearest(&key, known);
                if own && near.is_none() {
                    continue;
                }
                let of = if own { String::new() } else { format!(" of {block}") };
                let hint =
                    near.map_or_else(|| format!("known are {}", known.join(", ")), |n| format!("did you mean {n}?"));
                self.say(at, "unknown-key", format!("the key '{key}'{of} is not read"), &hint);
            }
        }
        let status = self.node.get("status").and_then(|n| n.text()).map(|t| t.trim().to_ascii_lowercase());
        if let Some(status) = status.filter(|s| !STATUS.contains(&s.as_str())) {
            let hint = format!("one of {}", STATUS.join(", "));
            self.say(self.at("status"), "unknown-status", format!("'{status}' is no status"), &hint);
        }
        for key in ["date", "modified"] {
            let text = self.node.get(key).and_then(|n| n.text()).map(str::to_owned);
            if let Some(text) = text.filter(|t| !is_date(t)) {
                let hint = "write it as 2026-11-22";
                self.say(self.at(key), "bad-date", format!("{key}: '{text}' is no date"), hint);
            }
        }
    }
}

/// The known key that a key is nearly.
fn nearest(key: &str, known: &[&'static str]) -> Option<&'static str> {
    let plain = |k: &str| k.replace(['-', '_', ' '], "").to_ascii_lowercase();
    let near = |k: &&&str| plain(k) == plain(key) || (k.len() > 3 && distance(k, key) <= 1 + usize::from(k.len() > 6));
    known.iter().find(near).copied()
}

/// Whether a text is a day of the calendar, as Sigma writes it or wrote it before.
fn is_date(text: &str) -> bool {
    let text = text.trim();
    let sign = if text.contains('/') { '/' } else { '-' };
    let mut parts = text.split(sign).map(|p| {
        let digits = !p.is_empty() && p.len() <= 4 && p.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| p.parse::<u32>().ok()).flatten()
    });
    let (Some(Some(year)), Some(Some(month)), Some(Some(day)), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    year >= 1_000 && (1..=days_in_month(i64::from(year), month)).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use crate::detect::RuleFile;

    #[test]
    fn days_of_the_calendar() {
        for d in ["2024-02-29", "2026/11/22", "2017-01-01"] {
            assert!(is_date(d), "{d}");
        }
        for d in ["2024-99-99", "2023-02-29", "2024-04-31", "22.11.2026", "2024-11", "2024-00-10", "soon", "24-01-01"] {
            assert!(!is_date(d), "{d}");
        }
    }

    fn codes(more: &str, logsource: &str) -> Vec<(&'static str, u32)> {
        let text = format!(
            "title: T\nid: 929a690e-bef0-4204-a928-ef5e620d6fcc\ndescription: d\nlevel: low\n{more}\nlogsource: {{{logsource}}}\n\
             detection: {{s: {{Abc: xyz}}, condition: s}}\n"
        );
        check(&[RuleFile::new("a.yml", &text)]).into_iter().map(|f| (f.code, f.line)).collect()
    }

    #[test]
    fn what_is_not_read() {
        for (more, code) in [
            ("status: foo", "unknown-status"),
            ("statuss: test", "unknown-key"),
            ("Status: test", "unknown-key"),
            ("falsepositive: none", "unknown-key"),
            ("false_positives: none", "unknown-key"),
            ("date: 2024-99-99", "bad-date"),
            ("modified: soon", "bad-date"),
        ] {
            assert_eq!(codes(more, "product: linux"), [(code, 5)], "{more}");
        }
        for fine in ["status: Test", "date: 2024/01/02", "own_key: 1", "regression_tests_path: x", "ticket: 7"] {
            assert_eq!(codes(fine, "product: linux"), [], "{fine}");
        }
        assert_eq!(codes("status: test", "product: linux, servce: x"), [("unknown-key", 6)]);
    }

    #[test]
    fn a_correlation_that_forgets_its_groups() {
        let text = "title: A\nname: a\nid: 929a690e-bef0-4204-a928-ef5e620d6fcc\ndescription: d\nlevel: low\nlogsource: {product: linux}\ndetection: {s: {Abc: xyz}, condition: s}\n\
                    ---\ntitle: B\nid: 929a690f-bef0-4204-a928-ef5e620d6fcc\ndescription: d\nlevel: low\n\
                    correlation:\n  type: event_count\n  rules: [a]\n  group_by: [src_ip]\n  timespan: 1m\n  condition: {gte: 5}\n";
        let found = check(&[RuleFile::new("a.yml", text)]);
        assert_eq!(
            found.iter().map(|f| (f.code, f.line, &*f.hint)).collect::<Vec<_>>(),
            [("unknown-key", 16, "did you mean group-by?")]
        );
    }
}
