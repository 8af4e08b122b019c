//! The statements on rows of samples, stored, superseded or under a deletion, and the one list of their columns: how they are read here.

mod rows;
mod writes;

use rusqlite::{Connection, OptionalExtension, Row as SqlRow, ToSql, params};

use crate::error::Result;
use crate::model::time::Layer;
use crate::store::place::Place;
use crate::store::samples::{Key, Row, StoredRow};

pub use rows::Rows;
pub use writes::{add, bury, insert, keep_first_taken, put_back, put_free, remove, set_stated, take, take_like};

/// The columns of a row with its key, as `keyed` reads them.
const COLUMNS: &str =
    "metric, start, layer, twin, delivery, span, value, min, max, source, context, offset_minutes, manual";

/// Narrows to one key.
const OF_KEY: &str = "user = ?1 AND metric = ?2 AND start = ?3 AND layer = ?4";

/// A row of `COLUMNS`.
fn keyed(row: &SqlRow) -> rusqlite::Result<(Key, StoredRow)> {
    let layer = row.get(2)?;
    let layer = Layer::from_id(layer).ok_or(rusqlite::Error::IntegralValueOutOfRange(2, layer))?;
    let columns = Row {
        span: row.get(5)?,
        value: row.get(6)?,
        min: row.get(7)?,
        max: row.get(8)?,
        source: row.get(9)?,
        context: row.get(10)?,
        offset_minutes: row.get(11)?,
        manual: row.get(12)?,
    };
    Ok(((row.get(0)?, row.get(1)?, layer), StoredRow { ordinal: row.get(3)?, delivery: row.get(4)?, row: columns }))
}

