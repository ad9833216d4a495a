//! The one table of actions. Dispatch, help, palette, hint bar, `docs/keys.md`
//! and the conflict check are all made from it; nothing else names a key.

/// Where an action can be used: a set of places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places(pub u16);

impl Places {
    /// The triage queue.
    pub const TRIAGE: Self = Self(1);
    /// The feed.
    pub const LIVE: Self = Self(1 << 1);
    /// Cases.
    pub const CASES: Self = Self(1 << 2);
    /// Rules.
    pub const RULES: Self = Self(1 << 3);
    /// Health.
    pub const HEALTH: Self = Self(1 << 4);
    /// The event-detail overlay.
    pub const DETAIL: Self = Self(1 << 5);
    /// The filter-list overlay.
    pub const FILTERS: Self = Self(1 << 6);
    /// The rule editor.
    pub const EDIT: Self = Self(1 << 7);
    /// All screens, no overlay.
    pub const SCREENS: Self = Self(0b1001_1111);
    /// Everywhere that keys are commands.
    pub const ALL: Self = Self(0b1111_1111);

    /// Union.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the two sets meet.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Each single place with its name, in the order of the documents.
    pub const EACH: &'static [(Self, &'static str)] = &[
        (Self::TRIAGE, "Triage"),
        (Self::LIVE, "Live"),
        (Self::CASES, "Cases"),
        (Self::RULES, "Rules"),
        (Self::EDIT, "Rule editor"),
        (Self::HEALTH, "Health"),
        (Self::DETAIL, "Event detail"),
        (Self::FILTERS, "Filter list"),
    ];
}

/// One row of the table.
#[derive(Debug)]
pub struct Action {
    /// What it does.
    pub act: Act,
    /// Its name in configuration and palette: `kebab-case`.
    pub id: &'static str,
    /// One or two words for the hint bar.
    pub hint: &'static str,
    /// One line for help and documents.
    pub help: &'static str,
    /// Default keys; a blank separates the keys of a sequence.
    pub keys: &'static [&'static str],
    /// Where it works.
    pub places: Places,
    /// How early it stands in the hint bar; 0 is never.
    pub rank: u8,
}

macro_rules! actions {
    ($($group:literal { $($act:ident $id:literal [$($key:literal),*] $places:expr, $rank:literal, $hint:literal, $help:literal;)+ })+) => {
        /// Everything a user can ask for with a key or in the palette.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Act { $($(#[doc = $help] $act,)+)+ }

        /// The table, in the order of the documents.
        pub const ACTIONS: &[Action] = &[$($(Action {
            act: Act::$act, id: $id, hint: $hint, help: $help, keys: &[$($key),*], places: $places, rank: $rank,
        },)+)+];

        /// Group headings with the number of actions in each.
        pub const GROUPS: &[(&str, usize)] = &[$(($group, [$(Act::$act),+].len()),)+];
    };
}

const T: Places = Places::TRIAGE;
const L: Places = Places::LIVE;
const C: Places = Places::CASES;
const R: Places = Places::RULES;
const E: Places = Places::EDIT;
const H: Places = Places::HEALTH;
const D: Places = Places::DETAIL;
const F: Places = Places::FILTERS;
const S: Places = Places::SCREENS;
const ALL: Places = Places::ALL;
const TL: Places = T.or(L);
const TLD: Places = TL.or(D);
const TLC: Places = TL.or(C);

