//! The points of a metric as Health Auto Export writes them: the phone's statistics at the moment of sending, in intervals of the
//! phone's clock, the open one too; or samples, of which only the start is told.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::Sync;
use super::automation::Grouping;
use super::buckets::{Grain, around, touched};
use crate::synth::phone::calendar::text;
use crate::synth::phone::metric::{Metric, Style};
use crate::synth::phone::source::{Names, Source};
use crate::synth::phone::statistics::{Levels, Totals, levels_of};
use crate::synth::phone::store::Sample;

/// All points of a metric in a sync.
pub fn points(sync: &Sync, metric: Metric) -> Vec<Value> {
    let grain = match (sync.grouping, metric) {
        (Grouping::None, _) => return samples(sync, metric),
        (Grouping::Default, Metric::HeartRate) => Grain::Second,
        (Grouping::Default | Grouping::Minutes, _) => Grain::Minute,
        (Grouping::Hours, _) => Grain::Hour,
        (Grouping::Days, _) => Grain::Day,
    };
    // A sync begins with a whole interval, whenever the last one was.
    let from = if sync.from == i64::MIN { sync.from } else { around(sync.from, grain, sync.zone).0 };
    let seen = sync.seen(metric, from, sync.to);
    match metric.is_total() {
        true => totals(sync, &seen, (from, grain)),
        false => levels(sync, metric, &seen, (from, grain)),
    }
}

fn samples(sync: &Sync, metric: Metric) -> Vec<Value> {
    let seen = sync.seen(metric, sync.from, sync.to);
    let own = seen.into_iter().filter(|sample| sample.start >= sync.from);
    let point = |sample: &Sample| {
        let (date, source) = (text(sample.start, sync.zone), sync.phone.names.name(sample.source));
        match metric {
            Metric::HeartRate => pulse(&date, same(sample.value), Some(source)),
            _ => json!({"date": date, "qty": sample.value, "source": source}),
        }
    };
    own.map(point).collect()
}

fn same(value: f64) -> Levels {
    Levels { mean: value, min: value, max: value }
}

fn pulse(date: &str, levels: Levels, source: Option<&str>) -> Value {
    let mut point = json!({"date": date, "Min": levels.min, "Avg": levels.mean, "Max": levels.max});
    if let Some(source) = source {
        point["source"] = json!(source);
    }
    point
}

fn totals(sync: &Sync, seen: &[&Sample], (from, grain): (i64, Grain)) -> Vec<Value> {
    let totals = Totals::of_seen(seen.to_vec());
    let within = touched(seen, false, grain, sync.zone).into_iter().filter(|(start, _)| *start >= from);
    let mut points = Vec::new();
    for (start, end) in within.filter(|(start, _)| *start < sync.to) {
        if let Some(value) = totals.within(start, end.min(sync.to)) {
            let source = joined(&totals.sources(start, end), &sync.phone.names);
            points.push(json!({"date": text(start, sync.zone), "qty": value, "source": source}));
        }
    }
    points
}

/// Several writers of one value.
fn joined(sources: &[Source], names: &Names) -> String {
    sources.iter().map(|source| names.name(*source)).collect::<Vec<_>>().join("|")
}

fn levels(sync: &Sync, metric: Metric, seen: &[&Sample], (from, grain): (i64, Grain)) -> Vec<Value> {
    let style = metric.facts().style;
    let spread = style == Style::EquivalentLevel;
    let within = touched(seen, !spread, grain, sync.zone).into_iter().filter(|(start, _)| *start >= from);
    let mut points = Vec::new();
    for (start, end) in within.filter(|(start, _)| *start < sync.to) {
        let end = end.min(sync.to);
        let found = inside(seen, spread, start, end);
        if let Some(levels) = levels_of(&found, style, start, end) {
            points.push(written(metric, levels, start, sync.zone));
        }
    }
    points
}

fn inside<'a>(seen: &[&'a Sample], spread: bool, start: i64, end: i64) -> Vec<&'a Sample> {
    let until = seen.partition_point(|sample| sample.start < end);
    let wide = if spread { 7200 } else { 0 };
    let first = seen.partition_point(|sample| sample.start < start - wide);
    seen[first..until].iter().copied().filter(|sample| sample.start >= start || sample.end > start).collect()
}

/// What is averaged has no source.
fn written(metric: Metric, levels: Levels, start: i64, zone: &TimeZone) -> Value {
    let date = text(start, zone);
    match metric {
        Metric::HeartRate => pulse(&date, levels, None),
        _ => json!({"date": date, "qty": levels.mean}),
    }
}
