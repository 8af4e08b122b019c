//! A made-up person's history as HealthKit would hold it: raw samples of a watch, a phone, a scale and a food diary that
//! overlap and repeat as real ones do, sleep in segments, symptoms, workouts with a heart rate and a route.
//!
//! It is one history; `apple_export`, `deliveries` and `shortcuts` write it down as each sender would.

pub mod apple_export;
pub mod deliveries;
pub mod shortcuts;

mod body;
mod day;
mod night;
mod workout;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::error::{Error, Result};
use crate::synth::random::Random;

pub const WATCH: &str = "Robin\u{2019}s Apple\u{a0}Watch";
pub const PHONE: &str = "Robin\u{2019}s iPhone";
pub const SCALE: &str = "Scale";
pub const DIARY: &str = "Food Diary";

/// A metric as each sender names it.
#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Measure {
    /// Canonical, and on the wire of Health Auto Export.
    pub name: &'static str,
    /// HealthKit's identifier without its prefix.
    pub healthkit: &'static str,
    pub unit: &'static str,
}

pub static STEPS: Measure = Measure { name: "step_count", healthkit: "StepCount", unit: "count" };
pub static DISTANCE: Measure =
    Measure { name: "walking_running_distance", healthkit: "DistanceWalkingRunning", unit: "km" };
pub static ENERGY: Measure = Measure { name: "active_energy", healthkit: "ActiveEnergyBurned", unit: "kcal" };
pub static HEART_RATE: Measure = Measure { name: "heart_rate", healthkit: "HeartRate", unit: "count/min" };
pub static OXYGEN: Measure = Measure { name: "blood_oxygen_saturation", healthkit: "OxygenSaturation", unit: "%" };
pub static WEIGHT: Measure = Measure { name: "weight_body_mass", healthkit: "BodyMass", unit: "kg" };
pub static FOOD: Measure = Measure { name: "dietary_energy", healthkit: "DietaryEnergyConsumed", unit: "kcal" };

/// In the order in which an export lists them.
pub static MEASURES: [&Measure; 7] = [&STEPS, &DISTANCE, &ENERGY, &HEART_RATE, &OXYGEN, &WEIGHT, &FOOD];

/// One measurement. Times are UTC epoch seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct RawSample {
    pub measure: &'static Measure,
    pub start: i64,
    pub end: i64,
    pub value: f64,
    pub source: &'static str,
}

/// One stretch of a night, in HealthKit's words: `InBed`, `AsleepUnspecified`, `AsleepCore`, `AsleepDeep`, `AsleepREM`, `Awake`.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    pub stage: &'static str,
    pub start: i64,
    pub end: i64,
    pub source: &'static str,
}

/// A symptom: HealthKit's word for it and for its severity.
#[derive(Debug, Clone, PartialEq)]
pub struct Symptom {
    pub name: &'static str,
    pub severity: &'static str,
    pub start: i64,
    pub end: i64,
}

/// A run, with a heart rate and a route.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub id: String,
    pub start: i64,
    pub end: i64,
    pub kilometres: f64,
    pub kilocalories: f64,
    /// (time, beats per minute)
    pub heart: Vec<(i64, f64)>,
    /// (time, latitude, longitude, altitude)
    pub route: Vec<(i64, f64, f64, f64)>,
}

/// Everything, in order of time within each list.
#[derive(Debug, Default)]
pub struct History {
    pub samples: Vec<RawSample>,
    pub segments: Vec<Segment>,
    pub symptoms: Vec<Symptom>,
    pub runs: Vec<Run>,
    /// The zone that the person lives in.
    pub zone: Option<TimeZone>,
}

impl History {
    /// `days` days up to the day `until`, which is the first that is left out. `density` scales the number of samples of a
    /// day: 1 is about what a watch and a phone record, and less is for tests.
    pub fn make(seed: u64, days: i32, until: Date, zone: &TimeZone, density: f64) -> Result<History> {
        let failed = |fault: jiff::Error| Error::BadRequest(format!("these days cannot be made up: {fault}"));
        let mut random = Random::new(seed);
        let mut history = History { zone: Some(zone.clone()), ..History::default() };
        let mut date = until.checked_sub(days.days()).map_err(failed)?;
        let mut body = body::Body::new(&mut random);
        while date < until {
            let midnight = date.to_zoned_datetime(zone.clone()).map_err(failed)?.timestamp().as_second();
            day::add(&mut history, &mut random, &mut body, midnight, density);
            night::add(&mut history, &mut random, midnight, density);
            workout::add(&mut history, &mut random, midnight, density);
            date = date.tomorrow().map_err(failed)?;
        }
        history.samples.sort_by_key(|sample| (sample.measure.name, sample.start, sample.source));
        history.segments.sort_by_key(|segment| segment.start);
        Ok(history)
    }

    /// The time as a sender in the person's zone writes it.
    pub fn local(&self, utc: i64) -> String {
        let zone = self.zone.clone().unwrap_or(TimeZone::UTC);
        let at = Timestamp::from_second(utc).unwrap_or_default().to_zoned_datetime(zone);
        at.strftime("%Y-%m-%d %H:%M:%S %z").to_string()
    }
}

fn round(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}
