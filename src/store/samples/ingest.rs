//! Writes the samples of one batch inside the writer's transaction.
//!
//! Samples are written in the order of the clustered key, so that neighbours share pages. A sample that meets nothing is
//! one insert; only where a row already stands, or where the body itself has several for one key, are the rows of that
//! key read and settled by `reconcile`.
//!
//! What a deletion keeps out is written in the same way, to where its deleted rows lie: see `deletions`.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::model::receipt::Outcome;
use crate::model::sample::{Batch, Sample, Series};
use crate::store::deletions::tombstones::Tombstones;
use crate::store::dictionary::{self, Dictionaries};
use crate::store::place::Place;
use crate::store::priority;
use crate::store::samples::counts::Ledger;
use crate::store::samples::import_state::ImportState;
use crate::store::samples::reconcile::{Change, Settled, Terms, reconcile};
use crate::store::samples::table::Rows;
use crate::store::samples::{Key, Mode, Owner, Row, StoredRow, Unnamed};
use crate::store::writer::Writing;

/// Ids of the batch's own lists in the file's dictionaries.
struct Ids {
    metrics: Vec<i64>,
    sources: Vec<i64>,
    contexts: Vec<i64>,
}

/// Stores the batch's samples and gives the outcome of each sample, in the order of `batch.samples`. `memory` is what an
/// import has met in its earlier pieces.
pub fn store_samples(
    writing: &mut Writing,
    owner: Owner,
    batch: &Batch,
    memory: &mut ImportState,
    tombstones: &Tombstones,
) -> Result<Vec<Outcome>> {
    let ids = dictionary_ids(writing, batch)?;
    for (source, model) in &batch.devices {
        priority::set_device(writing.connection, ids.sources[*source as usize], model)?;
    }
    let mut order: Vec<u32> = (0..batch.samples.len() as u32).collect();
    order.sort_by_key(|&at| (ids.key(&batch.samples[at as usize]), at));
    let mut outcomes = vec![Outcome::Unchanged; batch.samples.len()];
    for (place, order) in placed(writing.connection, batch, &ids, order, tombstones)? {
        let mut table = SampleTable::new(writing.connection, place, owner, batch, &ids, memory)?;
        let key_at = |at: &u32| ids.key(&batch.samples[*at as usize]);
        for group in order.chunk_by(|a, b| key_at(a) == key_at(b)) {
            table.store_group(group, &mut outcomes)?;
        }
        table.ledger.write(writing.connection, owner.user, owner.delivery)?;
        tombstones.keep_out(writing.connection, place, order.len())?;
        if place != Place::Stored {
            order.iter().for_each(|at| outcomes[*at as usize] = Outcome::KeptOut);
        }
    }
    Ok(outcomes)
}

/// The samples by where they go; all to one place where nothing has been deleted.
fn placed(
    connection: &Connection,
    batch: &Batch,
    ids: &Ids,
    order: Vec<u32>,
    tombstones: &Tombstones,
) -> Result<BTreeMap<Place, Vec<u32>>> {
    if tombstones.is_empty() {
        return Ok(BTreeMap::from([(Place::Stored, order)]));
    }
    let tombstones = tombstones.for_its_sources(connection)?;
    let key_at = |at: &u32| ids.key(&batch.samples[*at as usize]);
    let mut places: BTreeMap<Place, Vec<u32>> = BTreeMap::new();
    for group in order.chunk_by(|a, b| key_at(a) == key_at(b)) {
        let rows: Vec<Row> = group.iter().map(|at| ids.row(&batch.samples[*at as usize])).collect();
        let found = tombstones.places(connection, key_at(&group[0]), &rows)?;
        group.iter().zip(found).for_each(|(at, place)| places.entry(place).or_default().push(*at));
    }
    Ok(places)
}

impl Ids {
    fn key(&self, sample: &Sample) -> Key {
        (self.metrics[sample.series as usize], sample.start, sample.layer)
    }

    fn row(&self, sample: &Sample) -> Row {
        Row {
            span: sample.span,
            value: sample.value,
            min: sample.min,
            max: sample.max,
            source: self.sources[sample.source as usize],
            context: sample.context.map(|at| self.contexts[at as usize]),
            offset_minutes: i64::from(sample.offset_minutes),
            manual: sample.manual,
        }
    }
}

fn dictionary_ids(writing: &mut Writing, batch: &Batch) -> Result<Ids> {
    let Writing { connection, dictionaries, .. } = writing;
    Ok(Ids {
        metrics: batch
            .series
            .iter()
            .map(|series| metric_id(dictionaries, connection, series))
            .collect::<Result<_>>()?,
        sources: batch.sources.iter().map(|name| dictionaries.source(connection, name)).collect::<Result<_>>()?,
        contexts: batch.contexts.iter().map(|name| dictionaries.context(connection, name)).collect::<Result<_>>()?,
    })
}

