//! The small YAML form of thresholds turned into Sigma.
//!
//! ```yaml
//! type: brute_force
//! match: {event_type: ssh_login_failed}
//! group_by: src_ip
//! threshold: 5
//! window_seconds: 300
//! cooldown_seconds: 600
//! ```
//!
//! A threshold above one becomes a detection and an `event_count` over it; one
//! becomes a detection alone.

use std::fmt::Write as _;

use crate::event::hash64;

use super::sigma::value::Scalar;
use super::sigma::yaml::{self, Node, YamlError};

/// Most rules of one file.
const MAX_RULES: usize = 10_000;

/// What a type stands for where the file leaves it open.
struct Preset {
    name: &'static str,
    title: &'static str,
    level: &'static str,
    tags: &'static [&'static str],
    group_by: &'static str,
    threshold: u64,
    window: u64,
}

const PRESETS: &[Preset] = &[
    Preset {
        name: "brute_force",
        title: "Brute force",
        level: "high",
        tags: &["attack.credential-access", "attack.t1110"],
        group_by: "src_ip",
        threshold: 5,
        window: 300,
    },
    Preset {
        name: "unauthorized_access",
        title: "Unauthorized access",
        level: "high",
        tags: &["attack.initial-access", "attack.t1078"],
        group_by: "src_ip",
        threshold: 1,
        window: 300,
    },
    Preset {
        name: "traffic_spike",
        title: "Traffic spike",
        level: "medium",
        tags: &["attack.impact", "attack.t1499"],
        group_by: "src_ip",
        threshold: 100,
        window: 60,
    },
    Preset {
        name: "privilege_escalation",
        title: "Privilege escalation",
        level: "high",
        tags: &["attack.privilege-escalation", "attack.t1548"],
        group_by: "user",
        threshold: 1,
        window: 300,
    },
];

const KEYS: &str = "type, name, title, id, description, level, severity, logsource, match, group_by, threshold, \
                    window_seconds, cooldown_seconds, tags";

/// Sigma for every rule of a file of the small form.
///
/// # Errors
/// All mistakes, each with its place: unknown keys and types, missing parts.
pub fn import(text: &str) -> Result<String, Vec<YamlError>> {
    let mut out = String::new();
    let mut wrong = Vec::new();
    let mut count = 0;
    for doc in yaml::parse(text) {
        let doc = match doc {
            Ok(doc) => doc,
            Err(e) => {
                wrong.push(e);
                continue;
            }
        };
        let list = doc.get("rules").filter(|_| doc.get("type").is_none()).unwrap_or(&doc);
        for n in list.items() {
            count += 1;
            if count > MAX_RULES {
                wrong.push(YamlError::at(n, format!("more than {MAX_RULES} rules in one file")));
                return Err(wrong);
            }
            match Small::read(n) {
                Ok(rule) => rule.write(&mut out),
                Err(errors) => wrong.extend(errors),
            }
        }
    }
    if count == 0 && wrong.is_empty() {
        wrong.push(YamlError { line: 1, column: 1, message: "the file has no rule".into() });
    }
    if wrong.is_empty() { Ok(out) } else { Err(wrong) }
}

/// A rule of the small form.
struct Small {
    preset: &'static Preset,
    title: String,
    id: Option<String>,
    description: String,
    level: String,
    tags: Vec<String>,
    logsource: Vec<(String, String)>,
    matches: Vec<(String, Vec<Scalar>)>,
    group_by: Vec<String>,
    threshold: u64,
    window: u64,
    cooldown: Option<u64>,
}

impl Small {
    fn read(n: &Node) -> Result<Self, Vec<YamlError>> {
        let Some(entries) = n.map() else {
            return Err(vec![YamlError::at(n, "a rule is a mapping with type and match")]);
        };
        let kind = n.get("type");
        let Some(preset) = kind.and_then(Node::text).and_then(|t| PRESETS.iter().find(|p| p.name == t)) else {
            let known: Vec<&str> = PRESETS.iter().map(|p| p.name).collect();
            let found = kind.and_then(Node::text).unwrap_or("nothing");
            let message = format!("unknown type '{found}'; known are {}", known.join(", "));
            return Err(vec![YamlError::at(kind.unwrap_or(n), message)]);
        };
        let mut rule = Self {
            preset,
            title: String::new(),
            id: None,
            description: String::new(),
            level: preset.level.to_owned(),
            tags: preset.tags.iter().map(|t| (*t).to_owned()).collect(),
            logsource: Vec::new(),
            matches: Vec::new(),
            group_by: vec![preset.group_by.to_owned()],
            threshold: preset.threshold,
            window: preset.window,
            cooldown: None,
        };
        let mut wrong = Vec::new();
        for (k, v) in entries {
            if let Err(e) = rule.entry(k, v) {
                wrong.push(e);
            }
        }
        if rule.matches.is_empty() {
            wrong.push(YamlError::at(n, "the rule has no match"));
        }
        if rule.title.is_empty() {
            rule.title = format!("{} ({})", preset.title, rule.group_by.join(", "));
        }
        if wrong.is_empty() { Ok(rule) } else { Err(wrong) }
    }

