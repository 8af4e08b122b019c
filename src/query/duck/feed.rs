//! Rows that are made in Rust, as a table for DuckDB: how workouts, nights and events become files.
//!
//! DuckDB asks for as many rows as one of its vectors holds, so a table of any length passes through in constant memory.

use std::sync::Mutex;

use crate::error::{Error, Result};
use crate::query::duck::numbered::Numbered;
use crate::query::duck::request::lock;

/// The feeds that are being read, by number.
pub type Feeds = Numbered<Feed>;

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Text(String),
    Real(f64),
    Integer(i64),
    /// UTC epoch seconds.
    Time(i64),
}

/// What a column holds beside nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellKind {
    Text,
    Real,
    Integer,
    Time,
}

pub type Row = Vec<Cell>;

/// Gives the next row each time that it is called; `None` after the last.
pub type Rows = Box<dyn FnMut() -> Result<Option<Row>> + Send>;

/// A table that can be read once.
pub struct Feed {
    /// Names, and what the cells of each row are.
    pub columns: Vec<(String, CellKind)>,
    /// Whether times carry UTC as their zone.
    pub zoned: bool,
    rows: Mutex<Option<Rows>>,
    fault: Mutex<Option<Error>>,
}

impl Feed {
    pub fn new(columns: Vec<(String, CellKind)>, zoned: bool, rows: Rows) -> Feed {
        Feed { columns, zoned, rows: Mutex::new(Some(rows)), fault: Mutex::new(None) }
    }

    /// The next row.
    pub(super) fn next(&self) -> Result<Option<Row>> {
        let mut rows = lock(&self.rows);
        let Some(next) = rows.as_mut() else { return Ok(None) };
        let row = next();
        if !matches!(row, Ok(Some(_))) {
            *rows = None;
        }
        if let Err(fault) = &row {
            *lock(&self.fault) = Some(fault.clone());
        }
        row
    }

    /// Why there was no next row, if that was a fault: DuckDB passes on no more than its text.
    pub fn fault(&self) -> Option<Error> {
        lock(&self.fault).clone()
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Cell {
        Cell::Real(number)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or(Cell::Null, Into::into)
    }
}
