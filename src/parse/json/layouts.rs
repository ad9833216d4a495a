//! Windows events in the layouts of shippers: where a value of the event stands
//! under a prefix, its own name is Sigma's, as in a flat event. Documents that were
//! taken from an index (`_source`) likewise have their own names.

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

/// Sigma's name of a value at this path, where the path is one of Windows.
#[must_use]
#[inline]
pub fn windows(path: &str) -> Option<&str> {
    match path.as_bytes() {
        [b'w', b'i', b'n', b'l', b'o', b'g', b'.', ..]
        | [b'E', b'v', b'e', b'n', b't', b'.' | b'D', ..]
        | [b'e', b'v', b'e', b'n', b't', b'_', ..] => within(path),
        // An index' documents, as it hands them out.
        [b'_', b's', b'o', ..] => path.strip_prefix("_source.").map(|own| within(own).unwrap_or(own)),
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
        ] {
            assert_eq!(windows(path), Some(name));
        }
        for path in ["winlog.api", "event.code", "EventID", "EventData.", "Event.System.TimeCreated.SystemTime", "a.b"]
        {
            assert_eq!(windows(path), None, "{path}");
        }
    }
}
