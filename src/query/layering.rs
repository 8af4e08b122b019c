//! Which layer of a metric to believe on a local day.
//!
//! Where a metric is stored in several layers (its own measurements, and buckets that the phone has summed), adding
//! them would count twice. For totals the phone's own day is HealthKit's de-duplicated figure and the best there is, but
//! only once the day was over when it was sent; until then the measurements know more. A day that a Shortcut has summed
//! adds overlapping sources up, and is better than nothing only.

use std::collections::{BTreeMap, HashMap};

use crate::model::bucket::Bucket;
use crate::model::metric::Kind;
use crate::model::time::Layer;

/// The layers that may speak in buckets of this length: none coarser, unless one is asked for.
pub fn fits(bucket: Bucket, asked: Option<Layer>, layer: Layer) -> bool {
    let coarsest = coarsest(bucket);
    match asked {
        Some(asked) => layer == asked,
        // A month does not consist of whole weeks.
        None => layer <= coarsest && !(layer == Layer::Week && coarsest > Layer::Week),
    }
}

/// The coarsest layer of which a bucket can hold a whole one.
pub fn coarsest(bucket: Bucket) -> Layer {
    match bucket {
        Bucket::Minutes(minutes) if minutes < 60 => Layer::Minute,
        Bucket::Minutes(_) | Bucket::Hour => Layer::Hour,
        Bucket::Day => Layer::Day,
        Bucket::Week => Layer::Week,
        Bucket::Month => Layer::Month,
        Bucket::Year => Layer::Year,
    }
}

/// How far from its start a row of a layer may count: see `Window::place`.
pub fn reach(layer: Layer) -> i64 {
    const DAY: i64 = 86_400;
    match layer {
        Layer::Raw | Layer::Minute | Layer::Hour => 0,
        Layer::Day => DAY,
        Layer::Week => 7 * DAY,
        Layer::Month => 31 * DAY,
        Layer::Year => 366 * DAY,
    }
}

/// What a local day has.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    /// Start of the local day.
    pub day: i64,
    pub layer: Layer,
    /// Of a day bucket, where it matters.
    pub bucket: Option<DayBucket>,
}

#[derive(Debug, Clone, Copy)]
pub struct DayBucket {
    /// UTC epoch seconds.
    pub end: i64,
    pub source: i64,
    pub delivery: i64,
}

/// What is known of day buckets beside themselves.
pub struct DayTrust {
    /// The source of what Shortcuts have summed.
    pub shortcuts: Option<i64>,
    /// Delivery to when it came, in epoch milliseconds.
    pub received: HashMap<i64, i64>,
}

/// The layer to believe on each day that has any.
pub fn best_layers(kind: Kind, found: &[Found], trust: &DayTrust) -> BTreeMap<i64, Layer> {
    let mut best: BTreeMap<i64, (u8, Layer)> = BTreeMap::new();
    for one in found {
        let candidate = (trust.rank(kind, one), one.layer);
        let chosen = best.entry(one.day).or_insert(candidate);
        *chosen = candidate.min(*chosen);
    }
    best.into_iter().map(|(day, (_, layer))| (day, layer)).collect()
}

impl DayTrust {
    /// The lower is believed first.
    fn rank(&self, kind: Kind, found: &Found) -> u8 {
        match (found.layer, kind) {
            (Layer::Day, Kind::Cumulative) => self.rank_total(found.bucket),
            (Layer::Raw, _) => 1,
            (Layer::Minute, _) => 3,
            (Layer::Hour, _) => 4,
            (Layer::Day, _) => 5,
            (Layer::Week, _) => 6,
            (Layer::Month, _) => 7,
            (Layer::Year, _) => 8,
        }
    }

    fn rank_total(&self, bucket: Option<DayBucket>) -> u8 {
        let Some(bucket) = bucket else { return 2 };
        let received = self.received.get(&bucket.delivery).map(|ms| ms.div_euclid(1000));
        match received {
            _ if Some(bucket.source) == self.shortcuts => 5,
            Some(received) if received >= bucket.end => 0,
            _ => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORTCUTS: i64 = 9;

    fn day(source: i64, delivery: i64) -> Found {
        Found { day: 0, layer: Layer::Day, bucket: Some(DayBucket { end: 86_400, source, delivery }) }
    }

    fn layer(layer: Layer) -> Found {
        Found { day: 0, layer, bucket: None }
    }

    #[test]
    fn totals_believe_a_closed_day_then_measurements_then_an_open_day_then_the_finest() {
        let received = HashMap::from([(1, 86_399_000), (2, 86_400_000)]);
        let trust = DayTrust { shortcuts: Some(SHORTCUTS), received };
        let (open, closed, shortcut) = (day(1, 1), day(1, 2), day(SHORTCUTS, 2));
        let (raw, minute, hour) = (layer(Layer::Raw), layer(Layer::Minute), layer(Layer::Hour));
        for (found, expected) in [
            (vec![raw, closed], Layer::Day),
            (vec![open, raw], Layer::Raw),
            (vec![minute, open], Layer::Day),
            (vec![shortcut, hour, minute], Layer::Minute),
            (vec![shortcut, hour], Layer::Hour),
            (vec![shortcut, raw], Layer::Raw),
            (vec![shortcut], Layer::Day),
        ] {
            assert_eq!(best_layers(Kind::Cumulative, &found, &trust)[&0], expected, "{found:?}");
        }
        assert_eq!(best_layers(Kind::Discrete, &[closed, hour], &trust)[&0], Layer::Hour);
    }
}
