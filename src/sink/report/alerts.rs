//! The alerts: each a line that opens to why, and to its evidence.

use super::html::{Page, text};
use super::{Report, ReportAlert};
use crate::event::count;

/// Writes the section.
pub(super) fn write(r: &Report, p: &mut Page) {
    p.raw("<section><h2>Alerts</h2>");
    if r.alerts.is_empty() {
        p.raw("<p>No rule raised an alert.</p>");
    }
    for a in &r.alerts {
        one(a, p);
    }
    if r.unlisted > 0 {
        p.raw(&format!(
            "<p>{} of less score not listed here; <code>--alerts PATH</code> writes all.</p>",
            count(r.unlisted, "more alert")
        ));
    }
    p.raw("</section>");
}

fn one(of: &ReportAlert, p: &mut Page) {
    let a = &of.alert;
    let covered = if a.covered_by.is_some() { " <i>(covered by another)</i>" } else { "" };
    p.raw(&format!(
        "<details><summary><b class=\"{0}\">{0}</b> {1:.1} &nbsp; {2} &nbsp; {3} &nbsp; {4}{covered}</summary><dl>",
        a.severity,
        a.score,
        a.timestamp,
        text(&a.entity()),
        text(&a.message)
    ));
    let mut row = |name: &str, value: &str| {
        if !value.is_empty() {
            p.raw(&format!("<dt>{name}</dt><dd>{}</dd>", text(value)));
        }
    };
    row("rule", &format!("{} ({})", a.rule, a.rule_id));
    row("description", &a.description);
    row("until", &a.last.to_string());
    row("source", a.src_ip.as_deref().unwrap_or(""));
    row("account", a.user.as_deref().unwrap_or(""));
    row("host", a.host.as_deref().unwrap_or(""));
    row("count", &a.count.to_string());
    row("techniques", &a.techniques.join(", "));
    row("tactics", &a.tactics.join(", "));
    let parts: Vec<String> = a.score_parts.iter().map(|(name, n)| format!("{name} {n:.1}")).collect();
    row("score", &parts.join(" + "));
    row("confidence", &format!("{:.2}", a.confidence));
    row("covers", &a.covers.join(", "));
    row("id", &a.id);
    p.raw("</dl>");
    if !of.evidence.is_empty() {
        let records = count(a.matched_total, "record");
        p.raw(&format!("<p>Evidence: {} of {records}</p><pre>", of.evidence.len()));
        for (place, record) in &of.evidence {
            let record = record.as_deref().unwrap_or("(cannot be read again)");
            p.raw(&format!("<b>{}</b> {}\n", text(place), text(record)));
        }
        p.raw("</pre>");
    }
    p.raw("</details>\n");
}