    fn entry(&mut self, k: &Node, v: &Node) -> Result<(), YamlError> {
        let text = || v.text().map(|t| t.trim().to_owned()).ok_or_else(|| YamlError::at(v, "expected text"));
        let texts = || -> Result<Vec<String>, YamlError> {
            v.items()
                .iter()
                .map(|i| i.text().map(str::to_owned).ok_or_else(|| YamlError::at(i, "expected text")))
                .collect()
        };
        let number = |least: u64| {
            let n = v.text().and_then(|t| t.parse::<u64>().ok()).filter(|n| (least..=1_000_000_000).contains(n));
            n.ok_or_else(|| YamlError::at(v, format!("expected a whole number of at least {least}")))
        };
        match k.text().unwrap_or("") {
            "type" => {}
            "name" | "title" => self.title = text()?,
            "id" => self.id = Some(text()?),
            "description" => self.description = text()?,
            "level" | "severity" => {
                let level = text()?.to_ascii_lowercase();
                let level = if level == "info" { "informational".to_owned() } else { level };
                if !["informational", "low", "medium", "high", "critical"].contains(&level.as_str()) {
                    return Err(YamlError::at(v, "expected informational, low, medium, high or critical"));
                }
                self.level = level;
            }
            "tags" => self.tags = texts()?,
            "group_by" => self.group_by = texts()?,
            "threshold" => self.threshold = number(1)?,
            "window_seconds" => self.window = number(1)?,
            "cooldown_seconds" => self.cooldown = Some(number(1)?),
            "logsource" => {
                for (part, name) in v.map().ok_or_else(|| YamlError::at(v, "logsource is a mapping"))? {
                    let (Some(part), Some(name)) = (part.text(), name.text()) else {
                        return Err(YamlError::at(v, "logsource has names"));
                    };
                    self.logsource.push((part.to_owned(), name.to_owned()));
                }
            }
            "match" => {
                for (field, values) in
                    v.map().ok_or_else(|| YamlError::at(v, "match is a mapping of fields to values"))?
                {
                    let name = field.text().filter(|f| !f.is_empty());
                    let name = name.ok_or_else(|| YamlError::at(field, "a field's name is text"))?;
                    let scalar =
                        |i: &Node| Scalar::of(i).ok_or_else(|| YamlError::at(i, "a value is text or a number"));
                    let all: Result<Vec<Scalar>, YamlError> = values.items().iter().map(scalar).collect();
                    self.matches.push((name.to_owned(), all?));
                }
            }
            other => return Err(YamlError::at(k, format!("unknown key '{other}'; known are {KEYS}"))),
        }
        Ok(())
    }

    /// The rule's own id, or one that its content gives.
    fn id(&self, part: &str) -> String {
        if let Some(id) = self.id.as_ref().filter(|_| part == "rule") {
            return id.clone();
        }
        let seed = format!("{part}\0{}\0{}\0{:?}\0{:?}", self.preset.name, self.title, self.id, self.matches);
        let (a, b) = (hash64(seed.as_bytes()), hash64(format!("import {seed}").as_bytes()));
        let (c, d) = (b >> 48 & 0x3fff | 0x8000, b & 0xffff_ffff_ffff);
        format!("{:08x}-{:04x}-8{:03x}-{c:04x}-{d:012x}", a >> 32, a >> 16 & 0xffff, a & 0xfff)
    }

    /// Where events are from: as said, else what `event_type` tells.
    fn logsource(&self) -> String {
        if !self.logsource.is_empty() {
            let parts: Vec<String> = self.logsource.iter().map(|(k, v)| format!("{k}: {}", quoted(v))).collect();
            return format!("{{{}}}", parts.join(", "));
        }
        let types: Vec<&str> =
            self.matches.iter().filter(|(f, _)| f == "event_type").flat_map(|(_, v)| v).map(Scalar::text).collect();
        let all = |word: &str| !types.is_empty() && types.iter().all(|t| t.starts_with(word));
        match () {
            () if all("ssh_") => "{product: linux, service: sshd}".into(),
            () if all("sudo") => "{product: linux, service: sudo}".into(),
            () if all("web_") || all("http") => "{category: webserver}".into(),
            () => "{}".into(),
        }
    }

