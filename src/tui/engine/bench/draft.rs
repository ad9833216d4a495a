//! A filter drafted from an event: the narrowest that the chosen fields allow.

use sha2::{Digest as _, Sha256};

use super::context;
use crate::detect::RuleFile;

/// File name and text of a filter for a rule, or nothing where there is no such rule.
pub fn filter(all: &[RuleFile], rule: &str, fields: &[(String, String)], signed: &str) -> Option<(String, String)> {
    let bases = context::bases(all, rule);
    let first = bases.first()?;
    let parts = |l: &str| l.split('/').map(str::to_owned).collect::<Vec<_>>();
    let mut common = parts(&first.logsource);
    for b in &bases {
        for (mine, other) in common.iter_mut().zip(parts(&b.logsource)) {
            if *mine != other {
                "-".clone_into(mine);
            }
        }
    }
    let title = bases.iter().find(|b| &*b.id == rule).map_or(&first.title, |b| &b.title);
    let mut seed = Sha256::new();
    for part in fields.iter().flat_map(|(k, v)| [k.as_str(), v.as_str()]).chain([rule, signed]) {
        seed.update(part.as_bytes());
        seed.update([0]);
    }
    let id = uuid(&seed.finalize());
    let mut out = format!("title: {}\nid: {id}\n", quote(&format!("Not meant by: {title}")));
    out.push_str(&format!("description: {}\n", quote(&format!("Drafted from an event by {signed}."))));
    let named: Vec<String> = ["product", "category", "service"]
        .iter()
        .zip(&common)
        .filter(|(_, v)| v.as_str() != "-" && !v.is_empty())
        .map(|(k, v)| format!("  {k}: {}\n", quote(v)))
        .collect();
    if !named.is_empty() {
        out.push_str("logsource:\n");
        out.extend(named);
    }
    out.push_str("filter:\n  rules:\n");
    for b in &bases {
        out.push_str(&format!("    - {}\n", quote(&b.id)));
    }
    out.push_str("  selection:\n");
    for (name, value) in fields {
        // A network has no wildcards.
        let value = if name.ends_with("|cidr") { value.clone() } else { literal(value) };
        out.push_str(&format!("    {}: {}\n", key(name), quote(&value)));
    }
    out.push_str("  condition: not selection\n");
    let slug: String =
        title.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(40).collect();
    let short = id.get(..8).unwrap_or("0");
    Some((format!("{}-{short}.yml", slug.trim_matches('-')), out))
}

/// A value that stands for itself: no wildcards.
fn literal(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 4);
    let mut rest = value.chars().peekable();
    while let Some(c) = rest.next() {
        // A backslash means itself unless a wildcard or another one follows.
        let special = matches!(c, '*' | '?') || c == '\\' && matches!(rest.peek(), None | Some('*' | '?' | '\\'));
        if special {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Text as a YAML scalar on one line, whatever is in it.
fn quote(text: &str) -> String {
    let plain = !text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{85}'));
    if plain {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() || !c.is_ascii() => out.push_str(&format!("\\U{:08X}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A field's name as a key.
fn key(name: &str) -> String {
    // A modifier behind it is ours.
    let bare = name.replacen('|', "_", 1);
    let simple = bare.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if simple { name.to_owned() } else { quote(name) }
}

fn uuid(hash: &[u8]) -> String {
    let b: String = hash.iter().take(16).map(|b| format!("{b:02x}")).collect();
    let at = |from: usize, to: usize| b.get(from..to).unwrap_or("").to_owned();
    format!("{}-{}-8{}-8{}-{}", at(0, 8), at(8, 12), at(13, 16), at(17, 20), at(20, 32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{RuleKind, RuleSet};

    const RULE: &str = "title: T\nid: r1\nlogsource: {product: linux, service: sshd}\n\
        detection: {s: {outcome: failure}, condition: s}\n";

    #[test]
    fn drafts_load_whatever_the_values() {
        let all = vec![RuleFile::new("a.yml", RULE)];
        for value in ["10.0.0.7", "it's", "a*b?c", "C:\\x\\", "\u{1b}[2J\n\"x", "- : {", "宽\u{202e}"] {
            let fields = vec![
                ("user".to_owned(), value.to_owned()),
                ("odd: name".to_owned(), "x".to_owned()),
                ("process|startswith".to_owned(), value.to_owned()),
                ("src_ip|cidr".to_owned(), "10.0.0.0/24".to_owned()),
            ];
            let (name, text) = filter(&all, "r1", &fields, "ann, 2026-03-02").expect("a draft");
            assert!(name.starts_with("t-"), "{name}");
            let mut files = all.clone();
            files.push(RuleFile::new("f.yml", text.clone()));
            let set = RuleSet::load(&files);
            let f = set.rules().iter().find(|r| r.kind == RuleKind::Filter).expect("a filter");
            assert!(f.loaded, "{:?}\n{text}", f.reason);
        }
        assert!(filter(&all, "none", &[], "ann").is_none());
    }
}
