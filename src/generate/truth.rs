//! Ground truth: which records belong to which attack.
//!
//! One JSON object per story: `story, technique, src_ip, user, host, first,
//! last, lines`. `lines` are record numbers from 1 in the one log, or
//! `{file, line}` where each source has its own file. A value that is one of
//! several is a list. A story that was asked for and has no room in the log has
//! no lines, and the reason under `left_out`.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::event::Ts;

/// One record of a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TruthLine {
    /// Number of the source among `sources()`.
    pub source: u16,
    /// Record number in the one interleaved log, from 1.
    pub in_log: u64,
    /// Record number in the source's own file, from 1.
    pub in_file: u64,
}

/// What a story did, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct StoryTruth {
    /// The story's name.
    pub story: &'static str,
    /// ATT&CK techniques.
    pub technique: Vec<&'static str>,
    /// The attacker's addresses.
    pub src_ip: Vec<String>,
    /// Accounts attacked or misused.
    pub user: Vec<String>,
    /// Hosts on which it is to be seen.
    pub host: Vec<String>,
    /// Time of the first record.
    pub first: Ts,
    /// Time of the last record.
    pub last: Ts,
    /// Its records, in order.
    pub lines: Vec<TruthLine>,
}

/// A story that was asked for and is not in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The story's name.
    pub story: &'static str,
    /// ATT&CK techniques.
    pub technique: Vec<&'static str>,
    /// Why it is not in it.
    pub why: String,
}

/// The ground truth of a generated log.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Truth {
    /// The stories, in order of their first record.
    pub stories: Vec<StoryTruth>,
    /// Stories that were asked for and are not in it, by name.
    pub left_out: Vec<LeftOut>,
    /// Records written in all.
    pub records: u64,
}

impl StoryTruth {
    /// The object of the truth file; `per_file` names lines by file.
    #[must_use]
    pub fn to_json(&self, per_file: bool) -> Value {
        let lines: Vec<Value> = self
            .lines
            .iter()
            .map(|l| {
                if per_file {
                    json!({"file": super::source_file(l.source), "line": l.in_file})
                } else {
                    json!(l.in_log)
                }
            })
            .collect();
        json!({
            "story": self.story,
            "technique": one_or_list(&self.technique),
            "src_ip": one_or_list(&self.src_ip),
            "user": one_or_list(&self.user),
            "host": one_or_list(&self.host),
            "first": self.first.to_rfc3339(),
            "last": self.last.to_rfc3339(),
            "lines": lines,
        })
    }
}

impl LeftOut {
    /// Its object in the truth file: without lines, with the reason.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "story": self.story,
            "technique": one_or_list(&self.technique),
            "src_ip": null, "user": null, "host": null, "first": null, "last": null, "lines": [],
            "left_out": self.why,
        })
    }
}

impl Truth {
    /// The truth file: one object a line.
    #[must_use]
    pub fn to_jsonl(&self, per_file: bool) -> String {
        let mut out = String::new();
        for s in &self.stories {
            let _ = writeln!(out, "{}", s.to_json(per_file));
        }
        for s in &self.left_out {
            let _ = writeln!(out, "{}", s.to_json());
        }
        out
    }
}

fn one_or_list<T: AsRef<str>>(items: &[T]) -> Value {
    match items {
        [] => Value::Null,
        [one] => json!(one.as_ref()),
        many => many.iter().map(|i| json!(i.as_ref())).collect(),
    }
}
