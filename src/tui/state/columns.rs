//! Which columns of the queue are shown and how wide each is: as wide as what
//! stands in it, so that the title gets the room. Columns that say least give
//! way first where the title would be cut; the one under the cursor stays.

use super::live::{Column as FeedColumn, default_columns};
use super::triage::Column;
use crate::event::time::DAY;
use crate::event::{Ov, TimeQuality, Ts};
use crate::tui::data::{AlertView, FeedRow, Triage as Decision};
use crate::tui::text;

/// From this width on rows of several days show their day and the second; below, the day and the minute.
const DATED: usize = 72;

/// What the alerts shown need, measured once when they change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fit {
    /// Columns of the longest count.
    pub count: usize,
    /// Columns of the longest entity.
    pub entity: usize,
    /// Columns of the longest title with its marks.
    pub what: usize,
    /// The alerts are of more than one day.
    pub days: bool,
    /// And of more than one year.
    pub years: bool,
    /// Some are decided: the last column says how.
    pub decided: bool,
}

impl Fit {
    /// Measures alerts.
    pub fn of<'a>(alerts: impl Iterator<Item = &'a AlertView>) -> Self {
        let mut fit = Self::default();
        let (mut day, mut year) = (None, None);
        for v in alerts {
            let a = &v.alert;
            fit.count = fit.count.max(text::width(&text::short(a.count as f64)));
            fit.entity = fit.entity.max(text::width(&a.entity()));
            let marks = marks(v, true);
            fit.what = fit.what.max(text::width(&a.rule) + if marks.is_empty() { 0 } else { text::width(&marks) + 1 });
            let this = a.last.0.div_euclid(86_400_000_000);
            fit.days |= day.replace(this).is_some_and(|d| d != this);
            let this = a.last.civil().0;
            fit.years |= year.replace(this).is_some_and(|y| y != this);
            fit.decided |= v.triage != Decision::New || v.reading.gone();
        }
        fit
    }

    /// The columns shown on that many columns of the screen, in order.
    #[must_use]
    pub fn columns(&self, w: usize, current: Option<Column>) -> Vec<(Column, usize)> {
        let width = |c: Column| match c {
            Column::Severity | Column::By => 4,
            Column::Score => 5,
            Column::Count => self.count.clamp(1, 6),
            Column::Last if self.years && w >= 100 => 16,
            Column::Last if self.years => 10,
            Column::Last if self.days => 11,
            Column::Last => 8,
            Column::Entity => self.entity.clamp(
                6,
                match w {
                    0..60 => 15,
                    60..100 => 20,
                    _ => 32,
                },
            ),
            Column::What => 0,
        };
        let mut out: Vec<(Column, usize)> = Column::ALL.iter().map(|c| (*c, width(*c))).collect();
        // Two columns at the left are the cursor's and the selection's, one at the right is a gap.
        let room = |out: &[(Column, usize)]| w.saturating_sub(out.iter().map(|(_, n)| n + 1).sum::<usize>() + 2);
        for (column, least) in [(Column::By, self.what), (Column::Count, 22), (Column::Last, 16)] {
            let kept = Some(column) == current || (column == Column::By && self.decided && w >= 60);
            if !kept && room(&out) < least {
                out.retain(|(c, _)| *c != column);
            }
        }
        let what = room(&out);
        out.iter_mut().filter(|(c, _)| *c == Column::What).for_each(|(_, n)| *n = what);
        out
    }
}

/// Widths that the rows of the feed have asked for so far. They only grow until
/// the view is another: columns that jump are hard to read and cost bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeedFit {
    widths: Vec<(FeedColumn, usize)>,
    /// The first and the last day of its rows.
    days: Option<(i64, i64)>,
}

impl FeedFit {
    /// Takes rows into account.
    pub fn see(&mut self, columns: &[FeedColumn], rows: &[std::sync::Arc<FeedRow>]) {
        let timed = rows.iter().map(|r| &r.row).filter(|r| r.time.is_some() && r.quality != TimeQuality::Unknown);
        timed.for_each(|r| self.see_day(r.time.0.div_euclid(DAY)));
        for c in columns {
            let FeedColumn::Field(o) = c else { continue };
            let most = rows.iter().filter_map(|r| r.row.ov(*o)).map(text::width).max().unwrap_or(0);
            match self.widths.iter_mut().find(|(x, _)| x == c) {
                Some((_, n)) => *n = most.max(*n),
                None => self.widths.push((*c, most)),
            }
        }
    }

    fn see_day(&mut self, day: i64) {
        let (first, last) = self.days.unwrap_or((day, day));
        self.days = Some((first.min(day), last.max(day)));
    }

    /// Whether rows were seen, and none of them has a value for that column.
    #[must_use]
    pub fn bare(&self, c: FeedColumn) -> bool {
        self.widths.iter().any(|(x, n)| *x == c && *n == 0)
    }

    /// Whether the rows seen so far are of several days.
    #[must_use]
    pub fn spans_days(&self) -> bool {
        self.days.is_some_and(|(first, last)| first != last)
    }

    /// And of several years.
    #[must_use]
    pub fn spans_years(&self) -> bool {
        let year = |day: i64| Ts(day.saturating_mul(DAY)).civil().0;
        self.days.is_some_and(|(first, last)| year(first) != year(last))
    }

