//! Where a level of a night stands, such as the temperature of the wrist (`of_night` in the catalogue): on the date of its night,
//! so that two nights never share a date and none is empty because its sample began before midnight or after.

use jiff::tz::TimeZone;

use crate::model::day::day_begins;
use crate::model::sleep::night_of;

/// Seconds after the beginning of the date; any that are in the date on every clock will do.
const NOON: i64 = 12 * 3600;

/// Seconds before and after a range in which samples can lie that belong to a night in it.
pub const AROUND: i64 = 48 * 3600;

/// The moment (UTC epoch seconds) at which a sample counts in buckets of days or longer of `zone`.
pub fn stands_at(start: i64, span: i64, offset_minutes: i32, zone: &TimeZone) -> i64 {
    day_begins(night_of(start, start.saturating_add(span), offset_minutes), zone).saturating_add(NOON)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::day::{date_text, local_day};

    #[test]
    fn a_sample_of_before_and_of_after_midnight_is_of_the_same_night() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let date = |hour: i64, hours: i64| {
            // 2024-03-05T00:00:00-05:00
            let at = stands_at(1_709_614_800 + hour * 3600, hours * 3600, -300, &zone);
            date_text(local_day(at, &zone))
        };
        for (hour, hours) in [(-1, 8), (0, 0), (1, 6), (-2, 0), (0, 24), (8, 1)] {
            assert_eq!(date(hour, hours), "2024-03-05", "{hour} {hours}");
        }
        assert_eq!((date(23, 8), date(-25, 8)), ("2024-03-06".into(), "2024-03-04".into()));
    }
}
