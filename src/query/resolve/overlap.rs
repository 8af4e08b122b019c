//! Where several sources have measured the same moment, it belongs to the one that ranks first.
//!
//! A watch and a phone on one walk both count its steps, and adding them up counts the walk twice. So each moment is given
//! to the best source that covers it, and a sample counts for the part of its time that is its source's: whole where no
//! better source has anything, in proportion where it is covered in part, not at all where it is covered. A moment inside a
//! better source's sample counts nothing; moments themselves cover nothing, so two food entries of one second both count.
//! Samples of one source that overlap are added up, as HealthKit does.
//!
//! Samples come by start. It is enough to count, for each rank, the seconds in which it was the best: what a sample owns is
//! the difference between its end and its start. So a sample costs a push and a pop, however long some of them are.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// When, and how its source ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// UTC epoch seconds; `end` excluded, and equal to `start` for a moment.
    pub start: i64,
    pub end: i64,
    /// Below the number of ranks; 0 ranks first.
    pub rank: usize,
    /// Whether nobody has said when it ended, so that `end` is an estimate. One that begins inside a better source's sample
    /// counts nothing, for else a total could be too high, and none is cut: it counts where it begins.
    pub open: bool,
}

/// The part of a sample that counts, between two cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Position of the sample.
    pub at: usize,
    /// A time that lies in the part's stretch between two cuts.
    pub start: i64,
    /// Seconds that count; 0 for a moment.
    pub seconds: i64,
}

/// Hands over the parts of `intervals` that count, cut at each of `cuts`. Both are ascending.
pub fn owned_parts(intervals: &[Interval], ranks: usize, cuts: &[i64], each: impl FnMut(Part)) {
    let mut sweep = Sweep {
        intervals,
        cuts,
        cut: i64::MIN,
        now: i64::MIN,
        covering: vec![0; ranks],
        owned: vec![0; ranks],
        before: vec![0; intervals.len()],
        open: BinaryHeap::new(),
        waiting: Vec::new(),
        each,
    };
    for (at, interval) in intervals.iter().enumerate() {
        sweep.push(at, *interval);
    }
    sweep.advance(i64::MAX);
}

struct Sweep<'a, F> {
    intervals: &'a [Interval],
    /// Those that are still to come.
    cuts: &'a [i64],
    /// The last one passed.
    cut: i64,
    now: i64,
    /// How many samples of each rank cover the moment.
    covering: Vec<u32>,
    /// In how many seconds up to now each rank was the best.
    owned: Vec<i64>,
    /// Of each sample: what its rank owned when its present part began.
    before: Vec<i64>,
    /// Ends and positions of the samples that cover the moment.
    open: BinaryHeap<Reverse<(i64, usize)>>,
    /// Moments and open samples of this very second, which a sample that begins in it may still cover.
    waiting: Vec<usize>,
    each: F,
}

