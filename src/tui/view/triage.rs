//! The queue, riskiest first, with the why-panel and the evidence.
//!
//! ```text
//!   SEV  SCORE      N LAST      ENTITY           WHAT                        BY
//! ▌ CRIT    97    312 11:04:41  183.62.140.253   SSH guessing, then log-in   corr
//!   HIGH    88     41 11:04:45  103.99.0.122     Invalid-user spray          corr
//! ─ why CRIT 97 ─────────────────────────────────────────────── 1 of 38 alerts ─
//!  rule    SSH guessing, then log-in (correlation, critical)
//!  score   97 = level 60 + count 25 + entity 12
//! ```

use ratatui::buffer::Buffer;

use super::{divider, why};
use crate::alert::RuleType;
use crate::tui::data::{AlertView, Triage as Decision};
use crate::tui::state::State;
use crate::tui::state::geometry::Geometry;
use crate::tui::state::triage::Column;
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::widget::draw::Pen;

const fn width(c: Column, w: usize) -> usize {
    let narrow = w < 60;
    match c {
        Column::Severity | Column::By => 4,
        Column::Score => {
            if narrow {
                3
            } else {
                5
            }
        }
        Column::Count => {
            if narrow {
                0
            } else {
                6
            }
        }
        Column::Last => {
            if narrow {
                0
            } else {
                11
            }
        }
        Column::Entity => {
            if narrow {
                15
            } else {
                20
            }
        }
        Column::What => 0,
    }
}

const fn head(c: Column) -> &'static str {
    match c {
        Column::Severity => "SEV",
        Column::Score => "SCORE",
        Column::Count => "N",
        Column::Last => "LAST",
        Column::Entity => "ENTITY",
        Column::What => "WHAT",
        Column::By => "BY",
    }
}

fn by(v: &AlertView) -> String {
    let kind = match v.alert.rule_type {
        RuleType::Detection => "rule",
        RuleType::Correlation => "corr",
        RuleType::Model => "modl",
        RuleType::Llm => "llm",
    };
    match &v.triage {
        Decision::New => kind.to_owned(),
        Decision::Escalated { .. } => "case".to_owned(),
        Decision::Dismissed { reason } => match reason.as_str() {
            "false_positive" => "fp".to_owned(),
            "duplicate" => "dup".to_owned(),
            "benign" => "ben".to_owned(),
            other => other.chars().take(4).collect(),
        },
    }
}

fn value(v: &AlertView, c: Column) -> (String, bool) {
    let a = &v.alert;
    match c {
        Column::Severity => (text::severity_word(a.severity).to_owned(), false),
        Column::Score => (format!("{:.0}", a.score), true),
        Column::Count => (text::short(a.count as f64), true),
        Column::Last => (text::day_clock(a.last), false),
        Column::Entity => (a.entity(), false),
        Column::What => (a.rule.to_string(), false),
        Column::By => (by(v), false),
    }
}

/// How many others an alert stands for, as a mark at the right of its title.
fn covers(v: &AlertView, width: usize) -> String {
    match v.alert.covers.len() {
        0 => String::new(),
        n if width < 20 => format!(" +{n}"),
        n => format!(" +{n} covered"),
    }
}

/// Draws the screen.
pub fn draw(s: &State, t: &Theme, g: &Geometry, buf: &mut Buffer) {
    queue(s, &mut Pen::new(buf, t, g.list));
    if !g.side.is_empty() {
        let mut p = Pen::new(buf, t, g.side);
        if g.side.x > 0 {
            divider(&mut p, g.side);
            p.area = g.side;
        }
        why::draw(s, &mut p, g.evidence.is_empty());
    }
    if !g.evidence.is_empty() {
        why::evidence(s, &mut Pen::new(buf, t, g.evidence));
    }
}

fn queue(s: &State, p: &mut Pen<'_>) {
    let t = p.theme;
    let w = usize::from(p.area.w);
    let fixed: usize = Column::ALL.iter().map(|c| width(*c, w)).filter(|n| *n > 0).map(|n| n + 1).sum();
    let what = w.saturating_sub(fixed + 3);
    let wide = |c: Column| if c == Column::What { what } else { width(c, w) };
    let mut x = 2;
    for (i, c) in Column::ALL.iter().enumerate() {
        let n = wide(*c);
        if n == 0 {
            continue;
        }
        let right = matches!(c, Column::Score | Column::Count);
        let style = if i == s.triage.column && s.pane == 0 { t.cell } else { t.title };
        p.cell(x, 0, n, head(*c), right, style);
        x += n + 1;
    }
    let rows = p.area.h.saturating_sub(1) as usize;
    if s.triage.shown.is_empty() {
        let say = if s.triage.all.is_empty() {
            if s.facts.inputs { "no alerts yet" } else { "no alerts in the case store" }
        } else {
            "nothing left here: = filters, D shows what is handled"
        };
        p.put(2, 1, w, say, t.dim);
    }
    for y in 0..rows {
        let at = s.triage.cursor.top + y;
        let Some(v) = s.triage.row(at) else { break };
        let here = at == s.triage.cursor.at;
        let selected = s.triage.selected.contains(&v.alert.id);
        let mut x = 2;
        for (i, c) in Column::ALL.iter().enumerate() {
            let n = wide(*c);
            if n == 0 {
                continue;
            }
            let (text, right) = value(v, *c);
            let mut style = match c {
                Column::Severity | Column::Score => t.severity(v.alert.severity),
                Column::Count | Column::Last | Column::By => t.dim,
                _ if v.triage != Decision::New => t.dim,
                _ => t.text,
            };
            if here && matches!(c, Column::Severity | Column::Score) {
                style = t.cursor;
            } else if here && i == s.triage.column && s.pane == 0 {
                style = t.cell;
            }
            if here && *c == Column::Severity {
                p.paint(x, y + 1, n + 1 + wide(Column::Score), t.cursor);
            }
            let mark = if *c == Column::What { covers(v, n) } else { String::new() };
            let room = n.saturating_sub(mark.len());
            p.cell(x, y + 1, room, &text, right, style);
            p.put(x + room, y + 1, mark.len(), &mark, t.dim);
            x += n + 1;
        }
        if selected {
            p.put(1, y + 1, 1, "x", t.mark);
        }
        if here {
            p.cursor_bar(y + 1);
        }
    }
}
