//! Which layers may speak in buckets of a length, and how far they reach.

use crate::model::bucket::Bucket;
use crate::model::time::Layer;
use crate::store::series::Extent;

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
        // A range of days need not hold a whole week.
        Bucket::Day | Bucket::All => Layer::Day,
        Bucket::Week => Layer::Week,
        Bucket::Month => Layer::Month,
        Bucket::Year => Layer::Year,
    }
}

/// What is stored: from its first start to where the last that begins may end, UTC epoch seconds, the second excluded. None
/// where nothing is.
pub fn stored(extents: &[Extent]) -> Option<(i64, i64)> {
    let first = extents.iter().map(|extent| extent.first).min()?;
    // What begins last may last longer, and a phone's day may be the day after here.
    let end = extents.iter().map(|extent| extent.last + (reach(extent.layer) + 1).max(extent.longest)).max()?;
    Some((first, end))
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
