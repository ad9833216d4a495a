//! Loading of rule files into one frozen set.
//!
//! Nothing is dropped without a word: a document that cannot be used becomes a
//! [`RuleInfo`] that says where it stands and why it is not loaded.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256};

use crate::event::{Logsource, Schema, SchemaBuilder};

use super::compile::expr::{Expr, Lowering};
use super::compile::preds::Preds;
use super::compile::{Compilation, Source};
use super::logsource::RuleLogsource;
use super::pipelines::Among;
use super::reading::{self, Read};
use super::sigma::rule::{self, Body, Detection, Document, FilterTarget, LogsourceNames};
use super::sigma::yaml::{Node, YamlError};
use super::{RuleFile, RuleIdx, RuleInfo, RuleKind, describe, resolve};

/// Most documents of one rule set.
const MAX_RULES: usize = 100_000;

/// What is said of a file in which nothing stands.
pub(super) const NO_RULE: &str = "the file holds no rule";

/// All rules of a run, compiled, with the names they use frozen.
#[derive(Debug)]
pub struct RuleSet {
    rules: Vec<RuleInfo>,
    schema: Arc<Schema>,
    hash: String,
    compiled: Compilation,
}

/// Rules read and turned into expressions.
pub(in crate::detect) type Lowered = (Vec<RuleInfo>, Preds, Vec<Source>, Arc<Schema>);

/// Documents on the way in, beside their [`RuleInfo`] by position.
#[derive(Debug, Default)]
pub(super) struct Loading {
    /// What will be said of each document.
    pub infos: Vec<RuleInfo>,
    /// What each document says, unless it is wrong.
    pub bodies: Vec<Option<Body>>,
    /// Our own attribute of each.
    pub customs: Vec<rule::Custom>,
    /// Ids and names.
    pub by_id: FxHashMap<String, usize>,
}

impl RuleSet {
    /// Loads rule files; what cannot be used is kept with the reason.
    #[must_use]
    pub fn load(files: &[RuleFile]) -> Self {
        Self::compiled_from(files, Self::lowered(files))
    }

    /// As [`RuleSet::load`], where the [hashes](RuleFile::digest) of the texts are known.
    /// The texts are given back once they are read: compiling needs room, too.
    #[must_use]
    pub fn load_hashed(files: &mut [RuleFile], digests: &[[u8; 32]]) -> Self {
        let lowered = Self::lowered_giving_back(files);
        Self::of_lowered(lowered, hash_of(files, digests))
    }

    /// Loads rule files whose documents were read already, file by file.
    pub(super) fn load_read(files: &[RuleFile], docs: &[Vec<Result<Node, YamlError>>]) -> Self {
        let mut l = Loading::default();
        let among = Among::of(files, docs);
        for (f, docs) in files.iter().zip(docs) {
            l.file(f, reading::read(f, docs, &among));
        }
        Self::compiled_from(files, l.lowered())
    }

    fn compiled_from(files: &[RuleFile], lowered: Lowered) -> Self {
        let digests: Vec<_> = files.iter().map(RuleFile::digest).collect();
        Self::of_lowered(lowered, hash_of(files, &digests))
    }

    /// The set of rules that were turned into expressions, with their hash.
    pub(super) fn of_lowered(lowered: Lowered, hash: String) -> Self {
        let (rules, preds, sources, schema) = lowered;
        let compiled = Compilation::new(preds, sources, schema.field_count());
        Self { rules, hash, schema, compiled }
    }

    /// The rules read and turned into expressions, not yet compiled.
    pub(super) fn lowered(files: &[RuleFile]) -> Lowered {
        let documents = reading::documents(files);
        Loading::of(files, documents).lowered()
    }

    /// The same; the texts of the files are given back on the way.
    pub(super) fn lowered_giving_back(files: &mut [RuleFile]) -> Lowered {
        let documents = reading::documents(files);
        files.iter_mut().for_each(|f| f.text = String::new());
        Loading::of(files, documents).lowered()
    }

