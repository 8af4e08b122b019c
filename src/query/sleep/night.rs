//! Segments and summaries to nights.
//!
//! Segments with less than `GAP` between them are one stretch of sleep, which belongs to the local date on which it ends.
//! A night is all stretches that end on one date, naps included; when it began and ended is told of the longest.

use std::collections::{BTreeMap, HashMap};

use jiff::tz::TimeZone;

use super::paint::{covered, paint};
use crate::model::day::local_day;
use crate::model::sleep::{NightSummary, Stage};
use crate::store::nights::read::Segment;

/// Seconds without any word that part two stretches.
const GAP: i64 = 3 * 3600;

/// One night. Minutes that nobody has measured are `None`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Night {
    /// The local date on which it ends.
    pub day: i32,
    /// Falling asleep and waking up, UTC epoch seconds.
    pub start: Option<i64>,
    pub end: Option<i64>,
    pub in_bed_start: Option<i64>,
    pub in_bed_end: Option<i64>,
    pub asleep: Option<f64>,
    pub in_bed: Option<f64>,
    pub core: Option<f64>,
    pub deep: Option<f64>,
    pub rem: Option<f64>,
    pub awake: Option<f64>,
    /// Of `asleep`, what has no stage.
    pub unspecified: Option<f64>,
    /// What was painted; empty when a phone has summed the night up.
    pub segments: Vec<Segment>,
    /// Who tells.
    pub source: String,
    /// Whether a phone has summed it up.
    pub summed_up: bool,
}

/// Segments without a gap.
struct Stretch<'a> {
    told: &'a [Segment],
    painted: Vec<Segment>,
    in_bed: Vec<(i64, i64)>,
}

/// The nights that these segments make, by date. `segments` are in order of start.
pub fn from_segments(
    segments: &[Segment],
    ranks: &HashMap<i64, u32>,
    zone: &TimeZone,
    name: impl Fn(i64) -> String,
) -> BTreeMap<i32, Night> {
    let rank = |source: i64| ranks.get(&source).copied().unwrap_or(u32::MAX);
    let mut nights: BTreeMap<i32, Vec<Stretch>> = BTreeMap::new();
    for segments in stretches(segments) {
        let in_bed = covered(segments, Stage::InBed);
        let stretch = Stretch { told: segments, painted: paint(segments, rank), in_bed };
        if let Some((_, end)) = stretch.extent() {
            nights.entry(local_day(end, zone)).or_default().push(stretch);
        }
    }
    nights.into_iter().map(|(day, stretches)| (day, night(day, &stretches, rank, &name))).collect()
}

fn stretches(segments: &[Segment]) -> impl Iterator<Item = &[Segment]> {
    let mut reached = i64::MIN;
    let mut starts = Vec::new();
    for (at, segment) in segments.iter().enumerate() {
        if at == 0 || segment.start.saturating_sub(reached) >= GAP {
            starts.push(at);
        }
        reached = reached.max(segment.end);
    }
    let ends = starts.iter().skip(1).copied().chain([segments.len()]).collect::<Vec<_>>();
    starts.into_iter().zip(ends).map(|(start, end)| &segments[start..end])
}

impl Stretch<'_> {
    fn asleep(&self) -> impl Iterator<Item = &Segment> {
        self.painted.iter().filter(|segment| segment.stage.is_asleep())
    }

    /// From falling asleep to waking up; without any sleep, the time in bed; without that, whatever there is.
    fn extent(&self) -> Option<(i64, i64)> {
        let sleep = self.asleep().next().zip(self.asleep().last()).map(|(first, last)| (first.start, last.end));
        let in_bed = self.in_bed.first().zip(self.in_bed.last()).map(|(first, last)| (first.0, last.1));
        let awake = self.painted.first().zip(self.painted.last()).map(|(first, last)| (first.start, last.end));
        sleep.or(in_bed).or(awake)
    }

    /// By which the longest is found.
    fn length(&self) -> (i64, i64) {
        (self.asleep().map(length).sum(), self.in_bed.iter().map(|(start, end)| end - start).sum())
    }
}

fn length(segment: &Segment) -> i64 {
    segment.end - segment.start
}

fn minutes(seconds: i64) -> f64 {
    seconds as f64 / 60.0
}

