//! What is measured once a day, once a night, or now and then.

use super::activity::sample;
use super::calendar::{Day, HOUR, MINUTE};
use super::measures::{
    DIASTOLIC, FAT, LEAN, MASS_INDEX, RESPIRATION, RESTING, STEADINESS, STEP_LENGTH, SYSTOLIC, VARIABILITY, VO2_MAX,
    WALKING_RATE, WALKING_SPEED, WRIST,
};
use super::round;
use crate::synth::history::{OXYGEN, PHONE, RawSample, SCALE, WATCH, WEIGHT};
use crate::synth::random::Random;

const CUFF: &str = "Blood Pressure Cuff";
const HEIGHT: f64 = 1.78;

pub fn add(samples: &mut Vec<RawSample>, day: &Day) {
    let mut random = day.random(5);
    add_night(samples, &mut random, day);
    add_body(samples, &mut random, day);
    let (morning, evening) = (day.night().awake + 30 * MINUTE, day.at(20.5));
    let mut push = |measure, at: i64, value: f64, source| samples.push(sample(measure, (at, at), value, source));
    push(&RESTING, morning, resting(day), WATCH);
    push(&WALKING_RATE, evening, (resting(day) + 42.0 - 9.0 * day.fitness() + 3.0 * random.noise()).round(), WATCH);
    if day.weekday() == 3 || day.is_marathon() {
        push(&VO2_MAX, evening, round(41.0 + 7.0 * day.fitness() + 0.4 * random.noise(), 1), WATCH);
    }
    push(&WALKING_SPEED, evening, round(5.0 + 0.3 * random.noise() - 0.8 * day.illness(), 2), PHONE);
    push(&STEP_LENGTH, evening, round(74.0 + 3.0 * random.noise() - 5.0 * day.illness(), 1), PHONE);
    if day.weekday() == 0 {
        push(&STEADINESS, evening, round(92.0 + 3.0 * random.noise(), 1).min(100.0), PHONE);
    }
}

/// Lower with fitness; higher in an ill week and after a bad night.
pub fn resting(day: &Day) -> f64 {
    (62.0 - 8.0 * day.fitness() + 11.0 * day.illness() - 1.6 * day.sleep_quality() + day.wander(6)).round()
}

fn add_night(samples: &mut Vec<RawSample>, random: &mut Random, day: &Day) {
    let night = day.night();
    let count = if day.density() < 1.0 { 3 } else { 7 };
    for number in 0..count {
        let at = night.asleep + 20 * MINUTE + number * (night.awake - night.asleep - 30 * MINUTE) / count;
        let oxygen = (96.8 + 1.2 * random.noise() - 1.5 * day.illness()).round().min(100.0);
        samples.push(sample(&OXYGEN, (at, at), oxygen, WATCH));
        let breaths = round(14.2 + 0.9 * random.noise() + 2.4 * day.illness(), 1);
        samples.push(sample(&RESPIRATION, (at + MINUTE, at + 2 * MINUTE), breaths, WATCH));
        samples.push(sample(&VARIABILITY, (at + 3 * MINUTE, at + 4 * MINUTE), variability(day, random), WATCH));
    }
    let warm = round(35.6 + 0.25 * day.wander(7) + 1.1 * day.illness(), 2);
    samples.push(sample(&WRIST, (night.asleep, night.awake), warm, WATCH));
}

/// Follows sleep and fitness; hard training costs some of it.
fn variability(day: &Day, random: &mut Random) -> f64 {
    let usual = 44.0 + 12.0 * day.fitness() + 9.0 * day.sleep_quality() - 16.0 * day.illness() - 8.0 * day.training();
    round((usual + 8.0 * random.noise()).max(12.0), 1)
}

/// Most mornings on the scale; down in spring, up before winter.
fn add_body(samples: &mut Vec<RawSample>, random: &mut Random, day: &Day) {
    let at = day.night().awake + 15 * MINUTE;
    let weight = 76.5 + 2.1 * day.winter() - 1.2 * day.fitness() + 0.5 * day.wander(8) + f64::from(day.age) * 0.0006;
    if random.unit() < 0.78 {
        let fat = 19.0 + 1.6 * day.winter() - 1.5 * day.fitness() + 0.4 * random.noise();
        let mut push = |measure, value| samples.push(sample(measure, (at, at), value, SCALE));
        push(&WEIGHT, round(weight, 2));
        push(&FAT, round(fat, 1));
        push(&LEAN, round(weight * (1.0 - fat / 100.0), 2));
        push(&MASS_INDEX, round(weight / (HEIGHT * HEIGHT), 2));
    }
    if matches!(day.weekday(), 2 | 6) {
        let at = at + HOUR / 4;
        let top = (121.0 + 4.0 * day.winter() + 5.0 * random.noise()).round();
        let bottom = (78.0 + 2.0 * day.winter() + 4.0 * random.noise()).round();
        samples.push(sample(&SYSTOLIC, (at, at), top, CUFF));
        samples.push(sample(&DIASTOLIC, (at, at), bottom, CUFF));
    }
}
