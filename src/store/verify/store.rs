//! Checks the store itself: the file, every chain, every copy of a record.

use super::{Finding, sha256_hex};
use crate::store::Store;
use crate::store::error::Result;
use crate::store::ops;

impl Store {
    /// Recomputes every hash in the store; an empty list is good news.
    pub fn verify(&self) -> Result<Vec<Finding>> {
        self.read(|c| {
            let mut findings = Vec::new();
            let mut add = |item: String, problem: &str| findings.push(Finding { item, problem: problem.to_owned() });
            let mut s = c.prepare("PRAGMA integrity_check(10)")?;
            for line in s.query_map([], |r| r.get::<_, String>(0))? {
                let line = line?;
                if line != "ok" {
                    add("database".to_owned(), &line);
                }
            }
            let in_order = ops::select(c, "1", [])?;
            super::audit::chains(in_order.clone(), &mut findings);
            // Where the log itself was changed, all that follows from it would be named as well.
            if findings.is_empty() {
                super::tables::compare(c, &in_order, &mut findings)?;
            }
            super::machine::compare(c, &mut findings)?;
            crate::store::seals::compare(c, &mut findings)?;
            let mut add = |item: String, problem: &str| findings.push(Finding { item, problem: problem.to_owned() });
            let mut s = c.prepare("SELECT key, raw, sha256 FROM evidence WHERE raw IS NOT NULL ORDER BY key")?;
            let mut rows = s.query([])?;
            while let Some(r) = rows.next()? {
                let raw = r.get_ref(1)?.as_blob().unwrap_or_default();
                if r.get::<_, Option<String>>(2)?.as_deref() != Some(&sha256_hex(raw)) {
                    add(format!("event {}", r.get::<_, String>(0)?), "raw bytes do not match their SHA-256");
                }
            }
            Ok(findings)
        })
    }
}
