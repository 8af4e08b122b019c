//! On what terms rollups hold, and which local days have changed since they were made.

use jiff::tz::TimeZone;

use crate::error::Result;
use crate::model::bucket::{Bucket, boundaries};
use crate::model::metric::Kind;
use crate::model::time::Layer;
use crate::model::zone_rules::fingerprint;
use crate::query::aggregate::scanning::Range;
use crate::query::subject::Subject;
use crate::store::priority::{self, Matter};
use crate::store::rollups::{Mark, State};
use crate::store::{Reading, series};

const DAY: i64 = 86_400;

/// Another whenever the rules by which samples are added up change, so that older rollups are made anew.
const RULES: u32 = 4;

/// What rollups depend on beside the samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The program's version, its rules, and the zone of the days with its own rules, which governments change.
    pub text: String,
    /// The sources, in the order that holds of the metric; none where they do not matter.
    pub sources: Vec<i64>,
}

impl Terms {
    /// As they are now, in the state of the file that `reading` sees. A zone without a name has none.
    pub fn now(reading: &Reading, user: i64, subject: &Subject, zone: &TimeZone) -> Result<Option<Terms>> {
        let Some(name) = name(zone) else { return Ok(None) };
        let sources = match subject.kind {
            Kind::Cumulative => {
                let ordered = priority::ordered(reading, user, &Matter::Metric(subject.name.clone()))?;
                ordered.into_iter().map(|source| source.id).collect()
            }
            _ => Vec::new(),
        };
        Ok(Some(Terms { text: format!("{} {RULES} {name} {}", env!("CARGO_PKG_VERSION"), fingerprint(zone)), sources }))
    }

    /// Whether rollups of that state still hold. Sources that have come since have marked what they brought.
    pub fn hold(&self, state: &State) -> bool {
        let mut now = self.sources.iter();
        self.text == state.terms && state.sources.iter().all(|then| now.any(|source| source == then))
    }
}

fn name(zone: &TimeZone) -> Option<String> {
    zone.iana_name().map(str::to_owned).or_else(|| zone.to_fixed_offset().ok().map(|offset| offset.to_string()))
}

/// The local day that holds an instant: its first second, and the first after it. None at the calendar's ends.
pub fn local_day(at: i64, zone: &TimeZone) -> Option<Range> {
    match boundaries(Bucket::Day, zone, at, at.saturating_add(1), 1).ok()?[..] {
        [start, end] => Some((start, end)),
        _ => None,
    }
}

/// The local days that the marks touch, as ascending ranges that do not meet.
///
/// What counts of a sample depends on what begins up to the longest sample later, and what counts of a phone's day on
/// all that lies in it, whatever day that is here.
pub fn dirty_days(
    reading: &Reading,
    user: i64,
    metric: i64,
    lasts: Option<i64>,
    zone: &TimeZone,
    marks: &[Mark],
) -> Result<Vec<Range>> {
    let (before, after) = if marks.is_empty() { (0, 0) } else { reach(reading, user, metric, lasts)? };
    let mut days: Vec<Range> = Vec::new();
    for (from, to) in marks.iter().map(|mark| mark.range()) {
        let (first, last) =
            (local_day(from.saturating_sub(before), zone), local_day(to.saturating_add(after) - 1, zone));
        let (Some((from, _)), Some((_, to))) = (first, last) else { continue };
        match days.last_mut() {
            Some(before) if from <= before.1 => before.1 = before.1.max(to),
            _ => days.push((from, to)),
        }
    }
    Ok(days)
}

/// How far before and after a change of a sample something else may count for that.
fn reach(reading: &Reading, user: i64, metric: i64, lasts: Option<i64>) -> Result<Range> {
    let layers = series::layers(reading, user, metric)?;
    let longest = series::longest_sample(&layers);
    let has_days = layers.iter().any(|extent| extent.layer == Layer::Day);
    let days = if has_days { 2 * DAY } else { 0 };
    Ok((longest.max(lasts.unwrap_or(0)) + days, lasts.unwrap_or(0) + days))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(sources: &[i64]) -> State {
        State { terms: "1".into(), sources: sources.to_vec(), writes: 0 }
    }

    #[test]
    fn a_new_source_changes_nothing_and_another_order_everything() {
        let now = Terms { text: "1".into(), sources: vec![3, 1, 2] };
        assert!(now.hold(&state(&[3, 1, 2])) && now.hold(&state(&[1, 2])) && now.hold(&state(&[])));
        assert!(!now.hold(&state(&[2, 1])) && !now.hold(&state(&[1, 2, 4])));
        assert!(!Terms { text: "2".into(), ..now }.hold(&state(&[])));
    }
}
