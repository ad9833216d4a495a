//! From a document's metadata to what is told about the rule.

use std::sync::Arc;

use crate::event::{Severity, hash64};

use super::sigma::rule::Meta;
use super::{RuleInfo, RuleKind};

/// ATT&CK's tactics, as tags name them.
pub const TACTICS: &[&str] = &[
    "reconnaissance",
    "resource-development",
    "initial-access",
    "execution",
    "persistence",
    "privilege-escalation",
    "defense-evasion",
    "stealth",
    "defense-impairment",
    "credential-access",
    "discovery",
    "lateral-movement",
    "collection",
    "command-and-control",
    "exfiltration",
    "impact",
];

/// What is told of a document; not loaded until the rule set says so.
#[must_use]
pub fn info(meta: &Meta, path: &Arc<str>) -> RuleInfo {
    let (techniques, tactics) = attack(&meta.tags);
    let level = meta.level.unwrap_or(Severity::Medium);
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let title: Arc<str> = if meta.title.is_empty() { file.into() } else { meta.title.as_str().into() };
    let id: Arc<str> = match &meta.id {
        Some(id) => id.to_ascii_lowercase().into(),
        None => derived_id(&title).into(),
    };
    RuleInfo {
        id,
        title,
        name: meta.name.as_deref().map(Into::into),
        description: meta.description.split_whitespace().collect::<Vec<_>>().join(" ").into(),
        level,
        status: meta.status.as_str().into(),
        author: meta.author.as_str().into(),
        techniques,
        tactics,
        tags: meta.tags.clone(),
        references: meta.references.clone(),
        false_positives: meta.false_positives.clone(),
        logsource: "-/-/-".into(),
        path: Arc::clone(path),
        line: meta.line.max(1),
        loaded: false,
        reason: None,
        kind: RuleKind::Detection,
        alerts: meta.custom.alert.unwrap_or(level > Severity::Info),
        group_by: Vec::new(),
        cooldown: meta.custom.cooldown,
        suppresses: meta.custom.suppresses.clone(),
        risk: meta.custom.risk.unwrap_or(true),
        confidence: meta.custom.confidence,
        shows: Vec::new(),
        baseline: meta.custom.baseline,
        familiar: meta.custom.familiar,
    }
}

/// An id for a rule without one: a UUID (version 8) made of its title.
fn derived_id(title: &str) -> String {
    let (a, b) = (hash64(title.as_bytes()), hash64(format!("secstream rule {title}").as_bytes()));
    format!(
        "{:08x}-{:04x}-8{:03x}-{:04x}-{:012x}",
        a >> 32,
        a >> 16 & 0xffff,
        a & 0xfff,
        b >> 48 & 0x3fff | 0x8000,
        b & 0xffff_ffff_ffff
    )
}

/// Techniques and tactics among tags such as `attack.t1110.001`.
fn attack(tags: &[String]) -> (Vec<String>, Vec<String>) {
    let (mut techniques, mut tactics) = (Vec::new(), Vec::new());
    for tag in tags {
        let lower = tag.to_ascii_lowercase().replace('_', "-");
        let Some(word) = lower.strip_prefix("attack.") else { continue };
        let technique = word.strip_prefix('t').is_some_and(|n| {
            let mut parts = n.split('.');
            let digits =
                |p: Option<&str>, len: usize| p.is_none_or(|p| p.len() == len && p.bytes().all(|b| b.is_ascii_digit()));
            digits(parts.next(), 4) && digits(parts.next(), 3) && parts.next().is_none()
        });
        let (list, word) = if technique {
            (&mut techniques, word.to_ascii_uppercase())
        } else if TACTICS.contains(&word) {
            (&mut tactics, word.to_owned())
        } else {
            continue;
        };
        if !list.contains(&word) {
            list.push(word);
        }
    }
    (techniques, tactics)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags() {
        let tags: Vec<String> = [
            "attack.t1110.001",
            "attack.credential_access",
            "attack.g0016",
            "cve.2021-1",
            "attack.T1059",
            "attack.t12",
        ]
        .map(String::from)
        .to_vec();
        let (techniques, tactics) = attack(&tags);
        assert_eq!(techniques, ["T1110.001", "T1059"]);
        assert_eq!(tactics, ["credential-access"]);
    }

    #[test]
    fn derived_ids_are_uuids() {
        let id = derived_id("A title");
        assert_eq!(id.len(), 36);
        assert_eq!(id, derived_id("A title"));
        assert_ne!(id, derived_id("Another"));
    }
}
