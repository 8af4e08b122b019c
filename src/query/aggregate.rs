//! Statistics of a metric per bucket of local time, by DuckDB over the file.
//!
//! Where a metric is stored in several layers, one is chosen for each local day (`layering`), in a first pass that only
//! asks which layers each day has, on the same snapshot as the answer. Where a total has been measured by several sources,
//! it is painted (`painted`): then it does not pass through DuckDB.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::error::{Error, Result};
use crate::model::bucket::{Bucket, boundaries};
use crate::model::metric::Kind;
use crate::model::time::Layer;
use crate::query::budget::Stop;
use crate::query::duck::engine::{Engine, Session};
use crate::query::duck::request::Request;
use crate::query::duck::table::{SAMPLE_RANGE, SAMPLE_RUNS, SAMPLES, SUMMARY_RUNS, Table};
use crate::query::duck::window::{Anchor, LayerPlan, Parts, Window};
use crate::query::layering::{DayBucket, DayTrust, Found, best_layers, fits, reach};
use crate::query::painted::Painting;
use crate::query::stat::Stat;
use crate::query::subject::{self, Subject};
use crate::store::Store;
use crate::store::lane::Lane;
use crate::store::samples::narrowed;
use crate::store::series::{self, Extent, RawSource};
use crate::store::{deliveries, dictionary, priority};

/// Most buckets of one answer.
const MOST_BUCKETS: usize = 500_000;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    pub user: i64,
    pub metric: String,
    /// UTC epoch seconds; start included, end excluded; everything stored when `None`.
    pub from: Option<i64>,
    pub to: Option<i64>,
    pub bucket: Bucket,
    pub zone: TimeZone,
    pub stats: Vec<Stat>,
    pub layer: Option<Layer>,
    pub sources: Vec<String>,
    /// False adds every layer up, as stored.
    pub dedupe: bool,
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub metric: String,
    pub unit: String,
    /// The layers it was computed from, finest first.
    pub layers: Vec<Layer>,
    /// Ascending; buckets without a sample are left out.
    pub points: Vec<Point>,
    /// Starts of all buckets of the range that was looked at.
    pub starts: Vec<i64>,
    /// Rows that SQLite handed over for it.
    pub rows_stepped: u64,
}

impl Answer {
    /// The one layer that it comes from, `mixed`, or `none`.
    pub fn layer(&self) -> &'static str {
        match self.layers[..] {
            [] => "none",
            [layer] => layer.as_str(),
            _ => "mixed",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// UTC epoch seconds.
    pub start: i64,
    /// One for each statistic asked for.
    pub values: Vec<Option<f64>>,
}

/// Answers a question.
pub fn answer(store: &Store, engine: &Engine, question: &Question, stop: &Stop) -> Result<Answer> {
    let snapshot = store.snapshot(engine.threads())?;
    let interrupt = snapshot.interrupt_handle();
    stop.on_stop(move || interrupt.interrupt());
    let reading = snapshot.lanes[0].reading();
    let subject = subject::metric(reading, question.user, &question.metric)?;
    let sources = subject::sources(reading, question.user, &question.sources)?;
    let stored = subject::layers(reading, question.user, &subject)?;
    let mut answer = Answer {
        metric: subject.name.clone(),
        unit: subject.unit.clone(),
        layers: stored
            .iter()
            .map(|extent| extent.layer)
            .filter(|layer| fits(question.bucket, question.layer, *layer))
            .collect(),
        points: Vec::new(),
        starts: Vec::new(),
        rows_stepped: 0,
    };
    let extents: Vec<Extent> = stored.into_iter().filter(|extent| answer.layers.contains(&extent.layer)).collect();
    let (Some(row), Some((from, to))) = (&subject.row, range(question, &extents)) else { return Ok(answer) };
    let parts = Parts::new(buckets(question, from, to)?);
    answer.starts = parts.starts().to_vec();
    let mut work = Work { question, metric: row.id, sources, extents, lanes: snapshot.lanes, from, to };
    let session = engine.session()?;
    let handle = session.interrupt_handle();
    stop.on_stop(move || handle.interrupt());
    work.answer(session, &subject, parts, &mut answer)?;
    Ok(answer)
}

/// Where in time the answer lies: the range asked for, cut to what is stored.
fn range(question: &Question, extents: &[Extent]) -> Option<(i64, i64)> {
    let first = extents.iter().map(|extent| extent.first).min()?;
    let last = extents.iter().map(|extent| extent.last + reach(extent.layer)).max()?;
    let from = question.from.map_or(first, |from| from.max(first));
    let to = question.to.map_or(last + 1, |to| to.min(last + 1));
    (from < to).then_some((from, to))
}

fn buckets(question: &Question, from: i64, to: i64) -> Result<Vec<i64>> {
    boundaries(question.bucket, &question.zone, from, to, MOST_BUCKETS).map_err(|_| {
        Error::BadRequest(format!(
            "bucket: this range has more than {MOST_BUCKETS} buckets of one {}: ask for a larger bucket or a shorter range",
            question.bucket
        ))
    })
}

/// A question that has found what it is about, with the snapshot it is answered from.
struct Work<'a> {
    question: &'a Question,
    metric: i64,
    sources: Option<Vec<i64>>,
    extents: Vec<Extent>,
    lanes: Vec<Lane>,
    from: i64,
    to: i64,
}

