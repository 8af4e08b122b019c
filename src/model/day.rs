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
    day_start(date_of(day), zone)
}

/// The first instant of the local day that an instant lies in, `days` later; both in UTC epoch seconds.
pub fn local_day_start(utc: i64, zone: &TimeZone, days: i32) -> i64 {
    day_begins(local_day(utc, zone).saturating_add(days), zone)
}

/// `2024-02-06`.
pub fn date_text(day: i32) -> String {
    date_of(day).to_string()
}

/// The day of a date such as `2024-02-06`, and of nothing longer or shorter.
pub fn parse_date(text: &str) -> Option<i32> {
    number(text.parse::<Date>().ok().filter(|date| date.to_string() == text)?)
}

/// The day of a date, where it is one that the store holds.
pub fn number(date: Date) -> Option<i32> {
    let day = date.since(EPOCH).ok()?.get_days();
    (FIRST..=LAST).contains(&day).then_some(day)
}

/// The date of a day.
pub fn date_of(day: i32) -> Date {
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

    #[test]
    fn a_date_is_read_as_it_is_written_and_nothing_else_is_one() {
        for text in ["0001-01-01", "1969-12-31", "1970-01-01", "2024-02-29", "9998-12-31"] {
            assert_eq!(parse_date(text).map(date_text).as_deref(), Some(text));
        }
        for text in [
            "",
            "0000-12-31",
            "9998-12-32",
            "9999-01-01",
            "-000001-01-01",
            "2023-02-29",
            "2024-2-6",
            "20240206",
            " 2024-02-06",
            "2024-02-06T00:00:00",
            "2024-02-06T00:00:00Z",
            "2024-02-06[UTC]",
            "2024-W06-2",
            "today",
            "1707177600",
        ] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }
}
