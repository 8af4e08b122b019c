//! Events: one row for each that a sender tells; those of one sender that share kind, start, end and code are a group.

pub mod read;

use std::collections::HashMap;

use rusqlite::params;

use crate::error::{Error, Result};
use crate::model::event::Event;
use crate::model::receipt::Outcome;
use crate::store::apply::{Mode, Owner};
use crate::store::packed::pack;
use crate::store::writer::Writing;

/// (kind, start, span, code, sender)
type Group<'a> = (&'a str, i64, i64, &'a str, i64);

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
/// it are one event.
pub fn store(writing: &mut Writing, owner: Owner, events: &[Event]) -> Result<Vec<Outcome>> {
    let mut groups: HashMap<Group, Vec<usize>> = HashMap::new();
    for (at, event) in events.iter().enumerate() {
        let group = (event.kind, event.start, event.span, event.code.as_str(), event.sender.id());
        groups.entry(group).or_default().push(at);
    }
    let mut outcomes = vec![Outcome::Unchanged; events.len()];
    for (group, members) in groups {
        store_group(writing, owner, group, &members, events, &mut outcomes)?;
    }
    Ok(outcomes)
}

fn store_group(
    writing: &mut Writing,
    owner: Owner,
    group: Group,
    members: &[usize],
    events: &[Event],
    outcomes: &mut [Outcome],
) -> Result<()> {
    let stored = stored(writing, owner, group)?;
    let rows: Vec<Row> = members.iter().map(|at| row(writing, &events[*at])).collect::<Result<_>>()?;
    let mut known: Vec<&Row> = stored.iter().map(|(_, row)| row).collect();
    let mut left: Vec<i64> =
        stored.iter().filter(|(_, old)| !rows.contains(old)).map(|(twin, _)| *twin).rev().collect();
    let mut next = stored.iter().map(|(twin, _)| twin + 1).max().unwrap_or(0);
    for (at, row) in members.iter().zip(&rows) {
        if known.contains(&row) {
            continue;
        }
        known.push(row);
        // An import comes in pieces, and a later piece may still name what this one does not.
        let replaced = if owner.mode == Mode::Import { None } else { left.pop() };
        outcomes[*at] = if replaced.is_some() { Outcome::Updated } else { Outcome::Stored };
        let twin = replaced.unwrap_or_else(|| {
            next += 1;
            next - 1
        });
        put(writing, owner, group, twin, row)?;
    }
    if owner.mode != Mode::Import {
        for twin in left {
            remove(writing, owner, group, twin)?;
        }
    }
    Ok(())
}

fn row(writing: &mut Writing, event: &Event) -> Result<Row> {
    let Writing { connection, dictionaries } = writing;
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

fn stored(writing: &Writing, owner: Owner, (kind, start, span, code, sender): Group) -> Result<Vec<(i64, Row)>> {
    let mut statement = writing.connection.prepare_cached(
        "SELECT twin, name, value, value_sent, source, offset_minutes, details, series FROM event
         WHERE user = ?1 AND kind = ?2 AND start = ?3 AND span = ?4 AND code = ?5 AND sender = ?6 ORDER BY twin",
    )?;
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
        ))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn put(writing: &Writing, owner: Owner, (kind, start, span, code, sender): Group, twin: i64, row: &Row) -> Result<()> {
    writing
        .connection
        .prepare_cached(
            "INSERT OR REPLACE INTO event (user, kind, start, span, code, sender, twin, name, value, value_sent, source,
                                           offset_minutes, details, series, delivery)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
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

fn remove(writing: &Writing, owner: Owner, (kind, start, span, code, sender): Group, twin: i64) -> Result<()> {
    writing
        .connection
        .prepare_cached(
            "DELETE FROM event WHERE user = ?1 AND kind = ?2 AND start = ?3 AND span = ?4 AND code = ?5
             AND sender = ?6 AND twin = ?7",
        )?
        .execute(params![owner.user, kind, start, span, code, sender, twin])?;
    Ok(())
}
