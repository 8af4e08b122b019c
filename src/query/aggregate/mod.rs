//! Statistics of a metric per bucket of local time.
//!
//! Whole days that nothing has changed since they were rolled up are read from there (`rolled`); everything else is
//! added up from the samples (`scanning`), on the same snapshot. Both give tallies, so that a week of both is one sum.

mod fitting;
mod rolled;
pub(super) mod scanning;

use jiff::tz::TimeZone;

use crate::error::{Error, Result};
use crate::model::bucket::{Bucket, boundaries};
use crate::model::time::Layer;
use crate::query::budget::Stop;
use crate::query::duck::engine::Engine;
use crate::query::layering::{reach, stored};
use crate::query::sleep::level::AROUND;
use crate::query::stat::Stat;
use crate::query::tally::Tallies;
use crate::store::Store;
use crate::store::series::{self, Extent};
use crate::store::snapshot::Snapshot;

use rolled::Piece;
use scanning::{Range, Scanning};

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
    pub bucket: Bucket,
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
    answer_with(store, engine, question, stop, true)
}

/// The same from the samples alone, however long that takes: what `answer` is to be compared with.
pub fn answer_from_samples(store: &Store, engine: &Engine, question: &Question, stop: &Stop) -> Result<Answer> {
    answer_with(store, engine, question, stop, false)
}

/// How a chart is drawn.
#[derive(Debug, Clone, Default)]
pub struct Drawing {
    /// The smallest bucket is taken of which the range has at most that many; the question's own does not matter then.
    pub points: Option<usize>,
    /// Statistics of the whole range as one, beside those of its buckets.
    pub whole: Vec<Stat>,
}

/// Answers for a chart: the buckets, and the statistics of the whole range on the same snapshot, `None` where it has none.
pub fn drawn(
    store: &Store,
    engine: &Engine,
    question: &Question,
    drawing: &Drawing,
    stop: &Stop,
) -> Result<(Answer, Vec<Option<f64>>)> {
    let snapshot = snapshot(store, engine, stop)?;
    let bucket = match drawing.points {
        Some(points) => fitting::bucket(snapshot.lanes[0].reading(), question, points)?,
        None => question.bucket,
    };
    let (answer, snapshot) = answer_on(snapshot, engine, &Question { bucket, ..question.clone() }, stop, true)?;
    if drawing.whole.is_empty() {
        return Ok((answer, Vec::new()));
    }
    let as_one = Question { bucket: Bucket::All, stats: drawing.whole.clone(), ..question.clone() };
    let (whole, _) = answer_on(snapshot, engine, &as_one, stop, true)?;
    let nothing = || vec![None; drawing.whole.len()];
    Ok((answer, whole.points.into_iter().next().map_or_else(nothing, |point| point.values)))
}

fn answer_with(store: &Store, engine: &Engine, question: &Question, stop: &Stop, rolled: bool) -> Result<Answer> {
    Ok(answer_on(snapshot(store, engine, stop)?, engine, question, stop, rolled)?.0)
}

/// What one or several answers are read from, with as many readers as the engine has threads.
pub fn snapshot(store: &Store, engine: &Engine, stop: &Stop) -> Result<Snapshot> {
    let snapshot = store.snapshot(engine.threads())?;
    let interrupt = snapshot.interrupt_handle();
    stop.on_stop(move || interrupt.interrupt());
    Ok(snapshot)
}

/// Answers from a snapshot, and gives it back for another question. `rolled` says whether rollups may be used.
pub fn answer_on(
    snapshot: Snapshot,
    engine: &Engine,
    question: &Question,
    stop: &Stop,
    rolled: bool,
) -> Result<(Answer, Snapshot)> {
    let mut scanning = Scanning::new(engine, question, snapshot, stop)?;
    let mut answer = Answer {
        metric: scanning.subject.name.clone(),
        unit: scanning.subject.unit.clone(),
        bucket: question.bucket,
        layers: scanning.extents.iter().map(|extent| extent.layer).collect(),
        points: Vec::new(),
        starts: Vec::new(),
        rows_stepped: 0,
    };
    if let Some(range) = lay(&mut scanning)? {
        bounded(&scanning, range)?;
        fill(&mut answer, &mut scanning, range, rolled)?;
    }
    Ok((answer, Snapshot { lanes: scanning.lanes }))
}

/// Samples times percentiles that one answer may hold; whoever asks for few percentiles is counted as asking for some, because
/// the values themselves take the most room.
const MOST_HELD: i64 = 20_000_000;
const LEAST_PERCENTILES: i64 = 5;