/// `stretches` are never empty.
fn night(day: i32, stretches: &[Stretch], rank: impl Fn(i64) -> u32, name: impl Fn(i64) -> String) -> Night {
    // Of equals the last would be taken; the first is meant.
    let main = stretches.iter().rev().max_by_key(|stretch| stretch.length());
    let extent = main.and_then(Stretch::extent);
    let in_bed: Vec<(i64, i64)> = stretches.iter().flat_map(|stretch| stretch.in_bed.iter().copied()).collect();
    let segments: Vec<Segment> = stretches.iter().flat_map(|stretch| stretch.painted.iter().copied()).collect();
    let time = |wanted: &dyn Fn(Stage) -> bool| {
        let of_stage = segments.iter().filter(|segment| wanted(segment.stage)).map(length);
        of_stage.reduce(|sum, length| sum + length).map(minutes)
    };
    let only = |stage: Stage| time(&|other| other == stage);
    let main_bed = main.and_then(|main| Some((main.in_bed.first()?.0, main.in_bed.last()?.1)));
    Night {
        day,
        start: extent.map(|(start, _)| start),
        end: extent.map(|(_, end)| end),
        in_bed_start: main_bed.map(|(start, _)| start),
        in_bed_end: main_bed.map(|(_, end)| end),
        // Somebody who was awake all night has slept for no minutes; of somebody in bed nothing is known.
        asleep: time(&Stage::is_asleep).or((!segments.is_empty()).then_some(0.0)),
        in_bed: (!in_bed.is_empty()).then(|| minutes(in_bed.iter().map(|(start, end)| end - start).sum())),
        core: only(Stage::Core),
        deep: only(Stage::Deep),
        rem: only(Stage::Rem),
        awake: only(Stage::Awake),
        unspecified: only(Stage::Asleep),
        source: sources(stretches, rank, name),
        segments,
        summed_up: false,
    }
}

/// Who has painted, or who told of being in bed when nobody has; the one who is believed first at the front.
fn sources(stretches: &[Stretch], rank: impl Fn(i64) -> u32, name: impl Fn(i64) -> String) -> String {
    let mut ids: Vec<i64> =
        stretches.iter().flat_map(|stretch| &stretch.painted).map(|segment| segment.source).collect();
    if ids.is_empty() {
        ids.extend(stretches.iter().flat_map(|stretch| stretch.told).map(|segment| segment.source));
    }
    ids.sort_unstable_by_key(|source| (rank(*source), *source));
    ids.dedup();
    let names = ids.into_iter().map(name).filter(|name| !name.is_empty());
    names.collect::<Vec<_>>().join("|")
}

/// A night as a phone has summed it up.
pub fn from_summary(summary: &NightSummary) -> Night {
    let staged = [summary.core, summary.deep, summary.rem].into_iter().flatten().reduce(|sum, stage| sum + stage);
    Night {
        day: summary.date,
        start: summary.start.or(summary.in_bed_start),
        end: summary.end.or(summary.in_bed_end),
        in_bed_start: summary.in_bed_start,
        in_bed_end: summary.in_bed_end,
        // Some versions of the app write no sleep beside stages.
        asleep: summary.asleep.filter(|asleep| *asleep > 0.0).or(staged).or(summary.asleep),
        in_bed: summary.in_bed,
        core: summary.core,
        deep: summary.deep,
        rem: summary.rem,
        awake: summary.awake,
        source: summary.source.clone(),
        summed_up: true,
        ..Night::default()
    }
}

impl Night {
    /// Where it comes from: `segments`, or `phone` when a phone has summed it up.
    pub fn summary(&self) -> &'static str {
        if self.summed_up { "phone" } else { "segments" }
    }

    /// The timeline, whoever tells of it: neighbours of one stage are one.
    pub fn runs(&self) -> Vec<Segment> {
        let mut runs: Vec<Segment> = Vec::new();
        for next in &self.segments {
            match runs.last_mut() {
                Some(last) if last.end == next.start && last.stage == next.stage => last.end = next.end,
                _ => runs.push(*next),
            }
        }
        runs
    }

    pub fn has_sleep(&self) -> bool {
        self.asleep.is_some_and(|minutes| minutes > 0.0)
    }
}
