//! Workouts: which there are on a day, and how heart and pace go over their time. Both are formulas of the time, so that the
//! samples, the workout's own series and its route agree.

use super::activity::sample;
use super::calendar::{Day, HOUR, MINUTE};
use super::measures::{CYCLING, EXERCISE, SWIMMING};
use super::round;
use super::vitals::resting;
use crate::synth::history::{DISTANCE, ENERGY, HEART_RATE, RawSample, STEPS, WATCH};
use crate::synth::random::Random;

/// A kind of workout.
pub struct Kind {
    /// As the app names it.
    pub name: &'static str,
    pub location: &'static str,
    /// km/h; 0 for what stays in one place.
    pub speed: f64,
    pub kilocalories_per_hour: f64,
    /// Beats per minute above the resting heart rate.
    pub effort: f64,
    pub steps_per_minute: f64,
    /// Kilometres from the middle of the loop that is walked, run or ridden again and again; 0 for no route.
    pub loop_radius: f64,
}

static RUN: Kind = Kind {
    name: "Outdoor Run",
    location: "Outdoor",
    speed: 10.4,
    kilocalories_per_hour: 690.0,
    effort: 88.0,
    steps_per_minute: 166.0,
    loop_radius: 0.55,
};
static RIDE: Kind = Kind {
    name: "Outdoor Cycling",
    location: "Outdoor",
    speed: 24.0,
    kilocalories_per_hour: 520.0,
    effort: 70.0,
    steps_per_minute: 0.0,
    loop_radius: 2.6,
};
static HIKE: Kind = Kind {
    name: "Hiking",
    location: "Outdoor",
    speed: 4.3,
    kilocalories_per_hour: 380.0,
    effort: 48.0,
    steps_per_minute: 98.0,
    loop_radius: 1.5,
};
static SWIM: Kind = Kind {
    name: "Pool Swim",
    location: "Pool",
    speed: 2.4,
    kilocalories_per_hour: 480.0,
    effort: 66.0,
    steps_per_minute: 0.0,
    loop_radius: 0.0,
};
static STRENGTH: Kind = Kind {
    name: "Traditional Strength Training",
    location: "Indoor",
    speed: 0.0,
    kilocalories_per_hour: 310.0,
    effort: 52.0,
    steps_per_minute: 0.0,
    loop_radius: 0.0,
};
static YOGA: Kind = Kind {
    name: "Yoga",
    location: "Indoor",
    speed: 0.0,
    kilocalories_per_hour: 160.0,
    effort: 24.0,
    steps_per_minute: 0.0,
    loop_radius: 0.0,
};

/// One workout.
pub struct Exercise {
    pub kind: &'static Kind,
    pub id: String,
    /// UTC epoch seconds.
    pub start: i64,
    pub end: i64,
    pub resting: f64,
    /// Seconds from point to point of its series.
    pub step: i64,
    pace: f64,
    has_intervals: bool,
}

impl Exercise {
    /// Beats per minute; the heart needs some minutes to follow, and drifts up towards the end.
    pub fn rate(&self, at: i64) -> f64 {
        let (seconds, span) = ((at - self.start) as f64, (self.end - self.start) as f64);
        let warm = 1.0 - (-seconds / 150.0).exp();
        let fast = if self.has_intervals && (seconds / 210.0).sin() > 0.0 { 14.0 } else { 0.0 };
        let wave = 3.0 * (seconds / 95.0).sin() + 2.0 * (seconds / 31.0).sin();
        (self.resting + 12.0 + (self.kind.effort + fast - 8.0) * warm + 8.0 * seconds / span + wave).round()
    }

    /// Kilometres since the start.
    pub fn distance(&self, at: i64) -> f64 {
        let seconds = (at - self.start) as f64;
        let wave = 9.0 * (1.0 - (seconds / 140.0).cos());
        self.kind.speed * self.pace * (seconds + wave) / 3600.0
    }

    pub fn kilometres(&self) -> f64 {
        round(self.distance(self.end), 3)
    }

    pub fn kilocalories(&self) -> f64 {
        round(self.kind.kilocalories_per_hour * self.pace * (self.end - self.start) as f64 / 3600.0, 1)
    }

