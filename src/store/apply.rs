//! Writes the samples of one batch inside the writer's transaction.
//!
//! Samples are written in the order of the clustered key, so that neighbours share pages. A sample that meets nothing is
//! one insert; only where a row already stands, or where the body itself has several for one key, are the rows of that
//! key read and settled by `reconcile`.
//!
//! What a deletion keeps out is written in the same way, to where its deleted rows lie: see `deletions`.

use std::collections::BTreeMap;

use rusqlite::{CachedStatement, Connection, params};

use crate::error::{Error, Result};
use crate::model::receipt::Outcome;
use crate::model::sample::{Batch, Sample, Series};
use crate::model::time::Layer;
use crate::store::deletions::place::{self, Place};
use crate::store::deletions::tombstones::Tombstones;
use crate::store::dictionary::{self, Dictionaries};
use crate::store::memory::Memory;
use crate::store::priority;
use crate::store::reconcile::{Change, Row, Settled, Standing, Terms, Unnamed, reconcile};
use crate::store::rollups::Dirty;
use crate::store::series::{self, SeriesChange, SeriesKey};
use crate::store::writer::Writing;

/// Whose data, which delivery brings it, and how.
#[derive(Debug, Clone, Copy)]
pub struct Owner {
    pub user: i64,
    pub delivery: i64,
    pub mode: Mode,
}

/// How a batch meets what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A whole delivery, just received: it replaces what it names.
    Delivery,
    /// A piece of an import: a later piece may name more of the same group.
    Import,
    /// An old delivery, decoded again: what a later delivery has written stays.
    Replay,
}

/// Ids of the batch's own lists in the file's dictionaries.
struct Ids {
    metrics: Vec<i64>,
    sources: Vec<i64>,
    contexts: Vec<i64>,
}

/// (metric, start, layer)
pub(super) type Key = (i64, i64, Layer);

/// Stores the batch's samples and gives the outcome of each sample, in the order of `batch.samples`. `memory` is what an
/// import has met in its earlier pieces.
pub fn store_samples(
    writing: &mut Writing,
    owner: Owner,
    batch: &Batch,
    memory: &mut Memory,
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
        let SampleTable { changes, dirty, .. } = table;
        dirty.write(writing.connection, owner.user)?;
        series::write(writing.connection, owner, &changes)?;
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
    memory: &'a mut Memory,
    insert: Insert<'a>,
    put: Insert<'a>,
    read: CachedStatement<'a>,
    remove: CachedStatement<'a>,
    changes: BTreeMap<SeriesKey, SeriesChange<'a>>,
    dirty: Dirty,
}

impl<'a> SampleTable<'a> {
    fn new(
        connection: &'a Connection,
        place: Place,
        owner: Owner,
        batch: &'a Batch,
        ids: &'a Ids,
        memory: &'a mut Memory,
    ) -> Result<Self> {
        Ok(SampleTable {
            place,
            owner,
            batch,
            ids,
            unnamed: dictionary::unnamed(connection)?,
            memory,
            insert: Insert::prepare(connection, "INSERT OR IGNORE", place, owner)?,
            put: Insert::prepare(connection, "INSERT OR REPLACE", place, owner)?,
            changes: BTreeMap::new(),
            dirty: Dirty::default(),
            read: connection.prepare_cached(&place.group_sql())?,
            remove: connection.prepare_cached(&format!(
                "DELETE FROM {} WHERE user = ?1 AND metric = ?2 AND start = ?3 AND layer = ?4{} AND twin = ?5",
                place.table("sample"),
                place.only()
            ))?,
        })
    }

