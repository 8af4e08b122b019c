//! Sums of hours and days, kept so that a chart of ten years reads thousands of rows and not millions.
//!
//! They are derived and never trusted further than what is written beside them: which days have changed since (`Dirty`,
//! in the same commit as the change), and on what terms they were made (`State`). `query/rollups` makes them; whoever
//! reads takes all three from one snapshot.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;
use crate::model::time::Layer;
use crate::store::lane::Lane;
use crate::store::writer::Writing;

const DAY: i64 = 86_400;

/// A sample longer than this many days has all of its metric rolled up anew, in place of marking each day.
const MOST_DAYS: i64 = 1000;

/// Length of a rollup's buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    Hour = 0,
    Day = 1,
}

/// One bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rollup {
    /// UTC epoch seconds.
    pub start: i64,
    /// The layers that counted: bit n for layer n.
    pub layers: i64,
    pub samples: i64,
    /// How many of them have a value.
    pub measured: i64,
    pub total: f64,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// For means: the sum of the weights, and of weight times value (or energy).
    pub weight: f64,
    pub weighted: f64,
}

/// What a batch has changed, to be marked.
#[derive(Debug, Default)]
pub(super) struct Dirty {
    /// (metric, day)
    days: BTreeSet<(i64, i64)>,
    /// Metrics of which a sample is longer than can be marked.
    whole: BTreeSet<i64>,
    /// The latest, because the next sample is nearly always of the same day.
    last: Option<(i64, i64)>,
}

impl Dirty {
    /// A sample has come, gone or changed. Layers coarser than a day are in no rollup.
    #[inline]
    pub fn touch(&mut self, metric: i64, layer: Layer, start: i64, span: i64) {
        let (first, last) = (start.div_euclid(DAY), start.saturating_add(span).div_euclid(DAY));
        if first == last && self.last == Some((metric, first)) || layer > Layer::Day {
            return;
        }
        if last - first > MOST_DAYS {
            self.whole.insert(metric);
            return;
        }
        self.days.extend((first..=last).map(|day| (metric, day)));
        self.last = Some((metric, first));
    }

    /// Marks it all. A metric that has never been rolled up needs no mark: all of it is to be made.
    pub fn write(&self, connection: &Connection, user: i64) -> Result<()> {
        let mut mark = connection.prepare_cached(
            "INSERT INTO rollup_dirty (user, metric, day, stamp)
             SELECT user, metric, ?3, random() FROM rollup_state WHERE user = ?1 AND metric = ?2
             ON CONFLICT DO UPDATE SET stamp = excluded.stamp",
        )?;
        for (metric, day) in &self.days {
            mark.execute(params![user, metric, day])?;
        }
        self.whole.iter().try_for_each(|metric| forget(connection, user, *metric))
    }
}

/// Marks the days that a delivery has stated, where that may decide between a day's own number and an export's samples: it
/// does without any change of a row.
pub(super) fn mark_stated(connection: &Connection, user: i64, delivery: i64) -> Result<()> {
    let mut statement = connection.prepare_cached(
        // Whether an export has told of a metric is asked once for each, not for every stretch.
        "WITH told AS (SELECT metric, since, until FROM account WHERE delivery = ?2 AND user = ?1 AND layer IN (0, ?3)),
              metrics AS MATERIALIZED (SELECT DISTINCT metric FROM told),
              decided AS MATERIALIZED (
                  SELECT metric FROM metrics
                  WHERE EXISTS (SELECT 1 FROM account JOIN delivery ON delivery.id = account.delivery
                                WHERE account.user = ?1 AND account.metric = metrics.metric AND account.layer = 0
                                  AND account.complete = 1 AND format = 'apple-health-export'))
         SELECT told.metric, max(told.since, days.first), min(told.until, days.last + ?4) FROM told
         JOIN series days ON days.user = ?1 AND days.metric = told.metric AND days.layer = ?3 AND days.samples > 0
         WHERE told.metric IN decided",
    )?;
    let rows = statement
        .query_map(params![user, delivery, Layer::Day.id(), DAY], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let mut dirty = Dirty::default();
    for row in rows {
        let (metric, since, until): (i64, i64, i64) = row?;
        if since <= until {
            // A day begins up to a day before what is stated of it, and is as long.
            dirty.touch(metric, Layer::Day, since - DAY, until - since + 2 * DAY);
        }
    }
    dirty.write(connection, user)
}

/// Has a metric rolled up anew.
pub fn forget(connection: &Connection, user: i64, metric: i64) -> Result<()> {
    // The row stays, with its number of writes, so that whoever is rolling up notices.
    connection
        .prepare_cached("UPDATE rollup_state SET terms = '', writes = writes + 1 WHERE user = ?1 AND metric = ?2")?
        .execute(params![user, metric])?;
    Ok(())
}

/// On what terms the rollups of a metric were made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    pub terms: String,
    /// The one that is believed first at the front.
    pub sources: Vec<i64>,
    pub writes: i64,
}

