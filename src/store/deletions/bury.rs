//! What a deletion takes, counted and moved.

use rusqlite::{Connection, params};

use super::{Aim, Order, PIECE, Task, Work, list, others, piece};
use crate::error::{Error, Result};
use crate::model::deletion::{Found, Kind, Plan};
use crate::model::time::Layer;
use crate::store::dictionary::unnamed;
use crate::store::place::Place;
use crate::store::samples::counts::Ledger;
use crate::store::samples::merge::bring;
use crate::store::samples::{Key, Row, StoredRow, table};
use crate::store::writer::Writing;

/// What a deletion would take as things stand.
pub fn plan(connection: &Connection, order: &Order) -> Result<Plan> {
    let mut plan = others::plan(connection, order)?;
    if !matches!(order.kind, Kind::Workout | Kind::Event) {
        plan.samples = found(connection, order.user, &order.aim)?;
    }
    if order.kind == Kind::Correction && plan.sample_count() > 1 {
        return Err(Error::BadRequest(format!(
            "correction: {} samples start then: name the source and the layer of the one that is meant, or delete them",
            plan.sample_count()
        )));
    }
    Ok(plan)
}

/// Narrows rows of a metric; the numbers are our own.
fn condition(aim: &Aim) -> String {
    let parts = [("source", aim.source), ("+layer", aim.layer), ("delivery", aim.delivery)];
    let parts = parts.into_iter().filter_map(|(column, id)| Some(format!(" AND {column} = {}", id?)));
    format!("user = ?1 AND metric = ?2 AND start >= ?3 AND start < ?4{}", parts.collect::<String>())
}

fn found(connection: &Connection, user: i64, aim: &Aim) -> Result<Vec<Found>> {
    if aim.delivery.is_some() {
        return found_of_delivery(connection, user, aim);
    }
    let mut count =
        connection.prepare(&format!("SELECT count(*), min(start), max(start) FROM sample WHERE {}", condition(aim)))?;
    let mut all = Vec::new();
    for (metric, name) in metrics(connection, user, aim)? {
        let found = count.query_row(params![user, metric, aim.since, aim.until], |row| {
            let samples: i64 = row.get(0)?;
            let (first, last): (Option<i64>, Option<i64>) = (row.get(1)?, row.get(2)?);
            Ok(first.zip(last).map(|(first, last)| Found { metric, name, samples, first, last }))
        })?;
        all.extend(found);
    }
    Ok(all)
}

/// The same by looking at each, for whether a row is of a delivery its equals decide.
fn found_of_delivery(connection: &Connection, user: i64, aim: &Aim) -> Result<Vec<Found>> {
    let mut all = Vec::new();
    for (metric, name) in metrics(connection, user, aim)? {
        let mut found = Found { metric, name, samples: 0, first: i64::MAX, last: i64::MIN };
        let mut from = Some(aim.since);
        while let Some(since) = from {
            let (rows, next) = read(connection, user, &Aim { since, ..aim.clone() }, metric, PIECE)?;
            found.samples += rows.len() as i64;
            found.first = rows.first().map_or(found.first, |((_, start, _), _)| found.first.min(*start));
            found.last = rows.last().map_or(found.last, |((_, start, _), _)| found.last.max(*start));
            from = next;
        }
        if found.samples > 0 {
            all.push(found);
        }
    }
    Ok(all)
}

