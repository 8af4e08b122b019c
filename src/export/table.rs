//! A table of a few columns to a file, in each of the formats, by way of DuckDB: rows pass through by the vector.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use crate::error::Result;
use crate::export::FileFormat;
use crate::export::cell::guarded_sql;
use crate::query::budget::Stop;
use crate::query::duck::engine::{Engine, Session, quoted};
use crate::query::duck::feed::{CellKind, Feed, Row, Rows};
use crate::store::Reading;
use crate::store::lane::Lane;

/// What a column of a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Text,
    Real,
    Integer,
    /// A whole number of 64 bits.
    Count,
    /// Fed in UTC epoch seconds: a timestamp in Parquet, RFC 3339 in text.
    Time,
    /// Fed as `2024-02-06`.
    Date,
    /// Fed as JSON: nested in NDJSON, a text elsewhere.
    Json,
}

impl Column {
    fn cell(self) -> CellKind {
        match self {
            Column::Text | Column::Date | Column::Json => CellKind::Text,
            Column::Real => CellKind::Real,
            Column::Integer | Column::Count => CellKind::Integer,
            Column::Time => CellKind::Time,
        }
    }

    /// Its SQL from the column that is fed; `name` is one of ours.
    fn sql(self, name: &str, format: FileFormat) -> String {
        let from = match (self, format) {
            (Column::Time, FileFormat::Ndjson) => format!("strftime(\"{name}\", '%Y-%m-%dT%H:%M:%SZ')"),
            (Column::Text, FileFormat::Csv) => guarded_sql(&format!("\"{name}\"")),
            (Column::Integer, _) => format!("\"{name}\"::INTEGER"),
            (Column::Date, _) => format!("\"{name}\"::DATE"),
            (Column::Json, FileFormat::Ndjson) => format!("\"{name}\"::JSON"),
            _ => format!("\"{name}\""),
        };
        format!("{from} AS \"{name}\"")
    }
}

/// A table that can be written once.
pub struct Table {
    pub columns: Vec<(String, Column)>,
    pub rows: Rows,
}

impl Table {
    pub fn new(columns: &[(&str, Column)], rows: Rows) -> Table {
        Table { columns: columns.iter().map(|(name, column)| ((*name).to_owned(), *column)).collect(), rows }
    }
}

/// Writes the table to `path`, which is in the spool.
pub fn write(engine: &Engine, table: Table, format: FileFormat, path: &Path, stop: &Stop) -> Result<()> {
    let mut session = engine.session()?;
    let handle = session.interrupt_handle();
    stop.on_stop(move || handle.interrupt());
    let fed = table.columns.iter().map(|(name, column)| (name.clone(), column.cell())).collect();
    let feed = Arc::new(Feed::new(fed, format == FileFormat::Parquet, table.rows));
    let number = session.open_feed(&feed);
    let columns: Vec<String> = table.columns.iter().map(|(name, column)| column.sql(name, format)).collect();
    let select = format!("SELECT {} FROM rows({number})", columns.join(", "));
    copy(&session, &select, format, path).map_err(|fault| feed.fault().unwrap_or(fault))
}

/// Runs a query into a file. Times of CSV are timestamps without a zone, those of NDJSON are texts.
pub fn copy(session: &Session, select: &str, format: FileFormat, path: &Path) -> Result<()> {
    let options = match format {
        FileFormat::Csv => "FORMAT csv, HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%SZ'",
        FileFormat::Parquet => "FORMAT parquet, COMPRESSION zstd",
        FileFormat::Ndjson => "FORMAT json",
    };
    session.run(&format!("COPY ({select}) TO {} ({options})", quoted(path)))
}

/// Rows that are read a page at a time: `page` gives those after a cursor, and the next cursor when there are more.
pub fn paged<C: Send + 'static>(
    lane: Lane,
    mut page: impl FnMut(&Reading, Option<C>) -> Result<(Vec<Row>, Option<C>)> + Send + 'static,
) -> Rows {
    let mut ready: VecDeque<Row> = VecDeque::new();
    let (mut cursor, mut over) = (None, false);
    Box::new(move || {
        while ready.is_empty() && !over {
            let (rows, next) = page(lane.reading(), cursor.take())?;
            ready.extend(rows);
            over = next.is_none();
            cursor = next;
        }
        Ok(ready.pop_front())
    })
}

/// Rows that are there already.
pub fn listed(rows: Vec<Row>) -> Rows {
    let mut rows = rows.into_iter();
    Box::new(move || Ok(rows.next()))
}
