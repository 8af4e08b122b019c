//! Sleep: a stage with a start and an end is a segment, hours of sleep are a night that somebody has summed.

use super::{Reader, when};
use crate::decode::shortcuts::{Entry, Grain, Sent};
use crate::model::day::local_day_start;
use crate::model::metric::Metric;
use crate::model::sample::{Sample, Series};
use crate::model::sender::Sender;
use crate::model::sleep::{NightSummary, Stage};
use crate::model::time::{Layer, offset_minutes_at};
use crate::model::unit::conversion;
use crate::validate::filling::Filling;

pub fn add(filling: &mut Filling, reader: &Reader, entry: &Entry, metric: &Metric, unit: Option<&str>) {
    let name = filling.add_name(&metric.name);
    let stage = match &entry.value {
        Sent::Text(text) => Stage::from_word(text),
        _ => None,
    };
    let done = match stage {
        Some(stage) => segment(filling, reader, entry, metric, stage, name),
        None => night(filling, reader, entry, unit, name),
    };
    if let Err(reason) = done {
        filling.reject(name, entry.path.clone(), reason, entry.item.text());
    }
}

fn segment(
    filling: &mut Filling,
    reader: &Reader,
    entry: &Entry,
    metric: &Metric,
    stage: Stage,
    name: u32,
) -> Result<(), String> {
    let start = when::stamp("the start", &entry.start, reader)?.ok_or("a stage of sleep needs a start")?;
    let end = when::stamp("the end", &entry.end, reader)?.ok_or("a stage of sleep needs an end")?;
    if end.utc < start.utc {
        return Err("the end is before the start".into());
    }
    let series = match filling.batch.series.iter().position(|series| series.metric == metric.name) {
        Some(at) => at as u32,
        None => {
            let unit = metric.unit.clone();
            filling.batch.series.push(Series { metric: metric.name.clone(), unit: unit.clone(), unit_sent: unit });
            filling.batch.series.len() as u32 - 1
        }
    };
    let item = filling.add_item(name);
    let source = filling.source(super::source(&entry.source));
    filling.batch.samples.push(Sample {
        item,
        series,
        layer: Layer::Raw,
        start: start.utc,
        span: end.utc - start.utc,
        offset_minutes: start.offset(&reader.zone),
        value: Some(stage.value()),
        min: None,
        max: None,
        source,
        context: None,
        manual: false,
    });
    Ok(())
}

/// A time of sleep; without its unit 7 could be hours as well as minutes.
fn night(filling: &mut Filling, reader: &Reader, entry: &Entry, unit: Option<&str>, name: u32) -> Result<(), String> {
    let words = "sleep is a stage such as \"Core\" with start and end, or a time with its unit such as \"7.5 hr\"";
    let (number, behind) = reader.number(&entry.value, false)?.ok_or(words)?;
    let told = [behind.as_str(), entry.unit.trim(), unit.unwrap_or_default()];
    let unit = told.into_iter().find(|unit| !unit.is_empty()).ok_or(words)?;
    let minutes = conversion(unit, "min").ok_or(words)?.read(number);
    if !(0.0..=1440.0 * 2.0).contains(&minutes) {
        return Err(format!("{minutes} minutes of sleep are not one night's"));
    }
    let moment = match (when::stamp("the date", &entry.start, reader)?, entry.grain) {
        (Some(stamp), _) => stamp.utc,
        (None, Grain::Yesterday) => local_day_start(reader.received_at, &reader.zone, -1),
        (None, _) => reader.received_at,
    };
    let offset_minutes = offset_minutes_at(moment, &reader.zone);
    let date = (moment + i64::from(offset_minutes) * 60).div_euclid(86_400);
    let item = filling.add_item(name);
    filling.batch.nights.push(NightSummary {
        item,
        sender: Sender::Shortcuts,
        date: i32::try_from(date).map_err(|_| "the date is too far off")?,
        source: super::source(&entry.source).to_owned(),
        offset_minutes,
        start: None,
        end: None,
        in_bed_start: None,
        in_bed_end: None,
        asleep: Some(minutes),
        in_bed: None,
        core: None,
        deep: None,
        rem: None,
        awake: None,
    });
    Ok(())
}
