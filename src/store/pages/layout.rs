//! What a table must look like for its pages to be read.

use rusqlite::Connection;

use crate::error::Result;
use crate::store::pages::record::{MOST_COLUMNS, NULL, ONE, ZERO};

/// Bytes of a page on which any row fits that has no more columns than `MOST_COLUMNS`.
const LEAST_PAGE: i64 = 1024;

/// The columns of a table in the order in which its records have them.
#[derive(Debug, Clone)]
pub struct Layout {
    names: Vec<String>,
    /// The type of each where a record lacks it, because it was added to the table later.
    pub added: [u8; MOST_COLUMNS],
}

/// A column as SQLite tells of it.
struct Told {
    name: String,
    kind: String,
    default: Option<String>,
    /// Its place in the key, from 1; 0 where it is no part of it.
    key: i64,
}

impl Layout {
    /// Of the table of samples; none where its rows can only be asked for by statements: it is not clustered by person, metric and
    /// start, or has a column of something other than numbers, or pages so small that a row may not fit, or SQLite was built without
    /// `sqlite_dbpage`.
    pub fn of_samples(connection: &Connection) -> Result<Option<Layout>> {
        let is_there = connection.prepare("SELECT data FROM sqlite_dbpage WHERE pgno = 1").is_ok();
        let sql = "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND name = 'sample' AND wr = 1 AND strict = 1";
        let is_clustered = connection.query_row(sql, [], |row| row.get::<_, i64>(0))? == 1;
        let page_size: i64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
        if !is_there || !is_clustered || page_size < LEAST_PAGE {
            return Ok(None);
        }
        let mut statement =
            connection.prepare("SELECT name, type, dflt_value, pk FROM pragma_table_xinfo('sample')")?;
        let columns = statement.query_map([], |row| {
            Ok(Told { name: row.get(0)?, kind: row.get(1)?, default: row.get(2)?, key: row.get(3)? })
        })?;
        Ok(Layout::of(columns.collect::<rusqlite::Result<_>>()?))
    }

    fn of(mut columns: Vec<Told>) -> Option<Layout> {
        // The key first, the others as declared: the sort is stable.
        columns.sort_by_key(|column| if column.key == 0 { i64::MAX } else { column.key });
        let is_number = |column: &Told| ["INTEGER", "REAL"].contains(&column.kind.as_str());
        let key = columns.iter().take(3).map(|column| column.name.as_str());
        if columns.len() > MOST_COLUMNS || !columns.iter().all(is_number) || !key.eq(["user", "metric", "start"]) {
            return None;
        }
        let mut added = [NULL; MOST_COLUMNS];
        for (kind, column) in added.iter_mut().zip(&columns) {
            *kind = match column.default.as_deref() {
                None => NULL,
                Some("0") => ZERO,
                Some("1") => ONE,
                Some(_) => return None,
            };
        }
        Some(Layout { names: columns.into_iter().map(|column| column.name).collect(), added })
    }

    /// The place of a column in a record.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }
}
