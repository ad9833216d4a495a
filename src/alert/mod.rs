//! What detection says: alerts, their evidence, their score and their route.

use std::sync::Arc;

use serde::Serialize;

use crate::event::{Severity, SourceId, Ts};

/// Most evidence references an alert keeps; `matched_total` counts them all.
pub const MAX_EVIDENCE: usize = 1_000;

/// Where one record that supports an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EvidenceRef {
    /// The source.
    pub source: SourceId,
    /// Byte offset in the (decompressed) source.
    pub offset: u64,
    /// Length in bytes.
    pub len: u64,
    /// First line, 1-based.
    pub line: u64,
    /// Event time.
    pub time: Ts,
    /// [`crate::event::hash64`] of the raw bytes.
    pub hash: u64,
}

/// Where a record is found by people: the file and the place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordPlace<'a> {
    /// The file's name.
    pub file: &'a str,
    /// First line, 1-based.
    pub line: u64,
    /// Byte offset in the (decompressed) file.
    pub offset: u64,
    /// Of a followed log that was rotated or cut: which of the files that stood under
    /// its name, from 0.
    pub part: Option<usize>,
}

impl RecordPlace<'_> {
    fn to_json(self) -> serde_json::Value {
        let mut v = serde_json::json!({"file": self.file, "line": self.line, "offset": self.offset});
        if let (Some(part), Some(o)) = (self.part, v.as_object_mut()) {
            o.insert("part".to_owned(), part.into());
        }
        v
    }
}

/// Life of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum AlertState {
    /// Further evidence may still join it.
    #[default]
    Open,
    /// Quiet for its cooldown, cut at the longest length, or the input ended.
    Closed,
}

/// What kind of rule raised it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum RuleType {
    /// A Sigma detection.
    #[default]
    Detection,
    /// A Sigma correlation.
    Correlation,
    /// A learned model.
    Model,
    /// The LLM.
    Llm,
}

impl RuleType {
    /// The word in outputs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Detection => "detection",
            Self::Correlation => "correlation",
            Self::Model => "model",
            Self::Llm => "llm",
        }
    }
}

/// What an alert is about. Trouble of operations is kept apart from attacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// An attack, or what may be one.
    #[default]
    Security,
    /// A machine or service in trouble: full disks, crashes, time-outs.
    Operations,
}

impl Category {
    /// The word in outputs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Security => "security",
            Self::Operations => "operations",
        }
    }

    /// The category of that name; security for any other.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        if name == "operations" { Self::Operations } else { Self::Security }
    }
}

/// Which stage decided, why, and at what cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
pub struct Route {
    /// `rules`, `models` or `llm`.
    pub stage: String,
    /// Why it stopped there.
    pub reason: String,
    /// Cost of the deciding stage in whole µs; a rule costs less than one.
    pub cost_us: u64,
}

/// Lists of an alert that do not name all there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cut {
    /// Source addresses.
    pub ips: bool,
    /// Accounts.
    pub users: bool,
    /// Machines.
    pub hosts: bool,
}

