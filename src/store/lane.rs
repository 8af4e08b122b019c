//! Rows that another thread may read: what the scan needs of SQLite, and nothing more.
//!
//! rusqlite's rows borrow their statement, and the statement its connection, so they cannot live in a DuckDB table
//! function, which owns its state and hands it from thread to thread. A lane owns all three. The connection is opened without
//! SQLite's own mutex, so a lane is `Send` and not `Sync`.
//!
//! Samples are read from the pages of their tree where these can be read (`pages`), and else, as all other rows, by stepping
//! a statement.

mod statement;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::InterruptHandle;

use crate::error::{Error, Result};
use crate::store::Reading;
use crate::store::connection::Pooled;
use crate::store::pages::{Cursor, Layout, Pages};
use crate::store::samples::Narrowing;
use statement::Statement;

pub(super) use statement::met_a_size_limit;

/// A reader inside a read transaction, with what it reads at the moment.
pub struct Lane {
    rows: Rows,
    pages: PagesOfFile,
    /// What samples look like on their pages; none where they can only be asked for.
    layout: Option<Arc<Layout>>,
    reader: Pooled,
    /// Whether the connection is still this lane's; once it is given back it answers somebody else's question.
    owned: Arc<Mutex<bool>>,
}

enum Rows {
    Stepped(Statement),
    /// Samples on pages.
    OnPages(Box<OnPages>),
}

struct OnPages {
    cursor: Cursor,
    /// The places in a record of the columns asked for, and of layer and source.
    places: Vec<usize>,
    layer: usize,
    source: usize,
    narrowing: Narrowing,
}

impl OnPages {
    /// None where a column is not there.
    fn of(root: u32, layout: &Layout, columns: &[&str], narrowing: &Narrowing) -> Option<OnPages> {
        Some(OnPages {
            cursor: Cursor::new(root, layout),
            places: columns.iter().map(|name| layout.place(name)).collect::<Option<_>>()?,
            layer: layout.place("layer")?,
            source: layout.place("source")?,
            narrowing: narrowing.clone(),
        })
    }

