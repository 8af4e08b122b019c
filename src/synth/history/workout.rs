//! A run in the evening, twice a week or so.

use crate::synth::history::{History, Run, round};
use crate::synth::random::Random;

const HOUR: i64 = 3600;

/// A place in the sea, where nobody lives.
const SOMEWHERE: (f64, f64) = (54.25, 7.25);

pub fn add(history: &mut History, random: &mut Random, midnight: i64, density: f64) {
    if random.unit() > 0.3 {
        return;
    }
    let start = midnight + 18 * HOUR + random.between(0.0, 3600.0) as i64;
    let span = random.between(1200.0, 4200.0) as i64;
    let kilometres = round(span as f64 * random.between(0.0023, 0.0031), 3);
    let beats = ((span as f64 / 60.0 * density).ceil() as i64).max(2);
    let points = ((span as f64 * density).ceil() as i64).max(3);
    let at = |number: i64, of: i64| start + number * span / of;
    history.runs.push(Run {
        id: id(random),
        start,
        end: start + span,
        kilometres,
        kilocalories: round(kilometres * 68.0, 1),
        heart: (0..beats).map(|beat| (at(beat, beats), round(random.between(120.0, 175.0), 0))).collect(),
        route: (0..points).map(|point| place(at(point, points), point as f64 / points as f64)).collect(),
    });
}

/// A circle of about a kilometre.
fn place(at: i64, turn: f64) -> (i64, f64, f64, f64) {
    let (sine, cosine) = (turn * std::f64::consts::TAU).sin_cos();
    (at, round(SOMEWHERE.0 + 0.01 * sine, 6), round(SOMEWHERE.1 + 0.01 * cosine, 6), round(20.0 + 5.0 * sine, 2))
}

/// In the form of HealthKit's identifiers.
fn id(random: &mut Random) -> String {
    let mut hex =
        |digits: usize| -> String { (0..digits).map(|_| format!("{:X}", (random.unit() * 16.0) as u8)).collect() };
    format!("{}-{}-{}-{}-{}", hex(8), hex(4), hex(4), hex(4), hex(12))
}
