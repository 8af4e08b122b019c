//! Workouts under deletions. What moves is what one sender tells; the row that the senders' accounts share follows the last of
//! them, and is found again by the rules that find it for a delivery.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Condition, condition};
use crate::error::Result;
use crate::model::deletion::Kind;
use crate::store::deletions::Order;
use crate::store::deletions::tombstones::{Rule, Tombstones};
use crate::store::place::Place;
use crate::store::samples::Owner;
use crate::store::workouts::{Told, find, insert_row};

fn meant(order: &Order) -> Condition {
    match (order.kind, order.aim.workout) {
        (Kind::Workout, Some(id)) => Some(("workout.id = ?2".into(), id.into())),
        _ => {
            let name = order.aim.source_name.clone().map_or(Value::Null, Value::from);
            condition(order, "start", "account ->> 'source'", name)
        }
    }
}

const JOINED: &str = "FROM workout JOIN workout_account ON workout_account.workout = workout.id WHERE user = ?1 AND";

pub(super) fn count(connection: &Connection, order: &Order) -> Result<i64> {
    let Some((sql, value)) = meant(order) else { return Ok(0) };
    let sql = format!("SELECT count(DISTINCT workout.id) {JOINED} {sql}");
    Ok(connection.query_row(&sql, params![order.user, value], |row| row.get(0))?)
}