    /// The moments of its series.
    pub fn moments(&self, step: i64) -> impl Iterator<Item = i64> + use<> {
        (self.start..self.end).step_by(step.max(1) as usize)
    }

    pub fn steps_in(&self, seconds: i64) -> f64 {
        (self.kind.steps_per_minute * self.pace * seconds as f64 / 60.0).round()
    }
}

/// What is done on a day, in order of time.
pub fn plan(day: &Day) -> Vec<Exercise> {
    let mut random = day.random(10);
    if day.illness() > 0.0 || day.is_watch_away() {
        return Vec::new();
    }
    if day.is_marathon() {
        return vec![exercise(day, &mut random, &RUN, 9.0, 42.2 / 10.9 * 60.0)];
    }
    if random.unit() > 0.84 {
        return Vec::new();
    }
    let training = day.training();
    let wanted: (&'static Kind, f64, f64) = match day.weekday() {
        _ if day.is_holiday() => (&HIKE, 10.0, 90.0 + 80.0 * random.unit()),
        0 => (&STRENGTH, 18.2, 45.0),
        1 => (&RUN, 18.3, 38.0 + 22.0 * training),
        2 => (&YOGA, 7.6, 35.0),
        3 if training > 0.0 => (&RUN, 18.4, 42.0 + 14.0 * training),
        3 => (&SWIM, 19.0, 40.0),
        5 if random.unit() < 0.6 => (&RIDE, 10.2, 95.0),
        5 => (&HIKE, 10.5, 140.0),
        6 if training > 0.0 => (&RUN, 9.5, 75.0 + 105.0 * training),
        6 => (&RUN, 10.0, 55.0),
        _ => return Vec::new(),
    };
    let (kind, hour, minutes) = wanted;
    vec![exercise(day, &mut random, kind, hour, minutes)]
}

fn exercise(day: &Day, random: &mut Random, kind: &'static Kind, hour: f64, minutes: f64) -> Exercise {
    let start = day.at(hour + random.between(0.0, 0.5));
    // A marathon has its length.
    let stretch = if day.is_marathon() { 1.0 } else { 1.0 + 0.08 * random.noise() };
    let pace = 0.94 + 0.1 * day.fitness() + 0.03 * random.noise();
    Exercise {
        kind,
        id: id(random),
        start,
        end: start + (minutes * 60.0 * stretch) as i64,
        resting: resting(day),
        step: if day.density() < 1.0 { 30 } else { 5 },
        pace: if day.is_marathon() { 1.048 } else { pace },
        has_intervals: day.weekday() == 3,
    }
}

/// In the form of HealthKit's identifiers.
fn id(random: &mut Random) -> String {
    let (high, low) = (random.number(), random.number());
    let digits = format!("{high:016X}{low:016X}");
    format!("{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..])
}

/// What the watch has written down meanwhile.
pub fn add_samples(samples: &mut Vec<RawSample>, day: &Day) {
    for exercise in plan(day) {
        let bucket = if day.density() < 1.0 { 5 * MINUTE } else { MINUTE };
        for at in exercise.moments(bucket) {
            let until = (at + bucket).min(exercise.end);
            let share = (until - at) as f64 / (exercise.end - exercise.start) as f64;
            let kilometres = exercise.distance(until) - exercise.distance(at);
            let mut push = |measure, value: f64| {
                if value > 0.0 {
                    samples.push(sample(measure, (at, until), round(value, 4), WATCH));
                }
            };
            push(&ENERGY, exercise.kilocalories() * share);
            match exercise.kind.name {
                "Outdoor Cycling" => push(&CYCLING, kilometres),
                "Pool Swim" => push(&SWIMMING, kilometres * 1000.0),
                _ => push(&DISTANCE, kilometres),
            }
            push(&STEPS, exercise.steps_in(until - at));
        }
        for at in exercise.moments(bucket / 2) {
            samples.push(sample(&HEART_RATE, (at, at), exercise.rate(at), WATCH));
        }
        let minutes = (exercise.end - exercise.start) / MINUTE;
        let counted = if exercise.kind.effort > 30.0 { minutes } else { minutes / 3 };
        let when = (exercise.start, exercise.start + (counted * MINUTE).min(6 * HOUR));
        samples.push(sample(&EXERCISE, when, counted as f64, WATCH));
    }
}
