//! What is in a made-up phone's Health, and when it was.
//!
//! Objects never change: an edit removes one and adds another. Each knows when it came in and when it went, so the phone can
//! be looked at as it was at any moment.

use std::collections::BTreeMap;

use crate::synth::phone::metric::Metric;
use crate::synth::phone::source::Source;

/// Longest that a sample lasts, so that those that reach into a range are found.
pub const LONGEST: i64 = 86_400;

/// When an object is in the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    pub added: i64,
    pub removed: Option<i64>,
}

impl Presence {
    pub fn since(added: i64) -> Presence {
        Presence { added, removed: None }
    }

    pub fn at(self, moment: i64) -> bool {
        self.added <= moment && self.removed.is_none_or(|removed| moment < removed)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub metric: Metric,
    /// UTC epoch seconds; `end` is `start` for a moment.
    pub start: i64,
    pub end: i64,
    pub value: f64,
    pub source: Source,
    /// When its writer made it.
    pub created: i64,
    pub presence: Presence,
}

/// A stretch of a night in HealthKit's words: `InBed`, `AsleepCore`, `AsleepDeep`, `AsleepREM`, `Awake`.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    pub stage: &'static str,
    pub start: i64,
    pub end: i64,
    pub source: Source,
    /// The date of the night or nap that it is of, and which of them.
    pub date: jiff::civil::Date,
    pub session: u32,
    /// The zone the phone was in.
    pub zone: String,
    pub presence: Presence,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Workout {
    pub id: String,
    pub start: i64,
    pub end: i64,
    pub kilometres: f64,
    pub kilocalories: f64,
    pub source: Source,
    pub presence: Presence,
}

/// Everything that is or was in it, in order of start.
#[derive(Debug, Clone, Default)]
pub struct Store {
    samples: BTreeMap<Metric, Vec<Sample>>,
    pub segments: Vec<Segment>,
    pub workouts: Vec<Workout>,
}

impl Store {
    pub fn add(&mut self, sample: Sample) {
        self.samples.entry(sample.metric).or_default().push(sample);
    }

    /// Puts everything in order; to be called when all is there.
    pub fn sort(&mut self) {
        self.samples.values_mut().for_each(|all| all.sort_by_key(|one| (one.start, one.source, one.presence.added)));
        self.segments.sort_by_key(|one| (one.start, one.source, one.presence.added));
        self.workouts.sort_by_key(|one| (one.start, one.source));
    }

    pub fn all(&self, metric: Metric) -> &[Sample] {
        self.samples.get(&metric).map_or(&[], Vec::as_slice)
    }

    pub fn all_mut(&mut self, metric: Metric) -> &mut Vec<Sample> {
        self.samples.entry(metric).or_default()
    }

    /// What of a type is there at a moment and touches `[from, to)`, in order of start.
    pub fn seen(&self, metric: Metric, moment: i64, from: i64, to: i64) -> Vec<&Sample> {
        let all = self.all(metric);
        let first = all.partition_point(|sample| sample.start < from.saturating_sub(LONGEST));
        let near = all[first..].iter().take_while(|sample| sample.start < to);
        let touches = |sample: &&Sample| sample.start >= from || sample.end > from;
        near.filter(touches).filter(|sample| sample.presence.at(moment)).collect()
    }

    /// Forgets what `keep` does not want: to make a failing life smaller.
    pub fn narrow(&mut self, metrics: &[Metric], keep: impl Fn(i64) -> bool) {
        self.samples.retain(|metric, _| metrics.contains(metric));
        self.samples.values_mut().for_each(|all| all.retain(|sample| keep(sample.start)));
        self.segments.retain(|segment| keep(segment.start));
        self.workouts.retain(|workout| keep(workout.start));
    }
}
