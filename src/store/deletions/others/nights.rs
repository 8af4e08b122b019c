//! Nights that a phone has summed up, under deletions. A night is where it ends.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::condition;
use crate::error::Result;
use crate::model::deletion::Kind;
use crate::model::sleep::NightSummary;
use crate::store::deletions::Order;
use crate::store::deletions::tombstones::{Rule, Tombstones};
use crate::store::nights::COLUMNS;
use crate::store::place::Place;

/// When a night has ended, as well as it is known; at worst at noon of its date.
const MOMENT: &str = "coalesce(end, in_bed_end, start, in_bed_start, date * 86400 + 43200 - offset_minutes * 60)";

fn moment(night: &NightSummary) -> i64 {
    let noon = i64::from(night.date) * 86_400 + 43_200 - i64::from(night.offset_minutes) * 60;
    night.end.or(night.in_bed_end).or(night.start).or(night.in_bed_start).unwrap_or(noon)
}

pub(super) fn count(connection: &Connection, order: &Order) -> Result<i64> {
    let Some((sql, value)) = condition(order, MOMENT, "source", order.aim.source.into()) else { return Ok(0) };
    let sql = format!("SELECT count(*) FROM night_summary WHERE user = ?1 AND {sql}");
    Ok(connection.query_row(&sql, params![order.user, value], |row| row.get(0))?)
}

pub(super) fn bury(connection: &Connection, order: &Order, deletion: i64) -> Result<()> {
    let Some((sql, value)) = condition(order, MOMENT, "source", order.aim.source.into()) else { return Ok(()) };
    connection.execute(
        &format!(
            "INSERT INTO buried_night_summary (deletion, user, delivery, {COLUMNS})
             SELECT {deletion}, user, delivery, {COLUMNS} FROM night_summary WHERE user = ?1 AND {sql}"
        ),
        params![order.user, value],
    )?;
    connection.execute(&format!("DELETE FROM night_summary WHERE user = ?1 AND {sql}"), params![order.user, value])?;
    Ok(())
}

/// What a rule must know of a night.
struct Head {
    date: i64,
    sender: i64,
    source: i64,
    moment: i64,
    delivery: i64,
}

/// Where a night that arrives goes.
pub fn place(
    connection: &Connection,
    user: i64,
    tombstones: &Tombstones,
    night: &NightSummary,
    source: i64,
) -> Result<Place> {
    let (date, sender) = (i64::from(night.date), night.sender.id());
    let head = Head { date, sender, source, moment: moment(night), delivery: i64::MIN };
    cover(connection, user, tombstones, &head)
}

fn cover(connection: &Connection, user: i64, tombstones: &Tombstones, head: &Head) -> Result<Place> {
    for rule in &tombstones.rules {
        if rule.covers_any(Some(head.source), head.moment) || covers_identity(connection, user, rule, head)? {
            return Ok(Place::Buried(rule.id));
        }
    }
    Ok(Place::Stored)
}

fn covers_identity(connection: &Connection, user: i64, rule: &Rule, head: &Head) -> Result<bool> {
    if rule.kind != Kind::Delivery {
        return Ok(false);
    }
    let known = connection
        .prepare_cached(
            "SELECT 1 FROM buried_night_summary WHERE user = ?1 AND date = ?2 AND sender = ?3 AND deletion = ?4",
        )?
        .exists(params![user, head.date, head.sender, rule.id])?;
    Ok(known || rule.delivery == Some(head.delivery))
}

pub(super) fn restore(connection: &Connection, user: i64, deletion: i64, tombstones: &Tombstones) -> Result<()> {
    let mut statement = connection.prepare(&format!(
        "SELECT date, sender, source, {MOMENT}, delivery FROM buried_night_summary WHERE user = ?1 AND deletion = ?2"
    ))?;
    let read = |row: &Row| {
        Ok(Head {
            date: row.get(0)?,
            sender: row.get(1)?,
            source: row.get(2)?,
            moment: row.get(3)?,
            delivery: row.get(4)?,
        })
    };
    let heads: Vec<Head> = statement.query_map([user, deletion], read)?.collect::<rusqlite::Result<_>>()?;
    for head in heads {
        let place = cover(connection, user, tombstones, &head)?;
        bring(connection, user, deletion, place, &head)?;
    }
    connection.execute("DELETE FROM buried_night_summary WHERE user = ?1 AND deletion = ?2", [user, deletion])?;
    Ok(())
}

/// Unless a newer one stands there.
fn bring(connection: &Connection, user: i64, deletion: i64, place: Place, head: &Head) -> Result<()> {
    let (table, only, (column, value)) = (place.table("night_summary"), place.only(), place.also());
    let standing: Option<i64> = connection
        .query_row(
            &format!("SELECT delivery FROM {table} WHERE user = ?1 AND date = ?2 AND sender = ?3{only}"),
            params![user, head.date, head.sender],
            |row| row.get(0),
        )
        .optional()?;
    if standing.is_some_and(|newer| newer >= head.delivery) {
        return Ok(());
    }
    connection.execute(
        &format!(
            "INSERT OR REPLACE INTO {table} (user, delivery, {COLUMNS}{column})
             SELECT user, delivery, {COLUMNS}{value} FROM buried_night_summary
             WHERE user = ?1 AND date = ?2 AND sender = ?3 AND deletion = {deletion}"
        ),
        params![user, head.date, head.sender],
    )?;
    Ok(())
}
