//! Words that fit what is typed into a rule: keys of the format, fields that
//! the log or rules have, modifiers.

use super::super::state::workshop::Completion;
use crate::detect::lint::fields_of;
use crate::detect::sigma::item::MODIFIERS;

/// Keys at the top of a document.
const KEYS: &[&str] = &[
    "title",
    "id",
    "name",
    "status",
    "description",
    "references",
    "author",
    "date",
    "modified",
    "tags",
    "logsource",
    "detection",
    "correlation",
    "filter",
    "falsepositives",
    "level",
    "secstream",
];
/// Keys below others.
const BELOW: &[&str] = &[
    "condition",
    "product",
    "category",
    "service",
    "type",
    "rules",
    "group-by",
    "timespan",
    "generate",
    "aliases",
    "selection",
];
/// Most words offered.
const MOST: usize = 8;

/// The fields that events of the document's logsource have: the document is the
/// one around that row.
#[must_use]
pub fn of_logsource(lines: &[String], row: usize) -> Vec<&'static str> {
    let split = |l: &String| l.trim_end() == "---";
    let row = row.min(lines.len().saturating_sub(1));
    let from = lines.iter().take(row + 1).rposition(split).map_or(0, |i| i + 1);
    let document = lines.iter().skip(from).take_while(|l| !split(l));
    let (mut product, mut category, mut service) = (String::new(), String::new(), String::new());
    let mut inside = false;
    for line in document {
        let bare = line.trim();
        if !line.starts_with([' ', '#']) && !bare.is_empty() {
            inside = bare.starts_with("logsource:");
        }
        if !inside {
            continue;
        }
        // On lines of their own, or within braces.
        for part in bare.trim_start_matches("logsource:").split([',', '{', '}']) {
            let Some((key, value)) = part.split_once(':') else { continue };
            let value = value.trim().trim_matches(['\'', '"']).to_lowercase();
            match key.trim() {
                "product" => product = value,
                "category" => category = value,
                "service" => service = value,
                _ => {}
            }
        }
    }
    fields_of(&product, &category, &service).unwrap_or_default()
}

/// What fits before the cursor, or nothing where no key is being typed. The
/// fields of the logsource come before those that any event has.
#[must_use]
pub fn words(left: &str, right: &str, of: &[&'static str], fields: &[String]) -> Option<Completion> {
    let in_word = right.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '|'));
    let bare = left.trim_start();
    let indent = left.len() - bare.len();
    let key = bare.strip_prefix("- ").map_or(bare, str::trim_start);
    // Within braces a key begins after the brace or a comma.
    let key = match key.find('{') {
        Some(open) => key.get(open..).and_then(|k| k.rsplit(['{', ',']).next()).map_or("", str::trim_start),
        None => key,
    };
    let usual = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '|' | '@');
    if in_word || key.is_empty() || !key.chars().all(usual) {
        return None;
    }
    let (typed, known): (&str, Vec<&str>) = match key.rsplit_once('|') {
        Some((before, last)) => {
            let used: Vec<&str> = before.split('|').skip(1).collect();
            (last, MODIFIERS.iter().copied().filter(|m| !used.contains(m)).collect())
        }
        None if indent == 0 => (key, KEYS.to_vec()),
        None => {
            let overlay = crate::event::OVERLAY.iter().map(|o| o.name());
            (
                key,
                of.iter()
                    .copied()
                    .chain(overlay)
                    .chain(BELOW.iter().copied())
                    .chain(fields.iter().map(String::as_str))
                    .collect(),
            )
        }
    };
    let low = typed.to_lowercase();
    let mut out: Vec<String> = Vec::new();
    let fits = |w: &str, start: bool| {
        let w = w.to_lowercase();
        if start { w.starts_with(&low) } else { !w.starts_with(&low) && low.len() > 1 && w.contains(&low) }
    };
    for start in [true, false] {
        for w in known.iter().filter(|w| fits(w, start)) {
            // Names come from logs: what could not be typed is no word.
            if out.len() < MOST && !out.iter().any(|o| o == w) && !w.chars().any(|c| c.is_control() || c == ':') {
                out.push((*w).to_owned());
            }
        }
    }
    let done = out.len() == 1 && out.iter().all(|w| w == typed);
    (!out.is_empty() && !done).then(|| Completion { typed: typed.chars().count(), words: out, at: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_modifiers_and_keys() {
        let fields = ["CommandLine".to_owned(), "http.status".to_owned(), "bad\u{1b}name".to_owned()];
        let first = |left: &str| words(left, "", &[], &fields).map(|c| (c.typed, c.words[0].clone()));
        assert_eq!(first("    src_i"), Some((5, "src_ip".into())));
        assert_eq!(first("    Comm"), Some((4, "CommandLine".into())));
        assert_eq!(first("    - stat"), Some((4, "status_code".into())));
        assert_eq!(first("    a|"), Some((0, "contains".into())));
        assert_eq!(first("    a|contains|al"), Some((2, "all".into())));
        assert_eq!(first("  x: {a: b, src_ip|cid"), Some((3, "cidr".into())));
        assert_eq!(first("logs"), Some((4, "logsource".into())));
        assert_eq!(first("    a: b"), None);
        assert_eq!(first("    bad"), None);
        assert_eq!(words("    sr", "c_ip", &[], &fields), None);
    }

    #[test]
    fn fields_of_the_logsource_come_first() {
        let text = "logsource: {product: linux, service: sshd}\n---\nlogsource:\n  product: Windows\n  category: 'dns_query'\ndetection:\n  s:\n    Qu\n";
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let of = of_logsource(&lines, 7);
        assert!(of.contains(&"QueryName"), "{of:?}");
        assert_eq!(words("    Query", "", &of, &[]).map(|c| c.words[0].clone()).as_deref(), Some("QueryName"));
        assert!(of_logsource(&lines, 0).is_empty() && of_logsource(&[], 9).is_empty());
    }
}
