//! Everything that one batch holds, written inside the writer's transaction; what became of each item of the delivery.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::error::Result;
use crate::model::receipt::Outcome;
use crate::model::sample::Batch;
use crate::store::deletions::tombstones::Tombstones;
use crate::store::place::Place;
use crate::store::samples::Owner;
use crate::store::samples::import_state::ImportState;
use crate::store::samples::ingest::{self, Ingested};
use crate::store::writer::Writing;
use crate::store::{dictionary, documents, events, grouping, nights, priority, rollups, workouts};

/// What became of a batch.
#[derive(Debug, Default)]
pub struct Done {
    /// Of each of `batch.items`, the strongest outcome of whatever the item gave.
    pub items: Vec<Outcome>,
    /// How many stored samples count no more because of it, by metric.
    pub superseded: BTreeMap<String, u64>,
}

/// Stores the batch.
pub fn store(writing: &mut Writing, owner: Owner, batch: &Batch) -> Result<Done> {
    store_piece(writing, owner, batch, &mut ImportState::default())
}

/// The same for a piece of an import, with what its earlier pieces have met.
pub fn store_piece(writing: &mut Writing, owner: Owner, batch: &Batch, memory: &mut ImportState) -> Result<Done> {
    let tombstones = Tombstones::of(writing.connection, owner.user)?;
    if let Some(deletion) = tombstones.of_delivery(owner.delivery) {
        tombstones.keep_out(writing.connection, Place::Buried(deletion), batch.items.len())?;
        return Ok(Done { items: vec![Outcome::KeptOut; batch.items.len()], superseded: BTreeMap::new() });
    }
    let mut batch = grouping::settled(writing.connection, owner, batch)?;
    grouping::moments::settle(writing.connection, owner, &mut batch)?;
    let batch = batch.as_ref();
    let mut items = vec![Outcome::Unchanged; batch.items.len()];
    let mut note = |item: u32, outcome: Outcome| {
        let known = &mut items[item as usize];
        *known = outcome.max(*known);
    };
    priority::hardware::count(writing, owner, batch)?;
    let Ingested { outcomes, superseded } = ingest::store_samples(writing, owner, batch, memory, &tombstones)?;
    batch.samples.iter().zip(outcomes).for_each(|(sample, outcome)| note(sample.item, outcome));
    rollups::mark_stated(writing.connection, owner.user, owner.delivery)?;
    for workout in &batch.workouts {
        note(workout.item, workouts::store(writing, owner, workout, &tombstones)?);
    }
    let outcomes = events::store(writing, owner, &batch.events, memory, &tombstones)?;
    batch.events.iter().zip(outcomes).for_each(|(event, outcome)| note(event.item, outcome));
    let outcomes = nights::store(writing, owner, &batch.nights, &tombstones)?;
    batch.nights.iter().zip(outcomes).for_each(|(night, outcome)| note(night.item, outcome));
    for document in &batch.documents {
        note(document.item, documents::store(writing, owner, document)?);
    }
    Ok(Done { items, superseded: named(writing.connection, superseded)? })
}

/// Counts under the names of their metrics.
pub fn named(connection: &Connection, counts: BTreeMap<i64, u64>) -> Result<BTreeMap<String, u64>> {
    let name = |(metric, number): (i64, u64)| Ok((dictionary::metric_name(connection, metric)?, number));
    counts.into_iter().map(name).collect()
}
