//! What the reader hands on beside pages: the rows of the view to a file, and
//! where a jump ended.

use super::super::super::msg::Msg;
use super::super::landing;
use super::super::writing::Job;
use super::Reader;
use crate::event::Ts;
use crate::pipeline::{Feed, Form};

impl Reader {
    /// Has the rows of the view written: so many, or all that there are by now.
    pub(super) fn write(&self, rows: Option<u64>, form: Form, path: String) {
        let Some(feed) = self.feed.clone() else {
            let _ = self.out.send(Msg::Writing(None));
            return;
        };
        let all = self.playhead().map_or(feed.len(), |t| feed.position_at(t)).min(feed.len());
        let end = match (rows, &self.view.hits) {
            (Some(0), _) => 0,
            (Some(n), Some(h)) => h.position(n - 1).map_or(all, |p| p + 1),
            (Some(n), None) => n.min(all),
            (None, _) => all,
        };
        let wanted = self.wanted(&feed, self.view.parsed());
        self.writing.start(Job { feed, wanted, end, form, path }, &self.out);
    }

    /// Says where the cursor stands now, where that is not the time asked for.
    pub(super) fn say_landing(&self, feed: &Feed, t: Ts) {
        let at = self.row_of(feed.position_at(t));
        let position = self.view.hits.as_ref().map_or(Some(at), |h| h.position(at));
        let landed = position.and_then(|p| feed.row(p.min(feed.len().saturating_sub(1)))).map(|r| r.time);
        let of_part = !self.view.whole && !feed.scope().is_all();
        let totals = &self.snap.totals;
        let span = if of_part { self.snap.span() } else { totals.first_event.zip(totals.last_event) };
        if let Some(text) = landing::words(t, landed, span, (self.view.parsed().is_some(), of_part)) {
            let _ = self.out.send(Msg::Done(text));
        }
    }
}
