//! A statement that another thread may step: what the scan needs of SQLite, and nothing more.
//!
//! rusqlite's rows borrow their statement, and the statement its connection, so they cannot live in a DuckDB table
//! function, which owns its state and hands it from thread to thread. A lane owns all three. This is the only file with unsafe
//! code in `store`; the connection is opened without SQLite's own mutex, so a lane is `Send` and not `Sync`.

use std::ffi::{CString, c_int};
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{InterruptHandle, ffi};

use crate::error::{Error, Result};
use crate::store::Reading;
use crate::store::connection::Pooled;

/// The system's number for a file that may not grow (EFBIG).
const TOO_LARGE: c_int = 27;

/// A reader inside a read transaction, with at most one statement.
pub struct Lane {
    statement: *mut ffi::sqlite3_stmt,
    reader: Pooled,
    /// Whether the connection is still this lane's; once it is given back it answers somebody else's question.
    owned: Arc<Mutex<bool>>,
}

/// Stops what a lane is doing, for as long as it is that lane's.
pub(super) struct Interrupt {
    handle: InterruptHandle,
    owned: Arc<Mutex<bool>>,
}

impl Interrupt {
    pub fn interrupt(&self) {
        if *lock(&self.owned) {
            self.handle.interrupt();
        }
    }
}

/// Whether what has failed last on a connection was a file that may not grow, as under `ulimit -f`.
pub(super) fn met_a_size_limit(connection: &Reading) -> bool {
    // SAFETY: the handle is that of an open connection, borrowed for as long as this takes, and only a number of it is read.
    unsafe { ffi::sqlite3_system_errno(connection.handle()) == TOO_LARGE }
}

fn lock(owned: &Mutex<bool>) -> MutexGuard<'_, bool> {
    owned.lock().unwrap_or_else(PoisonError::into_inner)
}

// SAFETY: the statement belongs to `reader`, which moves with it; SQLite allows a connection and its statements to be
// used from any thread as long as no two use it at once, and `&mut self` on every stepping call ensures that.
unsafe impl Send for Lane {}

impl Lane {
    /// `reader` is inside a read transaction, which the lane ends when it is dropped.
    pub(super) fn new(reader: Pooled) -> Lane {
        Lane { statement: ptr::null_mut(), reader, owned: Arc::new(Mutex::new(true)) }
    }

    /// The connection, for ordinary questions inside the same snapshot.
    pub fn reading(&self) -> &Reading {
        &self.reader
    }

    pub(super) fn interrupt_handle(&self) -> Interrupt {
        Interrupt { handle: self.reader.get_interrupt_handle(), owned: self.owned.clone() }
    }

    /// Prepares `sql`, replacing the statement there was.
    pub fn prepare(&mut self, sql: &str) -> Result<()> {
        self.finalize();
        let text = CString::new(sql).map_err(|fault| Error::internal("preparing a scan", fault))?;
        // SAFETY: the handle is open for as long as `reader` lives, `text` ends in NUL, and the statement is finalized
        // before `reader` is given back.
        let code = unsafe {
            ffi::sqlite3_prepare_v2(self.reader.handle(), text.as_ptr(), -1, &mut self.statement, ptr::null_mut())
        };
        self.check(code)
    }

    /// Starts the statement again with new integer parameters.
    pub fn restart(&mut self, parameters: &[i64]) -> Result<()> {
        // SAFETY: `statement` is null or prepared and not finalized; SQLite answers a null one with an error code.
        unsafe { ffi::sqlite3_reset(self.statement) };
        for (at, value) in (1..).zip(parameters) {
            // SAFETY: as above; an index out of range is an error code.
            let code = unsafe { ffi::sqlite3_bind_int64(self.statement, at, *value) };
            self.check(code)?;
        }
        Ok(())
    }

    /// Moves to the next row; false after the last.
    #[inline]
    pub fn step(&mut self) -> Result<bool> {
        // SAFETY: as in `restart`.
        match unsafe { ffi::sqlite3_step(self.statement) } {
            ffi::SQLITE_ROW => Ok(true),
            ffi::SQLITE_DONE => Ok(false),
            code => self.check(code).map(|()| false),
        }
    }

    /// The column of the current row as an integer; 0 when it is NULL.
    #[inline]
    pub fn integer(&self, column: usize) -> i64 {
        // SAFETY: a column out of range or no current row gives NULL, which reads as 0.
        unsafe { ffi::sqlite3_column_int64(self.statement, column as c_int) }
    }

    /// The column of the current row as a float; 0.0 when it is NULL.
    #[inline]
    pub fn real(&self, column: usize) -> f64 {
        // SAFETY: as in `integer`.
        unsafe { ffi::sqlite3_column_double(self.statement, column as c_int) }
    }

    /// The column of the current row as a float, or that it is NULL, which reads as zero: so only a zero needs a second look.
    #[inline]
    pub fn optional_real(&self, column: usize) -> Option<f64> {
        let value = self.real(column);
        (value != 0.0 || !self.is_null(column)).then_some(value)
    }

    #[inline]
    pub fn is_null(&self, column: usize) -> bool {
        // SAFETY: as in `integer`.
        unsafe { ffi::sqlite3_column_type(self.statement, column as c_int) == ffi::SQLITE_NULL }
    }

    /// The column of the current row as UTF-8 bytes, valid until the next step.
    pub fn text(&self, column: usize) -> &[u8] {
        // SAFETY: SQLite owns the text until the next step or reset, both of which need `&mut self`; the length is asked
        // after the text, as its documentation requires.
        unsafe {
            let text = ffi::sqlite3_column_text(self.statement, column as c_int);
            if text.is_null() {
                return &[];
            }
            let length = ffi::sqlite3_column_bytes(self.statement, column as c_int);
            std::slice::from_raw_parts(text, usize::try_from(length).unwrap_or(0))
        }
    }

    fn check(&self, code: c_int) -> Result<()> {
        match code {
            ffi::SQLITE_OK => Ok(()),
            ffi::SQLITE_INTERRUPT => {
                Err(Error::TimedOut("the question was stopped before its answer was ready".into()))
            }
            code => Err(Error::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some("scanning".into())))),
        }
    }

    fn finalize(&mut self) {
        // SAFETY: finalizing a null statement is a no-op, and it is null afterwards, so it cannot happen twice.
        unsafe { ffi::sqlite3_finalize(std::mem::replace(&mut self.statement, ptr::null_mut())) };
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.finalize();
        *lock(&self.owned) = false;
        if let Err(fault) = self.reader.execute_batch("ROLLBACK") {
            tracing::error!("a read transaction did not end: {fault}");
        }
    }
}
