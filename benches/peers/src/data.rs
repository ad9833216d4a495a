//! The rules and events that both engines get.

use std::path::{Path, PathBuf};

use anyhow::Context;
use secstream::detect::{RuleFile, files};

/// What is compared on.
pub struct Data {
    /// The rule files, sorted by path.
    pub rules: Vec<RuleFile>,
    /// The events, one JSON object a line.
    pub events: String,
}

impl Data {
    /// The rules and events of the shared data; `None`, said aloud, without them.
    pub fn find() -> anyhow::Result<Option<Self>> {
        let dir = std::env::var_os("SECSTREAM_SHARED_DATA")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
        let (rules, events) = (dir.join("sigma"), dir.join("evtx-ndjson/events.ndjson"));
        if !rules.is_dir() || !events.is_file() {
            println!("skipped: {} has no rules and events", dir.display());
            return Ok(None);
        }
        let text = std::fs::read_to_string(&events).with_context(|| events.display().to_string())?;
        Ok(Some(Self { rules: files::read(&[rules]), events: text }))
    }

    /// Every so many-th rule file, so that `wanted` are left.
    pub fn some_rules(&self, wanted: usize) -> Vec<RuleFile> {
        let all = self.rules.len();
        let wanted = wanted.min(all);
        (0..wanted).filter_map(|i| self.rules.get(i * all / wanted)).cloned().collect()
    }
}