impl<F: FnMut(Part)> Sweep<'_, F> {
    #[inline]
    fn push(&mut self, at: usize, interval: Interval) {
        if interval.start > self.now {
            self.advance(interval.start);
        }
        if interval.open || interval.end <= interval.start {
            return self.waiting.push(at);
        }
        self.begin(at);
    }

    #[inline]
    fn begin(&mut self, at: usize) {
        let Interval { end, rank, .. } = self.intervals[at];
        self.covering[rank] += 1;
        self.before[at] = self.owned[rank];
        self.open.push(Reverse((end, at)));
    }

    fn advance(&mut self, to: i64) {
        self.settle_second();
        loop {
            let end = self.open.peek().map_or(i64::MAX, |Reverse((end, _))| *end);
            let cut = self.cuts.first().copied().unwrap_or(i64::MAX);
            match end.min(cut) {
                next if next > to || next == i64::MAX => break,
                next if next == end => self.close(end),
                next => self.pass_cut(next),
            }
        }
        self.step(to);
    }

    fn settle_second(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.sort_by_key(|at| (!self.intervals[*at].open, self.intervals[*at].rank));
        for at in waiting.drain(..) {
            let Interval { start, rank, open, .. } = self.intervals[at];
            match self.covering[..rank].iter().any(|samples| *samples > 0) {
                true => {}
                false if open => self.begin(at),
                false => (self.each)(Part { at, start, seconds: 0 }),
            }
        }
        self.waiting = waiting;
    }

    fn close(&mut self, end: i64) {
        self.step(end);
        if let Some(Reverse((_, at))) = self.open.pop() {
            self.covering[self.intervals[at].rank] -= 1;
            self.hand_over(at);
        }
    }

    fn pass_cut(&mut self, cut: i64) {
        self.step(cut);
        let open = std::mem::take(&mut self.open);
        for Reverse((_, at)) in open.iter().filter(|Reverse((_, at))| !self.intervals[*at].open) {
            self.hand_over(*at);
            self.before[*at] = self.owned[self.intervals[*at].rank];
        }
        self.open = open;
        self.cut = cut;
        self.cuts = &self.cuts[1..];
    }

    fn hand_over(&mut self, at: usize) {
        let Interval { start, rank, .. } = self.intervals[at];
        let seconds = self.owned[rank] - self.before[at];
        let cut = if self.intervals[at].open { start } else { self.cut };
        if seconds > 0 {
            (self.each)(Part { at, start: start.max(cut), seconds });
        }
    }

    fn step(&mut self, to: i64) {
        if let Some(best) = self.covering.iter().position(|samples| *samples > 0) {
            self.owned[best] += to - self.now;
        }
        self.now = to;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Seconds that count, by sample and by the stretch between two cuts; a moment that counts has 0.
    fn parts(samples: &[(i64, i64, usize)], cuts: &[i64]) -> Vec<(usize, usize, i64)> {
        let mut order: Vec<usize> = (0..samples.len()).collect();
        order.sort_by_key(|at| samples[*at].0);
        let interval = |at: &usize| {
            let (start, span, rank) = samples[*at];
            Interval { start, end: start + span, rank, open: false }
        };
        let intervals: Vec<Interval> = order.iter().map(interval).collect();
        let mut found = Vec::new();
        owned_parts(&intervals, 4, cuts, |part| {
            let stretch = cuts.partition_point(|cut| *cut <= part.start);
            found.push((order[part.at], stretch, part.seconds));
        });
        found.sort_unstable();
        found
    }

    #[test]
    fn a_better_source_takes_what_it_covers() {
        assert_eq!(parts(&[(0, 100, 1), (50, 100, 0)], &[]), [(0, 0, 50), (1, 0, 100)]);
        assert_eq!(parts(&[(0, 100, 0), (50, 0, 1), (50, 0, 0)], &[]), [(0, 0, 100), (2, 0, 0)]);
        assert_eq!(parts(&[(10, 0, 1), (10, 10, 0)], &[]), [(1, 0, 10)], "a sample that begins in this very second");
        assert_eq!(parts(&[(0, 100, 0)], &[50]), [(0, 0, 50), (0, 1, 50)]);
    }

    #[test]
    fn without_an_end_a_sample_counts_only_where_nothing_better_had_begun() {
        let open = |start, end, rank| Interval { start, end, rank, open: true };
        let found = |intervals: &[Interval]| {
            let mut parts = Vec::new();
            owned_parts(intervals, 2, &[], |part| parts.push((part.at, part.seconds)));
            parts.sort_unstable();
            parts
        };
        assert_eq!(found(&[open(0, 900, 0), open(120, 1020, 1)]), [(0, 900)]);
        assert_eq!(found(&[open(0, 900, 1), open(300, 1200, 0)]), [(0, 300), (1, 900)]);
        assert_eq!(found(&[open(0, 900, 1), open(0, 900, 0)]), [(1, 900)]);
    }

    /// Second by second.
    fn slowly(samples: &[(i64, i64, usize)], cuts: &[i64]) -> Vec<(usize, usize, i64)> {
        let covers = |(start, span, _): &(i64, i64, usize), second: i64| *start <= second && second < start + span;
        let best = |second| samples.iter().filter(|sample| covers(sample, second)).map(|sample| sample.2).min();
        let stretch = |second: i64| cuts.iter().filter(|cut| **cut <= second).count();
        let mut found = Vec::new();
        for (at, &(start, span, rank)) in samples.iter().enumerate() {
            if span == 0 && best(start).is_none_or(|best| best >= rank) {
                found.push((at, stretch(start), 0));
            }
            for number in 0..=cuts.len() {
                let own = |second: &i64| stretch(*second) == number && best(*second) == Some(rank);
                let seconds = (start..start + span).filter(own).count() as i64;
                found.extend((seconds > 0).then_some((at, number, seconds)));
            }
        }
        found.sort_unstable();
        found
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_slow_way(
            samples in prop::collection::vec((-20..60_i64, 0..40_i64, 0..4_usize), 0..30),
            cuts in prop::collection::btree_set(-30..80_i64, 0..6),
        ) {
            let cuts: Vec<i64> = cuts.into_iter().collect();
            prop_assert_eq!(parts(&samples, &cuts), slowly(&samples, &cuts));
        }
    }
}
