//! How often something usually comes, where it is missing, and whether it has stopped. Pure arithmetic on days.

use std::ops::Range;

/// How many of the latest days with data decide what is usual.
const LATEST: usize = 60;

/// Days without data that are never a gap, and days of grace before something counts as stopped.
const LEAST: i32 = 2;

/// Usual intervals that may pass before anything is said.
const PATIENCE: i32 = 3;

/// The median number of days from one day with data to the next, once there are three such days. `days` is ascending.
pub fn usual(days: &[i32]) -> Option<i32> {
    let latest = &days[days.len().saturating_sub(LATEST)..];
    let mut steps: Vec<i32> = latest.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps.sort_unstable();
    if steps.len() < 2 { None } else { Some(steps[(steps.len() - 1) / 2]) }
}

/// Runs of days without data between days with data: longer than three usual intervals, or of `least` days and more.
pub fn gaps(days: &[i32], usual: Option<i32>, least: Option<i32>) -> Vec<Range<i32>> {
    let long = |missing: i32| match (least, usual) {
        (Some(least), _) => missing >= least,
        (None, Some(usual)) => missing > PATIENCE * usual && missing >= LEAST,
        (None, None) => false,
    };
    let between = days.windows(2).map(|pair| pair[0] + 1..pair[1]);
    between.filter(|gap| !gap.is_empty() && long(gap.end - gap.start)).collect()
}

/// Whether what usually comes every `usual` days and was last seen on `last` has stopped by `today`.
pub fn has_stopped(last: i32, usual: i32, today: i32) -> bool {
    today - last > PATIENCE * usual + LEAST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_interval_is_the_median_of_the_latest_days() {
        assert_eq!(usual(&[1, 2]), None);
        assert_eq!(usual(&[1, 2, 3]), Some(1));
        assert_eq!(usual(&[1, 8, 15, 22, 80]), Some(7));
        let weekdays: Vec<i32> = (0..100).filter(|day| day % 7 < 5).collect();
        assert_eq!(usual(&weekdays), Some(1));
        let monthly_then_daily: Vec<i32> = (0..40).map(|at| at * 30).chain(1200..1260).collect();
        assert_eq!(usual(&monthly_then_daily), Some(1));
    }

    #[test]
    fn gaps_are_runs_longer_than_three_intervals() {
        let found = |days: &[i32], usual, least| -> Vec<(i32, i32)> {
            gaps(days, usual, least).into_iter().map(|gap| (gap.start, gap.end)).collect()
        };
        let days: Vec<i32> = (0..10).chain(13..20).chain(24..30).collect();
        assert_eq!(found(&days, Some(1), None), [(20, 24)]);
        assert_eq!(found(&days, Some(1), Some(3)), [(10, 13), (20, 24)]);
        assert_eq!(found(&days, None, None), []);
        assert_eq!(found(&[0, 7, 14, 42], Some(7), None), [(15, 42)]);
        assert_eq!(found(&[0, 7, 14, 35], Some(7), None), []);
    }

    #[test]
    fn stopped_is_three_intervals_and_two_days() {
        assert!(!has_stopped(100, 1, 105));
        assert!(has_stopped(100, 1, 106));
        assert!(!has_stopped(100, 30, 192));
        assert!(has_stopped(100, 30, 193));
    }
}
