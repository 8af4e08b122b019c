//! The hardware that a source's samples were made with: by it most sources are known for what they are.
//!
//! It is counted for each delivery, with the time that its samples are of. Deliveries that tell of the same time may tell of the same
//! samples, so the one with the most counts for all of them; those that tell of different times add up. So neither a repeat of a
//! delivery nor the order of several changes anything.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

use crate::error::Result;
use crate::model::sample::Batch;
use crate::model::source::{Hardware, Used, Writer};
use crate::store::account::WITHDRAWN;
use crate::store::samples::{Mode, Owner};
use crate::store::writer::Writing;

/// Its hardware with the number of samples of each, by source; what deleted deliveries have told is left out.
pub fn of_sources(connection: &Connection, user: i64) -> Result<BTreeMap<i64, Vec<(Hardware, u64)>>> {
    let mut statement = connection.prepare_cached(&format!(
        "WITH {WITHDRAWN}
         SELECT source, model, writer, first, last, samples FROM source_hardware
         WHERE user = ?1 AND delivery NOT IN withdrawn ORDER BY source, model, writer, first, last"
    ))?;
    let rows = statement.query_map([user], |row| {
        let hardware = Hardware { model: row.get(1)?, writer: Writer::from_id(row.get(2)?) };
        let used = Used { first: row.get(3)?, last: row.get(4)?, samples: row.get::<_, i64>(5)?.unsigned_abs() };
        Ok((row.get::<_, i64>(0)?, hardware, used))
    })?;
    let told: Vec<(i64, Hardware, Used)> = rows.collect::<rusqlite::Result<_>>()?;
    let mut found: BTreeMap<i64, Vec<(Hardware, u64)>> = BTreeMap::new();
    for same in told.chunk_by(|one, other| (one.0, &one.1) == (other.0, &other.1)) {
        found.entry(same[0].0).or_default().push((same[0].1.clone(), together(same.iter().map(|(.., used)| *used))));
    }
    decide_between_app_and_system(&mut found);
    Ok(found)
}

/// The samples of several deliveries, which are by the start of their first.
fn together(deliveries: impl Iterator<Item = Used>) -> u64 {
    let (mut sum, mut most, mut until) = (0, 0, i64::MIN);
    for used in deliveries {
        if used.first > until {
            sum += std::mem::take(&mut most);
        }
        (most, until) = (used.samples.max(most), used.last.max(until));
    }
    sum + most
}

/// Where a model's own system signs as another source, what may be an app on it is one.
fn decide_between_app_and_system(found: &mut BTreeMap<i64, Vec<(Hardware, u64)>>) {
    let is_signed = |one: &&(Hardware, u64)| one.0.writer == Writer::System;
    let signed =
        found.iter().flat_map(|(source, told)| told.iter().filter(is_signed).map(|one| (*source, one.0.model.clone())));
    let signed: BTreeSet<(i64, String)> = signed.collect();
    for (source, told) in found.iter_mut() {
        let own = |model: &str| signed.contains(&(*source, model.to_owned()));
        let others = |model: &str| signed.iter().any(|(other, signed)| other != source && signed == model);
        for (hardware, _) in told.iter_mut().filter(|(one, _)| one.writer == Writer::Either) {
            if others(&hardware.model) && !own(&hardware.model) {
                hardware.writer = Writer::App;
            }
        }
    }
}

/// Counts the hardware that a batch tells of.
pub fn count(writing: &mut Writing, owner: Owner, batch: &Batch) -> Result<()> {
    let Writing { connection, dictionaries, .. } = writing;
    if owner.mode == Mode::Replay && !batch.devices.is_empty() {
        let sql = "DELETE FROM source_hardware WHERE user = ?1 AND delivery = ?2";
        connection.prepare_cached(sql)?.execute(params![owner.user, owner.delivery])?;
    }
    for (source, devices) in &batch.devices {
        let Some(name) = batch.sources.get(*source as usize) else { continue };
        let source = dictionaries.source(connection, name)?;
        devices.iter().try_for_each(|(hardware, used)| add(connection, owner, source, hardware, *used))?;
    }
    Ok(())
}

pub(super) fn add(connection: &Connection, owner: Owner, source: i64, hardware: &Hardware, used: Used) -> Result<()> {
    // A delivery that is read again says what it said; only an import adds piece to piece.
    let before = if owner.mode == Mode::Import { "samples" } else { "0" };
    connection
        .prepare_cached(&format!(
            "INSERT INTO source_hardware (user, source, model, writer, delivery, samples, first, last)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT DO UPDATE SET samples = {before} + excluded.samples,
                 first = min(first, excluded.first), last = max(last, excluded.last)"
        ))?
        .execute(params![
            owner.user,
            source,
            hardware.model,
            hardware.writer as i64,
            owner.delivery,
            i64::try_from(used.samples).unwrap_or(i64::MAX),
            used.first,
            used.last,
        ])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_count_once_and_different_times_add_up() {
        let used = |first, last, samples| Used { samples, first, last };
        let count = |told: &[Used]| together(told.iter().copied());
        assert_eq!(count(&[used(0, 9, 4), used(0, 9, 4)]), 4);
        assert_eq!(count(&[used(0, 9, 4), used(10, 19, 3), used(20, 20, 1)]), 8);
        assert_eq!(count(&[used(0, 30, 9), used(10, 19, 3), used(40, 50, 2)]), 11);
        assert_eq!(count(&[]), 0);
    }
}
