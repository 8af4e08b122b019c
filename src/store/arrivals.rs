//! Deliveries as they come in, for somebody who is watching: of everybody, and in a sentence each.

use rusqlite::{Connection, Row};

use crate::error::Result;

/// Sources that are named; a watch and a phone are usual.
const NAMED: usize = 2;

/// A delivery that came.
#[derive(Debug)]
pub struct Arrival {
    pub id: i64,
    /// Items as sent; none while an import is still running.
    pub received: Option<i64>,
    /// Whether it was of no kind we know.
    pub refused: bool,
    /// What measured it, else who sent it.
    pub from: String,
}

/// The delivery that came last; 0 when there is none.
pub fn last(connection: &Connection) -> Result<i64> {
    Ok(connection.query_row("SELECT coalesce(max(id), 0) FROM delivery", [], |row| row.get(0))?)
}

/// Those after one, in the order in which they came.
pub fn after(connection: &Connection, id: i64) -> Result<Vec<Arrival>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, receipt ->> 'received', refused, coalesce(origin ->> 'automation_name', origin ->> 'file', format)
         FROM delivery WHERE id > ?1 ORDER BY id",
    )?;
    let rows = statement.query_map([id], |row: &Row| {
        Ok(Arrival { id: row.get(0)?, received: row.get(1)?, refused: row.get(2)?, from: row.get(3)? })
    })?;
    let arrivals = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    arrivals.into_iter().map(|arrival| measured(connection, arrival)).collect()
}

/// Names what measured it, where anything of it is stored.
fn measured(connection: &Connection, arrival: Arrival) -> Result<Arrival> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT name FROM series JOIN source ON source.id = series.source
         WHERE last_delivery = ?1 AND name <> '' ORDER BY name LIMIT ?2",
    )?;
    let names = statement.query_map([arrival.id, NAMED as i64], |row| row.get::<_, String>(0))?;
    let names = names.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(if names.is_empty() { arrival } else { Arrival { from: names.join(" and "), ..arrival } })
}