/// The rows of one key, by number.
pub fn group(connection: &Connection, place: Place, user: i64, key: Key) -> Result<Vec<StoredRow>> {
    let (metric, start, layer) = key;
    let mut statement = connection.prepare_cached(&group_sql(place))?;
    let rows = statement.query_map(params![user, metric, start, layer.id()], |row| Ok(keyed(row)?.1))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn group_sql(place: Place) -> String {
    format!("SELECT {COLUMNS} FROM {} WHERE {OF_KEY}{} ORDER BY twin", place.table("sample"), place.only())
}

/// All deleted rows of one key, each with its deletion.
pub fn deleted(connection: &Connection, user: i64, (metric, start, layer): Key) -> Result<Vec<(i64, StoredRow)>> {
    let sql = format!("SELECT {COLUMNS}, deletion FROM buried_sample WHERE {OF_KEY} ORDER BY deletion, twin");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows =
        statement.query_map(params![user, metric, start, layer.id()], |row| Ok((row.get(13)?, keyed(row)?.1)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A superseded row: who has superseded it, and who has stated it last.
#[derive(Debug, Clone)]
pub struct Superseded {
    pub key: Key,
    pub by: i64,
    pub stated: i64,
    pub sample: StoredRow,
}

const SUPERSEDED: &str = "superseded_by, stated FROM superseded_sample";

fn superseded_row(row: &SqlRow) -> rusqlite::Result<Superseded> {
    let (key, sample) = keyed(row)?;
    Ok(Superseded { key, by: row.get(13)?, stated: row.get(14)?, sample })
}

/// The superseded rows of one key.
pub fn superseded(connection: &Connection, user: i64, (metric, start, layer): Key) -> Result<Vec<Superseded>> {
    let sql = format!("SELECT {COLUMNS}, {SUPERSEDED} WHERE {OF_KEY} ORDER BY superseded_by, twin");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![user, metric, start, layer.id()], superseded_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The keys of superseded rows that meet a condition of ours, each with the offset of a row.
pub fn superseded_keys(connection: &Connection, condition: &str, asked: &[&dyn ToSql]) -> Result<Vec<(Key, i64)>> {
    let sql = format!("SELECT {COLUMNS}, {SUPERSEDED} WHERE {condition} ORDER BY metric, start, layer");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(asked, |row| {
        let row = superseded_row(row)?;
        Ok((row.key, row.sample.row.offset_minutes))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The starts of days or longer buckets of a layer between two starts, stored or superseded: the second excluded.
pub fn starts_of_dates(
    connection: &Connection,
    user: i64,
    (metric, layer): (i64, Layer),
    (since, until): (i64, i64),
) -> Result<Vec<i64>> {
    let of = |table: &str, index: &str| {
        format!(
            "SELECT start FROM {table} INDEXED BY {index}
             WHERE user = ?1 AND metric = ?2 AND layer = ?3 AND layer >= 3 AND start >= ?4 AND start < ?5"
        )
    };
    let (stored, gone) = (of("sample", "sample_by_date"), of("superseded_sample", "superseded_by_date"));
    let mut statement = connection.prepare_cached(&format!("{stored} UNION {gone} ORDER BY start"))?;
    let rows = statement.query_map(params![user, metric, layer.id(), since, until], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A stored row, as its series knows it.
#[derive(Debug, Clone, Copy)]
pub struct OfSeries {
    pub start: i64,
    pub source: i64,
    pub offset_minutes: i64,
    pub delivery: i64,
}

/// The stored rows of a layer of a metric that others than this delivery have written, between two starts, the second excluded.
/// The plus keeps the order of the key: see `narrowed`.
pub fn of_others(
    connection: &Connection,
    (user, delivery): (i64, i64),
    (metric, layer): (i64, i64),
    (since, until): (i64, i64),
    mut each: impl FnMut(OfSeries) -> Result<()>,
) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT start, source, offset_minutes, delivery FROM sample
         WHERE user = ?1 AND metric = ?2 AND start >= ?4 AND start < ?5 AND +layer = ?3 AND delivery <> ?6
         ORDER BY start",
    )?;
    let mut rows = statement.query(params![user, metric, layer, since, until, delivery])?;
    while let Some(row) = rows.next()? {
        each(OfSeries { start: row.get(0)?, source: row.get(1)?, offset_minutes: row.get(2)?, delivery: row.get(3)? })?;
    }
    Ok(())
}

/// Source and start of the superseded rows, the same way.
pub fn superseded_of_layer(
    connection: &Connection,
    user: i64,
    (metric, layer): (i64, i64),
    (since, until): (i64, i64),
) -> Result<Vec<(i64, i64)>> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT source, start FROM superseded_sample
         WHERE user = ?1 AND metric = ?2 AND start >= ?4 AND start < ?5 AND +layer = ?3",
    )?;
    let rows = statement.query_map(params![user, metric, layer, since, until], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The rows of one key that do not count, in one place, each with who has stated it last.
pub fn with_stated(
    connection: &Connection,
    place: Place,
    user: i64,
    (metric, start, layer): Key,
) -> Result<Vec<(StoredRow, i64)>> {
    let (table, only) = (place.table("sample"), place.only());
    let sql = format!("SELECT {COLUMNS}, stated FROM {table} WHERE {OF_KEY}{only} ORDER BY twin");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows =
        statement.query_map(params![user, metric, start, layer.id()], |row| Ok((keyed(row)?.1, row.get(13)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Rows with their keys, and the start at which there are more.
pub type Page = (Vec<(Key, StoredRow)>, Option<i64>);

/// Rows in the order of their keys that meet a condition of ours: about as many as are wanted, and all of one metric and
/// start. The second says at which start there are more.
pub fn read(
    connection: &Connection,
    place: Place,
    condition: &str,
    asked: &[&dyn ToSql],
    wanted: usize,
) -> Result<Page> {
    let table = place.table("sample");
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM {table} WHERE {condition}{} ORDER BY metric, start, layer, twin",
        place.only()
    ))?;
    let mut rows = statement.query(asked)?;
    let mut found: Vec<(Key, StoredRow)> = Vec::new();
    while let Some(row) = rows.next()? {
        let row = keyed(row)?;
        let is_new = |((metric, start, _), _): &(Key, StoredRow)| (*metric, *start) != (row.0.0, row.0.1);
        if found.len() >= wanted && found.last().is_some_and(is_new) {
            return Ok((found, Some(row.0.1)));
        }
        found.push(row);
    }
    Ok((found, None))
}

/// The start of the first or last stored sample of a series. The plus keeps the order of the key: see `narrowed`.
pub fn end(
    connection: &Connection,
    user: i64,
    (metric, layer, source): (i64, i64, i64),
    direction: &str,
) -> Result<Option<i64>> {
    let sql = format!(
        "SELECT start FROM sample WHERE user = ?1 AND metric = ?2 AND +layer = ?3 AND +source = ?4
         ORDER BY start {direction} LIMIT 1"
    );
    let found = connection.prepare_cached(&sql)?.query_row(params![user, metric, layer, source], |row| row.get(0));
    Ok(found.optional()?)
}

/// The stored row of that number.
fn one(connection: &Connection, user: i64, (metric, start, layer): Key, ordinal: i64) -> Result<Option<StoredRow>> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM sample WHERE {OF_KEY} AND twin = ?5"))?;
    let asked = params![user, metric, start, layer.id(), ordinal];
    Ok(statement.query_row(asked, |row| Ok(keyed(row)?.1)).optional()?)
}
