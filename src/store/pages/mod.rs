//! Rows of the sample table straight from the pages of its tree.
//!
//! Stepping a statement costs several times as much as the columns that are wanted of a row, so a scan reads the pages itself. They
//! come from SQLite all the same: its table `sqlite_dbpage` hands them over through the connection's own pager, so a reader sees
//! the state that its transaction began with, the WAL included, and locks as any other.
//!
//! The format is frozen and documented (sqlite.org/fileformat2.html). A table WITHOUT ROWID is the tree of an index: its leaves and
//! the pages above them alike hold rows (`page`), a row is a record whose header names the type of each column (`record`), the
//! columns of the key first, and all rows are in the order of the key (`cursor`). `layout` is what a table must look like for
//! this; of any other the rows are asked for by a statement, as those of other tables are: see `store/lane`.

mod cursor;
mod layout;
mod page;
mod record;

pub use cursor::Cursor;
pub use layout::Layout;

use rusqlite::ffi;

use crate::error::{Error, Result};

/// Where pages come from.
pub trait Pages {
    /// Fills `bytes` with the page of this number, which counts from 1.
    fn read(&mut self, number: u32, bytes: &mut Vec<u8>) -> Result<()>;
}

/// What is said of a page that cannot be read, as SQLite says it of a damaged file.
fn damaged(number: u32, what: &str) -> Error {
    let message = Some(format!("page {number}: {what}"));
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), message).into()
}
