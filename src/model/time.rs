//! Time as the store and the answers see it: UTC epoch seconds, plus a zone where people's days are meant.
//!
//! A day is civil, not 86 400 s, so the next day, week, month or year is found on the calendar and only then turned
//! into an instant. `bucket` has the buckets of an answer.
//!
//! Every instant is held within the years 1 to 9998, so that no step of a calendar year can leave jiff's range.

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::{DateTimeParser, DateTimePrinter};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{Span, Timestamp};

use crate::model::zone_rules;

/// 0001-01-01T00:00:00Z.
pub(super) const FIRST: i64 = -62_135_596_800;
/// 9998-12-31T23:59:59Z.
pub(super) const LAST: i64 = 253_370_764_799;
/// From here on a number is milliseconds: as seconds it would be past the year 5138, as milliseconds it is 1973.
const MILLISECONDS_FROM: f64 = 1e11;

/// How a sender cut time before it reached us: single readings, or sums and averages over a calendar unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    Raw = 0,
    Minute = 1,
    Hour = 2,
    Day = 3,
    Week = 4,
    Month = 5,
    Year = 6,
}

impl Layer {
    pub fn as_str(self) -> &'static str {
        match self {
            Layer::Raw => "raw",
            Layer::Minute => "minute",
            Layer::Hour => "hour",
            Layer::Day => "day",
            Layer::Week => "week",
            Layer::Month => "month",
            Layer::Year => "year",
        }
    }

    /// The layer of that lower-case name, if there is one.
    pub fn parse(name: &str) -> Option<Layer> {
        (0..=6).filter_map(Layer::from_id).find(|layer| layer.as_str() == name.trim())
    }

    /// The number stored in the database, 0 to 6.
    pub fn id(self) -> i64 {
        self as i64
    }

    /// The layer stored under that number, if there is one.
    pub fn from_id(id: i64) -> Option<Layer> {
        match id {
            0 => Some(Layer::Raw),
            1 => Some(Layer::Minute),
            2 => Some(Layer::Hour),
            3 => Some(Layer::Day),
            4 => Some(Layer::Week),
            5 => Some(Layer::Month),
            6 => Some(Layer::Year),
            _ => None,
        }
    }
}

/// Minutes that `zone` is ahead of UTC at an instant (UTC epoch seconds); 0 beyond the calendar's ends.
pub fn offset_minutes_at(utc: i64, zone: &TimeZone) -> i32 {
    Timestamp::from_second(utc).map_or(0, |at| zone.to_offset(at).seconds() / 60)
}

/// End, in UTC epoch seconds, of a bucket that a phone delivered; equal to `start` for a raw reading.
///
/// `start` is UTC epoch seconds, `offset_minutes` what the phone wrote beside it. Day and longer buckets follow the
/// calendar of `home` when its offset at `start` is the phone's, so that days of 23 and 25 hours come out right; a
/// phone that was elsewhere, or wrote all of its history with one offset, is taken at its word.
pub fn bucket_end(layer: Layer, start: i64, offset_minutes: i32, home: &TimeZone) -> i64 {
    let span = match layer {
        Layer::Raw => return start,
        Layer::Minute => return start.saturating_add(60),
        Layer::Hour => return start.saturating_add(3600),
        Layer::Day => Span::new().days(1),
        Layer::Week => Span::new().weeks(1),
        Layer::Month => Span::new().months(1),
        Layer::Year => Span::new().years(1),
    };
    let offset = fixed_offset(offset_minutes);
    if home.to_offset(instant(start)) == offset {
        civil_end(start, span, home)
    } else {
        civil_end(start, span, &offset.to_time_zone())
    }
}

/// A start at the first instant of its day ends at the first instant of a later one, whatever hour the clocks showed:
/// where midnight is skipped, 01:00 plus a day is not 01:00.
fn civil_end(start: i64, span: Span, zone: &TimeZone) -> i64 {
    let local = zone.to_datetime(instant(start));
    let next = local.date().saturating_add(span);
    if day_start(local.date(), zone) == start {
        return day_start(next, zone);
    }
    resolve(next.to_datetime(local.time()), zone)
}

/// `2024-02-06T00:00:00+11:00` from UTC epoch seconds; `Z` in place of the offset when `zone` itself is UTC.
pub fn local_rfc3339(utc: i64, zone: &TimeZone) -> String {
    let seconds = zone.to_offset(instant(utc)).seconds();
    let zulu = seconds == 0 && zone.to_fixed_offset().is_ok();
    // The format has no seconds in offsets; local mean times of the 19th century lose theirs on both sides.
    rfc3339(utc, fixed_offset(seconds / 60), zulu)
}

