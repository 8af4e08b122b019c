//! What the points of a body without a header show of how they were made.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use crate::model::grouping::Grouping;
use crate::model::time::Layer;
use crate::validate::aggregation::buckets::merged_of;
use crate::validate::aggregation::{OfMetric, Pointed, begins, end_of};

/// So many midnights with nothing between them in one metric are days; two do not come about otherwise.
const DAYS: usize = 2;
/// The same for full hours, on which people do eat and drink.
const HOURS: usize = 4;

/// What is known of each metric of a body, by position.
pub struct Shown {
    /// The coarsest bucket that all of its points could be of; raw where they are measurements.
    grains: Vec<Layer>,
    /// Whether its grain is shown, and not only possible.
    proven: Vec<bool>,
    /// The finest of the grains that are buckets.
    finest: Option<Layer>,
}

impl Shown {
    pub fn layer(&self, at: usize) -> Layer {
        match (self.grains[at], self.finest) {
            (Layer::Raw, _) | (_, None) => Layer::Raw,
            (_, Some(finest)) => finest,
        }
    }

    pub fn grouping(self, metrics: &[OfMetric]) -> Grouping {
        let measured = metrics.iter().zip(&self.grains).filter(|(_, grain)| **grain == Layer::Raw);
        let measured: BTreeSet<String> =
            measured.flat_map(|(metric, _)| metric.parts.iter().map(|part| (*part).to_owned())).collect();
        let finest = self.finest;
        let shows = |(grain, proven): (&Layer, &bool)| Some(*grain) == finest && *proven;
        let guessed = finest.is_some() && !self.grains.iter().zip(&self.proven).any(shows);
        Grouping { finest, guessed, measured: measured.into_iter().collect() }
    }
}

pub fn look(metrics: &[OfMetric], home: &TimeZone) -> Shown {
    let grains: Vec<Layer> = metrics.iter().map(|metric| grain(metric, home)).collect();
    let proven = metrics.iter().zip(&grains).map(|(metric, grain)| is_proven(metric, *grain)).collect();
    let has_points = metrics.iter().map(|metric| !metric.points.is_empty());
    let finest = grains.iter().zip(has_points).filter(|(grain, any)| **grain != Layer::Raw && *any);
    let finest = finest.map(|(grain, _)| *grain).min();
    Shown { grains, proven, finest }
}

/// The coarsest bucket that all points could be of; raw where one has an end of its own or seconds, or where one bucket
/// has several points without being one that was merged of them.
fn grain(metric: &OfMetric, home: &TimeZone) -> Layer {
    let possible = metric.points.iter().map(|point| possible(point, home)).min().unwrap_or(Layer::Year);
    let repeats = metric.points.chunk_by(|a, b| (a.reading.start, a.context()) == (b.reading.start, b.context()));
    let measured = repeats.filter(|group| group.len() > 1).any(|group| merged_of(group).is_none());
    // Two totals of one day are not two measurements at midnight.
    let contradict = metric.totals && metric.lasts && possible == Layer::Day && is_proven(metric, possible);
    if measured && !contradict { Layer::Raw } else { possible }
}

fn possible(point: &Pointed, home: &TimeZone) -> Layer {
    let reading = point.reading;
    let fits = |layer: &Layer| {
        begins(reading, *layer)
            && reading.end.is_none_or(|end| *layer == Layer::Day && end == end_of(reading, *layer, home))
    };
    [Layer::Day, Layer::Hour, Layer::Minute].into_iter().find(fits).unwrap_or(Layer::Raw)
}

fn is_proven(metric: &OfMetric, grain: Layer) -> bool {
    let least = match grain {
        Layer::Day => DAYS,
        Layer::Hour => HOURS,
        _ => return false,
    };
    metric.points.chunk_by(|a, b| a.reading.start == b.reading.start).take(least).count() == least
}
