//! Rules among others: their filters, and the correlations that refer to them.

use std::sync::Arc;

use super::tests::load;
use crate::detect::tests::{Fact, titles};
use crate::detect::{RuleFile, RuleKind, RuleSet};

const RULE: &str = "title: R\nid: 11111111-1111-4111-8111-111111111111\nname: base\nlevel: low\nlogsource: {product: windows, category: process_creation}\ndetection: {s: {CommandLine|contains: whoami}, condition: s}\n";
const FILTER: &str = "title: F\nid: 11111111-1111-4111-8111-111111111112\nlogsource: {product: windows}\nfilter: {rules: [base], f: {User|expand: '%who%'}, g: {Host: x}, condition: not 1 of them}\n";
const CORRELATION: &str = "title: C\nid: 11111111-1111-4111-8111-111111111113\nlevel: high\ncorrelation: {type: value_count, rules: [base], group-by: [User, who], aliases: {who: {base: User}}, timespan: 5m, condition: {field: CommandLine, gte: 2}}\n";

/// The rules of several files through a pipeline.
fn set(pipeline: &str, texts: &[&str]) -> Arc<RuleSet> {
    let p = Arc::new(load(pipeline));
    let file =
        |(i, text): (usize, &&str)| RuleFile { pipelines: Some(p.clone()), ..RuleFile::new(format!("{i}.yml"), *text) };
    let files: Vec<RuleFile> = texts.iter().enumerate().map(file).collect();
    Arc::new(RuleSet::load(&files))
}

/// Whether a rule matches what a user did.
fn matches(set: &Arc<RuleSet>, user: &str) -> bool {
    let fields = [("CommandLine", "whoami"), ("u.n", user)];
    !titles(set, &[Fact::fields(("mine", "", ""), &fields)])[0].is_empty()
}

#[test]
fn a_filter_is_changed_with_its_rule() {
    // The condition is about the rule: by itself the filter has no category.
    let p = "vars: {who: [bob, al]}\ntransformations:\n  - {type: value_placeholders}\n  - {type: field_name_mapping, mapping: {User: u.n}, rule_conditions: [{type: logsource, product: windows, category: process_creation}]}\n  - {type: change_logsource, product: mine}\n";
    let set = set(p, &[RULE, FILTER]);
    assert!(set.rules().iter().all(|r| r.loaded), "{:?}", set.rules().iter().map(|r| &r.reason).collect::<Vec<_>>());
    assert!(matches(&set, "eve"));
    assert!(!matches(&set, "bob") && !matches(&set, "al"));
}

#[test]
fn a_correlation_is_for_what_its_rules_are_for() {
    let p = "transformations:\n  - {type: field_name_mapping, mapping: {User: [u.n, u.m], CommandLine: cl}, rule_conditions: [{type: logsource, product: windows}], field_name_conditions: [{type: exclude_fields, fields: [who]}]}\n";
    let one = p.replace("[u.n, u.m]", "u.n");
    for (p, groups) in [(p, None), (one.as_str(), Some(vec!["u.n", "who"]))] {
        let set = set(p, &[CORRELATION, RULE]);
        let Some(groups) = groups else {
            assert!(
                set.rules()[0].reason.as_deref().is_some_and(|r| r.contains("several fields")),
                "{:?}",
                set.rules()[0].reason
            );
            continue;
        };
        let RuleKind::Correlation(spec) = &set.rules()[0].kind else { panic!("{:?}", set.rules()[0].reason) };
        assert_eq!(spec.group_by.iter().map(|g| &*g.name).collect::<Vec<_>>(), groups);
        assert_eq!(spec.fields.iter().map(|g| &*g.name).collect::<Vec<_>>(), ["cl"]);
        // The alias stands for the field under its new name.
        assert_eq!(spec.group_by[0].per_base, spec.group_by[1].per_base);
    }
    let other = set(&one.replace("product: windows", "product: linux"), &[CORRELATION, RULE]);
    let RuleKind::Correlation(spec) = &other.rules()[0].kind else { panic!("loaded") };
    assert_eq!(&*spec.fields[0].name, "CommandLine");
}
