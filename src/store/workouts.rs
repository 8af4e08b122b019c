//! Workouts: one row each, and beside it what each sender tells.

pub mod read;

use rusqlite::{OptionalExtension, params};

use crate::error::{Error, Result};
use crate::model::receipt::Outcome;
use crate::model::workout::Workout;
use crate::store::apply::Owner;
use crate::store::packed::pack;
use crate::store::writer::Writing;

/// The series under which a route is stored.
pub const ROUTE: &str = "route";

/// Ends that differ by less are the same: senders round differently.
const SAME_END_WITHIN: i64 = 2;

/// Stores what one sender tells of a workout, in place of what the same sender told before.
pub fn store(writing: &mut Writing, owner: Owner, workout: &Workout) -> Result<Outcome> {
    let account = serde_json::to_string(&workout.account).map_err(|fault| Error::internal("writing JSON", fault))?;
    let id = match find(writing, owner, workout)? {
        Some(id) => id,
        None => insert(writing, owner, workout)?,
    };
    let stored: Option<(String, Option<String>, String, i64)> = writing
        .connection
        .prepare_cached(
            "SELECT activity, sent_id, account, delivery FROM workout_account WHERE workout = ?1 AND sender = ?2",
        )?
        .query_row(params![id, workout.sender.id()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    // What a later delivery has told stays.
    if stored.as_ref().is_some_and(|(.., delivery)| *delivery > owner.delivery) {
        return Ok(Outcome::Unchanged);
    }
    let same_account = stored.as_ref().is_some_and(|(activity, sent_id, told, _)| {
        *activity == workout.activity && *sent_id == workout.sent_id && *told == account
    });
    if !same_account {
        writing
            .connection
            .prepare_cached(
                "INSERT OR REPLACE INTO workout_account (workout, sender, activity, sent_id, account, delivery)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![id, workout.sender.id(), workout.activity, workout.sent_id, account, owner.delivery])?;
    }
    let changed = store_series(writing, id, workout)?;
    Ok(match stored {
        None => Outcome::Stored,
        Some(_) if same_account && !changed => Outcome::Unchanged,
        Some(_) => Outcome::Updated,
    })
}

/// The workout that this account is about, if anybody has told of it.
fn find(writing: &Writing, owner: Owner, workout: &Workout) -> Result<Option<i64>> {
    let mut statement = writing.connection.prepare_cached(
        "SELECT workout.id, account.sender, account.activity, account.sent_id, account.account ->> 'end'
         FROM workout JOIN workout_account account ON account.workout = workout.id
         WHERE workout.user = ?1 AND workout.start = ?2 ORDER BY workout.id, account.sender",
    )?;
    let mut rows = statement.query(params![owner.user, workout.start])?;
    let mut alike = None;
    while let Some(row) = rows.next()? {
        let (id, sender): (i64, i64) = (row.get(0)?, row.get(1)?);
        let (activity, sent_id, end): (String, Option<String>, i64) = (row.get(2)?, row.get(3)?, row.get(4)?);
        match (&workout.sent_id, &sent_id) {
            (Some(one), Some(other)) if one == other => return Ok(Some(id)),
            (Some(_), Some(_)) if sender == workout.sender.id() => continue,
            _ => {}
        }
        let same_end = (end - workout.account.end).abs() <= SAME_END_WITHIN;
        if activity == workout.activity || same_end {
            alike = alike.or(Some(id));
        }
    }
    Ok(alike)
}

fn insert(writing: &Writing, owner: Owner, workout: &Workout) -> Result<i64> {
    writing
        .connection
        .prepare_cached("INSERT INTO workout (user, start, activity) VALUES (?1, ?2, ?3)")?
        .execute(params![owner.user, workout.start, workout.activity])?;
    Ok(writing.connection.last_insert_rowid())
}

/// Replaces the series and the route that are sent; true when any of them is new or different.
fn store_series(writing: &Writing, id: i64, workout: &Workout) -> Result<bool> {
    let mut changed = false;
    for series in workout.series.iter().filter(|series| !series.points.is_empty()) {
        changed |= put(writing, id, workout, (&series.name, &series.unit), series.points.len(), pack(&series.points)?)?;
    }
    if !workout.route.is_empty() {
        changed |= put(writing, id, workout, (ROUTE, ""), workout.route.len(), pack(&workout.route)?)?;
    }
    Ok(changed)
}

fn put(
    writing: &Writing,
    id: i64,
    workout: &Workout,
    (name, unit): (&str, &str),
    points: usize,
    body: Vec<u8>,
) -> Result<bool> {
    let written = writing
        .connection
        .prepare_cached(
            "INSERT INTO workout_series (workout, sender, name, unit, points, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET unit = excluded.unit, points = excluded.points, body = excluded.body
             WHERE unit <> excluded.unit OR body <> excluded.body",
        )?
        .execute(params![id, workout.sender.id(), name, unit, points as i64, body])?;
    Ok(written > 0)
}
