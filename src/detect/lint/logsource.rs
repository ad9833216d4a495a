//! Logsources that no event ever has.

use super::Checker;
use crate::detect::logsource::RuleLogsource;
use crate::detect::sigma::rule::{Detection, LogsourceNames};
use crate::event::SchemaBuilder;
use crate::parse::known_logsources;

impl Checker<'_> {
    pub(super) fn logsource(&mut self, names: &LogsourceNames, d: &Detection) {
        let at = self.at("logsource");
        let mut by_kind = false;
        for s in &d.searches {
            s.each_item(&mut |i| by_kind |= i.field.as_deref() == Some("event_type"));
        }
        // What an event is, whatever program wrote it, is a way to bind a rule too.
        let any = names.product.is_empty() && names.category.is_empty() && names.service.is_empty();
        if any && by_kind {
            return;
        }
        if names.product.is_empty() && names.category.is_empty() && names.service.is_empty() {
            let hint = "name product, category or service, so that other events are not looked at";
            return self.say(at, "any-logsource", "the rule looks at every event".into(), hint);
        }
        if occurs(names) {
            return;
        }
        let message = format!("no parser gives events the logsource {}", names.display());
        let hint = "events must carry it: JSON read with --format json, or a custom format that says so";
        self.say(at, "unknown-logsource", message, hint);
    }
}

/// Whether a parser gives events a logsource that the rule is for.
pub(super) fn occurs(names: &LogsourceNames) -> bool {
    let mut schema = SchemaBuilder::new();
    let rule = RuleLogsource::new(names, &mut schema);
    let known = known_logsources();
    if known.any_service.contains(&names.product.as_str()) {
        return true;
    }
    (known.triples.iter()).any(|[p, c, s]| {
        let event = crate::event::Logsource { product: schema.sym(p), category: schema.sym(c), service: schema.sym(s) };
        rule.matches(event)
    })
}
