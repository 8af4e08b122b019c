//! What an explanation names beside what counts: deliveries, and samples that a later account has replaced.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, params};

use crate::error::Result;
use crate::model::sleep::{SLEEP, Stage};
use crate::model::time::Layer;
use crate::store::Reading;
use crate::store::nights::read::Segment;

/// A delivery as it is told to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub public_id: String,
    pub received_at_ms: i64,
}

/// The deliveries of these rows; those that are gone are left out.
pub fn deliveries(reading: &Reading, ids: impl IntoIterator<Item = i64>) -> Result<HashMap<i64, Told>> {
    let mut statement = reading.prepare_cached("SELECT public_id, received_at_ms FROM delivery WHERE id = ?1")?;
    let mut told = HashMap::new();
    for id in ids {
        if told.contains_key(&id) {
            continue;
        }
        let found = statement
            .query_row([id], |row| Ok(Told { public_id: row.get(0)?, received_at_ms: row.get(1)? }))
            .optional()?;
        told.extend(found.map(|found| (id, found)));
    }
    Ok(told)
}

/// What a later account has replaced of one delivery, source and layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Superseded {
    pub delivery: i64,
    pub by: i64,
    pub layer: Layer,
    pub source: i64,
    pub samples: i64,
    pub sum: Option<f64>,
    pub average: Option<f64>,
}

/// What is superseded of a metric in `from..to` (UTC epoch seconds); days and longer by their own date, which is `day`.
pub fn superseded(
    reading: &Reading,
    (user, metric): (i64, i64),
    (from, to): (i64, i64),
    day: i32,
) -> Result<Vec<Superseded>> {
    const REACH: i64 = 2 * 86_400;
    let mut statement = reading.prepare_cached(
        "SELECT delivery, superseded_by, layer, source, count(*), sum(value), avg(value) FROM superseded_sample
         WHERE user = ?1 AND metric = ?2 AND start >= ?3 AND start < ?4 AND CASE WHEN layer < 3
             THEN start >= ?5 AND start < ?6
             ELSE layer = 3 AND (start + offset_minutes * 60 + 43200) / 86400 = ?7 END
         GROUP BY delivery, superseded_by, layer, source ORDER BY delivery, superseded_by, layer, source",
    )?;
    let (first, last) = (from.saturating_sub(REACH), to.saturating_add(REACH));
    let rows = statement.query_map(params![user, metric, first, last, from, to, day], |row| {
        Ok(Superseded {
            delivery: row.get(0)?,
            by: row.get(1)?,
            layer: Layer::from_id(row.get(2)?).unwrap_or(Layer::Raw),
            source: row.get(3)?,
            samples: row.get(4)?,
            sum: row.get(5)?,
            average: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A stored segment of sleep: source, start, end (UTC epoch seconds), stage as a sample's value, delivery.
pub type ToldSegment = (i64, i64, i64, f64, i64);

/// The segments of sleep that start in a range.
pub fn segments(reading: &Reading, user: i64, (from, to): (i64, i64)) -> Result<Vec<ToldSegment>> {
    let mut statement = reading.prepare_cached(
        "SELECT source, start, start + span, coalesce(value, 0), delivery FROM sample
         WHERE user = ?1 AND metric IN (SELECT id FROM metric WHERE name = ?2) AND start >= ?3 AND start < ?4
         ORDER BY start DESC",
    )?;
    let rows = statement.query_map(params![user, SLEEP, from, to], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A segment of sleep that counts no more: whose it was, and the delivery that has replaced it.
pub type GoneSegment = (Segment, i64, i64);

/// The segments of sleep that start in a range and that a later account has replaced, by start.
pub fn superseded_segments(reading: &Reading, user: i64, (from, to): (i64, i64)) -> Result<Vec<GoneSegment>> {
    let mut statement = reading.prepare_cached(
        "SELECT start, start + span, value, source, offset_minutes, delivery, superseded_by, manual FROM superseded_sample
         WHERE user = ?1 AND metric IN (SELECT id FROM metric WHERE name = ?2) AND start >= ?3 AND start < ?4
           AND layer = 0 ORDER BY start",
    )?;
    let rows = statement.query_map(params![user, SLEEP, from, to], |row| {
        let stage = row.get::<_, Option<f64>>(2)?.and_then(Stage::from_value);
        let (start, end, source, offset_minutes) = (row.get(0)?, row.get(1)?, row.get(3)?, row.get(4)?);
        let (delivery, by, manual) = (row.get(5)?, row.get(6)?, row.get(7)?);
        Ok(stage.map(|stage| (Segment { start, end, stage, source, offset_minutes, manual }, delivery, by)))
    })?;
    Ok(rows.filter_map(rusqlite::Result::transpose).collect::<rusqlite::Result<_>>()?)
}
