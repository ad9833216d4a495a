//! Brings a database to the format of this version, in one transaction.
//!
//! `PRAGMA user_version` counts the migrations that a file has had; a file that
//! has had more than this version knows is refused untouched.

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::error::{Result, StoreError};

/// The migrations, in order; the first brings an empty file to format 1.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0004.sql"),
    include_str!("migrations/0005.sql"),
    include_str!("migrations/0006.sql"),
    include_str!("migrations/0007.sql"),
];

/// Marks a file as ours (`PRAGMA application_id`): "SECS".
const APPLICATION_ID: i64 = 0x5345_4353;

/// The format that brought digests of sources and rules.
const DIGESTS: i64 = 7;

/// The format that this version writes.
pub(super) const FORMAT: i64 = MIGRATIONS.len() as i64;

/// Format of the file, after the checks that need no writing.
pub(super) fn check(conn: &Connection, path: &Path) -> Result<i64> {
    // In this order: whoever sees tables that another process has just made sees its marks, too.
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0))?;
    let application: i64 = conn.query_row("PRAGMA application_id", [], |r| r.get(0))?;
    let found: i64 = conn.query_row("PRAGMA user_version", [], |r| r.get(0))?;
    if tables > 0 && application != APPLICATION_ID {
        return Err(StoreError::Foreign { path: path.to_owned() });
    }
    if found > FORMAT {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: FORMAT });
    }
    Ok(found)
}

/// Runs the migrations that are missing.
pub(super) fn migrate(conn: &mut Connection, path: &Path) -> Result<()> {
    migrate_with(conn, path, MIGRATIONS)
}

fn migrate_with(conn: &mut Connection, path: &Path, migrations: &[&str]) -> Result<()> {
    if check(conn, path)? >= migrations.len() as i64 {
        return Ok(());
    }
    let tx = Transaction::new(conn, TransactionBehavior::Immediate)?;
    // Another process may have migrated while this one waited for the lock.
    let found = check(&tx, path)?;
    for sql in migrations.iter().skip(usize::try_from(found).unwrap_or(0)) {
        tx.execute_batch(sql)?;
    }
    // What SQL cannot compute.
    if found < DIGESTS && migrations.len() as i64 >= DIGESTS {
        super::seals::fill(&tx)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", migrations.len() as i64)?;
    tx.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_migration_changes_nothing() {
        let mut c = Connection::open_in_memory().unwrap();
        let path = Path::new("x.db");
        migrate(&mut c, path).unwrap();
        // One that succeeds halfway and then fails.
        let more = [MIGRATIONS, &["CREATE TABLE half (a); CREATE TABLE half (a);"]].concat();
        assert!(migrate_with(&mut c, path, &more).is_err());
        assert_eq!(check(&c, path).unwrap(), FORMAT);
        assert!(c.query_row("SELECT 1 FROM sqlite_schema WHERE name='half'", [], |_| Ok(())).is_err());
    }

    #[test]
    fn every_older_format_is_brought_up_to_date_with_its_rows() {
        for n in 1..MIGRATIONS.len() {
            let mut c = Connection::open_in_memory().unwrap();
            let path = Path::new("x.db");
            migrate_with(&mut c, path, &MIGRATIONS[..n]).unwrap();
            c.execute_batch("INSERT INTO notes VALUES ('n', 'case:x', 'text', 'ann', 1)").unwrap();
            c.execute_batch(
                "INSERT INTO sources (name, fingerprint, format, timezone, first_seen) VALUES ('a', 'f', 'x', '', 1);
                 INSERT INTO rules (id, sha256, title, version, first_seen) VALUES ('r', 's', 't', '', 1);",
            )
            .unwrap();
            migrate(&mut c, path).unwrap();
            assert_eq!(check(&c, path).unwrap(), FORMAT);
            assert_eq!(c.query_row("SELECT text FROM notes", [], |r| r.get::<_, String>(0)).unwrap(), "text");
            let sealed = "SELECT count(s.digest) + count(r.digest) FROM sources s, rules r";
            assert_eq!(c.query_row(sealed, [], |r| r.get::<_, i64>(0)).unwrap(), 2);
        }
    }

    #[test]
    fn newer_and_foreign_files_are_refused() {
        let mut c = Connection::open_in_memory().unwrap();
        let path = Path::new("x.db");
        migrate(&mut c, path).unwrap();
        c.pragma_update(None, "user_version", FORMAT + 1).unwrap();
        let e = migrate(&mut c, path).unwrap_err();
        assert!(matches!(e, StoreError::Newer { .. }));
        assert!(e.to_string().contains("newer version"), "{e}");

        let mut c = Connection::open_in_memory().unwrap();
        c.execute_batch("CREATE TABLE songs (a)").unwrap();
        assert!(matches!(migrate(&mut c, path), Err(StoreError::Foreign { .. })));
    }
}
