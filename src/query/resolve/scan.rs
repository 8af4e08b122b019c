//! Reads the rows of a range in pieces, which the readers share, and adds up what counts of each.
//!
//! What counts at a moment is decided by the samples that cover it and by the buckets that hold it, so a piece also reads
//! what lies around it, as far as samples last and buckets reach, and adds up what counts in its own time only. So the
//! answer is the same however the range is cut, and no more than a piece is held in memory.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::tz::TimeZone;

use crate::error::{Error, Result};
use crate::query::duck::window::Parts;
use crate::query::resolve::claims::Trust;
use crate::query::resolve::levels::{Level, Style, levels};
use crate::query::resolve::rows::{Columns, Heads, Rows};
use crate::query::resolve::totals::{Piece, Ranking, totals};
use crate::query::stat::Stat;
use crate::query::tally::{Counted, Tallies, Tally, weighed};
use crate::store::lane::Lane;
use crate::store::samples::Narrowing;

/// How the values of a metric combine.
#[derive(Debug, Clone)]
pub enum Way {
    Total(Ranking),
    /// With whom to believe of several that were measured in one moment, where only one of them can be told.
    Level(Style, Ranking),
}

/// What is read, and how it is added up.
pub struct Scan<'a> {
    pub user: i64,
    pub metric: i64,
    pub narrowing: Narrowing,
    pub columns: Columns,
    pub way: Way,
    pub trust: Trust,
    pub zone: &'a TimeZone,
    /// Buckets of the answer.
    pub buckets: Parts,
    /// Where what counts is cut: at the buckets, and at each day of longer ones, so that days add up to them.
    pub cuts: Parts,
    pub stats: &'a [Stat],
    /// Seconds before and after a piece in which there may be something that decides what counts in it.
    pub around: (i64, i64),
    /// Start and end of each piece, ascending, the second excluded.
    pub pieces: Vec<(i64, i64)>,
}

impl Scan<'_> {
    /// What is counted, and how many rows were stepped for it. Each lane steps on a thread of its own.
    pub fn run(&self, lanes: &mut [Lane]) -> Result<(Tallies, u64)> {
        let (next, stepped) = (AtomicUsize::new(0), AtomicU64::new(0));
        let done: Mutex<Vec<(usize, Tallies)>> = Mutex::default();
        let work = |lane: &mut Lane| -> Result<()> {
            lane.prepare_samples(&self.columns.names(), &self.narrowing)?;
            let (mut rows, mut heads) = (Rows::default(), Heads::default());
            while let Some((at, piece)) = self.next_piece(&next) {
                self.read(lane, piece, &mut rows, &mut heads)?;
                stepped.fetch_add((rows.samples.len() + rows.claims.len()) as u64, Ordering::Relaxed);
                let tallies = self.add_up(piece, &rows);
                done.lock().unwrap_or_else(PoisonError::into_inner).push((at, tallies));
            }
            Ok(())
        };
        std::thread::scope(|scope| -> Result<()> {
            let running: Vec<_> = lanes.iter_mut().map(|lane| scope.spawn(|| work(lane))).collect();
            let panicked = |_| Error::Internal("a thread that adds up has ended by a panic".into());
            let outcomes: Vec<Result<()>> =
                running.into_iter().map(|thread| thread.join().map_err(panicked).and_then(|done| done)).collect();
            outcomes.into_iter().collect()
        })?;
        let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok((joined(done), stepped.into_inner()))
    }

    fn next_piece(&self, next: &AtomicUsize) -> Option<(usize, (i64, i64))> {
        let at = next.fetch_add(1, Ordering::Relaxed);
        Some((at, *self.pieces.get(at)?))
    }

    /// All rows that decide what counts in a piece.
    pub fn rows(&self, lane: &mut Lane, piece: (i64, i64)) -> Result<Rows> {
        lane.prepare_samples(&self.columns.names(), &self.narrowing)?;
        let mut rows = Rows::default();
        self.read(lane, piece, &mut rows, &mut Heads::default())?;
        Ok(rows)
    }

    /// Reads a piece and what lies around it.
    fn read(&self, lane: &mut Lane, (from, to): (i64, i64), rows: &mut Rows, heads: &mut Heads) -> Result<()> {
        rows.clear();
        let (before, after) = self.around;
        lane.restart(&[self.user, self.metric, from.saturating_sub(before), to.saturating_add(after)])?;
        while lane.step()? {
            rows.push(lane, self.columns, heads, self.zone)?;
        }
        if self.columns.nights {
            rows.samples.sort_by_key(|sample| sample.start);
        }
        if let (Way::Level(_, ranking), true) = (&self.way, self.stats.contains(&Stat::Last)) {
            rows.put_believed_last(ranking);
        }
        Ok(())
    }

    fn add_up(&self, piece: (i64, i64), rows: &Rows) -> Tallies {
        let cuts = self.cuts(piece);
        let mut counting = Counting::new(self, piece);
        match &self.way {
            Way::Total(ranking) => totals(rows, ranking, &self.trust, &cuts, |piece| counting.add_piece(piece)),
            Way::Level(style, _) => self.add_levels(rows, *style, &cuts, &mut counting),
        }
        counting.finish()
    }

    fn add_levels(&self, rows: &Rows, style: Style, cuts: &[i64], counting: &mut Counting) {
        let mut weights = Vec::new();
        let each = |level: &Level| {
            let Some(tally) = counting.tally(level.at) else { return };
            tally.widen(level.low, level.high);
            if level.counts {
                let (start, value) = (level.at, level.value);
                tally.add(Counted { start, value, low: None, high: None }, level.layer);
            }
        };
        levels(rows, style, &self.trust, cuts, each, |weight| weights.push(*weight));
        for weight in weights {
            if let Some(tally) = counting.tally(weight.at) {
                tally.weigh(weight.weight, weighed(style.mean, weight.value));
            }
        }
    }

    /// The cuts within a piece, and its own ends.
    fn cuts(&self, (from, to): (i64, i64)) -> Vec<i64> {
        let inside = self.cuts.boundaries_within(from, to);
        [from].into_iter().chain(inside.iter().copied()).chain([to]).collect()
    }
}

