//! What a watch and a phone count through a day. Both count the same walks, each a little differently, so that their sum is
//! more than was walked; the phone stays at home now and then, and the watch on its charger.

use super::calendar::{Day, HOUR, MINUTE};
use super::measures::{
    BASAL, CAFFEINE, DAYLIGHT, EXERCISE, FLIGHTS, HEADPHONES, STAND_HOUR, STAND_TIME, SURROUNDINGS, WATER,
};
use super::round;
use super::vitals::resting;
use crate::synth::history::{DIARY, DISTANCE, ENERGY, FOOD, HEART_RATE, Measure, PHONE, RawSample, STEPS, WATCH};
use crate::synth::random::Random;

/// Days ago on which the person gave up writing down what they ate.
pub const DIARY_ENDED: i32 = 21;

pub fn add(samples: &mut Vec<RawSample>, day: &Day) {
    let mut random = day.random(3);
    let liveliness = liveliness(day, &mut random);
    for hour in 0..24 {
        let (begin, rest) = (day.at(hour as f64), round(66.0 + 4.0 * random.noise(), 2));
        samples.push(sample(&BASAL, (begin, begin + HOUR), rest, WATCH));
    }
    for hour in 6..23 {
        let usual = usual(day, hour) * liveliness;
        add_hour(samples, &mut random, day, hour, usual);
    }
    add_heart(samples, &mut random, day, liveliness);
    add_intake(samples, &mut random, day);
    add_sound(samples, &mut random, day);
}

/// How lively the day is, around 1.
fn liveliness(day: &Day, random: &mut Random) -> f64 {
    let holiday = if day.is_holiday() { 0.5 } else { 0.0 };
    let season = -0.12 * day.winter();
    (1.0 + 0.35 * random.noise() + holiday + season - 0.75 * day.illness()).max(0.12)
}

/// From 0 (at a desk) to 1 (on the way).
fn usual(day: &Day, hour: i64) -> f64 {
    match (day.is_weekend(), hour) {
        (false, 8 | 17) => 0.95,
        (false, 12 | 13) => 0.6,
        (true, 10..=16) => 0.65,
        (_, 7..=20) => 0.28,
        _ => 0.08,
    }
}

fn add_hour(samples: &mut Vec<RawSample>, random: &mut Random, day: &Day, hour: i64, usual: f64) {
    let begin = day.at(hour as f64);
    let walks = ((1.0 + 2.2 * usual) * day.density().max(0.4)).round() as i64;
    let mut stood = 0.0;
    for walk in 0..walks {
        let start = begin + walk * HOUR / walks + random.between(0.0, 300.0) as i64;
        let span = (random.between(60.0, 560.0) * (0.5 + usual)).max(40.0) as i64;
        let span = span.min(HOUR / walks - 310);
        add_walk(samples, random, (start, start + span), usual / day.density().max(0.4));
        stood += span as f64 / 60.0;
    }
    let mut push = |measure, when, value| samples.push(sample(measure, when, value, WATCH));
    if stood > 1.5 || random.unit() < 0.6 {
        push(&STAND_HOUR, (begin, begin + HOUR), 1.0);
        push(&STAND_TIME, (begin, begin + HOUR), stood.ceil().clamp(1.0, 55.0));
    }
    let quarters = if day.density() < 1.0 { 1 } else { 4 };
    for quarter in 0..quarters {
        let start = begin + quarter * HOUR / quarters;
        let energy = (2.0 + 26.0 * usual) * random.between(0.6, 1.4) / quarters as f64;
        push(&ENERGY, (start, start + HOUR / quarters), round(energy, 3));
    }
    if (8..20).contains(&hour) && random.unit() < 0.25 + 0.2 * usual - 0.15 * day.winter() {
        let minutes = random.between(4.0, 40.0 * (1.0 - 0.5 * day.winter())).floor();
        push(&DAYLIGHT, (begin + 5 * MINUTE, begin + 5 * MINUTE + minutes as i64 * MINUTE), minutes);
    }
}

