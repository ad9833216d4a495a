//! A report as one HTML page that needs nothing else: timeline, entities,
//! alerts with their evidence, and what was read.
//!
//! The page has no script and may load nothing (its own policy forbids it).
//! Every text from a log is sanitized and escaped. It holds no clock and no
//! machine: the same input and rules give the same bytes.

mod alerts;
mod html;
mod timeline;

use std::sync::Arc;

use crate::alert::Alert;
use crate::event::{Severity, Ts};
use html::{Page, text};

/// Inputs listed that were left out.
const MOST_LEFT_OUT: usize = 1_000;

/// One input as the report names it.
#[derive(Debug, Clone, Default)]
pub struct ReportInput {
    /// As the user gave it.
    pub name: String,
    /// Its format.
    pub format: String,
    /// SHA-256 of its bytes, where it was read to the end.
    pub sha256: Option<String>,
    /// Records, of them parsed, raw, filtered and dropped, and of all the late ones and
    /// those that another input has, too.
    pub counts: [u64; 7],
    /// What deserves attention.
    pub warnings: Vec<String>,
}

/// Values of one kind with the number of their events, most first.
#[derive(Debug, Clone, Default)]
pub struct Top {
    /// What they are, e.g. `Source addresses`.
    pub title: &'static str,
    /// Value and events.
    pub values: Vec<(String, u64)>,
    /// How many different ones there are.
    pub distinct: u64,
    /// Events of values that found no room in the count.
    pub uncounted: u64,
}

/// An alert with the text of its first records.
#[derive(Debug, Clone)]
pub struct ReportAlert {
    /// The alert.
    pub alert: Arc<Alert>,
    /// `file:line` and text of records; the text is `None` where it cannot be read again.
    pub evidence: Vec<(String, Option<String>)>,
}

/// Everything that the page shows.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The inputs.
    pub inputs: Vec<ReportInput>,
    /// What was named or found and is not read, with the reason.
    pub left_out: Vec<(String, String)>,
    /// Rules in force.
    pub rules: usize,
    /// First and last time of an event.
    pub span: Option<(Ts, Ts)>,
    /// Events over the span, in equal parts.
    pub bars: Vec<u64>,
    /// What occurs most.
    pub tops: Vec<Top>,
    /// Entities by the scores of their alerts: entity, score, alerts, worst severity.
    pub entities: Vec<(String, f64, usize, Severity)>,
    /// The alerts with evidence, riskiest first; covered ones stand under those that cover them.
    pub alerts: Vec<ReportAlert>,
    /// Alerts in all, by severity, those covered by others not counted.
    pub by_severity: Vec<(Severity, usize)>,
    /// Alerts that others stand for.
    pub covered: usize,
    /// Alerts that are not listed, for size.
    pub unlisted: usize,
}

impl Report {
    /// The page.
    #[must_use]
    pub fn html(&self) -> String {
        let mut p = Page::new(&format!("secstream report: {}", self.names()));
        p.raw("<header><h1>secstream report</h1><p>");
        p.text(&self.names());
        if let Some((from, to)) = self.span {
            p.raw("<br>events from ");
            p.text(&from.to_string());
            p.raw(" to ");
            p.text(&to.to_string());
        }
        p.raw("</p><ul class=\"sum\">");
        for (s, n) in self.by_severity.iter().filter(|(_, n)| *n > 0) {
            p.raw(&format!("<li class=\"{s}\"><b>{n}</b> {s}</li>"));
        }
        if self.by_severity.iter().all(|(_, n)| *n == 0) {
            p.raw("<li><b>0</b> alerts</li>");
        }
        if self.covered > 0 {
            p.raw(&format!("<li><b>{}</b> covered by others</li>", self.covered));
        }
        p.raw("</ul></header><main>");
        timeline::write(self, &mut p);
        self.entities(&mut p);
        alerts::write(self, &mut p);
        self.inputs(&mut p);
        p.end()
    }

    fn names(&self) -> String {
        match self.inputs.as_slice() {
            [] => "no input".to_owned(),
            [one] => one.name.clone(),
            [one, rest @ ..] => format!("{} and {} more", one.name, rest.len()),
        }
    }

