//! Which techniques of ATT&CK rules look for, by tactic, and as a layer for
//! the ATT&CK Navigator.

use serde_json::{Value, json};

use super::attack::{self, TACTICS, Technique};
use super::{RuleIdx, RuleKind, RuleSet};

/// Titles of rules in the comment of a layer's technique.
const COMMENT_RULES: usize = 20;

/// A technique with the rules that look for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered {
    /// The technique or sub-technique.
    pub technique: &'static Technique,
    /// Rules tagged with it, in order of loading.
    pub rules: Vec<RuleIdx>,
}

/// What a rule set covers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Every technique and sub-technique, by id, also those without a rule.
    pub techniques: Vec<Covered>,
    /// Loaded rules with no technique.
    pub untagged: usize,
    /// Loaded rules (filters are none).
    pub rules: usize,
    /// Tags that are no technique of this version, with how many rules have them.
    pub unknown: Vec<(String, usize)>,
}

/// How much of a tactic is covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// Techniques (sub-techniques are not counted).
    pub techniques: usize,
    /// Of them, those with a rule for them or for a part of them.
    pub covered: usize,
    /// Rules for any of them.
    pub rules: usize,
}

impl Coverage {
    /// The coverage of the loaded rules of a set. A retired id counts for what
    /// stands in its place.
    #[must_use]
    pub fn of(set: &RuleSet) -> Self {
        let mut out = Self {
            techniques: attack::techniques().iter().map(|t| Covered { technique: t, rules: Vec::new() }).collect(),
            ..Self::default()
        };
        let loaded = set.rules().iter().enumerate().filter(|(_, r)| r.loaded && r.kind != RuleKind::Filter);
        for (i, rule) in loaded {
            out.rules += 1;
            out.untagged += usize::from(rule.techniques.is_empty());
            for id in &rule.techniques {
                let id = attack::successor(id).unwrap_or(id);
                match out.techniques.binary_search_by(|c| c.technique.id.as_str().cmp(id)) {
                    Ok(at) => {
                        if let Some(c) =
                            out.techniques.get_mut(at).filter(|c| c.rules.last() != Some(&RuleIdx(i as u32)))
                        {
                            c.rules.push(RuleIdx(i as u32));
                        }
                    }
                    Err(_) => match out.unknown.iter_mut().find(|(u, _)| u == id) {
                        Some(u) => u.1 += 1,
                        None => out.unknown.push((id.to_owned(), 1)),
                    },
                }
            }
        }
        out
    }

