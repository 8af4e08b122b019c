//! Sleep: a segment (`startDate`, `endDate`, `value`) is a sample; a night that the phone has summed up, in any of the
//! three shapes it has had, is a summary.

use jiff::tz::TimeZone;

use super::moment::{END, Moment, source};
use crate::decode::auto_export::{List, Node};
use crate::model::receipt::ItemProblem;
use crate::model::sample::{Sample, Series};
use crate::model::sender::Sender;
use crate::model::sleep::{NightSummary, SLEEP, Stage, night_of};
use crate::model::time::Layer;
use crate::model::unit::{Conversion, conversion};
use crate::validate::filling::Filling;

/// Minutes that a segment without an end can last.
const LONGEST: f64 = 7.0 * 24.0 * 60.0;
const STAGES: [&str; 3] = ["core", "deep", "rem"];
/// Keys that only a summed night has.
const OF_NIGHTS: [&str; 11] = [
    "asleep",
    "core",
    "deep",
    "rem",
    "awake",
    "inBed",
    "totalSleep",
    "sleepStart",
    "sleepEnd",
    "inBedStart",
    "inBedEnd",
];

/// A stretch of one stage.
struct Segment {
    start: Moment,
    span: i64,
    stage: Stage,
    source: String,
}

enum Slept {
    Segment(Segment),
    Night(NightSummary),
}

pub fn add(list: &List, filling: &mut Filling) {
    let name = filling.add_name(SLEEP);
    let hours = hours(list.units);
    let mut series = None;
    let mut nights = Vec::new();
    for (at, node) in list.items.iter().enumerate() {
        match read(*node, &hours, filling.home) {
            Ok(Slept::Segment(segment)) => {
                let series = *series.get_or_insert_with(|| add_series(list.units, filling));
                add_segment(&segment, series, name, filling);
            }
            Ok(Slept::Night(night)) => nights.push((at, night.made_possible())),
            Err(reason) => filling.reject(name, format!("{}[{at}]", list.path), reason, node.json()),
        }
    }
    for (at, (night, wrong)) in nights {
        let item = filling.add_item(name);
        filling.batch.nights.push(NightSummary { item, ..night });
        let path = format!("{}[{at}]", list.path);
        filling.batch.notes.extend(wrong.map(|reason| ItemProblem { path, reason }));
    }
}

/// To minutes from the unit sent. The app writes hours; old files call them by other names.
fn hours(units: &str) -> Conversion {
    let hours = Conversion { scale: 60.0, offset: 0.0 };
    if units.is_empty() { hours } else { conversion(units, "min").unwrap_or(hours) }
}

fn read(node: Node, hours: &Conversion, home: &TimeZone) -> Result<Slept, String> {
    if !node.is_object() {
        return Err("this must be an object with a night or a segment of sleep".into());
    }
    let sums = OF_NIGHTS.iter().any(|key| node.get(key).is_present());
    match segment(node, hours, sums, home)? {
        Some(segment) => Ok(Slept::Segment(segment)),
        None => night(node, hours, home).map(Slept::Night),
    }
}

/// A segment, when it has a word for its stage. Some versions repeat the night's sums in each.
fn segment(node: Node, hours: &Conversion, sums: bool, home: &TimeZone) -> Result<Option<Segment>, String> {
    let value = node.any(&["value", "stage"]);
    let word = value.text();
    let found = word.and_then(Stage::from_word).or_else(|| value.number().and_then(Stage::from_value));
    let stage = match (found, word) {
        (Some(stage), _) => stage,
        (None, Some(word)) => return Err(format!("{word:?} is not a stage of sleep that we know")),
        (None, None) if !sums && node.any(&["startDate", "start"]).is_present() => {
            return Err("the segment has no value, such as Core".into());
        }
        (None, None) => return Ok(None),
    };
    let start = Moment::find(node, &["startDate", "start", "date"], home)?.ok_or("the segment has no start")?;
    let end = match Moment::find(node, &END, home)? {
        Some(end) => end.utc,
        None => {
            let minutes = node.get("qty").small_number().map(|number| hours.read(number));
            let minutes = minutes.filter(|minutes| (0.0..=LONGEST).contains(minutes));
            let minutes = minutes.ok_or("the segment has neither an end nor a length in hours")?;
            start.utc + (minutes * 60.0).round() as i64
        }
    };
    match end < start.utc {
        true => Err("the end is before the start".into()),
        false => Ok(Some(Segment { start, span: end - start.utc, stage, source: source(node.get("source")) })),
    }
}

fn add_series(units: &str, filling: &mut Filling) -> u32 {
    let unit_sent = units.to_owned();
    filling.batch.series.push(Series { metric: SLEEP.into(), unit: "stage".into(), unit_sent });
    filling.batch.series.len() as u32 - 1
}