/// Pieces in their order, so that the same question has the same sums to the last bit.
fn joined(mut done: Vec<(usize, Tallies)>) -> Tallies {
    done.sort_by_key(|(at, _)| *at);
    let mut whole = Tallies::default();
    done.into_iter().for_each(|(_, tallies)| whole.merge(tallies));
    whole
}

/// What a piece has counted so far.
struct Counting<'a> {
    buckets: &'a Parts,
    stats: &'a [Stat],
    piece: (i64, i64),
    /// The position of the first of `tallies` among the buckets.
    first: usize,
    tallies: Vec<Option<Tally>>,
    /// Where the last one fell; the next nearly always falls there too.
    hint: usize,
}

impl<'a> Counting<'a> {
    fn new(scan: &'a Scan, piece: (i64, i64)) -> Counting<'a> {
        let first = scan.buckets.find(piece.0, 0).unwrap_or(0);
        let (buckets, stats) = (&scan.buckets, scan.stats);
        Counting { buckets, stats, piece, first, tallies: Vec::new(), hint: first }
    }

    fn add_piece(&mut self, piece: &Piece) {
        let (start, value) = (piece.at.unwrap_or(piece.start), piece.value);
        let Some(tally) = self.tally(start) else { return };
        match (piece.begins, value) {
            (true, _) => tally.add(Counted { start, value, low: piece.low, high: piece.high }, piece.layer),
            (false, Some(value)) => tally.add_value(start, value),
            (false, None) => {}
        }
    }

    /// What is counted in the bucket of a time; none outside of the piece.
    #[inline]
    fn tally(&mut self, time: i64) -> Option<&mut Tally> {
        let (from, to) = self.piece;
        if time < from || time >= to {
            return None;
        }
        self.hint = self.buckets.find(time, self.hint)?;
        let at = self.hint - self.first;
        if at >= self.tallies.len() {
            self.tallies.resize(at + 1, None);
        }
        let stats = self.stats;
        Some(self.tallies[at].get_or_insert_with(|| Tally::new(stats)))
    }

    fn finish(self) -> Tallies {
        let starts = &self.buckets.starts()[self.first.min(self.buckets.len())..];
        starts.iter().zip(self.tallies).filter_map(|(start, tally)| Some((*start, tally?))).collect()
    }
}