pub(super) fn bury(connection: &Connection, order: &Order, deletion: i64) -> Result<()> {
    let Some((sql, value)) = meant(order) else { return Ok(()) };
    let mut statement = connection.prepare(&format!("SELECT workout.id, sender {JOINED} {sql}"))?;
    let rows = statement.query_map(params![order.user, value], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let accounts: Vec<(i64, i64)> = rows.collect::<rusqlite::Result<_>>()?;
    for (id, sender) in accounts {
        if order.kind == Kind::Delivery && pass_on(connection, id, sender, order.aim.delivery)? {
            continue;
        }
        shift(connection, (Place::Stored, id), (Place::Buried(deletion), id), sender, true)?;
    }
    Ok(())
}

/// Gives an account to another delivery that has told the very same and is not deleted; false when there is none.
fn pass_on(connection: &Connection, workout: i64, sender: i64, from: Option<i64>) -> Result<bool> {
    let heir: Option<i64> = connection
        .query_row(
            "SELECT min(delivery) FROM workout_told WHERE workout = ?1 AND sender = ?2 AND delivery IS NOT ?3
             AND delivery NOT IN (SELECT delivery FROM deletion
                                  WHERE kind = 'delivery' AND undone_at IS NULL AND delivery IS NOT NULL)",
            params![workout, sender, from],
            |row| row.get(0),
        )
        .optional()?
        .flatten();
    let Some(heir) = heir else { return Ok(false) };
    connection.execute(
        "UPDATE workout_account SET delivery = ?3 WHERE workout = ?1 AND sender = ?2",
        params![workout, sender, heir],
    )?;
    Ok(true)
}

/// Where an account that arrives goes. `source` is the id of its source, where that has one.
pub fn place(
    connection: &Connection,
    owner: Owner,
    tombstones: &Tombstones,
    told: &Told,
    source: Option<i64>,
) -> Result<Place> {
    cover(connection, owner.user, tombstones, told, (source, owner.delivery))
}

fn cover(
    connection: &Connection,
    user: i64,
    tombstones: &Tombstones,
    told: &Told,
    (source, delivery): (Option<i64>, i64),
) -> Result<Place> {
    for rule in &tombstones.rules {
        let covered = rule.covers_any(source, told.start)
            || rule.kind == Kind::Delivery && rule.delivery == Some(delivery)
            || has_it(connection, user, rule, told)?;
        if covered {
            return Ok(Place::Buried(rule.id));
        }
    }
    Ok(Place::Stored)
}

fn has_it(connection: &Connection, user: i64, rule: &Rule, told: &Told) -> Result<bool> {
    if rule.kind != Kind::Workout {
        return Ok(false);
    }
    Ok(find(connection, Place::Buried(rule.id), user, told)?.is_some())
}

/// The id of a source of that name, if anything has one.
pub fn source_id(connection: &Connection, name: &str) -> Result<Option<i64>> {
    let found = connection
        .prepare_cached("SELECT id FROM source WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    Ok(found)
}

/// An account under a deletion.
struct Head {
    workout: i64,
    told: Told,
    delivery: i64,
}

pub(super) fn restore(connection: &Connection, user: i64, deletion: i64, tombstones: &Tombstones) -> Result<()> {
    let mut statement = connection.prepare(
        "SELECT id, start, sender, account.activity, sent_id, account ->> 'end', coalesce(account ->> 'source', ''), delivery,
                account ->> '$.figures.distance.value'
         FROM buried_workout workout JOIN buried_workout_account account
             ON account.workout = workout.id AND account.deletion = workout.deletion
         WHERE user = ?1 AND workout.deletion = ?2 ORDER BY id, sender",
    )?;
    let read = |row: &Row| {
        let told = Told {
            start: row.get(1)?,
            sender: row.get(2)?,
            activity: row.get(3)?,
            sent_id: row.get(4)?,
            end: row.get(5)?,
            source: row.get(6)?,
            distance: row.get(8)?,
        };
        Ok(Head { workout: row.get(0)?, told, delivery: row.get(7)? })
    };
    let heads: Vec<Head> = statement.query_map([user, deletion], read)?.collect::<rusqlite::Result<_>>()?;
    for head in heads {
        let source = source_id(connection, &head.told.source)?;
        let place = cover(connection, user, tombstones, &head.told, (source, head.delivery))?;
        bring(connection, user, deletion, place, &head)?;
    }
    Ok(())
}

/// To the workout that is already there and is the same, else under its old id.
fn bring(connection: &Connection, user: i64, deletion: i64, place: Place, head: &Head) -> Result<()> {
    let id = find(connection, place, user, &head.told)?.unwrap_or(head.workout);
    let standing: Option<i64> = connection
        .query_row(
            &format!(
                "SELECT delivery FROM {} WHERE workout = ?1 AND sender = ?2{}",
                place.table("workout_account"),
                place.only()
            ),
            params![id, head.told.sender],
            |row| row.get(0),
        )
        .optional()?;
    let newer = standing.is_none_or(|standing| standing < head.delivery);
    shift(connection, (Place::Buried(deletion), head.workout), (place, id), head.told.sender, newer)
}

/// Moves what one sender tells of a workout, with its series. What stands there already stays, unless what comes is newer.
fn shift(
    connection: &Connection,
    (from, workout): (Place, i64),
    (to, id): (Place, i64),
    sender: i64,
    newer: bool,
) -> Result<()> {
    insert_row(connection, from, workout, to, id)?;
    let verb = if newer { "INSERT OR REPLACE" } else { "INSERT OR IGNORE" };
    let (column, value) = to.also();
    for (name, columns) in [
        ("workout_account", "sender, activity, sent_id, account, delivery"),
        ("workout_series", "sender, name, unit, points, body"),
    ] {
        let (source, target, only) = (from.table(name), to.table(name), from.only());
        connection.execute(
            &format!(
                "{verb} INTO {target} (workout, {columns}{column}) SELECT {id}, {columns}{value} FROM {source}
                 WHERE workout = ?1 AND sender = ?2{only}"
            ),
            params![workout, sender],
        )?;
    }
    for name in ["workout_series", "workout_account"] {
        let sql = format!("DELETE FROM {} WHERE workout = ?1 AND sender = ?2{}", from.table(name), from.only());
        connection.execute(&sql, params![workout, sender])?;
    }
    let accounts = from.table("workout_account");
    let only = from.only();
    connection.execute(
        &format!(
            "DELETE FROM {} WHERE id = ?1{only} AND NOT EXISTS (SELECT 1 FROM {accounts} WHERE workout = ?1{only})",
            from.table("workout")
        ),
        params![workout],
    )?;
    Ok(())
}
