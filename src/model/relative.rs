//! Times that are told from now on: `today`, `-7d`, `monday`.
//!
//! Days and what is longer are whole days of the zone, so that no day at the front is a part of one: `-7d` is the first
//! instant of the day a week ago. Hours and minutes are counted to the second.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::model::day::{date_of, local_day, number, parse_date};
use crate::model::time::{FIRST, LAST, day_start, parse_instant};

/// For refusals: what a time may be.
pub const EXPECTED: &str = "a time such as 2024-02-06, 2024-02-06T14:30:00Z, epoch seconds, today, -7d, monday or \
                            first-of-month";
/// The same of a date.
pub const EXPECTED_DATE: &str = "a date such as 2024-02-06, today, yesterday or -7d";

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// UTC epoch seconds of what `parse_instant` reads, or of a time told from `now` on.
pub fn parse_time(text: &str, zone: &TimeZone, now: Timestamp) -> Option<i64> {
    parse_instant(text, zone).or_else(|| {
        let text = text.trim().to_ascii_lowercase();
        let utc = match exact(&text) {
            Some(seconds) => now.as_second().checked_add(seconds)?,
            None => day_start(date(&text, zone, now)?, zone),
        };
        (FIRST..=LAST).contains(&utc).then_some(utc)
    })
}

/// The local day of `2024-02-06`, or of a date told from `now` on.
pub fn parse_day(text: &str, zone: &TimeZone, now: Timestamp) -> Option<i32> {
    parse_date(text).or_else(|| number(date(&text.trim().to_ascii_lowercase(), zone, now)?))
}

/// Seconds from now.
fn exact(text: &str) -> Option<i64> {
    let (number, unit) = counted(text)?;
    let seconds = match unit {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        _ => return None,
    };
    number.checked_mul(seconds)
}

fn date(text: &str, zone: &TimeZone, now: Timestamp) -> Option<Date> {
    let today = date_of(local_day(now.as_second(), zone));
    let back = |weekday: Weekday| i64::from(weekday.until(today.weekday()));
    let span = match text {
        "today" => Span::new(),
        "yesterday" => Span::new().days(-1),
        "first-of-week" => Span::new().days(-back(Weekday::Monday)),
        "first-of-month" => return Some(today.first_of_month()),
        "first-of-year" => return Some(today.first_of_year()),
        _ => match WEEKDAYS.iter().find(|(name, _)| *name == text) {
            Some((_, weekday)) => Span::new().days(-back(*weekday)),
            None => of_calendar(text)?,
        },
    };
    today.checked_add(span).ok()
}

fn of_calendar(text: &str) -> Option<Span> {
    let (number, unit) = counted(text)?;
    let span = Span::new();
    match unit {
        "d" => span.try_days(number),
        "w" => span.try_weeks(number),
        "mo" => span.try_months(number),
        "y" => span.try_years(number),
        _ => return None,
    }
    .ok()
}

/// `-7d` is minus seven and `d`.
fn counted(text: &str) -> Option<(i64, &str)> {
    let unsigned = text.strip_prefix(['-', '+'])?;
    let unit = unsigned.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let number: i64 = unsigned[..unsigned.len() - unit.len()].parse().ok()?;
    Some((if text.starts_with('-') { -number } else { number }, unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::day::date_text;
    use crate::model::time::{local_rfc3339, parse_zone};

    /// A Monday in Berlin, where the clocks went forward the day before; still Sunday in New York.
    const NOW: &str = "2026-03-30T00:30:00+02:00";

    fn read(text: &str, zone: &str) -> Option<String> {
        let zone = parse_zone(zone).unwrap();
        parse_time(text, &zone, NOW.parse().unwrap()).map(|utc| local_rfc3339(utc, &zone))
    }

    #[test]
    fn days_are_whole_days_of_the_zone() {
        for (text, expected) in [
            ("today", "2026-03-30T00:00:00+02:00"),
            ("Yesterday", "2026-03-29T00:00:00+01:00"),
            ("-1d", "2026-03-29T00:00:00+01:00"),
            ("-7d", "2026-03-23T00:00:00+01:00"),
            ("-0d", "2026-03-30T00:00:00+02:00"),
            ("-2w", "2026-03-16T00:00:00+01:00"),
            ("-1mo", "2026-02-28T00:00:00+01:00"),
            ("-3mo", "2025-12-30T00:00:00+01:00"),
            ("-1y", "2025-03-30T00:00:00+01:00"),
            ("monday", "2026-03-30T00:00:00+02:00"),
            ("tuesday", "2026-03-24T00:00:00+01:00"),
            ("sunday", "2026-03-29T00:00:00+01:00"),
            ("first-of-week", "2026-03-30T00:00:00+02:00"),
            ("first-of-month", "2026-03-01T00:00:00+01:00"),
            ("first-of-year", "2026-01-01T00:00:00+01:00"),
            ("+1d", "2026-03-31T00:00:00+02:00"),
        ] {
            assert_eq!(read(text, "Europe/Berlin").as_deref(), Some(expected), "{text}");
        }
        assert_eq!(read("today", "America/New_York").as_deref(), Some("2026-03-29T00:00:00-04:00"));
        assert_eq!(read("monday", "America/New_York").as_deref(), Some("2026-03-23T00:00:00-04:00"));
    }

    #[test]
    fn hours_are_counted_to_the_second() {
        for (text, expected) in [
            ("-12h", "2026-03-29T12:30:00+02:00"),
            ("-24h", "2026-03-28T23:30:00+01:00"),
            ("-90m", "2026-03-29T23:00:00+02:00"),
            ("-15min", "2026-03-30T00:15:00+02:00"),
        ] {
            assert_eq!(read(text, "Europe/Berlin").as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_was_read_before_is_read_as_before_and_the_rest_is_nothing() {
        assert_eq!(read("-7", "UTC").as_deref(), Some("1969-12-31T23:59:53Z"));
        assert_eq!(read("2026-01-01", "UTC").as_deref(), Some("2026-01-01T00:00:00Z"));
        for text in [
            "",
            "-",
            "-d",
            "now",
            "tomorrow",
            "7d",
            "--7d",
            "-7days",
            "-1.5d",
            "-7 d",
            "next monday",
            "yesterday-ish",
            "-99999y",
        ] {
            assert_eq!(read(text, "UTC"), None, "{text}");
        }
        assert_eq!(read("-99999999999999999h", "UTC"), None);
    }

    #[test]
    fn a_date_is_one_of_the_zone() {
        let day = |text: &str, zone: &str| {
            parse_day(text, &parse_zone(zone).unwrap(), NOW.parse().unwrap()).map(date_text).unwrap_or_default()
        };
        assert_eq!(day("yesterday", "Europe/Berlin"), "2026-03-29");
        assert_eq!(day("today", "America/New_York"), "2026-03-29");
        assert_eq!(day("2024-02-06", "UTC"), "2024-02-06");
        assert_eq!(day("-12h", "UTC"), "");
    }
}