    fn entities(&self, p: &mut Page) {
        p.raw("<section><h2>Top entities</h2><div class=\"tops\">");
        if !self.entities.is_empty() {
            p.raw("<table><caption>By the scores of their alerts</caption><tr><th>entity</th><th>score</th><th>alerts</th></tr>");
            for (name, score, alerts, worst) in &self.entities {
                p.raw(&format!(
                    "<tr><td class=\"{worst}\">{}</td><td>{score:.1}</td><td>{alerts}</td></tr>",
                    text(name)
                ));
            }
            p.raw("</table>");
        }
        for t in self.tops.iter().filter(|t| !t.values.is_empty()) {
            let more = if t.uncounted > 0 { " or more" } else { "" };
            p.raw(&format!(
                "<table><caption>{} ({}{more})</caption><tr><th>value</th><th>events</th></tr>",
                t.title, t.distinct
            ));
            for (value, n) in &t.values {
                p.raw(&format!("<tr><td>{}</td><td>{n}</td></tr>", text(value)));
            }
            if t.uncounted > 0 {
                p.raw(&format!("<tr><td><i>others, not told apart</i></td><td>{}</td></tr>", t.uncounted));
            }
            p.raw("</table>");
        }
        p.raw("</div></section>");
    }

    fn inputs(&self, p: &mut Page) {
        p.raw("<section><h2>What was read</h2><table><tr><th>input</th><th>format</th><th>records</th><th>parsed</th><th>raw</th><th>filtered</th><th>dropped</th><th>late</th><th>duplicates</th></tr>");
        for i in &self.inputs {
            p.raw(&format!("<tr><td>{}", text(&i.name)));
            if let Some(hash) = &i.sha256 {
                p.raw(&format!("<br><code>SHA-256 {}</code>", text(hash)));
            }
            for w in &i.warnings {
                p.raw(&format!("<br><i>{}</i>", text(w)));
            }
            p.raw(&format!("</td><td>{}</td>", text(&i.format)));
            for n in i.counts {
                p.raw(&format!("<td>{n}</td>"));
            }
            p.raw("</tr>");
        }
        p.raw("</table>");
        if !self.left_out.is_empty() {
            p.raw(&format!("<h3>Left out ({})</h3><table><tr><th>input</th><th>reason</th></tr>", self.left_out.len()));
            for (name, why) in self.left_out.iter().take(MOST_LEFT_OUT) {
                p.raw(&format!("<tr><td>{}</td><td>{}</td></tr>", text(name), text(why)));
            }
            p.raw("</table>");
            if let Some(more) = self.left_out.len().checked_sub(MOST_LEFT_OUT + 1) {
                p.raw(&format!("<p>… and {} more</p>", more + 1));
            }
        }
        p.raw(&format!("<p>{} in force.</p></section>", crate::event::count(self.rules, "rule")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_a_log_becomes_markup() {
        let evil = "<script>alert(1)</script>\u{1b}[31m\u{202e}\"'&";
        let report = Report {
            left_out: vec![(evil.into(), evil.into()); 1_002],
            inputs: vec![ReportInput { name: evil.into(), warnings: vec![evil.into()], ..ReportInput::default() }],
            tops: vec![Top { title: "Accounts", values: vec![(evil.into(), 3)], distinct: 1, uncounted: 0 }],
            entities: vec![(evil.into(), 1.0, 1, Severity::High)],
            span: Some((Ts::from_secs(0), Ts::from_secs(3600))),
            bars: vec![1, 0, 7],
            ..Report::default()
        };
        let page = report.html();
        assert!(!page.contains("<script") && !page.contains('\u{1b}') && !page.contains('\u{202e}'), "{page}");
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
        assert!(page.contains("default-src 'none'") && !page.contains("http://") && !page.contains("https://"));
        assert_eq!(page, report.html());
        for tag in ["section", "table", "div", "main", "svg", "ul", "header"] {
            let (open, close) = (page.matches(&format!("<{tag}")).count(), page.matches(&format!("</{tag}>")).count());
            assert_eq!(open, close, "{tag}");
        }
    }
}
