//! Events over time as bars, with alerts laid over them.

use ratatui::style::Style;

use super::draw::Pen;
use crate::event::{Severity, Ts};
use crate::pipeline::{Bars, Snapshot};

const BARS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// Counts for each column and the highest severity of alerts in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// Events.
    pub counts: Vec<u64>,
    /// What one bar spans, in microseconds.
    pub step: i64,
    /// Highest severity of an alert that began in it.
    pub alerts: Vec<Option<Severity>>,
}

/// Fills `columns` columns with the events and alerts of a time span.
#[must_use]
pub fn columns(snap: &Snapshot, (from, to): (Ts, Ts), columns: usize) -> Columns {
    let Bars { counts, step } = snap.histogram.bars(from, to, columns);
    let mut alerts = vec![None; columns];
    let span = i128::from(to.0) - i128::from(from.0);
    if span > 0 {
        for a in snap.alerts.iter().filter(|a| a.severity >= Severity::Low) {
            let at = (i128::from(a.timestamp.0) - i128::from(from.0)) * columns as i128 / span;
            let at = if a.timestamp == to { columns as i128 - 1 } else { at };
            if let Some(slot) = usize::try_from(at).ok().and_then(|i| alerts.get_mut(i)) {
                *slot = Some(slot.map_or(a.severity, |s: Severity| s.max(a.severity)));
            }
        }
    }
    Columns { counts, step, alerts }
}

/// The bar of a count, on a scale where the busiest column is full. Square
/// root, so that quiet times are seen beside a flood.
#[must_use]
pub fn bar(n: u64, max: u64) -> &'static str {
    if n == 0 {
        return " ";
    }
    let share = (n as f64 / max.max(1) as f64).sqrt();
    BARS[((share * 8.0).ceil() as usize).clamp(1, 8) - 1]
}

/// Draws one row of bars; columns with alerts stand out.
pub fn draw_bars(p: &mut Pen<'_>, x: usize, y: usize, c: &Columns) {
    let max = c.counts.iter().copied().max().unwrap_or(0);
    for (i, n) in c.counts.iter().enumerate() {
        let style = match c.alerts.get(i).copied().flatten() {
            Some(s) if s >= Severity::Medium => p.theme.alert_bar,
            _ => p.theme.histogram,
        };
        p.put(x + i, y, 1, bar(*n, max), style);
    }
}

/// Draws one row of letters where alerts of a severity (and no higher) began.
pub fn draw_dots(p: &mut Pen<'_>, x: usize, y: usize, c: &Columns, which: impl Fn(Severity) -> bool) {
    for (i, a) in c.alerts.iter().enumerate() {
        if let Some(s) = a.filter(|s| which(*s)) {
            let style: Style = p.theme.severity(s);
            p.put(x + i, y, 1, s.letter().encode_utf8(&mut [0; 4]), style);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_show_every_non_zero_count() {
        assert_eq!(bar(0, 10), " ");
        assert_eq!(bar(1, 1_000_000), "▁");
        assert_eq!(bar(1_000_000, 1_000_000), "█");
    }
}
