//! The statistics of one bucket, computed here: from what DuckDB or a rollup has added up, or from resolved samples.

use crate::model::metric::Mean;
use crate::model::time::Layer;
use crate::query::stat::Stat;
use crate::store::rollups::Rollup;

/// Bucket start and what was counted in it, by bucket. Nearly everything comes in that order, so it is added at the end.
#[derive(Debug, Clone, Default)]
pub struct Tallies(Vec<(i64, Tally)>);

impl Tallies {
    /// Adds what was counted of a bucket, after what is known of it.
    pub fn add(&mut self, bucket: i64, tally: Tally) {
        match self.0.last_mut() {
            Some((last, known)) if *last == bucket => known.merge(tally),
            Some((last, _)) if *last > bucket => self.add_before(bucket, tally),
            _ => self.0.push((bucket, tally)),
        }
    }

    fn add_before(&mut self, bucket: i64, tally: Tally) {
        match self.0.binary_search_by_key(&bucket, |(start, _)| *start) {
            Ok(at) => self.0[at].1.merge(tally),
            Err(at) => self.0.insert(at, (bucket, tally)),
        }
    }

    /// Adds all that was counted later.
    pub fn merge(&mut self, later: Tallies) {
        match self.0.is_empty() {
            true => *self = later,
            false => later.0.into_iter().for_each(|(bucket, tally)| self.add(bucket, tally)),
        }
    }

    /// The layers that counted: bit n for layer n.
    pub fn layers(&self) -> u8 {
        self.0.iter().fold(0, |layers, (_, tally)| layers | tally.figures.layers)
    }

    pub fn iter(&self) -> impl Iterator<Item = &(i64, Tally)> {
        self.0.iter()
    }
}

impl FromIterator<(i64, Tally)> for Tallies {
    fn from_iter<T: IntoIterator<Item = (i64, Tally)>>(tallies: T) -> Tallies {
        let mut tallies: Vec<(i64, Tally)> = tallies.into_iter().collect();
        tallies.sort_by_key(|(bucket, _)| *bucket);
        let mut whole = Tallies(Vec::with_capacity(tallies.len()));
        tallies.into_iter().for_each(|(bucket, tally)| whole.add(bucket, tally));
        whole
    }
}

impl IntoIterator for Tallies {
    type Item = (i64, Tally);
    type IntoIter = std::vec::IntoIter<(i64, Tally)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// A sample as it counts.
#[derive(Debug, Clone, Copy)]
pub struct Counted {
    pub start: i64,
    pub value: Option<f64>,
    /// Its own least and greatest value, else the value.
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// What adds up, from whichever part of a bucket it comes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    pub samples: i64,
    /// How many of them have a value.
    pub measured: i64,
    pub total: f64,
    /// Infinite where there is none.
    pub low: f64,
    pub high: f64,
    /// For means of levels: the sum of the weights, and of weight times value (or energy).
    pub weight: f64,
    pub weighted: f64,
    /// The layers that counted: bit n for layer n.
    pub layers: u8,
}

impl Figures {
    pub const NONE: Figures = Figures {
        samples: 0,
        measured: 0,
        total: 0.0,
        low: f64::INFINITY,
        high: f64::NEG_INFINITY,
        weight: 0.0,
        weighted: 0.0,
        layers: 0,
    };

    pub fn merge(&mut self, other: &Figures) {
        self.samples += other.samples;
        self.measured += other.measured;
        self.total += other.total;
        self.low = self.low.min(other.low);
        self.high = self.high.max(other.high);
        self.weight += other.weight;
        self.weighted += other.weighted;
        self.layers |= other.layers;
    }

    /// As they are kept of a bucket.
    pub fn rollup(&self, start: i64) -> Rollup {
        let Figures { samples, measured, total, low, high, weight, weighted, layers } = *self;
        let finite = |number: f64| number.is_finite().then_some(number);
        let (low, high) = (finite(low), finite(high));
        Rollup { start, layers: i64::from(layers), samples, measured, total, low, high, weight, weighted }
    }