impl Work<'_> {
    fn answer(&mut self, mut session: Session, subject: &Subject, parts: Parts, answer: &mut Answer) -> Result<()> {
        let plan = match self.extents.len() > 1 && self.question.dedupe {
            true => {
                let (plan, stepped) = self.choose_layers(&mut session, subject.kind)?;
                answer.rows_stepped += stepped;
                Some(plan)
            }
            false => None,
        };
        if let Some(plan) = &plan {
            answer.layers.retain(|layer| plan.layers.contains(&layer.id()));
        }
        if self.question.dedupe && subject.kind == Kind::Cumulative && answer.layers.contains(&Layer::Raw) {
            let overlapping = self.overlapping()?;
            if overlapping.len() > 1 {
                return self.paint(overlapping, parts, plan, answer);
            }
        }
        let stats = &self.question.stats;
        let (table, columns) = self.source();
        let (request, number) = self.scan(&mut session, table, parts, plan);
        let sql = format!("SELECT bucket, {columns} FROM scan({number}) GROUP BY bucket ORDER BY bucket");
        answer.points = session.rows(&sql, |row| {
            let values = (1..=stats.len()).map(|at| row.get(at)).collect::<Result<_, _>>()?;
            Ok(Point { start: row.get(0)?, values })
        })?;
        answer.rows_stepped += request.rows_stepped();
        Ok(())
    }

    /// What the statistics are computed from, runs where they are enough, and their SQL over it.
    fn source(&self) -> (&'static Table, String) {
        let stats = &self.question.stats;
        let summaries = self.extents.iter().any(|extent| extent.summaries > 0);
        match stats.iter().map(|stat| stat.over_runs()).collect::<Option<Vec<_>>>() {
            Some(columns) => (if summaries { &SUMMARY_RUNS } else { &SAMPLE_RUNS }, columns.join(", ")),
            None => {
                let columns: Vec<String> = stats.iter().map(|stat| stat.sql(summaries)).collect();
                (&SAMPLES, columns.join(", "))
            }
        }
    }

    /// The sources whose own samples could meet in the range.
    fn overlapping(&self) -> Result<Vec<RawSource>> {
        let Some(lane) = self.lanes.first() else { return Ok(Vec::new()) };
        let mut sources = series::raw_sources(lane.reading(), self.question.user, self.metric)?;
        let longest = sources.iter().map(|source| source.longest).max().unwrap_or(0);
        sources.retain(|raw| {
            self.sources.as_ref().is_none_or(|wanted| wanted.contains(&raw.source))
                && raw.first < self.to.saturating_add(longest)
                && raw.last.saturating_add(raw.longest) >= self.from
        });
        Ok(sources)
    }

    fn paint(
        &mut self,
        sources: Vec<RawSource>,
        buckets: Parts,
        plan: Option<LayerPlan>,
        answer: &mut Answer,
    ) -> Result<()> {
        let lanes = std::mem::take(&mut self.lanes);
        let Some(lane) = lanes.first() else { return Ok(()) };
        let ranks = priority::ranks(lane.reading(), self.question.user)?;
        let mut order: Vec<i64> = sources.iter().map(|raw| raw.source).collect();
        order.sort_by_key(|source| ranks.get(source).copied().unwrap_or(u32::MAX));
        let painting = Painting {
            user: self.question.user,
            metric: self.metric,
            narrowed: narrowed(self.question.layer, self.sources.as_deref()),
            window: Window { buckets, from: self.from, to: self.to, anchor: Anchor::Layer, plan },
            order,
            longest: sources.iter().map(|raw| raw.longest).max().unwrap_or(0),
            summaries: self.extents.iter().any(|extent| extent.summaries > 0),
            stats: &self.question.stats,
            pieces: self.pieces(lanes.len()),
        };
        let (points, stepped) = painting.paint(lanes)?;
        answer.points = points;
        answer.rows_stepped += stepped;
        Ok(())
    }

    /// Finds for each local day which of its layers is read; also gives the rows stepped.
    fn choose_layers(&mut self, session: &mut Session, kind: Kind) -> Result<(LayerPlan, u64)> {
        let days = Parts::new(buckets(&Question { bucket: Bucket::Day, ..self.question.clone() }, self.from, self.to)?);
        let (request, number) = self.scan(session, &SAMPLES, days.clone(), None);
        let totals = kind == Kind::Cumulative && self.extents.iter().any(|extent| extent.layer == Layer::Day);
        let of_day = if totals { DAY_BUCKET } else { "NULL, NULL, NULL" };
        let sql = format!("SELECT DISTINCT bucket, layer, {of_day} FROM scan({number})");
        let found = session.rows(&sql, |row| {
            let bucket = match (row.get(2)?, row.get(3)?, row.get(4)?) {
                (Some(end), Some(source), Some(delivery)) => Some(DayBucket { end, source, delivery }),
                _ => None,
            };
            let (day, layer) = (row.get(0)?, Layer::from_id(row.get(1)?));
            Ok(layer.map(|layer| Found { day, layer, bucket }))
        })?;
        let found: Vec<Found> = found.into_iter().flatten().collect();
        self.lanes = request.take_lanes();
        let trust = self.day_trust(&found)?;
        let best = best_layers(kind, &found, &trust);
        let layers = days.starts().iter().map(|day| best.get(day).map_or(-1, |layer| layer.id())).collect();
        Ok((LayerPlan { days, layers }, request.rows_stepped()))
    }

    fn day_trust(&self, found: &[Found]) -> Result<DayTrust> {
        let buckets = found.iter().filter_map(|found| found.bucket);
        let deliveries: BTreeSet<i64> = buckets.map(|bucket| bucket.delivery).collect();
        let Some(lane) = self.lanes.first().filter(|_| !deliveries.is_empty()) else {
            return Ok(DayTrust { shortcuts: None, received: HashMap::new() });
        };
        Ok(DayTrust {
            shortcuts: dictionary::unnamed(lane.reading())?.shortcuts,
            received: deliveries::received_ms(lane.reading(), &deliveries)?,
        })
    }

    fn scan(
        &mut self,
        session: &mut Session,
        table: &'static Table,
        buckets: Parts,
        plan: Option<LayerPlan>,
    ) -> (Arc<Request>, i64) {
        let exact = plan.is_none() && self.extents.iter().all(|extent| reach(extent.layer) == 0);
        let anchor = if exact { Anchor::Start } else { Anchor::Layer };
        let window = Window { buckets, from: self.from, to: self.to, anchor, plan };
        let lanes = std::mem::take(&mut self.lanes);
        let ranges = self.ranges(lanes.len());
        let request = Arc::new(Request::new(table, &self.condition(), ranges, lanes).with_window(window));
        let number = session.open_scan(&request);
        (request, number)
    }

    fn condition(&self) -> String {
        SAMPLE_RANGE.to_owned() + &narrowed(self.question.layer, self.sources.as_deref())
    }

    fn ranges(&self, readers: usize) -> Vec<Vec<i64>> {
        let range = |(from, to)| vec![self.question.user, self.metric, from, to];
        self.pieces(readers).into_iter().map(range).collect()
    }

    /// The range cut into pieces of equal time: several for each reader, so that none waits long for another.
    fn pieces(&self, readers: usize) -> Vec<(i64, i64)> {
        let before = self.extents.iter().map(|extent| reach(extent.layer)).max().unwrap_or(0);
        let (from, to) = (self.from - before, self.to);
        let pieces = if readers > 1 { 4 * readers as i64 } else { 1 };
        let cut = |piece: i64| from + (i128::from(to - from) * i128::from(piece) / i128::from(pieces)) as i64;
        (0..pieces).map(|piece| (cut(piece), cut(piece + 1))).collect()
    }
}

/// Of a day bucket: its end, source and delivery.
const DAY_BUCKET: &str = "CASE WHEN layer = 3 THEN start + span END, CASE WHEN layer = 3 THEN source END,
                          CASE WHEN layer = 3 THEN delivery END";
