//! Why an alert was raised, and the events that show it.
//!
//! ```text
//! ─ why CRIT 97.0 ───────────────────────────────────────────── 1 of 38 alerts ─
//!  12 failed log-ins from 183.62.140.253, then one that succeeded
//!  rule    … (correlation, critical)  in 10m
//!  score   97.0 = level 60.0 + count 25.0 + entity 12.0
//! ─ evidence 286 ───────────────────────────────────────────────────────────────
//!  11:04:39 Failed password for root from 183.62.140.253 port 35768 ssh2
//! ```

use crate::event::EventRow;
use crate::tui::state::State;
use crate::tui::text;
use crate::tui::widget::draw::Pen;
use crate::tui::words;

/// Draws the panel, with the evidence below where it has no pane of its own.
pub fn draw(s: &State, p: &mut Pen<'_>, with_evidence: bool) {
    let t = p.theme;
    let (w, h) = (usize::from(p.area.w), usize::from(p.area.h));
    let Some(v) = s.triage.followed() else {
        p.rule(0, "why", "", false);
        return;
    };
    let title = format!("why {} {}", text::severity_word(v.alert.severity), words::points(v.alert.score));
    let place = format!(
        "{} of {}",
        text::thousands(s.triage.cursor.at as u64 + 1),
        text::thousands(s.triage.shown.len() as u64)
    );
    p.rule(0, &title, &place, s.pane == 1);
    let room = h.saturating_sub(1);
    let known = v.alert.matched_total.clamp(1, 50) as usize + 1;
    let mut evidence = if with_evidence && room >= 5 { (room * 2 / 5).max(3).min(known) } else { 0 };
    let lines = words::why_lines(v, w);
    // The score's parts are worth more than a second record.
    let score = lines.iter().rposition(|(i, _)| *i <= 2).map_or(0, |n| n + 1);
    if evidence > 2 && score > room - evidence {
        evidence -= (score - (room - evidence)).min(evidence - 2);
    }
    let last = h - evidence;
    for (y, (i, part)) in (1..).zip(lines) {
        if y >= last {
            // More than fits is said, not only cut.
            p.put(w.saturating_sub(2), last.saturating_sub(1), 1, "…", t.warn);
            break;
        }
        let name = words::why_name(&part).filter(|_| i > 0).map(|(name, _)| name.len());
        let below = part.starts_with(' ');
        p.put(1, y, w.saturating_sub(1), &part, if name.is_some() || below || i == 0 { t.text } else { t.dim });
        if let Some(n) = name {
            p.paint(1, y, n, t.key);
        }
    }
    if evidence > 0 {
        let area = p.area;
        p.area.y += (h - evidence) as u16;
        p.area.h = evidence as u16;
        list(s, p);
        p.area = area;
    }
}

/// Draws the pane of evidence.
pub fn evidence(s: &State, p: &mut Pen<'_>) {
    list(s, p);
}

fn list(s: &State, p: &mut Pen<'_>) {
    let t = p.theme;
    let (w, h) = (usize::from(p.area.w), usize::from(p.area.h));
    let total = s.triage.followed().map_or(0, |v| v.alert.matched_total);
    let e = &s.triage.evidence;
    let fresh = s.triage.followed().is_some_and(|v| v.alert.id == e.of.0);
    let rows: &[std::sync::Arc<EventRow>] = if fresh { &e.rows } else { &[] };
    let right =
        if (rows.len() as u64) < total && !rows.is_empty() { format!("first {}", rows.len()) } else { String::new() };
    p.rule(0, &format!("evidence {}", text::thousands(total)), &right, s.pane == 1);
    let days = {
        let mut of = rows.iter().filter(|r| r.time.is_some()).map(|r| text::day(r.time));
        let first = of.next();
        of.any(|d| Some(d) != first.clone())
    };
    let clock = if days && w >= 60 { text::dated_clock } else { text::clock };
    let wide = if days && w >= 60 { 14 } else { 8 };
    let height = h.saturating_sub(1);
    let mut c = s.triage.evidence_at;
    c.set(c.at, rows.len(), height);
    for y in 0..height {
        let at = c.top + y;
        let Some(row) = rows.get(at) else { break };
        let here = s.pane == 1 && at == c.at;
        let time = clock(row.time);
        p.put(1, y + 1, wide, &time, if here { t.cursor } else { t.dim });
        let host = row.ov(crate::event::Ov::Host).unwrap_or("");
        let mut x = wide + 2;
        if w >= 100 {
            p.cell(x, y + 1, 12, host, false, t.dim);
            x += 13;
        }
        let room = w.saturating_sub(x);
        p.cell(x, y + 1, room, &words::without_time(row, &time), false, t.text);
        if here {
            p.cursor_bar(y + 1);
        }
    }
}
