//! What a deletion takes, counted and moved.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::{Aim, Order, PIECE, Task, Work, list, others, piece};
use crate::error::{Error, Result};
use crate::model::deletion::{Found, Kind, Plan};
use crate::store::place::Place;
use crate::store::samples::counts::Ledger;
use crate::store::samples::group::{Context, Group, Held, Member};
use crate::store::samples::table::{self, Page};
use crate::store::samples::{Key, Row, StoredRow};
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
    let counts = count(connection, user, aim, "sample", &condition(aim))?;
    match aim.delivery {
        // What it has only replaced or denied comes back.
        Some(delivery) if counts.is_empty() => {
            let denied = Aim { delivery: None, ..aim.clone() };
            let condition = format!("{} AND superseded_by = {delivery}", condition(&denied));
            count(connection, user, aim, "superseded_sample", &condition)
        }
        _ => Ok(counts),
    }
}

fn count(connection: &Connection, user: i64, aim: &Aim, table: &str, condition: &str) -> Result<Vec<Found>> {
    let mut count =
        connection.prepare(&format!("SELECT count(*), min(start), max(start) FROM {table} WHERE {condition}"))?;
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

/// The metrics of which there may be any.
pub(super) fn metrics(connection: &Connection, user: i64, aim: &Aim) -> Result<Vec<(i64, String)>> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT metric.id, metric.name FROM series JOIN metric ON metric.id = series.metric
         WHERE user = ?1 AND (samples > 0 OR ?4 IS NOT NULL) AND (?2 IS NULL OR metric = ?2)
           AND (?3 IS NULL OR source = ?3) ORDER BY metric.name",
    )?;
    let asked = params![user, aim.metric, aim.source, aim.delivery];
    let rows = statement.query_map(asked, |row| Ok((row.get(0)?, row.get(1)?)))?;
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
        (aim.since, aim.until) = (i64::MIN, i64::MAX);
    }
    let id = list::insert(connection, order, &aim, plan)?;
    others::bury(connection, order, id)?;
    let metrics = metrics(connection, order.user, &aim)?.into_iter().rev();
    let metrics = metrics.map(|(metric, _)| (metric, aim.since)).collect();
    let task = Task { id, user: order.user, work: Work::Bury { aim: Box::new(aim), metrics } };
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
    mut metrics: Vec<(i64, i64)>,
) -> Result<Vec<(i64, i64)>> {
    let (mut ledger, mut moved) = (Ledger::default(), 0);
    while let Some((metric, from)) = metrics.pop() {
        let aim = Aim { since: from.max(aim.since), ..aim.clone() };
        let (rows, next) = read(connection, user, &aim, metric, PIECE - moved)?;
        moved += rows.len();
        let until = next.unwrap_or(aim.until);
        let part = Aim { until, ..aim.clone() };
        let mut keys: BTreeSet<(Key, i64)> =
            rows.iter().map(|(key, sample)| (*key, sample.row.offset_minutes)).collect();
        keys.extend(superseded(connection, user, &part, metric)?);
        let context = Context::of(connection, user, (part.since, part.until))?;
        let taking = Taking { context: &context, deletion, aim: &part };
        for (key, offset_minutes) in keys {
            match aim.delivery {
                Some(delivery) => taking.of_delivery(delivery, key, offset_minutes, &mut ledger)?,
                None => taking.whole(key, offset_minutes, &mut ledger)?,
            }
        }
        metrics.extend(next.map(|next| (metric, next)));
        if moved >= PIECE {
            break;
        }
    }
    ledger.write(connection, user, 0)?;
    Ok(metrics)
}

/// The keys of superseded rows that are meant, too: nothing may surface from under a deletion.
fn superseded(connection: &Connection, user: i64, aim: &Aim, metric: i64) -> Result<Vec<(Key, i64)>> {
    let condition = match aim.delivery {
        Some(delivery) => format!(
            "{} AND (delivery = {delivery} OR superseded_by = {delivery} OR stated = {delivery})",
            condition(&Aim { delivery: None, ..aim.clone() })
        ),
        None => condition(aim),
    };
    table::superseded_keys(connection, &condition, params![user, metric, aim.since, aim.until])
}

