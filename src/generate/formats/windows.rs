//! Windows events as flat JSON lines: the system part with underscores
//! (`Provider_Name`), the event's own data beside it, and logsource hints.

use std::fmt::Write;

use super::json::escaped;
use super::{Clock, digits};

/// Which log an event is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::generate) enum Channel {
    /// The audit log.
    Security,
    /// Services and the system.
    System,
    /// A process started, as the audit log has it.
    Process,
    /// The audit log was cleared.
    Eventlog,
}

/// A value of an event's data.
#[derive(Debug, Clone, Copy)]
pub(in crate::generate) enum Datum<'a> {
    /// Text.
    Text(&'a str),
    /// A number.
    Number(u64),
    /// A number as the hexadecimal text that Windows writes.
    Hex(u64),
}

/// One event.
#[derive(Debug, Clone, Copy)]
pub(in crate::generate) struct Event<'a> {
    /// Event id.
    pub id: u32,
    /// Log.
    pub channel: Channel,
    /// Task number.
    pub task: u32,
    /// An audit failure.
    pub failure: bool,
    /// Record number.
    pub record: u64,
    /// Computer.
    pub computer: &'a str,
    /// Names and values.
    pub data: &'a [(&'a str, Datum<'a>)],
}

/// Appends the line.
pub(in crate::generate) fn push(out: &mut String, at: i64, event: &Event<'_>) {
    let (provider, guid, channel, hints) = match event.channel {
        Channel::Security => (
            "Microsoft-Windows-Security-Auditing",
            "54849625-5478-4994-a5ba-3e3b0328c30d",
            "Security",
            "\"service\":\"security\"",
        ),
        Channel::Process => (
            "Microsoft-Windows-Security-Auditing",
            "54849625-5478-4994-a5ba-3e3b0328c30d",
            "Security",
            "\"service\":\"security\",\"category\":\"process_creation\"",
        ),
        Channel::System => {
            ("Service Control Manager", "555908d1-a6d7-4695-8e1e-26931d2012f4", "System", "\"service\":\"system\"")
        }
        Channel::Eventlog => (
            "Microsoft-Windows-Eventlog",
            "fc65ddd8-d6ef-4962-83d5-6e5cfe9ce148",
            "Security",
            "\"service\":\"security\"",
        ),
    };
    let keywords = match (event.channel, event.failure) {
        (Channel::System, _) => "0x8080000000000000",
        (Channel::Eventlog, _) => "0x4020000000000000",
        (_, true) => "0x8010000000000000",
        (_, false) => "0x8020000000000000",
    };
    let level = if event.channel == Channel::System || event.channel == Channel::Eventlog { 4 } else { 0 };
    let clock = Clock::of(at);
    let _ = write!(
        out,
        "{{\"Provider_Name\":\"{provider}\",\"Provider_Guid\":\"{{{guid}}}\",\"EventID\":{},\"Version\":0,\
         \"Level\":{level},\"Task\":{},\"Opcode\":0,\"Keywords\":\"{keywords}\",\"TimeCreated\":\"",
        event.id, event.task
    );
    clock.push_iso(out);
    out.push('.');
    digits(out, u64::from(clock.micros) * 10, 7);
    let _ = write!(
        out,
        "Z\",\"EventRecordID\":{},\"Execution_ProcessID\":{},\"Execution_ThreadID\":{},\"Channel\":\"{channel}\",\
         \"Computer\":\"{}\"",
        event.record,
        600 + u64::from(event.id % 7) * 4,
        700 + event.record % 97 * 4,
        event.computer
    );
    for (name, value) in event.data {
        let _ = write!(out, ",\"{name}\":");
        match value {
            Datum::Text(t) => {
                out.push('"');
                escaped(out, t);
                out.push('"');
            }
            Datum::Number(n) => {
                let _ = write!(out, "{n}");
            }
            Datum::Hex(n) => {
                let _ = write!(out, "\"{n:#x}\"");
            }
        }
    }
    out.push_str(",\"product\":\"windows\",");
    out.push_str(hints);
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_json() {
        let event = Event {
            id: 4625,
            channel: Channel::Security,
            task: 12544,
            failure: true,
            record: 7,
            computer: "dc01.corp.example",
            data: &[("TargetUserName", Datum::Text("a\\b")), ("LogonType", Datum::Number(3)), ("X", Datum::Hex(255))],
        };
        let mut s = String::new();
        push(&mut s, 1_772_409_605_001_002, &event);
        let v: serde_json::Value = serde_json::from_str(&s).unwrap();
        assert_eq!(v["TimeCreated"], "2026-03-02T00:00:05.0010020Z");
        assert_eq!(v["TargetUserName"], "a\\b");
        assert_eq!(v["X"], "0xff");
        assert_eq!(v["service"], "security");
    }
}
