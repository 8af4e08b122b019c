//! The statements on rows of samples, stored or under a deletion, and the one list of their columns.

use rusqlite::{CachedStatement, Connection, OptionalExtension, Row as SqlRow, ToSql, params};

use crate::error::{Error, Result};
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

/// The stored rows of a layer of a metric between two starts, the second excluded. The plus keeps the order of the key: see
/// `narrowed`.
pub fn of_layer(
    connection: &Connection,
    user: i64,
    (metric, layer): (i64, i64),
    (since, until): (i64, i64),
    mut each: impl FnMut(OfSeries) -> Result<()>,
) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT start, source, offset_minutes, delivery FROM sample
         WHERE user = ?1 AND metric = ?2 AND start >= ?4 AND start < ?5 AND +layer = ?3 ORDER BY start",
    )?;
    let mut rows = statement.query(params![user, metric, layer, since, until])?;
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

/// Notes who has stated a row last that does not count.
pub fn set_stated(
    connection: &Connection,
    place: Place,
    user: i64,
    (metric, start, layer): Key,
    (ordinal, stated): (i64, i64),
) -> Result<()> {
    let (table, only) = (place.table("sample"), place.only());
    connection
        .prepare_cached(&format!("UPDATE {table} SET stated = ?6 WHERE {OF_KEY}{only} AND twin = ?5"))?
        .execute(params![user, metric, start, layer.id(), ordinal, stated])?;
    Ok(())
}

/// Stores a row under the number that it had; who stands there moves up.
pub fn put_back(connection: &Connection, user: i64, key: Key, sample: &StoredRow) -> Result<()> {
    let is_alone = one(connection, user, key, 0)?.is_none();
    let sample = StoredRow { ordinal: if is_alone { 0 } else { sample.ordinal }, ..sample.clone() };
    make_room(connection, Place::Stored, user, key, sample.ordinal)?;
    insert(connection, Place::Stored, user, key, &sample)
}

/// Adds a row under a deletion with the number that it has; who lies there moves up.
pub fn bury(
    connection: &Connection,
    deletion: i64,
    user: i64,
    key: Key,
    (sample, stated): (&StoredRow, i64),
) -> Result<()> {
    let place = Place::Buried(deletion);
    make_room(connection, place, user, key, sample.ordinal)?;
    insert(connection, place, user, key, sample)?;
    set_stated(connection, place, user, key, (sample.ordinal, stated))
}

/// Moves up who has this number, and those that follow without a gap.
fn make_room(connection: &Connection, place: Place, user: i64, key: Key, ordinal: i64) -> Result<()> {
    let (metric, start, layer) = key;
    let sql =
        format!("SELECT EXISTS (SELECT 1 FROM {} WHERE {OF_KEY}{} AND twin = ?5)", place.table("sample"), place.only());
    let asked = params![user, metric, start, layer.id(), ordinal];
    if !connection.prepare_cached(&sql)?.query_row(asked, |row| row.get::<_, bool>(0))? {
        return Ok(());
    }
    let known = group(connection, place, user, key)?;
    let taken = known.iter().map(|row| row.ordinal).filter(|taken| *taken >= ordinal);
    let chain: Vec<i64> =
        taken.zip(ordinal..).take_while(|(taken, next)| taken == next).map(|(taken, _)| taken).collect();
    let (table, only) = (place.table("sample"), place.only());
    let sql = format!("UPDATE {table} SET twin = twin + 1 WHERE {OF_KEY}{only} AND twin = ?5");
    for taken in chain.into_iter().rev() {
        connection.prepare_cached(&sql)?.execute(params![user, metric, start, layer.id(), taken])?;
    }
    Ok(())
}

