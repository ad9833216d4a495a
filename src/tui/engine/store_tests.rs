//! What the thread of the case store gives to the screens.

use std::sync::Arc;

use crossbeam_channel::unbounded;
use tokio::sync::mpsc::unbounded_channel;

use super::DataReq;
use super::store::{Decisions, EARLIER, Worker};
use crate::alert::{Alert, EvidenceRef};
use crate::event::{SourceId, Ts};
use crate::store::{AlertRecord, SourceRecord, Store, Verdict};
use crate::tui::msg::Msg;

fn followed(print: &str) -> SourceRecord {
    SourceRecord {
        id: SourceId(0),
        name: "a.log".to_owned(),
        path: Some("/var/log/a.log".to_owned()),
        fingerprint: print.to_owned(),
        format: "syslog".to_owned(),
        timezone: "UTC".to_owned(),
        time_ref: Ts::NONE,
        year_given: false,
        followed: true,
    }
}

fn alert(n: usize) -> Alert {
    let time = Ts::from_secs(1_000 + n as i64);
    let e = EvidenceRef { source: SourceId(0), offset: n as u64, len: 1, line: 1, time, hash: n as u64 };
    Alert { id: format!("a{n:05}"), timestamp: time, last: time, evidence: vec![e], ..Alert::default() }
}

/// What is shown of the store, whether older ones are left out, and what is kept of all that.
fn published(worker: &mut Worker, data: &crossbeam_channel::Receiver<DataReq>) -> (Arc<Decisions>, usize) {
    worker.publish();
    let mut last = None;
    while let Ok(DataReq::Decisions(d)) = data.try_recv() {
        last = Some(d);
    }
    (last.unwrap(), worker.known.len())
}

#[test]
fn the_latest_alerts_of_files_that_are_not_read_any_more_are_shown_and_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let open = || Store::open(Some(&dir.path().join("z.db")), "ann").unwrap();
    let mut store = open();
    store.register_part(&followed("one"), (0, 0), &mut |_| false).unwrap();
    let alerts: Vec<Alert> = (0..EARLIER + 5).map(alert).collect();
    let records: Vec<_> = alerts.iter().map(|alert| AlertRecord { alert, evidence: Vec::new() }).collect();
    store.ingest_alerts(&records).unwrap();
    let mut store = open();
    store.register_part(&followed("two"), (0, 0), &mut |_| false).unwrap();
    let (out, mut said) = unbounded_channel();
    let (data, given) = unbounded();
    let mut worker = Worker {
        store,
        feed: None,
        alone: false,
        out,
        data,
        known: Default::default(),
        earlier: Default::default(),
        audited: None,
    };
    let (d, known) = published(&mut worker, &given);
    let has = |d: &Decisions, n: usize| d.stored.iter().any(|v| v.alert.id == format!("a{n:05}"));
    assert_eq!((d.stored.len(), known), (EARLIER, EARLIER));
    assert!(has(&d, EARLIER + 4) && has(&d, 5) && !has(&d, 4));
    let mut older = || std::iter::from_fn(|| said.try_recv().ok()).any(|m| matches!(m, Msg::Older(true)));
    assert!(older());
    // What is decided gives way to what is not; what is shown no more is not kept.
    let ids: Vec<String> = (10..15).map(|n| format!("a{n:05}")).collect();
    worker.store.dismiss(&ids, Verdict::Benign, "").unwrap();
    let (d, known) = published(&mut worker, &given);
    assert_eq!((d.stored.len(), known), (EARLIER, EARLIER));
    assert!(has(&d, 0) && !has(&d, 10), "all about which nobody has decided");
    assert!(older());
    assert_eq!(d.alerts.len(), EARLIER + 5, "decisions are known of all");
}
