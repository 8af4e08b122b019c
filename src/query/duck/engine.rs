//! DuckDB, shut in: it holds no data of its own, reads through our table function, and writes to one folder.
//!
//! No extension is loaded or installed, no file or address can be reached but the spool folder, and the configuration is
//! locked, so that nothing in a query could open any of this again.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use duckdb::{Config, Connection, InterruptHandle, Row};

use crate::error::{Error, Result};
use crate::query::duck::feed::{Feed, Feeds};
use crate::query::duck::request::{Request, Requests};
use crate::query::duck::scan::Scan;
use crate::query::duck::scan::rows::FedRows;

/// What DuckDB may use.
#[derive(Debug, Clone)]
pub struct Limits {
    pub memory_mb: u32,
    pub threads: u32,
    /// For what does not fit into memory.
    pub temp_dir: PathBuf,
    /// Most megabytes of temporary files.
    pub temp_mb: u32,
    /// The only folder that `COPY ... TO` may write to.
    pub spool_dir: PathBuf,
}

/// The one DuckDB of the process.
pub struct Engine {
    connection: Mutex<Connection>,
    requests: Requests,
    feeds: Feeds,
    threads: usize,
}

impl Engine {
    pub fn open(limits: &Limits) -> Result<Engine> {
        let config = Config::default()
            .enable_autoload_extension(false)
            .and_then(|config| config.with("autoinstall_known_extensions", "false"))
            .and_then(|config| config.max_memory(&format!("{}MiB", limits.memory_mb)))
            .and_then(|config| config.threads(i64::from(limits.threads)))
            .map_err(failed)?;
        let connection = Connection::open_in_memory_with_flags(config).map_err(failed)?;
        let requests = Requests::default();
        let feeds = Feeds::default();
        connection.register_table_function_with_extra_info::<Scan, _>("scan", &requests).map_err(failed)?;
        connection.register_table_function_with_extra_info::<FedRows, _>("rows", &feeds).map_err(failed)?;
        connection.execute_batch(&seal(limits)).map_err(failed)?;
        Ok(Engine { connection: Mutex::new(connection), requests, feeds, threads: limits.threads.max(1) as usize })
    }

    /// How many threads a scan may be split over.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// A connection for one question.
    pub fn session(&self) -> Result<Session> {
        let first = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = first.try_clone().map_err(failed)?;
        let (requests, feeds) = (self.requests.clone(), self.feeds.clone());
        Ok(Session { connection, requests, open: Vec::new(), feeds, fed: Vec::new() })
    }
}

fn seal(limits: &Limits) -> String {
    format!(
        "SET temp_directory = {};
         SET max_temp_directory_size = '{}MiB';
         SET allowed_directories = [{}];
         SET preserve_insertion_order = true;
         SET enable_external_access = false;
         SET lock_configuration = true;",
        quoted(&limits.temp_dir),
        limits.temp_mb,
        quoted(&limits.spool_dir)
    )
}

/// A path as a SQL text; paths come from the settings, never from a request.
pub fn quoted(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', "''"))
}

/// One question's connection, and the scans and feeds it has opened.
pub struct Session {
    connection: Connection,
    requests: Requests,
    open: Vec<i64>,
    feeds: Feeds,
    fed: Vec<i64>,
}

impl Session {
    /// Opens a scan, to be named as `scan(number)` in SQL until the session ends.
    pub fn open_scan(&mut self, request: &Arc<Request>) -> i64 {
        let number = self.requests.add(request.clone());
        self.open.push(number);
        number
    }

    /// Opens a feed, to be named as `rows(number)` in SQL until the session ends.
    pub fn open_feed(&mut self, feed: &Arc<Feed>) -> i64 {
        let number = self.feeds.add(feed.clone());
        self.fed.push(number);
        number
    }

    pub fn interrupt_handle(&self) -> Arc<InterruptHandle> {
        self.connection.interrupt_handle()
    }

    /// All rows of a query.
    pub fn rows<T>(&self, sql: &str, read: impl FnMut(&Row) -> duckdb::Result<T>) -> Result<Vec<T>> {
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let rows = statement.query_map([], read).map_err(failed)?;
        rows.collect::<duckdb::Result<_>>().map_err(failed)
    }

    /// Runs a statement that answers nothing.
    pub fn run(&self, sql: &str) -> Result<()> {
        self.connection.execute_batch(sql).map_err(failed)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.open.iter().for_each(|number| self.requests.remove(*number));
        self.fed.iter().for_each(|number| self.feeds.remove(*number));
    }
}

fn failed(fault: duckdb::Error) -> Error {
    let text = fault.to_string();
    if text.contains("INTERRUPT") || text.contains("Interrupted") || text.contains("interrupted") {
        Error::stopped()
    } else if ["No space left on device", "File too large", "max_temp_directory_size"]
        .iter()
        .any(|full| text.contains(full))
    {
        Error::DiskFull
    } else if text.contains("the database is damaged") {
        // What the scan has met comes back as a text.
        Error::Damaged(text)
    } else {
        Error::internal("DuckDB", text)
    }
}
