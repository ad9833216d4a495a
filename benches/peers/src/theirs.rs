//! `rsigma-eval` as its own documents show it: values of `serde_json`.

use std::collections::HashMap;

use rsigma_eval::{Engine, EvaluationResult, JsonEvent, LogSourceExtractor};
use secstream::detect::RuleFile;
use serde_json::Value;

/// Its engine.
pub struct Theirs {
    engine: Engine,
    /// Rules that it could not use, by path, with the reason.
    pub refused: HashMap<String, String>,
}

impl Theirs {
    /// `routing`: events are only compared with rules for their logsource.
    pub fn new(files: &[RuleFile], routing: bool) -> Self {
        let mut engine = Engine::new();
        let mut refused = HashMap::new();
        let mut rules = Vec::new();
        let mut paths = Vec::new();
        for f in files {
            match rsigma_parser::parse_sigma_yaml(&f.text) {
                Ok(c) if c.errors.is_empty() => {
                    paths.extend(c.rules.iter().map(|_| f.path.clone()));
                    rules.extend(c.rules);
                }
                Ok(c) => drop(refused.insert(f.path.clone(), c.errors.join("; "))),
                Err(e) => drop(refused.insert(f.path.clone(), e.to_string())),
            }
        }
        for (at, e) in engine.add_rules(&rules) {
            refused.insert(paths[at].clone(), e.to_string());
        }
        engine.set_logsource_extractor(routing.then(LogSourceExtractor::new));
        Self { engine, refused }
    }

    pub fn loaded(&self) -> usize {
        self.engine.rule_count()
    }

    /// What one event matches.
    pub fn matches(&self, line: &str) -> Vec<EvaluationResult> {
        let Ok(value) = serde_json::from_str::<Value>(line) else { return Vec::new() };
        self.engine.evaluate(&JsonEvent::borrow(&value))
    }

    /// Number of matches.
    pub fn run(&self, text: &str) -> usize {
        text.lines().map(|l| self.matches(l).len()).sum()
    }
}
