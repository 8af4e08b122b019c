//! Metric names as people type them: camel case, and a unit at the end (`weight_kg`).

use crate::model::metric::{Metric, catalogue};
use crate::model::sleep::SLEEP;
use crate::model::unit::conversion;

/// The metric that a name means, and the unit that the name itself tells.
pub fn known(name: &str) -> Option<(&'static Metric, Option<&str>)> {
    let name = name.trim();
    if let Some(metric) = resolve(name) {
        return Some((metric, None));
    }
    let (rest, unit) = name.rsplit_once(['_', ' ', '-'])?;
    let metric = resolve(rest.trim_end())?;
    // Hours of sleep are a night's sum, though its segments have stages.
    conversion(unit, if metric.name == SLEEP { "min" } else { &metric.unit })?;
    Some((metric, Some(unit)))
}

fn resolve(name: &str) -> Option<&'static Metric> {
    catalogue().resolve(name).or_else(|| catalogue().resolve(&snake(name)))
}

/// `restingHeartRate` becomes `resting_heart_rate`.
fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_uppercase() && snake.ends_with(char::is_lowercase) {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

pub fn is_known(name: &str) -> bool {
    known(name).is_some()
}

/// Words that say what kind of number it is, or how the body is made, and never what was measured.
const NO_METRICS: &str = "sum total totals subtotal hours hour minutes seconds durationmin durationsec durationseconds \
     durationminutes durationhours duration valence valenceclassification arousal schemaversion apiversion appversion version \
     median mean average avg result results number samplecount itemcount index offset page limit status code success \
     contentlength battery batterylevel age year month day week weekday retry attempt port size bytes length revision build \
     sequence seq rank count counts goal goals target";

/// Whether a name is one of those: a number under it is not understood.
pub fn is_no_metric(name: &str) -> bool {
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    NO_METRICS.split_ascii_whitespace().any(|word| word == plain)
}

pub fn is_sleep(name: &str) -> bool {
    known(name).is_some_and(|(metric, _)| metric.name == SLEEP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_camel_case_and_with_a_unit() {
        let found = |name| known(name).map(|(metric, unit)| (metric.name.as_str(), unit));
        assert_eq!(found("restingHeartRate"), Some(("resting_heart_rate", None)));
        assert_eq!(found("weight_kg"), Some(("weight_body_mass", Some("kg"))));
        assert_eq!(found("weight_km"), None);
        assert_eq!(found("StepCount"), Some(("step_count", None)));
        assert_eq!(found("mood"), None);
    }

    #[test]
    fn what_only_describes_a_number_is_no_metric() {
        for name in
            ["sum", "Total", "hours", "duration_min", "durationMin", "valence", "schema_version", "schemaVersion"]
        {
            assert!(known(name).is_none() && is_no_metric(name), "{name}");
        }
        for name in ["mood", "stress_level", "total_fat", "puffs"] {
            assert!(!is_no_metric(name), "{name}");
        }
    }
}