    fn write(&self, out: &mut String) {
        let counted = self.threshold > 1;
        let slug = format!("{}_{}", self.preset.name, &self.id("base")[..8]);
        if !out.is_empty() {
            out.push_str("---\n");
        }
        let base_title = if counted { format!("{}: one event", self.title) } else { self.title.clone() };
        let level = if counted { "informational" } else { &self.level };
        self.head(out, &base_title, &self.id(if counted { "base" } else { "rule" }), level);
        if counted {
            let _ = writeln!(out, "name: {slug}");
        }
        let _ = writeln!(out, "logsource: {}\ndetection:\n  selection:", self.logsource());
        for (field, values) in &self.matches {
            match values.as_slice() {
                [one] => {
                    let _ = writeln!(out, "    {}: {}", quoted(field), scalar(one));
                }
                many => {
                    let _ = writeln!(out, "    {}:", quoted(field));
                    for v in many {
                        let _ = writeln!(out, "      - {}", scalar(v));
                    }
                }
            }
        }
        out.push_str("  condition: selection\n");
        let groups: Vec<String> = self.group_by.iter().map(|g| quoted(g)).collect();
        let groups = groups.join(", ");
        let cooldown = self.cooldown.map(|c| format!("  cooldown: {c}s\n")).unwrap_or_default();
        if !counted {
            let _ = write!(out, "secstream:\n  group_by: [{groups}]\n{cooldown}");
            return;
        }
        out.push_str("secstream: {risk: false}\n---\n");
        self.head(out, &self.title, &self.id("rule"), &self.level);
        let _ = write!(
            out,
            "correlation:\n  type: event_count\n  rules: [{slug}]\n  group-by: [{groups}]\n  timespan: {}s\n  condition: {{gte: {}}}\n",
            self.window, self.threshold
        );
        if !cooldown.is_empty() {
            let _ = write!(out, "secstream:\n{cooldown}");
        }
    }

    fn head(&self, out: &mut String, title: &str, id: &str, level: &str) {
        let about = if self.description.is_empty() {
            format!("{} or more matching events within {} seconds.", self.threshold, self.window)
        } else {
            self.description.clone()
        };
        let tags: Vec<String> = self.tags.iter().map(|t| quoted(t)).collect();
        let _ = writeln!(
            out,
            "title: {}\nid: {id}\nstatus: experimental\ndescription: {}\ntags: [{}]\nlevel: {level}",
            quoted(title),
            quoted(&about),
            tags.join(", ")
        );
    }
}

/// Text as YAML: bare where that is safe, else in double quotes.
fn quoted(text: &str) -> String {
    let bare = !text.is_empty()
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./| ".contains(c))
        && !text.ends_with(' ')
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_ascii_lowercase().as_str());
    if bare { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

fn scalar(s: &Scalar) -> String {
    match s {
        Scalar::Text(t) => quoted(t),
        Scalar::Num(t, _) => t.clone(),
        Scalar::Bool(b) => b.to_string(),
        Scalar::Null => "null".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{RuleFile, RuleSet};

    fn loads(text: &str) -> (String, RuleSet) {
        let out = import(text).unwrap_or_else(|e| panic!("{e:?}"));
        let set = RuleSet::load(&[RuleFile::new("a.yml", out.clone())]);
        let down: Vec<_> = set.rules().iter().filter_map(|r| r.reason.clone()).collect();
        assert!(down.is_empty(), "{down:?}\n{out}");
        (out, set)
    }

    #[test]
    fn thresholds_become_correlations() {
        let text = "type: brute_force\nmatch: {event_type: ssh_login_failed, user: [root, 'a: b']}\ngroup_by: [src_ip, host]\n\
                    threshold: 7\nwindow_seconds: 120\ncooldown_seconds: 600\n";
        let (out, set) = loads(text);
        assert_eq!(set.rules().len(), 2);
        let c = set.rules()[1].correlation().expect("a correlation");
        assert_eq!((c.timespan, c.bounds[0].value, c.group_by.len()), (120_000_000, 7.0, 2));
        assert_eq!(
            (set.rules()[1].cooldown, set.rules()[1].alerts, set.rules()[0].alerts),
            (Some(600_000_000), true, false)
        );
        assert_eq!(&*set.rules()[0].logsource, "linux/-/sshd");
        assert_eq!(out, import(text).expect("again"), "the same ids each time");
    }

    #[test]
    fn single_events_and_several_rules() {
        let text = "rules:\n- {type: privilege_escalation, name: 'Sudo: x', match: {event_type: sudo}, cooldown_seconds: 60}\n\
                    - {type: unauthorized_access, match: {'url|contains': /admin, status_code: 403}, level: critical}\n";
        let (_, set) = loads(text);
        assert_eq!(set.rules().len(), 2);
        assert!(set.rules().iter().all(|r| r.alerts && !r.is_correlation()));
        assert_eq!(&*set.rules()[0].title, "Sudo: x");
    }

    #[test]
    fn mistakes_are_placed() {
        for (text, line, word) in [
            ("type: brute_force\nmatch: {a: b}\nwindow: 5\n", 3, "unknown key 'window'"),
            ("type: nonsense\nmatch: {a: b}\n", 1, "unknown type 'nonsense'"),
            ("match: {a: b}\n", 1, "unknown type 'nothing'"),
            ("type: brute_force\n", 1, "no match"),
            ("type: brute_force\nmatch: {a: b}\nthreshold: many\n", 3, "whole number"),
            ("", 1, "no rule"),
        ] {
            let e = import(text).expect_err(text);
            assert!(e.iter().any(|e| e.line == line && e.message.contains(word)), "{text}: {e:?}");
        }
        assert_eq!(import("type: brute_force\nmatch: {a: b}\nx: 1\ny: 2\n").expect_err("two").len(), 2);
    }
}
