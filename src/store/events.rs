//! Events: one row for each that a sender tells; those of one sender that share kind, start, end and code are a group.

pub mod read;

use std::collections::HashMap;

use rusqlite::{Connection, params};

use crate::error::{Error, Result};
use crate::model::event::Event;
use crate::model::receipt::Outcome;
use crate::store::deletions::others::events::place;
use crate::store::deletions::tombstones::Tombstones;
use crate::store::packed::pack;
use crate::store::place::Place;
use crate::store::samples::import_state::ImportState;
use crate::store::samples::{Mode, Owner};
use crate::store::writer::Writing;

/// (kind, start, span, code, sender)
pub(super) type Group<'a> = (&'a str, i64, i64, &'a str, i64);

/// What an event says beside its group.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    name: String,
    value: Option<String>,
    value_sent: Option<String>,
    source: i64,
    offset_minutes: i64,
    details: String,
    series: Option<Vec<u8>>,
}

/// Stores events and gives the outcome of each. A group that a delivery names is replaced as a whole; exact duplicates in
/// it are one event. What a piece of an import does not repeat is removed at the end of the import: see `memory`.
pub fn store(
    writing: &mut Writing,
    owner: Owner,
    events: &[Event],
    memory: &mut ImportState,
    tombstones: &Tombstones,
) -> Result<Vec<Outcome>> {
    let mut groups: HashMap<(Place, Group), Vec<usize>> = HashMap::new();
    for (at, event) in events.iter().enumerate() {
        let group = (event.kind, event.start, event.span, event.code.as_str(), event.sender.id());
        let place = place_of(writing, owner, tombstones, group, &event.source)?;
        groups.entry((place, group)).or_default().push(at);
    }
    let mut outcomes = vec![Outcome::Unchanged; events.len()];
    for ((place, group), members) in groups {
        if store_group(writing, place, owner, group, &members, events, &mut outcomes)? {
            memory.note_unrepeated_event(place, group);
        }
        tombstones.keep_out(writing.connection, place, members.len())?;
        if place != Place::Stored {
            members.iter().for_each(|at| outcomes[*at] = Outcome::KeptOut);
        }
    }
    Ok(outcomes)
}

fn place_of(writing: &mut Writing, owner: Owner, tombstones: &Tombstones, group: Group, source: &str) -> Result<Place> {
    if tombstones.is_empty() {
        return Ok(Place::Stored);
    }
    let Writing { connection, dictionaries, .. } = writing;
    let source = dictionaries.source(connection, source)?;
    place(connection, owner.user, tombstones, group, source)
}

/// True when older events of the group are left, which another piece of an import may still repeat.
fn store_group(
    writing: &mut Writing,
    place: Place,
    owner: Owner,
    group: Group,
    members: &[usize],
    events: &[Event],
    outcomes: &mut [Outcome],
) -> Result<bool> {
    let stored = stored(writing, place, owner, group)?;
    // What a later delivery has told of the group stays.
    if stored.iter().any(|(.., delivery)| *delivery > owner.delivery) {
        return Ok(false);
    }
    let rows: Vec<Row> = members.iter().map(|at| row(writing, &events[*at])).collect::<Result<_>>()?;
    let mut known: Vec<&Row> = stored.iter().map(|(_, row, _)| row).collect();
    let import = owner.mode == Mode::Import;
    let (same, other): (Vec<_>, Vec<_>) = stored
        .iter()
        .filter(|(.., delivery)| !import || *delivery < owner.delivery)
        .partition(|(_, old, _)| rows.contains(old));
    let mut left: Vec<i64> = other.iter().map(|(twin, ..)| *twin).rev().collect();
    if import {
        // So that the end of the import knows which it has repeated.
        same.iter().try_for_each(|(twin, row, _)| put(writing, place, owner, group, *twin, row))?;
    }
    let mut next = stored.iter().map(|(twin, ..)| twin + 1).max().unwrap_or(0);
    for (at, row) in members.iter().zip(&rows) {
        if known.contains(&row) {
            continue;
        }
        known.push(row);
        let replaced = left.pop();
        outcomes[*at] = if replaced.is_some() { Outcome::Updated } else { Outcome::Stored };
        let twin = replaced.unwrap_or_else(|| {
            next += 1;
            next - 1
        });
        put(writing, place, owner, group, twin, row)?;
    }
    if import {
        return Ok(!left.is_empty());
    }
    for twin in left {
        remove(writing, place, owner, group, twin)?;
    }
    Ok(false)
}

