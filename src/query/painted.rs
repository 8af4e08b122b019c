//! Totals where sources overlap: samples are painted (`timeline`) while they are stepped, and added up here.
//!
//! The range is cut into pieces, which the readers share. A sample counts in the piece it begins in; to know how much of
//! it counts, a piece also reads what begins earlier by no more than the longest sample stored, and goes on behind its
//! end until the last of its own has ended. So the answer is the same however the range is cut, and whatever lies
//! around it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Result};
use crate::model::time::Layer;
use crate::query::duck::window::Window;
use crate::query::stat::Stat;
use crate::query::tally::{Counted, Tallies, Tally};
use crate::query::timeline::{Painter, Share, Stretch};
use crate::store::lane::Lane;

/// The columns of SQLite's row, in the order of `SELECT`.
const COLUMNS: &str = "start, span, value, layer, source, min, max";

/// What is painted.
pub struct Painting<'a> {
    pub user: i64,
    pub metric: i64,
    /// What follows the range in the condition.
    pub narrowed: String,
    /// Buckets, range and layers of the answer.
    pub window: Window,
    /// Sources of raw samples, the one that is believed first at the front.
    pub order: Vec<i64>,
    /// Seconds that no raw sample exceeds.
    pub longest: i64,
    /// Whether buckets may have a min and max of their own; samples of a total have none.
    pub summaries: bool,
    pub stats: &'a [Stat],
    /// Start and end of each piece, ascending.
    pub pieces: Vec<(i64, i64)>,
}

impl Painting<'_> {
    /// What is counted, and how many rows were stepped for it. Each lane steps on a thread of its own.
    pub fn paint(&self, lanes: &mut [Lane]) -> Result<(Tallies, u64)> {
        let (next, stepped) = (AtomicUsize::new(0), AtomicU64::new(0));
        let done: Mutex<Vec<(usize, Tallies)>> = Mutex::default();
        let work = |lane: &mut Lane| -> Result<()> {
            lane.prepare(&self.statement())?;
            while let Some((at, piece)) = self.next_piece(&next) {
                let (tallies, rows) = self.paint_piece(lane, piece)?;
                stepped.fetch_add(rows, Ordering::Relaxed);
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

    fn statement(&self) -> String {
        let columns = if self.summaries { COLUMNS } else { "start, span, value, layer, source" };
        format!(
            "SELECT {columns} FROM sample WHERE user = ?1 AND metric = ?2 AND start >= ?3 AND start < ?4{}
             ORDER BY user, metric, start, layer, twin",
            self.narrowed
        )
    }

    fn paint_piece(&self, lane: &mut Lane, (from, to): (i64, i64)) -> Result<(Tallies, u64)> {
        let mut counting = Counting { painting: self, tallies: Tallies::default(), current: None, hint: 0, waiting: 0 };
        let mut painter = Painter::new(self.order.len());
        let mut stepped = 0;
        lane.restart(&[self.user, self.metric, from.saturating_sub(self.longest), to.saturating_add(self.longest)])?;
        while lane.step()? {
            stepped += 1;
            let (start, span, layer) = (lane.integer(0), lane.integer(1), lane.integer(3));
            let own = from <= start && start < to;
            if layer != Layer::Raw.id() {
                if own {
                    counting.add(self.bucket(lane, start), span, layer);
                }
                continue;
            }
            let source = lane.integer(4);
            let Some(rank) = self.order.iter().position(|known| *known == source) else { continue };
            let sample = own.then(|| (start, real(lane, 2)));
            counting.waiting += u64::from(own);
            painter.push(Stretch { start, span, rank }, sample, &mut |sample, share| counting.done(sample, share));
            if start >= to && counting.waiting == 0 {
                break;
            }
        }
        painter.finish(&mut |sample, share| counting.done(sample, share));
        Ok((counting.finish(), stepped))
    }

    /// A bucket that the phone has summed, which may have a min and max of its own.
    fn bucket(&self, lane: &Lane, start: i64) -> Counted {
        let value = real(lane, 2);
        let own = |column| if self.summaries { real(lane, column).or(value) } else { value };
        Counted { start, value, low: own(5), high: own(6) }
    }
}

/// Pieces in their order, so that the same question has the same sums to the last bit.
fn joined(mut done: Vec<(usize, Tallies)>) -> Tallies {
    done.sort_by_key(|(at, _)| *at);
    let mut whole = Tallies::default();
    done.into_iter().for_each(|(_, tallies)| whole.merge(tallies));
    whole
}

/// A raw sample of the piece: start and value.
type Sample = (i64, Option<f64>);

#[inline]
fn real(lane: &Lane, column: usize) -> Option<f64> {
    let value = lane.real(column);
    // NULL reads as zero, so only a zero needs the second look.
    (value != 0.0 || !lane.is_null(column)).then_some(value)
}

/// What a piece has counted so far.
struct Counting<'a> {
    painting: &'a Painting<'a>,
    tallies: Tallies,
    /// The bucket that rows fall into, kept at hand because the next nearly always falls into it too.
    current: Option<(i64, Tally)>,
    /// Where that is in the window.
    hint: usize,
    /// Samples of the piece of which it is not yet known how much counts.
    waiting: u64,
}

impl Counting<'_> {
    /// A raw sample of which it is known how much counts; none is one that lies around the piece.
    #[inline]
    fn done(&mut self, sample: Option<Sample>, share: Share) {
        let Some((start, value)) = sample else { return };
        self.waiting -= 1;
        if share == Share::Nothing {
            return;
        }
        let value = value.map(|value| share.of(value));
        self.add(Counted { start, value, low: value, high: value }, 0, Layer::Raw.id());
    }

    #[inline]
    fn add(&mut self, counted: Counted, span: i64, layer: i64) {
        let Some((bucket, hint)) = self.painting.window.place_layer(counted.start, span, layer, self.hint) else {
            return;
        };
        self.hint = hint;
        match &mut self.current {
            Some((current, tally)) if *current == bucket => tally.add(counted),
            _ => {
                self.put_away();
                let mut tally = Tally::new(self.painting.stats);
                tally.add(counted);
                self.current = Some((bucket, tally));
            }
        }
    }

    fn put_away(&mut self) {
        if let Some((bucket, tally)) = self.current.take() {
            self.tallies.add(bucket, tally);
        }
    }

    fn finish(mut self) -> Tallies {
        self.put_away();
        self.tallies
    }
}
