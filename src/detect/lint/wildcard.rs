//! Wildcards as they are written: those that leave a value unanchored, and
//! those that say nothing.

use super::Checker;
use crate::detect::sigma::glob::{Part, Pattern};
use crate::detect::sigma::rule::Detection;
use crate::detect::sigma::yaml::{Node, Value};

/// What is found at a value: code, what, hint.
type Found = (&'static str, String, String);

impl Checker<'_> {
    pub(super) fn wildcards(&mut self, d: &Detection) {
        let body = self.node.get("detection").or_else(|| self.node.get("filter"));
        let mut found = Vec::new();
        for name in &d.names {
            if let Some(search) = body.and_then(|b| b.get(name)) {
                items(search, &mut |key, value| one(key, value, &mut found));
            }
        }
        for (at, (code, message, hint)) in found {
            self.say(at, code, message, &hint);
        }
    }
}

/// Calls `f` with each key of a search and what stands under it.
fn items<'n>(search: &'n Node, f: &mut impl FnMut(&'n Node, &'n Node)) {
    match &search.value {
        Value::Map(entries) => entries.iter().for_each(|(k, v)| f(k, v)),
        Value::Seq(all) | Value::All(all) => all.iter().for_each(|n| items(n, f)),
        Value::Scalar { .. } => {}
    }
}

/// What is told of an item: of each kind the first.
fn one(key: &Node, value: &Node, out: &mut Vec<((u32, u32), Found)>) {
    let mut words = key.text().unwrap_or("").split('|');
    let field = words.next().unwrap_or("");
    let modifiers: Vec<&str> = words.collect();
    let mut said: Vec<&str> = Vec::new();
    for v in value.items() {
        let Some(text) = v.text().filter(|_| !field.is_empty()) else { continue };
        let found = if modifiers.contains(&"re") { expression(field, text) } else { pattern(field, text, &modifiers) };
        if let Some(found) = found.filter(|f| !said.contains(&f.0)) {
            said.push(found.0);
            out.push(((v.line, v.column), found));
        }
    }
}

fn pattern(field: &str, text: &str, modifiers: &[&str]) -> Option<Found> {
    let parts = Pattern::parse(text).0;
    let ends = (parts.first() == Some(&Part::Many), parts.last() == Some(&Part::Many));
    // A lone `*` asks whether the field has a value.
    if parts.len() < 2 || ends == (false, false) {
        return None;
    }
    let bare = text.trim_start_matches('*').trim_end_matches('*');
    let place = ["contains", "startswith", "endswith"].into_iter().find(|p| modifiers.contains(p));
    let open = |says: &str| {
        let message = format!("'{field}': '{text}' {says}, so it matches anywhere in the value");
        Some(("unanchored-wildcard", message, format!("write {field}|contains: '{bare}', or anchor it at one end")))
    };
    match (place, ends) {
        (None, (true, true)) if modifiers.is_empty() => open("has a wildcard at both ends"),
        (Some("endswith"), (_, true)) => open("with endswith has a wildcard at its end"),
        (Some("startswith"), (true, _)) => open("with startswith has a wildcard at its start"),
        (Some(place), _) => {
            let message = format!("'{field}': the wildcards at the ends of '{text}' add nothing to {place}");
            Some(("idle-wildcard", message, format!("write '{bare}'")))
        }
        (None, _) => None,
    }
}

fn expression(field: &str, text: &str) -> Option<Found> {
    let front = text.strip_prefix('^').unwrap_or(text);
    let inner = [".*?", ".*"].into_iter().find_map(|w| front.strip_prefix(w)).unwrap_or(front);
    let back = text.strip_suffix('$').unwrap_or(text);
    let escaped = |t: &str| t.bytes().rev().take_while(|b| *b == b'\\').count() % 2 == 1;
    let ends =
        [".*?", ".*"].into_iter().find_map(|w| back.strip_suffix(w)).is_some_and(|t| !t.is_empty() && !escaped(t));
    let starts = inner.len() < front.len() && !inner.is_empty() && !inner.starts_with(['+', '{', '|']);
    // In an alternation it belongs to one side only.
    if !(starts || ends) || text.contains('|') {
        return None;
    }
    let which = match (starts, ends) {
        (true, true) => "at both ends",
        (true, false) => "at its start",
        _ => "at its end",
    };
    let message = format!("'{field}': '.*' {which} of '{text}' adds nothing: an expression is looked for anywhere");
    Some(("idle-wildcard", message, "leave it out".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(key: &str, value: &str) -> Vec<(&'static str, u32)> {
        let text = format!("- {{'{key}': {value}}}\n");
        let docs = crate::detect::sigma::yaml::parse(&text);
        let mut out = Vec::new();
        items(docs[0].as_ref().expect("valid"), &mut |k, v| one(k, v, &mut out));
        out.into_iter().map(|(at, f)| (f.0, at.1)).collect()
    }

    #[test]
    fn what_matches_anywhere() {
        let open = "unanchored-wildcard";
        assert_eq!(codes("Image", "['a', '*cmd.exe*', '*x*']"), [(open, 19)]);
        assert_eq!(codes("Image|endswith", "'cmd.exe*'"), [(open, 22)]);
        assert_eq!(codes("Image|startswith", "'*cmd.exe'"), [(open, 24)]);
        for fine in ["'*'", "'*cmd.exe'", "'cmd*'", "'a*b'", "'\\*a\\*'", "1", "null"] {
            assert_eq!(codes("Image", fine), [], "{fine}");
        }
        assert_eq!(codes("Image|base64", "'*a*'"), []);
    }

    #[test]
    fn what_says_nothing() {
        let idle = "idle-wildcard";
        for (key, value) in [
            ("A|contains", "'*x*'"),
            ("A|contains|all", "['x*']"),
            ("A|endswith", "'*x'"),
            ("A|startswith", "'x*'"),
            ("A|re", "'.*x'"),
            ("A|re", "'^.*x.*$'"),
            ("A|re|i", "'x.*?'"),
        ] {
            assert_eq!(codes(key, value).first().map(|c| c.0), Some(idle), "{key} {value}");
        }
        for (key, value) in [
            ("A|contains", "'x*y'"),
            ("A|re", "'x.*y'"),
            ("A|re", "'x\\.*'"),
            ("A|re", "'.*|x'"),
            ("A|re", "'.*'"),
            ("A", "x"),
        ] {
            assert_eq!(codes(key, value), [], "{key} {value}");
        }
    }
}
