//! Adding up samples: by DuckDB over the file, or, where several sources have measured a total, painted (`painted`).
//!
//! Where a metric is stored in several layers, one is chosen for each local day (`layering`), in a first pass that only
//! asks which layers each day has, on the same snapshot.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::error::Result;
use crate::model::bucket::Bucket;
use crate::model::metric::Kind;
use crate::model::time::Layer;
use crate::query::aggregate::{Point, Question, buckets};
use crate::query::budget::Stop;
use crate::query::duck::engine::{Engine, Session};
use crate::query::duck::request::Request;
use crate::query::duck::table::{SAMPLE_RANGE, SAMPLE_RUNS, SAMPLES, SUMMARY_RUNS, Table};
use crate::query::duck::window::{Anchor, LayerPlan, Parts, Window};
use crate::query::layering::{DayBucket, DayTrust, Found, best_layers, fits, reach};
use crate::query::painted::Painting;
use crate::query::subject::{self, Subject};
use crate::query::tally::{Tallies, Tally};
use crate::store::lane::Lane;
use crate::store::samples::narrowed;
use crate::store::series::{self, Extent, RawSource};
use crate::store::snapshot::Snapshot;
use crate::store::{Reading, deliveries, dictionary, priority};

/// UTC epoch seconds; start included, end excluded.
pub type Range = (i64, i64);

/// A question that has found what it is about, with the snapshot it is answered from.
pub struct Scanning<'a> {
    pub question: &'a Question,
    pub subject: Subject,
    /// Of the layers that may speak.
    pub extents: Vec<Extent>,
    /// Layers that days were read from, where one was chosen for each.
    pub used: BTreeSet<i64>,
    pub rows_stepped: u64,
    /// At least one, all on one state of the file.
    pub lanes: Vec<Lane>,
    /// All that the question's range meets; none before `lay_buckets`.
    pub buckets: Parts,
    sources: Option<Vec<i64>>,
    /// What follows the range in the condition of a scan.
    narrowed: String,
    engine: &'a Engine,
    stop: &'a Stop,
    /// Opened when it is needed: rollups need none.
    session: Option<Session>,
}

