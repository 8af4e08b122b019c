//! Levels: what is averaged, such as a heart rate or a sound.
//!
//! The least and the greatest value are over everything that was measured. A mean takes, for each stretch of time, the
//! claim that knows most of it: the phone's own number of a day that was over (`claims`), else samples, else the finest
//! bucket. Counts and percentiles are of samples, and of the buckets in whose time there is nothing finer.
//!
//! How values weigh is HealthKit's aggregation style (`model/metric::Mean`): one each, by the time that they last, or by
//! their energy over it. A sample without an end lasts until the next one, of any source, within a limit, and so does a minute.

use crate::model::metric::Mean;
use crate::model::time::Layer;
use crate::query::resolve::claims::{BUCKETS, Trust, of_layer};
use crate::query::resolve::rows::{Claim, Rows, Sample, next_starts};

/// UTC epoch seconds; the second excluded.
type Span = (i64, i64);

/// What decides how values weigh.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    pub mean: Mean,
    /// Seconds that a sample may last whose sender names no end.
    pub lasts: Option<i64>,
}

/// A sample or a bucket, and what it does in an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// When it counts.
    pub at: i64,
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub layer: Layer,
    /// Whether it is one of the values that are counted.
    pub counts: bool,
    /// Position of its sample, or of its claim behind all samples.
    pub of: usize,
}

/// A part of a mean: when, how much it weighs, and the value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weight {
    pub at: i64,
    pub weight: f64,
    pub value: f64,
    pub of: usize,
}

/// Hands over all levels, and then what goes into the mean, cut at each of `cuts`, which are ascending.
pub fn levels(
    rows: &Rows,
    style: Style,
    trust: &Trust,
    cuts: &[i64],
    mut each: impl FnMut(&Level),
    mut weigh: impl FnMut(&Weight),
) {
    let ends = ends(&rows.samples, style);
    let mut known = Known::of(rows.samples.iter().zip(&ends).map(|(sample, end)| (sample.start, *end)));
    let (mut counting, mut finals): (Vec<(Claim, Finer)>, Vec<Final>) = (Vec::new(), Vec::new());
    for layer in BUCKETS {
        let mut claims = of_layer(&rows.claims, layer, false);
        claims.retain(|claim| !trust.is_overtaken(claim));
        let ends = lasting(&claims, &rows.samples, style);
        for (claim, end) in claims.iter().zip(&ends).filter(|(claim, _)| claim.value.is_some()) {
            let finer = known.within(claim, *end);
            match trust.is_final(claim) {
                true => finals.push(Final { claim: *claim, finer: finer.count, own: known.of_date(claim) }),
                false => counting.push((*claim, finer)),
            }
        }
        known.add(&claims, &ends);
    }
    let finals_known = Known::of(finals.iter().map(|day| day.claim.of_date));
    let is_elsewhere = |time: i64| finals.iter().any(|day| day.leaves_out(time));
    // Counted are samples, and buckets of which nothing finer is known.
    let samples = rows.samples.iter().enumerate().filter(|(_, sample)| !is_elsewhere(sample.start));
    samples.for_each(|(at, sample)| each(&of_sample(at, sample)));
    if style.mean != Mean::Arithmetic {
        reaching_over(&rows.samples, cuts, |level| {
            if !is_elsewhere(level.at) {
                each(level)
            }
        });
    }
    let counted = counting.iter().map(|(claim, finer)| (claim, finer.count == 0));
    let counted = counted.chain(finals.iter().map(|day| (&day.claim, day.own == 0)));
    let mut is_counted = vec![false; rows.claims.len()];
    counted.for_each(|(claim, counts)| is_counted[claim.number] = counts);
    let claims = rows.claims.iter().filter(|claim| !trust.is_overtaken(claim));
    let claims = claims.filter(|claim| claim.layer >= Layer::Day || !is_elsewhere(claim.start));
    claims.for_each(|claim| each(&of_claim(rows, claim, is_counted[claim.number])));

    let weights = Weights { rows, style, cuts, finals: &finals_known };
    weights.of_samples(&ends, &mut weigh);
    counting.iter().for_each(|(claim, finer)| weights.of_bucket(claim, finer, &mut weigh));
    finals.iter().for_each(|day| weights.of_final(&day.claim, day.finer, &mut weigh));
}

/// A day's own number that counts.
struct Final {
    claim: Claim,
    /// How many finer claims there are in its time, and how many of them are of its date in the zone of the question, too.
    finer: usize,
    own: usize,
}

impl Final {
    /// Whether a time is of its date in the zone of the question, and not of the time that its day was cut to: by the phone's
    /// calendar it is of the day before or after.
    fn leaves_out(&self, time: i64) -> bool {
        let Claim { bucket, of_date, .. } = self.claim;
        (of_date.0..of_date.1).contains(&time) && !(bucket.0..bucket.1).contains(&time)
    }
}

