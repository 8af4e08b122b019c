//! Segments and summed-up nights of a range of time.

use rusqlite::{Connection, OptionalExtension, params};

use super::count::{counting, joined};
use super::{named, told};
use crate::error::Result;
use crate::model::sleep::{NightSummary, SLEEP, Stage};
use crate::model::time::Layer;
use crate::store::dictionary::find_metric;
use crate::store::samples::narrowed;
use crate::store::series;

/// A segment as a sender has told it. UTC epoch seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    pub start: i64,
    pub end: i64,
    pub stage: Stage,
    pub source: i64,
    /// Minutes east of UTC where the person was.
    pub offset_minutes: i32,
    /// Whether a person has entered it by hand.
    pub manual: bool,
}

impl Segment {
    pub fn seconds(&self) -> i64 {
        self.end - self.start
    }

    /// By which it is believed: what was entered by hand before all, then the rank of its source.
    pub fn rank(&self, of_source: impl Fn(i64) -> u32) -> (bool, u32) {
        (!self.manual, of_source(self.source))
    }
}

/// What a phone has summed up of one date: the night, and the sessions that it is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    pub night: NightSummary,
    pub sessions: Vec<NightSummary>,
}

/// A person's sleep, narrowed to some sources.
pub struct Sleep<'a> {
    connection: &'a Connection,
    user: i64,
    metric: Option<i64>,
    sources: Option<Vec<i64>>,
}

impl<'a> Sleep<'a> {
    pub fn of(connection: &'a Connection, user: i64, sources: Option<Vec<i64>>) -> Result<Sleep<'a>> {
        let metric = find_metric(connection, user, SLEEP)?.map(|row| row.id);
        Ok(Sleep { connection, user, metric, sources })
    }

    /// Seconds that no segment exceeds, whoever told of it.
    pub fn longest(&self) -> Result<i64> {
        let Some(metric) = self.metric else { return Ok(0) };
        Ok(series::longest_sample(&series::layers(self.connection, self.user, metric)?))
    }

    /// The segments that start in a range, in order of start.
    pub fn segments(&self, from: i64, to: i64) -> Result<Vec<Segment>> {
        let Some(metric) = self.metric else { return Ok(Vec::new()) };
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT start, span, value, source, offset_minutes, manual FROM sample
             WHERE user = ?1 AND metric = ?2 AND start >= ?3 AND start < ?4{} ORDER BY start, layer, twin",
            self.narrowed()
        ))?;
        let rows = statement.query_map(params![self.user, metric, from, to], |row| {
            let (start, span): (i64, i64) = (row.get(0)?, row.get(1)?);
            let stage = row.get::<_, Option<f64>>(2)?.and_then(Stage::from_value);
            let (source, offset_minutes, manual) = (row.get(3)?, row.get(4)?, row.get(5)?);
            let end = start.saturating_add(span);
            Ok(stage.map(|stage| Segment { start, end, stage, source, offset_minutes, manual }))
        })?;
        Ok(rows.filter_map(rusqlite::Result::transpose).collect::<rusqlite::Result<_>>()?)
    }

    /// The start of the first segment at or after `at`.
    pub fn segment_from(&self, at: i64) -> Result<Option<i64>> {
        self.segment_near("start >= ?3", "ASC", at)
    }

    /// The start of the last segment before `at`.
    pub fn segment_before(&self, at: i64) -> Result<Option<i64>> {
        self.segment_near("start < ?3", "DESC", at)
    }

    fn segment_near(&self, condition: &str, order: &str, at: i64) -> Result<Option<i64>> {
        let Some(metric) = self.metric else { return Ok(None) };
        Ok(self
            .connection
            .prepare_cached(&format!(
                "SELECT start FROM sample WHERE user = ?1 AND metric = ?2 AND {condition}{} ORDER BY start {order} LIMIT 1",
                self.narrowed()
            ))?
            .query_row(params![self.user, metric, at], |row| row.get(0))
            .optional()?)
    }

    fn narrowed(&self) -> String {
        narrowed(Some(&[Layer::Raw]), self.sources.as_deref())
    }

    /// The nights of these dates that phones have summed up, by date, then sender; one for each date and sender.
    pub fn summaries(&self, first: i32, last: i32) -> Result<Vec<Summary>> {
        let condition = format!("date BETWEEN ?2 AND ?3{}", narrowed(None, self.sources.as_deref()));
        let told = told(self.connection, &condition, params![self.user, first, last])?;
        let mut nights = Vec::new();
        for group in told.chunk_by(|one, other| one.key() == other.key()) {
            let sessions = counting(group).into_iter().map(|told| Ok(named(self.connection, told)?.made_possible().0));
            let sessions: Vec<NightSummary> = sessions.collect::<Result<_>>()?;
            nights.extend(joined(sessions.clone()).map(|night| Summary { night, sessions }));
        }
        Ok(nights)
    }

    /// As of when (UTC epoch seconds) the segments of a stretch of time were told last.
    pub fn told_until(&self, from: i64, to: i64) -> Result<Option<i64>> {
        let Some(metric) = self.metric else { return Ok(None) };
        let sql = "WITH told AS (
                SELECT delivery FROM sample
                WHERE user = ?1 AND metric = ?2 AND start >= ?3 AND start < ?4 AND +layer = 0
                UNION
                SELECT delivery FROM account
                WHERE user = ?1 AND metric = ?2 AND layer = 0 AND since < ?4 AND until > ?3)
            SELECT max(as_of) FROM told JOIN delivery_account USING (delivery)";
        Ok(self.connection.prepare_cached(sql)?.query_row(params![self.user, metric, from, to], |row| row.get(0))?)
    }

    /// The first date with a summary at or after `day`.
    pub fn summary_from(&self, day: i32) -> Result<Option<i32>> {
        self.summary_near("min(date)", "date >= ?2", day)
    }

    /// The last date with a summary at or before `day`.
    pub fn summary_until(&self, day: i32) -> Result<Option<i32>> {
        self.summary_near("max(date)", "date <= ?2", day)
    }

    fn summary_near(&self, what: &str, condition: &str, day: i32) -> Result<Option<i32>> {
        let narrowed = narrowed(None, self.sources.as_deref());
        let sql = format!("SELECT {what} FROM night_summary WHERE user = ?1 AND {condition}{narrowed}");
        Ok(self.connection.prepare_cached(&sql)?.query_row(params![self.user, day], |row| row.get(0))?)
    }
}

/// The sources of a person's summed-up nights: id and name.
pub fn sources(connection: &Connection, user: i64) -> Result<Vec<(i64, String)>> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT source.id, source.name FROM night_summary JOIN source ON source.id = night_summary.source
         WHERE night_summary.user = ?1",
    )?;
    let rows = statement.query_map([user], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
