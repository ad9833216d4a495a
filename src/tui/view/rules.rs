//! The rules, and the text of the one under the cursor.
//!
//! ```text
//!   LEVEL FIRED  KIND             TITLE
//! ▌ HIGH     12  event_count      SSH password guessing from one source
//!   off       -  detection        Broken rule: unknown modifier 'containz'
//! ─ rules/ssh/guessing.yml:1 ───────────────────────────────────────────────────
//!   1 title: SSH password guessing from one source
//! ```

use ratatui::buffer::Buffer;

use super::{divider, workshop, yaml};
use crate::event::count;
use crate::tui::data::workshop::FilterView;
use crate::tui::paint::TextCursor;
use crate::tui::state::State;
use crate::tui::state::geometry::Geometry;
use crate::tui::state::rules::Order;
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::widget::draw::Pen;

/// Draws the screen.
pub fn draw(s: &State, t: &Theme, g: &Geometry, buf: &mut Buffer) -> TextCursor {
    if let Some(w) = &s.rules.work {
        if !g.list.is_empty() {
            list(s, &mut Pen::new(buf, t, g.list));
        }
        return workshop::draw(s, w, t, g, buf);
    }
    list(s, &mut Pen::new(buf, t, g.list));
    if !g.side.is_empty() {
        let mut p = Pen::new(buf, t, g.side);
        if g.side.x > 0 {
            divider(&mut p, g.side);
            p.area = g.side;
        }
        text_pane(s, &mut p);
    }
    None
}

fn list(s: &State, p: &mut Pen<'_>) {
    let t = p.theme;
    let w = usize::from(p.area.w);
    // How often a rule fired says more than its kind, which its text says too.
    let (with_fired, with_kind) = (w >= 50, w >= 90);
    // What people made of its alerts, once they did.
    let with_judged = w >= 60 && !s.rules.judged.is_empty();
    let judged_x = 15;
    let kind_x = judged_x + if with_judged { 13 } else { 0 };
    let title_x = if with_kind {
        kind_x + 17
    } else if with_fired {
        kind_x
    } else {
        8
    };
    // What the list is ordered by stands out.
    let title = |order| if s.rules.order == order { t.key } else { t.title };
    p.put(2, 0, 5, "LEVEL", title(Order::Level));
    if with_fired {
        p.put(8, 0, 5, "FIRED", title(Order::Fired));
    }
    if with_judged {
        p.put(judged_x, 0, 12, "TRUE/FALSE", title(Order::Precision));
    }
    if with_kind {
        p.put(kind_x, 0, 16, "KIND", title(Order::Kind));
    }
    p.put(title_x, 0, 20, "TITLE", title(Order::Title));
    if s.rules.shown.is_empty() {
        let say = match (s.rules.problems, s.rules.all.is_empty()) {
            (_, true) => "rules are being loaded",
            (true, _) => "every rule loaded",
            _ => "no rules",
        };
        p.put(2, 1, w, say, t.dim);
    }
    for y in 0..usize::from(p.area.h).saturating_sub(1) {
        let at = s.rules.cursor.top + y;
        let Some(r) = s.rules.shown.get(at).and_then(|i| s.rules.all.get(*i)) else { break };
        let here = at == s.rules.cursor.at;
        let filter = s.rules.filters.get(&r.id).filter(|_| r.is_filter());
        let (word, style) = match (r.loaded, r.is_filter()) {
            (false, _) => ("off", t.bad),
            (_, true) => ("filt", t.dim),
            _ => (text::severity_word(r.level), t.severity(r.level)),
        };
        p.put(2, y + 1, 4, word, if here { t.cursor } else { style });
        if with_fired {
            let fired = match (r.loaded, r.is_filter()) {
                (false, _) => "-".to_owned(),
                // What it takes from rules.
                (_, true) => filter.and_then(|f| f.removed).map_or("…".to_owned(), taken),
                _ => text::short(r.fired as f64),
            };
            p.cell(8, y + 1, 5, &fired, true, if s.rules.fired(r) > 0 { t.text } else { t.dim });
        }
        if let Some((yes, no)) = s.rules.judged.get(&r.id).filter(|_| with_judged) {
            let style = if yes >= no { t.good } else { t.warn };
            p.cell(judged_x, y + 1, 12, &precision(*yes, *no), false, style);
        }
        if with_kind {
            p.cell(kind_x, y + 1, 16, &r.kind, false, t.dim);
        }
        let what = match &r.reason {
            Some(why) if !r.loaded => format!("{}: {why}", r.title),
            _ if r.is_filter() => format!("{}{}", r.title, filter.map(narrows).unwrap_or_default()),
            _ => r.title.clone(),
        };
        p.cell(title_x, y + 1, w.saturating_sub(title_x + 1), &what, false, if r.loaded { t.text } else { t.warn });
        if here {
            p.cursor_bar(y + 1);
        }
    }
}

/// `-12`: what a filter takes.
fn taken(n: u64) -> String {
    if n == 0 { "0".to_owned() } else { format!("-{}", text::short(n as f64)) }
}

/// Which rules a filter narrows.
fn narrows(f: &FilterView) -> String {
    match &f.narrows[..] {
        [] => ": every rule of its logsource".to_owned(),
        [one] => format!(": {one}"),
        [one, rest @ ..] => format!(": {one} and {} more", rest.len()),
    }
}

/// `3/1 75%`: true and false hits, and the share of the true ones.
fn precision(yes: u32, no: u32) -> String {
    format!("{yes}/{no} {}%", u64::from(yes) * 100 / u64::from(yes + no).max(1))
}

fn text_pane(s: &State, p: &mut Pen<'_>) {
    let t = p.theme;
    let (w, h) = (usize::from(p.area.w), usize::from(p.area.h));
    let title = s.rules.current().map_or_else(|| "rule".to_owned(), |r| format!("{}:{}", r.path, r.line));
    let judged = s.rules.current().and_then(|r| s.rules.judged.get(&r.id));
    let filter = s.rules.current().filter(|r| r.is_filter()).and_then(|r| s.rules.filters.get(&r.id)?.removed);
    let right = match (judged, filter) {
        (Some((yes, no)), _) => format!("precision here {}", precision(*yes, *no)),
        (_, Some(n)) => format!("takes {} here", count(n, "match")),
        _ => String::new(),
    };
    p.rule(0, &title, &right, s.pane == 1);
    let mut y = 1;
    if let Some(why) = s.rules.current().and_then(|r| r.reason.as_ref().filter(|_| !r.loaded)) {
        for line in text::wrap(&text::sanitize(why), w.saturating_sub(2), 3) {
            p.put(1, y, w, &line, t.bad);
            y += 1;
        }
    }
    let c = s.rules.lines;
    for (i, line) in s.rules.text.lines.iter().enumerate().skip(c.top).take(h.saturating_sub(y)) {
        let here = s.pane == 1 && i == c.at;
        p.cell(0, y, 4, &(i + 1).to_string(), true, if here { t.cursor } else { t.dim });
        p.run(5, y, &yaml::pieces(t, line));
        // What goes on past the edge is seen to.
        if 5 + text::width(&text::sanitize(line)) > w {
            p.put(w.saturating_sub(1), y, 1, "…", t.dim);
        }
        y += 1;
    }
}
