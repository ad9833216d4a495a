//! The file of suppressions and other levels: entries put to it and taken out,
//! everything else in it left as it is.

use std::io;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::pipeline::{Policy, policy};
use crate::tui::data::workshop::RulingDraft;

const HEAD: &str = "# Suppressions and other levels: the last stage, after all rules.\n\
    # [[suppress]] takes alerts of a rule out, [[level]] gives them another level. `when` is an expression over\n\
    # alerts (entity, src_ip, user, host, rule, severity); `until` is a date of the log, or 'never'.\n";

/// The text with one entry more, and the entry's id.
///
/// # Errors
/// Where the result would not be read back.
pub fn with(text: &str, d: &RulingDraft) -> Result<(String, String), String> {
    let mut seed = Sha256::new();
    for part in [&d.rule, &d.when, &d.reason, &d.created, &d.owner, &text.len().to_string()] {
        seed.update(part.as_bytes());
        seed.update([0]);
    }
    let hex: String = seed.finalize().iter().take(3).map(|b| format!("{b:02x}")).collect();
    let (head, id) = match d.level {
        None => ("[[suppress]]", format!("sup-{hex}")),
        Some(_) => ("[[level]]", format!("lev-{hex}")),
    };
    let quoted = |v: &str| toml::Value::String(v.to_owned()).to_string();
    let mut out = if text.trim().is_empty() { HEAD.to_owned() } else { format!("{}\n", text.trim_end()) };
    out.push_str(&format!("\n{head}\nid = {}\nrule = {}\n", quoted(&id), quoted(&d.rule)));
    if !d.when.is_empty() {
        out.push_str(&format!("when = {}\n", quoted(&d.when)));
    }
    if let Some(l) = d.level {
        out.push_str(&format!("level = {}\n", quoted(l.as_str())));
    }
    for (name, value) in [("owner", &d.owner), ("reason", &d.reason), ("created", &d.created), ("until", &d.until)] {
        out.push_str(&format!("{name} = {}\n", quoted(value)));
    }
    let read = Policy::parse(policy::FILE, &out);
    let there = read.rulings().iter().any(|r| r.id == id);
    match read.problems.first() {
        Some(p) if !there => Err(format!("{}:{} {}", p.path, p.line, p.reason)),
        _ => Ok((out, id)),
    }
}

/// The text without the entry of that id; `None` where there is none.
pub fn without(text: &str, id: &str) -> Option<String> {
    let mut blocks: Vec<String> = vec![String::new()];
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with("[[") {
            blocks.push(String::new());
        }
        if let Some(b) = blocks.last_mut() {
            b.push_str(line);
        }
    }
    let is = |b: &String| Policy::parse("", b).rulings().iter().any(|r| r.id == id);
    let at = blocks.iter().position(is)?;
    blocks.remove(at);
    Some(format!("{}\n", blocks.concat().trim_end()))
}

/// Reads the file; an absent one is empty.
///
/// # Errors
/// Where it is there and cannot be read.
pub fn read(path: &Path) -> io::Result<String> {
    match std::fs::read_to_string(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Severity;

    #[test]
    fn entries_come_and_go_and_the_rest_stays() {
        let draft = |when: &str, level| RulingDraft {
            rule: "r1".into(),
            when: when.into(),
            level,
            owner: "ann".into(),
            reason: "it's \"ours\"\u{1b}".into(),
            created: "2026-03-02".into(),
            until: "2026-06-01".into(),
        };
        let (one, a) = with("", &draft("entity=\"10.0.0.7\"", None)).expect("written");
        let (two, b) = with(&one, &draft("", Some(Severity::Low))).expect("written");
        let p = Policy::parse("f", &two);
        assert!(p.problems.is_empty(), "{:?}\n{two}", p.problems);
        assert_eq!(p.rulings().iter().map(|r| r.id.clone()).collect::<Vec<_>>(), [a.clone(), b.clone()]);
        assert_eq!(p.rulings()[0].reason, "it's \"ours\"\u{1b}");
        let back = without(&two, &b).expect("there");
        assert_eq!(back, one);
        assert!(without(&back, &b).is_none());
        assert!(without(&back, &a).is_some_and(|t| t.starts_with("# Suppr") && !t.contains("\n[[")));
        assert!(with("", &draft("entity=(", None)).is_err());
    }
}
