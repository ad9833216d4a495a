//! Which files belong to an edited one: the rules that it refers to, and the
//! filters that may apply.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::detect::sigma::rule::{Body, FilterTarget};
use crate::detect::sigma::{collection, rule, yaml};
use crate::detect::{Draft, RuleFile, RuleInfo};
use crate::pipeline::Question;

/// What a file's documents are and what they refer to.
#[derive(Default)]
struct About {
    ids: Vec<String>,
    refs: Vec<String>,
    any: bool,
    filter: bool,
    names: Vec<String>,
    /// Of each document that has a name besides, its id and that.
    both: Vec<(String, String)>,
    /// The title of each id and name.
    titles: Vec<(String, String)>,
}

fn about(text: &str) -> About {
    let mut out = About::default();
    let path: Arc<str> = "".into();
    for node in collection::expand(yaml::parse(text)).into_iter().flatten() {
        let info = crate::detect::info_of(&rule::meta(&node), &path);
        out.ids.push(info.id.to_string());
        out.names.push(info.id.to_string());
        out.names.extend(info.name.iter().map(|n| n.to_string()));
        let called = [Some(&info.id), info.name.as_ref()].into_iter().flatten();
        out.titles.extend(called.map(|n| (n.to_string(), info.title.to_string())));
        out.both.extend(info.name.iter().map(|n| (info.id.to_string(), n.to_string())));
        let document = rule::parse(&node);
        if let Ok(d) = &document {
            out.refs.extend(d.meta.custom.redeemed_by.iter().map(|r| r.rule.clone()));
            out.refs.extend(d.meta.custom.accepted_by.iter().map(|(rule, _)| rule.clone()));
        }
        match document.map(|d| d.body) {
            Ok(Body::Correlation(c)) => out.refs.extend(c.rules),
            Ok(Body::Filter(_, target, _)) => {
                out.filter = true;
                match target {
                    FilterTarget::Any => out.any = true,
                    FilterTarget::Rules(names) => out.refs.extend(names),
                }
            }
            _ => {}
        }
    }
    out
}

/// All rule files in force, each looked through once: what they are is asked at
/// every key.
pub struct Library {
    pub files: Vec<RuleFile>,
    abouts: Vec<About>,
}

impl Library {
    pub fn new(files: Vec<RuleFile>) -> Self {
        let abouts = files.iter().map(|f| about(&f.text)).collect();
        Self { files, abouts }
    }

    /// The title of the rule of that id or name.
    pub fn title_of(&self, named: &str) -> Option<String> {
        let all = self.abouts.iter().flat_map(|a| &a.titles);
        all.into_iter().find(|(n, _)| n.eq_ignore_ascii_case(named)).map(|(_, title)| title.clone())
    }

    /// An id of a text that a file not among `beside` has too, and that file.
    pub fn same_id(&self, path: &str, text: &str, beside: &[RuleFile]) -> Option<(String, &str)> {
        let mine = about(text).ids;
        let others = self.files.iter().zip(&self.abouts);
        let others = others.filter(|(f, _)| f.path != path && !beside.iter().any(|x| x.path == f.path));
        others
            .flat_map(|(f, a)| a.ids.iter().map(move |id| (id, f)))
            .find(|(id, _)| mine.contains(id))
            .map(|(id, f)| (id.clone(), f.path.as_str()))
    }
}

/// The files that matter to an edited one: as they are, and as they would be.
pub fn files(lib: &Library, path: &str, text: &str) -> (Vec<RuleFile>, Vec<RuleFile>) {
    let (before, after, _) = files_and_names(lib, path, text);
    (before, after)
}

/// The same, and what the edited file refers to by id or name, directly or through these.
fn files_and_names(lib: &Library, path: &str, text: &str) -> (Vec<RuleFile>, Vec<RuleFile>, BTreeSet<String>) {
    let (all, abouts) = (&lib.files, &lib.abouts);
    let mine = about(text);
    let mut wanted: BTreeSet<usize> = BTreeSet::new();
    let mut refs: Vec<String> = mine.refs.clone();
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    for (i, f) in all.iter().enumerate() {
        let old = f.path == path;
        if old {
            // What it refers to now counts as well.
            refs.extend(abouts.get(i).into_iter().flat_map(|a| a.refs.iter().cloned()));
        }
        if old || mine.any || abouts.get(i).is_some_and(|a| a.filter) {
            wanted.insert(i);
        }
    }
    let mut done = BTreeSet::new();
    while let Some(name) = refs.pop() {
        if !done.insert(name.clone()) {
            continue;
        }
        for (i, a) in abouts.iter().enumerate() {
            if a.names.iter().any(|n| same(n, &name)) && wanted.insert(i) {
                refs.extend(a.refs.iter().cloned());
            }
        }
    }
    let before: Vec<RuleFile> = wanted.iter().filter_map(|i| all.get(*i).cloned()).collect();
    let mut after = before.clone();
    match after.iter_mut().find(|f| f.path == path) {
        Some(f) => text.clone_into(&mut f.text),
        None => {
            // It will be read as all others are.
            let pipelines = all.iter().find_map(|f| f.pipelines.clone());
            after.push(RuleFile { pipelines, ..RuleFile::new(path, text) });
        }
    }
    (before, after, done)
}

