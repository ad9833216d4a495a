//! Which events a rule is for.
//!
//! A part that the rule leaves out matches any event; a part that the event
//! does not know matches no rule that names it. Some categories are the sum
//! of others.

use crate::event::{Logsource, SchemaBuilder, Sym};

use super::sigma::rule::LogsourceNames;

/// Categories that cover others.
const COVERS: &[(&str, &[&str])] =
    &[("registry_event", &["registry_add", "registry_set", "registry_delete", "registry_rename"])];

/// Services that cover others of their product: one unified log holds them all.
const SERVICES: &[(&str, &str, &[&str])] =
    &[("m365", "audit", &["exchange", "threat_management"]), ("m365", "threat_detection", &["threat_management"])];

/// A rule's logsource with its names interned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleLogsource {
    /// Its own triple.
    pub own: Logsource,
    /// Further categories that it covers.
    pub covers: Vec<Sym>,
    /// Further services that it covers.
    pub services: Vec<Sym>,
}

impl RuleLogsource {
    /// Interns the names of a rule's logsource.
    #[must_use]
    pub fn new(names: &LogsourceNames, schema: &mut SchemaBuilder) -> Self {
        let own = Logsource {
            product: schema.sym(&names.product),
            category: schema.sym(&names.category),
            service: schema.sym(&names.service),
        };
        let covers = (COVERS.iter().filter(|(c, _)| *c == names.category))
            .flat_map(|(_, all)| all.iter().map(|c| schema.sym(c)).collect::<Vec<_>>())
            .collect();
        let services = (SERVICES.iter())
            .filter(|(p, s, _)| (*p, *s) == (&*names.product, &*names.service))
            .flat_map(|(_, _, all)| all.iter().map(|s| schema.sym(s)).collect::<Vec<_>>())
            .collect();
        Self { own, covers, services }
    }

    /// Whether the rule is for events of that logsource.
    #[must_use]
    pub fn matches(&self, event: Logsource) -> bool {
        let part = |rule: Sym, event: Sym| rule == Sym::NONE || rule == event;
        part(self.own.product, event.product)
            && (part(self.own.service, event.service) || self.services.contains(&event.service))
            && (part(self.own.category, event.category) || self.covers.contains(&event.category))
    }
}

impl LogsourceNames {
    /// `product/category/service` with `-` for what is absent.
    #[must_use]
    pub fn display(&self) -> String {
        let part = |p: &str| if p.is_empty() { "-".to_owned() } else { p.to_owned() };
        format!("{}/{}/{}", part(&self.product), part(&self.category), part(&self.service))
    }

    /// Whether a filter for `self` applies to rules for `rule`.
    #[must_use]
    pub fn covers(&self, rule: &Self) -> bool {
        let part = |own: &str, other: &str| own.is_empty() || own == other;
        part(&self.product, &rule.product) && part(&self.category, &rule.category) && part(&self.service, &rule.service)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(p: &str, c: &str, s: &str, b: &mut SchemaBuilder) -> RuleLogsource {
        RuleLogsource::new(&LogsourceNames { product: p.into(), category: c.into(), service: s.into() }, b)
    }

    #[test]
    fn absent_parts() {
        let mut b = SchemaBuilder::new();
        let windows = rule("windows", "", "", &mut b);
        let registry = rule("windows", "registry_event", "", &mut b);
        let database = rule("", "database", "", &mut b);
        let any = rule("", "", "", &mut b);
        let audit = rule("m365", "", "audit", &mut b);
        let exchange = rule("m365", "", "exchange", &mut b);
        let detection = rule("m365", "", "threat_detection", &mut b);
        let s = b.freeze();
        let event = |p: &str, c: &str, sv: &str| s.logsource(p, c, sv);
        assert!(windows.matches(event("windows", "process_creation", "sysmon")));
        assert!(registry.matches(event("windows", "registry_set", "")));
        assert!(!registry.matches(event("windows", "file_event", "")));
        assert!(!registry.matches(event("windows", "", "security")), "unknown in the event");
        assert!(!database.matches(event("windows", "", "security")));
        assert!(any.matches(event("", "", "")));
        assert!(audit.matches(event("m365", "", "exchange")) && audit.matches(event("m365", "", "audit")));
        assert!(
            !exchange.matches(event("m365", "", "audit")) && detection.matches(event("m365", "", "threat_management"))
        );
        assert!(!windows.matches(event("", "", "")));
    }
}
