//! Painting: where several sources have measured the same moment, it belongs to the one that is believed first.
//!
//! A watch and a phone on one walk both count its steps, and adding them up counts the walk twice. So each moment is given
//! to the best source that covers it, and a sample counts for the share of its time that is its source's: whole where no
//! better source has anything, pro rata where it is covered in part, not at all where it is covered. An instant inside a
//! better source's sample counts nothing; instants themselves cover nothing, so two food logs of one second both count.
//! Samples of one source that overlap are added up, as HealthKit does.
//!
//! Rows come by start. It is enough to count, for each rank, the seconds in which it was the best: what a sample owns is
//! the difference between its end and its start. So a row costs a push and a pop, and only the samples that cover the
//! moment reached are held, however many there are and however long some of them are.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// When, and whom it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// UTC epoch seconds.
    pub start: i64,
    /// Seconds; 0 is an instant.
    pub span: i64,
    /// Place of its source, below the number of ranks; 0 is believed first.
    pub rank: usize,
}

/// How much of a sample counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    Whole,
    /// Seconds of its span.
    Part(i64, i64),
    Nothing,
}

impl Share {
    pub fn of(self, value: f64) -> f64 {
        match self {
            Share::Whole => value,
            Share::Part(seconds, span) => value * seconds as f64 / span as f64,
            Share::Nothing => 0.0,
        }
    }
}

/// Takes samples by ascending start and gives each back when it is known how much of it counts.
pub struct Painter<T> {
    now: i64,
    /// How many samples of each rank cover the moment.
    covering: Vec<u32>,
    /// In how many seconds up to now each rank was the best.
    owned: Vec<i64>,
    open: BinaryHeap<Open<T>>,
    /// Instants of this very second, which a sample that begins in it may still cover.
    instants: Vec<(usize, T)>,
}

/// A sample that covers the moment.
struct Open<T> {
    end: i64,
    at: Stretch,
    /// What its rank owned when it began.
    owned_before: i64,
    item: T,
}

impl<T> Painter<T> {
    pub fn new(ranks: usize) -> Painter<T> {
        Painter {
            now: i64::MIN,
            covering: vec![0; ranks],
            owned: vec![0; ranks],
            open: BinaryHeap::new(),
            instants: Vec::new(),
        }
    }

    /// Takes a sample; `done` gets those that end by its start.
    #[inline]
    pub fn push(&mut self, at: Stretch, item: T, done: &mut impl FnMut(T, Share)) {
        if at.start > self.now {
            self.advance(at.start, done);
        }
        if at.span == 0 {
            return self.instants.push((at.rank, item));
        }
        self.covering[at.rank] += 1;
        let owned_before = self.owned[at.rank];
        self.open.push(Open { end: at.start.saturating_add(at.span), at, owned_before, item });
    }

    /// Gives back whatever is left.
    pub fn finish(mut self, done: &mut impl FnMut(T, Share)) {
        self.advance(i64::MAX, done);
    }

    fn advance(&mut self, to: i64, done: &mut impl FnMut(T, Share)) {
        for (rank, item) in self.instants.drain(..) {
            let covered = self.covering[..rank].iter().any(|samples| *samples > 0);
            done(item, if covered { Share::Nothing } else { Share::Whole });
        }
        while self.open.peek().is_some_and(|open| open.end <= to) {
            let Some(Open { end, at, owned_before, item }) = self.open.pop() else { break };
            self.step(end);
            self.covering[at.rank] -= 1;
            done(item, share(self.owned[at.rank] - owned_before, at.span));
        }
        self.step(to);
    }

    fn step(&mut self, to: i64) {
        if let Some(best) = self.covering.iter().position(|samples| *samples > 0) {
            self.owned[best] += to - self.now;
        }
        self.now = to;
    }
}

fn share(seconds: i64, span: i64) -> Share {
    match seconds {
        0 => Share::Nothing,
        seconds if seconds == span => Share::Whole,
        seconds => Share::Part(seconds, span),
    }
}