    /// Columns with their widths on that many columns of the screen. The message
    /// takes the rest; where that is too little others give way, the last
    /// first, but never the one that keys act on.
    #[must_use]
    pub fn columns(&self, columns: &[FeedColumn], w: usize, current: FeedColumn) -> Vec<(FeedColumn, usize)> {
        let width = |c: &FeedColumn| {
            let most = match w {
                0..100 => {
                    c.width().min(15) * 4 / 5 + 3 * usize::from(matches!(c, FeedColumn::Field(Ov::SrcIp | Ov::DestIp)))
                }
                100..140 => c.width(),
                _ => c.width() * 7 / 4,
            };
            if *c == FeedColumn::Time && self.spans_years() {
                return if w >= DATED { 16 } else { 10 };
            }
            if *c == FeedColumn::Time && self.spans_days() {
                // Where there is no room for both, the day tells more than the second.
                return if w >= DATED { 14 } else { 11 };
            }
            match self.widths.iter().find(|(x, _)| x == c) {
                Some((_, n)) => (*n).min(most).max(text::width(&c.head())),
                None => c.width(),
            }
        };
        // Columns that nobody asked for and no row has a value for tell nothing.
        let usual = columns == default_columns();
        let shown = columns.iter().filter(|c| **c == current || !(usual && self.bare(**c)));
        let mut out: Vec<(FeedColumn, usize)> = shown.map(|c| (*c, width(c))).collect();
        let want = if w >= 60 { 28 } else { 18 };
        loop {
            let used: usize = out.iter().filter(|(c, _)| *c != FeedColumn::Message).map(|(_, n)| n + 1).sum();
            let left = w.saturating_sub(used + 1);
            let victim = out.iter().rposition(|(c, _)| matches!(c, FeedColumn::Field(_)) && *c != current);
            match victim {
                Some(i) if left < want => {
                    out.remove(i);
                }
                _ => {
                    out.iter_mut().filter(|(c, _)| *c == FeedColumn::Message).for_each(|(_, n)| *n = left);
                    return out;
                }
            }
        }
    }
}

/// That it was withdrawn, what it covers and what people put on it: tags, and a diamond for notes; the short
/// form only says that there are some.
#[must_use]
pub fn marks(v: &AlertView, long: bool) -> String {
    let covers = v.alert.covers.len();
    let parts = match long {
        true => [
            withdrawn(v),
            v.grew_from().map_or_else(String::new, |n| format!("grew from {}", text::short(n as f64))),
            if covers > 0 { format!("+{covers} covered") } else { String::new() },
            v.tags.iter().map(|t| format!("#{t}")).collect::<Vec<_>>().join(" "),
            if v.notes.is_empty() { "" } else { "◆" }.to_owned(),
        ],
        false => [
            if v.reading.withdrawn.is_some() { "wd" } else { "" }.to_owned(),
            if v.grew_from().is_some() { "grew" } else { "" }.to_owned(),
            if covers > 0 { format!("+{covers}") } else { String::new() },
            if v.tags.is_empty() { "" } else { "#" }.to_owned(),
            if v.notes.is_empty() { "" } else { "◆" }.to_owned(),
        ],
    };
    let parts: Vec<String> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    parts.join(if long { " " } else { "" })
}

/// `withdrawn`, and by whom where this screen's reading gives it all the same.
fn withdrawn(v: &AlertView) -> String {
    match &v.reading.withdrawn {
        None => String::new(),
        Some((_, Some(who))) if v.reading.here => format!("withdrawn by {who}"),
        Some(_) => "withdrawn".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fill_the_width_and_the_title_gets_what_is_left() {
        let fit = Fit { count: 3, entity: 14, what: 36, ..Fit::default() };
        for w in 40..200 {
            for current in [None, Some(Column::By), Some(Column::Last)] {
                let columns = fit.columns(w, current);
                let used: usize = columns.iter().map(|(_, n)| n + 1).sum();
                assert!(used <= w, "{w}: {columns:?}");
                assert!(current.is_none_or(|c| columns.iter().any(|(x, _)| *x == c)), "{w}: {columns:?}");
            }
        }
        let what = |w| fit.columns(w, None).iter().find(|(c, _)| *c == Column::What).map_or(0, |c| c.1);
        assert!(what(80) >= 36 && what(160) > 80, "{} {}", what(80), what(160));
        assert!(!fit.columns(80, None).iter().any(|(c, _)| *c == Column::By));
        assert!(fit.columns(160, None).iter().any(|(c, _)| *c == Column::By));
    }

    #[test]
    fn columns_without_a_value_give_their_room_away() {
        let columns = default_columns();
        let (host, ip) = (FeedColumn::Field(Ov::Host), FeedColumn::Field(Ov::SrcIp));
        let fit = FeedFit { widths: vec![(host, 0), (ip, 13)], days: None };
        let shown = |current| fit.columns(&columns, 160, current).iter().map(|c| c.0).collect::<Vec<_>>();
        assert!(!shown(ip).contains(&host) && shown(ip).contains(&FeedColumn::Field(Ov::User)), "not seen is not bare");
        assert!(shown(host).contains(&host), "the one that keys act on stays");
        let chosen = [FeedColumn::Time, host, FeedColumn::Message];
        assert_eq!(fit.columns(&chosen, 160, FeedColumn::Time).len(), 3, "what was asked for is shown");
    }

    #[test]
    fn rows_of_several_days_have_their_date() {
        let mut fit = FeedFit::default();
        let columns = [FeedColumn::Time, FeedColumn::Message];
        let mut time = |day: i64, w: usize| {
            fit.see_day(day);
            fit.columns(&columns, w, FeedColumn::Message)[0].1
        };
        assert_eq!((time(5, 160), time(5, 160)), (8, 8));
        assert_eq!((time(6, 160), time(5, 80), time(5, 60)), (14, 14, 11));
        assert_eq!((time(3000, 160), time(5, 60)), (16, 10));
    }
}
