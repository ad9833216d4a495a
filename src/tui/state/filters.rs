//! The editable list of filters over a list of rows.

use crate::event::Ts;
use crate::query::{self, Query, QueryError};
use crate::tui::data::alert::words;

/// One filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The expression.
    pub text: String,
    /// Hides what matches, instead of keeping it.
    pub out: bool,
    /// Switched on.
    pub on: bool,
}

impl Filter {
    /// The way it is shown: `+src_ip=10.0.0.1`, `-process=cron`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}{}", if self.out { '-' } else { '+' }, self.text)
    }
}

/// Filters that all must agree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filters {
    /// In the order in which they were added.
    pub list: Vec<Filter>,
    /// They are about alerts, not about events.
    pub alerts: bool,
}

impl Filters {
    /// Without any filter, over alerts.
    #[must_use]
    pub fn of_alerts() -> Self {
        Self { list: Vec::new(), alerts: true }
    }

    /// Reads an expression over what this list is about.
    ///
    /// # Errors
    /// Where it is no expression.
    pub fn parse(&self, text: &str, now: Ts) -> Result<Query, QueryError> {
        Query::parse_with(text, now, if self.alerts { words } else { query::of_events })
    }

    /// The active ones as one expression; empty where there is none.
    #[must_use]
    pub fn expression(&self) -> String {
        let mut parts = Vec::new();
        for f in self.list.iter().filter(|f| f.on) {
            let plain = !f.text.contains(char::is_whitespace);
            parts.push(match (f.out, plain) {
                (false, true) => f.text.clone(),
                (false, false) => format!("({})", f.text),
                (true, true) => format!("not {}", f.text),
                (true, false) => format!("not ({})", f.text),
            });
        }
        parts.join(" and ")
    }

    /// The active ones for people; empty where there is none.
    #[must_use]
    pub fn label(&self) -> String {
        self.list.iter().filter(|f| f.on).map(Filter::label).collect::<Vec<_>>().join("  ")
    }

    /// Checks an expression and adds it, switched on. One that is there
    /// already is switched on instead of added twice.
    ///
    /// # Errors
    /// Where it is no expression.
    pub fn add(&mut self, text: &str, out: bool, now: Ts) -> Result<(), QueryError> {
        let q = self.parse(text, now)?;
        let text = q.text().to_owned();
        if text.is_empty() {
            return Ok(());
        }
        if let Some(f) = self.list.iter_mut().find(|f| f.text == text) {
            f.on = true;
            f.out = out;
        } else {
            self.list.push(Filter { text, out, on: true });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_become_one_expression() {
        let mut f = Filters::default();
        f.add("src_ip=10.0.0.1", false, Ts(0)).expect("parses");
        f.add("user=root or user=admin", false, Ts(0)).expect("parses");
        f.add("process=cron", true, Ts(0)).expect("parses");
        f.add("process=cron", true, Ts(0)).expect("parses");
        assert_eq!(f.expression(), "src_ip=10.0.0.1 and (user=root or user=admin) and not process=cron");
        assert!(Query::parse(&f.expression(), Ts(0)).is_ok());
        f.list[0].on = false;
        assert_eq!(f.label(), "+user=root or user=admin  -process=cron");
        assert!(f.add("user=(", false, Ts(0)).is_err());
    }
}
