//! Nights that a phone has summed up, under deletions. A night is where it ends.

use rusqlite::{Connection, Row, params};

use super::condition;
use crate::error::Result;
use crate::model::deletion::Kind;
use crate::model::sleep::NightSummary;
use crate::store::deletions::Order;
use crate::store::deletions::tombstones::{Rule, Tombstones};
use crate::store::nights::COLUMNS;
use crate::store::place::Place;
use crate::store::samples::Owner;

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
    session: i64,
    source: i64,
    moment: i64,
    delivery: i64,
}

/// Where a night that arrives goes.
pub fn place(owner: Owner, tombstones: &Tombstones, night: &NightSummary, source: i64) -> Place {
    cover(tombstones, source, moment(night), owner.delivery)
}

fn cover(tombstones: &Tombstones, source: i64, moment: i64, delivery: i64) -> Place {
    let covers = |rule: &&Rule| {
        rule.covers_any(Some(source), moment) || rule.kind == Kind::Delivery && rule.delivery == Some(delivery)
    };
    Place::under(tombstones.rules.iter().find(covers).map(|rule| rule.id))
}

pub(super) fn restore(connection: &Connection, user: i64, deletion: i64, tombstones: &Tombstones) -> Result<()> {
    let mut statement = connection.prepare(&format!(
        "SELECT date, sender, session, source, {MOMENT}, delivery FROM buried_night_summary WHERE user = ?1 AND deletion = ?2"
    ))?;
    let read = |row: &Row| {
        Ok(Head {
            date: row.get(0)?,
            sender: row.get(1)?,
            session: row.get(2)?,
            source: row.get(3)?,
            moment: row.get(4)?,
            delivery: row.get(5)?,
        })
    };
    let heads: Vec<Head> = statement.query_map([user, deletion], read)?.collect::<rusqlite::Result<_>>()?;
    for head in heads {
        let place = cover(tombstones, head.source, head.moment, head.delivery);
        bring(connection, user, deletion, place, &head)?;
    }
    connection.execute("DELETE FROM buried_night_summary WHERE user = ?1 AND deletion = ?2", [user, deletion])?;
    Ok(())
}

fn bring(connection: &Connection, user: i64, deletion: i64, place: Place, head: &Head) -> Result<()> {
    let (table, (column, value)) = (place.table("night_summary"), place.also());
    connection
        .prepare_cached(&format!(
            "INSERT OR REPLACE INTO {table} (user, delivery, {COLUMNS}{column})
             SELECT user, delivery, {COLUMNS}{value} FROM buried_night_summary
             WHERE user = ?1 AND date = ?2 AND sender = ?3 AND delivery = ?4 AND session = ?5 AND deletion = ?6"
        ))?
        .execute(params![user, head.date, head.sender, head.delivery, head.session, deletion])?;
    Ok(())
}
