//! The techniques of MITRE ATT&CK that rules are tagged with: ids, names and
//! tactics of the Enterprise matrix, and what became of retired ids.
//!
//! ATT&CK is a trademark of The MITRE Corporation.

mod retired;

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use retired::RETIRED;

/// Version of ATT&CK that the table is of.
pub const VERSION: &str = "19";

/// One technique a line: number, tactics by position, name, names of its
/// sub-techniques from .001 on (empty where a number is not in use).
const TABLE: &str = include_str!("techniques.txt");

/// A tactic: a column of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tactic {
    /// Id, e.g. `TA0001`.
    pub id: &'static str,
    /// As tags name it, e.g. `initial-access`.
    pub key: &'static str,
    /// Name.
    pub name: &'static str,
}

const fn tactic(id: &'static str, key: &'static str, name: &'static str) -> Tactic {
    Tactic { id, key, name }
}

/// The tactics, in the matrix's order.
pub const TACTICS: &[Tactic] = &[
    tactic("TA0043", "reconnaissance", "Reconnaissance"),
    tactic("TA0042", "resource-development", "Resource Development"),
    tactic("TA0001", "initial-access", "Initial Access"),
    tactic("TA0002", "execution", "Execution"),
    tactic("TA0003", "persistence", "Persistence"),
    tactic("TA0004", "privilege-escalation", "Privilege Escalation"),
    tactic("TA0005", "stealth", "Stealth"),
    tactic("TA0112", "defense-impairment", "Defense Impairment"),
    tactic("TA0006", "credential-access", "Credential Access"),
    tactic("TA0007", "discovery", "Discovery"),
    tactic("TA0008", "lateral-movement", "Lateral Movement"),
    tactic("TA0009", "collection", "Collection"),
    tactic("TA0011", "command-and-control", "Command and Control"),
    tactic("TA0010", "exfiltration", "Exfiltration"),
    tactic("TA0040", "impact", "Impact"),
];

/// A technique or sub-technique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Technique {
    /// Id, e.g. `T1110` or `T1110.001`.
    pub id: String,
    /// Name; of a sub-technique, its own part.
    pub name: &'static str,
    /// Positions of its tactics in [`TACTICS`].
    pub tactics: Vec<usize>,
    /// Id of the technique that it is a part of.
    pub parent: Option<String>,
}

static TECHNIQUES: LazyLock<Vec<Technique>> = LazyLock::new(read);
static BY_ID: LazyLock<FxHashMap<&'static str, usize>> =
    LazyLock::new(|| TECHNIQUES.iter().enumerate().map(|(i, t)| (t.id.as_str(), i)).collect());

fn read() -> Vec<Technique> {
    let mut out = Vec::new();
    for line in TABLE.lines() {
        let mut parts = line.split('|');
        let (Some(number), Some(tactics), Some(name)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let id = format!("T{number}");
        let tactics: Vec<usize> = tactics.split(',').filter_map(|t| t.parse().ok()).collect();
        out.push(Technique { id: id.clone(), name, tactics: tactics.clone(), parent: None });
        for (i, name) in parts.next().unwrap_or("").split(';').enumerate().filter(|(_, n)| !n.is_empty()) {
            let sub = format!("{id}.{:03}", i + 1);
            out.push(Technique { id: sub, name, tactics: tactics.clone(), parent: Some(id.clone()) });
        }
    }
    out
}

/// All techniques, each followed by its sub-techniques, by id.
#[must_use]
pub fn techniques() -> &'static [Technique] {
    &TECHNIQUES
}

/// The technique of an id such as `T1110.001`.
#[must_use]
pub fn technique(id: &str) -> Option<&'static Technique> {
    BY_ID.get(id).and_then(|i| TECHNIQUES.get(*i))
}

/// What stands in the place of a retired id.
#[must_use]
pub fn successor(id: &str) -> Option<&'static str> {
    RETIRED.iter().find(|(old, _)| *old == id).map(|(_, new)| *new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let all = techniques();
        assert_eq!(all.iter().filter(|t| t.parent.is_none()).count(), 222);
        assert_eq!(all.iter().filter(|t| t.parent.is_some()).count(), 475);
        assert!(all.iter().all(|t| !t.tactics.is_empty() && t.tactics.iter().all(|i| *i < TACTICS.len())));
        assert!(all.windows(2).all(|w| w[0].id < w[1].id), "sorted");
        assert_eq!(technique("T1110.003").map(|t| t.name), Some("Password Spraying"));
        assert_eq!(technique("T1053.001"), None, "a number that is not in use");
        assert!(RETIRED.windows(2).all(|w| w[0].0 < w[1].0), "sorted, each once");
        assert_eq!(successor("T1086"), Some("T1059.001"));
        for (old, new) in RETIRED {
            assert!(technique(old).is_none() && technique(new).is_some(), "{old}");
        }
    }
}