/// The question about alerts: beside the files that matter, the correlations of
/// other files that count the rules that are edited, or that an edited filter
/// narrows, with all that they count.
pub fn about_alerts(lib: &Library, path: &str, text: &str) -> Question {
    let (mut before, mut after) = files(lib, path, text);
    let old = lib.files.iter().position(|f| f.path == path).and_then(|i| lib.files.get(i)).map(|f| about(&f.text));
    let mut names = Vec::new();
    for a in [about(text)].into_iter().chain(old) {
        names.extend(a.names);
        match (a.any, a.filter) {
            (true, _) => names.extend(before.iter().flat_map(|f| about(&f.text).names)),
            (_, true) => names.extend(a.refs),
            _ => {}
        }
    }
    // A filter may know a rule by its id, and a correlation by its name.
    for (id, name) in lib.abouts.iter().flat_map(|a| &a.both) {
        let known = |n: &str| names.iter().any(|x| x.eq_ignore_ascii_case(n));
        match (known(id), known(name)) {
            (true, false) => names.push(name.clone()),
            (false, true) => names.push(id.clone()),
            _ => {}
        }
    }
    let mut all: Vec<(&RuleFile, &About)> = lib.files.iter().zip(&lib.abouts).filter(|(_, a)| !a.filter).collect();
    all.retain(|(f, _)| f.path != path && !before.iter().any(|b| b.path == f.path));
    let mut take = |up: bool, names: &mut Vec<String>, below: &mut Vec<String>| {
        let named = |n: &String, names: &[String]| names.iter().any(|x| x.eq_ignore_ascii_case(n));
        while let Some(at) = all.iter().position(|(_, a)| match up {
            true => a.refs.iter().any(|r| named(r, names)),
            false => a.names.iter().any(|n| named(n, below)),
        }) {
            let (f, a) = all.remove(at);
            names.extend(a.names.iter().cloned());
            below.extend(a.refs.iter().cloned());
            before.push(f.clone());
            after.push(f.clone());
        }
    };
    // Upwards to those that count them, then down to all that these count.
    let mut below = Vec::new();
    take(true, &mut names, &mut below);
    take(false, &mut names, &mut below);
    Question::new(before, after, path)
}

/// The question that an edited file puts to the log.
pub fn question(lib: &Library, path: &str, text: &str) -> Question {
    let (before, after, named) = files_and_names(lib, path, text);
    let mut q = Question::new(before, after, path);
    q.focus.named = named;
    // A rule that is not in force has no matches; what its file says is no matter.
    q.likely = lib.files.iter().filter(|f| f.error.is_none()).cloned().collect();
    q
}

/// The files of rules that are known by their ids, with all that these refer to
/// and all filters.
pub fn of_rules(lib: &Library, ids: &BTreeSet<&str>) -> Vec<RuleFile> {
    let (all, abouts) = (&lib.files, &lib.abouts);
    let mut wanted: BTreeSet<usize> = (0..all.len()).filter(|i| abouts.get(*i).is_some_and(|a| a.filter)).collect();
    let mut refs: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    let mut done = BTreeSet::new();
    while let Some(name) = refs.pop() {
        if !done.insert(name.clone()) {
            continue;
        }
        for (i, a) in abouts.iter().enumerate() {
            if a.names.iter().any(|n| n.eq_ignore_ascii_case(&name)) && wanted.insert(i) {
                refs.extend(a.refs.iter().cloned());
            }
        }
    }
    wanted.into_iter().filter_map(|i| all.get(i).cloned()).collect()
}

/// The rules that one stands for: itself, or those that a correlation counts.
pub fn bases(all: &[RuleFile], id: &str) -> Vec<RuleInfo> {
    let draft = Draft::read(all);
    let infos = draft.infos();
    let at = infos.iter().position(|i| i.loaded && &*i.id == id);
    let mut out: Vec<RuleInfo> = below(infos, at).into_iter().filter_map(|i| infos.get(i).cloned()).collect();
    out.sort_by(|a, b| a.id.cmp(&b.id));
    out
}

