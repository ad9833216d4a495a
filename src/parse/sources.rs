//! Which logsources the parsers give events, so that rules for others can be named.

use std::sync::{Arc, LazyLock};

use super::{Options, Parser, windows};
use crate::event::{Schema, Ts};

/// Names of sources from which a parser tells the product.
const NAMES: &[&str] = &["", "nginx/access.log", "apache2/access.log", "lighttpd/access.log"];

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
    }
}
