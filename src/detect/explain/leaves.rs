//! Single values of a rule, asked of the engine: each is a rule of its own.

use std::sync::Arc;

use crate::detect::compile::expr::{Expr, Lowering};
use crate::detect::compile::preds::Preds;
use crate::detect::compile::{Compilation, Source};
use crate::detect::logsource::RuleLogsource;
use crate::detect::sigma::ast::{Det, Item};
use crate::detect::sigma::condition::Cond;
use crate::detect::sigma::rule::{Detection, LogsourceNames};
use crate::detect::{Matcher, RuleIdx, RuleSet};
use crate::event::{Batch, SchemaBuilder};

/// Which of the items hold for the only event of a batch.
pub(super) fn ask(items: Vec<Item>, names: &LogsourceNames, batch: &Batch) -> Vec<bool> {
    let mut schema = SchemaBuilder::new();
    let mut preds = Preds::new();
    let mut truth = vec![false; items.len()];
    let mut sources = Vec::new();
    for (i, item) in items.into_iter().enumerate() {
        let mut lowering = Lowering { preds: &mut preds, schema: &mut schema, logsource: names };
        let detection = Detection {
            names: Vec::new(),
            searches: vec![Det::Item(item)],
            condition: Cond::Search(0),
            filtered: false,
        };
        match lowering.detection(&detection) {
            Ok(Expr::Const(b)) => {
                if let Some(t) = truth.get_mut(i) {
                    *t = b;
                }
            }
            Ok(expr) => {
                sources.push(Source { rule: RuleIdx(i as u32), logsource: RuleLogsource::default(), expr });
            }
            Err(_) => {}
        }
    }
    let schema = Arc::new(schema.freeze());
    let compiled = Compilation::new(preds, sources, schema.field_count());
    let set = Arc::new(RuleSet::of_compilation(schema, compiled));
    let mut hits = Vec::new();
    Matcher::new(&set).match_batch(batch, &mut hits);
    for h in hits {
        if let Some(t) = truth.get_mut(h.rule.0 as usize) {
            *t = true;
        }
    }
    truth
}
