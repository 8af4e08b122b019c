//! What a step of a deletion has changed among what is shown: the counts of the series and the days to be rolled up anew.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;
use crate::store::apply::Key;
use crate::store::reconcile::Row;
use crate::store::rollups::{self, Dirty};
use crate::store::series::{NOTHING, SeriesKey};

#[derive(Debug, Default)]
pub struct Ledger {
    series: BTreeMap<SeriesKey, Change>,
    dirty: Dirty,
}

#[derive(Debug)]
struct Change {
    samples: i64,
    summaries: i64,
    /// Starts of those that have come.
    came: (i64, i64),
    /// Starts of those that have gone.
    went: (i64, i64),
    longest: i64,
}

impl Ledger {
    /// Notes that a row has come (1) or gone (-1).
    pub fn count(&mut self, (metric, start, layer): Key, row: &Row, samples: i64) {
        self.dirty.touch(metric, layer, start, row.span);
        let none = (NOTHING.0, NOTHING.1);
        let change = self.series.entry((metric, layer.id(), row.source)).or_insert(Change {
            samples: 0,
            summaries: 0,
            came: none,
            went: none,
            longest: 0,
        });
        change.samples += samples;
        change.summaries += samples * i64::from(row.is_summary());
        let ends = if samples > 0 { &mut change.came } else { &mut change.went };
        *ends = (ends.0.min(start), ends.1.max(start));
        change.longest = change.longest.max(row.span);
    }

    pub fn write(&self, connection: &Connection, user: i64) -> Result<()> {
        self.dirty.write(connection, user)?;
        for (key, change) in &self.series {
            write_series(connection, user, *key, change)?;
        }
        let metrics: BTreeSet<i64> = self.series.keys().map(|(metric, ..)| *metric).collect();
        metrics.into_iter().try_for_each(|metric| drop_empty(connection, user, metric))
    }
}

/// Counts and ends. What is the longest is never less than it was.
fn write_series(connection: &Connection, user: i64, (metric, layer, source): SeriesKey, change: &Change) -> Result<()> {
    let (samples, first, last): (i64, i64, i64) = connection
        .prepare_cached(
            "UPDATE series SET samples = samples + ?5, summaries = summaries + ?6, first = min(first, ?7),
                 last = max(last, ?8), longest = max(longest, ?9)
             WHERE user = ?1 AND metric = ?2 AND layer = ?3 AND source = ?4 RETURNING samples, first, last",
        )?
        .query_row(
            params![
                user,
                metric,
                layer,
                source,
                change.samples,
                change.summaries,
                change.came.0,
                change.came.1,
                change.longest
            ],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
    let (mut first, mut last) = (first, last);
    if samples == 0 {
        (first, last, _) = NOTHING;
    } else {
        // Read along the key from the end that may have moved.
        let end = |direction: &str| end(connection, user, (metric, layer, source), direction);
        first = if change.went.0 <= first { end("ASC")?.unwrap_or(first) } else { first };
        last = if change.went.1 >= last { end("DESC")?.unwrap_or(last) } else { last };
    }
    connection
        .prepare_cached(
            "UPDATE series SET first = ?5, last = ?6 WHERE user = ?1 AND metric = ?2 AND layer = ?3 AND source = ?4",
        )?
        .execute(params![user, metric, layer, source, first, last])?;
    Ok(())
}

/// The start of the first or last sample of a series. The plus keeps the order of the key: see `samples::narrowed`.
fn end(connection: &Connection, user: i64, (metric, layer, source): SeriesKey, way: &str) -> Result<Option<i64>> {
    let sql = format!(
        "SELECT start FROM sample WHERE user = ?1 AND metric = ?2 AND +layer = ?3 AND +source = ?4
         ORDER BY start {way} LIMIT 1"
    );
    let found = connection.prepare_cached(&sql)?.query_row(params![user, metric, layer, source], |row| row.get(0));
    Ok(found.optional()?)
}

/// Nobody rolls up a metric that has no samples, so its marks would wait for ever.
fn drop_empty(connection: &Connection, user: i64, metric: i64) -> Result<()> {
    let left: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM series WHERE user = ?1 AND metric = ?2 AND samples > 0)")?
        .query_row(params![user, metric], |row| row.get(0))?;
    if left { Ok(()) } else { rollups::drop_all(connection, user, metric) }
}
