//! Points that a phone has grouped, and what several of one bucket mean.
//!
//! A bucket is one number. Beside one that the phone has merged of several sources ("Watch|iPhone"), the sources' own are
//! what each has measured in that time; without it, points of several sources are. Several of one source have been grouped by
//! nobody: they are measurements, unless they are totals of a day, of which only one can be true.

use jiff::tz::TimeZone;

use crate::model::time::Layer;
use crate::validate::aggregation::{Layers, OfMetric, Placement, PointNote, Pointed, begins, end_of};

/// Places all points of a metric that is grouped by `layer`.
pub fn place(metric: &OfMetric, layer: Layer, home: &TimeZone, layers: &mut Layers) {
    let (grouped, measured): (Vec<Pointed>, Vec<Pointed>) =
        metric.points.iter().partition(|point| is_bucket(point, layer, home));
    for point in measured {
        put(layers, &point, Layer::Raw, end_of(point.reading, Layer::Raw, home));
    }
    for bucket in grouped.chunk_by(|a, b| (a.reading.start, a.context()) == (b.reading.start, b.context())) {
        let end = end_of(bucket[0].reading, layer, home);
        match (bucket, merged_of(bucket)) {
            ([only], _) => put(layers, only, layer, end),
            (_, Some(merged)) => beside_merged(bucket, merged, (layer, end), layers),
            _ => unmerged(metric, bucket, (layer, end), layers),
        }
    }
}

/// Whether a point can be a bucket of the layer: it begins where one does, and names no other end.
fn is_bucket(point: &Pointed, layer: Layer, home: &TimeZone) -> bool {
    let reading = point.reading;
    layer != Layer::Raw
        && begins(reading, layer)
        && reading.end.is_none_or(|end| end > reading.start && end == end_of(reading, layer, home))
}

fn put(layers: &mut Layers, point: &Pointed, layer: Layer, end: i64) {
    layers.places[point.section][point.at] = Some(Placement { layer, end });
}

/// The source that is made of all others in a bucket, where there is one.
pub fn merged_of<'a>(bucket: &[Pointed<'a>]) -> Option<&'a str> {
    let sources = |point: &Pointed<'a>| -> &'a str { &point.reading.source };
    let merged = bucket.iter().map(sources).filter(|source| source.contains('|'));
    let merged = merged.max_by_key(|source| source.split('|').count())?;
    let holds = |source: &str| source.split('|').all(|part| merged.split('|').any(|own| own == part));
    bucket.iter().all(|point| holds(sources(point))).then_some(merged)
}

/// The merged point is the bucket; those of its parts are what each of them has measured in it.
fn beside_merged(bucket: &[Pointed], merged: &str, (layer, end): (Layer, i64), layers: &mut Layers) {
    let (whole, parts): (Vec<Pointed>, Vec<Pointed>) = bucket.iter().partition(|point| point.reading.source == merged);
    keep_largest(&whole, (layer, end), layers);
    for part in parts.chunk_by(|a, b| a.reading.source == b.reading.source) {
        keep_largest(part, (Layer::Raw, end), layers);
    }
}

fn unmerged(metric: &OfMetric, bucket: &[Pointed], (layer, end): (Layer, i64), layers: &mut Layers) {
    let mut by_source = bucket.to_vec();
    by_source.sort_by(|a, b| a.reading.source.cmp(&b.reading.source));
    let several = by_source.first().map(|point| &point.reading.source) != by_source.last().map(|p| &p.reading.source);
    for own in by_source.chunk_by(|a, b| a.reading.source == b.reading.source) {
        let contradict = metric.totals && metric.lasts && layer >= Layer::Day;
        match own {
            [only] => put(layers, only, Layer::Raw, end),
            _ if contradict => keep_largest(own, (if several { Layer::Raw } else { layer }, end), layers),
            _ => own.iter().for_each(|point| put(layers, point, Layer::Raw, point.reading.start)),
        }
    }
}

/// Of several numbers for one thing the largest can be true, for totals grow.
fn keep_largest(points: &[Pointed], (layer, end): (Layer, i64), layers: &mut Layers) {
    let value = |point: &Pointed| point.reading.parts.as_slice().first().and_then(|part| part.value);
    let most = |a: &&Pointed, b: &&Pointed| {
        value(a).unwrap_or(f64::MIN).total_cmp(&value(b).unwrap_or(f64::MIN)).then(b.at.cmp(&a.at))
    };
    let Some(largest) = points.iter().max_by(most) else { return };
    put(layers, largest, layer, end);
    let shown = |point: &Pointed| value(point).map_or("nothing".to_owned(), |value| value.to_string());
    for other in points.iter().filter(|point| (point.section, point.at) != (largest.section, largest.at)) {
        if value(other) != value(largest) {
            let text = format!(
                "it says {} of a {} of which it says {} as well: the larger was stored",
                shown(other),
                if layer == Layer::Raw { "stretch of time" } else { layer.as_str() },
                shown(largest),
            );
            layers.notes.push(PointNote { section: other.section, at: other.at, text });
        }
    }
}
