//! What is no sample: workouts, events, nights. There are thousands of them where there are millions of samples, so they move in
//! one transaction, the one that begins the deletion or the undo.

pub mod events;
pub mod nights;
pub mod workouts;

use rusqlite::Connection;
use rusqlite::types::Value;

use super::Order;
use super::tombstones::Rule;
use crate::error::Result;
use crate::model::deletion::{Kind, Plan};

impl Rule {
    /// Whether it is a range of everything.
    fn is_of_everything(&self) -> bool {
        self.kind == Kind::Range && self.metric.is_none() && self.source.is_none()
    }

    /// Whether it covers what has this source and starts (or ends, in the case of a night) then, whatever it is.
    fn covers_any(&self, source: Option<i64>, moment: i64) -> bool {
        let is_meant =
            self.is_of_everything() || self.kind == Kind::Source && source.is_some() && self.source == source;
        is_meant && self.reaches_start(moment)
    }
}

/// A condition with its one value, or none when an order is about something else.
type Condition = Option<(String, Value)>;

/// Of which an order takes those of its time, source or delivery.
fn condition(order: &Order, moment: &str, source: &str, source_value: Value) -> Condition {
    let aim = &order.aim;
    let in_time = format!("{moment} >= {} AND {moment} < {}", aim.since, aim.until);
    match order.kind {
        Kind::Range if aim.metric.is_none() && aim.source.is_none() => {
            Some((format!("{in_time} AND ?2 IS NULL"), Value::Null))
        }
        Kind::Source => Some((format!("{in_time} AND {source} = ?2"), source_value)),
        Kind::Delivery => Some(("delivery = ?2".into(), aim.delivery.into())),
        _ => None,
    }
}

/// No source has this id.
const NOBODY: i64 = -1;

/// A person's sources, of whatever: id and name. One that has measured workouts only has no id yet.
pub fn sources(connection: &Connection, user: i64) -> Result<Vec<(i64, String)>> {
    let mut statement = connection.prepare_cached(
        "WITH own AS (
             SELECT source FROM series WHERE user = ?1 AND samples > 0
             UNION SELECT source FROM event WHERE user = ?1
             UNION SELECT source FROM night_summary WHERE user = ?1),
         told AS (
             SELECT DISTINCT account ->> 'source' AS name FROM workout_account
             JOIN workout ON workout.id = workout_account.workout WHERE user = ?1)
         SELECT id, name FROM source WHERE id IN own OR name IN told
         UNION SELECT ?2, name FROM told WHERE name IS NOT NULL AND name NOT IN (SELECT name FROM source)",
    )?;
    let rows = statement.query_map([user, NOBODY], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Counts what an order would take of them.
pub(super) fn plan(connection: &Connection, order: &Order) -> Result<Plan> {
    Ok(Plan {
        samples: Vec::new(),
        workouts: workouts::count(connection, order)?,
        events: events::count(connection, order)?,
        nights: nights::count(connection, order)?,
    })
}

pub(super) fn bury(connection: &Connection, order: &Order, deletion: i64) -> Result<()> {
    workouts::bury(connection, order, deletion)?;
    events::bury(connection, order, deletion)?;
    nights::bury(connection, order, deletion)
}

pub(super) fn restore(connection: &Connection, user: i64, deletion: i64) -> Result<()> {
    let tombstones = super::tombstones::Tombstones::of(connection, user)?;
    workouts::restore(connection, user, deletion, &tombstones)?;
    events::restore(connection, user, deletion, &tombstones)?;
    nights::restore(connection, user, deletion, &tombstones)
}