/// The heap's greatest is the first to end.
impl<T> Ord for Open<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.end.cmp(&self.end)
    }
}

impl<T> PartialOrd for Open<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Open<T> {
    fn eq(&self, other: &Self) -> bool {
        self.end == other.end
    }
}

impl<T> Eq for Open<T> {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The shares of samples (start, span, rank), in their order.
    fn painted(samples: &[(i64, i64, usize)]) -> Vec<Share> {
        let mut order: Vec<usize> = (0..samples.len()).collect();
        order.sort_by_key(|at| samples[*at].0);
        let mut shares = vec![Share::Nothing; samples.len()];
        let mut painter = Painter::new(4);
        let mut given = 0;
        let mut done = |at: usize, share| {
            shares[at] = share;
            given += 1;
        };
        for at in order {
            let (start, span, rank) = samples[at];
            painter.push(Stretch { start, span, rank }, at, &mut done);
        }
        painter.finish(&mut done);
        assert_eq!(given, samples.len(), "each is given back once");
        shares
    }

    #[test]
    fn the_better_source_has_what_it_covers_and_the_other_the_rest() {
        assert_eq!(painted(&[(0, 600, 0), (0, 600, 1)]), [Share::Whole, Share::Nothing]);
        assert_eq!(painted(&[(0, 600, 0), (300, 600, 1)]), [Share::Whole, Share::Part(300, 600)]);
        assert_eq!(
            painted(&[(0, 100, 1), (20, 10, 0), (50, 10, 0)]),
            [Share::Part(80, 100), Share::Whole, Share::Whole]
        );
        assert_eq!(
            painted(&[(0, 100, 2), (50, 100, 1), (75, 10, 0)]),
            [Share::Part(50, 100), Share::Part(90, 100), Share::Whole]
        );
    }

    #[test]
    fn samples_of_one_source_are_added_and_cover_their_union() {
        assert_eq!(painted(&[(0, 100, 0), (50, 100, 0)]), [Share::Whole, Share::Whole]);
        assert_eq!(painted(&[(0, 100, 0), (50, 100, 0), (0, 200, 1)])[2], Share::Part(50, 200));
    }

    #[test]
    fn instants_cover_nothing_and_are_covered_from_the_start_to_before_the_end() {
        let shares = painted(&[(10, 10, 0), (10, 0, 1), (19, 0, 1), (20, 0, 1), (15, 0, 0)]);
        assert_eq!(shares[1..], [Share::Nothing, Share::Nothing, Share::Whole, Share::Whole]);
        assert_eq!(painted(&[(5, 0, 0), (5, 0, 1)]), [Share::Whole, Share::Whole]);
        // Whichever of one second comes first.
        assert_eq!(painted(&[(10, 0, 1), (10, 10, 0)])[0], Share::Nothing);
    }

    #[test]
    fn a_long_sample_of_a_lesser_source_keeps_the_holes() {
        let mut samples = vec![(0, 86_400, 1)];
        samples.extend((0..24).map(|hour| (hour * 3600, 600, 0)));
        assert_eq!(painted(&samples)[0], Share::Part(86_400 - 24 * 600, 86_400));
    }

    /// Second by second.
    fn slowly(samples: &[(i64, i64, usize)]) -> Vec<Share> {
        let covers = |(start, span, _): &(i64, i64, usize), second: i64| *start <= second && second < start + span;
        let best = |second| samples.iter().filter(|sample| covers(sample, second)).map(|sample| sample.2).min();
        let share = |&(start, span, rank): &(i64, i64, usize)| match span {
            0 if best(start).is_some_and(|best| best < rank) => Share::Nothing,
            0 => Share::Whole,
            _ => super::share((start..start + span).filter(|second| best(*second) == Some(rank)).count() as i64, span),
        };
        samples.iter().map(share).collect()
    }

    proptest! {
        #[test]
        fn it_paints_as_the_slow_way_does(samples in prop::collection::vec((-20..60_i64, 0..40_i64, 0..4_usize), 0..30)) {
            prop_assert_eq!(painted(&samples), slowly(&samples));
        }
    }
}
