//! What is usual for a person, and on which side of it a value lies. Pure arithmetic.
//!
//! The range is the median of the days before, and to both sides 1.4826 times the median of how far they are from it, which
//! for values that spread evenly is one standard deviation. Medians, because one day of illness or a marathon must not
//! move what is usual. Most of these numbers cannot be below zero, so the range does not begin there either.

use serde::Serialize;
use utoipa::ToSchema;

/// Days with data below which nothing is called usual.
const LEAST_DAYS: usize = 14;

/// Turns a median of distances into a standard deviation, where values spread normally.
const TO_DEVIATION: f64 = 1.4826;

/// Where the days hardly differ, the part of the median that the range reaches to both sides all the same: nobody's weight is
/// unusual because it was the same to the gram for weeks.
const LEAST_PART: f64 = 0.01;

/// The range in which about two days of three lie.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Usual {
    pub low: f64,
    pub high: f64,
    pub median: f64,
    /// Days with data that it is made from.
    pub days: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Below,
    Within,
    Above,
    /// No value, too few days to compare with, or a total that is not complete and may still grow.
    Unknown,
}

/// From the values of the days before; none when they are too few.
pub fn usual(mut values: Vec<f64>) -> Option<Usual> {
    let days = values.len();
    if days < LEAST_DAYS {
        return None;
    }
    let median = median(&mut values);
    let mut distances: Vec<f64> = values.iter().map(|value| (value - median).abs()).collect();
    let half = (TO_DEVIATION * self::median(&mut distances)).max(LEAST_PART * median.abs());
    Some(Usual { low: (median - half).max(0.0_f64.min(median)), high: median + half, median, days })
}

/// Where a value lies. One that `may_grow` is not below or within anything yet.
pub fn state(value: Option<f64>, usual: Option<&Usual>, may_grow: bool) -> State {
    match (value, usual) {
        (Some(value), Some(usual)) if value > usual.high => State::Above,
        (Some(_), Some(_)) if may_grow => State::Unknown,
        (Some(value), Some(usual)) if value < usual.low => State::Below,
        (Some(_), Some(_)) => State::Within,
        _ => State::Unknown,
    }
}

/// The middle, between two the half of their sum; at least one value.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let (below, above) = ((values.len() - 1) / 2, values.len() / 2);
    values[below] + (values[above] - values[below]) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: Usual, low: f64, high: f64, median: f64, days: usize) {
        let far = |one: f64, other: f64| (one - other).abs() > 1e-9;
        assert!(!far(found.low, low) && !far(found.high, high) && !far(found.median, median), "{found:?}");
        assert_eq!(found.days, days);
    }

    #[test]
    fn fourteen_days_are_enough_and_thirteen_are_not() {
        let days = |count: usize| (1..=count).map(|at| at as f64 * 10.0).collect::<Vec<_>>();
        assert_eq!(usual(days(0)), None);
        assert_eq!(usual(days(13)), None);
        // 10 to 140: median 75; distances 5 5 15 15 25 25 35 35 45 45 55 55 65 65, of which the median is 35.
        close(usual(days(14)).unwrap(), 75.0 - 35.0 * 1.4826, 75.0 + 35.0 * 1.4826, 75.0, 14);
        // 10 to 150: median 80; distances 0 10 10 20 20 30 30 40 40 ..., of which the eighth is 40.
        close(usual(days(15)).unwrap(), 80.0 - 40.0 * 1.4826, 80.0 + 40.0 * 1.4826, 80.0, 15);
    }

    #[test]
    fn order_does_not_matter_and_one_odd_day_moves_next_to_nothing() {
        let mut values: Vec<f64> = (0..20).map(|at| 50.0 + f64::from(at % 5)).collect();
        // 50 to 54, four times each: median 52; distances 0 x4, 1 x8, 2 x8, of which the median is 1.
        close(usual(values.clone()).unwrap(), 52.0 - 1.4826, 52.0 + 1.4826, 52.0, 20);
        values.reverse();
        values[7] = 1e9;
        let moved = usual(values).unwrap();
        assert!((moved.median - 52.0).abs() <= 1.0 && moved.high < 60.0, "{moved:?}");
    }

    #[test]
    fn days_that_are_all_the_same_leave_a_hundredth_to_both_sides() {
        close(usual(vec![80.0; 30]).unwrap(), 79.2, 80.8, 80.0, 30);
        // More than half the same: the median of the distances is 0 too.
        let mut values = vec![80.0; 10];
        values.extend([10.0, 20.0, 90.0, 200.0, 300.0]);
        close(usual(values).unwrap(), 79.2, 80.8, 80.0, 15);
        close(usual(vec![0.0; 14]).unwrap(), 0.0, 0.0, 0.0, 14);
    }

    #[test]
    fn a_range_of_what_is_never_negative_begins_at_zero() {
        // Half way between 0 and 100, and 50 away from all of them.
        let values = [[0.0; 7], [100.0; 7]].concat();
        close(usual(values).unwrap(), 0.0, 50.0 + 50.0 * 1.4826, 50.0, 14);
        let below: Vec<f64> = vec![-5.0; 14];
        close(usual(below).unwrap(), -5.0, -4.95, -5.0, 14);
    }

    #[test]
    fn a_value_is_judged_by_the_range_with_its_edges() {
        let usual = Usual { low: 10.0, high: 20.0, median: 15.0, days: 30 };
        for (value, finished, growing) in [
            (9.99, State::Below, State::Unknown),
            (10.0, State::Within, State::Unknown),
            (20.0, State::Within, State::Unknown),
            (20.01, State::Above, State::Above),
        ] {
            assert_eq!(state(Some(value), Some(&usual), false), finished, "{value}");
            assert_eq!(state(Some(value), Some(&usual), true), growing, "{value}, and it may grow");
        }
        assert_eq!(state(None, Some(&usual), false), State::Unknown);
        assert_eq!(state(Some(1.0), None, false), State::Unknown);
    }
}
