//! Workouts with all that each sender tells of them; series and routes one at a time, because they are long.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use serde::de::DeserializeOwned;

use super::ROUTE;
use crate::error::{Error, Result};
use crate::model::sender::Sender;
use crate::model::workout::{Account, RoutePoint, SeriesPoint};
use crate::store::packed::unpack;

/// A workout and everybody's account of it.
#[derive(Debug, Clone)]
pub struct StoredWorkout {
    pub id: i64,
    /// UTC epoch seconds.
    pub start: i64,
    /// In the order of trust.
    pub told: Vec<Told>,
    /// In the order of trust; the route is the one named `ROUTE`.
    pub series: Vec<SeriesHead>,
}

/// What one sender tells.
#[derive(Debug, Clone)]
pub struct Told {
    pub sender: Sender,
    pub activity: String,
    pub sent_id: Option<String>,
    pub account: Account,
}

/// A series without its points.
#[derive(Debug, Clone)]
pub struct SeriesHead {
    pub sender: Sender,
    pub name: String,
    pub unit: String,
}

/// Which workouts.
#[derive(Debug, Clone)]
pub struct Selection {
    pub user: i64,
    /// UTC epoch seconds of the start; start included, end excluded.
    pub from: i64,
    pub to: i64,
    /// Codes of activities; all when empty.
    pub activities: Vec<String>,
    pub descending: bool,
}

/// At most `limit` workouts in order of start, after the one with this start and id.
pub fn page(
    connection: &Connection,
    selection: &Selection,
    after: Option<(i64, i64)>,
    limit: usize,
) -> Result<Vec<StoredWorkout>> {
    let Selection { user, mut from, mut to, descending, .. } = *selection;
    let (comparison, direction) = if descending { ("<", "DESC") } else { (">", "ASC") };
    match after {
        Some((start, _)) if descending => to = to.min(start.saturating_add(1)),
        Some((start, _)) => from = from.max(start),
        None => {}
    }
    let mut values: Vec<Value> = vec![user.into(), from.into(), to.into()];
    let mut sql = "SELECT id, start FROM workout WHERE user = ?1 AND start >= ?2 AND start < ?3".to_owned();
    if let Some((start, id)) = after {
        values.extend([start.into(), id.into()]);
        sql.push_str(&format!(" AND (start, id) {comparison} (?4, ?5)"));
    }
    if !selection.activities.is_empty() {
        let places: Vec<String> =
            (values.len() + 1..).take(selection.activities.len()).map(|at| format!("?{at}")).collect();
        values.extend(selection.activities.iter().cloned().map(Value::from));
        // What it is called is what the sender says who is believed first.
        sql.push_str(&format!(
            " AND (SELECT activity FROM workout_account WHERE workout = workout.id ORDER BY sender LIMIT 1) IN ({})",
            places.join(",")
        ));
    }
    sql.push_str(&format!(" ORDER BY start {direction}, id {direction} LIMIT {limit}"));
    let mut statement = connection.prepare_cached(&sql)?;
    let heads = statement.query_map(params_from_iter(values), |row| Ok((row.get(0)?, row.get(1)?)))?;
    heads.map(|head| whole(connection, head?)).collect()
}

/// When a workout was, and who recorded it, as the sender says who is believed first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub id: i64,
    /// Empty when nobody names it.
    pub source: String,
    /// UTC epoch seconds.
    pub start: i64,
    pub end: i64,
    /// Whether a person has entered it by hand.
    pub manual: bool,
}

/// The workouts that start in a range, in order of start.
pub fn spans(connection: &Connection, user: i64, from: i64, to: i64) -> Result<Vec<Span>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, start,
             (SELECT account ->> 'end' FROM workout_account WHERE workout = workout.id ORDER BY sender LIMIT 1),
             (SELECT account ->> 'source' FROM workout_account WHERE workout = workout.id
              ORDER BY coalesce(account ->> 'source', '') = '', sender LIMIT 1),
             EXISTS (SELECT 1 FROM workout_account, json_each(account, '$.metadata') entry
                     WHERE workout = workout.id AND entry.key IN ('HKWasUserEntered', 'WasUserEntered', 'wasUserEntered')
                       AND lower(entry.value) IN ('1', 'true', 'yes'))
         FROM workout WHERE user = ?1 AND start >= ?2 AND start < ?3 ORDER BY start, id",
    )?;
    let rows = statement.query_map(params![user, from, to], |row| {
        let (start, end, source): (i64, Option<i64>, Option<String>) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let (id, manual) = (row.get(0)?, row.get(4)?);
        Ok(Span { id, source: source.unwrap_or_default(), start, end: end.unwrap_or(start), manual })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A person's workout of that id, if there is one.
pub fn one(connection: &Connection, user: i64, id: i64) -> Result<Option<StoredWorkout>> {
    let head = connection
        .prepare_cached("SELECT id, start FROM workout WHERE id = ?1 AND user = ?2")?
        .query_row(params![id, user], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    head.map(|head| whole(connection, head)).transpose()
}

fn whole(connection: &Connection, (id, start): (i64, i64)) -> Result<StoredWorkout> {
    Ok(StoredWorkout { id, start, told: told(connection, id)?, series: heads(connection, id)? })
}

fn told(connection: &Connection, id: i64) -> Result<Vec<Told>> {
    let mut statement = connection.prepare_cached(
        "SELECT sender, activity, sent_id, account FROM workout_account WHERE workout = ?1 ORDER BY sender",
    )?;
    let rows = statement.query_map([id], |row| {
        Ok((sender(row)?, row.get::<_, String>(1)?, row.get::<_, Option<String>>(2)?, row.get::<_, String>(3)?))
    })?;
    rows.map(|row| {
        let (sender, activity, sent_id, account) = row?;
        let account = serde_json::from_str(&account).map_err(|fault| Error::internal("reading a workout", fault))?;
        Ok(Told { sender, activity, sent_id, account })
    })
    .collect()
}

fn heads(connection: &Connection, id: i64) -> Result<Vec<SeriesHead>> {
    let mut statement = connection
        .prepare_cached("SELECT sender, name, unit FROM workout_series WHERE workout = ?1 ORDER BY sender, name")?;
    let rows = statement
        .query_map([id], |row| Ok(SeriesHead { sender: sender(row)?, name: row.get(1)?, unit: row.get(2)? }))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The sender in the first column.
fn sender(row: &Row) -> rusqlite::Result<Sender> {
    let id = row.get(0)?;
    Sender::from_id(id).ok_or(rusqlite::Error::IntegralValueOutOfRange(0, id))
}

/// The points of one series of a workout.
pub fn series(connection: &Connection, workout: i64, head: &SeriesHead) -> Result<Vec<SeriesPoint>> {
    body(connection, workout, head.sender, &head.name)
}

/// The route that one sender tells.
pub fn route(connection: &Connection, workout: i64, sender: Sender) -> Result<Vec<RoutePoint>> {
    body(connection, workout, sender, ROUTE)
}

fn body<T: DeserializeOwned>(connection: &Connection, workout: i64, sender: Sender, name: &str) -> Result<Vec<T>> {
    let packed: Option<Vec<u8>> = connection
        .prepare_cached("SELECT body FROM workout_series WHERE workout = ?1 AND sender = ?2 AND name = ?3")?
        .query_row(params![workout, sender.id(), name], |row| row.get(0))
        .optional()?;
    packed.map_or(Ok(Vec::new()), |packed| unpack(&packed))
}
