//! Electrocardiograms and what the watch notices about the heart.

use serde_json::{Value, json};

use super::Demo;
use super::calendar::Day;
use super::diary::Entry;
use super::round;
use super::vitals::resting;
use crate::synth::history::WATCH;

const HERTZ: f64 = 512.0;
const SECONDS: f64 = 30.0;

/// Days before the last one on which one was recorded, and what the watch made of it.
const RECORDED: [(i32, &str); 3] = [(12, "Sinus Rhythm"), (21, "Inconclusive High Heart Rate"), (75, "Sinus Rhythm")];

pub fn electrocardiograms(demo: &Demo, day: &Day) -> Vec<Entry> {
    let found = RECORDED.iter().find(|(age, _)| *age == day.age);
    found.map(|(_, classification)| electrocardiogram(demo, day, classification)).into_iter().collect()
}

fn electrocardiogram(demo: &Demo, day: &Day, classification: &str) -> Entry {
    let start = day.at(20.1);
    let rate = if classification.contains("High") { 152.0 } else { resting(day) + 8.0 };
    let mut random = day.random(14);
    let points: Vec<Value> = (0..(HERTZ * SECONDS) as i64)
        .map(|number| {
            let seconds = number as f64 / HERTZ;
            let voltage = round(beat((seconds * rate / 60.0).fract()) + 9.0 * random.noise(), 3);
            json!({"date": start as f64 + seconds, "voltage": voltage, "units": "mcV"})
        })
        .collect();
    let value = json!({
        "start": demo.local(start), "end": demo.local(start + SECONDS as i64), "classification": classification,
        "averageHeartRate": rate, "numberOfVoltageMeasurements": points.len(), "samplingFrequency": HERTZ,
        "source": "ECG", "voltageMeasurements": points
    });
    (start + SECONDS as i64, value)
}

/// Microvolts at a part of a beat: the waves P, Q, R, S and T, each a bell.
fn beat(part: f64) -> f64 {
    let bell = |height: f64, middle: f64, width: f64| height * (-((part - middle) / width).powi(2)).exp();
    bell(110.0, 0.18, 0.025)
        + bell(-90.0, 0.285, 0.010)
        + bell(880.0, 0.31, 0.011)
        + bell(-190.0, 0.34, 0.012)
        + bell(240.0, 0.56, 0.045)
}

/// A racing heart in the ill week, and a slow one in a night of the best weeks.
pub fn notifications(demo: &Demo, day: &Day) -> Vec<Entry> {
    let (slug, threshold, at, rate) = match day.age {
        22 => ("high_heart_rate_notification", 120.0, day.at(15.4), 126.0),
        60 => ("low_heart_rate_notification", 40.0, day.at(3.6), 38.0),
        _ => return Vec::new(),
    };
    let beats: Vec<Value> = (0..10)
        .map(|minute| {
            let (from, to) = (demo.local(at + minute * 60), demo.local(at + minute * 60 + 60));
            let timestamp = json!({"start": from, "end": to, "interval": {"duration": 60, "units": "s"}});
            json!({"hr": rate + (minute % 3) as f64 * if threshold > 100.0 { 1.0 } else { -1.0 }, "units": "bpm", "timestamp": timestamp})
        })
        .collect();
    let value = json!({
        "heartNotification": slug, "start": demo.local(at), "end": demo.local(at + 600), "threshold": threshold,
        "heartRateData": beats, "hrvData": [], "source": {"name": WATCH}
    });
    vec![(at + 600, value)]
}