fn add_segment(segment: &Segment, series: u32, name: u32, filling: &mut Filling) {
    let item = filling.add_item(name);
    let source = filling.source(&segment.source);
    filling.batch.samples.push(Sample {
        item,
        series,
        layer: Layer::Raw,
        start: segment.start.utc,
        span: segment.span,
        offset_minutes: segment.start.offset_minutes,
        value: Some(segment.stage.value()),
        min: None,
        max: None,
        source,
        context: None,
        manual: false,
    });
}

/// A night. Where it has stages, `asleep` and `inBed` are sent as 0 and mean nothing; where it has none, stages are.
fn night(node: Node, hours: &Conversion, home: &TimeZone) -> Result<NightSummary, String> {
    let moment = |keys: &[&str]| Moment::find(node, keys, home);
    let (start, end) = (moment(&["sleepStart", "startDate", "start"])?, moment(&["sleepEnd", "endDate", "end"])?);
    let (in_bed_start, in_bed_end) = (moment(&["inBedStart"])?, moment(&["inBedEnd"])?);
    let named = moment(&["date"])?;
    let shown = end.or(in_bed_end).or(named).ok_or("the night has neither an end nor a date")?;
    let minutes = |key: &str| minutes(node, key, hours);
    let [core, deep, rem] = STAGES.map(minutes);
    let stages = [core?, deep?, rem?];
    let staged = stages.iter().flatten().any(|minutes| *minutes > 0.0);
    let some = |minutes: Option<f64>| minutes.filter(|minutes| *minutes > 0.0);
    let total = some(minutes("totalSleep")?);
    let (asleep, in_bed, awake) = (minutes("asleep")?.or(minutes("qty")?), minutes("inBed")?, minutes("awake")?);
    let said = stages.iter().chain([&total, &asleep, &in_bed, &awake]).any(|number| number.is_some());
    if !said && start.is_none() && in_bed_start.is_none() {
        return Err("the night says nothing: none of asleep, inBed, core, deep, rem, awake, totalSleep is there".into());
    }
    let own = |one: Option<f64>| if staged { one } else { some(one) };
    // No sleep says something only of somebody who was seen awake.
    let measured = |asleep: Option<f64>| asleep.filter(|minutes| *minutes > 0.0 || some(awake).is_some());
    let lay = in_bed_start.zip(in_bed_end).map(|(from, to)| (to.utc - from.utc) as f64 / 60.0);
    let offset_minutes = shown.offset_minutes;
    let utc = |moment: Option<Moment>| moment.map(|moment| moment.utc);
    Ok(NightSummary {
        item: 0,
        sender: Sender::AutoExport,
        date: date(start.or(in_bed_start), shown, named),
        source: sleeper(node),
        offset_minutes,
        start: utc(start),
        end: utc(end),
        in_bed_start: utc(in_bed_start),
        in_bed_end: utc(in_bed_end),
        asleep: if staged { total.or(Some(stages.iter().flatten().sum())) } else { total.or(measured(asleep)) },
        in_bed: some(in_bed).or(some(lay)),
        core: own(stages[0]),
        deep: own(stages[1]),
        rem: own(stages[2]),
        awake: own(awake),
    })
}

/// The date that the phone has named, a midnight, where that can be; else the one that the times belong to. Older versions of the
/// app name some moment or other.
fn date(start: Option<Moment>, shown: Moment, named: Option<Moment>) -> i32 {
    let by_times = start.map(|start| night_of(start.utc, shown.utc, shown.offset_minutes));
    let is_midnight = |moment: &Moment| (moment.utc + i64::from(moment.offset_minutes) * 60).rem_euclid(86_400) == 0;
    let named = named.filter(is_midnight).map(Moment::local_date);
    let can_be = |date: &i32| *date == shown.local_date() || Some(*date) == by_times;
    named.filter(can_be).or(by_times).unwrap_or_else(|| shown.local_date())
}

/// Minutes under that key, which the phone sends as hours.
fn minutes(node: Node, key: &str, hours: &Conversion) -> Result<Option<f64>, String> {
    let value = node.get(key);
    if !value.is_present() {
        return Ok(None);
    }
    match value.small_number().map(|number| hours.read(number)) {
        Some(minutes) if minutes >= 0.0 => Ok(Some(minutes)),
        _ => Err(format!("{key} must be a number of hours")),
    }
}

/// Old versions name the sources of sleep and of bed apart.
fn sleeper(node: Node) -> String {
    let names = ["source", "sleepSource", "inBedSource"].map(|key| source(node.get(key)));
    names.into_iter().find(|name| !name.is_empty()).unwrap_or_default()
}
