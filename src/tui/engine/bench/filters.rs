//! What filters do: which rules they narrow, and how many matches they take from
//! them in the open log.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::context::{self, Library};
use crate::detect::columns::Hits;
use crate::detect::sigma::rule::{Body, FilterTarget};
use crate::detect::sigma::{collection, rule, yaml};
use crate::pipeline::{Effect, Question};
use crate::tui::data::workshop::FilterView;

/// A filter document: its id, its file, and where it stands there.
pub struct Filter {
    pub id: String,
    pub path: String,
    narrows: Vec<String>,
    line: usize,
}

/// All filters in force.
pub fn all(lib: &Library) -> Vec<Filter> {
    let mut out = Vec::new();
    for f in &lib.files {
        // Most files have none.
        if !f.text.lines().any(|l| l.starts_with("filter")) {
            continue;
        }
        for node in collection::expand(yaml::parse(&f.text)).into_iter().flatten() {
            let Ok(Body::Filter(_, target, _)) = rule::parse(&node).map(|d| d.body) else { continue };
            let path: Arc<str> = f.path.as_str().into();
            let id = crate::detect::info_of(&rule::meta(&node), &path).id.to_string();
            let narrows = match target {
                FilterTarget::Any => Vec::new(),
                FilterTarget::Rules(names) => names.iter().map(|n| title_of(lib, n)).collect(),
            };
            out.push(Filter { id, path: f.path.clone(), narrows, line: node.line as usize });
        }
    }
    out
}

/// The title of the rule that is known by an id or a name; else that.
fn title_of(lib: &Library, named: &str) -> String {
    lib.title_of(named).unwrap_or_else(|| named.to_owned())
}

/// What is known of filters before anything is counted.
pub fn views(filters: &[Filter]) -> BTreeMap<String, FilterView> {
    let view = |f: &Filter| (f.id.clone(), FilterView { narrows: f.narrows.clone(), removed: None });
    filters.iter().map(view).collect()
}

/// What the log would give without a filter, beside what it gives.
pub fn question(lib: &Library, f: &Filter) -> Option<Question> {
    let file = lib.files.iter().find(|x| x.path == f.path)?;
    let mut q = context::question(lib, &f.path, &without(&file.text, f.line));
    // What is likely to be asked next is not this.
    q.likely = Vec::new();
    Some(q)
}

/// The matches that a filter takes: those that would be there without it.
pub fn removed(e: &Effect) -> u64 {
    e.rules.iter().map(|r| r.gained()).map(|h: Hits| h.count()).sum()
}

/// A text without the document at a line.
fn without(text: &str, line: usize) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let at = line.saturating_sub(1).min(lines.len());
    let ends = |l: &&str| l.starts_with("---");
    let from = lines.get(..at).and_then(|l| l.iter().rposition(ends)).map_or(0, |i| i + 1);
    let to = lines.get(at..).and_then(|l| l.iter().position(ends)).map_or(lines.len(), |i| at + i);
    lines.iter().take(from).chain(lines.iter().skip(to)).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_taken_out_alone() {
        let text = "title: a\nx: 1\n---\ntitle: b\n---\ntitle: c\n";
        assert_eq!(without(text, 1), "---\ntitle: b\n---\ntitle: c\n");
        assert_eq!(without(text, 4), "title: a\nx: 1\n---\n---\ntitle: c\n");
        assert_eq!(without(text, 6), "title: a\nx: 1\n---\ntitle: b\n---\n");
        assert_eq!((without("title: a\n", 1), without("", 1)), (String::new(), String::new()));
    }
}
