//! What a document says about itself: id, level, description, tags.

use super::Checker;
use crate::detect::attack::{self, TACTICS};
use crate::detect::sigma::rule::{Body, Document};
use crate::detect::sigma::yaml::Node;

impl Checker<'_> {
    pub(super) fn meta(&mut self, doc: &Document) {
        let at_id = self.at("id");
        match &doc.meta.id {
            None => {
                let hint = "give it a UUID; alerts and verdicts refer to it";
                self.say(at_id, "no-id", "the rule has no id".into(), hint);
            }
            Some(id) if !is_uuid(id) => {
                self.say(at_id, "bad-id", format!("the id '{id}' is no UUID"), "for example the output of uuidgen");
            }
            Some(_) => {}
        }
        if doc.meta.level.is_none() && !matches!(doc.body, Body::Filter(..)) {
            self.say(
                self.at("level"),
                "no-level",
                "the rule has no level; medium is assumed".into(),
                "informational, low, medium, high or critical",
            );
        }
        if doc.meta.description.is_empty() {
            self.say(self.at("description"), "no-description", "the rule has no description".into(), "");
        }
        for key in ["references", "falsepositives", "tags"] {
            let odd = self.node.get(key).map(Node::items).unwrap_or(&[]).iter().find(|n| n.text().is_none());
            if let Some(at) = odd.map(|n| (n.line, n.column)) {
                let hint = "put text that contains ': ' in quotes";
                self.say(at, "not-text", format!("an item of {key} is no text"), hint);
            }
        }
        let tags: Vec<((u32, u32), String)> = (self.node.get("tags").map(Node::items).unwrap_or(&[]).iter())
            .filter_map(|t| Some(((t.line, t.column), t.text()?.to_owned())))
            .collect();
        for (at, tag) in &tags {
            if let Some((code, problem, hint)) = tag_problem(tag) {
                // Beside its successor an old id does no harm: those who look for it find the rule, too.
                let beside = code == "retired-tag" && tags.iter().any(|(_, other)| succeeds(other, tag));
                if !beside {
                    self.say(*at, code, problem, &hint);
                }
            }
        }
    }
}

fn is_uuid(id: &str) -> bool {
    let mut groups = id.split('-');
    let shape = [8, 4, 4, 4, 12];
    shape.iter().all(|len| groups.next().is_some_and(|g| g.len() == *len && g.bytes().all(|b| b.is_ascii_hexdigit())))
        && groups.next().is_none()
}

/// What is wrong with a tag: code, message, hint.
fn tag_problem(tag: &str) -> Option<(&'static str, String, String)> {
    let see = || "see attack.mitre.org for tactics and techniques".to_owned();
    let word = tag.strip_prefix("attack.")?.to_ascii_lowercase().replace('_', "-");
    let rest = word.get(1..).unwrap_or("");
    let number = !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if TACTICS.iter().any(|t| t.key == word) {
        return None;
    }
    if word == "defense-evasion" {
        let hint = "ATT&CK 19 has attack.stealth and attack.defense-impairment in its place".to_owned();
        return Some(("retired-tag", format!("'{tag}' is a tactic that ATT&CK has retired"), hint));
    }
    if word.starts_with("ds") && word.len() == 6 && word.bytes().skip(2).all(|b| b.is_ascii_digit()) {
        return None;
    }
    if !word.starts_with(['t', 'g', 's', 'c', 'm', 'd']) || !number {
        return Some(("bad-tag", format!("'{tag}' names no ATT&CK tactic or technique"), see()));
    }
    let (main, sub) = rest.split_once('.').unwrap_or((rest, "000"));
    let fits = main.len() == 4 && sub.len() == 3 && (word.starts_with('t') || !rest.contains('.'));
    if !fits {
        return Some(("bad-tag", format!("'{tag}' is not written like an ATT&CK id"), see()));
    }
    if !word.starts_with('t') {
        return None;
    }
    let id = word.to_ascii_uppercase();
    if attack::technique(&id).is_some() {
        return None;
    }
    if let Some(new) = attack::successor(&id) {
        let name = attack::technique(new).map_or("", |t| t.name);
        let hint = format!("ATT&CK {} has attack.{} ({name}) in its place", attack::VERSION, new.to_ascii_lowercase());
        return Some(("retired-tag", format!("'{tag}' is a technique that ATT&CK has retired"), hint));
    }
    let parent = id.split('.').next().and_then(attack::technique).filter(|_| id.contains('.'));
    let hint = parent.map_or_else(see, |p| format!("{} is {}; it has no such part", p.id, p.name));
    Some(("bad-tag", format!("'{tag}' is no technique of ATT&CK {}", attack::VERSION), hint))
}

/// Whether a tag is what ATT&CK has in the place of an old one.
fn succeeds(new: &str, old: &str) -> bool {
    let word = |tag: &str| tag.strip_prefix("attack.").unwrap_or("").to_ascii_lowercase().replace('_', "-");
    let (new, old) = (word(new), word(old));
    if old == "defense-evasion" {
        return new == "stealth" || new == "defense-impairment";
    }
    attack::successor(&old.to_ascii_uppercase()).is_some_and(|id| id.eq_ignore_ascii_case(&new))
}

#[cfg(test)]
mod tests {
    use super::{succeeds, tag_problem};

    #[test]
    fn successors() {
        assert!(succeeds("attack.t1685", "attack.T1562.001") && succeeds("attack.stealth", "attack.defense_evasion"));
        assert!(!succeeds("attack.t1686", "attack.t1562.001") && !succeeds("attack.t1110", "attack.t1110"));
    }

    #[test]
    fn tags() {
        for good in [
            "attack.t1110",
            "attack.T1110.001",
            "attack.credential_access",
            "attack.g0016",
            "cve.2021-1",
            "attack.ds0005",
        ] {
            assert_eq!(tag_problem(good), None, "{good}");
        }
        for (bad, code, word) in [
            ("attack.t11", "bad-tag", "attack.mitre.org"),
            ("attack.t9999", "bad-tag", "attack.mitre.org"),
            ("attack.t1110.099", "bad-tag", "T1110 is Brute Force"),
            ("attack.nonsense", "bad-tag", "attack.mitre.org"),
            ("attack.t1562.001", "retired-tag", "attack.t1685"),
            ("attack.t1086", "retired-tag", "attack.t1059.001"),
            ("attack.t1064", "retired-tag", "attack.t1059"),
            ("attack.defense-evasion", "retired-tag", "attack.stealth"),
        ] {
            let (c, _, hint) = tag_problem(bad).unwrap_or_else(|| panic!("{bad}"));
            assert!(c == code && hint.contains(word), "{bad}: {c} {hint}");
        }
    }
}