/// Adds a row that does not count behind the others of its key and place.
pub fn add(
    connection: &Connection,
    place: Place,
    user: i64,
    key: Key,
    (row, owner, stated): (&Row, i64, i64),
) -> Result<()> {
    let (metric, start, layer) = key;
    let (table, only) = (place.table("sample"), place.only());
    let ordinal: i64 = connection
        .prepare_cached(&format!("SELECT coalesce(max(twin) + 1, 0) FROM {table} WHERE {OF_KEY}{only}"))?
        .query_row(params![user, metric, start, layer.id()], |row| row.get(0))?;
    let ((column, value), verb) = (place.also(), "INSERT");
    let also = (format!("{column}, stated"), format!("{value}, {stated}"));
    Insert::prepare(connection, &insert_sql(verb, place, (&also.0, &also.1)), (user, owner))?
        .write(key, ordinal, row)?;
    Ok(())
}

/// Stores a row under the first number that is free.
pub fn put_free(connection: &Connection, user: i64, key: Key, row: &Row, owner: i64) -> Result<()> {
    let (metric, start, layer) = key;
    let ordinal: i64 = connection
        .prepare_cached(&format!(
            "SELECT CASE WHEN NOT EXISTS (SELECT 1 FROM sample WHERE {OF_KEY} AND twin = 0) THEN 0
             ELSE (SELECT max(twin) + 1 FROM sample WHERE {OF_KEY}) END"
        ))?
        .query_row(params![user, metric, start, layer.id()], |row| row.get(0))?;
    let sample = StoredRow { ordinal, row: row.clone(), delivery: owner };
    insert(connection, Place::Stored, user, key, &sample)
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

pub fn insert(connection: &Connection, place: Place, user: i64, key: Key, sample: &StoredRow) -> Result<()> {
    let owner = (user, sample.delivery);
    Insert::prepare(connection, &put_sql("INSERT", place), owner)?.write(key, sample.ordinal, &sample.row)?;
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

/// Removes one row; what is stored keeps a first one.
pub fn take(connection: &Connection, place: Place, user: i64, key: Key, ordinal: i64) -> Result<()> {
    remove(connection, place, user, key, Some(ordinal))?;
    if place == Place::Stored { keep_first_taken(connection, user, key) } else { Ok(()) }
}

/// Removes the stored row of a delivery that says just this; it stood under this number, others that have gone may have
/// moved it up.
pub fn take_like(connection: &Connection, user: i64, key: Key, sample: &StoredRow) -> Result<()> {
    let is_it = |stored: &StoredRow| stored.delivery == sample.delivery && stored.row == sample.row;
    for ordinal in [sample.ordinal, 0] {
        if one(connection, user, key, ordinal)?.is_some_and(|stored| is_it(&stored)) {
            return take(connection, Place::Stored, user, key, ordinal);
        }
    }
    match group(connection, Place::Stored, user, key)?.iter().find(|stored| is_it(stored)) {
        Some(found) => take(connection, Place::Stored, user, key, found.ordinal),
        None => Err(Error::Internal("a sample is not where it was read".into())),
    }
}

/// The stored row of that number.
fn one(connection: &Connection, user: i64, (metric, start, layer): Key, ordinal: i64) -> Result<Option<StoredRow>> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM sample WHERE {OF_KEY} AND twin = ?5"))?;
    let asked = params![user, metric, start, layer.id(), ordinal];
    Ok(statement.query_row(asked, |row| Ok(keyed(row)?.1)).optional()?)
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
            insert: Insert::prepare(connection, &put_sql("INSERT OR IGNORE", place), writer)?,
            put: Insert::prepare(connection, &put_sql("INSERT OR REPLACE", place), writer)?,
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

fn put_sql(verb: &str, place: Place) -> String {
    let (column, value) = place.also();
    insert_sql(verb, place, (column, &value))
}

fn insert_sql(verb: &str, place: Place, (column, value): (&str, &str)) -> String {
    format!(
        "{verb} INTO {} (user, delivery, metric, start, layer, twin, span, value, min, max, source, context,
                         offset_minutes, manual{column})
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14{value})",
        place.table("sample")
    )
}

/// A statement that writes a sample row. Who writes is bound once: binding costs as much as a part of the insert.
struct Insert<'a>(CachedStatement<'a>);

impl<'a> Insert<'a> {
    fn prepare(connection: &'a Connection, sql: &str, (user, delivery): (i64, i64)) -> Result<Insert<'a>> {
        let mut statement = connection.prepare_cached(sql)?;
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