    #[inline]
    fn step(&mut self, pages: &mut PagesOfFile) -> Result<bool> {
        let OnPages { cursor, narrowing, layer, source, .. } = self;
        while cursor.step(pages)? {
            if narrowing.lets_pass(|| cursor.integer(*layer), || cursor.integer(*source)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The pages of the file, as the reader's transaction sees them.
struct PagesOfFile {
    statement: Statement,
    /// Whether it has been stopped: SQLite knows of the reading of one page at a time.
    stopped: Arc<AtomicBool>,
}

impl Pages for PagesOfFile {
    fn read(&mut self, number: u32, bytes: &mut Vec<u8>) -> Result<()> {
        if self.stopped.load(Ordering::Relaxed) {
            return Err(Error::stopped());
        }
        self.statement.restart(&[i64::from(number)])?;
        bytes.clear();
        if self.statement.step()? {
            bytes.extend_from_slice(self.statement.bytes(0));
        }
        self.statement.reset();
        Ok(())
    }
}

/// Stops what a lane is doing, for as long as it is that lane's.
pub(super) struct Interrupt {
    handle: InterruptHandle,
    stopped: Arc<AtomicBool>,
    owned: Arc<Mutex<bool>>,
}

impl Interrupt {
    pub fn interrupt(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        if *lock(&self.owned) {
            self.handle.interrupt();
        }
    }
}

fn lock(owned: &Mutex<bool>) -> MutexGuard<'_, bool> {
    owned.lock().unwrap_or_else(PoisonError::into_inner)
}

// SAFETY: the statements belong to `reader`, which moves with them; SQLite allows a connection and its statements to be
// used from any thread as long as no two use it at once, and `&mut self` on every stepping call ensures that.
unsafe impl Send for Lane {}

impl Lane {
    /// `reader` is inside a read transaction, which the lane ends when it is dropped.
    pub(super) fn new(reader: Pooled, layout: Option<Arc<Layout>>) -> Lane {
        let pages = PagesOfFile { statement: Statement::none(), stopped: Arc::default() };
        Lane { rows: Rows::Stepped(Statement::none()), pages, layout, reader, owned: Arc::new(Mutex::new(true)) }
    }

    /// The connection, for ordinary questions inside the same snapshot.
    pub fn reading(&self) -> &Reading {
        &self.reader
    }

    pub(super) fn interrupt_handle(&self) -> Interrupt {
        let stopped = self.pages.stopped.clone();
        Interrupt { handle: self.reader.get_interrupt_handle(), stopped, owned: self.owned.clone() }
    }

    /// Prepares `sql`, in place of what was read before.
    pub fn prepare(&mut self, sql: &str) -> Result<()> {
        self.rows = Rows::Stepped(Statement::none());
        self.rows = Rows::Stepped(Statement::prepare(&self.reader, sql)?);
        Ok(())
    }

    /// Has samples read, in the order of their key; a range is (user, metric, from, to).
    pub fn prepare_samples(&mut self, columns: &[&str], narrowing: &Narrowing) -> Result<()> {
        let root = "SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = 'sample'";
        let root = self.reader.prepare_cached(root)?.query_row([], |row| row.get(0))?;
        let layout = self.layout.as_ref();
        let Some(on_pages) = layout.and_then(|layout| OnPages::of(root, layout, columns, narrowing)) else {
            return self.prepare(&statement_of_samples(columns, narrowing));
        };
        self.pages.statement = Statement::prepare(&self.reader, "SELECT data FROM sqlite_dbpage WHERE pgno = ?1")?;
        self.rows = Rows::OnPages(Box::new(on_pages));
        Ok(())
    }

    /// Starts again with new integer parameters.
    pub fn restart(&mut self, parameters: &[i64]) -> Result<()> {
        match (&mut self.rows, parameters) {
            (Rows::Stepped(statement), _) => statement.restart(parameters),
            (Rows::OnPages(samples), [user, metric, from, to]) => {
                samples.cursor.begin(&mut self.pages, ((*user, *metric, *from), (*user, *metric, *to)))
            }
            _ => Err(Error::Internal("samples are read by person, metric, first and last start".into())),
        }
    }

    /// Moves to the next row; false after the last.
    #[inline]
    pub fn step(&mut self) -> Result<bool> {
        match &mut self.rows {
            Rows::Stepped(statement) => statement.step(),
            Rows::OnPages(samples) => samples.step(&mut self.pages),
        }
    }

    /// The column of the current row as an integer; 0 when it is NULL.
    #[inline]
    pub fn integer(&self, column: usize) -> i64 {
        match &self.rows {
            Rows::Stepped(statement) => statement.integer(column),
            Rows::OnPages(samples) => samples.cursor.integer(samples.places[column]),
        }
    }

    /// The column of the current row as a float; 0.0 when it is NULL.
    #[inline]
    pub fn real(&self, column: usize) -> f64 {
        match &self.rows {
            Rows::Stepped(statement) => statement.real(column),
            Rows::OnPages(samples) => samples.cursor.real(samples.places[column]),
        }
    }

    /// The column of the current row as a float, or that it is NULL, which reads as zero: so only a zero needs a second look.
    #[inline]
    pub fn optional_real(&self, column: usize) -> Option<f64> {
        let value = self.real(column);
        (value != 0.0 || !self.is_null(column)).then_some(value)
    }

    #[inline]
    pub fn is_null(&self, column: usize) -> bool {
        match &self.rows {
            Rows::Stepped(statement) => statement.is_null(column),
            Rows::OnPages(samples) => samples.cursor.is_null(samples.places[column]),
        }
    }

    /// The column of the current row as UTF-8 bytes, valid until the next step; no column of a sample has any.
    pub fn text(&self, column: usize) -> &[u8] {
        match &self.rows {
            Rows::Stepped(statement) => statement.bytes(column),
            Rows::OnPages(_) => &[],
        }
    }
}

/// Samples in the order of their key, for a range of (user, metric, from, to).
pub fn statement_of_samples(columns: &[&str], narrowing: &Narrowing) -> String {
    let list = if columns.is_empty() { "0".to_owned() } else { columns.join(", ") };
    format!(
        "SELECT {list} FROM sample WHERE user = ?1 AND metric = ?2 AND start >= ?3 AND start < ?4{}
         ORDER BY user, metric, start, layer, twin",
        narrowing.sql()
    )
}

impl Drop for Lane {
    fn drop(&mut self) {
        // They are finalized before the reader goes back to its pool.
        self.rows = Rows::Stepped(Statement::none());
        self.pages.statement = Statement::none();
        *lock(&self.owned) = false;
        if let Err(fault) = self.reader.execute_batch("ROLLBACK") {
            tracing::error!("a read transaction did not end: {fault}");
        }
    }
}
