//! The heart rate along a workout: its own series, else what was measured meanwhile.

use super::{Whole, series};
use crate::error::Result;
use crate::model::time::Layer;
use crate::query::samples::{Answer, Question, answer};
use crate::store::Reading;

const HEART_RATE: &str = "heart_rate";

/// Most measurements that are read: a day of one each second.
const MOST: usize = 90_000;

/// Seconds for which a rate holds, for the app sends one for each minute.
const HOLDS: i64 = 60;

/// Rates in beats per minute, in order of time.
#[derive(Debug, Default)]
pub struct Beats(Vec<(i64, f64)>);

impl Beats {
    /// The rate at a moment (UTC epoch seconds), if one was known then.
    pub fn at(&self, moment: i64) -> Option<f64> {
        let after = self.0.partition_point(|(at, _)| *at <= moment);
        let (at, rate) = self.0.get(after.checked_sub(1)?)?;
        (moment - at < HOLDS).then_some(*rate)
    }
}

/// What is known of a person's heart rate during a workout.
pub fn beats(reading: &Reading, user: i64, workout: &Whole) -> Result<Beats> {
    if workout.series.iter().any(|head| head.name == HEART_RATE) {
        let told = series(reading, workout, &[HEART_RATE.to_owned()])?;
        let points = told.iter().flat_map(|(_, points)| points);
        return Ok(Beats(points.filter_map(|point| Some((point.at, point.value?))).collect()));
    }
    let question = Question {
        user,
        metric: HEART_RATE.into(),
        from: Some(workout.start.saturating_sub(HOLDS)),
        to: Some(workout.end.saturating_add(1)),
        layer: Some(Layer::Raw),
        sources: Vec::new(),
        descending: false,
        limit: MOST,
        after: None,
    };
    let Answer { samples, .. } = answer(reading, &question)?;
    // A strap and a watch may have measured the same run: the one that has recorded it is believed.
    let has_own = samples.iter().any(|sample| *sample.source == *workout.source);
    let own = samples.iter().filter(|sample| !has_own || *sample.source == *workout.source);
    Ok(Beats(own.filter_map(|sample| Some((sample.position.start, sample.value?))).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_holds_for_a_minute() {
        let beats = Beats(vec![(100, 120.0), (110, 125.0)]);
        for (moment, rate) in [(99, None), (100, Some(120.0)), (109, Some(120.0)), (169, Some(125.0)), (170, None)] {
            assert_eq!(beats.at(moment), rate, "{moment}");
        }
    }
}