pub fn state(connection: &Connection, user: i64, metric: i64) -> Result<Option<State>> {
    let found = connection
        .prepare_cached("SELECT terms, sources, writes FROM rollup_state WHERE user = ?1 AND metric = ?2")?
        .query_row(params![user, metric], |row| {
            Ok(State { terms: row.get(0)?, sources: split(&row.get::<_, String>(1)?), writes: row.get(2)? })
        })
        .optional()?;
    Ok(found)
}

fn split(ids: &str) -> Vec<i64> {
    ids.split(',').filter_map(|id| id.parse().ok()).collect()
}

fn joined(ids: &[i64]) -> String {
    ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",")
}

/// A day that has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Since 1970-01-01, in UTC.
    pub day: i64,
    pub stamp: i64,
}

impl Mark {
    /// Its first second, and the first after it.
    pub fn range(self) -> (i64, i64) {
        (self.day * DAY, (self.day + 1) * DAY)
    }
}

/// The days of a metric that have changed since they were rolled up, ascending.
pub fn marks(connection: &Connection, user: i64, metric: i64) -> Result<Vec<Mark>> {
    let mut statement = connection
        .prepare_cached("SELECT day, stamp FROM rollup_dirty WHERE user = ?1 AND metric = ?2 ORDER BY day")?;
    let rows = statement.query_map(params![user, metric], |row| Ok(Mark { day: row.get(0)?, stamp: row.get(1)? }))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many days are to be rolled up, of all people and metrics: those that are marked, and all of the metrics that have no
/// rollups yet.
pub fn days_left(connection: &Connection) -> Result<i64> {
    Ok(connection
        .prepare_cached(
            "SELECT (SELECT count(*) FROM rollup_dirty) + coalesce(sum(last / 86400 - first / 86400 + 1), 0) FROM series
             WHERE samples > 0 AND NOT EXISTS (SELECT 1 FROM rollup_state state WHERE state.user = series.user
                               AND state.metric = series.metric AND terms <> '')",
        )?
        .query_row([], |row| row.get(0))?)
}

/// Drops all of a metric of which nothing is left.
pub(super) fn drop_all(connection: &Connection, user: i64, metric: i64) -> Result<()> {
    for table in ["rollup", "rollup_dirty"] {
        connection
            .prepare_cached(&format!("DELETE FROM {table} WHERE user = ?1 AND metric = ?2"))?
            .execute(params![user, metric])?;
    }
    forget(connection, user, metric)
}

/// Every person's metrics of which anything is stored: user, id and name.
pub fn subjects(connection: &Connection) -> Result<Vec<(i64, i64, String)>> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT series.user, metric.id, metric.name FROM series JOIN metric ON metric.id = series.metric
         WHERE samples > 0 ORDER BY series.user, metric.id",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Hands over the buckets that begin in a range, ascending.
pub fn read(
    lane: &mut Lane,
    (user, metric): (i64, i64),
    grain: Grain,
    (from, to): (i64, i64),
    mut each: impl FnMut(Rollup),
) -> Result<()> {
    lane.prepare(
        "SELECT start, layers, samples, measured, total, low, high, weight, weighted FROM rollup
         WHERE user = ?1 AND metric = ?2 AND grain = ?3 AND start >= ?4 AND start < ?5 ORDER BY start",
    )?;
    lane.restart(&[user, metric, grain as i64, from, to])?;
    while lane.step()? {
        each(Rollup {
            start: lane.integer(0),
            layers: lane.integer(1),
            samples: lane.integer(2),
            measured: lane.integer(3),
            total: lane.real(4),
            low: lane.optional_real(5),
            high: lane.optional_real(6),
            weight: lane.real(7),
            weighted: lane.real(8),
        });
    }
    Ok(())
}

/// Buckets that have been made anew, to be written in place of those of the same time.
#[derive(Debug)]
pub struct Rebuilt {
    pub user: i64,
    pub metric: i64,
    /// The state that they were made under, as read in the same snapshot as their samples.
    pub state: State,
    /// What is believed from now on, and on what terms.
    pub sources: Vec<i64>,
    pub terms: String,
    /// UTC epoch seconds; start included, end excluded.
    pub from: i64,
    pub to: i64,
    pub rollups: Vec<(Grain, Rollup)>,
    /// The marks that this settles, as read in the same snapshot.
    pub marks: Vec<Mark>,
}

/// Begins to make all of a metric's rollups: from here on its changes are marked, and what there is counts for nothing.
pub fn begin(writing: &mut Writing, user: i64, metric: i64) -> Result<()> {
    writing
        .connection
        .prepare_cached(
            "INSERT INTO rollup_state (user, metric, terms, sources, writes) VALUES (?1, ?2, '', '', 0)
             ON CONFLICT DO UPDATE SET terms = '', writes = writes + 1",
        )?
        .execute(params![user, metric])?;
    Ok(())
}

/// Writes them, unless somebody else has written since; gives the new state, and none if so.
pub fn put(writing: &mut Writing, rebuilt: &Rebuilt) -> Result<Option<State>> {
    let connection = writing.connection;
    let Rebuilt { user, metric, state, terms, sources, .. } = rebuilt;
    let mine = connection
        .prepare_cached(
            "UPDATE rollup_state SET terms = ?3, sources = ?4, writes = writes + 1
             WHERE user = ?1 AND metric = ?2 AND writes = ?5",
        )?
        .execute(params![user, metric, terms, joined(sources), state.writes])?;
    if mine == 0 {
        return Ok(None);
    }
    replace(connection, rebuilt)?;
    let mut settle = connection
        .prepare_cached("DELETE FROM rollup_dirty WHERE user = ?1 AND metric = ?2 AND day = ?3 AND stamp = ?4")?;
    for mark in &rebuilt.marks {
        settle.execute(params![user, metric, mark.day, mark.stamp])?;
    }
    Ok(Some(State { terms: terms.clone(), sources: sources.clone(), writes: state.writes + 1 }))
}

fn replace(connection: &Connection, rebuilt: &Rebuilt) -> Result<()> {
    let Rebuilt { user, metric, from, to, .. } = rebuilt;
    let mut remove = connection.prepare_cached(
        "DELETE FROM rollup WHERE user = ?1 AND metric = ?2 AND grain = ?3 AND start >= ?4 AND start < ?5",
    )?;
    for grain in [Grain::Hour, Grain::Day] {
        remove.execute(params![user, metric, grain as i64, from, to])?;
    }
    let mut insert = connection.prepare_cached(
        "INSERT INTO rollup (user, metric, grain, start, layers, samples, measured, total, low, high, weight,
                              weighted)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?;
    for (grain, rollup) in &rebuilt.rollups {
        let Rollup { start, layers, samples, measured, total, low, high, weight, weighted } = rollup;
        insert.execute(params![
            user,
            metric,
            *grain as i64,
            start,
            layers,
            samples,
            measured,
            total,
            low,
            high,
            weight,
            weighted
        ])?;
    }
    Ok(())
}
