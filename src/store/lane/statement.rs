//! A prepared statement that owns no connection and may move to another thread. All unsafe code of `store` is here and in the
//! promise of `Lane`, which owns both and drops its statements first.

use std::ffi::{CString, c_int};
use std::ptr;

use rusqlite::{Connection, ffi};

use crate::error::{Error, Result};

/// The system's number for a file that may not grow (EFBIG).
const TOO_LARGE: c_int = 27;

/// Empty until it is prepared.
pub struct Statement(*mut ffi::sqlite3_stmt);

impl Statement {
    /// One that has nothing to step.
    pub const fn none() -> Statement {
        Statement(ptr::null_mut())
    }

    /// Must be dropped before the connection is closed.
    pub fn prepare(connection: &Connection, sql: &str) -> Result<Statement> {
        let text = CString::new(sql).map_err(|fault| Error::internal("preparing a scan", fault))?;
        let mut statement = Statement::none();
        // SAFETY: the handle is open, `text` ends in NUL, and the statement is finalized when it is dropped.
        let code = unsafe {
            ffi::sqlite3_prepare_v2(connection.handle(), text.as_ptr(), -1, &mut statement.0, ptr::null_mut())
        };
        check(code)?;
        Ok(statement)
    }

    /// Starts again with new integer parameters.
    pub fn restart(&mut self, parameters: &[i64]) -> Result<()> {
        self.reset();
        for (at, value) in (1..).zip(parameters) {
            // SAFETY: as in `reset`; an index out of range is an error code.
            check(unsafe { ffi::sqlite3_bind_int64(self.0, at, *value) })?;
        }
        Ok(())
    }

    /// Lets go of what it has read.
    pub fn reset(&mut self) {
        // SAFETY: it is null or prepared and not finalized; SQLite answers a null one with an error code.
        unsafe { ffi::sqlite3_reset(self.0) };
    }

    /// Moves to the next row; false after the last.
    #[inline]
    pub fn step(&mut self) -> Result<bool> {
        // SAFETY: as in `reset`.
        match unsafe { ffi::sqlite3_step(self.0) } {
            ffi::SQLITE_ROW => Ok(true),
            ffi::SQLITE_DONE => Ok(false),
            code => check(code).map(|()| false),
        }
    }

    /// The column of the current row as an integer; 0 when it is NULL.
    #[inline]
    pub fn integer(&self, column: usize) -> i64 {
        // SAFETY: a column out of range or no current row gives NULL, which reads as 0.
        unsafe { ffi::sqlite3_column_int64(self.0, column as c_int) }
    }

    /// The column of the current row as a float; 0.0 when it is NULL.
    #[inline]
    pub fn real(&self, column: usize) -> f64 {
        // SAFETY: as in `integer`.
        unsafe { ffi::sqlite3_column_double(self.0, column as c_int) }
    }

    #[inline]
    pub fn is_null(&self, column: usize) -> bool {
        // SAFETY: as in `integer`.
        unsafe { ffi::sqlite3_column_type(self.0, column as c_int) == ffi::SQLITE_NULL }
    }

    /// The column of the current row as UTF-8, or as the bytes of a blob, until the next step.
    pub fn bytes(&self, column: usize) -> &[u8] {
        // SAFETY: SQLite owns the bytes until the next step or reset, both of which need `&mut self`; their number is asked
        // after them, as its documentation requires.
        unsafe {
            let bytes = ffi::sqlite3_column_blob(self.0, column as c_int);
            if bytes.is_null() {
                return &[];
            }
            let length = ffi::sqlite3_column_bytes(self.0, column as c_int);
            std::slice::from_raw_parts(bytes.cast(), usize::try_from(length).unwrap_or(0))
        }
    }
}

/// Whether what has failed last on a connection was a file that may not grow, as under `ulimit -f`.
pub fn met_a_size_limit(connection: &Connection) -> bool {
    // SAFETY: the handle is that of an open connection, borrowed for as long as this takes, and only a number of it is read.
    unsafe { ffi::sqlite3_system_errno(connection.handle()) == TOO_LARGE }
}

fn check(code: c_int) -> Result<()> {
    match code {
        ffi::SQLITE_OK => Ok(()),
        code => Err(Error::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some("scanning".into())))),
    }
}

impl Drop for Statement {
    fn drop(&mut self) {
        // SAFETY: finalizing a null statement does nothing, and nothing uses it afterwards.
        unsafe { ffi::sqlite3_finalize(self.0) };
    }
}
