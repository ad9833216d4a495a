//! Events in the layouts of shippers and of exports: where a value of the event
//! stands under a prefix, its own name is Sigma's, as in a flat event.

/// Where the event's own data stands.
const DATA: &[&str] =
    &["winlog.event_data.", "winlog.user_data.", "Event.EventData.", "event_data.", "EventData.", "Event.System."];

/// Names of the header that are not their own last part.
const HEADER: &[(&str, &str)] = &[
    ("winlog.event_id", "EventID"),
    ("winlog.channel", "Channel"),
    ("winlog.provider_name", "Provider_Name"),
    ("winlog.computer_name", "Computer"),
    ("winlog.record_id", "EventRecordID"),
    ("winlog.task", "Task"),
    ("Event.System.EventID.#text", "EventID"),
    ("Event.System.Provider.Name", "Provider_Name"),
    ("Event.System.Provider.#attributes.Name", "Provider_Name"),
];

/// A document of Elasticsearch as it is exported.
const STORED: &str = "_source.";

/// An event of EventBridge, and members by which one of CloudTrail is known in it.
const BRIDGED: &str = "detail.";
const CLOUDTRAIL: &[&str] = &[
    "additionalEventData",
    "awsRegion",
    "errorCode",
    "errorMessage",
    "eventCategory",
    "eventID",
    "eventName",
    "eventSource",
    "eventTime",
    "eventType",
    "eventVersion",
    "managementEvent",
    "readOnly",
    "recipientAccountId",
    "requestID",
    "requestParameters",
    "resources",
    "responseElements",
    "sourceIPAddress",
    "userAgent",
    "userIdentity",
];

/// Sigma's name of a value at this path, where the path is one of a layout.
#[must_use]
#[inline]
pub fn own(path: &str) -> Option<&str> {
    match path.as_bytes() {
        [b'_', b's', b'o', ..] => {
            let name = path.strip_prefix(STORED).filter(|n| !n.is_empty())?;
            Some(own(name).unwrap_or(name))
        }
        [b'd', b'e', b't', ..] => path.strip_prefix(BRIDGED).filter(|n| {
            CLOUDTRAIL.iter().any(|m| n.strip_prefix(m).is_some_and(|r| r.is_empty() || r.starts_with('.')))
        }),
        [b'w', b'i', b'n', b'l', b'o', b'g', b'.', ..]
        | [b'E', b'v', b'e', b'n', b't', b'.' | b'D', ..]
        | [b'e', b'v', b'e', b'n', b't', b'_', ..] => within(path),
        _ => None,
    }
}

fn within(path: &str) -> Option<&str> {
    if let Some((_, name)) = HEADER.iter().find(|(at, _)| *at == path) {
        return Some(name);
    }
    let name = DATA.iter().find_map(|prefix| path.strip_prefix(prefix))?;
    (!name.is_empty() && !name.contains('.')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_and_header_have_the_names_of_a_flat_event() {
        for (path, name) in [
            ("winlog.event_data.CommandLine", "CommandLine"),
            ("winlog.event_id", "EventID"),
            ("Event.EventData.TargetUserName", "TargetUserName"),
            ("Event.System.Computer", "Computer"),
            ("Event.System.Provider.#attributes.Name", "Provider_Name"),
            ("EventData.Image", "Image"),
            ("_source.winlog.event_data.Image", "Image"),
            ("_source.host.name", "host.name"),
            ("_source._source.a", "a"),
            ("detail.userIdentity.type", "userIdentity.type"),
            ("_source.detail.eventName", "eventName"),
        ] {
            assert_eq!(own(path), Some(name));
        }
        for path in [
            "winlog.api",
            "event.code",
            "EventID",
            "EventData.",
            "Event.System.TimeCreated.SystemTime",
            "a.b",
            "_source",
            "_source.",
            "detail.eventNames",
            "detail.x",
            "details.eventName",
        ] {
            assert_eq!(own(path), None, "{path}");
        }
    }
}
