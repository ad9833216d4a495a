//! Events over time as bars, alerts as marks above them: an inline picture.

use std::fmt::Write as _;

use super::Report;
use super::html::{Page, text};
use crate::event::count;

const WIDTH: f64 = 1060.0;
const BARS: f64 = 110.0;
const MARKS: f64 = 34.0;

/// Writes the section; nothing where there is no time.
pub(super) fn write(r: &Report, p: &mut Page) {
    let Some((from, to)) = r.span else { return };
    let most = r.bars.iter().copied().max().unwrap_or(0).max(1);
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {:.0}\" role=\"img\" aria-label=\"events over time\">",
        BARS + MARKS + 18.0
    );
    let step = WIDTH / r.bars.len().max(1) as f64;
    for (i, n) in r.bars.iter().enumerate().filter(|(_, n)| **n > 0) {
        // The root keeps quiet hours visible beside a flood.
        let height = (*n as f64 / most as f64).sqrt() * BARS;
        let (x, y) = (i as f64 * step, MARKS + BARS - height);
        let _ = write!(
            svg,
            "<rect class=\"e\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{height:.1}\"><title>{}</title></rect>",
            (step - 1.0).max(1.0),
            count(*n, "event")
        );
    }
    let span = (to.0 - from.0).max(1) as f64;
    for a in r.alerts.iter().filter(|a| a.alert.covered_by.is_none()) {
        let x = (a.alert.timestamp.0 - from.0) as f64 / span * (WIDTH - 4.0);
        let width = ((a.alert.last.0 - a.alert.timestamp.0) as f64 / span * WIDTH).max(4.0);
        let y = 6.0 * (4 - a.alert.severity as usize) as f64;
        let _ = write!(
            svg,
            "<rect class=\"{}\" x=\"{:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"5\"><title>{} {}</title></rect>",
            a.alert.severity,
            x.clamp(0.0, WIDTH - 4.0),
            a.alert.timestamp,
            text(&a.alert.rule)
        );
    }
    let y = MARKS + BARS + 14.0;
    let _ = write!(
        svg,
        "<text x=\"0\" y=\"{y}\">{from}</text><text x=\"{WIDTH}\" y=\"{y}\" text-anchor=\"end\">{to}</text></svg>"
    );
    p.raw("<section><h2>Timeline</h2>");
    p.raw(&svg);
    p.raw(&format!(
        "<p>At most {} in one of {} parts; above them the alerts, the most severe on top.</p></section>",
        count(most, "event"),
        r.bars.len()
    ));
}
