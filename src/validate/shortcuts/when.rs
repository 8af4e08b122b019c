//! When an item was, and whether its number is the total of a day.
//!
//! A date without a time, a day from midnight to midnight, a key of an object that tells of a day, and "yesterday" are
//! totals where the metric adds up. Everything with a time of its own is a measurement.

use std::collections::HashMap;

use jiff::tz::TimeZone;

use super::{Groups, Reader, Ready};
use crate::decode::date::{self, Stamp};
use crate::decode::shortcuts::{Entry, Grain, Sent};
use crate::model::day::local_day_start;
use crate::model::time::{Layer, bucket_end, fixed_zone, offset_minutes_at};
use crate::validate::filling::Filling;

/// The time of one item.
#[derive(Debug, Clone, Copy)]
pub struct When {
    /// UTC epoch seconds.
    pub start: i64,
    pub end: i64,
    pub offset_minutes: i32,
    pub layer: Layer,
    /// What was sent of the time.
    told: Told,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    /// A date without a time.
    Date,
    /// A moment, without an end.
    Moment,
    /// A whole day, or a beginning and an end.
    Span,
}

impl When {
    pub fn of(entry: &Entry, reader: &Reader) -> Result<When, String> {
        let day = match entry.grain {
            Grain::Today => Some(0),
            Grain::Yesterday => Some(-1),
            Grain::Item | Grain::Day => None,
        };
        match (stamp("the date", &entry.start, reader)?, day) {
            (None, Some(days)) => {
                let start = local_day_start(reader.received_at, &reader.zone, days);
                Ok(whole_day(start, None, &reader.zone))
            }
            (None, None) => Ok(When { told: Told::Nothing, ..moment(reader.received_at, None, &reader.zone) }),
            (Some(start), _) => told(entry, &start, reader),
        }
    }

    fn as_day(self, zone: &TimeZone) -> When {
        let own = zone_of(self.start, self.offset_minutes, zone);
        let start = local_day_start(self.start, &own, 0);
        When { told: self.told, ..whole_day(start, Some(self.offset_minutes), zone) }
    }
}

fn told(entry: &Entry, start: &Stamp, reader: &Reader) -> Result<When, String> {
    let zone = &reader.zone;
    let at = moment(start.utc, start.offset_minutes, zone);
    let whole = whole_day(start.utc, Some(at.offset_minutes), zone);
    let at_midnight = local_day_start(start.utc, &zone_of(start.utc, at.offset_minutes, zone), 0) == start.utc;
    match stamp("the end", &entry.end, reader)? {
        Some(end) if end.utc < start.utc => Err("the end is before the start".into()),
        Some(end) if at_midnight && end.utc == whole.end => Ok(whole),
        Some(end) if end.utc > start.utc => Ok(When { end: end.utc, told: Told::Span, ..at }),
        // A date as text without a clock; the same as midnight for a metric that does not add up.
        _ if is_date_only(&entry.start) && entry.grain != Grain::Item => Ok(whole),
        _ if is_date_only(&entry.start) => Ok(When { told: Told::Date, ..at }),
        _ if at_midnight && entry.grain != Grain::Item => Ok(whole),
        _ => Ok(at),
    }
}

fn moment(start: i64, offset_minutes: Option<i32>, zone: &TimeZone) -> When {
    let offset_minutes = offset_minutes.unwrap_or_else(|| offset_minutes_at(start, zone));
    When { start, end: start, offset_minutes, layer: Layer::Raw, told: Told::Moment }
}

fn whole_day(start: i64, offset_minutes: Option<i32>, zone: &TimeZone) -> When {
    let at = moment(start, offset_minutes, zone);
    let end = bucket_end(Layer::Day, start, at.offset_minutes, zone);
    When { end, layer: Layer::Day, told: Told::Span, ..at }
}

/// The zone of a time that came with an offset: the one that is known, when it has that offset there.
fn zone_of(utc: i64, offset_minutes: i32, zone: &TimeZone) -> TimeZone {
    if offset_minutes_at(utc, zone) == offset_minutes { zone.clone() } else { fixed_zone(offset_minutes) }
}

/// Makes totals of what stands for a day, now that it is known which items are alone in theirs.
pub fn settle(ready: &mut [Ready], groups: &Groups, reader: &Reader, filling: &mut Filling) {
    let mut alike: HashMap<(&str, i64, bool), u32> = HashMap::new();
    let key = |item: &Ready| {
        let metric = groups.all[item.group].meaning.name.as_str();
        let open = matches!(item.when.told, Told::Nothing | Told::Date);
        open.then_some((metric, item.when.start, item.when.told == Told::Nothing))
    };
    ready.iter().filter_map(key).for_each(|key| *alike.entry(key).or_default() += 1);
    for item in ready {
        let alone = key(item).is_none_or(|key| alike[&key] == 1);
        let cumulative = groups.all[item.group].cumulative;
        let of_a_day = match item.when.told {
            // Several numbers of one day that add up are measurements whose time was lost, not totals.
            Told::Nothing | Told::Date => cumulative && alone,
            Told::Moment => cumulative && item.entry.grain == Grain::Day,
            Told::Span => false,
        };
        if of_a_day {
            item.when = item.when.as_day(&reader.zone);
        }
        if item.when.told == Told::Nothing {
            let taken = if super::is_total(item.when.layer) { "as the total of the day" } else { "at the time" };
            filling.note(&item.entry.path, format!("there is no date: it was stored {taken} when it arrived"));
        }
    }
}

fn is_date_only(sent: &Sent) -> bool {
    let Sent::Text(text) = sent else { return false };
    let digits = text.chars().filter(|c| c.is_numeric()).count();
    // `2026-09-15`, `Sep 1, 2026`, `20260915`: never more than eight digits, which an epoch and a clock both exceed.
    digits <= 8 && !text.contains(':')
}

pub fn stamp(name: &str, field: &Sent, reader: &Reader) -> Result<Option<Stamp>, String> {
    let parse = |text: &str| date::parse_by(text, &reader.zone, reader.order);
    let parsed = match field {
        Sent::Absent => return Ok(None),
        Sent::Number(number) => date::from_epoch(*number).ok_or_else(|| number.to_string()),
        Sent::Text(text) => {
            // An offset's `+` that was not percent-encoded arrives from an address as a blank.
            let with_plus = || text.rsplit_once(' ').and_then(|(at, offset)| parse(&format!("{at}+{offset}")));
            let found = parse(text).or_else(with_plus).filter(Stamp::is_believable);
            found.ok_or_else(|| format!("{:?}", text.as_ref()))
        }
        Sent::Other => return Err(format!("{name} must be a text or a number")),
    };
    parsed.map(Some).map_err(|shown| {
        let locale = match field {
            Sent::Text(text) if reader.order.is_none() && date::is_date(text) => {
                ", or add ?locale= to the address, such as locale=en_US or locale=en_GB"
            }
            _ => "",
        };
        format!(
            "{name} {shown} is not one that can be read: write it as 2026-09-15 or 2026-09-15T07:30:00+02:00{locale}"
        )
    })
}
