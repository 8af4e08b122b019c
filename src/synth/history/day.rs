//! A day: walks that the watch and the phone both count, a heart rate, meals of several records with one time.

use crate::synth::history::body::Body;
use crate::synth::history::{
    DIARY, DISTANCE, ENERGY, FOOD, HEART_RATE, History, Measure, OXYGEN, PHONE, RawSample, SCALE, STEPS, WATCH, WEIGHT,
    round,
};
use crate::synth::random::Random;

const HOUR: i64 = 3600;

pub fn add(history: &mut History, random: &mut Random, body: &mut Body, midnight: i64, density: f64) {
    let walks = ((30.0 * density).ceil() as i64).max(2);
    for walk in 0..walks {
        let start = midnight + 7 * HOUR + walk * 15 * HOUR / walks + random.between(0.0, 600.0) as i64;
        add_walk(history, random, body, start);
    }
    let beats = ((240.0 * density).ceil() as i64).max(3);
    for beat in 0..beats {
        let at = midnight + beat * 24 * HOUR / beats + random.between(0.0, 60.0) as i64;
        let rate = round(62.0 / body.fitness + 25.0 * random.unit(), 0);
        history.push(&HEART_RATE, (at, at), rate, WATCH);
    }
    let at = midnight + 3 * HOUR + random.between(0.0, 3600.0) as i64;
    history.push(&OXYGEN, (at, at), round(random.between(93.0, 100.0), 0), WATCH);
    if random.unit() < 0.4 {
        let at = midnight + 7 * HOUR + random.between(0.0, 1800.0) as i64;
        history.push(&WEIGHT, (at, at), body.weigh(random), SCALE);
    }
    for meal in [8, 13, 19] {
        add_meal(history, random, midnight + meal * HOUR);
    }
}

/// A walk of a few minutes. The watch is on the charger now and then, and the phone stays on the table now and then.
fn add_walk(history: &mut History, random: &mut Random, body: &Body, start: i64) {
    let span = random.between(120.0, 900.0) as i64;
    let steps = round(span as f64 * 1.7 * body.fitness * random.between(0.6, 1.0), 0).max(1.0);
    let (on_wrist, in_pocket) = (random.unit() < 0.85, random.unit() < 0.8);
    if on_wrist {
        add_counted(history, (start, start + span), steps, WATCH);
        history.push(&ENERGY, (start, start + span), round(steps * 0.042, 3), WATCH);
    }
    if in_pocket {
        // The phone begins and ends its samples at other times, and sees a little less.
        let begin = start + random.between(-90.0, 240.0) as i64;
        let end = (start + span + random.between(-90.0, 240.0) as i64).max(begin + 30);
        add_counted(history, (begin, end), round(steps * random.between(0.8, 1.0), 0).max(1.0), PHONE);
    }
}

fn add_counted(history: &mut History, when: (i64, i64), steps: f64, source: &'static str) {
    history.push(&STEPS, when, steps, source);
    history.push(&DISTANCE, when, round(steps * 0.000_72, 4), source);
}

/// Several foods, entered at once.
fn add_meal(history: &mut History, random: &mut Random, at: i64) {
    let foods = 1 + (random.unit() * 3.0) as usize;
    for food in 0..foods {
        // What is alike in every respect is one record, so no two of a meal are.
        let energy = round(round(random.between(40.0, 600.0), 1) + 0.01 * food as f64, 2);
        history.push(&FOOD, (at, at), energy, DIARY);
    }
}

impl History {
    pub(super) fn push(
        &mut self,
        measure: &'static Measure,
        (start, end): (i64, i64),
        value: f64,
        source: &'static str,
    ) {
        self.samples.push(RawSample { measure, start, end, value, source });
    }
}
