//! The schema, by numbered migrations.
//!
//! `schema/schema.sql` is what a reader should look at; a test holds that the migrations add up to exactly that. A file
//! from a newer program is refused before anything in it is touched.

use std::path::Path;

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use crate::error::{Error, Result};
use crate::store::connection;

const STEPS: [&str; 14] = [
    include_str!("schema/0001_initial.sql"),
    include_str!("schema/0002_every_sender.sql"),
    include_str!("schema/0003_rollups.sql"),
    include_str!("schema/0004_sessions.sql"),
    include_str!("schema/0005_deletions.sql"),
    include_str!("schema/0006_key_use.sql"),
    include_str!("schema/0007_accounts.sql"),
    include_str!("schema/0008_statements.sql"),
    include_str!("schema/0009_own_units.sql"),
    include_str!("schema/0010_source_orders.sql"),
    include_str!("schema/0011_entered_by_hand.sql"),
    include_str!("schema/0012_counted_by_hand.sql"),
    include_str!("schema/0013_removals.sql"),
    include_str!("schema/0014_syncs_under_way.sql"),
];

/// Refuses a database that a newer program has written, leaving every byte of it as it was.
pub fn refuse_newer(path: &Path) -> Result<()> {
    if !path.exists() {
        return Ok(());
    }
    let connection = connection::open_to_look(path)?;
    refuse_version(path, version(&connection)?)?;
    refuse_unnumbered(path, &connection)
}

/// Refuses our tables without the number of their schema, which is what `.dump` and `.clone` of sqlite3 leave out.
pub fn refuse_unnumbered(path: &Path, connection: &Connection) -> Result<()> {
    let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('user', 'sample', 'delivery')";
    let ours: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    if version(connection)? != 0 || ours == 0 {
        return Ok(());
    }
    let (path, newest) = (path.display(), STEPS.len());
    Err(Error::BadRequest(format!(
        "{path} has the tables of health-export and no schema number, as .dump and .clone of sqlite3 leave it. Give it the number \
         of the database that it was made of: sqlite3 {path} 'PRAGMA user_version = {newest}' if that was of this version of \
         health-export; docs/operations.md has the commands, under \"When the database is damaged\""
    )))
}

/// The schema of a file; 0 when it has none of ours.
pub fn version(connection: &Connection) -> Result<i64> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Refuses a schema that a newer program has made.
pub fn refuse_version(path: &Path, found: i64) -> Result<()> {
    match usize::try_from(found) {
        Ok(version) if version <= STEPS.len() => Ok(()),
        _ => Err(Error::BadRequest(format!(
            "the database {} has schema {found}, this program knows up to {}: install a newer health-export",
            path.display(),
            STEPS.len()
        ))),
    }
}

/// Brings the schema up to date, each step in its own transaction.
pub fn migrate(connection: &mut Connection) -> Result<()> {
    Migrations::new(STEPS.map(M::up).to_vec()).to_latest(connection).map_err(|fault| match fault {
        rusqlite_migration::Error::RusqliteError { err, .. } => Error::from(err),
        other => Error::internal("migrating the database", other),
    })
}

#[cfg(test)]
mod tests {
    use rusqlite::config::DbConfig;

    use super::*;
    use crate::store::priority::{self, Matter};

    fn objects(connection: &Connection) -> Vec<(String, String)> {
        let mut statement =
            connection.prepare("SELECT name, coalesce(sql, '') FROM sqlite_schema ORDER BY name").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(|row| row.unwrap()).collect()
    }

    #[test]
    fn the_sum_of_the_migrations_is_the_schema() {
        let mut migrated = Connection::open_in_memory().unwrap();
        migrate(&mut migrated).unwrap();
        let fresh = Connection::open_in_memory().unwrap();
        fresh.execute_batch(include_str!("schema/schema.sql")).unwrap();
        assert_eq!(objects(&migrated), objects(&fresh));
        assert!(objects(&migrated).len() > 8);
    }

    #[test]
    fn what_waits_in_quarantine_survives_the_second_step() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("PRAGMA foreign_keys = ON").unwrap();
        Migrations::new(STEPS.map(M::up).to_vec()).to_version(&mut connection, 1).unwrap();
        connection
            .execute_batch(
                "INSERT INTO delivery VALUES (7, 'd', 1, NULL, 0, 'f', 0, '{}', 0, '{}');
                 INSERT INTO quarantine VALUES (3, 7, '$.a', 'odd', '{}');",
            )
            .unwrap();
        migrate(&mut connection).unwrap();
        let sql = "SELECT id || delivery || name || path || reason || item FROM quarantine";
        let kept: String = connection.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(kept, "37$.aodd{}");
        assert!(connection.execute("DELETE FROM delivery", []).is_err(), "the new table still refers to deliveries");
    }

    #[test]
    fn the_order_of_sources_and_their_hardware_survive_the_tenth_step() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("PRAGMA foreign_keys = ON").unwrap();
        Migrations::new(STEPS.map(M::up).to_vec()).to_version(&mut connection, 9).unwrap();
        connection
            .execute_batch(
                "INSERT INTO source VALUES (1, 'Phone'), (2, 'Robin'), (3, 'Ring');
                 INSERT INTO source_priority VALUES (1, 3, 0), (1, 1, 1);
                 INSERT INTO source_hardware VALUES (1, 2, 'Watch6,2', 0, 7, 5), (1, 2, 'iPhone14,5', 0, 8, 3),
                     (1, 2, 'iPhone14,5', 0, 9, 4);",
            )
            .unwrap();
        migrate(&mut connection).unwrap();
        let ordered = priority::ordered(&connection, 1, &Matter::Metric("step_count".into())).unwrap();
        let told: Vec<_> = ordered.iter().map(|one| (one.name.as_str(), one.kind.as_str(), one.is_ordered())).collect();
        assert_eq!(told, [("Ring", "other", true), ("Phone", "phone", true), ("Robin", "watch", false)]);
    }

    #[test]
    fn a_newer_database_is_refused_and_left_byte_identical() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("health.db");
        let mut writer = connection::open_writer(&path).unwrap();
        migrate(&mut writer).unwrap();
        writer.execute_batch("PRAGMA user_version = 99").unwrap();
        // As after a crash: what the newer program wrote last is still in the WAL.
        writer.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
        drop(writer);
        let before = std::fs::read(&path).unwrap();
        let wal_before = std::fs::read(folder.path().join("health.db-wal")).unwrap();
        assert!(!wal_before.is_empty());

        let refusal = refuse_newer(&path).unwrap_err().to_string();

        assert!(refusal.contains("schema 99"), "{refusal}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
        assert_eq!(std::fs::read(folder.path().join("health.db-wal")).unwrap(), wal_before);
    }
}
