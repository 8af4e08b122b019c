//! Prepared statements on rows of samples: how they are written, and the rows of one place that are handled many times.

use rusqlite::{CachedStatement, Connection, params};

use super::{OF_KEY, group_sql, keyed};
use crate::error::Result;
use crate::store::place::Place;
use crate::store::samples::{Key, Owner, Row, StoredRow};

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
    pub fn write(&mut self, (metric, start, layer): Key, ordinal: i64, row: &Row) -> Result<usize> {
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
