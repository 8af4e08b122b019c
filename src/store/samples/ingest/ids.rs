//! What a batch calls its metrics, sources and contexts, as ids of the file's dictionaries.

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::model::metric::catalogue;
use crate::model::sample::{Batch, Sample, Series};
use crate::store::dictionary::{self, Dictionaries};
use crate::store::samples::{Key, Row};
use crate::store::writer::Writing;

/// Ids of the batch's own lists in the file's dictionaries.
pub struct Ids {
    pub metrics: Vec<i64>,
    pub sources: Vec<i64>,
    contexts: Vec<i64>,
}

impl Ids {
    pub fn of(writing: &mut Writing, user: i64, batch: &Batch) -> Result<Ids> {
        let Writing { connection, dictionaries, .. } = writing;
        Ok(Ids {
            metrics: batch
                .series
                .iter()
                .map(|series| metric_id(dictionaries, connection, user, series))
                .collect::<Result<_>>()?,
            sources: batch.sources.iter().map(|name| dictionaries.source(connection, name)).collect::<Result<_>>()?,
            contexts: batch
                .contexts
                .iter()
                .map(|name| dictionaries.context(connection, name))
                .collect::<Result<_>>()?,
        })
    }

    pub fn key(&self, sample: &Sample) -> Key {
        (self.metrics[sample.series as usize], sample.start, sample.layer)
    }

    pub fn row(&self, sample: &Sample) -> Row {
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

/// The validation has asked for the stored unit already; two first deliveries of a person at once can still disagree about it.
fn metric_id(dictionaries: &mut Dictionaries, connection: &Connection, user: i64, series: &Series) -> Result<i64> {
    let Series { metric, unit, .. } = series;
    if catalogue().resolve(metric).is_none()
        && let Some(own) = dictionary::own_unit(connection, user, metric)?.filter(|own| own != unit)
    {
        return Err(Error::Busy(format!("{metric} has just been stored in {own}, not {unit}: send it again")));
    }
    dictionaries.metric(connection, metric, unit)
}