impl<'a> Scanning<'a> {
    pub fn new(engine: &'a Engine, question: &'a Question, snapshot: Snapshot, stop: &'a Stop) -> Result<Scanning<'a>> {
        let Snapshot { lanes } = snapshot;
        let reading = lanes[0].reading();
        let subject = subject::metric(reading, question.user, &question.metric)?;
        let sources = subject::sources(reading, question.user, &question.sources)?;
        let mut extents = subject::layers(reading, question.user, &subject)?;
        let stored = extents.len();
        extents.retain(|extent| fits(question.bucket, question.layer, extent.layer));
        let layers: Vec<Layer> = extents.iter().map(|extent| extent.layer).collect();
        let narrowed = narrowed((layers.len() < stored).then_some(&layers), sources.as_deref());
        let (used, buckets) = (BTreeSet::new(), Parts::new(Vec::new()));
        Ok(Scanning {
            question,
            subject,
            extents,
            used,
            rows_stepped: 0,
            lanes,
            sources,
            narrowed,
            engine,
            stop,
            session: None,
            buckets,
        })
    }

    /// Works out the buckets of a range, which holds all that is asked of them afterwards.
    pub fn lay_buckets(&mut self, (from, to): Range) -> Result<()> {
        self.buckets = Parts::new(buckets(self.question, from, to)?);
        Ok(())
    }

    /// A connection that sees the snapshot.
    pub fn reading(&self) -> &Reading {
        self.lanes[0].reading()
    }

    /// The metric's id; 0, which none has, when nothing is stored.
    pub fn metric(&self) -> i64 {
        self.subject.row.as_ref().map_or(0, |row| row.id)
    }

    /// Whether a layer is chosen for each local day.
    pub fn is_layered(&self) -> bool {
        self.extents.len() > 1 && self.question.dedupe
    }

    /// The statistics asked for.
    pub fn finished(&self, tallies: Tallies) -> Vec<Point> {
        let stats = &self.question.stats;
        tallies.into_iter().map(|(start, tally)| Point { start, values: tally.finish(stats) }).collect()
    }

    /// The statistics of the samples of a range.
    pub fn points(&mut self, range: Range) -> Result<Vec<Point>> {
        if self.question.stats.iter().all(|stat| stat.adds_up()) {
            let tallies = self.tally(range)?;
            return Ok(self.finished(tallies));
        }
        let plan = self.plan(range)?;
        match self.painting_order(range, plan.as_ref())? {
            Some(sources) => self.paint(range, sources, plan).map(|tallies| self.finished(tallies)),
            None => self.measure(range, plan),
        }
    }

    /// What is counted in a range, for statistics that add up.
    pub fn tally(&mut self, range: Range) -> Result<Tallies> {
        let plan = self.plan(range)?;
        self.tally_planned(range, plan)
    }

    /// The same where `plan` has chosen the layers.
    pub fn tally_planned(&mut self, range: Range, plan: Option<LayerPlan>) -> Result<Tallies> {
        match self.painting_order(range, plan.as_ref())? {
            Some(sources) => self.paint(range, sources, plan),
            None => self.add_up(range, plan),
        }
    }

    /// The layers of each local day, where there are several to choose from.
    pub fn plan(&mut self, range: Range) -> Result<Option<LayerPlan>> {
        if !self.is_layered() {
            return Ok(None);
        }
        let plan = self.choose_layers(range)?;
        self.used.extend(plan.layers.iter().copied());
        Ok(Some(plan))
    }

    /// Runs of samples, added up in the scan and then by DuckDB.
    fn add_up(&mut self, range: Range, plan: Option<LayerPlan>) -> Result<Tallies> {
        let table = if self.has_summaries() { &SUMMARY_RUNS } else { &SAMPLE_RUNS };
        let rows = self.scan(table, self.window(self.buckets.clone(), range, plan), |session, number| {
            let sql = format!("SELECT bucket, {TALLY} FROM scan({number}) GROUP BY bucket");
            session.rows(&sql, |row| {
                let figures = (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?);
                Ok((row.get(0)?, Tally::of(figures)))
            })
        })?;
        Ok(rows.into_iter().collect())
    }

    /// Statistics that need each sample, by DuckDB.
    fn measure(&mut self, range: Range, plan: Option<LayerPlan>) -> Result<Vec<Point>> {
        let (stats, summaries) = (&self.question.stats, self.has_summaries());
        let columns: Vec<String> = stats.iter().map(|stat| stat.sql(summaries)).collect();
        self.scan(&SAMPLES, self.window(self.buckets.clone(), range, plan), |session, number| {
            let columns = columns.join(", ");
            let sql = format!("SELECT bucket, {columns} FROM scan({number}) GROUP BY bucket ORDER BY bucket");
            session.rows(&sql, |row| {
                let values = (1..=stats.len()).map(|at| row.get(at)).collect::<Result<_, _>>()?;
                Ok(Point { start: row.get(0)?, values })
            })
        })
    }

    fn has_summaries(&self) -> bool {
        self.extents.iter().any(|extent| extent.summaries > 0)
    }

    /// The sources whose own samples could meet in the range, where that means that a total must be painted.
    fn painting_order(&self, (from, to): Range, plan: Option<&LayerPlan>) -> Result<Option<Vec<RawSource>>> {
        let raw = Layer::Raw.id();
        let reads_raw = match plan {
            Some(plan) => plan.layers.contains(&raw),
            None => self.extents.iter().any(|extent| extent.layer == Layer::Raw),
        };
        if !self.question.dedupe || self.subject.kind != Kind::Cumulative || !reads_raw {
            return Ok(None);
        }
        let mut sources = series::raw_sources(self.reading(), self.question.user, self.metric())?;
        let longest = sources.iter().map(|source| source.longest).max().unwrap_or(0);
        sources.retain(|raw| {
            self.sources.as_ref().is_none_or(|wanted| wanted.contains(&raw.source))
                && raw.first < to.saturating_add(longest)
                && raw.last.saturating_add(raw.longest) >= from
        });
        Ok((sources.len() > 1).then_some(sources))
    }

    fn paint(&mut self, (from, to): Range, sources: Vec<RawSource>, plan: Option<LayerPlan>) -> Result<Tallies> {
        let buckets = self.buckets.clone();
        let ranks = priority::ranks(self.reading(), self.question.user)?;
        let mut order: Vec<i64> = sources.iter().map(|raw| raw.source).collect();
        order.sort_by_key(|source| ranks.get(source).copied().unwrap_or(u32::MAX));
        let painting = Painting {
            user: self.question.user,
            metric: self.metric(),
            narrowed: self.narrowed.clone(),
            window: Window { buckets, from, to, anchor: Anchor::Layer, plan },
            order,
            longest: sources.iter().map(|raw| raw.longest).max().unwrap_or(0),
            summaries: self.has_summaries(),
            stats: &self.question.stats,
            pieces: self.pieces((from, to)),
        };
        let (tallies, stepped) = painting.paint(&mut self.lanes)?;
        self.rows_stepped += stepped;
        Ok(tallies)
    }

    /// Finds for each local day which of its layers is read.
    fn choose_layers(&mut self, range: Range) -> Result<LayerPlan> {
        let by_day = Question { bucket: Bucket::Day, ..self.question.clone() };
        let days = Parts::new(buckets(&by_day, range.0, range.1)?);
        let totals =
            self.subject.kind == Kind::Cumulative && self.extents.iter().any(|extent| extent.layer == Layer::Day);
        let of_day = if totals { DAY_BUCKET } else { "NULL, NULL, NULL" };
        let found = self.scan(&SAMPLES, self.window(days.clone(), range, None), |session, number| {
            let sql = format!("SELECT DISTINCT bucket, layer, {of_day} FROM scan({number})");
            session.rows(&sql, |row| {
                let bucket = match (row.get(2)?, row.get(3)?, row.get(4)?) {
                    (Some(end), Some(source), Some(delivery)) => Some(DayBucket { end, source, delivery }),
                    _ => None,
                };
                let (day, layer) = (row.get(0)?, Layer::from_id(row.get(1)?));
                Ok(layer.map(|layer| Found { day, layer, bucket }))
            })
        })?;
        let found: Vec<Found> = found.into_iter().flatten().collect();
        let best = best_layers(self.subject.kind, &found, &self.day_trust(&found)?);
        let layers = days.starts().iter().map(|day| best.get(day).map_or(NO_LAYER, |layer| layer.id())).collect();
        Ok(LayerPlan { days, layers })
    }

    fn day_trust(&self, found: &[Found]) -> Result<DayTrust> {
        let deliveries: BTreeSet<i64> =
            found.iter().filter_map(|found| found.bucket).map(|bucket| bucket.delivery).collect();
        if deliveries.is_empty() {
            return Ok(DayTrust { shortcuts: None, received: HashMap::new() });
        }
        Ok(DayTrust {
            shortcuts: dictionary::unnamed(self.reading())?.shortcuts,
            received: deliveries::received_ms(self.reading(), &deliveries)?,
        })
    }

    fn window(&self, buckets: Parts, (from, to): Range, plan: Option<LayerPlan>) -> Window {
        let exact = plan.is_none() && self.extents.iter().all(|extent| reach(extent.layer) == 0);
        Window { buckets, from, to, anchor: if exact { Anchor::Start } else { Anchor::Layer }, plan }
    }

    /// Asks DuckDB something of the rows that fall into a window.
    fn scan<T>(
        &mut self,
        table: &'static Table,
        window: Window,
        ask: impl FnOnce(&Session, i64) -> Result<Vec<T>>,
    ) -> Result<Vec<T>> {
        let mut session = match self.session.take() {
            Some(session) => session,
            None => self.open_session()?,
        };
        let of_range = |(from, to)| vec![self.question.user, self.metric(), from, to];
        let ranges = self.pieces((window.from, window.to)).into_iter().map(of_range).collect();
        let condition = SAMPLE_RANGE.to_owned() + &self.narrowed;
        let lanes = std::mem::take(&mut self.lanes);
        let request = Arc::new(Request::new(table, &condition, ranges, lanes).with_window(window));
        let number = session.open_scan(&request);
        let rows = ask(&session, number)?;
        self.lanes = request.take_lanes();
        self.rows_stepped += request.rows_stepped();
        self.session = Some(session);
        Ok(rows)
    }

    fn open_session(&self) -> Result<Session> {
        let session = self.engine.session()?;
        let handle = session.interrupt_handle();
        self.stop.on_stop(move || handle.interrupt());
        Ok(session)
    }

    /// The range cut into pieces of equal time: several for each reader, so that none waits long for another.
    fn pieces(&self, (from, to): Range) -> Vec<Range> {
        let before = self.extents.iter().map(|extent| reach(extent.layer)).max().unwrap_or(0);
        let (from, readers) = (from - before, self.lanes.len() as i64);
        let pieces = if readers > 1 { 4 * readers } else { 1 };
        let cut = |piece: i64| from + (i128::from(to - from) * i128::from(piece) / i128::from(pieces)) as i64;
        (0..pieces).map(|piece| (cut(piece), cut(piece + 1))).collect()
    }
}

/// In the plan, of a day that has nothing.
const NO_LAYER: i64 = -1;

/// A tally of runs.
const TALLY: &str = "sum(samples)::BIGINT, sum(measured)::BIGINT, sum(total), min(low), max(high)";

/// Of a day bucket: its end, source and delivery.
const DAY_BUCKET: &str = "CASE WHEN layer = 3 THEN start + span END, CASE WHEN layer = 3 THEN source END,
                          CASE WHEN layer = 3 THEN delivery END";
