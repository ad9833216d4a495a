//! Documents that are made from the program are as committed, and links in the
//! documents lead somewhere. `UPDATE_DOCS=1 cargo test --test it docs` rewrites
//! the generated ones.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[track_caller]
fn as_committed(name: &str, made: &str) {
    let path = root().join("docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, made).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == made,
        "docs/{name} is not as the program has it; run: UPDATE_DOCS=1 cargo test --test it docs"
    );
}

#[test]
fn configuration_reference() {
    as_committed("config.md", &secstream::config::config_markdown());
}

#[test]
fn key_reference() {
    as_committed("keys.md", &secstream::tui::keys_markdown());
}

/// Rules that raise alerts, as a table for each folder.
fn rules_table() -> String {
    use secstream::detect::RuleKind;
    use std::fmt::Write as _;
    let rules = secstream::detect::RuleSet::load(&secstream::detect::shipped::rules());
    let mut alerting: Vec<_> =
        rules.rules().iter().filter(|r| r.loaded && r.alerts && r.kind != RuleKind::Filter).collect();
    alerting.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    let others = rules.rules().len() - alerting.len();
    let mut out =
        format!("{} rules raise alerts; {others} more are their parts, context or filters.\n", alerting.len());
    let mut folder = "";
    for r in alerting {
        let (dir, _) = r.path.rsplit_once('/').unwrap();
        if dir != folder {
            folder = dir;
            let _ = write!(out, "\n| `{dir}` | level | ATT&CK |\n|---|---|---|\n");
        }
        let _ = writeln!(out, "| [{}](../{}) | {} | {} |", r.title, r.path, r.level, r.techniques.join(", "));
    }
    out
}

#[test]
fn readme_tells_the_number_of_rules() {
    let rules = secstream::detect::RuleSet::load(&secstream::detect::shipped::rules());
    let n = secstream::detect::RuleCounts::of(rules.rules());
    let told = format!("{} rules are shipped, {} of which raise alerts", n.rules, n.alerting);
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains(&told), "README.md does not say: {told}");
}

/// The program counts as the README does: a filter is no rule, and raises no alert.
#[test]
fn rules_are_counted_in_one_way() {
    let rules = secstream::detect::RuleSet::load(&secstream::detect::shipped::rules());
    let n = secstream::detect::RuleCounts::of(rules.rules());
    assert!(n.filters > 1 && n.rules + n.filters == rules.rules().len());
    let home = crate::program::Home::new();
    home.write("a.log", "Mar  2 10:00:00 web1 CRON[9]: (root) CMD (true)\n");
    let told = format!("{} rules, {} filters loaded, 0 not", n.rules, n.filters);
    let list = home.run(&["rules", "list"]);
    assert!(list.says(0, &[]).out.contains(&format!("{told}; {} raise alerts", n.alerting)), "{}", list.out);
    let state = |s: &str| list.out.lines().filter(|l| l.split_whitespace().nth(1) == Some(s)).count();
    assert_eq!((state("filter"), state("alerts")), (n.filters, n.alerting));
    home.run(&["replay", "a.log", "--year", "2026", "--no-store"]).says(0, &[&told]);
    let (_, doc) = home.summary(&["a.log", "--year", "2026", "--no-store"]);
    assert_eq!((&doc["rules_loaded"], &doc["filters_loaded"]), (&n.rules.into(), &n.filters.into()));
}

#[test]
fn shipped_rules_are_listed() {
    let committed = fs::read_to_string(root().join("docs/rules.md")).unwrap();
    let (start, end) = ("<!-- rules -->\n", "<!-- /rules -->");
    let (before, rest) = committed.split_once(start).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    as_committed("rules.md", &format!("{before}{start}{}{end}{after}", rules_table()));
}

/// The example of docs/rules.md passes the check, and its own test.
#[test]
fn example_of_a_rule_works() {
    let text = fs::read_to_string(root().join("docs/rules.md")).unwrap();
    let blocks: Vec<&str> = text.split("```yaml\n").skip(1).map(|b| b.split("```").next().unwrap()).collect();
    let home = crate::program::Home::new();
    home.write("my/deploy.yml", blocks.iter().find(|b| b.contains("detection:")).unwrap());
    home.write("my/deploy.test.yml", blocks.iter().find(|b| b.starts_with("cases:")).unwrap());
    home.run(&["rules", "check", "--rules", "my"]).says(0, &[]);
    let ran = home.run(&["rules", "test", "--rules", "my"]);
    assert!(ran.says(0, &[]).out.contains("2 passed, 0 failed"), "{}{}", ran.out, ran.err);
}

/// All Markdown of the repository, but generated build output.
fn markdown(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !matches!(name.as_str(), "target" | ".git" | "corpus") {
            markdown(&path, out);
        } else if name.ends_with(".md") {
            out.push(path);
        }
    }
}

#[test]
fn links_lead_somewhere() {
    let mut files = Vec::new();
    markdown(&root(), &mut files);
    assert!(files.len() > 5);
    let mut dead = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for part in text.split("](").skip(1) {
            let link = part.split([')', ' ', '#']).next().unwrap_or("");
            let outside = link.is_empty() || link.contains("://") || link.starts_with("mailto:");
            if !outside && !file.parent().unwrap().join(link).exists() {
                dead.push(format!("{}: {link}", file.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}