/// Refuses percentiles of so many samples that holding their values would take the memory that everything else needs.
fn bounded(scanning: &Scanning, (from, to): Range) -> Result<()> {
    let percentiles = scanning.question.stats.iter().filter(|stat| stat.quantile().is_some()).count() as i64;
    let most = MOST_HELD / percentiles.max(LEAST_PERCENTILES);
    let stored: i64 = scanning.extents.iter().map(|extent| extent.samples).sum();
    if percentiles == 0 || stored <= most {
        return Ok(());
    }
    let (user, metric) = (scanning.question.user, scanning.metric());
    match series::samples_between(scanning.reading(), user, metric, from, to)? {
        samples if samples <= most => Ok(()),
        samples => Err(Error::BadRequest(format!(
            "stat: {percentiles} percentiles of {samples} samples are more than can be held at once: ask for fewer, or for \
             a range of at most {most} samples"
        ))),
    }
}

/// Lays the buckets, and says from when to when they are filled; `None` where nothing is stored.
pub(super) fn lay(scanning: &mut Scanning) -> Result<Option<Range>> {
    let Some(stored) = counted(&scanning.extents) else { return Ok(None) };
    // A night's date may begin before its first value, and end after its last.
    let around = if scanning.counts_by_night() { AROUND } else { 0 };
    let Some(range) = within(scanning.question, (stored.0 - around, stored.1 + around)) else { return Ok(None) };
    scanning.lay_buckets(range)?;
    Ok(Some((range.0, whole_end(scanning, range.1))))
}

fn fill(answer: &mut Answer, scanning: &mut Scanning, range: Range, rolled: bool) -> Result<()> {
    answer.starts = scanning.buckets.starts().to_vec();
    let (points, layers) = match if rolled { rolled::pieces(scanning, range)? } else { None } {
        Some(pieces) => {
            let tallies = piece_together(scanning, pieces)?;
            let layers = tallies.layers();
            (scanning.finished(tallies), layers)
        }
        None => scanning.points(range)?,
    };
    answer.points = points;
    answer.starts.truncate(used(&answer.starts, &answer.points, &scanning.extents));
    answer.starts.drain(..unused(&answer.starts, &answer.points, &scanning.extents));
    if scanning.counts_by_night() && scanning.question.from.is_none() {
        let first = answer.points.first().map_or(i64::MAX, |point| point.start);
        answer.starts.retain(|start| *start >= first);
    }
    if scanning.is_layered() {
        answer.layers.retain(|layer| layers & (1 << layer.id()) != 0);
    }
    answer.rows_stepped = scanning.rows_stepped;
    Ok(())
}

/// The end of the last bucket, where nothing begins behind `to`: what begins last may last longer.
fn whole_end(scanning: &Scanning, to: i64) -> i64 {
    let asked = scanning.question.to.unwrap_or(i64::MAX);
    let end = scanning.buckets.end().unwrap_or(to);
    if asked > to { end.min(asked).max(to) } else { to }
}

/// How many of the buckets there is anything to say of: behind the last that begins, none need be there.
fn used(starts: &[i64], points: &[Point], extents: &[Extent]) -> usize {
    let last = extents.iter().map(|extent| extent.last + reach(extent.layer)).max().unwrap_or(i64::MIN);
    let last = points.last().map_or(last, |point| point.start.max(last));
    starts.partition_point(|start| *start <= last)
}

/// How many of the first buckets nothing is stored of.
fn unused(starts: &[i64], points: &[Point], extents: &[Extent]) -> usize {
    let first = extents.iter().map(|extent| extent.first).min().unwrap_or(i64::MAX);
    let first = points.first().map_or(first, |point| point.start.min(first));
    starts.partition_point(|start| *start <= first).saturating_sub(1)
}

fn piece_together(scanning: &mut Scanning, pieces: Vec<Piece>) -> Result<Tallies> {
    let mut whole = Tallies::default();
    for piece in pieces {
        let tallies = match piece {
            Piece::Rolled(from, to) => rolled::tally(scanning, (from, to))?,
            Piece::Scanned(from, to) => scanning.tally((from, to))?,
        };
        whole.merge(tallies);
    }
    Ok(whole)
}

/// Where in time the answer lies: the range asked for, cut to what is stored.
fn range(question: &Question, extents: &[Extent]) -> Option<Range> {
    within(question, counted(extents)?)
}

/// When anything counts of what is stored.
fn counted(extents: &[Extent]) -> Option<Range> {
    let (first, end) = stored(extents)?;
    // Where a phone's day begins it may be the day after here.
    let days = extents.iter().filter(|extent| extent.layer == Layer::Day);
    Some((days.map(|extent| extent.first - reach(extent.layer)).fold(first, i64::min), end))
}

fn within(question: &Question, (first, end): Range) -> Option<Range> {
    let from = question.from.map_or(first, |from| from.max(first));
    let to = question.to.map_or(end, |to| to.min(end));
    (from < to).then_some((from, to))
}

/// Boundaries of the buckets from `from` to `to`.
pub(super) fn buckets(question: &Question, from: i64, to: i64) -> Result<Vec<i64>> {
    boundaries(question.bucket, &question.zone, from, to, MOST_BUCKETS).map_err(|_| {
        Error::BadRequest(format!(
            "bucket: this range has more than {MOST_BUCKETS} buckets of one {}: ask for a larger bucket or a shorter range",
            question.bucket
        ))
    })
}
