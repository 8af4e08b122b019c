//! Which layer a point belongs to: a measurement of HealthKit's own, or a bucket that the phone has summed.
//!
//! The automation says so in a header. A file or a plain POST does not, and then the points tell (`evidence`): an end of
//! its own, seconds, or two points in one bucket are measurements. Where nothing tells, the coarsest bucket is a guess, which
//! the store corrects by what the same sender has shown (`Grouping`). How many points a body has decides nothing. What
//! becomes of several points of one bucket is in `buckets`.

mod buckets;
mod evidence;

use std::collections::HashMap;

use jiff::tz::TimeZone;

use crate::model::grouping::Grouping;
use crate::model::metric::{Kind, catalogue};
use crate::model::time::{Layer, bucket_end};
use crate::validate::ReadSection;
use crate::validate::reading::Reading;

/// What the phone says it did before sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Aggregation {
    /// Not said.
    #[default]
    Unstated,
    /// The app's own: heart rate as measured, the rest by the minute.
    Default,
    Stated(Layer),
}

/// The one metric that the app does not group by default.
const HEART_RATE: &str = "heart_rate";

impl Aggregation {
    /// Reads the header `automation-aggregation`; its spelling differs by version of the app.
    pub fn parse(header: &str) -> Aggregation {
        let word: String = header.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
        let stated = match word.trim_end_matches('s') {
            "none" | "off" | "false" | "raw" | "second" => Layer::Raw,
            "minute" => Layer::Minute,
            "hour" | "hourly" => Layer::Hour,
            "day" | "daily" => Layer::Day,
            "week" | "weekly" => Layer::Week,
            "month" | "monthly" => Layer::Month,
            "year" | "yearly" => Layer::Year,
            "default" => return Aggregation::Default,
            _ => return Aggregation::Unstated,
        };
        Aggregation::Stated(stated)
    }

    pub fn is_longer_than_a_day(self) -> bool {
        matches!(self, Aggregation::Stated(layer) if layer > Layer::Day)
    }

    /// What was said of a metric, if anything was.
    fn of(self, metric: &str) -> Option<Layer> {
        match self {
            Aggregation::Unstated => None,
            Aggregation::Default if metric == HEART_RATE => Some(Layer::Raw),
            Aggregation::Default => Some(Layer::Minute),
            Aggregation::Stated(layer) => Some(layer),
        }
    }
}

/// Where a point goes: its layer, and the end of its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    pub layer: Layer,
    /// UTC epoch seconds.
    pub end: i64,
}

/// A sentence about the point at a position of a section.
pub struct PointNote {
    pub section: usize,
    pub at: usize,
    pub text: String,
}

/// What is decided about all points of a body.
#[derive(Default)]
pub struct Layers {
    /// By section and point; none where another point of its bucket is believed in its place, or it cannot be read.
    pub places: Vec<Vec<Option<Placement>>>,
    pub notes: Vec<PointNote>,
    /// What a body without a header shows of its sender.
    pub grouping: Option<Grouping>,
}

/// A point among all of its metric's.
#[derive(Clone, Copy)]
struct Pointed<'a> {
    section: usize,
    at: usize,
    reading: &'a Reading<'a>,
}

impl Pointed<'_> {
    /// What a bucket is split by, beside its start.
    fn context(&self) -> Option<&str> {
        self.reading.parts.as_slice().first().and_then(|part| part.context)
    }
}

/// All points of one metric, by start and context.
struct OfMetric<'a> {
    name: &'a str,
    /// The names under which its samples are stored.
    parts: Vec<&'a str>,
    /// Whether values add up over time.
    totals: bool,
    /// Whether what it measures takes time, so that two of its values at one moment are not two things.
    lasts: bool,
    points: Vec<Pointed<'a>>,
}

/// Decides for each section and point.
pub fn layers(aggregation: Aggregation, sections: &[&ReadSection], home: &TimeZone) -> Layers {
    let metrics = by_metric(sections);
    let mut layers = Layers {
        places: sections.iter().map(|section| vec![None; section.readings.len()]).collect(),
        ..Layers::default()
    };
    let shown = (aggregation == Aggregation::Unstated).then(|| evidence::look(&metrics, home));
    for (at, metric) in metrics.iter().enumerate() {
        let layer = match (aggregation.of(metric.name), &shown) {
            (Some(stated), _) => stated,
            (None, Some(shown)) => shown.layer(at),
            (None, None) => Layer::Raw,
        };
        buckets::place(metric, layer, home, &mut layers);
    }
    layers.grouping = shown.map(|shown| shown.grouping(&metrics));
    layers
}

fn by_metric<'a>(sections: &[&'a ReadSection]) -> Vec<OfMetric<'a>> {
    let mut found: HashMap<&str, usize> = HashMap::new();
    let mut metrics: Vec<OfMetric> = Vec::new();
    for (number, section) in sections.iter().enumerate() {
        let name = section.meaning.name.as_str();
        let at = *found.entry(name).or_insert_with(|| {
            let known = catalogue().resolve(name);
            metrics.push(OfMetric {
                name,
                parts: section.meaning.parts.iter().map(|part| part.metric.as_str()).collect(),
                totals: known.is_some_and(|metric| metric.kind == Kind::Cumulative),
                lasts: known.is_some_and(|metric| metric.lasts.is_some()),
                points: Vec::new(),
            });
            metrics.len() - 1
        });
        let readings = section.readings.iter().enumerate();
        let points =
            readings.filter_map(|(at, reading)| Some(Pointed { section: number, at, reading: reading.as_ref().ok()? }));
        metrics[at].points.extend(points);
    }
    for metric in &mut metrics {
        metric.points.sort_by(|a, b| (a.reading.start, a.context()).cmp(&(b.reading.start, b.context())));
    }
    metrics
}

/// Whether a point begins where a bucket of the layer does.
fn begins(reading: &Reading, layer: Layer) -> bool {
    let local = reading.start + i64::from(reading.offset_minutes) * 60;
    let seconds = match layer {
        Layer::Raw => 1,
        Layer::Minute => 60,
        Layer::Hour => 3600,
        Layer::Day | Layer::Week | Layer::Month | Layer::Year => 86_400,
    };
    local.rem_euclid(seconds) == 0
}

fn end_of(reading: &Reading, layer: Layer, home: &TimeZone) -> i64 {
    match layer {
        Layer::Raw => reading.end.unwrap_or(reading.start),
        layer => bucket_end(layer, reading.start, reading.offset_minutes, home),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_read_in_every_spelling() {
        for (text, layer) in [
            ("Days", Layer::Day),
            ("minutes", Layer::Minute),
            (" HOURS ", Layer::Hour),
            ("None", Layer::Raw),
            ("Seconds", Layer::Raw),
            ("Months", Layer::Month),
        ] {
            assert_eq!(Aggregation::parse(text), Aggregation::Stated(layer), "{text}");
        }
        assert_eq!(Aggregation::parse("Default"), Aggregation::Default);
        assert_eq!(Aggregation::parse("default").of("heart_rate"), Some(Layer::Raw));
        assert_eq!(Aggregation::parse("default").of("step_count"), Some(Layer::Minute));
        assert_eq!(Aggregation::parse(""), Aggregation::Unstated);
    }
}
