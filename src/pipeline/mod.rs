//! The one way of an event, on threads: sources are read, framed, parsed and
//! matched in parallel; a sequencer restores canonical order and runs the
//! stateful stages; sinks and snapshots hang off its end.
//!
//! ```text
//!            tokens                    results
//! sequencer ───────▶ workers: read ─▶ parse ─▶ match ───────▶ sequencer
//!   lanes (one per source: order, clock) ─▶ merge ─▶ state ─▶ sinks, snapshot
//! ```
//!
//! A worker reads a source under that source's lock and parses outside it, so
//! one file keeps all workers busy. Nothing grows without bound: a lane has a
//! few batches under way, and its next token is given out when one is done.

mod alert_effect;
mod around;
pub mod backtest;
mod block_hits;
mod clocks;
pub mod compare;
mod counts;
mod effect;
mod entering;
mod feed;
mod feed_write;
mod grounds;
mod growth;
mod histogram;
mod lane;
mod lanes;
mod latency;
mod logs;
mod matched;
mod newcomers;
mod opening;
mod options;
mod outputs;
pub mod policy;
mod publisher;
mod reads;
mod reloading;
mod report_sink;
pub mod rule_cache;
mod rule_sides;
mod rule_tests;
mod rule_watch;
mod runs;
mod scope;
mod sequencer;
mod session;
mod sinks;
mod snapshot;
mod store_logs;
mod store_sink;
mod template_sink;
mod work;

pub use alert_effect::{AlertEffect, Raised};
pub use counts::Counts;
pub use effect::{Effect, Effects, Progress, Question, RuleEffect, Way};
pub use feed::{Feed, Filtered, Piece};
pub use feed_write::{Form, Written};
pub use grounds::{Grounds, is_cut};
pub use histogram::{Bars, Histogram};
pub use latency::Latency;
pub use logs::{Logs, open_log};
pub use options::{LoadRules, LoadedRules, OnChange, SessionOptions};
pub use outputs::OutputFailure;
pub use policy::{Policy, Ruling, RulingHits};
pub use report_sink::ReportSink;
pub use rule_cache::RulesFrom;
pub use rule_sides::RuleSides;
pub use rule_tests::RuleTests;
pub use rule_watch::{RuleWatcher, watch_rules};
pub use runs::Runs;
pub use scope::{Scope, Wanted};
pub use session::Session;
pub use sinks::{AlertSink, EventSink, MatchSink, OpenedSource, Sink, SinkContext};
pub use snapshot::{Phase, RuleProblem, Snapshot, SourceStatus};
pub use store_logs::known_parts;
pub use store_sink::StoreSink;
pub use template_sink::TemplateSink;

use publisher::Publisher;