/// Ids of the other rules that look at the same events as one: a filter for it
/// narrows them too.
pub fn kin(all: &[RuleFile], id: &str) -> BTreeSet<String> {
    let draft = Draft::read(all);
    let infos = draft.infos();
    let mine = below(infos, infos.iter().position(|i| i.loaded && &*i.id == id));
    let others = infos.iter().enumerate().filter(|(_, i)| i.loaded && &*i.id != id);
    let shares = |at: usize| below(infos, Some(at)).iter().any(|b| mine.contains(b));
    others.filter(|(at, _)| shares(*at)).map(|(_, i)| i.id.to_string()).collect()
}

/// The detections at the bottom of a rule, by number.
fn below(infos: &[RuleInfo], at: Option<usize>) -> BTreeSet<usize> {
    let mut todo: Vec<usize> = at.into_iter().collect();
    let (mut seen, mut out) = (BTreeSet::new(), BTreeSet::new());
    while let Some(at) = todo.pop() {
        let Some(info) = infos.get(at).filter(|_| seen.insert(at)) else { continue };
        match info.correlation() {
            Some(c) => todo.extend(c.bases.iter().map(|b| b.0 as usize)),
            None => drop(out.insert(at)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(id: &str) -> String {
        format!(
            "title: {id}\nid: {id}\nname: the_{id}\nlogsource: {{product: linux}}\ndetection: {{s: {{user: {id}}}, condition: s}}\n"
        )
    }

    fn counts(id: &str, rules: &str) -> String {
        format!(
            "title: {id}\nid: {id}\ncorrelation:\n  type: event_count\n  rules: [{rules}]\n  group-by: [user]\n  \
             timespan: 1m\n  condition: {{gte: 3}}\n"
        )
    }

    #[test]
    fn alerts_are_those_of_all_that_count_what_is_edited() {
        let filter =
            "title: f\nid: f\nlogsource: {product: linux}\nfilter: {rules: [a], s: {user: x}, condition: not s}\n";
        let texts =
            [base("a"), base("b"), base("c"), counts("ab", "the_a, b"), counts("b2", "the_b"), filter.to_owned()];
        let path = |i: usize| format!("{}.yml", ["a", "b", "c", "ab", "b2", "f"][i]);
        let lib = Library::new(texts.iter().enumerate().map(|(i, t)| RuleFile::new(path(i), t)).collect());
        let asked = |i: usize| {
            let q = about_alerts(&lib, &path(i), &texts[i]);
            let mut names: Vec<String> = q.after.iter().map(|f| f.path.replace(".yml", "")).collect();
            names.sort();
            assert_eq!(q.before.len(), q.after.len());
            names.join(" ")
        };
        // With the other rules that the correlation counts, but not who else counts those.
        assert_eq!(asked(0), "a ab b f");
        assert_eq!(asked(1), "a ab b b2 f");
        assert!(!asked(2).contains('b'), "{}", asked(2));
        assert_eq!(asked(3), "a ab b f");
        assert_eq!(asked(5), "a ab b f");
    }

    #[test]
    fn kin_are_those_that_look_at_the_same_events() {
        let texts = [base("a"), base("b"), counts("ab", "the_a, b"), counts("b2", "the_b"), counts("up", "b2")];
        let all: Vec<RuleFile> = (0..).zip(&texts).map(|(i, t)| RuleFile::new(format!("{i}.yml"), t)).collect();
        let of = |id: &str| kin(&all, id).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!((of("a"), of("b2"), of("none")), ("ab".to_owned(), "ab b up".to_owned(), String::new()));
        assert_eq!(bases(&all, "ab").iter().map(|i| &*i.id).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn a_new_rule_goes_through_the_pipelines_of_the_others() {
        use crate::detect::pipelines::Pipelines;
        let text = "transformations:\n  - {type: field_name_mapping, mapping: {Account: user}}\n".to_owned();
        let pipelines = Some(Arc::new(Pipelines::load(&[("p.yml".to_owned(), text)]).expect("a pipeline")));
        let mut of = RuleFile::new("a.yml", base("a"));
        of.pipelines.clone_from(&pipelines);
        let lib = Library::new(vec![of]);
        let q = question(&lib, "new.yml", &base("b").replace("{user: b}", "{Account: b}"));
        let new = q.after.iter().find(|f| f.path == "new.yml").expect("it is tried");
        assert!(new.pipelines.is_some());
        let set = crate::detect::RuleSet::load(&q.after);
        assert!(set.rules().iter().all(|r| r.loaded), "{:?}", set.rules());
        let schema = set.schema();
        let mut names = (0..schema.field_count()).map(|i| schema.field_name(crate::event::FieldId(i as u16)));
        assert!(names.all(|n| n != "Account"));
        // The edited text keeps those of its file.
        let q = question(&lib, "a.yml", &base("a"));
        assert!(q.after.iter().all(|f| f.pipelines.is_some()));
    }
}
