//! Ids and names that an edit changes: who knows the rule by them (filters,
//! correlations, rules that cover others, suppressions), and how these are taken along.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::rulings;
use crate::detect::sigma::yaml::Node;
use crate::detect::sigma::{collection, rule, yaml};
use crate::detect::{RuleFile, shipped};
use crate::pipeline::{Policy, policy};
use crate::tui::data::workshop::Renamed;
use crate::tui::data::{AlertView, Triage};
use crate::tui::engine::rules::is_shipped;

/// A document, as far as others know it.
struct Known {
    id: String,
    name: Option<String>,
    title: String,
    /// Lines of the document, of its `id` and of its `name`, from 1; 0 where there is none.
    lines: [usize; 3],
}

fn known(text: &str) -> Vec<Known> {
    let path: Arc<str> = "".into();
    let docs = collection::expand(yaml::parse(text)).into_iter().flatten();
    let line = |node: &Node, key: &str| node.get(key).map_or(0, |n| n.line as usize);
    let one = |node: Node| {
        let info = crate::detect::info_of(&rule::meta(&node), &path);
        Known {
            id: info.id.to_string(),
            name: info.name.as_deref().map(str::to_owned),
            title: info.title.to_string(),
            lines: [line(&node, "title").max(node.line as usize), line(&node, "id"), line(&node, "name")],
        }
    };
    docs.map(one).collect()
}

/// A rule or a suppression that names another rule.
struct Namer {
    what: String,
    /// Its file; a suppression has none.
    path: Option<String>,
    named: String,
}

/// The places of a text that name rules: what names it there, the name, its place.
fn references(text: &str) -> Vec<(String, String, (u32, u32))> {
    let mut out = Vec::new();
    for doc in yaml::parse(text).into_iter().flatten() {
        let title = doc.get("title").and_then(Node::text).unwrap_or("without a title").to_owned();
        let within = |part: &str, keys: &[&str]| -> Vec<Node> {
            let part = doc.get(part);
            keys.iter().filter_map(|k| part.and_then(|p| p.get(k))).cloned().collect()
        };
        let of = [
            ("filter", within("filter", &["rules"])),
            ("correlation", within("correlation", &["rules"])),
            ("rule", within("secstream", &["suppresses", "accepted_by", "redeemed_by"])),
        ];
        for (kind, nodes) in of {
            // What takes back is a name, or a mapping with it.
            let nodes = nodes.into_iter().map(|n| n.get("rule").cloned().unwrap_or(n));
            for n in nodes.flat_map(|n| n.items().to_vec()) {
                let name = n.text().unwrap_or_default().to_owned();
                out.push((format!("{kind} '{title}'"), name, (n.line, n.column)));
            }
        }
    }
    out
}

fn namers(files: &[RuleFile], except: &str, own: Option<&Path>) -> Vec<Namer> {
    let mut out = Vec::new();
    for f in files.iter().filter(|f| f.path != except) {
        let named = references(&f.text).into_iter();
        out.extend(named.map(|(what, named, _)| Namer { what, path: Some(f.path.clone()), named }));
    }
    let text = own.and_then(|d| rulings::read(&d.join(policy::FILE)).ok()).unwrap_or_default();
    for r in Policy::parse("", &text).rulings() {
        let what = format!("{} {}", if r.level.is_some() { "level" } else { "suppression" }, r.id);
        out.push(Namer { what, path: None, named: r.rule.clone() });
    }
    out
}

/// Whether a shipped rule is in force again once this file has its id no more: it was left
/// out for this file alone.
fn uncovers(files: &[RuleFile], path: &str, id: &str) -> bool {
    let has = |f: &RuleFile| f.text.contains(id) && known(&f.text).iter().any(|k| k.id == id);
    files.iter().any(|f| is_shipped(&f.path))
        && !files.iter().any(|f| f.path != path && has(f))
        && shipped::rules().iter().any(has)
}

