//! Words that fit what is typed into a rule: keys of the format, fields that
//! the log or rules have, modifiers.

use super::super::state::workshop::Completion;
use crate::detect::lint::fields_of;
use crate::detect::sigma::item::MODIFIERS;
use crate::detect::stand_ins;
use crate::event::Ov;

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
/// Fields that every event has.
const TYPED: [&str; 4] = ["timestamp", "event_type", "outcome", "severity"];
/// Most words offered.
const MOST: usize = 8;

/// A name of a field, and the member of the overlay that it stands for.
pub type Name = (&'static str, Option<Ov>);

/// The fields that events of the document's logsource have, and Sigma's names that
/// stand for the overlay there: the document is the one around that row.
#[must_use]
pub fn of_logsource(lines: &[String], row: usize) -> Vec<Name> {
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
    let own = fields_of(&product, &category, &service).unwrap_or_default();
    let stand_ins = stand_ins(&product, &category, &service);
    // Of web servers and the like the known fields have these among them.
    let own = own.into_iter().filter(|n| !stand_ins.iter().any(|(s, _)| s == n)).map(|n| (n, None));
    own.chain(stand_ins.iter().map(|(n, o)| (*n, Some(*o)))).collect()
}

/// What fits before the cursor, or nothing where no key is being typed. The
/// fields of the logsource come before those that any event has. Beside a name
/// stands what it is read from, or that the log (of which `log` is known, sorted) has none.
#[must_use]
pub fn words(left: &str, right: &str, of: &[Name], fields: &[String], log: &[String]) -> Option<Completion> {
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
                    .map(|(n, _)| *n)
                    .chain(TYPED.iter().copied().skip(1))
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
    let field = !key.contains('|') && indent > 0;
    let has = |name: &str| log.binary_search_by(|f| f.as_str().cmp(name)).is_ok();
    let note = |w: &String| {
        let stands_for = of.iter().find(|(n, _)| n == w).and_then(|(_, o)| *o);
        match stands_for {
            _ if !field || log.is_empty() && stands_for.is_none() => String::new(),
            Some(o) if log.is_empty() || has(w) || has(o.name()) => format!("= {}", o.name()),
            None if has(w) || BELOW.contains(&w.as_str()) || TYPED.contains(&w.as_str()) => String::new(),
            _ => "not in the log".to_owned(),
        }
    };
    let notes = out.iter().map(note).collect();
    (!out.is_empty() && !done).then(|| Completion { typed: typed.chars().count(), words: out, notes, at: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_modifiers_and_keys() {
        let fields = ["CommandLine".to_owned(), "http.status".to_owned(), "bad\u{1b}name".to_owned()];
        let first = |left: &str| words(left, "", &[], &fields, &[]).map(|c| (c.typed, c.words[0].clone()));
        assert_eq!(first("    src_i"), Some((5, "src_ip".into())));
        assert_eq!(first("    Comm"), Some((4, "CommandLine".into())));
        assert_eq!(first("    - stat"), Some((4, "status_code".into())));
        assert_eq!(first("    a|"), Some((0, "contains".into())));
        assert_eq!(first("    a|contains|al"), Some((2, "all".into())));
        assert_eq!(first("  x: {a: b, src_ip|cid"), Some((3, "cidr".into())));
        assert_eq!(first("logs"), Some((4, "logsource".into())));
        assert_eq!(first("    a: b"), None);
        assert_eq!(first("    bad"), None);
        assert_eq!(words("    sr", "c_ip", &[], &fields, &[]), None);
    }

    #[test]
    fn fields_of_the_logsource_come_first() {
        let text = "logsource: {product: linux, service: sshd}\n---\nlogsource:\n  product: Windows\n  category: 'dns_query'\ndetection:\n  s:\n    Qu\n";
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let of = of_logsource(&lines, 7);
        assert!(of.contains(&("QueryName", None)), "{of:?}");
        assert_eq!(words("    Query", "", &of, &[], &[]).map(|c| c.words[0].clone()).as_deref(), Some("QueryName"));
        assert!(of_logsource(&lines, 0).is_empty() && of_logsource(&[], 9).is_empty());
    }

    #[test]
    fn words_say_what_they_stand_for_and_what_the_log_lacks() {
        let lines = ["logsource: {category: webserver}", "detection:", "  s:", "    cs-u"].map(str::to_owned);
        let of = of_logsource(&lines, 3);
        let of_log = ["host", "src_ip", "url"].map(str::to_owned);
        let said = |left: &str, log: &[String]| {
            let c = words(left, "", &of, &["made_up".to_owned()], log).unwrap_or_default();
            c.words.into_iter().zip(c.notes).map(|(w, n)| format!("{w} {n}").trim().to_owned()).collect::<Vec<_>>()
        };
        assert!(said("    cs-uri-q", &[]).contains(&"cs-uri-query = url".to_owned()));
        assert!(said("    cs-uri-q", &of_log).contains(&"cs-uri-query = url".to_owned()));
        assert!(said("    sc-by", &of_log).contains(&"sc-bytes not in the log".to_owned()));
        assert!(said("    made", &of_log).contains(&"made_up not in the log".to_owned()));
        assert!(said("    made", &[]).contains(&"made_up".to_owned()));
        assert!(said("    src_i", &of_log).contains(&"src_ip".to_owned()));
        assert!(said("    cond", &of_log).contains(&"condition".to_owned()));
        assert!(said("    url|contai", &of_log).contains(&"contains".to_owned()));
        assert!(said("    outco", &of_log).contains(&"outcome".to_owned()));
    }
}
