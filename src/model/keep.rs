//! Which backups are kept: the newest of each of the last days, weeks and months that have one.
//!
//! Counted in periods that have a backup and not in time gone by, so that a machine that was off for a year finds its old
//! ones still there. Pure, because a mistake here deletes what nobody can make again.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// For how many days, weeks and months the newest backup is kept. Days are UTC's, weeks begin on Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    pub daily: u32,
    pub weekly: u32,
    pub monthly: u32,
}

impl Keep {
    /// Those of `times`, in epoch seconds, that are kept; the newest always is.
    pub fn kept(&self, times: &[i64]) -> BTreeSet<i64> {
        let newest_first: Vec<i64> = times.iter().copied().collect::<BTreeSet<_>>().into_iter().rev().collect();
        let mut kept: BTreeSet<i64> = newest_first.first().copied().into_iter().collect();
        kept.extend(newest_of_each(&newest_first, self.daily, |day| day));
        kept.extend(newest_of_each(&newest_first, self.weekly, |day| {
            let week = day.iso_week_date();
            (week.year(), week.week())
        }));
        kept.extend(newest_of_each(&newest_first, self.monthly, |day| (day.year(), day.month())));
        kept
    }
}

/// The newest of each of the last `periods` periods that have any.
fn newest_of_each<T: PartialEq>(newest_first: &[i64], periods: u32, period: impl Fn(Date) -> T) -> Vec<i64> {
    let (mut found, mut last) = (Vec::new(), None);
    for time in newest_first.iter().copied() {
        if found.len() == periods as usize {
            break;
        }
        let this = Some(period(day(time)));
        if this != last {
            found.push(time);
            last = this;
        }
    }
    found
}

/// Times beyond what a calendar holds fall on its first day.
fn day(seconds: i64) -> Date {
    let time = Timestamp::from_second(seconds).unwrap_or(Timestamp::MIN);
    TimeZone::UTC.to_datetime(time).date()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DEFAULT: Keep = Keep { daily: 7, weekly: 4, monthly: 12 };
    const DAY: i64 = 86_400;

    fn at(time: &str) -> i64 {
        time.parse::<Timestamp>().unwrap().as_second()
    }

    #[test]
    fn two_years_of_days_leave_days_weeks_and_months() {
        let last = at("2026-03-18T02:00:00Z");
        let times: Vec<i64> = (0..730).map(|days| last - days * DAY).collect();
        let kept = DEFAULT.kept(&times);
        let days: BTreeSet<i64> = (0..7).map(|days| last - days * DAY).collect();
        // A Wednesday; the last backups of the weeks before are those of their Sundays.
        let weeks = ["2026-03-15T02:00:00Z", "2026-03-08T02:00:00Z", "2026-03-01T02:00:00Z"].map(at);
        let months = ["2026-02-28T02:00:00Z", "2026-01-31T02:00:00Z", "2025-04-30T02:00:00Z"].map(at);
        assert!(days.is_subset(&kept) && weeks.iter().chain(&months).all(|time| kept.contains(time)), "{kept:?}");
        assert_eq!(kept.len(), 7 + 2 + 11, "the last Sunday is one of the seven days too");
        assert!(!kept.contains(&at("2025-03-31T02:00:00Z")), "twelve months, this one included");
    }

    #[test]
    fn of_a_day_with_many_the_last_is_kept() {
        let times = ["2026-03-17T01:00:00Z", "2026-03-17T23:59:59Z", "2026-03-18T00:00:00Z", "2026-03-18T05:00:00Z"];
        let kept = Keep { daily: 2, weekly: 0, monthly: 0 }.kept(&times.map(at));
        assert_eq!(kept, BTreeSet::from([at(times[1]), at(times[3])]));
    }

    #[test]
    fn a_year_switched_off_removes_nothing() {
        let times: Vec<i64> = (0..7).map(|days| at("2024-05-05T00:00:00Z") - days * DAY).collect();
        let with_new: Vec<i64> = times.iter().copied().chain([at("2026-05-05T00:00:00Z")]).collect();
        assert_eq!(Keep { daily: 8, ..DEFAULT }.kept(&with_new).len(), 8);
        assert_eq!(DEFAULT.kept(&[]), BTreeSet::new());
    }

    proptest! {
        #[test]
        fn the_newest_stays_and_nothing_is_invented(
            times in prop::collection::vec(-5_000_000_000i64..9_000_000_000, 0..200),
            (daily, weekly, monthly) in (0u32..9, 0u32..9, 0u32..15),
        ) {
            let keep = Keep { daily, weekly, monthly };
            let kept = keep.kept(&times);
            prop_assert!(kept.iter().all(|time| times.contains(time)));
            prop_assert_eq!(kept.last(), times.iter().max());
            prop_assert!(kept.len() <= (daily + weekly + monthly + 1) as usize);
            let again: Vec<i64> = kept.iter().copied().collect();
            prop_assert_eq!(keep.kept(&again), kept, "a second look removes no more");
        }

        #[test]
        fn more_room_never_keeps_less(
            times in prop::collection::vec(0i64..4_000_000_000, 0..200),
            (daily, weekly, monthly) in (0u32..9, 0u32..9, 0u32..15),
        ) {
            let less = Keep { daily, weekly, monthly }.kept(&times);
            let more = Keep { daily: daily + 1, weekly: weekly + 1, monthly: monthly + 1 }.kept(&times);
            prop_assert!(less.is_subset(&more));
        }
    }
}
