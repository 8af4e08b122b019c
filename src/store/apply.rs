//! Writes the samples of one batch inside the writer's transaction.
//!
//! Samples are written in the order of the clustered key, so that neighbours share pages. A sample that meets nothing is
//! one insert; only where a row already stands, or where the body itself has several for one key, are the rows of that
//! key read and settled by `reconcile`.

use std::collections::BTreeMap;

use rusqlite::{CachedStatement, Connection, params};

use crate::error::{Error, Result};
use crate::model::receipt::Outcome;
use crate::model::sample::{Batch, Sample, Series};
use crate::model::time::Layer;
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
type Key = (i64, i64, Layer);

/// Stores the batch's samples and gives the outcome of each sample, in the order of `batch.samples`. `memory` is what an
/// import has met in its earlier pieces.
pub fn store_samples(writing: &mut Writing, owner: Owner, batch: &Batch, memory: &mut Memory) -> Result<Vec<Outcome>> {
    let ids = dictionary_ids(writing, batch)?;
    for (source, model) in &batch.devices {
        priority::set_device(writing.connection, ids.sources[*source as usize], model)?;
    }
    let mut order: Vec<u32> = (0..batch.samples.len() as u32).collect();
    order.sort_by_key(|&at| {
        let sample = &batch.samples[at as usize];
        (ids.metrics[sample.series as usize], sample.start, sample.layer, at)
    });
    let mut table = SampleTable::new(writing.connection, owner, batch, &ids, memory)?;
    let mut outcomes = vec![Outcome::Unchanged; batch.samples.len()];
    let same_key = |a: &u32, b: &u32| {
        let (a, b) = (&batch.samples[*a as usize], &batch.samples[*b as usize]);
        ids.metrics[a.series as usize] == ids.metrics[b.series as usize] && (a.start, a.layer) == (b.start, b.layer)
    };
    for group in order.chunk_by(same_key) {
        table.store_group(group, &mut outcomes)?;
    }
    let SampleTable { changes, dirty, .. } = table;
    dirty.write(writing.connection, owner)?;
    series::write(writing.connection, owner, &changes)?;
    Ok(outcomes)
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

/// The rows of one group, by twin.
const GROUP_SQL: &str = "SELECT twin, delivery, span, value, min, max, source, context, offset_minutes FROM sample
     WHERE user = ?1 AND metric = ?2 AND start = ?3 AND layer = ?4 ORDER BY twin";

/// The sample table with its statements prepared, and what has been changed in it so far.
struct SampleTable<'a> {
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
        owner: Owner,
        batch: &'a Batch,
        ids: &'a Ids,
        memory: &'a mut Memory,
    ) -> Result<Self> {
        Ok(SampleTable {
            owner,
            batch,
            ids,
            unnamed: dictionary::unnamed(connection)?,
            memory,
            insert: Insert::prepare(connection, "INSERT OR IGNORE", owner)?,
            put: Insert::prepare(connection, "INSERT OR REPLACE", owner)?,
            changes: BTreeMap::new(),
            dirty: Dirty::default(),
            read: connection.prepare_cached(GROUP_SQL)?,
            remove: connection.prepare_cached(
                "DELETE FROM sample WHERE user = ?1 AND metric = ?2 AND start = ?3 AND layer = ?4 AND twin = ?5",
            )?,
        })
    }

    /// Stores all samples of one (metric, start, layer).
    fn store_group(&mut self, group: &[u32], outcomes: &mut [Outcome]) -> Result<()> {
        let first = &self.batch.samples[group[0] as usize];
        let (key, row) = (self.key(first), self.row(first));
        if group.len() == 1 && self.insert.write(key, 0, &row)? == 1 {
            self.count(first, &row, 1);
            outcomes[group[0] as usize] = Outcome::Stored;
            return Ok(());
        }
        let incoming: Vec<Row> = group.iter().map(|&at| self.row(&self.batch.samples[at as usize])).collect();
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
        let repeated = |row: &Row| self.memory.has_repeated(metric, row.source, start);
        let import = self.owner.mode == Mode::Import;
        let terms = Terms {
            delivery: self.owner.delivery,
            unnamed: self.unnamed,
            repeated: if import { Some(&repeated) } else { None },
        };
        let mut settled = reconcile(layer, stored, incoming, &terms);
        for record in settled.unrepeated.drain(..) {
            self.memory.note_unrepeated(metric, start, record);
        }
        if let ([only], true) = (stored, import && settled.repeats_first)
            && only.delivery < self.owner.delivery
        {
            self.memory.note_repeated(metric, only.row.source, start);
        }
        settled
    }

    /// `stored` is ordered by twin.
    fn apply(&mut self, sample: &Sample, stored: &[Standing], change: Change) -> Result<()> {
        let key = self.key(sample);
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

    fn key(&self, sample: &Sample) -> Key {
        (self.ids.metrics[sample.series as usize], sample.start, sample.layer)
    }

    fn row(&self, sample: &Sample) -> Row {
        Row {
            span: sample.span,
            value: sample.value,
            min: sample.min,
            max: sample.max,
            source: self.ids.sources[sample.source as usize],
            context: sample.context.map(|at| self.ids.contexts[at as usize]),
            offset_minutes: i64::from(sample.offset_minutes),
        }
    }

    fn stored(&mut self, sample: &Sample) -> Result<Vec<Standing>> {
        let (metric, start, layer) = self.key(sample);
        let rows = self.read.query_map(params![self.owner.user, metric, start, layer.id()], |row| {
            Ok(Standing {
                twin: row.get(0)?,
                delivery: row.get(1)?,
                row: Row {
                    span: row.get(2)?,
                    value: row.get(3)?,
                    min: row.get(4)?,
                    max: row.get(5)?,
                    source: row.get(6)?,
                    context: row.get(7)?,
                    offset_minutes: row.get(8)?,
                },
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Notes that `samples` rows like `row` have come (or gone, when negative).
    fn count(&mut self, sample: &Sample, row: &Row, samples: i64) {
        let (metric, start, layer) = self.key(sample);
        if samples != 0 {
            self.dirty.touch(metric, layer, start, row.span);
        }
        let change = self.changes.entry((metric, layer.id(), row.source)).or_insert_with(|| SeriesChange {
            unit_sent: &self.batch.series[sample.series as usize].unit_sent,
            samples: 0,
            summaries: 0,
            first: start,
            last: start,
            longest: 0,
        });
        change.samples += samples;
        change.summaries += samples * i64::from(row.is_summary());
        change.first = change.first.min(start);
        change.last = change.last.max(start);
        change.longest = change.longest.max(row.span);
    }
}

/// A statement that writes a sample row. The owner is bound once: binding costs as much as a part of the insert.
struct Insert<'a>(CachedStatement<'a>);

impl<'a> Insert<'a> {
    fn prepare(connection: &'a Connection, verb: &str, owner: Owner) -> Result<Insert<'a>> {
        let mut statement = connection.prepare_cached(&format!(
            "{verb} INTO sample (user, delivery, metric, start, layer, twin, span, value, min, max, source, context,
                                 offset_minutes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
        ))?;
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
        Ok(statement.raw_execute()?)
    }
}
