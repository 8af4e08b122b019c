//! What is there and when it came, for the question whether anything is missing.
//!
//! Which days have data is found by jumping from day to day over the clustered key, one seek for each day that has any,
//! so that years of heart beats cost no more than years of weights.

use std::ops::Range;

use rusqlite::types::{Null, ToSqlOutput};
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;
use crate::store::deliveries::{Origin, parsed};

/// One thing that is followed over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Track<'a> {
    /// Samples of the metric of that id.
    Metric(i64),
    /// Events of that kind.
    Events(&'a str),
    Workouts,
}

impl Track<'_> {
    fn parameter(&self) -> ToSqlOutput<'_> {
        match self {
            Track::Metric(id) => ToSqlOutput::from(*id),
            Track::Events(kind) => ToSqlOutput::from(*kind),
            Track::Workouts => ToSqlOutput::from(Null),
        }
    }
}

/// The time of the first entry.
pub fn first(connection: &Connection, user: i64, track: Track) -> Result<Option<i64>> {
    let mut first = None;
    jump(connection, user, track, i64::MIN..i64::MAX, |start| {
        first = Some(start);
        i64::MAX
    })?;
    Ok(first)
}

/// Goes from entry to entry of a range: `next` is told the time of one, and says from when on to look for another.
pub fn jump(
    connection: &Connection,
    user: i64,
    track: Track,
    range: Range<i64>,
    mut next: impl FnMut(i64) -> i64,
) -> Result<()> {
    let (sql, of) = match track {
        Track::Metric(_) => ("SELECT min(start) FROM sample", " AND metric = ?4"),
        Track::Events(_) => ("SELECT min(start) FROM event", " AND kind = ?4"),
        Track::Workouts => ("SELECT min(start) FROM workout", " AND ?4 IS NULL"),
    };
    let mut statement =
        connection.prepare_cached(&format!("{sql} WHERE user = ?1{of} AND start >= ?2 AND start < ?3"))?;
    let mut at = range.start;
    loop {
        let found: Option<i64> =
            statement.query_row(params![user, at, range.end, track.parameter()], |row| row.get(0))?;
        let Some(start) = found else { return Ok(()) };
        at = next(start);
    }
}

/// The last entry before `to`: its time, and when the delivery that brought it came, in epoch milliseconds.
pub fn last(connection: &Connection, user: i64, track: Track, to: i64) -> Result<Option<(i64, Option<i64>)>> {
    let sql = match track {
        Track::Metric(_) => {
            "SELECT start, received_at_ms FROM sample LEFT JOIN delivery ON delivery.id = sample.delivery
             WHERE sample.user = ?1 AND metric = ?3 AND start < ?2 ORDER BY start DESC LIMIT 1"
        }
        Track::Events(_) => {
            "SELECT start, received_at_ms FROM event LEFT JOIN delivery ON delivery.id = event.delivery
             WHERE event.user = ?1 AND kind = ?3 AND start < ?2 ORDER BY start DESC LIMIT 1"
        }
        Track::Workouts => {
            "SELECT start, (SELECT max(received_at_ms) FROM workout_account
                            JOIN delivery ON delivery.id = workout_account.delivery
                            WHERE workout_account.workout = workout.id)
             FROM workout WHERE user = ?1 AND start < ?2 AND ?3 IS NULL ORDER BY start DESC LIMIT 1"
        }
    };
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row(params![user, to, track.parameter()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

/// Local dates, in days since 1970-01-01, on which a night ends that a phone has summed up; ascending, `to` excluded.
pub fn nights(connection: &Connection, user: i64, from: i32, to: i32) -> Result<Vec<i32>> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT date FROM night_summary WHERE user = ?1 AND date >= ?2 AND date < ?3 ORDER BY date",
    )?;
    let rows = statement.query_map(params![user, from, to], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many samples of a range of time a phone has delivered more than `after` seconds after they had ended.
pub fn late(connection: &Connection, user: i64, metric: i64, from: i64, to: i64, after: i64) -> Result<i64> {
    Ok(connection
        .prepare_cached(
            "SELECT count(*) FROM sample JOIN delivery ON delivery.id = sample.delivery
             WHERE sample.user = ?1 AND metric = ?2 AND start >= ?3 AND start < ?4
               AND api_key IS NOT NULL AND received_at_ms > (start + span + ?5) * 1000",
        )?
        .query_row(params![user, metric, from, to, after], |row| row.get(0))?)
}

/// When a phone first delivered anything, in epoch milliseconds.
pub fn first_delivery_ms(connection: &Connection, user: i64) -> Result<Option<i64>> {
    Ok(connection
        .prepare_cached(
            "SELECT received_at_ms FROM delivery WHERE user = ?1 AND api_key IS NOT NULL ORDER BY id LIMIT 1",
        )?
        .query_row([user], |row| row.get(0))
        .optional()?)
}

/// A delivery that came over the network.
#[derive(Debug, Clone)]
pub struct Arrival {
    pub origin: Origin,
    pub format: String,
    pub received_at_ms: i64,
}

/// The latest of them, newest first.
pub fn arrivals(connection: &Connection, user: i64, limit: u32) -> Result<Vec<Arrival>> {
    let mut statement = connection.prepare_cached(
        "SELECT origin, format, received_at_ms FROM delivery
         WHERE user = ?1 AND api_key IS NOT NULL ORDER BY id DESC LIMIT ?2",
    )?;
    let rows = statement.query_map(params![user, limit], |row| {
        Ok(Arrival { origin: parsed(row, 0)?, format: row.get(1)?, received_at_ms: row.get(2)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
