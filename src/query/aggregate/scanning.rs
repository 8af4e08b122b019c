//! Adding up samples: resolved (`query/resolve`) wherever claims could meet, else by DuckDB over the file.
//!
//! Totals are always resolved. Levels are where several layers are stored, or where values weigh by time. What is left,
//! and everything that is asked for as stored (`dedupe=none`), is one pass of DuckDB.

use std::sync::Arc;

use crate::error::Result;
use crate::model::bucket::Bucket;
use crate::model::metric::{Kind, Mean};
use crate::model::time::Layer;
use crate::query::aggregate::{Point, Question, buckets};
use crate::query::budget::Stop;
use crate::query::duck::engine::{Engine, Session};
use crate::query::duck::request::Request;
use crate::query::duck::table::{SAMPLE_RUNS, SAMPLES, SUMMARY_RUNS, Table};
use crate::query::duck::window::{Anchor, Parts, Window};
use crate::query::layering::{fits, reach};
use crate::query::resolve::claims::Trust;
use crate::query::resolve::latest::Latest;
use crate::query::resolve::levels::Style;
use crate::query::resolve::rows::Columns;
use crate::query::resolve::scan::{Scan, Way};
use crate::query::resolve::totals::Ranking;
use crate::query::sleep::level::AROUND;
use crate::query::stat::{self, Stat};
use crate::query::subject::{self, Subject};
use crate::query::tally::{Figures, Tallies, Tally};
use crate::store::lane::Lane;
use crate::store::priority::{self, Matter};
use crate::store::samples::Narrowing;
use crate::store::series::{Extent, longest_sample};
use crate::store::snapshot::Snapshot;
use crate::store::{Reading, dictionary, stated};

/// UTC epoch seconds; start included, end excluded.
pub type Range = (i64, i64);

/// Samples of a piece, more or less: what a reader holds in memory.
const PIECE: i64 = 50_000;

