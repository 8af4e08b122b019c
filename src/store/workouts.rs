//! Workouts: one row each, and beside it what each sender tells. What a deletion keeps out is written beside its own.

mod alike;
pub mod read;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::{Error, Result};
use crate::model::receipt::Outcome;
use crate::model::workout::Workout;
use crate::store::deletions::others::workouts::{place, source_id};
use crate::store::deletions::tombstones::Tombstones;
use crate::store::numbers;
use crate::store::packed::pack;
use crate::store::place::Place;
use crate::store::samples::Owner;
use crate::store::writer::Writing;

/// The series under which a route is stored.
pub const ROUTE: &str = "route";

pub use alike::Told;

/// Stores what one sender tells of a workout, in place of what the same sender told before.
pub fn store(writing: &mut Writing, owner: Owner, workout: &Workout, tombstones: &Tombstones) -> Result<Outcome> {
    let told = Told {
        start: workout.start,
        end: workout.account.end,
        sender: workout.sender.id(),
        activity: workout.activity.clone(),
        sent_id: workout.sent_id.clone(),
        source: workout.account.source.clone(),
        distance: workout.account.figures.get("distance").and_then(|distance| distance.value),
    };
    if tombstones.is_empty() {
        return store_in(writing, Place::Stored, owner, workout, &told);
    }
    let source = source_id(writing.connection, &workout.account.source)?;
    let place = place(writing.connection, owner, tombstones, &told, source)?;
    let outcome = store_in(writing, place, owner, workout, &told)?;
    tombstones.keep_out(writing.connection, place, 1)?;
    Ok(if place == Place::Stored { outcome } else { Outcome::KeptOut })
}

fn store_in(writing: &Writing, place: Place, owner: Owner, workout: &Workout, found_by: &Told) -> Result<Outcome> {
    let account = serde_json::to_string(&workout.account).map_err(|fault| Error::internal("writing JSON", fault))?;
    let connection = writing.connection;
    let id = match find(connection, place, owner.user, found_by)? {
        Some(id) => id,
        None => insert(connection, place, owner, workout)?,
    };
    let (table, only, (column, value)) = (place.table("workout_account"), place.only(), place.also());
    let stored: Option<(String, Option<String>, String, i64)> = connection
        .prepare_cached(&format!(
            "SELECT activity, sent_id, account, delivery FROM {table} WHERE workout = ?1 AND sender = ?2{only}"
        ))?
        .query_row(params![id, workout.sender.id()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    if place == Place::Stored {
        note_told(connection, id, workout, owner.delivery)?;
    }
    // What a later delivery has told stays.
    if stored.as_ref().is_some_and(|(.., delivery)| *delivery > owner.delivery) {
        return Ok(Outcome::Unchanged);
    }
    let same_account = stored.as_ref().is_some_and(|(activity, sent_id, told, _)| {
        *activity == workout.activity && *sent_id == workout.sent_id && *told == account
    });
    if !same_account {
        if place == Place::Stored {
            forget_told(connection, id, workout, owner.delivery)?;
        }
        connection
            .prepare_cached(&format!(
                "INSERT OR REPLACE INTO {table} (workout, sender, activity, sent_id, account, delivery{column})
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6{value})"
            ))?
            .execute(params![id, workout.sender.id(), workout.activity, workout.sent_id, account, owner.delivery])?;
    }
    let changed = store_series(connection, place, id, workout)?;
    Ok(match stored {
        None => Outcome::Stored,
        Some(_) if same_account && !changed => Outcome::Unchanged,
        Some(_) => Outcome::Updated,
    })
}

/// Notes that a delivery has told what is stored of a workout.
fn note_told(connection: &Connection, id: i64, workout: &Workout, delivery: i64) -> Result<()> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO workout_told (workout, sender, delivery) VALUES (?1, ?2, ?3)")?
        .execute(params![id, workout.sender.id(), delivery])?;
    Ok(())
}

/// What other deliveries have told is not what is stored any more.
fn forget_told(connection: &Connection, id: i64, workout: &Workout, delivery: i64) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM workout_told WHERE workout = ?1 AND sender = ?2 AND delivery <> ?3")?
        .execute(params![id, workout.sender.id(), delivery])?;
    Ok(())
}

