//! The statistics of one bucket, computed here: from what DuckDB or a rollup has added up, or from painted samples.

use crate::query::stat::Stat;

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

/// Samples, those with a value, sum, least and greatest value.
pub type Figures = (i64, i64, Option<f64>, Option<f64>, Option<f64>);

/// What has been counted of one bucket.
#[derive(Debug, Clone)]
pub struct Tally {
    samples: u64,
    measured: u64,
    total: f64,
    low: f64,
    high: f64,
    last: Option<(i64, f64)>,
    /// Only where a percentile is asked for.
    values: Option<Vec<f64>>,
}

impl Tally {
    /// `stats` decides whether the values themselves must be kept.
    pub fn new(stats: &[Stat]) -> Tally {
        let keeps = stats.iter().any(|stat| matches!(stat, Stat::Median | Stat::Percentile(_)));
        Tally {
            samples: 0,
            measured: 0,
            total: 0.0,
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
            last: None,
            values: keeps.then(Vec::new),
        }
    }

    /// What has been added up elsewhere: samples, those with a value, their sum, the least and the greatest value.
    pub fn of((samples, measured, total, low, high): Figures) -> Tally {
        Tally {
            samples: samples.max(0) as u64,
            measured: measured.max(0) as u64,
            total: total.unwrap_or(0.0),
            low: low.unwrap_or(f64::INFINITY),
            high: high.unwrap_or(f64::NEG_INFINITY),
            last: None,
            values: None,
        }
    }

    /// The same again.
    pub fn figures(&self) -> Figures {
        let finite = |number: f64| number.is_finite().then_some(number);
        (self.samples as i64, self.measured as i64, Some(self.total), finite(self.low), finite(self.high))
    }

    #[inline]
    pub fn add(&mut self, sample: Counted) {
        self.samples += 1;
        if let Some(value) = sample.value {
            self.measured += 1;
            self.total += value;
            if self.last.is_none_or(|(start, _)| start <= sample.start) {
                self.last = Some((sample.start, value));
            }
            if let Some(values) = &mut self.values {
                values.push(value);
            }
        }
        self.low = sample.low.map_or(self.low, |low| self.low.min(low));
        self.high = sample.high.map_or(self.high, |high| self.high.max(high));
    }

    /// Adds what was counted of the same bucket in later rows.
    pub fn merge(&mut self, later: Tally) {
        self.samples += later.samples;
        self.measured += later.measured;
        self.total += later.total;
        self.low = self.low.min(later.low);
        self.high = self.high.max(later.high);
        self.last = match (self.last, later.last) {
            (Some(one), Some(other)) => Some(if other.0 >= one.0 { other } else { one }),
            (one, other) => one.or(other),
        };
        if let (Some(values), Some(later)) = (&mut self.values, later.values) {
            values.extend(later);
        }
    }

    /// The statistics asked for, in their order.
    pub fn finish(mut self, stats: &[Stat]) -> Vec<Option<f64>> {
        if let Some(values) = &mut self.values {
            values.sort_unstable_by(f64::total_cmp);
        }
        let any = |number: f64| (self.measured > 0).then_some(number);
        let finite = |number: f64| number.is_finite().then_some(number);
        let values = self.values.as_deref().unwrap_or_default();
        let of = |stat: &Stat| match *stat {
            Stat::Count => Some(self.samples as f64),
            Stat::Sum => any(self.total),
            Stat::Avg => any(self.total / self.measured as f64),
            Stat::Min => finite(self.low),
            Stat::Max => finite(self.high),
            Stat::Last => self.last.map(|(_, value)| value),
            Stat::Median => quantile(values, 0.5),
            Stat::Percentile(percent) => quantile(values, f64::from(percent) / 100.0),
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
        [(1, 4.0), (0, 1.0)].into_iter().for_each(|(start, value)| tally.add(counted(start, value)));
        let mut later = Tally::new(&stats);
        [(9, 3.0), (5, 2.0)].into_iter().for_each(|(start, value)| later.add(counted(start, value)));
        later.add(Counted { start: 10, value: None, low: None, high: None });
        tally.merge(later);
        let expected = [5.0, 10.0, 2.5, 1.0, 4.0, 3.0, 2.5, 1.75].map(Some);
        assert_eq!(tally.finish(&stats), expected);
    }

    #[test]
    fn buckets_are_in_order_and_each_there_once() {
        let one = |start: i64| Tally::of((1, 1, Some(start as f64), None, None));
        let mut whole: Tallies = [20, 10, 20].map(|bucket| (bucket, one(bucket))).into_iter().collect();
        [30, 10, 15, 30].into_iter().for_each(|bucket| whole.add(bucket, one(bucket)));
        let mut all = Tallies::default();
        all.merge(whole.clone());
        all.merge(whole);
        let counts: Vec<(i64, i64)> = all.iter().map(|(bucket, tally)| (*bucket, tally.figures().0)).collect();
        assert_eq!(counts, [(10, 4), (15, 2), (20, 4), (30, 4)]);
    }

    #[test]
    fn nothing_measured_is_nothing() {
        let stats = [Stat::Count, Stat::Sum, Stat::Avg, Stat::Min, Stat::Last, Stat::Median];
        assert_eq!(Tally::new(&stats).finish(&stats), [Some(0.0), None, None, None, None, None]);
    }
}