actions! {
    "Move" {
        Down "down" ["j", "Down"] ALL, 0, "down", "one row down";
        Up "up" ["k", "Up"] ALL, 0, "up", "one row up";
        HalfDown "half-page-down" ["Ctrl-d"] ALL, 0, "half down", "half a page down";
        HalfUp "half-page-up" ["Ctrl-u"] ALL, 0, "half up", "half a page up";
        PageDown "page-down" ["PageDown", "Ctrl-f"] ALL, 0, "page down", "one page down";
        PageUp "page-up" ["PageUp"] ALL, 0, "page up", "one page up";
        Top "top" ["g g", "Home"] ALL, 0, "top", "to the first row";
        Bottom "bottom" ["G", "End"] ALL, 0, "newest", "to the last row (in the feed: newest, and follow)";
        Left "left" ["h", "Left"] TLC.or(R).or(E), 0, "left", "one cell to the left; in the message, scroll back";
        Right "right" ["l", "Right"] TLC.or(R).or(E), 0, "right", "one cell to the right; in the message, scroll on";
        NextPane "next-pane" ["Tab"] S, 0, "pane", "to the next pane";
        PrevPane "previous-pane" ["S-Tab"] S, 0, "pane back", "to the previous pane";
        Open "open" ["Enter"] TLC.or(R).or(F).or(E), 60, "open", "open what the cursor is on";
        Back "back" ["Esc"] ALL, 0, "back", "close the overlay, leave the selection; never quits";
        LastView "last-view" ["-"] S.or(D), 0, "last view", "back to the screen before this one";
    }
    "Screens" {
        GoTriage "triage" ["1", "g 1"] S.or(D), 0, "triage", "the queue of alerts, riskiest first";
        GoLive "live" ["2", "g 2"] S.or(D), 0, "live", "the feed of events";
        GoCases "cases" ["3", "g 3"] S.or(D), 0, "cases", "the cases";
        GoRules "rules" ["4", "g 4"] S.or(D), 0, "rules", "the rules";
        GoHealth "health" ["6", "g 6"] S.or(D), 0, "health", "sources, counts, rates, what was not loaded";
        Palette "palette" [":"] ALL, 20, "cmd", "all commands, by name";
        Help "help" ["?"] ALL, 10, "help", "the keys of this place";
        Quit "quit" ["q"] ALL, 0, "quit", "close the overlay; on a screen, leave the program";
    }
    "Find and filter" {
        Find "find" ["/"] TLC.or(R).or(E), 50, "find", "find text or an expression";
        FindNext "find-next" ["n"] TLC.or(R).or(E), 0, "next hit", "next hit";
        FindPrev "find-previous" ["N"] TLC.or(R).or(E), 0, "previous hit", "previous hit";
        FilterIn "filter-in" ["f"] TLD, 58, "filter in", "keep only rows with this cell's value";
        FilterOut "filter-out" ["F"] TLD, 57, "filter out", "hide rows with this cell's value";
        FilterType "filter" ["i"] TL, 0, "filter…", "type a filter expression";
        FilterClear "filter-clear" ["\\"] TL, 0, "clear filters", "remove all filters";
        FilterList "filter-list" ["="] TL, 40, "filters", "the list of filters, to edit or switch off";
        FilterToggle "filter-toggle" ["Space"] F, 60, "on/off", "switch the filter on or off";
        FilterFlip "filter-flip" ["t"] F, 59, "in/out", "turn a filter in into a filter out, and back";
        FilterEdit "filter-edit" ["e"] F, 58, "edit", "edit the expression";
        FilterAdd "filter-add" ["a"] F, 57, "add", "add an expression";
        FilterDelete "filter-delete" ["d"] F, 56, "delete", "delete the filter";
        PartOrWhole "part" ["P"] L, 0, "part/whole", "the whole log, or only the part that --filter, --from and --to name";
        SameNext "same-entity-next" ["o"] L, 55, "same entity", "next event of the same entity";
        SamePrev "same-entity-previous" ["O"] L, 0, "same, back", "previous event of the same entity";
        Pivot "pivot" ["p"] TLD, 54, "pivot ±5m", "the feed five minutes around this, all sources";
        AlertNext "alert-next" ["]"] TL, 0, "next alert", "next alert (in the feed: next event of an alert)";
        AlertPrev "alert-previous" ["["] TL, 0, "previous alert", "previous alert";
        MarkNext "mark-next" ["M"] L, 0, "next mark", "next marked event";
    }
    "Time" {
        Pause "pause" ["Space"] L, 90, "pause/follow", "stop the feed while events go on being counted, or follow again";
        Faster "faster" ["}"] L, 0, "faster", "replay faster";
        Slower "slower" ["{"] L, 0, "slower", "replay slower";
        SeekTime "seek" ["@"] L, 0, "go to time", "go to a time";
        ZoomIn "zoom-in" ["z"] TL, 0, "zoom", "histogram: half the time span, around the cursor";
        ZoomOut "zoom-out" ["Z"] TL, 0, "zoom out", "histogram: double the time span";
        ShiftBack "shift-back" ["<"] TL, 0, "earlier", "histogram: earlier";
        ShiftOn "shift-on" [">"] TL, 0, "later", "histogram: later";
        TimeFilter "time-filter" ["t w"] L, 0, "window", "keep only events in the histogram's window";
    }
    "Triage" {
        Select "select" ["x"] T, 30, "select", "select or unselect the row";
        SelectLike "select-like" ["*"] T, 0, "all of rule", "select all alerts of this rule; again for this entity";
        Escalate "escalate" ["e"] TLD, 89, "escalate", "put it into a case";
        Dismiss "dismiss" ["d"] T, 88, "dismiss", "dismiss with a reason: false positive, benign, duplicate, test";
        Suppress "suppress" ["S"] T.or(R), 53, "suppress", "suppress such alerts from now on, or give them another level, with a reason and an end; on Rules: what is suppressed";
        Tag "tag" ["t"] T.or(C), 80, "tag", "add tags, separated by commas; -tag removes";
        Note "note" ["c"] TLC.or(D), 79, "note", "write a note";
        Mark "mark" ["m"] L.or(D), 70, "mark", "mark or unmark the event";
        ShowDismissed "show-dismissed" ["D"] T, 0, "show handled", "show or hide what is decided or covered by another";
        OpenRule "open-rule" ["r"] T, 56, "rule", "the rule that raised it";
        ActionMenu "menu" ["."] S.or(D), 0, "menu", "everything that can be done here";
        Undo "undo" ["u"] TLC.or(D), 25, "undo", "undo the last triage step";
    }
    "Cases" {
        CaseState "case-state" ["s"] C, 85, "state", "set the state: open, in progress, closed with a resolution";
        CaseAssign "case-assign" ["a"] C, 84, "assign", "assign the case";
        CaseTitle "case-title" ["T"] C, 0, "title", "rename the case";
        CaseRemove "case-remove" ["d"] C, 0, "remove item", "take the item out of the case";
        Export "export" ["X"] TLC, 83, "export", "export the case with its evidence and provenance";
    }
    "Rules" {
        OpenEditor "editor" ["e"] R, 86, "edit", "open the rule in the editor, with what it finds beside it (so does Enter)";
        EditRule "edit" ["Ctrl-e"] R, 85, "$EDITOR", "write the rule in $EDITOR; it is checked, tried and saved after";
        Insert "insert" ["i"] E, 90, "write", "write text; Esc ends it";
        LineBelow "line-below" ["o"] E, 0, "new line", "write on a new line below";
        CutLine "cut-line" ["d d"] E, 0, "cut line", "take the line out";
        TextUndo "text-undo" ["u"] E, 70, "undo", "take back the last change of the text";
        TextRedo "text-redo" ["U", "Ctrl-r"] E, 0, "redo", "do it again";
        Write "write" ["W"] E, 89, "save", "save the rule and load it (`:w`); a shipped rule is saved as a copy of your own";
        Backtest "backtest" ["B"] E, 84, "backtest", "look again what the rule finds now and would find";
        TextDiff "diff" ["D"] E, 59, "diff", "what differs from the text as it was saved (of a copy: from the shipped rule)";
        FieldHelp "field-help" ["K"] E, 58, "field help", "what the key, field and modifiers of this line mean, and values that the log has";
        Revert "revert" ["R"] E, 60, "revert", "back to the text as it was saved";
        NextProblem "problem-next" ["]"] E, 75, "next problem", "to the next line with something wrong";
        Tune "tune" ["T"] TLD, 55, "tune", "draft a filter for the rule from this event, with what it would lose beside it";
 Propose "propose" ["F"] R, 82, "propose filters", "filters from what was dismissed of the rule, by what they remove of the false and lose of the true";
        RulesOrder "rules-order" ["s"] R, 81, "order", "order rules by file, fired, precision, level, title or kind, in turn";
        RulesProblems "rules-problems" ["P"] R, 80, "problems", "show only rules with problems, or all";
    }
    "Copy and view" {
        CopyLine "copy-line" ["y y", "y l"] TLD, 35, "copy", "copy the raw line";
        CopyIoc "copy-ioc" ["y i"] TLD, 0, "copy IOC", "copy the address, or the account or machine";
        CopyJson "copy-json" ["y j"] TLD, 0, "copy JSON", "copy as JSON";
        CopyRule "copy-rule" ["y r"] T.or(R), 0, "copy rule id", "copy the rule's id";
        CopyQuery "copy-query" ["y q"] TL, 0, "copy query", "copy the active filters as one expression";
        WriteEvents "write-events" ["W"] L, 37, "write", "write the events that the filters keep to a new file: JSON lines, CSV or raw lines";
        ToggleView "view" ["v"] TLD, 45, "view", "fields, raw, JSON in turn; in Triage all words about the alert";
        Wrap "wrap" ["w"] L.or(D), 0, "wrap", "wrap long messages or cut them";
        Columns "columns" ["C"] L, 0, "columns", "which columns the feed shows";
    }
    "Program" {
        Redraw "redraw" ["Ctrl-l"] ALL, 0, "redraw", "draw the whole screen again";
        Suspend "suspend" ["Ctrl-z"] ALL, 0, "suspend", "suspend to the shell";
        Cancel "cancel" ["Ctrl-c"] ALL, 0, "cancel", "cancel what runs; twice to leave the program";
        NextTheme "theme" [] ALL, 0, "theme", "the next theme";
 MouseOnOff "mouse" [] ALL, 0, "mouse", "wheel and clicks in the workbench, or the terminal's own selection";
        About "about" [] ALL.or(H), 0, "about", "version, terminal and what it can do";
    }
}

impl Act {
    /// Its row.
    #[must_use]
    pub fn row(self) -> &'static Action {
        // The enum and the table come from one list, in one order.
        ACTIONS.get(self as usize).unwrap_or(&ACTIONS[0])
    }

    /// The action of that id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        ACTIONS.iter().find(|a| a.id == id).map(|a| a.act)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_rows_agree_with_the_enum() {
        let mut ids: Vec<_> = ACTIONS.iter().map(|a| a.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), ACTIONS.len());
        for a in ACTIONS {
            assert_eq!(a.act.row().id, a.id);
            assert_eq!(Act::from_id(a.id), Some(a.act));
        }
        assert_eq!(GROUPS.iter().map(|g| g.1).sum::<usize>(), ACTIONS.len());
    }
}