    /// Stores all samples of one (metric, start, layer).
    fn store_group(&mut self, group: &[u32], outcomes: &mut [Outcome]) -> Result<()> {
        let first = &self.batch.samples[group[0] as usize];
        let (key, row) = (self.ids.key(first), self.ids.row(first));
        // The rows of a deletion lie under the numbers that they had, which need not begin with 0.
        let may_be_new = group.len() == 1 && self.place == Place::Stored;
        if may_be_new && self.insert.write(key, 0, &row)? == 1 {
            self.count(first, &row, 1);
            outcomes[group[0] as usize] = Outcome::Stored;
            return Ok(());
        }
        let incoming: Vec<Row> = group.iter().map(|&at| self.ids.row(&self.batch.samples[at as usize])).collect();
        let stored = self.stored(first)?;
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
    fn settle(&mut self, (metric, start, layer): Key, stored: &[Standing], incoming: &[Row]) -> Settled {
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

    /// `stored` is ordered by twin.
    fn apply(&mut self, sample: &Sample, stored: &[Standing], change: Change) -> Result<()> {
        let key = self.ids.key(sample);
        let (Change::Put { twin, .. } | Change::Remove { twin }) = change;
        if let Ok(at) = stored.binary_search_by_key(&twin, |old| old.twin) {
            self.count(sample, &stored[at].row, -1);
        }
        match change {
            Change::Put { row, .. } => {
                self.put.write(key, twin, &row)?;
                self.count(sample, &row, 1);
            }
            Change::Remove { .. } => {
                let (metric, start, layer) = key;
                self.remove.execute(params![self.owner.user, metric, start, layer.id(), twin])?;
            }
        }
        Ok(())
    }

    fn stored(&mut self, sample: &Sample) -> Result<Vec<Standing>> {
        let (metric, start, layer) = self.ids.key(sample);
        let rows = self.read.query_map(params![self.owner.user, metric, start, layer.id()], place::standing)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Notes that `samples` rows like `row` have come (or gone, when negative).
    fn count(&mut self, sample: &Sample, row: &Row, samples: i64) {
        let (metric, start, layer) = self.ids.key(sample);
        // What is kept out is of the series all the same, which must be there when it comes back.
        let (samples, extent) = match self.place {
            Place::Stored => (samples, (start, start, row.span)),
            Place::Buried(_) => (0, series::NOTHING),
        };
        if samples != 0 {
            self.dirty.touch(metric, layer, start, row.span);
        }
        let change = self.changes.entry((metric, layer.id(), row.source)).or_insert_with(|| SeriesChange {
            unit_sent: &self.batch.series[sample.series as usize].unit_sent,
            samples: 0,
            summaries: 0,
            first: extent.0,
            last: extent.1,
            longest: 0,
        });
        change.samples += samples;
        change.summaries += samples * i64::from(row.is_summary());
        change.first = change.first.min(extent.0);
        change.last = change.last.max(extent.1);
        change.longest = change.longest.max(extent.2);
    }
}

/// A statement that writes a sample row. The owner is bound once: binding costs as much as a part of the insert.
struct Insert<'a>(CachedStatement<'a>);

impl<'a> Insert<'a> {
    fn prepare(connection: &'a Connection, verb: &str, place: Place, owner: Owner) -> Result<Insert<'a>> {
        let mut statement = connection.prepare_cached(&place.insert_sql(verb))?;
        statement.raw_bind_parameter(1, owner.user)?;
        statement.raw_bind_parameter(2, owner.delivery)?;
        Ok(Insert(statement))
    }

    /// 1 when a row was written.
    fn write(&mut self, (metric, start, layer): Key, twin: i64, row: &Row) -> Result<usize> {
        let statement = &mut self.0;
        for (at, value) in (3..).zip([metric, start, layer.id(), twin, row.span]) {
            statement.raw_bind_parameter(at, value)?;
        }
        for (at, value) in (8..).zip([row.value, row.min, row.max]) {
            statement.raw_bind_parameter(at, value)?;
        }
        statement.raw_bind_parameter(11, row.source)?;
        statement.raw_bind_parameter(12, row.context)?;
        statement.raw_bind_parameter(13, row.offset_minutes)?;
        statement.raw_bind_parameter(14, row.manual)?;
        Ok(statement.raw_execute()?)
    }
}
