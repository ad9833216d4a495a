//! The Linux audit log against goldens and against its own disorder.

use super::{data, read, values};
use secstream::event::{EventType, Ov, Ts};

#[test]
fn goldens() {
    let Some(dir) = data("auditd/go-libaudit-auparse") else { return };
    let (mut compared, mut records, mut unlike) = (0, 0, Vec::new());
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "log") {
            continue;
        }
        let golden = path.with_extension("log.golden");
        let golden: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(golden).unwrap()).unwrap();
        let got = read(&path);
        for g in golden {
            let Some(data) = g["data"].as_object() else { continue };
            records += 1;
            let raw = g["raw_msg"].as_str().unwrap();
            let e = got.events.iter().find(|e| e.raw.contains(raw)).unwrap_or_else(|| panic!("no event of {raw}"));
            let time = Ts::parse_rfc3339(g["@timestamp"].as_str().unwrap()).unwrap();
            assert_eq!(e.time, time, "{raw}");
            let kind = g["record_type"].as_str().unwrap().to_ascii_uppercase();
            if !kind.starts_with("UNKNOWN") {
                assert!(values(e, "type").contains(&kind.as_str()), "{kind}: {raw}");
            }
            let execve = kind == "EXECVE";
            for (name, want) in data {
                let want = want.as_str().unwrap();
                let name = match name.as_str() {
                    "syscall" => "SYSCALL",
                    "addr" if kind == "SOCKADDR" => "laddr",
                    "port" if kind == "SOCKADDR" => "lport",
                    n @ ("exe" | "comm" | "cwd" | "name" | "acct" | "op" | "cmd" | "unit" | "addr" | "proctitle"
                    | "terminal" | "path") => n,
                    n if execve && n.starts_with('a') && n != "argc" => n,
                    _ => continue,
                };
                compared += 1;
                if !values(e, name).contains(&want) {
                    unlike.push(format!("{name}: {want:?}, not {:?} of {raw}", values(e, name)));
                }
            }
        }
    }
    println!("{compared} values of {records} records compared, {} unlike", unlike.len());
    assert!(compared > 100, "{compared}");
    assert!(unlike.is_empty(), "{unlike:#?}");
}

#[test]
fn disorder_gives_the_same_events() {
    let Some(dir) = data("auditd/go-libaudit-reassembler") else { return };
    let events = |name: &str| {
        let got = read(&dir.join(name));
        assert!(got.events.iter().all(|e| e.parsed && e.time.is_some()));
        assert_eq!(got.summary.lines, got.events.iter().map(|e| u64::from(e.lines)).sum::<u64>());
        got.events
    };
    let (normal, late) = (events("normal.log"), events("out_of_order.log"));
    assert_eq!(normal.len(), 5);
    let of = |all: &[secstream::event::EventRow]| -> Vec<_> {
        all.iter()
            .map(|e| {
                let mut kinds: Vec<_> = values(e, "type").iter().map(ToString::to_string).collect();
                kinds.sort();
                (kinds, e.event_type, e.ov(Ov::Resource).map(str::to_owned), e.lines)
            })
            .collect()
    };
    assert_eq!(of(&normal), of(&late));
    assert_eq!(normal[1].event_type, EventType::ProcessStart);
    assert_eq!(normal[1].ov(Ov::Resource), Some("grep --color=auto mapping"));
    assert_eq!(normal[0].ov(Ov::DestIp), Some("169.254.169.254"));
    assert_eq!(events("rollover.log").len(), 5);
    let lost = read(&dir.join("lost_messages.log"));
    assert!(lost.summary.warnings.iter().any(|w| w.starts_with("9 audit events")), "{:?}", lost.summary.warnings);
    assert!(read(&dir.join("normal.log")).summary.warnings.is_empty());
}

#[test]
fn enriched_records_name_the_people() {
    let Some(path) = data("plaso/audit_enriched.log") else { return };
    let got = read(&path);
    assert_eq!(got.format, "auditd");
    let auth = got.events.iter().find(|e| values(e, "type").contains(&"USER_AUTH")).unwrap();
    assert_eq!((auth.event_type, auth.ov(Ov::User)), (EventType::SshLoginFailed, Some("root")));
    assert_eq!(auth.ov(Ov::SrcIp), Some("172.23.112.1"));
    assert!(got.events.iter().all(|e| e.parsed));
}