/// `2024-02-06T00:00:00+11:00` from UTC epoch seconds and minutes east of UTC; `Z` when those are 0.
pub fn offset_rfc3339(utc: i64, offset_minutes: i32) -> String {
    rfc3339(utc, fixed_offset(offset_minutes), offset_minutes == 0)
}

fn rfc3339(utc: i64, offset: Offset, zulu: bool) -> String {
    match instant(utc) {
        at if zulu => at.to_string(),
        at => DateTimePrinter::new().timestamp_with_offset_to_string(&at, offset),
    }
}

/// UTC epoch seconds (floor) of a query parameter: RFC 3339, a date (the first instant of that day in `zone`), a local
/// date-time without offset (in `zone`), or epoch seconds or milliseconds by magnitude. Years 1 to 9998.
pub fn parse_instant(text: &str, zone: &TimeZone) -> Option<i64> {
    let text = text.trim();
    let utc = if let Ok(number) = text.parse::<f64>() {
        from_number(number)?
    } else if text.contains('[') {
        // jiff would read `2024-02-06[Europe/Berlin]` as a date of any zone.
        return None;
    } else if let Ok(instant) = text.parse::<Timestamp>() {
        floor(instant)
    } else if text.contains(['T', 't', ':']) {
        let local = text.parse::<DateTime>().ok()?;
        floor(zone.to_timestamp(local).ok()?)
    } else {
        day_start(text.parse::<Date>().ok()?, zone)
    };
    (FIRST..=LAST).contains(&utc).then_some(utc)
}

fn from_number(number: f64) -> Option<i64> {
    let seconds = if number.abs() < MILLISECONDS_FROM { number } else { number / 1000.0 };
    // The cast saturates, and the caller refuses what lies that far out.
    seconds.is_finite().then_some(seconds.floor() as i64)
}

/// A zone by IANA name in any case (`Europe/Berlin`), `UTC` or `Z`, or a fixed offset such as `+05:30` up to 18 hours.
pub fn parse_zone(name: &str) -> Option<TimeZone> {
    let name = name.trim();
    // Containers say Etc/UTC; jiff keeps that apart from the UTC whose times end in Z.
    if name.eq_ignore_ascii_case("z") || name.eq_ignore_ascii_case("Etc/UTC") {
        return Some(TimeZone::UTC);
    }
    if name.starts_with(['+', '-']) {
        let zone = DateTimeParser::new().parse_time_zone(name).ok()?;
        let seconds = zone.to_fixed_offset().ok()?.seconds();
        return (seconds % 60 == 0 && seconds.abs() <= 18 * 3600).then_some(zone);
    }
    zone_rules::in_force().zone(name)
}

/// The zone that is always `minutes` east of UTC.
pub fn fixed_zone(minutes: i32) -> TimeZone {
    fixed_offset(minutes).to_time_zone()
}

/// The first instant, in UTC epoch seconds, that bears `date` on the clocks of `zone`.
pub(super) fn day_start(date: Date, zone: &TimeZone) -> i64 {
    let midnight = date.to_datetime(Time::midnight());
    let found = zone.to_ambiguous_timestamp(midnight);
    if let AmbiguousOffset::Gap { .. } = found.offset() {
        // A gap may begin before midnight (Toronto, 1919), so the day starts when the clocks moved, not at the
        // shifted midnight that the usual reading gives.
        let moved = found.earlier().ok().and_then(|at| zone.following(at).next());
        if let Some(moved) = moved {
            return floor(moved.timestamp()).clamp(FIRST, LAST);
        }
    }
    resolve(midnight, zone)
}

/// A skipped local time moves forward, a repeated one is the earlier.
fn resolve(local: DateTime, zone: &TimeZone) -> i64 {
    let far = if local.year() < 1 { FIRST } else { LAST };
    zone.to_timestamp(local).map_or(far, floor)
}

pub(super) fn instant(utc: i64) -> Timestamp {
    Timestamp::from_second(utc.clamp(FIRST, LAST)).unwrap_or_default()
}

/// jiff cuts fractions towards 1970.
pub(super) fn floor(instant: Timestamp) -> i64 {
    instant.as_second() - i64::from(instant.subsec_nanosecond() < 0)
}

/// Minutes that no zone uses (beyond jiff's 25:59) count as UTC.
fn fixed_offset(minutes: i32) -> Offset {
    Offset::from_seconds(minutes.saturating_mul(60)).unwrap_or(Offset::UTC)
}

#[cfg(test)]
mod tests;
