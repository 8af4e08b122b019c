//! Statistics of a metric per bucket of local time, by DuckDB over the file.
//!
//! Where a metric is stored in several layers (its own measurements, and buckets that the phone has summed), adding
//! them would count twice. So one layer is chosen for each local day, in a first pass that only asks which layers each
//! day has, on the same snapshot as the answer.

use std::collections::BTreeMap;
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
use crate::query::stat::Stat;
use crate::query::subject::{self, Subject};
use crate::store::Store;
use crate::store::lane::Lane;
use crate::store::samples::narrowed;
use crate::store::series::Extent;

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
        layers: candidates(question, &stored),
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

/// The layers that may speak: none coarser than the bucket, unless one is asked for.
fn candidates(question: &Question, stored: &[Extent]) -> Vec<Layer> {
    let coarsest = match question.bucket {
        Bucket::Minutes(minutes) if minutes < 60 => Layer::Minute,
        Bucket::Minutes(_) | Bucket::Hour => Layer::Hour,
        Bucket::Day => Layer::Day,
        Bucket::Week => Layer::Week,
        Bucket::Month => Layer::Month,
        Bucket::Year => Layer::Year,
    };
    let fits = |layer: &Layer| match question.layer {
        Some(asked) => *layer == asked,
        // A month does not consist of whole weeks.
        None => *layer <= coarsest && !(*layer == Layer::Week && coarsest > Layer::Week),
    };
    stored.iter().map(|extent| extent.layer).filter(fits).collect()
}

/// Where in time the answer lies: the range asked for, cut to what is stored.
fn range(question: &Question, extents: &[Extent]) -> Option<(i64, i64)> {
    let first = extents.iter().map(|extent| extent.first).min()?;
    let last = extents.iter().map(|extent| extent.last + reach(extent.layer)).max()?;
    let from = question.from.map_or(first, |from| from.max(first));
    let to = question.to.map_or(last + 1, |to| to.min(last + 1));
    (from < to).then_some((from, to))
}

/// How far from its start a row of a layer may count: see `Window::place`.
fn reach(layer: Layer) -> i64 {
    const DAY: i64 = 86_400;
    match layer {
        Layer::Raw | Layer::Minute | Layer::Hour => 0,
        Layer::Day => DAY,
        Layer::Week => 7 * DAY,
        Layer::Month => 31 * DAY,
        Layer::Year => 366 * DAY,
    }
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

    /// Finds for each local day which of its layers is read; also gives the rows stepped.
    fn choose_layers(&mut self, session: &mut Session, kind: Kind) -> Result<(LayerPlan, u64)> {
        let days = Parts::new(buckets(&Question { bucket: Bucket::Day, ..self.question.clone() }, self.from, self.to)?);
        let (request, number) = self.scan(session, &SAMPLES, days.clone(), None);
        let found = session.rows(&format!("SELECT DISTINCT bucket, layer FROM scan({number})"), |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        })?;
        self.lanes = request.take_lanes();
        let mut best: BTreeMap<i64, Layer> = BTreeMap::new();
        for (day, layer) in found {
            let Some(layer) = Layer::from_id(layer) else { continue };
            let chosen = best.entry(day).or_insert(layer);
            if rank(kind, layer) < rank(kind, *chosen) {
                *chosen = layer;
            }
        }
        let layers = days.starts().iter().map(|day| best.get(day).map_or(-1, |layer| layer.id())).collect();
        Ok((LayerPlan { days, layers }, request.rows_stepped()))
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

    /// The range cut into pieces of equal time: several for each reader, so that none waits long for another.
    fn ranges(&self, readers: usize) -> Vec<Vec<i64>> {
        let before = self.extents.iter().map(|extent| reach(extent.layer)).max().unwrap_or(0);
        let (from, to) = (self.from - before, self.to);
        let pieces = if readers > 1 { 4 * readers as i64 } else { 1 };
        let cut = |piece: i64| from + (i128::from(to - from) * i128::from(piece) / i128::from(pieces)) as i64;
        (0..pieces).map(|piece| vec![self.question.user, self.metric, cut(piece), cut(piece + 1)]).collect()
    }
}

/// Which layer to believe: the phone's own de-duplicated day for totals, else measurements, else the finest buckets.
fn rank(kind: Kind, layer: Layer) -> u8 {
    match (layer, kind) {
        (Layer::Day, Kind::Cumulative) => 0,
        (Layer::Raw, _) => 1,
        (Layer::Minute, _) => 2,
        (Layer::Hour, _) => 3,
        (Layer::Day, _) => 4,
        (Layer::Week, _) => 5,
        (Layer::Month, _) => 6,
        (Layer::Year, _) => 7,
    }
}
