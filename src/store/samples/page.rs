//! Pages of samples, straight from the clustered table: a page is one index range, stepped no further than its limit.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use rusqlite::{Connection, params_from_iter};

use crate::error::Result;
use crate::model::time::Layer;
use crate::store::samples::narrowed;

/// Where a page begins: after this key, in the order asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub start: i64,
    pub layer: i64,
    pub twin: i64,
}

/// Which samples.
#[derive(Debug, Clone)]
pub struct Selection {
    pub user: i64,
    pub metric: i64,
    /// UTC epoch seconds; start included, end excluded.
    pub from: i64,
    pub to: i64,
    pub layer: Option<Layer>,
    /// Ids of the sources wanted; all when `None`.
    pub sources: Option<Vec<i64>>,
}

/// A stored sample with its names put back.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredSample {
    pub position: Position,
    pub end: i64,
    pub value: Option<f64>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub source: Arc<str>,
    pub context: Option<Arc<str>>,
    pub offset_minutes: i32,
}

/// At most `limit` samples, ascending or descending by start, after `after`.
pub fn page(
    connection: &Connection,
    selection: &Selection,
    after: Option<Position>,
    descending: bool,
    limit: usize,
) -> Result<Vec<StoredSample>> {
    let (from, to) = range(selection, after, descending);
    let mut values = vec![selection.user, selection.metric, from, to];
    let sql = page_sql(selection, after, descending, limit, &mut values);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut names: HashMap<i64, Arc<str>> = HashMap::new();
    let mut rows = statement.query(params_from_iter(values))?;
    let mut samples = Vec::new();
    while let Some(row) = rows.next()? {
        let start: i64 = row.get(0)?;
        let source: i64 = row.get(7)?;
        let context: Option<i64> = row.get(8)?;
        samples.push(StoredSample {
            position: Position { start, layer: row.get(1)?, twin: row.get(2)? },
            end: start + row.get::<_, i64>(3)?,
            value: row.get(4)?,
            min: row.get(5)?,
            max: row.get(6)?,
            source: match names.entry(source) {
                Entry::Occupied(known) => known.get().clone(),
                Entry::Vacant(new) => new.insert(name(connection, "source", source)?).clone(),
            },
            context: context.map(|id| name(connection, "context", id)).transpose()?,
            offset_minutes: row.get(9)?,
        });
    }
    Ok(samples)
}

/// The range from the cursor on: SQLite tests the comparison with all of a cursor row by row, from the range's first.
fn range(selection: &Selection, after: Option<Position>, descending: bool) -> (i64, i64) {
    match after {
        None => (selection.from, selection.to),
        Some(after) if descending => (selection.from, selection.to.min(after.start.saturating_add(1))),
        Some(after) => (selection.from.max(after.start), selection.to),
    }
}

/// The statement of a page; only integers and words of ours are put into it.
fn page_sql(
    selection: &Selection,
    after: Option<Position>,
    descending: bool,
    limit: usize,
    values: &mut Vec<i64>,
) -> String {
    let (comparison, direction) = if descending { ("<", "DESC") } else { (">", "ASC") };
    let mut sql = String::from(
        "SELECT start, layer, twin, span, value, min, max, source, context, offset_minutes FROM sample
         WHERE user = ?1 AND metric = ?2 AND start >= ?3 AND start < ?4",
    );
    if let Some(Position { start, layer, twin }) = after {
        values.extend([start, layer, twin]);
        sql.push_str(&format!(" AND (start, layer, twin) {comparison} (?5, ?6, ?7)"));
    }
    sql.push_str(&narrowed(selection.layer.as_ref().map(std::slice::from_ref), selection.sources.as_deref()));
    // A parameter too, so that pages of any length share one prepared statement.
    values.push(i64::try_from(limit).unwrap_or(i64::MAX));
    let last = values.len();
    sql.push_str(&format!(" ORDER BY start {direction}, layer {direction}, twin {direction} LIMIT ?{last}"));
    sql
}

/// `table` is one of ours, never input.
fn name(connection: &Connection, table: &str, id: i64) -> Result<Arc<str>> {
    Ok(connection
        .prepare_cached(&format!("SELECT name FROM {table} WHERE id = ?1"))?
        .query_row([id], |row| row.get(0))?)
}
