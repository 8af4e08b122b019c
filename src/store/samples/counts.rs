//! What has changed among the samples that are stored, gathered and written once: the counts of the series and the days to
//! be rolled up anew.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

use crate::error::Result;
use crate::store::rollups::{self, Dirty};
use crate::store::samples::{Key, Row, table};
use crate::store::series::{NOTHING, SeriesKey};

/// Starts of nothing: whatever comes is earlier and later.
const NONE: (i64, i64) = (NOTHING.0, NOTHING.1);

#[derive(Debug, Default)]
pub struct Ledger<'a> {
    series: BTreeMap<SeriesKey, Change<'a>>,
    dirty: Dirty,
}

#[derive(Debug)]
struct Change<'a> {
    /// The unit that a delivery has sent it in, where one speaks of it.
    unit_sent: Option<&'a str>,
    samples: i64,
    summaries: i64,
    manual: i64,
    /// Starts of those that have come.
    came: (i64, i64),
    /// Starts of those that have gone.
    went: (i64, i64),
    longest: i64,
}

impl Default for Change<'_> {
    fn default() -> Self {
        Change { unit_sent: None, samples: 0, summaries: 0, manual: 0, came: NONE, went: NONE, longest: 0 }
    }
}

impl<'a> Ledger<'a> {
    /// Notes that a row has come (1) or gone (-1).
    pub fn count(&mut self, (metric, start, layer): Key, row: &Row, samples: i64) {
        self.dirty.touch(metric, layer, start, row.span);
        let change = self.series.entry((metric, layer.id(), row.source)).or_default();
        change.samples += samples;
        change.summaries += samples * i64::from(row.is_summary());
        change.manual += samples * i64::from(row.manual);
        let ends = if samples > 0 { &mut change.came } else { &mut change.went };
        *ends = (ends.0.min(start), ends.1.max(start));
        change.longest = change.longest.max(row.span);
    }

    /// Notes that a delivery has spoken of a series, in this unit.
    pub fn speak(&mut self, (metric, _, layer): Key, source: i64, unit_sent: &'a str) {
        self.series.entry((metric, layer.id(), source)).or_default().unit_sent.get_or_insert(unit_sent);
    }

    /// Writes it all. `delivery` is who has spoken.
    pub fn write(&self, connection: &Connection, user: i64, delivery: i64) -> Result<()> {
        self.dirty.write(connection, user)?;
        let mut emptied = BTreeSet::new();
        for (key, change) in &self.series {
            if let Some(unit_sent) = change.unit_sent {
                speak(connection, user, *key, unit_sent, delivery)?;
            }
            if write_counts(connection, user, *key, change)? == 0 {
                emptied.insert(key.0);
            }
        }
        emptied.into_iter().try_for_each(|metric| drop_empty(connection, user, metric))
    }
}

/// Has the series there, even with nothing in it, with the latest delivery that has spoken of it.
fn speak(
    connection: &Connection,
    user: i64,
    (metric, layer, source): SeriesKey,
    unit_sent: &str,
    delivery: i64,
) -> Result<()> {
    let (first, last, _) = NOTHING;
    connection
        .prepare_cached(
            "INSERT INTO series (user, metric, layer, source, unit_sent, samples, summaries, first, last, last_delivery,
                                 longest)
             VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, ?6, ?7, ?8, 0)
             ON CONFLICT DO UPDATE SET
                 unit_sent = iif(excluded.last_delivery >= last_delivery, excluded.unit_sent, unit_sent),
                 last_delivery = max(last_delivery, excluded.last_delivery)",
        )?
        .execute(params![user, metric, layer, source, unit_sent, first, last, delivery])?;
    Ok(())
}

/// Counts and ends; gives how many samples there are now. What is the longest is never less than it was.
fn write_counts(
    connection: &Connection,
    user: i64,
    (metric, layer, source): SeriesKey,
    change: &Change,
) -> Result<i64> {
    let (samples, mut first, mut last): (i64, i64, i64) = connection
        .prepare_cached(
            "UPDATE series SET samples = samples + ?5, summaries = summaries + ?6, first = min(first, ?7),
                 last = max(last, ?8), longest = max(longest, ?9), manual = manual + ?10
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
                change.longest,
                change.manual
            ],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
    if change.went == NONE {
        return Ok(samples.max(1));
    }
    if samples == 0 {
        (first, last) = NONE;
    } else {
        // Read along the key from the end that may have moved: one at which a row has come as well has not.
        let end = |direction: &str| table::end(connection, user, (metric, layer, source), direction);
        first = if change.went.0 <= first && change.came.0 > first { end("ASC")?.unwrap_or(first) } else { first };
        last = if change.went.1 >= last && change.came.1 < last { end("DESC")?.unwrap_or(last) } else { last };
    }
    connection
        .prepare_cached(
            "UPDATE series SET first = ?5, last = ?6 WHERE user = ?1 AND metric = ?2 AND layer = ?3 AND source = ?4",
        )?
        .execute(params![user, metric, layer, source, first, last])?;
    Ok(samples)
}

/// Nobody rolls up a metric that has no samples, so its marks would wait for ever.
fn drop_empty(connection: &Connection, user: i64, metric: i64) -> Result<()> {
    let left: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM series WHERE user = ?1 AND metric = ?2 AND samples > 0)")?
        .query_row(params![user, metric], |row| row.get(0))?;
    if left { Ok(()) } else { rollups::drop_all(connection, user, metric) }
}