    /// The techniques of a tactic (sub-techniques left out), each with all
    /// rules for it and its parts.
    #[must_use]
    pub fn tactic(&self, tactic: usize) -> Vec<(&'static Technique, Vec<RuleIdx>)> {
        let mut out: Vec<(&'static Technique, Vec<RuleIdx>)> = Vec::new();
        for c in self.techniques.iter().filter(|c| c.technique.tactics.contains(&tactic)) {
            match (out.last_mut(), &c.technique.parent) {
                (Some(last), Some(_)) => last.1.extend(&c.rules),
                _ => out.push((c.technique, c.rules.clone())),
            }
        }
        for (_, rules) in &mut out {
            rules.sort_unstable();
            rules.dedup();
        }
        out
    }

    /// How much of a tactic is covered.
    #[must_use]
    pub fn share(&self, tactic: usize) -> Share {
        let all = self.tactic(tactic);
        let mut rules: Vec<RuleIdx> = all.iter().flat_map(|t| t.1.iter().copied()).collect();
        rules.sort_unstable();
        rules.dedup();
        Share { techniques: all.len(), covered: all.iter().filter(|t| !t.1.is_empty()).count(), rules: rules.len() }
    }

    /// Covered techniques and sub-techniques: `(techniques, of, subs, of)`.
    #[must_use]
    pub fn totals(&self) -> (usize, usize, usize, usize) {
        let (mut main, mut sub) = ((0, 0), (0, 0));
        for c in &self.techniques {
            let t = if c.technique.parent.is_some() { &mut sub } else { &mut main };
            t.1 += 1;
            let part = |o: &Covered| o.technique.parent.as_deref() == Some(c.technique.id.as_str());
            let parts = || self.techniques.iter().filter(|o| part(o)).any(|o| !o.rules.is_empty());
            t.0 += usize::from(!c.rules.is_empty() || (c.technique.parent.is_none() && parts()));
        }
        (main.0, main.1, sub.0, sub.1)
    }

    /// A layer in the Navigator's format 4.5: the score is the number of rules. A
    /// technique that only its parts are covered of has an entry without a score, is
    /// unfolded, and is shown with the sum of its parts.
    #[must_use]
    pub fn layer(&self, set: &RuleSet, name: &str) -> Value {
        let parts = |c: &Covered| {
            let id = c.technique.id.as_str();
            let of = move |o: &&Covered| o.technique.parent.as_deref() == Some(id);
            self.techniques.iter().filter(of).map(|o| o.rules.len()).sum::<usize>()
        };
        // The sum that is shown must have a colour too.
        let most = self.techniques.iter().map(|c| c.rules.len() + parts(c)).max().unwrap_or(0).max(1);
        let techniques: Vec<Value> = (self.techniques.iter())
            .filter(|c| !c.rules.is_empty() || parts(c) > 0)
            .map(|c| {
                if c.rules.is_empty() {
                    return json!({
                        "techniqueID": c.technique.id, "comment": "covered in parts only",
                        "enabled": true, "metadata": [], "links": [], "showSubtechniques": true,
                    });
                }
                let titles = c.rules.iter().filter_map(|r| set.rule(*r)).map(|r| &*r.title);
                let mut comment: Vec<&str> = titles.take(COMMENT_RULES).collect();
                if c.rules.len() > COMMENT_RULES {
                    comment.push("…");
                }
                json!({
                    "techniqueID": c.technique.id, "score": c.rules.len(), "comment": comment.join("\n"),
                    "enabled": true, "metadata": [], "links": [], "showSubtechniques": parts(c) > 0,
                })
            })
            .collect();
        json!({
            "name": name,
            "versions": {"attack": attack::VERSION, "navigator": "5.1.0", "layer": "4.5"},
            "domain": "enterprise-attack",
            "description": format!("{} rules; the score is the number of rules for a technique", self.rules),
            "filters": {"platforms": []},
            "sorting": 3,
            "layout": {"layout": "side", "aggregateFunction": "sum", "showID": true, "showName": true,
                       "showAggregateScores": true, "countUnscored": false, "expandedSubtechniques": "annotated"},
            "hideDisabled": false,
            "techniques": techniques,
            "gradient": {"colors": ["#d6eaf8ff", "#1f618dff"], "minValue": 1, "maxValue": most},
            "legendItems": [], "metadata": [], "links": [],
            "showTacticRowBackground": false, "tacticRowBackground": "#dddddd",
            "selectTechniquesAcrossTactics": true, "selectSubtechniquesWithParent": false,
            "selectVisibleTechniques": false,
        })
    }

    /// One object for scripts.
    #[must_use]
    pub fn document(&self, set: &RuleSet) -> Value {
        let (main, mains, sub, subs) = self.totals();
        let tactics: Vec<Value> = (TACTICS.iter().enumerate())
            .map(|(i, t)| {
                let s = self.share(i);
                json!({"id": t.id, "tactic": t.key, "name": t.name, "techniques": s.techniques, "covered": s.covered, "rules": s.rules})
            })
            .collect();
        let techniques: Vec<Value> = (self.techniques.iter())
            .filter(|c| !c.rules.is_empty())
            .map(|c| {
                let ids: Vec<&str> = c.rules.iter().filter_map(|r| set.rule(*r)).map(|r| &*r.id).collect();
                let tactics: Vec<&str> =
                    c.technique.tactics.iter().filter_map(|t| TACTICS.get(*t)).map(|t| t.key).collect();
                json!({"id": c.technique.id, "name": c.technique.name, "tactics": tactics, "rules": ids})
            })
            .collect();
        json!({
            "attack": attack::VERSION, "rules": self.rules, "untagged": self.untagged,
            "techniques": {"covered": main, "of": mains}, "subtechniques": {"covered": sub, "of": subs},
            "tactics": tactics, "by_technique": techniques,
            "unknown": self.unknown.iter().map(|(id, n)| json!({"id": id, "rules": n})).collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::RuleFile;

    fn set(tags: &[&str]) -> RuleSet {
        let files: Vec<RuleFile> = (tags.iter().enumerate())
            .map(|(i, t)| {
                let text = format!(
                    "title: R{i}\nid: 00000000-0000-4000-8000-00000000000{i}\ntags: [{t}]\nlogsource: {{product: x}}\n\
                     detection:\n  s: {{a: {i}}}\n  condition: s\n"
                );
                RuleFile::new(format!("{i}.yml"), text)
            })
            .collect();
        RuleSet::load(&files)
    }

    #[test]
    fn parts_count_for_the_whole_and_retired_ids_for_their_successors() {
        let set = set(&["attack.t1110.001, attack.t1110", "attack.t1110.003", "attack.t1562.001", "x", "attack.t9999"]);
        let c = Coverage::of(&set);
        assert_eq!((c.rules, c.untagged, c.unknown.clone()), (5, 1, vec![("T9999".to_owned(), 1)]));
        let access = TACTICS.iter().position(|t| t.key == "credential-access").expect("there");
        let guessing = c.tactic(access).into_iter().find(|t| t.0.id == "T1110").expect("there");
        assert_eq!(guessing.1.len(), 2, "one rule twice counts once");
        assert_eq!((c.share(access).covered, c.share(access).rules), (1, 2));
        assert_eq!(c.totals().0, 2);
        let layer = c.layer(&set, "l");
        let ids: Vec<&str> =
            layer["techniques"].as_array().expect("a list").iter().filter_map(|t| t["techniqueID"].as_str()).collect();
        assert_eq!(ids, ["T1110", "T1110.001", "T1110.003", "T1685"]);
        assert_eq!(layer["techniques"][0]["showSubtechniques"], true);
        // A technique of which only parts are covered is not left empty.
        let set = self::set(&["attack.t1110.001", "attack.t1110.003"]);
        let layer = Coverage::of(&set).layer(&set, "l");
        assert_eq!(layer["layout"]["showAggregateScores"], true);
        assert_eq!(layer["gradient"]["maxValue"], 2, "the sum that is shown has a colour");
        let whole = &layer["techniques"][0];
        assert_eq!((&whole["techniqueID"], &whole["showSubtechniques"]), (&json!("T1110"), &json!(true)));
        assert!(whole.get("score").is_none(), "{whole}");
        assert_eq!(layer["versions"]["layer"], "4.5");
    }
}
