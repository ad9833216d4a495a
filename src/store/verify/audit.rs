//! The log of operations at a glance: how long it is, who wrote last, whether
//! its chains hold.

use super::Finding;
use crate::event::Ts;
use crate::store::Store;
use crate::store::canonical::digest;
use crate::store::error::Result;
use crate::store::ops::{self, GENESIS, Operation, link};
use crate::store::uint;

/// The log of operations at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Audit {
    /// Operations.
    pub entries: u64,
    /// Analysts with a chain.
    pub writers: u64,
    /// When and by whom the last was written.
    pub last: Option<(Ts, String)>,
}

impl Store {
    /// How long the log of operations is and who wrote last.
    pub fn audit(&self) -> Result<Audit> {
        self.read(|c| {
            let (entries, writers) = c
                .prepare_cached("SELECT count(*), count(DISTINCT writer) FROM ops")?
                .query_row([], |r| Ok((uint(r.get(0)?), uint(r.get(1)?))))?;
            let mut s = c.prepare_cached("SELECT time, writer FROM ops ORDER BY pos DESC LIMIT 1")?;
            let last = s.query_map([], |r| Ok((Ts(r.get(0)?), r.get(1)?)))?.next().transpose()?;
            Ok(Audit { entries, writers, last })
        })
    }

    /// How much in the chains of operations does not fit.
    pub fn broken_chains(&self) -> Result<usize> {
        self.read(|c| {
            let mut findings = Vec::new();
            chains(ops::select(c, "1", [])?, &mut findings);
            Ok(findings.len())
        })
    }
}

/// Follows each writer's chain.
pub(super) fn chains(mut all: Vec<Operation>, findings: &mut Vec<Finding>) {
    let mut add = |item: String, problem: &str| findings.push(Finding { item, problem: problem.to_owned() });
    let (mut writer, mut seq, mut prev) = (String::new(), 0, String::new());
    all.sort_by(|a, b| (&a.writer, a.seq).cmp(&(&b.writer, b.seq)));
    for op in all {
        if op.writer != writer {
            (writer, seq, prev) = (op.writer.clone(), 0, GENESIS.to_owned());
        }
        seq += 1;
        let name = format!("operation {} ({} number {})", op.id, op.writer, op.seq);
        if op.seq != seq {
            add(format!("chain of {writer}"), &format!("number {seq} is missing"));
            seq = op.seq;
        }
        if op.body != digest(&op.content()) {
            add(name.clone(), "its content was changed: it does not match its hash");
        }
        if op.prev != prev || op.hash != link(&op.writer, op.seq, &op.prev, &op.body) {
            add(name, "does not fit into its writer's chain");
        }
        prev = op.hash;
    }
}
