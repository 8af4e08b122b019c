//! Prepared statements on rows of samples: how they are written, and the rows of one place that are handled many times.

use rusqlite::{CachedStatement, Connection, params};

use super::{OF_KEY, group_sql, keyed};
use crate::error::{Error, Result};
use crate::store::place::Place;
use crate::store::samples::{Key, Owner, Row, StoredRow};

/// Rows that one statement writes: most of what an insert costs is paid once for each statement.
const AT_ONCE: usize = 32;

/// Rows of one place that are read, written and removed many times, with the statements prepared.
pub struct Rows<'a> {
    user: i64,
    insert: Insert<'a>,
    insert_many: Insert<'a>,
    put: Insert<'a>,
    read: CachedStatement<'a>,
    remove: CachedStatement<'a>,
    is_free: CachedStatement<'a>,
}

impl<'a> Rows<'a> {
    pub fn prepare(connection: &'a Connection, place: Place, owner: Owner) -> Result<Rows<'a>> {
        let (table, only, writer) = (place.table("sample"), place.only(), (owner.user, owner.delivery));
        Ok(Rows {
            user: owner.user,
            insert: Insert::prepare(connection, &put_sql("INSERT OR IGNORE", place), writer)?,
            insert_many: Insert::prepare(connection, &many_sql(place), writer)?,
            put: Insert::prepare(connection, &put_sql("INSERT OR REPLACE", place), writer)?,
            read: connection.prepare_cached(&group_sql(place))?,
            remove: connection.prepare_cached(&format!("DELETE FROM {table} WHERE {OF_KEY}{only} AND twin = ?5"))?,
            is_free: connection.prepare_cached(&format!(
                "SELECT NOT EXISTS (SELECT 1 FROM {table} WHERE user = ?1 AND metric = ?2 AND start BETWEEN ?3 AND ?4{only})"
            ))?,
        })
    }

    /// Whether a metric has no row of any layer between two starts, the second included.
    pub fn is_free(&mut self, metric: i64, first: i64, last: i64) -> Result<bool> {
        Ok(self.is_free.query_row(params![self.user, metric, first, last], |row| row.get(0))?)
    }

    /// Writes a row under number 0, unless one stands there; says whether it was written.
    pub fn insert_first(&mut self, key: Key, row: &Row) -> Result<bool> {
        Ok(self.insert.write(key, 0, row)? == 1)
    }

    /// Writes rows under number 0 of keys under which nothing stands; it is an error if anything does.
    pub fn insert_new(&mut self, rows: &[(Key, Row)]) -> Result<()> {
        let (many, rest) = rows.as_chunks::<AT_ONCE>();
        for rows in many {
            for (at, (key, row)) in rows.iter().enumerate() {
                self.insert_many.bind(at, *key, 0, row)?;
            }
            self.insert_many.0.raw_execute()?;
        }
        for (key, row) in rest {
            if !self.insert_first(*key, row)? {
                return Err(Error::internal("storing a new sample", "its key is taken"));
            }
        }
        Ok(())
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

/// The parameters of one row, behind the two that say who writes.
const BOUND: usize = 12;

pub fn put_sql(verb: &str, place: Place) -> String {
    let (column, value) = place.also();
    insert_sql(verb, place, (column, &value))
}

pub fn insert_sql(verb: &str, place: Place, (column, value): (&str, &str)) -> String {
    format!(
        "{verb} INTO {} (user, delivery, metric, start, layer, twin, span, value, min, max, source, context,
                         offset_minutes, manual{column})
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14{value})",
        place.table("sample")
    )
}

fn many_sql(place: Place) -> String {
    // Whoever gets an error undoes the whole transaction, so the statement need not be able to undo its own part of it.
    let one = put_sql("INSERT OR FAIL", place);
    let row = |at: usize| {
        let (_, value) = place.also();
        let bound: Vec<String> = (0..BOUND).map(|column| format!("?{}", 3 + at * BOUND + column)).collect();
        format!(", (?1, ?2, {}{value})", bound.join(", "))
    };
    one + &(1..AT_ONCE).map(row).collect::<String>()
}

/// A statement that writes a sample row. Who writes is bound once: binding costs as much as a part of the insert.
pub struct Insert<'a>(CachedStatement<'a>);

impl<'a> Insert<'a> {
    pub fn prepare(connection: &'a Connection, sql: &str, (user, delivery): (i64, i64)) -> Result<Insert<'a>> {
        let mut statement = connection.prepare_cached(sql)?;
        statement.raw_bind_parameter(1, user)?;
        statement.raw_bind_parameter(2, delivery)?;
        Ok(Insert(statement))
    }

    /// 1 when a row was written.
    pub fn write(&mut self, key: Key, ordinal: i64, row: &Row) -> Result<usize> {
        self.bind(0, key, ordinal, row)?;
        Ok(self.0.raw_execute()?)
    }

    /// Binds the row of that place in the statement.
    fn bind(&mut self, at: usize, (metric, start, layer): Key, ordinal: i64, row: &Row) -> Result<()> {
        let (statement, first) = (&mut self.0, 3 + at * BOUND);
        for (at, value) in (first..).zip([metric, start, layer.id(), ordinal, row.span]) {
            statement.raw_bind_parameter(at, value)?;
        }
        for (at, value) in (first + 5..).zip([row.value, row.min, row.max]) {
            statement.raw_bind_parameter(at, value)?;
        }
        statement.raw_bind_parameter(first + 8, row.source)?;
        statement.raw_bind_parameter(first + 9, row.context)?;
        statement.raw_bind_parameter(first + 10, row.offset_minutes)?;
        statement.raw_bind_parameter(first + 11, row.manual)?;
        Ok(())
    }
}