    /// The mean: of weighted levels where there are any, else of the values.
    fn mean(&self, mean: Mean) -> Option<f64> {
        match mean {
            _ if self.weight <= 0.0 => (self.measured > 0).then(|| self.total / self.measured as f64),
            mean => Some(unweighed(mean, self.weighted / self.weight)),
        }
    }
}

impl From<&Rollup> for Figures {
    fn from(rollup: &Rollup) -> Figures {
        let Rollup { samples, measured, total, low, high, weight, weighted, layers, .. } = *rollup;
        let (low, high) = (low.unwrap_or(f64::INFINITY), high.unwrap_or(f64::NEG_INFINITY));
        Figures { samples, measured, total, low, high, weight, weighted, layers: layers as u8 }
    }
}

/// What a value weighs in a mean: a sound level by its energy, all else by itself.
#[inline]
pub fn weighed(mean: Mean, value: f64) -> f64 {
    match mean {
        Mean::EquivalentLevel => 10_f64.powf(value / 10.0),
        Mean::Arithmetic | Mean::TimeWeighted => value,
    }
}

/// The value that weighs so much: the other way round.
pub fn unweighed(mean: Mean, weighed: f64) -> f64 {
    match mean {
        Mean::EquivalentLevel => 10.0 * weighed.log10(),
        Mean::Arithmetic | Mean::TimeWeighted => weighed,
    }
}

/// What has been counted of one bucket.
#[derive(Debug, Clone)]
pub struct Tally {
    figures: Figures,
    last: Option<(i64, f64)>,
    /// Only where a percentile is asked for.
    values: Option<Vec<f64>>,
}

impl Tally {
    /// `stats` decides whether the values themselves must be kept.
    pub fn new(stats: &[Stat]) -> Tally {
        let keeps = stats.iter().any(|stat| stat.quantile().is_some());
        Tally { figures: Figures::NONE, last: None, values: keeps.then(Vec::new) }
    }

    /// What has been added up elsewhere.
    pub fn of(figures: Figures) -> Tally {
        Tally { figures, last: None, values: None }
    }

    /// The same again.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    #[inline]
    pub fn add(&mut self, sample: Counted, layer: Layer) {
        self.figures.samples += 1;
        self.figures.layers |= 1 << layer.id();
        if let Some(value) = sample.value {
            self.figures.measured += 1;
            self.add_value(sample.start, value);
        }
        self.widen(sample.low, sample.high);
    }

    /// More of a sample that is counted already.
    #[inline]
    pub fn add_value(&mut self, start: i64, value: f64) {
        self.figures.total += value;
        if self.last.is_none_or(|(last, _)| last <= start) {
            self.last = Some((start, value));
        }
        if let Some(values) = &mut self.values {
            values.push(value);
        }
    }

    /// Has the extremes reach these.
    #[inline]
    pub fn widen(&mut self, low: Option<f64>, high: Option<f64>) {
        let Figures { low: least, high: greatest, .. } = &mut self.figures;
        *least = low.map_or(*least, |low| least.min(low));
        *greatest = high.map_or(*greatest, |high| greatest.max(high));
    }

    /// Gives a value its part in the mean.
    #[inline]
    pub fn weigh(&mut self, weight: f64, weighed: f64) {
        self.figures.weight += weight;
        self.figures.weighted += weight * weighed;
    }

    /// Adds what was counted of the same bucket in later rows.
    pub fn merge(&mut self, later: Tally) {
        self.figures.merge(&later.figures);
        self.last = match (self.last, later.last) {
            (Some(one), Some(other)) => Some(if other.0 >= one.0 { other } else { one }),
            (one, other) => one.or(other),
        };
        if let (Some(values), Some(later)) = (&mut self.values, later.values) {
            values.extend(later);
        }
    }