/// A question that has found what it is about, with the snapshot it is answered from.
pub struct Scanning<'a> {
    pub question: &'a Question,
    pub subject: Subject,
    /// Of the layers that may speak.
    pub extents: Vec<Extent>,
    pub rows_stepped: u64,
    /// At least one, all on one state of the file.
    pub lanes: Vec<Lane>,
    /// All that the question's range meets; none before `lay_buckets`.
    pub buckets: Parts,
    narrowing: Narrowing,
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
        let narrowing = Narrowing::new((layers.len() < stored).then_some(&layers), sources.as_deref());
        let buckets = Parts::new(Vec::new());
        Ok(Scanning {
            question,
            subject,
            extents,
            rows_stepped: 0,
            lanes,
            narrowing,
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

    /// Whether claims of several layers may meet.
    pub fn is_layered(&self) -> bool {
        self.extents.len() > 1 && self.question.dedupe
    }

    fn is_total(&self) -> bool {
        self.subject.kind == Kind::Cumulative
    }

    /// Whether it must be decided what counts at each moment.
    fn is_resolved(&self) -> bool {
        let weighs = self.subject.mean != Mean::Arithmetic;
        // Of the last of one moment it must be decided whose it is.
        let picks = self.question.stats.contains(&Stat::Last);
        self.question.dedupe && (self.is_total() || self.is_layered() || weighs || picks || self.counts_by_night())
    }

    /// Whether values count on the date of their night, whenever they begin.
    pub fn counts_by_night(&self) -> bool {
        let short = matches!(self.question.bucket, Bucket::Minutes(_) | Bucket::Hour);
        self.subject.of_night && self.question.dedupe && !short
    }

    /// The statistics asked for. Of a level, a bucket has nothing to say in which nothing was measured, even where the last value
    /// before is taken to last into it.
    pub fn finished(&self, tallies: Tallies) -> Vec<Point> {
        let (stats, mean, is_total) = (&self.question.stats, self.subject.mean, self.is_total());
        let measured = |figures: &Figures| figures.samples > 0 || figures.low <= figures.high;
        let shown = tallies.into_iter().filter(|(_, tally)| is_total || measured(tally.figures()));
        shown.map(|(start, tally)| Point { start, values: tally.finish(stats, mean) }).collect()
    }

    /// The statistics of the samples of a range, and the layers that counted.
    pub fn points(&mut self, range: Range) -> Result<(Vec<Point>, u8)> {
        if self.is_resolved() || self.question.stats.iter().all(|stat| stat.adds_up()) {
            let tallies = self.tally(range)?;
            let layers = tallies.layers();
            return Ok((self.finished(tallies), layers));
        }
        Ok((self.measure(range)?, self.all_layers()))
    }

    /// What is counted in a range, for statistics that add up, and for all others where it is resolved.
    pub fn tally(&mut self, range: Range) -> Result<Tallies> {
        self.stop.check()?;
        match self.is_resolved() {
            true => self.resolve(range),
            false => self.add_up(range),
        }
    }

    fn all_layers(&self) -> u8 {
        self.extents.iter().fold(0, |layers, extent| layers | 1 << extent.layer.id())
    }

    /// Decides what counts at each moment, and adds that up.
    fn resolve(&mut self, range: Range) -> Result<Tallies> {
        let (tallies, stepped) = self.resolver(range)?.run(&mut self.lanes)?;
        self.rows_stepped += stepped;
        Ok(tallies)
    }

    /// What decides which of all that is stored counts in a range.
    pub fn resolver(&self, range: Range) -> Result<Scan<'a>> {
        let claims = self.extents.iter().any(|extent| extent.layer != Layer::Raw);
        let pieces = self.cut_to_buckets(self.pieces(range, 0));
        Ok(Scan {
            user: self.question.user,
            metric: self.metric(),
            narrowing: self.narrowing.clone(),
            columns: Columns {
                claims,
                summaries: self.has_summaries(),
                manual: self.extents.iter().any(|extent| extent.manual > 0),
                nights: self.counts_by_night(),
            },
            way: self.way()?,
            trust: self.trust(claims)?,
            zone: &self.question.zone,
            buckets: self.buckets.clone(),
            cuts: self.cuts(range)?,
            stats: &self.question.stats,
            around: self.around(),
            pieces,
        })
    }

    fn cuts(&self, (from, to): Range) -> Result<Parts> {
        let bucket = match self.question.bucket {
            Bucket::Week | Bucket::Month | Bucket::Year | Bucket::All => Bucket::Day,
            _ => return Ok(self.buckets.clone()),
        };
        Ok(Parts::new(buckets(&Question { bucket, ..self.question.clone() }, from, to)?))
    }

    fn way(&self) -> Result<Way> {
        let Subject { mean, lasts, union, .. } = self.subject;
        let matter = Matter::Metric(self.subject.name.clone());
        let order = priority::ordered(self.reading(), self.question.user, &matter)?;
        let order: Vec<i64> = order.into_iter().map(|source| source.id).collect();
        let mut ranking = Ranking::new(&order, lasts);
        ranking.union = union;
        Ok(if self.is_total() { Way::Total(ranking) } else { Way::Level(Style { mean, lasts }, ranking) })
    }

    /// Of use only where there are claims to decide between.
    fn trust(&self, claims: bool) -> Result<Trust> {
        if !claims {
            return Ok(Trust::default());
        }
        let (reading, user, metric) = (self.reading(), self.question.user, self.metric());
        Ok(Trust {
            shortcuts: dictionary::unnamed(reading)?.shortcuts,
            exports: Latest::of(&stated::by_exports(reading, user, metric)?),
            days: Latest::of(&stated::days(reading, user, metric)?),
        })
    }

    /// How far around a piece there may be something that decides what counts in it: twice as far as samples last, for
    /// what covers a sample is covered itself, and as buckets reach.
    fn around(&self) -> Range {
        let longest = longest_sample(&self.extents);
        let lasts = self.subject.lasts.unwrap_or(0);
        let buckets = match self.extents.iter().map(|extent| reach(extent.layer)).max().unwrap_or(0) {
            0 if self.is_layered() => HOUR,
            0 => 0,
            reach => 2 * (reach + DAY),
        };
        let nights = if self.counts_by_night() { AROUND } else { 0 };
        (2 * longest.max(lasts) + buckets + nights, lasts + buckets + nights)
    }

    /// Runs of samples, added up in the scan and then by DuckDB.
    fn add_up(&mut self, range: Range) -> Result<Tallies> {
        let table = if self.has_summaries() { &SUMMARY_RUNS } else { &SAMPLE_RUNS };
        let (layers, is_total) = (self.all_layers(), self.is_total());
        let rows = self.scan(table, self.window(self.buckets.clone(), range), |session, number| {
            let sql = format!("SELECT bucket, {TALLY} FROM scan({number}) GROUP BY bucket");
            session.rows(&sql, |row| {
                let (samples, measured): (i64, i64) = (row.get(1)?, row.get(2)?);
                let (total, low, high): (Option<f64>, Option<f64>, Option<f64>) =
                    (row.get(3)?, row.get(4)?, row.get(5)?);
                let total = total.unwrap_or(0.0);
                let (weight, weighted) = if is_total { (0.0, 0.0) } else { (measured as f64, total) };
                let (low, high) = (low.unwrap_or(f64::INFINITY), high.unwrap_or(f64::NEG_INFINITY));
                let figures = Figures { samples, measured, total, low, high, weight, weighted, layers };
                Ok((row.get(0)?, Tally::of(figures)))
            })
        })?;
        Ok(rows.into_iter().collect())
    }

    /// Statistics that need each sample, by DuckDB.
    fn measure(&mut self, range: Range) -> Result<Vec<Point>> {
        self.stop.check()?;
        let (stats, summaries) = (&self.question.stats, self.has_summaries());
        self.scan(&SAMPLES, self.window(self.buckets.clone(), range), |session, number| {
            session.rows(&stat::sql(stats, summaries, &format!("scan({number})")), |row| {
                let values = (1..=stats.len()).map(|at| row.get(at)).collect::<Result<_, _>>()?;
                Ok(Point { start: row.get(0)?, values })
            })
        })
    }

    fn has_summaries(&self) -> bool {
        self.extents.iter().any(|extent| extent.summaries > 0)
    }

    fn window(&self, buckets: Parts, (from, to): Range) -> Window {
        let exact = self.extents.iter().all(|extent| reach(extent.layer) == 0);
        Window { buckets, from, to, anchor: if exact { Anchor::Start } else { Anchor::Layer } }
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
        let before = self.extents.iter().map(|extent| reach(extent.layer)).max().unwrap_or(0);
        let ranges = self.pieces((window.from, window.to), before).into_iter().map(of_range).collect();
        let lanes = std::mem::take(&mut self.lanes);
        let request = Arc::new(Request::new(table, self.narrowing.clone(), ranges, lanes).with_window(window));
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

    /// The range cut into pieces of equal time: several for each reader, so that none waits long for another, and none of
    /// very many samples. The first begins `before` the range.
    fn pieces(&self, (from, to): Range, before: i64) -> Vec<Range> {
        let (from, readers) = (from - before, self.lanes.len() as i64);
        let samples: i64 = self.extents.iter().map(|extent| extent.samples).sum();
        let least = if readers > 1 { 4 * readers } else { 1 };
        let pieces = (samples / PIECE).clamp(least, MOST_PIECES);
        let cut = |piece: i64| from + (i128::from(to - from) * i128::from(piece) / i128::from(pieces)) as i64;
        (0..pieces).map(|piece| (cut(piece), cut(piece + 1))).collect()
    }

    /// The same pieces, cut where a bucket begins: nothing is divided then that one bucket holds.
    fn cut_to_buckets(&self, pieces: Vec<Range>) -> Vec<Range> {
        let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else { return pieces };
        let starts = self.buckets.boundaries_within(first.0, last.1);
        let edges = pieces[1..].iter().map(|(start, _)| starts.partition_point(|bucket| bucket < start));
        let mut edges: Vec<i64> = edges.filter_map(|at| starts.get(at).copied()).collect();
        edges.dedup();
        let begins = [first.0].into_iter().chain(edges.iter().copied());
        begins.zip(edges.iter().copied().chain([last.1])).collect()
    }
}

/// Pieces that a range is cut into at most.
const MOST_PIECES: i64 = 400;

const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

/// A tally of runs.
const TALLY: &str = "sum(samples)::BIGINT, sum(measured)::BIGINT, sum(total), min(low), max(high)";
