//! Runs and summaries to nights.
//!
//! A night is all runs of one date, naps included; when it began and ended is told of the longest.

use std::collections::{BTreeMap, HashMap};

use super::runs::{Run, runs};
use crate::model::sleep::{NightSummary, Stage};
use crate::store::nights::read::Segment;

/// One night. Minutes that nobody has measured are `None`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Night {
    /// The local date that its runs belong to.
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
    /// Beside segments: what a phone has summed up that was slept after these were told.
    pub later: Vec<NightSummary>,
}

/// The nights that these blocks make, by date. `blocks` are in order of time.
pub fn from_segments(
    blocks: &[Vec<Segment>],
    ranks: &HashMap<i64, u32>,
    name: impl Fn(i64) -> String,
) -> BTreeMap<i32, Night> {
    let rank = |source: i64| ranks.get(&source).copied().unwrap_or(u32::MAX);
    let mut nights: BTreeMap<i32, Vec<Run>> = BTreeMap::new();
    for run in blocks.iter().flat_map(|block| runs(block, rank)) {
        nights.entry(run.day).or_default().push(run);
    }
    nights.into_iter().map(|(day, runs)| (day, night(day, &runs, rank, &name))).collect()
}

fn minutes(seconds: i64) -> f64 {
    seconds as f64 / 60.0
}

fn night(day: i32, runs: &[Run], rank: impl Fn(i64) -> u32, name: impl Fn(i64) -> String) -> Night {
    // Of equals the last would be taken; the first is meant.
    let main = runs.iter().rev().max_by_key(|run| run.length());
    let in_bed: Vec<(i64, i64)> = runs.iter().flat_map(|run| run.in_bed.iter().copied()).collect();
    let mut segments: Vec<Segment> = runs.iter().flat_map(|run| run.painted.iter().copied()).collect();
    segments.sort_unstable_by_key(|segment| segment.start);
    let time = |wanted: &dyn Fn(Stage) -> bool| {
        let of_stage = segments.iter().filter(|segment| wanted(segment.stage)).map(Segment::seconds);
        of_stage.reduce(|sum, length| sum + length).map(minutes)
    };
    let only = |stage: Stage| time(&|other| other == stage);
    let main_bed = main.and_then(|main| Some((main.in_bed.first()?.0, main.in_bed.last()?.1)));
    Night {
        day,
        start: main.map(|main| main.start),
        end: main.map(|main| main.end),
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
        source: sources(runs, rank, name),
        segments,
        summed_up: false,
        later: Vec::new(),
    }
}

/// Who has painted, or who told of being in bed when nobody has; the one who is believed first at the front.
fn sources(runs: &[Run], rank: impl Fn(i64) -> u32, name: impl Fn(i64) -> String) -> String {
    let painted = runs.iter().flat_map(|run| &run.painted);
    let mut ranked: Vec<((bool, u32), i64)> = painted.map(|segment| (segment.rank(&rank), segment.source)).collect();
    if ranked.is_empty() {
        let in_bed = runs.iter().flat_map(|run| &run.in_bed_sources);
        ranked.extend(in_bed.map(|source| ((true, rank(*source)), *source)));
    }
    ranked.sort_unstable();
    let mut ids: Vec<i64> = Vec::new();
    ranked.into_iter().for_each(|(_, source)| {
        if !ids.contains(&source) {
            ids.push(source)
        }
    });
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

    /// Adds a session that a phone has summed up.
    pub fn add(&mut self, session: NightSummary) {
        let one = from_summary(&session);
        let add = |sum: &mut Option<f64>, more: Option<f64>| {
            *sum = [*sum, more].into_iter().flatten().reduce(|sum, more| sum + more);
        };
        add(&mut self.asleep, one.asleep);
        add(&mut self.in_bed, one.in_bed);
        add(&mut self.core, one.core);
        add(&mut self.deep, one.deep);
        add(&mut self.rem, one.rem);
        add(&mut self.awake, one.awake);
        self.later.push(session);
    }

    pub fn has_sleep(&self) -> bool {
        self.asleep.is_some_and(|minutes| minutes > 0.0)
    }
}