/// The validation has asked for the stored unit already; two first deliveries at once can still disagree about it.
fn metric_id(dictionaries: &mut Dictionaries, connection: &Connection, series: &Series) -> Result<i64> {
    let row = dictionaries.metric(connection, &series.metric, &series.unit)?;
    if row.unit != series.unit {
        let Series { metric, unit, .. } = series;
        return Err(Error::Busy(format!("{metric} has just been stored in {}, not {unit}: send it again", row.unit)));
    }
    Ok(row.id)
}

/// The sample table with its statements prepared, and what has been changed in it so far.
struct SampleTable<'a> {
    place: Place,
    owner: Owner,
    batch: &'a Batch,
    ids: &'a Ids,
    unnamed: Unnamed,
    memory: &'a mut ImportState,
    rows: Rows<'a>,
    ledger: Ledger<'a>,
}

impl<'a> SampleTable<'a> {
    fn new(
        connection: &'a Connection,
        place: Place,
        owner: Owner,
        batch: &'a Batch,
        ids: &'a Ids,
        memory: &'a mut ImportState,
    ) -> Result<Self> {
        Ok(SampleTable {
            place,
            owner,
            batch,
            ids,
            unnamed: dictionary::unnamed(connection)?,
            memory,
            rows: Rows::prepare(connection, place, owner)?,
            ledger: Ledger::default(),
        })
    }

    /// Stores all samples of one (metric, start, layer).
    fn store_group(&mut self, group: &[u32], outcomes: &mut [Outcome]) -> Result<()> {
        let first = &self.batch.samples[group[0] as usize];
        let (key, row) = (self.ids.key(first), self.ids.row(first));
        // The rows of a deletion lie under the numbers that they had, which need not begin with 0.
        let may_be_new = group.len() == 1 && self.place == Place::Stored;
        if may_be_new && self.rows.insert_first(key, &row)? {
            self.count(first, &row, 1);
            outcomes[group[0] as usize] = Outcome::Stored;
            return Ok(());
        }
        let incoming: Vec<Row> = group.iter().map(|&at| self.ids.row(&self.batch.samples[at as usize])).collect();
        let stored = self.rows.group(key)?;
        let settled = self.settle(key, &stored, &incoming);
        for ((&at, outcome), row) in group.iter().zip(settled.outcomes).zip(&incoming) {
            outcomes[at as usize] = outcome;
            // Adds nothing, but notes that this delivery spoke of the series.
            self.count(first, row, 0);
        }
        for change in settled.changes {
            self.apply(first, &stored, change)?;
        }
        Ok(())
    }

    /// Settles a group, and remembers what an import must know of it.
    fn settle(&mut self, (metric, start, layer): Key, stored: &[StoredRow], incoming: &[Row]) -> Settled {
        let place = self.place;
        let repeated = |row: &Row| self.memory.has_repeated(place, metric, row.source, start);
        let import = self.owner.mode == Mode::Import;
        let terms = Terms {
            delivery: self.owner.delivery,
            unnamed: self.unnamed,
            repeated: if import { Some(&repeated) } else { None },
        };
        let mut settled = reconcile(layer, stored, incoming, &terms);
        for record in settled.unrepeated.drain(..) {
            self.memory.note_unrepeated(place, metric, start, record);
        }
        if let ([only], true) = (stored, import && settled.repeats_first)
            && only.delivery < self.owner.delivery
        {
            self.memory.note_repeated(place, metric, only.row.source, start);
        }
        settled
    }

    /// `stored` is ordered by ordinal.
    fn apply(&mut self, sample: &Sample, stored: &[StoredRow], change: Change) -> Result<()> {
        let key = self.ids.key(sample);
        let (Change::Put { ordinal, .. } | Change::Remove { ordinal }) = change;
        if let Ok(at) = stored.binary_search_by_key(&ordinal, |old| old.ordinal) {
            self.count(sample, &stored[at].row, -1);
        }
        match change {
            Change::Put { row, .. } => {
                self.rows.put(key, ordinal, &row)?;
                self.count(sample, &row, 1);
                Ok(())
            }
            Change::Remove { .. } => self.rows.remove(key, ordinal),
        }
    }

    /// Notes that the delivery has spoken of a series, and that `samples` rows like `row` have come to it (or gone, when
    /// negative). What is kept out is of the series all the same, which must be there when it comes back.
    fn count(&mut self, sample: &Sample, row: &Row, samples: i64) {
        let key = self.ids.key(sample);
        self.ledger.speak(key, row.source, &self.batch.series[sample.series as usize].unit_sent);
        if self.place == Place::Stored && samples != 0 {
            self.ledger.count(key, row, samples);
        }
    }
}