/// The metrics of which there may be any.
pub(super) fn metrics(connection: &Connection, user: i64, aim: &Aim) -> Result<Vec<(i64, String)>> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT metric.id, metric.name FROM series JOIN metric ON metric.id = series.metric
         WHERE user = ?1 AND samples > 0 AND (?2 IS NULL OR metric = ?2) AND (?3 IS NULL OR source = ?3)
         ORDER BY metric.name",
    )?;
    let rows = statement.query_map(params![user, aim.metric, aim.source], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Writes the entry, moves what is no sample, and does the first piece of the samples.
pub(super) fn begin(writing: &mut Writing, order: &Order, plan: &Plan) -> Result<Task> {
    let connection = writing.connection;
    let mut aim = order.aim.clone();
    if let Some(name) = &aim.source_name {
        // What has measured workouts only gets an id now, that what comes later is known by.
        aim.source = Some(writing.dictionaries.source(connection, name)?);
    }
    if order.kind == Kind::Delivery {
        // A delivery reaches as far as its rows do.
        aim.since = plan.samples.iter().map(|found| found.first).min().unwrap_or(0);
        aim.until = plan.samples.iter().map(|found| found.last.saturating_add(1)).max().unwrap_or(0);
    }
    let id = list::insert(connection, order, &aim, plan)?;
    others::bury(connection, order, id)?;
    let metrics = plan.samples.iter().rev().map(|found| (found.metric, found.first)).collect();
    let whole_groups = order.kind == Kind::Range && aim.source.is_none();
    let task = Task { id, user: order.user, work: Work::Bury { aim: Box::new(aim), whole_groups, metrics } };
    if order.kind != Kind::Correction {
        return piece(writing, task);
    }
    let row = only(connection, order)?;
    let task = piece(writing, task)?;
    show_corrected(writing.connection, order, row)?;
    Ok(task)
}

/// Moves about a piece of the samples; gives what is left. `metrics` is taken from its end.
pub(super) fn samples(
    connection: &Connection,
    (user, deletion): (i64, i64),
    aim: &Aim,
    whole_groups: bool,
    mut metrics: Vec<(i64, i64)>,
) -> Result<Vec<(i64, i64)>> {
    let (mut ledger, mut moved) = (Ledger::default(), 0);
    let unnamed = unnamed(connection)?;
    while let Some((metric, from)) = metrics.pop() {
        let (rows, next) =
            read(connection, user, &Aim { since: from.max(aim.since), ..aim.clone() }, metric, PIECE - moved)?;
        moved += rows.len();
        for group in rows.chunk_by(|a, b| a.0 == b.0) {
            let key = group[0].0;
            let mut taken = Vec::with_capacity(group.len());
            for (_, sample) in group {
                table::remove(connection, Place::Stored, user, key, Some(sample.ordinal))?;
                ledger.count(key, &sample.row, -1);
                taken.push(sample.clone());
            }
            if !whole_groups && taken[0].ordinal == 0 {
                table::keep_first_taken(connection, user, key)?;
            }
            bring(connection, Place::Buried(deletion), user, key, taken, unnamed, &mut ledger)?;
        }
        if let Some(next) = next {
            metrics.push((metric, next));
        }
        if moved >= PIECE {
            break;
        }
    }
    ledger.write(connection, user, 0)?;
    Ok(metrics)
}

/// Samples with their keys, and the start at which there are more.
type Read = (Vec<(Key, StoredRow)>, Option<i64>);

/// About as many rows as are wanted; all of one start.
fn read(connection: &Connection, user: i64, aim: &Aim, metric: i64, wanted: usize) -> Result<Read> {
    let (rows, next) = read_rows(connection, user, aim, metric, wanted)?;
    let Some(delivery) = aim.delivery else { return Ok((rows, next)) };
    let mut owned = Vec::with_capacity(rows.len());
    for same in rows.chunk_by(|a, b| a.0 == b.0) {
        let key = same[0].0;
        let group = table::group(connection, Place::Stored, user, key)?;
        let newest = |sample: &StoredRow| newest(key.2, &sample.row, &group) == Some(delivery);
        owned.extend(group.iter().filter(|sample| newest(sample)).map(|sample| (key, sample.clone())));
    }
    Ok((owned, next))
}

/// The delivery that has spoken last of a sample: rows of one identity may have come with several, and go together.
pub(super) fn newest(layer: Layer, row: &Row, group: &[StoredRow]) -> Option<i64> {
    group.iter().filter(|other| other.row.is_same(layer, row)).map(|other| other.delivery).max()
}

fn read_rows(connection: &Connection, user: i64, aim: &Aim, metric: i64, wanted: usize) -> Result<Read> {
    let asked = params![user, metric, aim.since, aim.until];
    table::read(connection, Place::Stored, &condition(aim), asked, wanted)
}

/// The one sample that a correction is about.
fn only(connection: &Connection, order: &Order) -> Result<(Key, StoredRow)> {
    let metric = order.aim.metric.unwrap_or(0);
    let (rows, _) = read(connection, order.user, &order.aim, metric, PIECE)?;
    rows.into_iter().next().ok_or_else(|| Error::NotFound("there is no such sample".into()))
}

/// Shows a sample with the value that it should have; a lowest and highest that contradict it are shown no more.
fn show_corrected(connection: &Connection, order: &Order, (key, mut sample): (Key, StoredRow)) -> Result<()> {
    let value = order.aim.value;
    let row = &mut sample.row;
    if row.min > value && row.min.is_some() || row.max.is_some() && row.max < value {
        (row.min, row.max) = (None, None);
    }
    row.value = value;
    let mut ledger = Ledger::default();
    bring(connection, Place::Stored, order.user, key, vec![sample], unnamed(connection)?, &mut ledger)?;
    ledger.write(connection, order.user, 0)
}
