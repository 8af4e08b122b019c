//! Which number of an item is its value: Shortcuts name it after the statistic that they have worked out.
//!
//! `{"type": "steps", "sum": 8412, "average": 30, "count": 280}` tells of 8412 steps, `{"type": "heart_rate", "count": 280,
//! "average": 61}` of a rate of 61. A sum of heart rates is no heart rate, and a mean of steps no total: those are refused.

use std::borrow::Cow;

use serde_json::Value;

use super::fields::Fields;
use super::keys::Key;
use super::{Sent, names};
use crate::model::metric::{Kind, Metric};
use crate::model::unit::conversion;

/// The value of an item.
#[derive(Debug, PartialEq)]
pub struct Picked<'a> {
    pub key: &'a str,
    /// As it stands; none where several keys make one number.
    pub value: Option<&'a Value>,
    pub sent: Sent<'a>,
    /// That the key names.
    pub unit: Cow<'a, str>,
}

/// The value of an item of that metric; none where it has none, and the reason where what it has cannot be one.
pub fn pick<'a>(fields: &Fields<'a>, name: &str) -> Option<Result<Picked<'a>, String>> {
    let find = |wanted: Key| fields.values.iter().find(|(key, ..)| *key == wanted).map(|found| Ok(whole(found, "")));
    if let Some(found) = find(Key::Value) {
        return Some(found);
    }
    let metric = names::known(name).map(|(metric, _)| metric);
    let is_sleep = names::is_sleep(name);
    let is_time = is_sleep || metric.is_some_and(|metric| conversion("min", &metric.unit).is_some());
    let statistic = || match metric.map(|metric| metric.kind) {
        Some(Kind::Discrete) => of_level(fields, name, &find),
        Some(Kind::Cumulative) => of_total(fields, name, is_time, &find),
        _ => find(Key::Average).or_else(|| find(Key::Sum)).or_else(|| find(Key::Count)),
    };
    let time = || if is_time { time(fields, metric, is_sleep) } else { None };
    if is_sleep { time().or_else(statistic) } else { statistic().or_else(time) }
}

type Found<'a> = Option<Result<Picked<'a>, String>>;

fn of_level<'a>(fields: &Fields<'a>, name: &str, find: &impl Fn(Key) -> Found<'a>) -> Found<'a> {
    // Beside a minimum and a maximum a count is of the samples.
    let alone = fields.min == Sent::Absent && fields.max == Sent::Absent;
    let count = || if alone { find(Key::Count) } else { None };
    let refused =
        || find(Key::Sum).map(|_| Err(format!("a sum is no value of {name}: send the average or the latest")));
    find(Key::Average).or_else(|| if alone { count().or_else(refused) } else { None })
}

fn of_total<'a>(fields: &Fields<'a>, name: &str, is_time: bool, find: &impl Fn(Key) -> Found<'a>) -> Found<'a> {
    let times = fields.values.iter().any(|(key, ..)| matches!(key, Key::Time(_)));
    let count = || if is_time && times { None } else { find(Key::Count) };
    let refused = || find(Key::Average).map(|_| Err(format!("an average is no total of {name}: send the sum")));
    find(Key::Sum).or_else(count).or_else(|| if is_time && times { None } else { refused() })
}

fn whole<'a>((_, key, value): &(Key, &'a str, &'a Value), unit: &'a str) -> Picked<'a> {
    Picked { key, value: Some(value), sent: Sent::of(value), unit: unit.into() }
}

/// Hours, minutes and seconds, which may stand beside each other.
fn time<'a>(fields: &Fields<'a>, metric: Option<&Metric>, is_sleep: bool) -> Found<'a> {
    let of = |unit: &str| fields.values.iter().find(|(key, ..)| matches!(key, Key::Time(known) if *known == unit));
    let (hours, minutes) = (of("hr"), of("min"));
    if let (Some(hours), Some(minutes)) = (hours, minutes)
        && let (Some(whole), Some(part)) = (number(hours.2), number(minutes.2))
        && whole.fract() == 0.0
        && (0.0..60.0).contains(&part)
    {
        let sent = Sent::Number(whole * 60.0 + part);
        return Some(Ok(Picked { key: hours.1, value: None, sent, unit: "min".into() }));
    }
    if let Some(found) = hours.or(minutes).or(of("s")) {
        let Key::Time(unit) = found.0 else { return None };
        return Some(Ok(whole(found, unit)));
    }
    let found = of("")?;
    // Sleep and whatever has a unit beside it are judged where units are.
    let has_unit = is_sleep || found.2.as_str().is_some_and(|text| text.contains(char::is_alphabetic));
    match (has_unit, metric) {
        (false, Some(_)) => Some(Ok(Picked { sent: clock(found.2), ..whole(found, "") })),
        _ => Some(Ok(whole(found, ""))),
    }
}

/// `0:48:00` as seconds, which a number alone never says.
fn clock(value: &Value) -> Sent<'_> {
    let parts: Option<Vec<f64>> =
        value.as_str().map(|text| text.split(':').map(|part| part.trim().parse().ok()).collect()).unwrap_or_default();
    match parts.as_deref() {
        Some([hours, minutes, seconds]) => {
            Sent::Text(format!("{} s", hours * 3600.0 + minutes * 60.0 + seconds).into())
        }
        _ => Sent::of(value),
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}