fn add_walk(samples: &mut Vec<RawSample>, random: &mut Random, (start, end): (i64, i64), usual: f64) {
    let steps = ((end - start) as f64 * 1.2 * random.between(0.6, 1.0) * (0.6 + 0.7 * usual)).round().max(4.0);
    let (on_wrist, in_pocket) = (random.unit() < 0.93, random.unit() < 0.72);
    if on_wrist {
        samples.push(sample(&STEPS, (start, end), steps, WATCH));
        samples.push(sample(&DISTANCE, (start, end), round(steps * 0.000_74, 4), WATCH));
        samples.push(sample(&ENERGY, (start, end), round(steps * 0.034, 3), WATCH));
    }
    if in_pocket {
        // The phone begins and ends its samples at other times, and sees a little less.
        let begin = start + random.between(-30.0, 60.0) as i64;
        let end = (end + random.between(-30.0, 60.0) as i64).max(begin + 20);
        let seen = (steps * random.between(0.82, 1.0)).round().max(1.0);
        samples.push(sample(&STEPS, (begin, end), seen, PHONE));
        samples.push(sample(&DISTANCE, (begin, end), round(seen * 0.000_72, 4), PHONE));
        if random.unit() < 0.12 {
            samples.push(sample(&FLIGHTS, (begin, end), random.between(1.0, 4.0).floor(), PHONE));
        }
    }
    if on_wrist && usual > 0.5 && end - start > 4 * MINUTE {
        let minutes = ((end - start) / MINUTE / 2) as f64;
        samples.push(sample(&EXERCISE, (start, start + minutes as i64 * MINUTE), minutes, WATCH));
    }
}

/// Every few minutes, day and night; lower while asleep.
fn add_heart(samples: &mut Vec<RawSample>, random: &mut Random, day: &Day, liveliness: f64) {
    let (awake, resting) = (day.night().awake, resting(day));
    let beats = (288.0 * day.density()) as i64;
    for beat in 0..beats {
        let at = day.midnight + beat * 24 * HOUR / beats + random.between(0.0, 60.0) as i64;
        let hour = (at - day.midnight) / HOUR;
        let rate = match at < awake || hour >= 23 {
            true => resting - 4.0 + 2.0 * ((at - day.midnight) as f64 / 2700.0).sin() + 3.0 * random.noise(),
            false => {
                resting + 9.0 + 34.0 * usual(day, hour) * liveliness.min(1.5) * random.unit() + 7.0 * random.noise()
            }
        };
        samples.push(sample(&HEART_RATE, (at, at), rate.round().max(38.0), WATCH));
    }
}

fn add_intake(samples: &mut Vec<RawSample>, random: &mut Random, day: &Day) {
    for hour in [8.1, 11.0, 14.0, 17.2, 20.1] {
        let at = day.at(hour + random.between(0.0, 0.5));
        samples.push(sample(&WATER, (at, at), (random.between(2.0, 5.0)).round() * 100.0, DIARY));
    }
    // The coffees of the last weeks come from a Shortcut.
    if day.age >= super::SENT_DAYS {
        for at in coffees(day) {
            samples.push(sample(&CAFFEINE, (at, at), 80.0, DIARY));
        }
    }
    if day.age >= DIARY_ENDED && random.unit() < 0.9 {
        for (hour, energy) in [(7.7, 420.0), (12.6, 760.0), (19.2, 880.0)] {
            let at = day.at(hour + random.between(0.0, 0.6));
            let energy = (energy * (1.0 + 0.3 * random.noise()) * (1.0 - 0.3 * day.illness())).round();
            samples.push(sample(&FOOD, (at, at), energy, DIARY));
        }
    }
}

/// When; a bad night is followed by more of them.
pub fn coffees(day: &Day) -> Vec<i64> {
    let mut random = day.random(4);
    let wanted = (1.8 - 0.7 * day.sleep_quality() + 0.5 * random.noise()).clamp(0.0, 4.0).round() as usize;
    [8.2, 10.6, 13.4, 15.5][..wanted].iter().map(|hour| day.at(hour + random.between(0.0, 0.4))).collect()
}

fn add_sound(samples: &mut Vec<RawSample>, random: &mut Random, day: &Day) {
    if !day.is_weekend() || random.unit() < 0.4 {
        let start = day.at(17.0 + random.between(0.0, 0.5));
        let loud = round(74.0 + 7.0 * random.noise(), 1);
        samples.push(sample(&HEADPHONES, (start, start + 25 * MINUTE), loud, PHONE));
    }
    for hour in [9, 13, 18] {
        let start = day.at(f64::from(hour));
        let loud = round(58.0 + 12.0 * random.noise(), 1);
        samples.push(sample(&SURROUNDINGS, (start, start + 30 * MINUTE), loud, WATCH));
    }
}

pub fn sample(measure: &'static Measure, (start, end): (i64, i64), value: f64, source: &'static str) -> RawSample {
    RawSample { measure, start, end, value, source }
}