/// The ids and names of a file that an edit changes and that somebody knows.
pub fn renamed(
    files: &[RuleFile],
    (path, text): (&str, &str),
    own: Option<&Path>,
    alerts: &[AlertView],
) -> Vec<Renamed> {
    let Some(before) = files.iter().find(|f| f.path == path).map(|f| known(&f.text)) else { return Vec::new() };
    let after = known(text);
    // What is elsewhere as well is still there.
    let still: BTreeSet<String> = after.iter().flat_map(|k| [Some(k.id.clone()), k.name.clone()]).flatten().collect();
    let mut changed = Vec::new();
    for (i, old) in before.iter().enumerate() {
        let same_place = after.get(i).filter(|_| after.len() == before.len());
        let new = after.iter().find(|k| k.id == old.id).or_else(|| after.iter().find(|k| k.title == old.title));
        let new = new.or(same_place);
        let at = |key: usize| new.map_or((0, 0), |n| (n.lines[0], n.lines[key]));
        if !still.contains(&old.id) {
            changed.push(("id", old.id.clone(), new.map(|n| n.id.clone()), at(1)));
        }
        if let Some(name) = old.name.as_ref().filter(|n| !still.contains(*n)) {
            changed.push(("name", name.clone(), new.and_then(|n| n.name.clone()), at(2)));
        }
    }
    // A shipped rule stays in force beside its copy: whoever names it goes on doing so.
    if changed.is_empty() || is_shipped(path) {
        return Vec::new();
    }
    let namers = namers(files, path, own);
    let mut out = Vec::new();
    for (key, old, new, (document, line)) in changed {
        let theirs: Vec<&Namer> = namers.iter().filter(|n| n.named.eq_ignore_ascii_case(&old)).collect();
        let along = |n: &&&Namer| n.path.as_deref().is_none_or(|p| !is_shipped(p));
        let decided = alerts.iter().filter(|v| *v.alert.rule_id == *old && v.triage != Triage::New).count();
        let renamed = Renamed {
            key,
            along: theirs.iter().filter(along).count(),
            by: theirs.iter().map(|n| n.what.clone()).collect(),
            decided,
            document,
            line,
            uncovers: key == "id" && uncovers(files, path, &old),
            old,
            new,
        };
        if !renamed.by.is_empty() || decided > 0 || renamed.uncovers {
            out.push(renamed);
        }
    }
    out
}

/// Has the other files of the user name a rule anew; how many places that were.
///
/// # Errors
/// Where a file cannot be read or written.
pub fn take_along(
    files: &[RuleFile],
    (path, old, new): (&str, &str, &str),
    own: Option<&Path>,
    write: impl Fn(&Path, &str) -> std::io::Result<()>,
) -> Result<usize, String> {
    let mut n = 0;
    for f in files.iter().filter(|f| f.path != path && !is_shipped(&f.path)) {
        if !references(&f.text).iter().any(|(_, named, _)| named.eq_ignore_ascii_case(old)) {
            continue;
        }
        let failed = |e: std::io::Error| format!("{}: {e}", f.path);
        let text = std::fs::read_to_string(&f.path).map_err(failed)?;
        let (text, places) = named_anew(&text, old, new);
        write(Path::new(&f.path), &text).map_err(failed)?;
        n += places;
    }
    if let Some(path) = own.map(|d| d.join(policy::FILE)) {
        let failed = |e: std::io::Error| format!("{}: {e}", path.display());
        let text = rulings::read(&path).map_err(failed)?;
        let (text, places) = ruled_anew(&text, old, new);
        if places > 0 {
            write(&path, &text).map_err(failed)?;
            n += places;
        }
    }
    Ok(n)
}

/// A rule's text with another name for a rule that it refers to.
fn named_anew(text: &str, old: &str, new: &str) -> (String, usize) {
    let mut places: Vec<(u32, u32)> =
        references(text).into_iter().filter(|(_, n, _)| n.eq_ignore_ascii_case(old)).map(|(.., at)| at).collect();
    // From the end: what stands before stays where it is.
    places.sort_unstable_by(|a, b| b.cmp(a));
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let mut n = 0;
    for (line, column) in places {
        let Some(l) = (line as usize).checked_sub(1).and_then(|i| lines.get_mut(i)) else { continue };
        let at = l.char_indices().nth((column as usize).saturating_sub(1)).map_or(l.len(), |(i, _)| i);
        let quote = l.get(at..).is_some_and(|r| r.starts_with(['"', '\'']));
        let at = at + usize::from(quote);
        if l.get(at..at + old.len()).is_some_and(|r| r.eq_ignore_ascii_case(old)) {
            l.replace_range(at..at + old.len(), new);
            n += 1;
        }
    }
    (lines.join("\n"), n)
}