/// An alert: one episode of one rule for one entity, under one id.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Alert {
    /// Hash of rule id, group key, and time and raw hash of the first evidence:
    /// 32 hex digits. Never of path, offset, rule version or count.
    pub id: String,
    /// Grows with each update under the same id; starts at 1.
    pub revision: u32,
    /// Open or closed.
    pub state: AlertState,
    /// Title of the rule.
    pub rule: Arc<str>,
    /// Id of the rule (UUID).
    pub rule_id: Arc<str>,
    /// Kind of rule.
    pub rule_type: RuleType,
    /// Attack, or trouble of operations.
    pub category: Category,
    /// Severity, from the rule's level.
    pub severity: Severity,
    /// Risk score, 0 to 100, rounded to 1e-3.
    pub score: f64,
    /// Named parts that add up to `score`.
    pub score_parts: Vec<(String, f64)>,
    /// 0 to 1.
    pub confidence: f64,
    /// Description of the rule.
    pub description: Arc<str>,
    /// Time of the first evidence in canonical order.
    pub timestamp: Ts,
    /// Time of the last evidence.
    pub last: Ts,
    /// The source address, where there is just one or the first.
    pub src_ip: Option<String>,
    /// The source addresses seen, in order of appearance, at most 100.
    pub src_ips: Vec<String>,
    /// The account, where evidence has just one.
    pub user: Option<String>,
    /// The accounts seen, in order of appearance, at most 14, and who got in.
    pub users: Vec<String>,
    /// The machine, the first where there are several.
    pub host: Option<String>,
    /// The machines seen, in order of appearance, at most 14; not put out.
    pub hosts: Vec<String>,
    /// Of which of these lists there is more than they hold.
    pub cut: Cut,
    /// Acts counted.
    pub count: u64,
    /// Window of the rule in seconds; 0 for a single event.
    pub window_seconds: u64,
    /// Rule id and group key, for people and for grouping: `rule|field=value,…`.
    pub dedup_key: String,
    /// One sentence.
    pub message: String,
    /// ATT&CK technique ids, e.g. `T1110.001`.
    pub techniques: Vec<String>,
    /// ATT&CK tactics, e.g. `credential-access`.
    pub tactics: Vec<String>,
    /// Which stage decided.
    pub route: Route,
    /// The first and up to [`MAX_EVIDENCE`] references, canonical order.
    pub evidence: Vec<EvidenceRef>,
    /// How many records match in all.
    pub matched_total: u64,
    /// How many alerts of the rule are told in this one alone, because there were too many;
    /// 0 for an ordinary alert.
    pub gathered: u64,
    /// Id of the alert that tells the same attack and stands for this one.
    pub covered_by: Option<String>,
    /// Ids of the alerts that this one stands for, sorted, at most [`MAX_EVIDENCE`].
    pub covers: Vec<String>,
}

impl Alert {
    /// The entity that the alert is about: source address, else account, else machine.
    #[must_use]
    pub fn entity(&self) -> String {
        if let Some(ip) = &self.src_ip {
            return ip.clone();
        }
        if let Some(u) = &self.user {
            return format!("user:{u}");
        }
        self.host.as_ref().map_or_else(|| "-".to_owned(), |h| format!("host:{h}"))
    }

    /// The object of the headless contract (`--alerts`); `names` gives the
    /// inputs' names as the user gave them, by source number.
    #[must_use]
    pub fn to_json(&self, names: &[String]) -> serde_json::Value {
        self.to_json_at(&|e| RecordPlace {
            file: names.get(e.source.0 as usize).map_or("", String::as_str),
            line: e.line,
            offset: e.offset,
            part: None,
        })
    }

    /// The same, where `place` says in which file each record is.
    #[must_use]
    pub fn to_json_at<'a>(&self, place: &dyn Fn(&EvidenceRef) -> RecordPlace<'a>) -> serde_json::Value {
        let first = self.evidence.first().map(place);
        let parts: serde_json::Map<String, serde_json::Value> =
            self.score_parts.iter().map(|(n, p)| (n.clone(), (*p).into())).collect();
        let mut value = serde_json::json!({
            "timestamp": self.timestamp,
            "last": self.last,
            "id": self.id,
            "revision": self.revision,
            "state": self.state,
            "rule": &*self.rule,
            "rule_id": &*self.rule_id,
            "rule_type": self.rule_type.as_str(),
            "category": self.category.as_str(),
            "severity": self.severity,
            "score": self.score,
            "score_parts": parts,
            "confidence": self.confidence,
            "description": &*self.description,
            "src_ip": self.src_ip,
            "src_ips": self.src_ips,
            "user": self.user,
            "src_ips_cut": self.cut.ips,
            "users": self.users,
            "users_cut": self.cut.users,
            "host": self.host,
            "count": self.count,
            "window_seconds": self.window_seconds,
            "dedup_key": self.dedup_key,
            "message": self.message,
            "techniques": self.techniques,
            "tactics": self.tactics,
            "route": self.route,
            "file": first.map(|p| p.file),
            "line": first.map(|p| p.line),
            "matched_events": self.evidence.iter().map(|e| place(e).to_json()).collect::<Vec<_>>(),
            "matched_total": self.matched_total,
            "covered_by": self.covered_by,
            "covers": self.covers,
        });
        let listed = self.evidence.len() as u64;
        if let Some(members) = value.as_object_mut() {
            if self.gathered > 0 {
                members.insert("gathered".to_owned(), self.gathered.into());
            }
            if self.gathered > 0 || listed < self.matched_total.min(MAX_EVIDENCE as u64) {
                members.insert("matched_listed".to_owned(), listed.into());
            }
        }
        value
    }
}
