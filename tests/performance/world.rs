//! The made-up person whose data is asked for: ten years of evenly spaced samples, so that the right number of entries of
//! every answer is arithmetic, and a last year of nights, workouts and symptoms.

use health_export::synth::history::History;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

/// Local days are those of a place with summer time.
pub const ZONE: &str = "Europe/Berlin";

/// Counts up with every change of what is made up, so that older files are not used any more.
pub const GENERATION: u32 = 1;

const FIRST: Date = date(2015, 11, 1);
const LAST: Date = date(2025, 11, 1);

/// Seed and density of the year after `LAST`.
pub const SEED: u64 = 7;
pub const DENSITY: f64 = 0.2;
const YEAR_UNTIL: Date = date(2026, 11, 1);

pub struct Metric {
    pub name: &'static str,
    pub unit: &'static str,
    /// In ten thousands of samples.
    share: i64,
    /// Whether a watch and a phone take turns and overlap, so that totals are painted.
    pub overlapping: bool,
}

const fn metric(name: &'static str, unit: &'static str, share: i64, overlapping: bool) -> Metric {
    Metric { name, unit, share, overlapping }
}

pub static HEART_RATE: Metric = metric("heart_rate", "count/min", 300, false);
pub static STEPS: Metric = metric("step_count", "count", 100, true);
pub static METRICS: [&Metric; 6] = [
    &HEART_RATE,
    &metric("active_energy", "kcal", 300, false),
    &STEPS,
    &metric("basal_energy_burned", "kcal", 200, false),
    &metric("walking_running_distance", "km", 50, false),
    &metric("respiratory_rate", "count/min", 50, false),
];

pub struct World {
    /// Samples of the smallest part: 10,000 make the ten million.
    part: i64,
    pub zone: TimeZone,
    /// Starts.
    workouts: Vec<i64>,
    symptoms: Vec<i64>,
}

impl World {
    pub fn ten_million() -> World {
        World::of(10_000)
    }

    /// A fiftieth, for the suite's own test.
    pub fn small() -> World {
        World::of(200)
    }

    fn of(part: i64) -> World {
        let zone = TimeZone::get(ZONE).expect("a zone that jiff knows");
        let year = History::make(SEED, 365, YEAR_UNTIL, &zone, DENSITY).expect("a year");
        let workouts = year.runs.iter().map(|run| run.start).collect();
        let symptoms = year.symptoms.iter().map(|symptom| symptom.start).collect();
        World { part, zone, workouts, symptoms }
    }

    /// What the files of this world are called.
    pub fn name(&self) -> String {
        format!("generation-{GENERATION}-{}", self.samples_of_all())
    }

    pub fn samples_of_all(&self) -> i64 {
        METRICS.iter().map(|metric| self.samples(metric)).sum()
    }

    pub fn samples(&self, metric: &Metric) -> i64 {
        metric.share * self.part
    }

    /// Days of the ten years.
    pub fn days(&self) -> i64 {
        i64::from((LAST - FIRST).get_days())
    }

    /// A day of the ten years as a date, counted from 0; also the day after the last.
    pub fn day(&self, number: i64) -> Date {
        FIRST.checked_add(number.days()).expect("a day of the calendar")
    }

    fn midnight(&self, day: Date) -> i64 {
        day.to_zoned_datetime(self.zone.clone()).expect("a day of the calendar").timestamp().as_second()
    }

    fn span(&self) -> (i64, i64) {
        (self.midnight(FIRST), self.midnight(LAST))
    }

    /// Start and length in seconds of a metric's sample.
    pub fn sample(&self, metric: &Metric, number: i64) -> (i64, i64) {
        let (from, to) = self.span();
        let apart = (to - from) / self.samples(metric);
        let length = if metric.overlapping { apart * 3 / 2 } else { 0 };
        (from + number * (to - from) / self.samples(metric), length)
    }

    /// How many samples of a metric begin in these days, the second of which is left out.
    pub fn count(&self, metric: &Metric, from_day: i64, to_day: i64) -> usize {
        let (from, to) = self.span();
        let before = |day: i64| {
            let offset = self.midnight(self.day(day)) - from;
            (offset * self.samples(metric) + (to - from) - 1) / (to - from)
        };
        (before(to_day) - before(from_day)) as usize
    }

    /// How many buckets of so many seconds have a sample in these days.
    pub fn filled(&self, metric: &Metric, from_day: i64, to_day: i64, seconds: i64) -> usize {
        let (from, to) = self.span();
        let (first, last) = (self.midnight(self.day(from_day)), self.midnight(self.day(to_day)));
        let samples = self.samples(metric);
        let at = |number: i64| from + number * (to - from) / samples;
        let begin = ((first - from) * samples + (to - from) - 1) / (to - from);
        let starts = (begin..samples).map(at).take_while(|start| *start < last);
        starts.map(|start| (start - first) / seconds).collect::<std::collections::BTreeSet<i64>>().len()
    }

    /// First and last day of the year of nights, workouts and symptoms; the last is left out.
    pub fn year(&self) -> (Date, Date) {
        (LAST, YEAR_UNTIL)
    }

    /// Workouts and symptoms that begin in these days of that year, the second of which is left out.
    pub fn happened(&self, from: Date, to: Date) -> (usize, usize) {
        let range = self.midnight(from)..self.midnight(to);
        let count = |starts: &[i64]| starts.iter().filter(|start| range.contains(start)).count();
        (count(&self.workouts), count(&self.symptoms))
    }
}
