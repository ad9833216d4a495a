//! The rules that are part of the program, embedded when it is built.

use super::RuleFile;

mod table {
    include!(concat!(env!("OUT_DIR"), "/shipped.rs"));
}

/// The shipped rule files, sorted by path (`rules/…`).
#[must_use]
pub fn rules() -> Vec<RuleFile> {
    table::RULES.iter().map(|(path, text)| RuleFile::new(*path, *text)).collect()
}

/// Their test files.
#[must_use]
pub fn tests() -> Vec<RuleFile> {
    table::TESTS.iter().map(|(path, text)| RuleFile::new(*path, *text)).collect()
}

#[cfg(test)]
mod tests {
    use crate::alert::Category;
    use crate::detect::{RuleKind, RuleSet, lint, testing};
    use crate::event::Severity;

    #[test]
    fn every_shipped_rule_loads_and_is_whole() {
        let rules = RuleSet::load(&super::rules());
        for r in rules.rules() {
            assert!(r.loaded, "{:?}", r.reason);
            if r.kind == RuleKind::Filter {
                continue;
            }
            let attack = r.category() == Category::Security;
            assert!(!r.description.is_empty(), "{}: description", r.path);
            assert_eq!(!r.techniques.is_empty(), attack, "{}: attacks have a technique, operations none", r.path);
            assert!(attack || r.level <= Severity::Low, "{}: trouble of operations is low", r.path);
            assert!(!r.references.is_empty() && !r.false_positives.is_empty(), "{}: references and doubts", r.path);
        }
        let findings = lint::check(&super::rules());
        let errors: Vec<String> =
            findings.iter().filter(|f| f.severity == lint::Level::Error).map(ToString::to_string).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }

    #[test]
    fn shipped_tests_can_be_read() {
        for f in super::tests() {
            let cases = testing::parse(&f.text);
            assert!(cases.iter().all(Result::is_ok), "{}: {cases:?}", f.path);
            assert!(!cases.is_empty(), "{}: no cases", f.path);
        }
    }
}