/// When samples end.
fn ends(samples: &[Sample], style: Style) -> Vec<i64> {
    let lasts = style.lasts.unwrap_or(0);
    let end = |(sample, follows): (&Sample, i64)| match sample.end > sample.start {
        true => sample.end,
        false => follows.min(sample.start.saturating_add(lasts)),
    };
    samples.iter().zip(next_starts(samples, 1, |_| 0)).map(end).collect()
}

/// Until when each claim stands, which come by start. The average of a minute is as good as a sample without an end: where
/// values weigh by time, it lasts until the next sample or minute, within the same limit.
fn lasting(claims: &[Claim], samples: &[Sample], style: Style) -> Vec<i64> {
    let limit = style.lasts.filter(|_| style.mean == Mean::TimeWeighted);
    let end = |at: usize| {
        let claim = &claims[at];
        let Some(limit) = limit.filter(|_| claim.layer == Layer::Minute) else { return claim.end };
        let sample = samples.get(samples.partition_point(|sample| sample.start <= claim.start));
        let next = [claims.get(at + 1).map(|next| next.start), sample.map(|sample| sample.start)];
        let next = next.into_iter().flatten().min().unwrap_or(i64::MAX);
        next.min(claim.start.saturating_add(limit)).max(claim.end)
    };
    (0..claims.len()).map(end).collect()
}

fn of_sample(at: usize, sample: &Sample) -> Level {
    let Sample { start, value, low, high, .. } = *sample;
    Level { at: start, value, low, high, layer: Layer::Raw, counts: true, of: at }
}

/// What is measured over a time that holds cuts was measured behind each of them, too.
fn reaching_over(samples: &[Sample], cuts: &[i64], mut each: impl FnMut(&Level)) {
    for (at, sample) in samples.iter().enumerate().filter(|(_, sample)| sample.end > sample.start) {
        let first = cuts.partition_point(|cut| *cut <= sample.start);
        for cut in cuts[first..].iter().take_while(|cut| **cut < sample.end) {
            each(&Level { at: *cut, counts: false, ..of_sample(at, sample) });
        }
    }
}

fn of_claim(rows: &Rows, claim: &Claim, counts: bool) -> Level {
    let Claim { start, at, value, low, high, layer, number, .. } = *claim;
    Level { at: at.unwrap_or(start), value, low, high, layer, counts, of: rows.samples.len() + number }
}

/// The time of which something is known, and by how many claims.
struct Known {
    /// Ascending, apart.
    covered: Vec<Span>,
    /// Starts, ascending.
    starts: Vec<i64>,
}

/// What finer claims know of the time of a coarser one.
#[derive(Debug, Clone, Default)]
struct Finer {
    count: usize,
    /// The stretches of it that they leave.
    left: Vec<Span>,
}

impl Known {
    /// `spans` are by start.
    fn of(spans: impl Iterator<Item = Span>) -> Known {
        let mut known = Known { covered: Vec::new(), starts: Vec::new() };
        let mut spans: Vec<Span> = spans.collect();
        spans.sort_unstable();
        for (start, end) in spans {
            known.starts.push(start);
            match known.covered.last_mut() {
                Some((_, last)) if start <= *last => *last = end.max(*last),
                _ => known.covered.push((start, end)),
            }
        }
        known
    }

    /// Claims, and until when each of them stands.
    fn add(&mut self, claims: &[Claim], ends: &[i64]) {
        if claims.is_empty() {
            return;
        }
        let mut starts = std::mem::take(&mut self.starts);
        starts.extend(claims.iter().map(|claim| claim.start));
        starts.sort_unstable();
        let spans = claims.iter().zip(ends).map(|(claim, end)| (claim.start, *end)).chain(self.covered.drain(..));
        *self = Known { starts, ..Known::of(spans) };
    }

    /// Of the time of a claim, and of that in which it stands.
    fn within(&self, claim: &Claim, end: i64) -> Finer {
        let from = self.starts.partition_point(|known| *known < claim.start);
        let to = self.starts.partition_point(|known| *known < claim.end);
        Finer { count: to - from, left: self.left((claim.start, end)) }
    }

    /// How many there are in the time of a day that is its date in the zone of the question, too.
    fn of_date(&self, claim: &Claim) -> usize {
        let (from, to) = (claim.start.max(claim.of_date.0), claim.end.min(claim.of_date.1));
        let before = |time: i64| self.starts.partition_point(|known| *known < time);
        before(to).saturating_sub(before(from))
    }

    /// What nothing covers of a stretch.
    fn left(&self, (start, end): Span) -> Vec<Span> {
        let (mut at, mut left) = (start, Vec::new());
        let first = self.covered.partition_point(|(_, known_end)| *known_end <= start);
        for (from, to) in self.covered[first..].iter().take_while(|(from, _)| *from < end) {
            if at < *from {
                left.push((at, *from));
            }
            at = at.max(*to);
        }
        if at < end {
            left.push((at, end));
        }
        left
    }

