//! What is stored, from the counts that every commit keeps: the catalogue answers without touching a sample.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;
use crate::model::time::Layer;

/// (metric, layer, source)
pub(super) type SeriesKey = (i64, i64, i64);

/// First, last and longest of a series in which nothing stands: whatever comes is earlier and later.
pub(super) const NOTHING: (i64, i64, i64) = (i64::MAX, i64::MIN, 0);

/// One (metric, layer, source) of a person.
#[derive(Debug, Clone)]
pub struct SeriesRow {
    pub metric: String,
    pub unit: String,
    pub layer: Layer,
    pub source: String,
    pub samples: i64,
    /// Starts of the first and last sample, UTC epoch seconds.
    pub first: i64,
    pub last: i64,
    /// When the last delivery that brought any of it came, in epoch milliseconds.
    pub last_delivery_ms: i64,
}

/// Everything a person has stored, by metric.
pub fn list(connection: &Connection, user: i64) -> Result<Vec<SeriesRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT metric.name, metric.unit, layer, source.name, samples, first, last, received_at_ms
         FROM series
         JOIN metric ON metric.id = series.metric
         JOIN source ON source.id = series.source
         JOIN delivery ON delivery.id = series.last_delivery
         WHERE series.user = ?1 AND samples > 0 ORDER BY metric.name, layer, source.name",
    )?;
    let rows = statement.query_map([user], |row| {
        Ok(SeriesRow {
            metric: row.get(0)?,
            unit: row.get(1)?,
            layer: Layer::from_id(row.get(2)?).unwrap_or(Layer::Raw),
            source: row.get(3)?,
            samples: row.get(4)?,
            first: row.get(5)?,
            last: row.get(6)?,
            last_delivery_ms: row.get(7)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What one layer of a metric holds: starts of its first and last sample, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    pub layer: Layer,
    pub first: i64,
    pub last: i64,
    pub samples: i64,
    /// How many of them have a min or max of their own.
    pub summaries: i64,
    /// How many of them were entered by hand.
    pub manual: i64,
    /// Seconds that none of them exceeds.
    pub longest: i64,
}

/// The layers a person's metric is stored in, finest first.
pub fn layers(connection: &Connection, user: i64, metric: i64) -> Result<Vec<Extent>> {
    let mut statement = connection.prepare_cached(
        "SELECT layer, min(first), max(last), sum(samples), sum(summaries), sum(manual), max(longest)
         FROM series
         WHERE user = ?1 AND metric = ?2 AND samples > 0 GROUP BY layer ORDER BY layer",
    )?;
    let rows = statement.query_map(params![user, metric], |row| {
        Ok(Extent {
            layer: Layer::from_id(row.get(0)?).unwrap_or(Layer::Raw),
            first: row.get(1)?,
            last: row.get(2)?,
            samples: row.get(3)?,
            summaries: row.get(4)?,
            manual: row.get(5)?,
            longest: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Seconds that no sample of the raw layer exceeds.
pub fn longest_sample(layers: &[Extent]) -> i64 {
    layers.iter().find(|extent| extent.layer == Layer::Raw).map_or(0, |extent| extent.longest)
}

/// The sources of a metric's raw samples.
pub fn raw_sources(connection: &Connection, user: i64, metric: i64) -> Result<Vec<i64>> {
    let mut statement = connection.prepare_cached(
        "SELECT source FROM series WHERE user = ?1 AND metric = ?2 AND layer = ?3 AND samples > 0 ORDER BY source",
    )?;
    let rows = statement.query_map(params![user, metric, Layer::Raw.id()], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Metric and source of all of a person's raw samples.
pub fn of_samples(connection: &Connection, user: i64) -> Result<BTreeSet<(i64, i64)>> {
    let mut statement = connection
        .prepare_cached("SELECT metric, source FROM series WHERE user = ?1 AND layer = ?2 AND samples > 0")?;
    let rows = statement.query_map(params![user, Layer::Raw.id()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The sources of a person's samples: id and name.
pub fn sources(connection: &Connection, user: i64) -> Result<Vec<(i64, String)>> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT source.id, source.name FROM series JOIN source ON source.id = series.source
         WHERE series.user = ?1 AND samples > 0",
    )?;
    let rows = statement.query_map([user], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The unit that a person's metric came in most recently, in the sender's spelling.
pub fn unit_sent(connection: &Connection, user: i64, metric: i64) -> Result<Option<String>> {
    Ok(connection
        .prepare_cached(
            "SELECT unit_sent FROM series WHERE user = ?1 AND metric = ?2 AND samples > 0
             ORDER BY last_delivery DESC LIMIT 1",
        )?
        .query_row(params![user, metric], |row| row.get(0))
        .optional()?)
}

/// How many samples of a metric begin in a range, all layers together.
pub fn samples_between(connection: &Connection, user: i64, metric: i64, from: i64, to: i64) -> Result<i64> {
    let sql = "SELECT count(*) FROM sample WHERE user = ?1 AND metric = ?2 AND start >= ?3 AND start < ?4";
    Ok(connection.prepare_cached(sql)?.query_row([user, metric, from, to], |row| row.get(0))?)
}

/// The number that moves with every commit that changes a person's answers.
pub fn data_version(connection: &Connection, user: i64) -> Result<i64> {
    Ok(connection.prepare_cached("SELECT data_version FROM user WHERE id = ?1")?.query_row([user], |row| row.get(0))?)
}

/// How many samples there are, of everybody.
pub fn samples(connection: &Connection) -> Result<i64> {
    Ok(connection.query_row("SELECT coalesce(sum(samples), 0) FROM series", [], |row| row.get(0))?)
}
