//! A night: the phone knows when it was put down, the watch knows the stages, and both overlap; a headache now and then.

use crate::synth::history::{History, PHONE, Segment, Symptom, WATCH};
use crate::synth::random::Random;

const HOUR: i64 = 3600;

/// The order in which stages follow one another, again and again.
const CYCLE: [&str; 5] = ["AsleepCore", "AsleepDeep", "AsleepCore", "AsleepREM", "Awake"];

/// The night that ends on the morning of the day that begins at `midnight`.
pub fn add(history: &mut History, random: &mut Random, midnight: i64, density: f64) {
    let start = midnight - HOUR + random.between(0.0, 7200.0) as i64;
    let end = midnight + 6 * HOUR + random.between(0.0, 5400.0) as i64;
    let in_bed = (start - random.between(0.0, 1200.0) as i64, end + random.between(0.0, 900.0) as i64);
    history.segments.push(Segment { stage: "InBed", start: in_bed.0, end: in_bed.1, source: PHONE });
    match random.unit() {
        // The watch was on the charger: the phone only guesses.
        guess if guess < 0.1 => {
            history.segments.push(Segment { stage: "AsleepUnspecified", start, end, source: PHONE });
        }
        _ => add_stages(history, random, (start, end), density),
    }
    if random.unit() < 0.06 {
        let at = midnight + 9 * HOUR + random.between(0.0, 7200.0) as i64;
        let severity = if random.unit() < 0.5 { "Mild" } else { "Severe" };
        history.symptoms.push(Symptom { name: "Headache", severity, start: at, end: at + HOUR });
    }
}

fn add_stages(history: &mut History, random: &mut Random, (start, end): (i64, i64), density: f64) {
    let longest = 60.0 + 1800.0 / density.max(0.2);
    let mut at = start;
    for stage in CYCLE.iter().cycle() {
        let wanted = if *stage == "Awake" { random.between(30.0, 300.0) } else { random.between(300.0, longest) };
        let until = (at + wanted as i64).min(end);
        history.segments.push(Segment { stage, start: at, end: until, source: WATCH });
        at = until;
        if at >= end {
            break;
        }
    }
}
