//! Names to small integers, so that a sample row holds no text.
//!
//! Only the writer adds names. Its memory of them is emptied whenever something is rolled back, because an id that was
//! given out in the undone part may be given to another name next time.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;
use crate::model::source::SHORTCUTS;
use crate::store::samples::Unnamed;

/// A metric's row: its id and the unit its samples are stored in.
#[derive(Debug, Clone)]
pub struct MetricRow {
    pub id: i64,
    pub unit: String,
}

/// What the writer remembers of the dictionaries.
#[derive(Default)]
pub struct Dictionaries {
    /// By name and unit.
    metrics: HashMap<(String, String), i64>,
    sources: HashMap<String, i64>,
    contexts: HashMap<String, i64>,
}

impl Dictionaries {
    pub fn forget(&mut self) {
        *self = Dictionaries::default();
    }

    /// The metric of that name and unit, added when it is new.
    pub fn metric(&mut self, connection: &Connection, name: &str, unit: &str) -> Result<i64> {
        let key = (name.to_owned(), unit.to_owned());
        if let Some(id) = self.metrics.get(&key) {
            return Ok(*id);
        }
        connection
            .prepare_cached("INSERT OR IGNORE INTO metric (name, unit) VALUES (?1, ?2)")?
            .execute(params![name, unit])?;
        let id = connection
            .prepare_cached("SELECT id FROM metric WHERE name = ?1 AND unit = ?2")?
            .query_row(params![name, unit], |row| row.get(0))?;
        self.metrics.insert(key, id);
        Ok(id)
    }

    pub fn source(&mut self, connection: &Connection, name: &str) -> Result<i64> {
        id_of(connection, &mut self.sources, "source", name)
    }

    pub fn context(&mut self, connection: &Connection, name: &str) -> Result<i64> {
        id_of(connection, &mut self.contexts, "context", name)
    }
}

/// `table` is one of ours, never input.
fn id_of(connection: &Connection, known: &mut HashMap<String, i64>, table: &str, name: &str) -> Result<i64> {
    if let Some(id) = known.get(name) {
        return Ok(*id);
    }
    connection.prepare_cached(&format!("INSERT OR IGNORE INTO {table} (name) VALUES (?1)"))?.execute([name])?;
    let id = connection
        .prepare_cached(&format!("SELECT id FROM {table} WHERE name = ?1"))?
        .query_row([name], |row| row.get(0))?;
    known.insert(name.to_owned(), id);
    Ok(id)
}

/// The sources that do not say what measured.
pub fn unnamed(connection: &Connection) -> Result<Unnamed> {
    let mut statement = connection.prepare_cached("SELECT id FROM source WHERE name = ?1")?;
    let mut find = |name: &str| statement.query_row([name], |row| row.get(0)).optional();
    Ok(Unnamed { blank: find("")?, shortcuts: find(SHORTCUTS)? })
}

/// The id and unit of a metric that is stored, if it is: the row that this person has samples of, else the first.
pub fn find_metric(connection: &Connection, user: i64, name: &str) -> Result<Option<MetricRow>> {
    Ok(connection
        .prepare_cached(
            "SELECT id, unit FROM metric WHERE name = ?1 ORDER BY (
                 SELECT max(samples > 0) FROM series WHERE series.user = ?2 AND series.metric = metric.id
             ) DESC NULLS LAST, id LIMIT 1",
        )?
        .query_row(params![name, user], |row| Ok(MetricRow { id: row.get(0)?, unit: row.get(1)? }))
        .optional()?)
}

/// The unit in which a person has samples of that name.
pub fn own_unit(connection: &Connection, user: i64, name: &str) -> Result<Option<String>> {
    Ok(connection
        .prepare_cached(
            "SELECT unit FROM metric JOIN series ON series.metric = metric.id AND series.user = ?1 AND samples > 0
             WHERE name = ?2 LIMIT 1",
        )?
        .query_row(params![user, name], |row| row.get(0))
        .optional()?)
}

/// The names of all metrics that a person has samples of.
pub fn own_names(connection: &Connection, user: i64) -> Result<Vec<String>> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT name FROM series JOIN metric ON metric.id = series.metric WHERE user = ?1 AND samples > 0",
    )?;
    let names = statement.query_map([user], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

/// The name of a metric.
pub fn metric_name(connection: &Connection, id: i64) -> Result<String> {
    Ok(connection.prepare_cached("SELECT name FROM metric WHERE id = ?1")?.query_row([id], |row| row.get(0))?)
}

/// The name of a source; empty when the sender named none.
pub fn source_name(connection: &Connection, id: i64) -> Result<String> {
    Ok(connection.prepare_cached("SELECT name FROM source WHERE id = ?1")?.query_row([id], |row| row.get(0))?)
}