/// The file of suppressions with another id for a rule.
fn ruled_anew(text: &str, old: &str, new: &str) -> (String, usize) {
    let mut n = 0;
    let line = |l: &str| {
        let of = l.trim_start().strip_prefix("rule").map(str::trim_start).and_then(|r| r.strip_prefix('='));
        let value = of.map(|v| v.trim().trim_matches(['"', '\'']));
        if value.is_some_and(|v| v == old) { l.replacen(old, new, 1) } else { l.to_owned() }
    };
    let lines: Vec<String> = text
        .split('\n')
        .map(|l| {
            let changed = line(l);
            n += usize::from(changed != l);
            changed
        })
        .collect();
    (lines.join("\n"), n)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str =
        "title: Base\nid: b-1\nname: base\nlogsource: {product: linux}\ndetection: {s: {user: x}, condition: s}\n";
    const COUNTS: &str = "title: Counts\nid: c-1\ncorrelation:\n  type: event_count\n  rules: [\"B-1\", base, other]\n  \
        group-by: [user]\n  timespan: 1m\n  condition: {gte: 3}\n";
    const FILTER: &str = "title: Not ours\nid: f-1\nlogsource: {product: linux}\nfilter:\n  rules:\n    - b-1\n  \
        s: {rules: b-1}\n  condition: not s\n";

    fn library(dir: &Path) -> Vec<RuleFile> {
        let files = [("base.yml", RULE), ("counts.yml", COUNTS), ("filter.yml", FILTER), ("x.yml", "title: x\n")];
        let file = |(name, text): (&str, &str)| {
            let path = dir.join(name);
            std::fs::write(&path, text).expect("written");
            RuleFile::new(path.display().to_string(), text)
        };
        let ruled =
            "[[suppress]]\nid = \"sup-1\"\nrule = \"b-1\"\nowner = \"b-1\"\nreason = \"x y\"\nuntil = \"never\"\n";
        std::fs::write(dir.join(policy::FILE), ruled).expect("written");
        files.into_iter().map(file).collect()
    }

    #[test]
    fn a_copy_with_another_id_brings_the_shipped_rule_back() {
        let mut all = shipped::rules();
        let id = known(&all[0].text)[0].id.clone();
        let text = all[0].text.clone().replace("\r", "");
        all[0] = RuleFile::new("own/copy.yml", text.as_str());
        let of = |all: &[RuleFile], text: &str| -> Vec<Renamed> {
            let mut all = renamed(all, ("own/copy.yml", text), None, &[]);
            all.retain(|r| r.uncovers);
            all
        };
        let new = text.replace(&id, "00000000-1111-4222-8333-444444444444");
        let [r] = &of(&all, &new)[..] else { panic!("one") };
        let back = format!("the shipped rule {id} is active again beside this one");
        assert!(r.lines().contains(&back) && r.said().contains(&back), "{r:?}");
    }

    #[test]
    fn who_knows_a_rule_is_told_and_taken_along() {
        let dir = tempfile::tempdir().expect("a folder");
        let all = library(dir.path());
        let path = all[0].path.as_str();
        let of = |text: &str| renamed(&all, (path, text), Some(dir.path()), &[]);
        assert!(of(RULE).is_empty() && of(&RULE.replace("user: x", "user: y")).is_empty());
        let new = RULE.replace("id: b-1", "id: b-2");
        let [r] = &of(&new)[..] else { panic!("one") };
        assert_eq!((r.key, r.old.as_str(), r.new.as_deref(), r.line, r.along), ("id", "b-1", Some("b-2"), 2, 3));
        assert_eq!(r.by, ["correlation 'Counts'", "filter 'Not ours'", "suppression sup-1"]);
        let [r] = &of(&RULE.replace("name: base\n", ""))[..] else { panic!("one") };
        assert_eq!((r.key, r.old.as_str(), r.new.as_deref(), r.line, r.document), ("name", "base", None, 0, 1));
        // Without an id the title makes it.
        let [r, _] = &of("title: another\n")[..] else { panic!("two") };
        assert_eq!((r.key, r.line), ("id", 0));

        let write = |p: &Path, t: &str| std::fs::write(p, t);
        let n = take_along(&all, (path, "b-1", "b-2"), Some(dir.path()), write);
        assert_eq!(n, Ok(3));
        let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).expect("there");
        assert!(read("counts.yml").contains("rules: [\"b-2\", base, other]"), "{}", read("counts.yml"));
        assert!(read("filter.yml").contains("    - b-2\n") && read("filter.yml").contains("s: {rules: b-1}"));
        let ruled = read(policy::FILE);
        assert!(ruled.contains("rule = \"b-2\"") && ruled.contains("owner = \"b-1\""), "{ruled}");
        assert_eq!(read("base.yml"), RULE, "that is saved by itself");
    }
}