/// The workout that this account is about, if anybody has told of it: the one that fits best, of which this sender has told
/// nothing else, and nobody what contradicts it.
pub(super) fn find(connection: &Connection, place: Place, user: i64, told: &Told) -> Result<Option<i64>> {
    let mut known: BTreeMap<i64, Vec<Told>> = BTreeMap::new();
    for (id, other) in at_start(connection, place, user, told.start)? {
        known.entry(id).or_default().push(other);
    }
    let how_well = |accounts: &[Told]| -> Option<(u8, bool, bool)> {
        let best = accounts.iter().map(|other| told.fits(other)).try_fold(0, |best, fits| Some(best.max(fits?)))?;
        let same = |is: &dyn Fn(&Told) -> bool| accounts.iter().all(is);
        Some((best, same(&|other| other.activity == told.activity), same(&|other| other.end == told.end)))
    };
    let own =
        |accounts: &[Told]| accounts.iter().any(|other| other.sender == told.sender && told.fits(other).is_some());
    if let Some((id, _)) = known.iter().find(|(_, accounts)| own(accounts)) {
        return Ok(Some(*id));
    }
    let fitting = known.iter().filter_map(|(id, accounts)| Some((how_well(accounts)?, Reverse(*id))));
    Ok(fitting.max().map(|(_, Reverse(id))| id))
}

fn at_start(connection: &Connection, place: Place, user: i64, start: i64) -> Result<Vec<(i64, Told)>> {
    let joined = if place == Place::Stored { "" } else { " AND account.deletion = workout.deletion" };
    let only = place.only().replace("deletion", "workout.deletion");
    let mut statement = connection.prepare_cached(&format!(
        "SELECT workout.id, account.sender, account.activity, account.sent_id, account.account ->> 'end',
                coalesce(account.account ->> 'source', ''), account.account ->> '$.figures.distance.value'
         FROM {} workout JOIN {} account ON account.workout = workout.id{joined}
         WHERE workout.user = ?1 AND workout.start = ?2{only} ORDER BY workout.id, account.sender",
        place.table("workout"),
        place.table("workout_account")
    ))?;
    let rows = statement.query_map(params![user, start], |row| {
        let told = Told {
            start,
            sender: row.get(1)?,
            activity: row.get(2)?,
            sent_id: row.get(3)?,
            end: row.get(4)?,
            source: row.get(5)?,
            distance: row.get(6)?,
        };
        Ok((row.get(0)?, told))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Under a number that no workout has, shown or deleted: a link to a deleted one must not lead to another.
fn insert(connection: &Connection, place: Place, owner: Owner, workout: &Workout) -> Result<i64> {
    let id = numbers::next(connection, &["workout", "buried_workout"], owner.user)?;
    let (table, (column, value)) = (place.table("workout"), place.also());
    connection
        .prepare_cached(&format!(
            "INSERT INTO {table} (id, user, start, activity{column}) VALUES (?1, ?2, ?3, ?4{value})"
        ))?
        .execute(params![id, owner.user, workout.start, workout.activity])?;
    Ok(id)
}

/// Sees to it that what is moved from one place has its workout in the other.
pub(super) fn insert_row(connection: &Connection, from: Place, workout: i64, to: Place, id: i64) -> Result<()> {
    let (source, only, target, (column, value)) = (from.table("workout"), from.only(), to.table("workout"), to.also());
    connection
        .prepare_cached(&format!(
            "INSERT OR IGNORE INTO {target} (id, user, start, activity{column})
             SELECT {id}, user, start, activity{value} FROM {source} WHERE id = ?1{only}"
        ))?
        .execute([workout])?;
    Ok(())
}

/// Replaces the series and the route that are sent; true when any of them is new or different.
fn store_series(connection: &Connection, place: Place, id: i64, workout: &Workout) -> Result<bool> {
    let put = |(name, unit): (&str, &str), points: usize, body: Vec<u8>| {
        put(connection, place, (id, workout.sender.id()), (name, unit), points, body)
    };
    let mut changed = false;
    for series in workout.series.iter().filter(|series| !series.points.is_empty()) {
        changed |= put((&series.name, &series.unit), series.points.len(), pack(&series.points)?)?;
    }
    if !workout.route.is_empty() {
        changed |= put((ROUTE, ""), workout.route.len(), pack(&workout.route)?)?;
    }
    Ok(changed)
}

fn put(
    connection: &Connection,
    place: Place,
    (id, sender): (i64, i64),
    (name, unit): (&str, &str),
    points: usize,
    body: Vec<u8>,
) -> Result<bool> {
    let (table, (column, value)) = (place.table("workout_series"), place.also());
    let written = connection
        .prepare_cached(&format!(
            "INSERT INTO {table} (workout, sender, name, unit, points, body{column})
             VALUES (?1, ?2, ?3, ?4, ?5, ?6{value})
             ON CONFLICT DO UPDATE SET unit = excluded.unit, points = excluded.points, body = excluded.body
             WHERE unit <> excluded.unit OR body <> excluded.body"
        ))?
        .execute(params![id, sender, name, unit, points as i64, body])?;
    Ok(written > 0)
}
