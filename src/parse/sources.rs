//! Which logsources the parsers give events, so that rules for others can be named.

use std::sync::{Arc, LazyLock};

use super::{Options, Parser, history, windows};
use crate::event::{Schema, Ts};

/// Names of sources from which a parser tells the product.
const NAMES: &[&str] = &["", "nginx/access.log", "apache2/access.log", "lighttpd/access.log"];

/// Event ids that Sysmon for Linux writes.
const SYSMON_FOR_LINUX: [u32; 10] = [1, 3, 4, 5, 9, 10, 11, 16, 23, 255];

/// What the parsers give events by themselves. JSON whose format is named, and
/// custom formats, may carry anything.
#[derive(Debug, Default)]
pub struct KnownLogsources {
    /// `product, category, service`.
    pub triples: Vec<[String; 3]>,
    /// Products whose events name their service themselves.
    pub any_service: &'static [&'static str],
}

static KNOWN: LazyLock<KnownLogsources> = LazyLock::new(|| {
    let schema = Arc::new(Schema::noting());
    for name in NAMES {
        let _ = Parser::for_source(name, b"", &Options::new(Ts(0)), &schema);
    }
    let mut triples = schema.asked();
    for (category, service) in windows::logsources() {
        triples.push(["windows".into(), category.into(), service.into()]);
    }
    for id in SYSMON_FOR_LINUX {
        triples.push(["linux".into(), windows::sysmon_category(id).into(), "sysmon".into()]);
    }
    triples.push(history::LOGSOURCE.map(str::to_owned));
    triples.sort();
    triples.dedup();
    KnownLogsources { triples, any_service: &["zeek", "suricata"] }
});

/// The logsources that the parsers give.
#[must_use]
pub fn known_logsources() -> &'static KnownLogsources {
    &KNOWN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logsources_of_text_json_and_windows() {
        let has = |p: &str, c: &str, s: &str| known_logsources().triples.contains(&[p, c, s].map(str::to_owned));
        assert!(has("linux", "", "sshd") && has("nginx", "webserver", "access") && has("aws", "", "cloudtrail"));
        assert!(has("windows", "process_creation", "sysmon") && has("windows", "", "security"));
        assert!(!has("windows", "", "sshd"));
        for category in [
            "process_creation",
            "network_connection",
            "process_termination",
            "raw_access_thread",
            "process_access",
            "file_event",
            "file_delete",
            "sysmon_status",
        ] {
            assert!(has("linux", category, "sysmon"), "{category}");
        }
        assert!(!has("linux", "registry_set", "sysmon"), "no such thing there");
        assert!(has("linux", "process_creation", ""), "histories of shells");
    }
}
