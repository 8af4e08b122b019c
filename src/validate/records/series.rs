//! Values over the time of a workout. A point that cannot be read is left out and reported; the workout stays.

use jiff::tz::TimeZone;

use super::LeftOut;
use super::figures::unit_of;
use super::moment::{Moment, START};
use crate::decode::auto_export::Node;
use crate::model::unit::{Conversion, conversion};
use crate::model::workout::{SeriesPoint, WorkoutSeries};

const HEART_RATE: &str = "heart_rate";
const RECOVERY: &str = "heart_rate_recovery";

/// True for a list whose elements are points in time.
pub fn is_series(list: Node) -> bool {
    list.items().any(|point| START.iter().any(|key| point.get(key).is_present()))
}

/// The points of one list, in order of time; `path` is the list's own.
pub fn read(name: &str, list: Node, path: &str, home: &TimeZone, left_out: &mut Vec<LeftOut>) -> WorkoutSeries {
    let first = list.items().find_map(|point| units(point)).unwrap_or_default();
    let unit = unit_of(name).unwrap_or(first);
    let mut series = WorkoutSeries { name: name.into(), unit: unit.into(), points: Vec::new() };
    let mut scale = (unit, Conversion::IDENTITY);
    for (at, point) in list.items().enumerate() {
        match read_point(point, unit, &mut scale, home) {
            Ok(point) => series.points.push(point),
            Err(reason) => left_out.push(LeftOut { path: format!("{path}[{at}]"), reason, item: point.json() }),
        }
    }
    series.points.sort_by_key(|point| point.at);
    series
}

fn units<'a>(point: Node<'a>) -> Option<&'a str> {
    point.any(&["units", "unit"]).text()
}

/// `scale` holds the unit of the last point, since most of a list share one.
fn read_point<'a>(
    point: Node<'a>,
    unit: &'a str,
    scale: &mut (&'a str, Conversion),
    home: &TimeZone,
) -> Result<SeriesPoint, String> {
    let at = Moment::find(point, &START, home)?.ok_or("the point has no date")?.utc;
    let sent = units(point).unwrap_or(unit);
    if scale.0 != sent {
        let found = conversion(sent, unit).ok_or_else(|| format!("the unit {sent:?} cannot be brought to {unit:?}"))?;
        *scale = (sent, found);
    }
    let number = |keys: &[&str]| {
        let found = point.any(keys);
        match found.number() {
            None if found.is_present() => Err(format!("{} {} is not a number", keys[0], found.json())),
            number => Ok(number.map(|number| scale.1.read(number))),
        }
    };
    let value = number(&["qty", "Avg", "avg", "value", "hr"])?;
    let (min, max) = (number(&["Min", "min"])?, number(&["Max", "max"])?);
    match value.or(min).or(max) {
        Some(_) => Ok(SeriesPoint { at, value, min, max }),
        None => Err("the point has no number: qty, or Min / Avg / Max, is needed".into()),
    }
}

/// Heart rates after the end are recovery, wherever the app has put them; one point per instant.
pub fn part_recovery(all: &mut Vec<WorkoutSeries>, end: i64) {
    let Some(heart) = all.iter_mut().find(|series| series.name == HEART_RATE) else { return };
    let after = heart.points.partition_point(|point| point.at <= end);
    let late = heart.points.split_off(after);
    if late.is_empty() {
        return;
    }
    let unit = heart.unit.clone();
    let recovery = match all.iter().position(|series| series.name == RECOVERY) {
        Some(at) => &mut all[at],
        None => {
            all.push(WorkoutSeries { name: RECOVERY.into(), unit, points: Vec::new() });
            let last = all.len() - 1;
            &mut all[last]
        }
    };
    recovery.points.extend(late);
    recovery.points.sort_by_key(|point| point.at);
    recovery.points.dedup_by_key(|point| point.at);
}
