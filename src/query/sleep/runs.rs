//! Blocks of segments to runs of sleep, each with the time awake and in bed that belongs to it, and its date.
//!
//! A run is sleep with pauses under an hour, once the sources are resolved (`paint`). Time awake or in bed goes to the run
//! that it overlaps most, else to the nearest less than an hour away; what is near none is a run of its own without sleep.
//! A run belongs to the date that `night_of` says, on the clocks that most of it was slept by.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::around::GAP;
use super::paint::{covered, paint};
use crate::model::sleep::{Stage, night_of};
use crate::store::nights::read::Segment;

/// A stretch of sleep, or of lying in bed or awake without any.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Run {
    /// From falling asleep to waking up; without any sleep, the time in bed or awake. UTC epoch seconds.
    pub start: i64,
    pub end: i64,
    /// The timeline, in order of time: sleep, and being awake.
    pub painted: Vec<Segment>,
    /// Without overlaps, in order of time.
    pub in_bed: Vec<(i64, i64)>,
    /// Who told of being in bed.
    pub in_bed_sources: Vec<i64>,
    pub day: i32,
}

/// The runs of one block. `rank` of a source: the lower is believed first.
pub fn runs(block: &[Segment], rank: impl Fn(i64) -> u32) -> Vec<Run> {
    let (sleep, awake): (Vec<Segment>, Vec<Segment>) =
        paint(block, rank).into_iter().partition(|segment| segment.stage.is_asleep());
    let mut runs: Vec<Run> = chained(sleep.iter().map(|segment| (segment.start, segment.end)));
    for segment in sleep {
        if let Some(at) = nearest(&runs, (segment.start, segment.end)) {
            runs[at].painted.push(segment);
        }
    }
    let in_bed = covered(block, Stage::InBed);
    let spans = awake.iter().map(|segment| (segment.start, segment.end)).chain(in_bed.iter().copied());
    let mut apart: Vec<(i64, i64)> = spans.filter(|span| nearest(&runs, *span).is_none()).collect();
    apart.sort_unstable();
    runs.extend(chained(apart.into_iter()));
    for segment in awake {
        if let Some(at) = nearest(&runs, (segment.start, segment.end)) {
            runs[at].painted.push(segment);
        }
    }
    for span in in_bed {
        if let Some(at) = nearest(&runs, span) {
            runs[at].in_bed.push(span);
        }
    }
    runs.sort_by_key(|run| run.start);
    runs.into_iter().map(|run| finished(run, block)).collect()
}

/// Runs without anything in them, of spans in order of start.
fn chained(spans: impl Iterator<Item = (i64, i64)>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (start, end) in spans {
        match runs.last_mut() {
            Some(last) if start - last.end < GAP => last.end = last.end.max(end),
            _ => runs.push(Run { start, end, ..Run::default() }),
        }
    }
    runs
}

/// The run that a span overlaps most, else the nearest within less than an hour; of equals the first.
pub(super) fn nearest(runs: &[Run], (start, end): (i64, i64)) -> Option<usize> {
    // Negative where they lie apart.
    let overlap = |run: &Run| run.end.min(end) - run.start.max(start);
    let best = (0..runs.len()).max_by_key(|at| (overlap(&runs[*at]), Reverse(*at)))?;
    (overlap(&runs[best]) > -GAP).then_some(best)
}

fn finished(mut run: Run, block: &[Segment]) -> Run {
    run.painted.sort_unstable_by_key(|segment| segment.start);
    let mut bed: Vec<i64> = of_bed(&run, block).map(|segment| segment.source).collect();
    bed.sort_unstable();
    bed.dedup();
    let clocks = match run.painted.iter().any(|segment| segment.stage.is_asleep()) {
        true => most(run.painted.iter().filter(|segment| segment.stage.is_asleep())),
        false => most(of_bed(&run, block).chain(&run.painted)),
    };
    Run { day: night_of(run.start, run.end, clocks), in_bed_sources: bed, ..run }
}

/// The segments that its time in bed is made of.
fn of_bed<'a>(run: &'a Run, block: &'a [Segment]) -> impl Iterator<Item = &'a Segment> {
    let of_stage = block.iter().filter(|segment| segment.stage == Stage::InBed);
    of_stage.filter(|segment| run.in_bed.iter().any(|(start, end)| *start <= segment.start && segment.end <= *end))
}

/// The offset by which the longest time was counted; of equals the lesser.
fn most<'a>(segments: impl Iterator<Item = &'a Segment>) -> i32 {
    let mut seconds: BTreeMap<i32, i64> = BTreeMap::new();
    for segment in segments {
        *seconds.entry(segment.offset_minutes).or_default() += segment.end - segment.start;
    }
    seconds.into_iter().max_by_key(|(offset, seconds)| (*seconds, Reverse(*offset))).map_or(0, |(offset, _)| offset)
}

impl Run {
    pub fn asleep(&self) -> impl Iterator<Item = &Segment> {
        self.painted.iter().filter(|segment| segment.stage.is_asleep())
    }

    /// By which the longest is found: seconds asleep, then in bed.
    pub fn length(&self) -> (i64, i64) {
        (self.asleep().map(Segment::seconds).sum(), self.in_bed.iter().map(|(start, end)| end - start).sum())
    }
}
