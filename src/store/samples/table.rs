//! The statements on rows of samples, stored or under a deletion, and the one list of their columns.

use rusqlite::{CachedStatement, Connection, OptionalExtension, Row as SqlRow, ToSql, params};

use crate::error::Result;
use crate::model::time::Layer;
use crate::store::place::Place;
use crate::store::samples::{Key, Owner, Row, StoredRow};

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

pub fn insert(connection: &Connection, place: Place, user: i64, key: Key, sample: &StoredRow) -> Result<()> {
    let owner = (user, sample.delivery);
    Insert::prepare(connection, "INSERT", place, owner)?.write(key, sample.ordinal, &sample.row)?;
    Ok(())
}

/// Removes one row of a group, or all of it.
pub fn remove(connection: &Connection, place: Place, user: i64, key: Key, ordinal: Option<i64>) -> Result<()> {
    let (metric, start, layer) = key;
    let (table, only) = (place.table("sample"), place.only());
    let all = format!("DELETE FROM {table} WHERE {OF_KEY}{only}");
    let asked = params![user, metric, start, layer.id()];
    match ordinal {
        Some(twin) => connection.prepare_cached(&format!("{all} AND twin = ?5"))?.execute(params![
            user,
            metric,
            start,
            layer.id(),
            twin
        ])?,
        None => connection.prepare_cached(&all)?.execute(asked)?,
    };
    Ok(())
}

/// Moves the first row that is stored under a key to number 0, where that has become vacant.
pub fn keep_first_taken(connection: &Connection, user: i64, (metric, start, layer): Key) -> Result<()> {
    let first: Option<i64> = connection
        .prepare_cached(&format!("SELECT min(twin) FROM sample WHERE {OF_KEY}"))?
        .query_row(params![user, metric, start, layer.id()], |row| row.get(0))
        .optional()?
        .flatten();
    if let Some(ordinal) = first.filter(|ordinal| *ordinal > 0) {
        connection
            .prepare_cached(&format!("UPDATE sample SET twin = 0 WHERE {OF_KEY} AND twin = ?5"))?
            .execute(params![user, metric, start, layer.id(), ordinal])?;
    }
    Ok(())
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

/// Rows of one place that are read, written and removed many times, with the statements prepared.
pub struct Rows<'a> {
    user: i64,
    insert: Insert<'a>,
    put: Insert<'a>,
    read: CachedStatement<'a>,
    remove: CachedStatement<'a>,
}

impl<'a> Rows<'a> {
    pub fn prepare(connection: &'a Connection, place: Place, owner: Owner) -> Result<Rows<'a>> {
        let (table, only, writer) = (place.table("sample"), place.only(), (owner.user, owner.delivery));
        Ok(Rows {
            user: owner.user,
            insert: Insert::prepare(connection, "INSERT OR IGNORE", place, writer)?,
            put: Insert::prepare(connection, "INSERT OR REPLACE", place, writer)?,
            read: connection.prepare_cached(&group_sql(place))?,
            remove: connection.prepare_cached(&format!("DELETE FROM {table} WHERE {OF_KEY}{only} AND twin = ?5"))?,
        })
    }

    /// Writes a row under number 0, unless one stands there; says whether it was written.
    pub fn insert_first(&mut self, key: Key, row: &Row) -> Result<bool> {
        Ok(self.insert.write(key, 0, row)? == 1)
    }

    /// Writes a row in the place of any that stands there.
    pub fn put(&mut self, key: Key, ordinal: i64, row: &Row) -> Result<()> {
        self.put.write(key, ordinal, row).map(drop)
    }

    pub fn remove(&mut self, (metric, start, layer): Key, ordinal: i64) -> Result<()> {
        self.remove.execute(params![self.user, metric, start, layer.id(), ordinal])?;
        Ok(())
    }

    /// The rows of one key, by number.
    pub fn group(&mut self, (metric, start, layer): Key) -> Result<Vec<StoredRow>> {
        let rows = self.read.query_map(params![self.user, metric, start, layer.id()], |row| Ok(keyed(row)?.1))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

/// A statement that writes a sample row. Who writes is bound once: binding costs as much as a part of the insert.
struct Insert<'a>(CachedStatement<'a>);

impl<'a> Insert<'a> {
    fn prepare(
        connection: &'a Connection,
        verb: &str,
        place: Place,
        (user, delivery): (i64, i64),
    ) -> Result<Insert<'a>> {
        let ((column, value), table) = (place.also(), place.table("sample"));
        let mut statement = connection.prepare_cached(&format!(
            "{verb} INTO {table} (user, delivery, metric, start, layer, twin, span, value, min, max, source, context,
                                      offset_minutes, manual{column})
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14{value})"
        ))?;
        statement.raw_bind_parameter(1, user)?;
        statement.raw_bind_parameter(2, delivery)?;
        Ok(Insert(statement))
    }

    /// 1 when a row was written.
    fn write(&mut self, (metric, start, layer): Key, ordinal: i64, row: &Row) -> Result<usize> {
        let statement = &mut self.0;
        for (at, value) in (3..).zip([metric, start, layer.id(), ordinal, row.span]) {
            statement.raw_bind_parameter(at, value)?;
        }
        for (at, value) in (8..).zip([row.value, row.min, row.max]) {
            statement.raw_bind_parameter(at, value)?;
        }
        statement.raw_bind_parameter(11, row.source)?;
        statement.raw_bind_parameter(12, row.context)?;
        statement.raw_bind_parameter(13, row.offset_minutes)?;
        statement.raw_bind_parameter(14, row.manual)?;
        Ok(statement.raw_execute()?)
    }
}