/// What is taken of each group.
struct Taking<'a> {
    context: &'a Context<'a>,
    deletion: i64,
    aim: &'a Aim,
}

impl Taking<'_> {
    fn is_meant(&self, member: &Member) -> bool {
        let Aim { source, layer, since, until, .. } = self.aim;
        let (_, start, own_layer) = member.key;
        (*since..*until).contains(&start)
            && source.is_none_or(|source| source == member.row.source)
            && layer.is_none_or(|layer| layer == own_layer.id())
    }

    /// Takes what is meant, and all that is claimed of the same samples.
    fn whole(&self, key: Key, offset_minutes: i64, ledger: &mut Ledger) -> Result<()> {
        let group = Group::load_all(self.context, key, offset_minutes)?;
        let mut taken: Vec<bool> = group.members.iter().map(|member| self.is_meant(member)).collect();
        for at in 0..group.members.len() {
            let own = &group.members[at];
            let is_claim = |(other, meant): (&Member, &bool)| *meant && own.is_claim_of(other, self.context.unnamed);
            taken[at] = taken[at] || group.members.iter().zip(&taken).any(is_claim);
        }
        for (member, _) in group.members.iter().zip(&taken).filter(|(_, taken)| **taken) {
            self.bury(member, group.last(member)?.delivery, ledger)?;
        }
        Ok(())
    }

    fn bury(&self, member: &Member, stated: i64, ledger: &mut Ledger) -> Result<()> {
        let Context { connection, user, .. } = self.context;
        member.remove(self.context, ledger)?;
        let (ordinal, row) = (member.ordinal, member.row.clone());
        let sample = StoredRow { ordinal, row, delivery: member.owner };
        table::bury(connection, self.deletion, *user, member.key, (&sample, stated))
    }

    /// Takes what a delivery has written. What another has stated, too, is of that from now on, and what it has superseded
    /// counts again, unless somebody else says otherwise.
    fn of_delivery(&self, delivery: i64, key: Key, offset_minutes: i64, ledger: &mut Ledger) -> Result<()> {
        let Context { connection, user, .. } = self.context;
        let place = Place::Buried(self.deletion);
        let group = Group::load(self.context, key, offset_minutes)?;
        let own = group.members.iter().any(|member| {
            member.owner == delivery || member.held == Held::Superseded(delivery) || member.stated == Some(delivery)
        });
        if !own {
            // Of a date that has been settled under another start.
            return Ok(());
        }
        let (mut heirs, mut taken) = (Vec::new(), Vec::new());
        for member in &group.members {
            if member.owner == delivery {
                heirs.extend(group.heir(member)?.map(|(owner, stated)| {
                    let (ordinal, row) = (member.ordinal, member.row.clone());
                    (member.key, StoredRow { ordinal, row, delivery: owner }, stated)
                }));
                taken.push((member, group.last(member)?.delivery));
            } else if member.held == Held::Superseded(delivery) {
                // An undo must know that it denies this one.
                let stated = member.stated.unwrap_or(0);
                table::add(connection, place, *user, member.key, (&member.row, member.owner, stated))?;
            }
        }
        taken.into_iter().try_for_each(|(member, stated)| self.bury(member, stated, ledger))?;
        // Numbers may have changed with what has gone.
        let mut group = Group::load(self.context, key, offset_minutes)?;
        let mut own_claims: Vec<(i64, Row)> =
            group.members.iter().map(|member| (member.owner, member.row.clone())).collect();
        for (key, heir, stated) in heirs {
            // What it has written itself is not to be inherited as well.
            let is_own = |(owner, row): &(i64, Row)| {
                *owner == heir.delivery && row.identity() == heir.row.identity() && row.is_alike(&heir.row)
            };
            match own_claims.iter().position(is_own) {
                Some(at) => drop(own_claims.swap_remove(at)),
                None => group.come_back(key, heir, stated),
            }
        }
        group.settle(ledger)?;
        Ok(())
    }
}

/// About as many rows as are wanted; all of one start.
fn read(connection: &Connection, user: i64, aim: &Aim, metric: i64, wanted: usize) -> Result<Page> {
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
    table::put_free(connection, order.user, key, &sample.row, sample.delivery)?;
    ledger.count(key, &sample.row, 1);
    ledger.write(connection, order.user, 0)
}