    /// The statistics asked for, in their order.
    pub fn finish(mut self, stats: &[Stat], mean: Mean) -> Vec<Option<f64>> {
        if let Some(values) = &mut self.values {
            values.sort_unstable_by(f64::total_cmp);
        }
        let finite = |number: f64| number.is_finite().then_some(number);
        let values = self.values.as_deref().unwrap_or_default();
        let of = |stat: &Stat| match *stat {
            Stat::Count => Some(self.figures.samples as f64),
            // A sample that is counted in the bucket before may reach into this one.
            Stat::Sum => (self.figures.measured > 0 || self.figures.total != 0.0).then_some(self.figures.total),
            Stat::Avg => self.figures.mean(mean),
            Stat::Min => finite(self.figures.low),
            Stat::Max => finite(self.figures.high),
            Stat::Last => self.last.map(|(_, value)| value),
            Stat::Median | Stat::Percentile(_) => quantile(values, stat.quantile()?),
        };
        stats.iter().map(of).collect()
    }
}

/// Between the two nearest of sorted values, as DuckDB's `quantile_cont`.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = sorted.len().checked_sub(1)? as f64 * share;
    let (low, high) = (sorted.get(place.floor() as usize)?, sorted.get(place.ceil() as usize)?);
    Some(low + (high - low) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(start: i64, value: f64) -> Counted {
        Counted { start, value: Some(value), low: Some(value), high: Some(value) }
    }

    #[test]
    fn all_statistics_over_two_halves() {
        let stats =
            [Stat::Count, Stat::Sum, Stat::Avg, Stat::Min, Stat::Max, Stat::Last, Stat::Median, Stat::Percentile(25)];
        let mut tally = Tally::new(&stats);
        [(1, 4.0), (0, 1.0)].into_iter().for_each(|(start, value)| tally.add(counted(start, value), Layer::Raw));
        let mut later = Tally::new(&stats);
        [(9, 3.0), (5, 2.0)].into_iter().for_each(|(start, value)| later.add(counted(start, value), Layer::Minute));
        later.add(Counted { start: 10, value: None, low: None, high: None }, Layer::Raw);
        tally.merge(later);
        let expected = [5.0, 10.0, 2.5, 1.0, 4.0, 3.0, 2.5, 1.75].map(Some);
        assert_eq!(tally.figures().layers, 0b11);
        assert_eq!(tally.finish(&stats, Mean::Arithmetic), expected);
    }

    #[test]
    fn buckets_are_in_order_and_each_there_once() {
        let one = |start: i64| Tally::of(Figures { samples: 1, measured: 1, total: start as f64, ..Figures::NONE });
        let mut whole: Tallies = [20, 10, 20].map(|bucket| (bucket, one(bucket))).into_iter().collect();
        [30, 10, 15, 30].into_iter().for_each(|bucket| whole.add(bucket, one(bucket)));
        let mut all = Tallies::default();
        all.merge(whole.clone());
        all.merge(whole);
        let counts: Vec<(i64, i64)> = all.iter().map(|(bucket, tally)| (*bucket, tally.figures().samples)).collect();
        assert_eq!(counts, [(10, 4), (15, 2), (20, 4), (30, 4)]);
    }

    #[test]
    fn nothing_measured_is_nothing() {
        let stats = [Stat::Count, Stat::Sum, Stat::Avg, Stat::Min, Stat::Last, Stat::Median];
        assert_eq!(Tally::new(&stats).finish(&stats, Mean::Arithmetic), [Some(0.0), None, None, None, None, None]);
    }

    #[test]
    fn levels_are_averaged_by_weight_and_sound_by_energy() {
        let mut tally = Tally::new(&[]);
        for (weight, value) in [(3600.0, 60.0), (1800.0, 90.0)] {
            tally.weigh(weight, weighed(Mean::TimeWeighted, value));
        }
        assert_eq!(tally.finish(&[Stat::Avg], Mean::TimeWeighted), [Some(70.0)]);
        let mut sound = Tally::new(&[]);
        for value in [60.0, 90.0] {
            sound.weigh(3600.0, weighed(Mean::EquivalentLevel, value));
        }
        let found = sound.finish(&[Stat::Avg], Mean::EquivalentLevel)[0].unwrap();
        assert!((found - 86.994).abs() < 0.001, "{found}");
    }
}
