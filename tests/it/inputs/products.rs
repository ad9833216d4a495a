//! Sensors' and clouds' JSON: recognized, with their overlay.

use super::{data, read, values};
use secstream::event::{EventType, Ov};

#[test]
fn suricata() {
    let (mut alerts, mut all) = (0, 0);
    for name in ["suricata/eve.json", "suricata/eve-pcap.json"] {
        let Some(path) = data(name) else { return };
        for e in read(&path).events {
            assert!(e.parsed && e.time.is_some(), "{}", e.raw);
            all += 1;
            let kind = values(&e, "event_type")[0];
            if kind == "alert" {
                alerts += 1;
                assert_eq!(e.event_type, EventType::Detection);
                assert_eq!(e.ov(Ov::Message), Some(values(&e, "alert.signature")[0]));
            }
            if kind != "stats" {
                assert_eq!(e.ov(Ov::SrcIp), values(&e, "src_ip").first().copied(), "{}", e.raw);
                assert_eq!(e.ov(Ov::DestPort), values(&e, "dest_port").first().copied(), "{}", e.raw);
            }
        }
    }
    assert_eq!((all, alerts), (1190, 1163));
}

#[test]
fn clouds() {
    for (name, records, with_user, with_address) in [
        ("aws_cloudtrail", 3, 3, 3),
        ("azure_activity_log", 3, 3, 3),
        ("gcp_logging", 5, 5, 5),
        ("microsoft_audit_log", 1, 1, 0),
    ] {
        let Some(path) = data(&format!("plaso/jsonl/{name}.jsonl")) else { return };
        let got = read(&path);
        let count = |f: &dyn Fn(&secstream::event::EventRow) -> bool| got.events.iter().filter(|e| f(e)).count();
        let (all, users, addresses) =
            (got.events.len(), count(&|e| e.ov(Ov::User).is_some()), count(&|e| e.ov(Ov::SrcIp).is_some()));
        println!("{name}: {all} records, {users} users, {addresses} addresses");
        assert!(all >= records && users >= with_user && addresses >= with_address, "{name}: {all} {users} {addresses}");
        let kinds = [EventType::CloudApi, EventType::Login, EventType::LoginFailed];
        assert_eq!(count(&|e| e.parsed && e.time.is_some()), all, "{name}");
        // Some of Google's are of other logs than the audit's.
        assert!(count(&|e| kinds.contains(&e.event_type)) * 4 >= all * 3, "{name}");
    }
}
