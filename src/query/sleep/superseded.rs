//! Segments of a night that a later account has replaced.

use std::collections::BTreeMap;

use super::around::split;
use super::paint::paint;
use super::runs::{nearest, runs};
use super::{DAY, middles};
use crate::error::Result;
use crate::store::Reading;
use crate::store::explained::superseded_segments;
use crate::store::nights::read::{Segment, Sleep};

/// What one delivery had told by one source and another has replaced.
#[derive(Debug, Clone, PartialEq)]
pub struct Replaced {
    pub delivery: i64,
    pub by: i64,
    pub source: i64,
    pub segments: i64,
    /// Minutes asleep in them.
    pub asleep: f64,
}

/// What was replaced of the night of a date. A segment belongs to the night that it was part of: that of the run which it
/// makes with those that count.
pub fn of_night(reading: &Reading, user: i64, day: i32) -> Result<Vec<Replaced>> {
    let (from, to) = middles(&(day..=day));
    let around = (from.saturating_sub(DAY), to.saturating_add(DAY));
    let gone = superseded_segments(reading, user, around)?;
    if gone.is_empty() {
        return Ok(Vec::new());
    }
    let mut all = Sleep::of(reading, user, None)?.segments(around.0, around.1)?;
    all.extend(gone.iter().map(|(segment, ..)| *segment));
    all.sort_by_key(|segment| segment.start);
    let runs: Vec<_> = split(&all).into_iter().flat_map(|block| runs(block, |_| 0)).collect();
    let is_of_day =
        |segment: &Segment| nearest(&runs, (segment.start, segment.end)).is_some_and(|run| runs[run].day == day);
    let mut groups: BTreeMap<(i64, i64, i64), Vec<Segment>> = BTreeMap::new();
    for (segment, delivery, by) in gone.into_iter().filter(|(segment, ..)| is_of_day(segment)) {
        groups.entry((delivery, by, segment.source)).or_default().push(segment);
    }
    Ok(groups.into_iter().map(|(key, segments)| replaced(key, &segments)).collect())
}

fn replaced((delivery, by, source): (i64, i64, i64), segments: &[Segment]) -> Replaced {
    let painted = paint(segments, |_| 0);
    let asleep: i64 = painted.iter().filter(|segment| segment.stage.is_asleep()).map(Segment::seconds).sum();
    Replaced { delivery, by, source, segments: segments.len() as i64, asleep: asleep as f64 / 60.0 }
}
