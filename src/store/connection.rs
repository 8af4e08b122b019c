//! The one place where connections to the database file are made.
//!
//! SQLite's locks belong to the process: a second copy of SQLite, or any ordinary `open` of these paths, could drop
//! them and lose acknowledged writes. So nothing else opens the file, and every pragma is set on every connection.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Result};

/// Older versions can corrupt a WAL when a writer and a checkpoint meet at its reset.
const OLDEST_SAFE_SQLITE: i32 = 3_053_000;

/// Bytes per page: with 8 KiB the clustered sample table reads and writes fewer pages than with the default.
const PAGE_SIZE: u32 = 8192;

/// How long a connection waits for a lock that another process holds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Page cache of the writer and of each reader, in KiB.
const WRITER_CACHE_KIB: u32 = 16 * 1024;
const READER_CACHE_KIB: u32 = 2 * 1024;

const READER_FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

pub type Pool = r2d2::Pool<SqliteConnectionManager>;
pub type Pooled = r2d2::PooledConnection<SqliteConnectionManager>;

/// The database file inside a data directory.
pub fn database_path(data_dir: &Path) -> PathBuf {
    data_dir.join("health.db")
}

/// Opens the only connection that writes, creating the file when it is not there.
pub fn open_writer(path: &Path) -> Result<Connection> {
    refuse_old_sqlite()?;
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.execute_batch(&format!(
        "PRAGMA page_size = {PAGE_SIZE}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON; PRAGMA cache_size = -{WRITER_CACHE_KIB}; PRAGMA temp_store = MEMORY;
         PRAGMA journal_size_limit = 67108864;"
    ))?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    defend(&connection)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Opens a file that may be from a newer program, only to look: closing it checkpoints nothing, so not a byte changes.
pub fn open_to_look(path: &Path) -> Result<Connection> {
    refuse_old_sqlite()?;
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    defend(&connection)?;
    Ok(connection)
}

/// Opens the database for whoever writes a copy of it into another file: one read, however long. It is no reader, whose
/// `query_only` would forbid the copy as well.
pub fn open_to_copy(path: &Path) -> Result<Connection> {
    refuse_old_sqlite()?;
    let connection = Connection::open_with_flags(path, READER_FLAGS)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    defend(&connection)?;
    connection.execute_batch(&format!("PRAGMA synchronous = FULL; PRAGMA cache_size = -{READER_CACHE_KIB};"))?;
    Ok(connection)
}

/// Opens a file that nobody writes to, a backup, without taking a lock or leaving anything beside it.
pub fn open_at_rest(path: &Path) -> Result<Connection> {
    refuse_old_sqlite()?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(format!("file:{}?immutable=1", escaped(path)), flags)?;
    defend(&connection)?;
    Ok(connection)
}

/// Brings a database into one file, without a WAL; "busy" when anybody else has it open.
pub fn leave_wal(path: &Path) -> Result<()> {
    let connection = open_to_look(path)?;
    connection.busy_timeout(Duration::from_secs(1))?;
    let mode: String = connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    match mode.as_str() {
        "delete" => Ok(()),
        _ => Err(Error::Busy("the database is in use".into())),
    }
}

/// A path as SQLite reads it in a URI.
fn escaped(path: &Path) -> String {
    let escape = |byte: &u8| match byte {
        b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => char::from(*byte).to_string(),
        other => format!("%{other:02X}"),
    };
    path.as_os_str().as_bytes().iter().map(escape).collect()
}

/// Opens a connection that cannot write and is no part of the pool, for whoever keeps one for good.
pub fn open_reader(path: &Path) -> Result<Connection> {
    let mut connection = Connection::open_with_flags(path, READER_FLAGS)?;
    make_reader(&mut connection)?;
    Ok(connection)
}

/// A pool of connections that cannot write.
pub fn open_readers(path: &Path, size: u32) -> Result<Pool> {
    let manager = SqliteConnectionManager::file(path).with_flags(READER_FLAGS).with_init(make_reader);
    r2d2::Pool::builder()
        .max_size(size)
        .min_idle(Some(1))
        .connection_timeout(Duration::from_secs(5))
        .build(manager)
        .map_err(|fault| Error::internal("opening the readers", fault))
}

/// A connection of the pool; "busy" when none is free within the time that the pool was opened with.
pub fn from_pool(pool: &Pool) -> Result<Pooled> {
    pool.get().map_err(|_| {
        metrics::counter!("health_export_busy_total", "what" => "readers").increment(1);
        Error::Busy("every reader is in use: try again in a moment".into())
    })
}

/// Forbids the statements that could damage a file, of which `sqlite_dbpage` has brought one more: reading it is still allowed.
fn defend(connection: &Connection) -> rusqlite::Result<bool> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)
}

fn make_reader(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    defend(connection)?;
    connection.set_prepared_statement_cache_capacity(32);
    connection.execute_batch(&format!(
        "PRAGMA query_only = ON; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA cache_size = -{READER_CACHE_KIB}; PRAGMA temp_store = MEMORY;"
    ))
}

fn refuse_old_sqlite() -> Result<()> {
    match rusqlite::version_number() {
        version if version < OLDEST_SAFE_SQLITE => Err(Error::Internal(format!(
            "SQLite {} is linked, at least {OLDEST_SAFE_SQLITE} is needed",
            rusqlite::version()
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pragma(connection: &Connection, name: &str) -> String {
        connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, rusqlite::types::Value>(0)).map_or_else(
            |fault| fault.to_string(),
            |value| match value {
                rusqlite::types::Value::Integer(number) => number.to_string(),
                other => format!("{other:?}"),
            },
        )
    }

    #[test]
    fn every_connection_has_every_pragma() {
        let folder = tempfile::tempdir().unwrap();
        let path = database_path(folder.path());
        let writer = open_writer(&path).unwrap();
        assert_eq!(pragma(&writer, "journal_mode"), "Text(\"wal\")");
        let common = [("synchronous", "2"), ("foreign_keys", "1"), ("busy_timeout", "10000"), ("temp_store", "2")];
        for (name, value) in common {
            assert_eq!(pragma(&writer, name), value, "writer: {name}");
        }
        let pool = open_readers(&path, 6).unwrap();
        let pooled: Vec<Pooled> = (0..6).map(|_| pool.get().unwrap()).collect();
        let alone = open_reader(&path).unwrap();
        for reader in pooled.iter().map(|reader| &**reader).chain([&alone]) {
            for (name, value) in common.into_iter().chain([("query_only", "1"), ("cache_size", "-2048")]) {
                assert_eq!(pragma(reader, name), value, "reader: {name}");
            }
            assert!(reader.execute_batch("CREATE TABLE t (x)").is_err());
        }
    }
}