    /// Expressions without rules around them, for questions to the engine.
    pub(super) const fn of_compilation(schema: Arc<Schema>, compiled: Compilation) -> Self {
        Self { rules: Vec::new(), schema, hash: String::new(), compiled }
    }

    /// Every rule, loaded or not, in order of loading.
    #[must_use]
    pub fn rules(&self) -> &[RuleInfo] {
        &self.rules
    }

    /// One rule.
    #[must_use]
    pub fn rule(&self, idx: RuleIdx) -> Option<&RuleInfo> {
        self.rules.get(idx.0 as usize)
    }

    /// The names that parsers must intern for these rules.
    #[must_use]
    pub fn schema(&self) -> Arc<Schema> {
        Arc::clone(&self.schema)
    }

    /// Whether a detection is for events of a logsource (of this set's schema).
    #[must_use]
    pub fn concerns(&self, idx: RuleIdx, event: Logsource) -> bool {
        let at = self.compiled.rules.binary_search_by_key(&idx, |r| r.rule);
        at.ok().and_then(|at| self.compiled.rules.get(at)).is_some_and(|r| r.logsource.matches(event))
    }

    pub(super) const fn schema_ref(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Hash of the rules' texts, whatever the order and paths of their files.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    pub(super) const fn compiled(&self) -> &Compilation {
        &self.compiled
    }
}

