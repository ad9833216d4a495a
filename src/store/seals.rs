//! Digests of what readings note: of sources and of rules.
//!
//! No operation stands behind these rows, each reading may write them anew; so each
//! carries the digest that it has in an export, written with every change of it.

use rusqlite::{Connection, params};

use super::error::Result;
use super::export::{rule_json, source_json};
use super::verify::Finding;

/// Writes the digest of a source as it is now.
pub(super) fn source(c: &Connection, row: i64) -> Result<()> {
    let digest = source_json(c, row)?["digest"].as_str().map(str::to_owned);
    c.prepare_cached("UPDATE sources SET digest = ?2 WHERE id = ?1 AND digest IS NOT ?2")?
        .execute(params![row, digest])?;
    Ok(())
}

/// Writes the digest of a rule as it is now.
pub(super) fn rule(c: &Connection, id: &str, sha256: &str) -> Result<()> {
    let digest = rule_json(c, id, Some(sha256))?["digest"].as_str().map(str::to_owned);
    c.prepare_cached("UPDATE rules SET digest = ?3 WHERE id = ?1 AND sha256 = ?2 AND digest IS NOT ?3")?
        .execute(params![id, sha256, digest])?;
    Ok(())
}

/// A source: its row and name, and the digest that was written.
type Source = (i64, String, Option<String>);
/// A rule: its id, the hash of its text, and the digest that was written.
type Rule = (String, String, Option<String>);

fn sources(c: &Connection) -> Result<Vec<Source>> {
    let mut s = c.prepare("SELECT id, name, digest FROM sources ORDER BY id")?;
    let rows = s.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn rules(c: &Connection) -> Result<Vec<Rule>> {
    let mut s = c.prepare("SELECT id, sha256, digest FROM rules ORDER BY id, sha256")?;
    let rows = s.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Writes the digests of all rows: of a store that a version without them made.
pub(super) fn fill(c: &Connection) -> Result<()> {
    sources(c)?.iter().try_for_each(|(row, ..)| source(c, *row))?;
    rules(c)?.iter().try_for_each(|(id, sha256, _)| rule(c, id, sha256))
}

/// The rows that are not what their digests say.
pub(super) fn compare(c: &Connection, findings: &mut Vec<Finding>) -> Result<()> {
    const OTHER: &str = "its name, path, format, time, hash, size or counts were changed: it does not match its digest";
    const RULE: &str = "its title, version or the hash of its text was changed: it does not match its digest";
    for (row, name, digest) in sources(c)? {
        if source_json(c, row)?["digest"].as_str() != digest.as_deref() {
            findings.push(Finding { item: format!("source {name} (row {row})"), problem: OTHER.to_owned() });
        }
    }
    for (id, sha256, digest) in rules(c)? {
        if rule_json(c, &id, Some(&sha256))?["digest"].as_str() != digest.as_deref() {
            findings.push(Finding { item: format!("rule {id}"), problem: RULE.to_owned() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::event::SourceId;
    use crate::store::tests::filled;
    use crate::store::{RuleRecord, SourceEnd, Store};

    fn read() -> Store {
        let mut s = filled(1);
        let (sha256, size) = ("ab".to_owned(), 9);
        let end = SourceEnd { sha256, size, lines: 6, records: 6, complete: true, ..SourceEnd::default() };
        s.finish_source(SourceId(0), &end).unwrap();
        let (id, title) = ("r".to_owned(), "A rule".to_owned());
        s.set_rules(&[RuleRecord { id, title, sha256: "cd".to_owned(), version: "1".to_owned() }]).unwrap();
        s
    }

    /// Whatever is changed of what readings noted is named, once.
    #[test]
    fn every_changed_column_is_named() {
        assert_eq!(read().verify().unwrap(), []);
        // What no document has.
        let others = ["ingested", "updated", "given_by", "withdrawn", "withdrawn_by", "entity", "rule_sha256"];
        let times = ["time_ref", "year_given", "snoozed_until", "decided_at", "decided_revision"];
        let mut looked_at = 0;
        for (table, item) in [("sources", "source auth.log"), ("rules", "rule r"), ("alerts", "alert a0")] {
            let question = format!("SELECT name FROM pragma_table_info('{table}') WHERE name <> 'first_seen'");
            let s = read();
            let mut q = s.conn.prepare(&question).unwrap();
            let columns: Vec<String> = q.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect();
            for column in columns.iter().map(String::as_str) {
                if others.contains(&column) || column == "log" || (table, column) == ("alerts", "id") {
                    continue;
                }
                let value = if column == "complete" {
                    "1 - complete".to_owned()
                } else if times.contains(&column) {
                    format!("coalesce({column}, 0) + 1")
                } else {
                    format!(
                        "CASE typeof({column}) WHEN 'text' THEN {column} || 'x' WHEN 'null' THEN 'x' ELSE {column} + 1 END"
                    )
                };
                let s = read();
                s.conn.pragma_update(None, "foreign_keys", false).unwrap();
                s.conn.execute(&format!("UPDATE {table} SET {column} = {value}"), []).unwrap();
                let found = s.verify().unwrap();
                assert!(found.len() == 1 && found[0].item.starts_with(item), "{table}.{column}: {found:?}");
                looked_at += 1;
            }
        }
        assert!(looked_at > 30, "{looked_at}");
    }

    /// A digest that is taken away is no way around it.
    #[test]
    fn a_row_without_its_digest_is_named() {
        let s = read();
        s.conn.execute_batch("UPDATE sources SET digest = NULL; UPDATE rules SET digest = NULL").unwrap();
        assert_eq!(s.verify().unwrap().len(), 2);
    }
}