    fn holds(&self, time: i64) -> bool {
        let at = self.covered.partition_point(|(_, end)| *end <= time);
        self.covered.get(at).is_some_and(|(start, _)| *start <= time)
    }
}

struct Weights<'a> {
    rows: &'a Rows,
    style: Style,
    cuts: &'a [i64],
    /// The dates of which the phone's own number counts.
    finals: &'a Known,
}

impl Weights<'_> {
    fn is_arithmetic(&self) -> bool {
        self.style.mean == Mean::Arithmetic
    }

    fn of_samples(&self, ends: &[i64], weigh: &mut impl FnMut(&Weight)) {
        let samples = &self.rows.samples;
        let mut first = 0;
        while first < samples.len() {
            // Of several that begin in one second, each has its part of the time that is estimated.
            let same = samples[first..].iter().take_while(|sample| sample.start == samples[first].start).count();
            let part = 1.0 / same as f64;
            for at in first..first + same {
                let Some(value) = samples[at].value else { continue };
                let lasts_alone = self.is_arithmetic() || samples[at].end > samples[at].start;
                let part = if lasts_alone { 1.0 } else { part };
                self.over((samples[at].start, ends[at]), part, value, at, weigh);
            }
            first += same;
        }
    }

    fn of_bucket(&self, claim: &Claim, finer: &Finer, weigh: &mut impl FnMut(&Weight)) {
        let Some(value) = claim.value else { return };
        let of = self.rows.samples.len() + claim.number;
        match (claim.at, self.is_arithmetic()) {
            (_, true) if finer.count > 0 => {}
            (Some(at), true) if !self.finals.holds(claim.start) => weigh(&Weight { at, weight: 1.0, value, of }),
            (Some(at), false) => {
                let left = finer.left.iter().flat_map(|span| self.finals.left(*span));
                let weight: i64 = left.map(|(start, end)| end - start).sum();
                weigh(&Weight { at, weight: weight as f64, value, of });
            }
            (None, true) => self.over((claim.start, claim.end), 1.0, value, of, weigh),
            (None, false) => finer.left.iter().for_each(|span| self.over(*span, 1.0, value, of, weigh)),
            (Some(_), true) => {}
        }
    }

    /// A day that is the phone's own number weighs as much as what it stands for.
    fn of_final(&self, claim: &Claim, finer: usize, weigh: &mut impl FnMut(&Weight)) {
        let Some(value) = claim.value else { return };
        let weight = if self.is_arithmetic() { finer.max(1) as f64 } else { (claim.end - claim.start) as f64 };
        let of = self.rows.samples.len() + claim.number;
        weigh(&Weight { at: claim.at.unwrap_or(claim.start), weight, value, of });
    }

    /// A value over a stretch of time, where no day's own number counts.
    fn over(&self, (start, end): Span, part: f64, value: f64, of: usize, weigh: &mut impl FnMut(&Weight)) {
        if self.is_arithmetic() || end <= start {
            if !self.finals.holds(start) {
                weigh(&Weight { at: start, weight: part, value, of });
            }
            return;
        }
        let mut weigh_span = |(mut from, to): Span| {
            let first = self.cuts.partition_point(|cut| *cut <= from);
            for cut in self.cuts[first..].iter().copied().take_while(|cut| *cut < to).chain([to]) {
                weigh(&Weight { at: from, weight: part * (cut - from) as f64, value, of });
                from = cut;
            }
        };
        match self.finals.covered.is_empty() {
            true => weigh_span((start, end)),
            false => self.finals.left((start, end)).into_iter().for_each(weigh_span),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::resolve::latest::Latest;

    #[test]
    fn a_day_that_an_export_has_overtaken_has_no_extremes() {
        let sample = Sample {
            start: 40_000,
            end: 40_000,
            value: Some(60.0),
            low: None,
            high: None,
            source: 1,
            manual: false,
            order: (200_000, 2),
            complete: true,
        };
        let day = Claim {
            start: 0,
            end: 86_400,
            closed: true,
            value: Some(70.0),
            low: Some(50.0),
            high: Some(180.0),
            layer: Layer::Day,
            source: 0,
            order: (100_000, 1),
            complete: true,
            number: 0,
            date: 0,
            at: None,
            bucket: (0, 86_400),
            of_date: (0, 86_400),
        };
        let rows = Rows { samples: vec![sample], claims: vec![day] };
        let greatest = |trust: &Trust| {
            let mut greatest = 0.0_f64;
            let style = Style { mean: Mean::TimeWeighted, lasts: Some(600) };
            let each = |level: &Level| greatest = greatest.max(level.high.or(level.value).unwrap_or(0.0));
            levels(&rows, style, trust, &[], each, |_| {});
            greatest
        };
        assert_eq!(greatest(&Trust::default()), 180.0);
        assert_eq!(greatest(&Trust { exports: Latest::of(&[(0, 90_000, 150_000)]), ..Trust::default() }), 60.0);
    }
}
