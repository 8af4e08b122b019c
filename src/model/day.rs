//! A local date as the store knows it: days since 1970-01-01.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};

use crate::model::time::{day_start, instant};

const EPOCH: Date = Date::constant(1970, 1, 1);

/// 0001-01-01 and 9998-12-31, the dates of the instants that the store holds.
const FIRST: i32 = -719_162;
const LAST: i32 = 2_932_531;

/// The date on the clocks of `zone` at an instant (UTC epoch seconds).
pub fn local_day(utc: i64, zone: &TimeZone) -> i32 {
    let date = zone.to_datetime(instant(utc)).date();
    date.since(EPOCH).map_or(0, |span| span.get_days()).clamp(FIRST, LAST)
}

/// The first instant, in UTC epoch seconds, of a date on the clocks of `zone`.
pub fn day_begins(day: i32, zone: &TimeZone) -> i64 {
    day_start(date(day), zone)
}

/// The first instant of the local day that an instant lies in, `days` later; both in UTC epoch seconds.
pub fn local_day_start(utc: i64, zone: &TimeZone, days: i32) -> i64 {
    day_begins(local_day(utc, zone).saturating_add(days), zone)
}

/// `2024-02-06`.
pub fn date_text(day: i32) -> String {
    date(day).to_string()
}

fn date(day: i32) -> Date {
    let days: Span = i64::from(day.clamp(FIRST, LAST)).days();
    EPOCH.saturating_add(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_clocks() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        // 2024-03-30T23:30:00Z is half past midnight of the day on which the clocks move.
        assert_eq!(date_text(local_day(1_711_841_400, &berlin)), "2024-03-31");
        let day = local_day(1_711_841_400, &TimeZone::UTC);
        assert_eq!(date_text(day), "2024-03-30");
        assert_eq!(day_begins(day + 2, &berlin) - day_begins(day + 1, &berlin), 23 * 3600);
        for (utc, text) in [(i64::MIN, "0001-01-01"), (i64::MAX, "9998-12-31"), (0, "1970-01-01")] {
            assert_eq!(date_text(local_day(utc, &TimeZone::UTC)), text);
        }
    }
}
