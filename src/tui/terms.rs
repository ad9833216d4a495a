//! What the words of a rule mean, in a line each: modifiers, keys, fields.

use crate::event::overlay_by_name;

const MODIFIERS: &[(&str, &str)] = &[
    ("contains", "the value stands anywhere in the field"),
    ("startswith", "the field begins with the value"),
    ("endswith", "the field ends with the value"),
    ("all", "every value of the list must hold, not only one"),
    ("exists", "true: the event has the field; false: it has not"),
    ("cased", "upper and lower case matter"),
    ("neq", "the field has another value"),
    ("re", "the value is a regular expression (linear time: no look-around, no back-references)"),
    ("i", "of re: case does not matter"),
    ("m", "of re: ^ and $ are also at line ends"),
    ("s", "of re: a dot is also a line end"),
    ("ignorecase", "of re: as i"),
    ("multiline", "of re: as m"),
    ("dotall", "of re: as s"),
    ("lt", "less than the number"),
    ("lte", "less than the number, or equal"),
    ("gt", "more than the number"),
    ("gte", "more than the number, or equal"),
    ("windash", "a dash before an option may also be / and the like"),
    ("base64", "the value as it looks in base64"),
    ("base64offset", "the value as it looks in base64, at any of the three offsets"),
    ("utf16", "the value in UTF-16 with a mark, before base64"),
    ("utf16le", "the value in UTF-16 little endian, before base64"),
    ("utf16be", "the value in UTF-16 big endian, before base64"),
    ("wide", "as utf16le"),
    ("cidr", "the address is in the network: 10.0.0.0/8"),
    ("fieldref", "the value is the name of another field that must be equal"),
    ("expand", "a placeholder %name% that a pipeline fills"),
    ("minute", "the minute of the time (0-59)"),
    ("hour", "the hour of the time (0-23, UTC)"),
    ("day", "the day of the month"),
    ("week", "the week of the year"),
    ("month", "the month (1-12)"),
    ("year", "the year"),
];

const KEYS: &[(&str, &str)] = &[
    ("title", "what the rule finds, in a few words; the alert's name"),
    ("id", "a UUID of its own; correlations and filters refer to it"),
    ("name", "a short name by which other rules refer to it"),
    ("status", "stable, test, experimental, deprecated or unsupported; part of the confidence"),
    ("description", "what it looks for and why that matters"),
    ("references", "where to read more"),
    ("tags", "ATT&CK tactics and techniques: attack.t1110.001"),
    ("logsource", "which events it is asked of: product, category, service"),
    ("product", "of the logsource: windows, linux, aws, …"),
    ("category", "of the logsource: process_creation, webserver, authentication, …"),
    ("service", "of the logsource: sshd, security, sysmon, …"),
    ("detection", "named searches, and the condition that combines them"),
    ("condition", "searches with and, or, not, 1 of NAME*, all of them; of a correlation gt, gte, lt, lte, eq, neq"),
    ("correlation", "counts or orders what other rules find"),
    ("filter", "events that other rules do not mean"),
    ("rules", "the rules that it counts or filters, by id or name"),
    ("group-by", "fields whose values are counted apart"),
    ("timespan", "the length of the window: 30s, 10m, 1h, 7d"),
    ("aliases", "one name for fields that differ from rule to rule"),
    ("generate", "whether the rules below raise alerts of their own as well"),
    ("falsepositives", "what is found and is no attack"),
    ("level", "informational, low, medium, high, critical; informational raises no alert"),
    ("type", "event_count, value_count, temporal, temporal_ordered, new_value, …"),
];

const TYPED: &[(&str, &str)] = &[
    ("event_type", "what happened, in the product's words: ssh_login_failed, http_request, …"),
    ("outcome", "success, failure, unknown"),
    ("severity", "info, low, medium, high, critical"),
    ("timestamp", "the event's time"),
];

fn find(table: &'static [(&str, &str)], word: &str) -> Option<&'static str> {
    table.iter().find(|(w, _)| *w == word).map(|(_, h)| *h)
}

/// What the key of a line means: its field or key, and each modifier.
#[must_use]
pub fn of_line(line: &str) -> Vec<String> {
    let bare = line.trim_start().trim_start_matches("- ").trim_start();
    let key = bare.split(':').next().unwrap_or("").trim().trim_matches(['\'', '"']);
    let mut words = key.split('|');
    let field = words.next().unwrap_or("");
    let mut out = Vec::new();
    if !field.is_empty() && !field.starts_with('#') {
        let own = find(TYPED, field).or_else(|| overlay_by_name(field).map(crate::event::Ov::doc));
        // A name at the start of a line is a key of the format, deeper one a field first.
        let top = !line.starts_with([' ', '-']);
        let said = if top { find(KEYS, field).or(own) } else { own.or_else(|| find(KEYS, field)) };
        out.push(match said {
            Some(h) => format!("{field}: {h}"),
            None => format!("{field}: a field of the event as it was written, or the name of a search"),
        });
    }
    for m in words {
        out.push(match find(MODIFIERS, m) {
            Some(h) => format!("|{m}: {h}"),
            None => format!("|{m}: no modifier"),
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_modifier_is_told_and_lines_are_understood() {
        for m in crate::detect::sigma::item::MODIFIERS {
            assert!(find(MODIFIERS, m).is_some(), "{m}");
        }
        let of = |l: &str| of_line(l).join(" / ");
        assert!(
            of("    src_ip|cidr: 10.0.0.0/8").starts_with("src_ip: Address")
                && of("    src_ip|cidr: x").contains("network")
        );
        assert!(of("level: high").contains("informational"));
        assert!(of("    - CommandLine|contains|all:").contains("every value"));
        assert!(of("  x|containz: y").contains("no modifier"));
        assert!(of("# a comment").is_empty() && of("").is_empty());
    }
}
