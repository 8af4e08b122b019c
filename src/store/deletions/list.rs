//! The entries: written once, and never taken away.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Aim, Order, Task, Work, bury};
use crate::error::{Error, Result};
use crate::model::deletion::{Deletion, Kind, Plan};
use crate::model::time::offset_rfc3339;
use crate::store::deliveries::{self, json, parsed};
use crate::store::numbers;

const COLUMNS: &str =
    "id, at, asked_by, what, target, note, samples, workouts, events, nights, kept_out, undone_at, permanent_at";

/// One page of a person's deletions, newest first, older than the one `before`; with their numbers.
pub fn list(connection: &Connection, user: i64, before: Option<i64>, limit: u32) -> Result<Vec<(i64, Deletion)>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM deletion WHERE user = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3"
    ))?;
    let rows =
        statement.query_map(params![user, before.unwrap_or(i64::MAX), limit], |row| Ok((row.get(0)?, read(row)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// One deletion of a person.
pub fn find(connection: &Connection, user: i64, id: i64) -> Result<Deletion> {
    let found = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM deletion WHERE user = ?1 AND id = ?2"))?
        .query_row(params![user, id], read)
        .optional()?;
    found.ok_or_else(|| {
        Error::NotFound(format!("there is no deletion {id}: GET /api/v1/deletions lists those there are"))
    })
}

fn read(row: &Row) -> rusqlite::Result<Deletion> {
    let time = |seconds| offset_rfc3339(seconds, 0);
    Ok(Deletion {
        id: Some(row.get::<_, i64>(0)?.to_string()),
        at: time(row.get(1)?),
        by: row.get(2)?,
        what: row.get(3)?,
        target: parsed(row, 4)?,
        note: row.get(5)?,
        samples: row.get(6)?,
        workouts: row.get(7)?,
        events: row.get(8)?,
        nights: row.get(9)?,
        kept_out: row.get(10)?,
        undone_at: row.get::<_, Option<i64>>(11)?.map(time),
        permanent_at: row.get::<_, Option<i64>>(12)?.map(time),
    })
}

/// What the entry would be.
pub(super) fn of_plan(order: &Order, plan: &Plan) -> Deletion {
    Deletion {
        id: None,
        at: offset_rfc3339(order.at, 0),
        by: order.asked_by.clone(),
        what: sentence(order, plan),
        target: order.target.clone(),
        note: order.note.clone(),
        samples: plan.sample_count(),
        workouts: plan.workouts,
        events: plan.events,
        nights: plan.nights,
        kept_out: 0,
        undone_at: None,
        permanent_at: None,
    }
}

fn sentence(order: &Order, plan: &Plan) -> String {
    let what = plan.sentence(&order.zone);
    match order.aim.value {
        Some(value) => format!("{what}: the value is {value} now"),
        None => what,
    }
}

pub(super) fn insert(connection: &Connection, order: &Order, aim: &Aim, plan: &Plan) -> Result<i64> {
    let id = numbers::next(connection, &["deletion"], order.user)?;
    connection
        .prepare_cached(
            "INSERT INTO deletion (id, user, at, asked_by, kind, target, what, note, metric, source, layer, delivery, since,
                                   until, samples, workouts, events, nights, state)
             VALUES (?18, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, 'burying')",
        )?
        .execute(params![
            order.user,
            order.at,
            order.asked_by,
            order.kind.as_str(),
            json(&order.target)?,
            sentence(order, plan),
            order.note,
            aim.metric,
            aim.source,
            aim.layer,
            aim.delivery,
            aim.since,
            aim.until,
            plan.sample_count(),
            plan.workouts,
            plan.events,
            plan.nights,
            id,
        ])?;
    Ok(id)
}

/// What a key is called.
pub fn key_name(connection: &Connection, key: i64) -> Result<String> {
    let name = connection.query_row("SELECT name FROM api_key WHERE id = ?1", [key], |row| row.get(0)).optional()?;
    name.ok_or_else(|| Error::Internal(format!("there is no key {key}")))
}

pub(super) fn end(connection: &Connection, id: i64, state: &str) -> Result<()> {
    connection.prepare_cached("UPDATE deletion SET state = ?2 WHERE id = ?1")?.execute(params![id, state])?;
    Ok(())
}

/// Refuses an undo of what was destroyed.
pub(super) fn refuse_permanent(connection: &Connection, id: i64) -> Result<()> {
    let mut statement = connection.prepare_cached("SELECT permanent_at IS NOT NULL FROM deletion WHERE id = ?1")?;
    match statement.query_row([id], |row| row.get(0))? {
        true => Err(Error::Conflict("this deletion was made permanent: what it had taken is destroyed".into())),
        false => Ok(()),
    }
}

/// Makes a person's deletion permanent from that moment on.
pub(super) fn make_permanent(connection: &Connection, user: i64, id: i64, at: i64) -> Result<()> {
    match (find(connection, user, id)?.permanent_at, state(connection, id)?.as_str()) {
        (Some(_), _) => Ok(()),
        (None, "buried") => {
            connection.execute("UPDATE deletion SET permanent_at = ?2 WHERE id = ?1", params![id, at])?;
            deliveries::move_data_version(connection, user)
        }
        (None, "burying") => {
            Err(Error::Conflict("this deletion is still being carried out: try again in a moment".into()))
        }
        (None, _) => {
            Err(Error::Conflict("this deletion was undone, so there is nothing to destroy: delete it again".into()))
        }
    }
}

/// Takes a tombstone away.
pub(super) fn lift(connection: &Connection, id: i64, at: i64) -> Result<()> {
    connection
        .prepare_cached("UPDATE deletion SET state = 'restoring', undone_at = coalesce(undone_at, ?2) WHERE id = ?1")?
        .execute(params![id, at])?;
    Ok(())
}

pub(super) fn state(connection: &Connection, id: i64) -> Result<String> {
    Ok(connection.prepare_cached("SELECT state FROM deletion WHERE id = ?1")?.query_row([id], |row| row.get(0))?)
}

pub(super) fn kind(connection: &Connection, id: i64) -> Result<Kind> {
    let name: String =
        connection.prepare_cached("SELECT kind FROM deletion WHERE id = ?1")?.query_row([id], |row| row.get(0))?;
    Kind::parse(&name).ok_or_else(|| Error::Internal(format!("deletion {id} is of no kind we know")))
}

/// The delivery that it has deleted, if that is what it is about.
pub(super) fn delivery(connection: &Connection, id: i64) -> Result<Option<i64>> {
    let mut statement =
        connection.prepare_cached("SELECT delivery FROM deletion WHERE id = ?1 AND kind = 'delivery'")?;
    Ok(statement.query_row([id], |row| row.get(0)).optional()?.flatten())
}

/// What has been begun and not ended.
pub(super) fn left(connection: &Connection) -> Result<Vec<Task>> {
    let mut statement = connection.prepare(
        "SELECT id, user, state, metric, source, layer, delivery, since, until FROM deletion
         WHERE state IN ('burying', 'restoring') ORDER BY id",
    )?;
    let rows = statement.query_map([], |row| {
        let aim = Aim {
            metric: row.get(3)?,
            source: row.get(4)?,
            layer: row.get(5)?,
            delivery: row.get(6)?,
            since: row.get(7)?,
            until: row.get(8)?,
            ..Aim::default()
        };
        let work = match row.get::<_, String>(2)?.as_str() {
            "burying" => Work::Bury { aim: Box::new(aim), metrics: Vec::new() },
            _ => Work::Restore { after: (i64::MIN, i64::MIN) },
        };
        Ok(Task { id: row.get(0)?, user: row.get(1)?, work })
    })?;
    let mut tasks: Vec<Task> = rows.collect::<rusqlite::Result<_>>()?;
    for task in &mut tasks {
        if let Work::Bury { aim, metrics, .. } = &mut task.work {
            *metrics = bury::metrics(connection, task.user, aim)?.into_iter().map(|(id, _)| (id, aim.since)).collect();
        }
    }
    Ok(tasks)
}
