//! Events under deletions. An event is known by kind, start, end and code; deleting one keeps out what any sender tells of it.

use rusqlite::{Connection, Row, params};

use super::{Condition, condition};
use crate::error::Result;
use crate::model::deletion::Kind;
use crate::store::deletions::Order;
use crate::store::deletions::tombstones::{Rule, Tombstones};
use crate::store::events::Group;
use crate::store::place::Place;

const COLUMNS: &str = "user, kind, start, span, code, sender, twin, name, value, value_sent, source, offset_minutes, details, \
                       series, delivery";

fn meant(order: &Order) -> Condition {
    let Some((kind, place)) = order.aim.event.as_ref().filter(|_| order.kind == Kind::Event) else {
        return condition(order, "start", "source", order.aim.source.into());
    };
    // The kind is one of ours, the code anybody's.
    let sql = format!("kind = '{kind}' AND start = {} AND span = {} AND code = ?2", place.start, place.span);
    Some((sql, place.code.clone().into()))
}

/// Those that several senders tell of count once.
pub(super) fn count(connection: &Connection, order: &Order) -> Result<i64> {
    let Some((sql, value)) = meant(order) else { return Ok(0) };
    let sql = format!(
        "WITH told AS (SELECT kind, start, span, code, sender, count(*) AS events FROM event WHERE user = ?1 AND {sql}
                       GROUP BY kind, start, span, code, sender)
         SELECT coalesce(sum(events), 0) FROM
             (SELECT max(events) AS events FROM told GROUP BY kind, start, span, code)"
    );
    Ok(connection.query_row(&sql, params![order.user, value], |row| row.get(0))?)
}

pub(super) fn bury(connection: &Connection, order: &Order, deletion: i64) -> Result<()> {
    let Some((sql, value)) = meant(order) else { return Ok(()) };
    connection.execute(
        &format!(
            "INSERT INTO buried_event (deletion, {COLUMNS}) SELECT {deletion}, {COLUMNS} FROM event
             WHERE user = ?1 AND {sql}"
        ),
        params![order.user, value],
    )?;
    connection.execute(&format!("DELETE FROM event WHERE user = ?1 AND {sql}"), params![order.user, value])?;
    Ok(())
}

/// Where an event that arrives goes.
pub fn place(connection: &Connection, user: i64, tombstones: &Tombstones, group: Group, source: i64) -> Result<Place> {
    cover(connection, user, tombstones, group, (source, i64::MIN))
}

fn cover(
    connection: &Connection,
    user: i64,
    tombstones: &Tombstones,
    group: Group,
    (source, delivery): (i64, i64),
) -> Result<Place> {
    for rule in &tombstones.rules {
        let covered = rule.covers_any(Some(source), group.1)
            || rule.kind == Kind::Delivery && rule.delivery == Some(delivery)
            || has_it(connection, user, rule, group)?;
        if covered {
            return Ok(Place::Buried(rule.id));
        }
    }
    Ok(Place::Stored)
}

fn has_it(connection: &Connection, user: i64, rule: &Rule, (kind, start, span, code, sender): Group) -> Result<bool> {
    let sender = match rule.kind {
        Kind::Event => None,
        Kind::Delivery => Some(sender),
        _ => return Ok(false),
    };
    Ok(connection
        .prepare_cached(
            "SELECT 1 FROM buried_event WHERE user = ?1 AND kind = ?2 AND start = ?3 AND span = ?4 AND code = ?5
             AND (?6 IS NULL OR sender = ?6) AND deletion = ?7",
        )?
        .exists(params![user, kind, start, span, code, sender, rule.id])?)
}

/// A buried row without what it says.
struct Head {
    kind: String,
    start: i64,
    span: i64,
    code: String,
    sender: i64,
    twin: i64,
    source: i64,
    delivery: i64,
}

impl Head {
    fn read(row: &Row) -> rusqlite::Result<Head> {
        Ok(Head {
            kind: row.get(0)?,
            start: row.get(1)?,
            span: row.get(2)?,
            code: row.get(3)?,
            sender: row.get(4)?,
            twin: row.get(5)?,
            source: row.get(6)?,
            delivery: row.get(7)?,
        })
    }

    fn group(&self) -> Group<'_> {
        (&self.kind, self.start, self.span, &self.code, self.sender)
    }

    /// What the newest delivery has the word about.
    fn identity(&self) -> (Group<'_>, i64) {
        (self.group(), self.source)
    }
}

pub(super) fn restore(connection: &Connection, user: i64, deletion: i64, tombstones: &Tombstones) -> Result<()> {
    let mut statement = connection.prepare(
        "SELECT kind, start, span, code, sender, twin, source, delivery FROM buried_event
         WHERE user = ?1 AND deletion = ?2 ORDER BY kind, start, span, code, sender, source, twin",
    )?;
    let heads: Vec<Head> = statement.query_map([user, deletion], Head::read)?.collect::<rusqlite::Result<_>>()?;
    for same in heads.chunk_by(|a, b| a.identity() == b.identity()) {
        let newest = same.iter().map(|head| head.delivery).max().unwrap_or(i64::MIN);
        let place = cover(connection, user, tombstones, same[0].group(), (same[0].source, newest))?;
        if gives_way(connection, user, place, &same[0], newest)? {
            same.iter().try_for_each(|head| bring(connection, user, deletion, place, head))?;
        }
    }
    connection.execute("DELETE FROM buried_event WHERE user = ?1 AND deletion = ?2", [user, deletion])?;
    Ok(())
}

/// Removes what is older than what comes; false when it is newer.
fn gives_way(connection: &Connection, user: i64, place: Place, head: &Head, newest: i64) -> Result<bool> {
    let same = format!(
        "FROM {} WHERE user = ?1 AND kind = ?2 AND start = ?3 AND span = ?4 AND code = ?5 AND sender = ?6
         AND source = ?7{}",
        place.table("event"),
        place.only()
    );
    let (kind, start, span, code, sender) = head.group();
    let asked = params![user, kind, start, span, code, sender, head.source];
    let standing: Option<i64> =
        connection.query_row(&format!("SELECT max(delivery) {same}"), asked, |row| row.get(0))?;
    if standing.is_some_and(|standing| standing >= newest) {
        return Ok(false);
    }
    connection.execute(&format!("DELETE {same}"), asked)?;
    Ok(true)
}

/// Under the number that it had, or the next that is free.
fn bring(connection: &Connection, user: i64, deletion: i64, place: Place, head: &Head) -> Result<()> {
    let (table, only, (column, value)) = (place.table("event"), place.only(), place.also());
    let (kind, start, span, code, sender) = head.group();
    let group = format!(
        "FROM {table} WHERE user = ?1 AND kind = ?2 AND start = ?3 AND span = ?4 AND code = ?5 AND sender = ?6{only}"
    );
    let (taken, next): (bool, i64) = connection.query_row(
        &format!("SELECT coalesce(max(twin = ?7), 0), coalesce(max(twin), -1) + 1 {group}"),
        params![user, kind, start, span, code, sender, head.twin],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let twin = if taken { next } else { head.twin };
    let columns = COLUMNS.replace("twin", &twin.to_string());
    connection.execute(
        &format!(
            "INSERT INTO {table} ({COLUMNS}{column}) SELECT {columns}{value} FROM buried_event
             WHERE user = ?1 AND kind = ?2 AND start = ?3 AND span = ?4 AND code = ?5 AND sender = ?6 AND twin = ?7
             AND deletion = {deletion}"
        ),
        params![user, kind, start, span, code, sender, head.twin],
    )?;
    Ok(())
}
