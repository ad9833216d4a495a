//! A log that is analyzed again, as its rules changed: what is on the screen stays there,
//! whole, until the new analysis has come as far.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::super::msg::Msg;
use super::{ToLoop, convert};
use crate::pipeline::{Phase, Session, Snapshot};

/// How often it is looked how far it is.
const LOOK: Duration = Duration::from_millis(50);

/// How the wait for the new analysis ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Waited {
    /// It has come as far as the one before.
    There,
    /// Rules changed once more: there is to be another one.
    Changed,
    /// Nobody waits any more.
    Left,
}

/// Whether a new analysis can be shown in place of the one before.
fn as_far(new: &Snapshot, before: &Snapshot) -> bool {
    let over = |p: &Phase| matches!(p, Phase::Done | Phase::Stopped | Phase::Waiting);
    // Of a log that was read to its end alerts are told at its end.
    let halfway = before.phase != Phase::Done && new.totals.records >= before.totals.records;
    over(&new.phase) || (halfway && new.phase == Phase::Running)
}

/// How far it is, in percent.
fn percent(new: &Snapshot, before: &Snapshot) -> u8 {
    let of = new.totals.records as f64 / before.totals.records.max(1) as f64;
    (new.progress().unwrap_or(of).clamp(0.0, 0.99) * 100.0) as u8
}

/// Waits until `new` has come as far as `before`; tells how far it is, and its rules as
/// soon as they are loaded.
pub fn wait(new: &Session, before: &Snapshot, reloads: &Receiver<()>, out: &ToLoop) -> Waited {
    let (mut told, mut listed) = (None, false);
    loop {
        let ended = new.is_finished();
        let snap = new.snapshot();
        if let Some(set) = new.rules().filter(|_| !listed) {
            listed = true;
            let fired: BTreeMap<&str, u64> = before.rules_fired.iter().map(|(id, n)| (&**id, *n)).collect();
            let rule = |r| convert::rule(r, fired.get(&*r.id).copied().unwrap_or(0));
            let _ = out.send(Msg::Rules(Arc::new(set.rules().iter().map(rule).collect())));
        }
        if ended || as_far(&snap, before) {
            return Waited::There;
        }
        let now = Some(percent(&snap, before));
        if now != told {
            told = now;
            let _ = out.send(Msg::Again(now));
        }
        match reloads.recv_timeout(LOOK) {
            Ok(()) => return Waited::Changed,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Waited::Left,
        }
    }
}

/// What to say when it is shown.
pub fn said(new: &Snapshot, before: &Snapshot) -> String {
    let (was, is) = (before.alerts.len(), new.alerts.len());
    let alerts = crate::event::count(is as u64, "alert");
    match was == is {
        true => format!("analyzed again with the rules as they are now: {alerts}, as many as before"),
        false => format!("analyzed again with the rules as they are now: {alerts}, before {was}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(phase: Phase, records: u64) -> Snapshot {
        let mut s = Snapshot { phase, ..Snapshot::default() };
        s.totals.records = records;
        s
    }

    #[test]
    fn the_old_stays_until_the_new_has_come_as_far() {
        let far = |new: (Phase, u64), before: (Phase, u64)| as_far(&at(new.0, new.1), &at(before.0, before.1));
        // Read to its end: until the new one is, too.
        assert!(!far((Phase::Starting, 0), (Phase::Done, 0)));
        assert!(!far((Phase::Running, 10), (Phase::Done, 10)));
        assert!(far((Phase::Done, 10), (Phase::Done, 10)));
        // Not to its end, or followed: until it has caught up.
        assert!(!far((Phase::Running, 9), (Phase::Stopped, 10)));
        assert!(far((Phase::Running, 10), (Phase::Stopped, 10)) && far((Phase::Waiting, 3), (Phase::Stopped, 10)));
        assert_eq!(
            [percent(&at(Phase::Running, 5), &at(Phase::Done, 10)), percent(&at(Phase::Done, 9), &at(Phase::Done, 0))],
            [50, 99]
        );
    }
}
