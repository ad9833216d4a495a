//! The cases and the one that is open.

use std::sync::Arc;

use super::list::Cursor;
use crate::tui::data::{CaseDetail, CaseItem, CaseView};

/// State of the screen.
#[derive(Debug, Clone, Default)]
pub struct Cases {
    /// All cases, newest change first.
    pub list: Arc<Vec<CaseView>>,
    /// Cursor in the list.
    pub cursor: Cursor,
    /// The case in the side pane.
    pub open: Option<Arc<CaseDetail>>,
    /// Cursor in its items.
    pub items: Cursor,
    /// What find looks for.
    pub find: String,
}

impl Cases {
    /// The case under the cursor.
    #[must_use]
    pub fn current(&self) -> Option<&CaseView> {
        self.list.get(self.cursor.at)
    }

    /// The open case's item under its cursor.
    #[must_use]
    pub fn item(&self) -> Option<&CaseItem> {
        self.open.as_ref().and_then(|c| c.items.get(self.items.at))
    }
}