/// What [`RuleSet::hash`] is for these files, whose texts have these hashes.
pub(super) fn hash_of(files: &[RuleFile], digests: &[[u8; 32]]) -> String {
    let mut each = digests.to_vec();
    each.sort_unstable();
    let mut all = Sha256::new();
    each.iter().for_each(|d| all.update(d));
    // The same texts through other pipelines are other rules.
    let pipelines: std::collections::BTreeSet<&str> =
        files.iter().filter_map(|f| f.pipelines.as_ref()).filter(|p| !p.is_empty()).map(|p| p.hash()).collect();
    pipelines.iter().for_each(|p| all.update(p.as_bytes()));
    all.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

impl Loading {
    /// The documents of files, file by file.
    fn of(files: &[RuleFile], documents: Vec<Vec<Read>>) -> Self {
        let mut l = Self::default();
        for (f, documents) in files.iter().zip(documents) {
            l.file(f, documents);
        }
        l
    }

    fn lowered(mut self) -> Lowered {
        let mut schema = SchemaBuilder::new();
        let (preds, sources) = self.lower(&mut schema);
        (self.infos, preds, sources, Arc::new(schema.freeze()))
    }

    fn file(&mut self, f: &RuleFile, documents: Vec<Read>) {
        let path: Arc<str> = f.path.as_str().into();
        if let Some(e) = &f.error {
            self.wrong(&path, &rule::Meta::default(), 1, e.clone());
            return;
        }
        let before = self.infos.len();
        for doc in documents {
            if self.infos.len() >= MAX_RULES {
                return;
            }
            match doc {
                Ok(document) => self.document(&path, *document),
                Err((meta, e)) => self.wrong(&path, &meta, e.line, located(&path, &e)),
            }
        }
        if self.infos.len() == before {
            self.wrong(&path, &rule::Meta::default(), 1, format!("{path}:1:1: {NO_RULE}"));
        }
    }

    fn document(&mut self, path: &Arc<str>, document: Document) {
        let Document { meta, body } = document;
        let mut info = describe::info(&meta, path);
        let at = self.infos.len();
        if let Some(first) = self.by_id.get(&*info.id).and_then(|i| self.infos.get(*i)) {
            info.reason =
                Some(format!("{path}:{}: the id {} is that of {}:{}", meta.line, info.id, first.path, first.line));
        } else {
            self.by_id.insert(info.id.to_string(), at);
            info.loaded = true;
        }
        match &body {
            Body::Detection(names, _) => info.logsource = names.display().into(),
            Body::Filter(names, ..) => {
                info.logsource = names.display().into();
                info.kind = RuleKind::Filter;
                info.alerts = false;
            }
            Body::Correlation(_) => {}
        }
        self.customs.push(meta.custom);
        self.bodies.push(info.loaded.then_some(body));
        self.infos.push(info);
    }

    fn wrong(&mut self, path: &Arc<str>, meta: &rule::Meta, line: u32, reason: String) {
        let mut info = describe::info(meta, path);
        info.line = line;
        info.reason = Some(reason);
        self.infos.push(info);
        self.bodies.push(None);
        self.customs.push(rule::Custom::default());
    }

    /// Marks a document as not loaded.
    pub fn refuse(&mut self, at: usize, place: (u32, u32), reason: &str) {
        if let Some(info) = self.infos.get_mut(at) {
            let (line, column) = place;
            info.loaded = false;
            info.alerts = false;
            info.reason = Some(if line == 0 {
                format!("{}:{}: {reason}", info.path, info.line)
            } else {
                format!("{}:{line}:{column}: {reason}", info.path)
            });
        }
    }

    fn lower(&mut self, schema: &mut SchemaBuilder) -> (Preds, Vec<Source>) {
        let mut preds = Preds::new();
        let mut sources = Vec::new();
        let mut bodies = std::mem::take(&mut self.bodies);
        let filters = self.filters(&mut bodies);
        for (at, body) in bodies.iter_mut().enumerate() {
            let Some(Body::Detection(names, detection)) = body else { continue };
            // Its memory goes to the rules after it.
            let detection = &std::mem::take(detection);
            let names = &*names;
            let mut lowering = Lowering { preds: &mut preds, schema, logsource: names };
            let mut lower = |d: &Detection| lowering.detection(d);
            let apply = |f: &&Filter| !detection.filtered && f.applies(at, names);
            let applied = filters.iter().filter(apply).map(|f| lower(&f.detection));
            let parts: Result<Vec<Expr>, _> = applied.collect();
            let expr = parts.and_then(|mut parts| {
                parts.push(lower(detection)?);
                Ok(Expr::all(parts))
            });
            match expr {
                Ok(Expr::Const(false)) => self.refuse(at, (0, 0), "the condition can never hold"),
                Ok(expr) => {
                    let logsource = RuleLogsource::new(names, schema);
                    sources.push(Source { rule: RuleIdx(at as u32), logsource, expr });
                }
                Err(e) => self.refuse(at, e.at, &e.reason),
            }
        }
        resolve::correlations(self, &bodies, schema);
        (preds, sources)
    }

    /// The filters with what they apply to; those that refer to nothing are refused.
    fn filters(&mut self, bodies: &mut [Option<Body>]) -> Vec<Filter> {
        let mut out = Vec::new();
        for (at, body) in bodies.iter_mut().enumerate() {
            let Some(Body::Filter(logsource, target, detection)) = body else { continue };
            let mut rules = None;
            if let FilterTarget::Rules(names) = target {
                let found: Vec<usize> = names.iter().filter_map(|n| resolve::reference(self, n)).collect();
                if found.len() < names.len() {
                    let missing: Vec<&str> =
                        names.iter().filter(|n| resolve::reference(self, n).is_none()).map(String::as_str).collect();
                    self.refuse(
                        at,
                        (0, 0),
                        &format!("the filter refers to rules that are not there: {}", missing.join(", ")),
                    );
                }
                rules = Some(found);
            }
            out.push(Filter { rules, logsource: logsource.clone(), detection: std::mem::take(detection) });
        }
        out
    }
}

/// A filter in force.
#[derive(Debug)]
struct Filter {
    rules: Option<Vec<usize>>,
    logsource: LogsourceNames,
    detection: Detection,
}

impl Filter {
    fn applies(&self, at: usize, names: &LogsourceNames) -> bool {
        self.rules.as_ref().is_none_or(|r| r.contains(&at)) && self.logsource.covers(names)
    }
}

fn located(path: &str, e: &YamlError) -> String {
    format!("{path}:{e}")
}