fn row(writing: &mut Writing, event: &Event) -> Result<Row> {
    let Writing { connection, dictionaries, .. } = writing;
    Ok(Row {
        name: event.name.clone(),
        value: event.value.clone(),
        value_sent: event.value_sent.clone(),
        source: dictionaries.source(connection, &event.source)?,
        offset_minutes: i64::from(event.offset_minutes),
        details: serde_json::to_string(&event.details).map_err(|fault| Error::internal("writing JSON", fault))?,
        series: event.series.as_ref().map(pack).transpose()?,
    })
}

fn stored(
    writing: &Writing,
    place: Place,
    owner: Owner,
    (kind, start, span, code, sender): Group,
) -> Result<Vec<(i64, Row, i64)>> {
    let mut statement = writing.connection.prepare_cached(&format!(
        "SELECT twin, name, value, value_sent, source, offset_minutes, details, series, delivery FROM {}
         WHERE user = ?1 AND kind = ?2 AND start = ?3 AND span = ?4 AND code = ?5 AND sender = ?6{} ORDER BY twin",
        place.table("event"),
        place.only()
    ))?;
    let rows = statement.query_map(params![owner.user, kind, start, span, code, sender], |row| {
        Ok((
            row.get(0)?,
            Row {
                name: row.get(1)?,
                value: row.get(2)?,
                value_sent: row.get(3)?,
                source: row.get(4)?,
                offset_minutes: row.get(5)?,
                details: row.get(6)?,
                series: row.get(7)?,
            },
            row.get(8)?,
        ))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn put(
    writing: &Writing,
    place: Place,
    owner: Owner,
    (kind, start, span, code, sender): Group,
    twin: i64,
    row: &Row,
) -> Result<()> {
    let (table, (column, value)) = (place.table("event"), place.also());
    writing
        .connection
        .prepare_cached(&format!(
            "INSERT OR REPLACE INTO {table} (user, kind, start, span, code, sender, twin, name, value, value_sent, source,
                                             offset_minutes, details, series, delivery{column})
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15{value})"
        ))?
        .execute(params![
            owner.user,
            kind,
            start,
            span,
            code,
            sender,
            twin,
            row.name,
            row.value,
            row.value_sent,
            row.source,
            row.offset_minutes,
            row.details,
            row.series,
            owner.delivery
        ])?;
    Ok(())
}

/// Removes what of a group is older than a delivery.
pub(super) fn remove_older(connection: &Connection, place: Place, owner: Owner, group: Group) -> Result<()> {
    let (kind, start, span, code, sender) = group;
    connection
        .prepare_cached(&format!(
            "DELETE FROM {} WHERE user = ?1 AND kind = ?2 AND start = ?3 AND span = ?4 AND code = ?5
             AND sender = ?6 AND delivery < ?7{}",
            place.table("event"),
            place.only()
        ))?
        .execute(params![owner.user, kind, start, span, code, sender, owner.delivery])?;
    Ok(())
}

fn remove(
    writing: &Writing,
    place: Place,
    owner: Owner,
    (kind, start, span, code, sender): Group,
    twin: i64,
) -> Result<()> {
    writing
        .connection
        .prepare_cached(&format!(
            "DELETE FROM {} WHERE user = ?1 AND kind = ?2 AND start = ?3 AND span = ?4 AND code = ?5
             AND sender = ?6 AND twin = ?7{}",
            place.table("event"),
            place.only()
        ))?
        .execute(params![owner.user, kind, start, span, code, sender, twin])?;
    Ok(())
}
