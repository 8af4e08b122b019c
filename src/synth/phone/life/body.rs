//! What is measured of a body: the pulse, at rest too, the sound around it, its weight; and workouts, in which the pulse is measured
//! every five seconds.

use super::walks::thousandths;
use super::{Day, chance, whole};
use crate::synth::phone::calendar;
use crate::synth::phone::metric::Metric;
use crate::synth::phone::source::Source;
use crate::synth::phone::store::{Presence, Sample, Store, Workout};
use crate::synth::random::Random;

pub fn live(store: &mut Store, day: &Day, random: &mut Random) {
    if day.has(Metric::HeartRate) {
        pulse(store, day, random);
    }
    if day.has(Metric::Resting) && chance(random, 0.9) {
        resting(store, day, random);
    }
    if day.has(Metric::Sound) {
        sound(store, day, random);
    }
    if chance(random, 0.5) {
        let (at, weight) = (day.at(7.0) + whole(random, 0, 1800), random.between(70.0, 72.0));
        day.add(store, Metric::Weight, (at, at), thousandths(weight), Source::Phone);
    }
    if day.plan.workouts && chance(random, 0.4) {
        workout(store, day, random);
    }
}

/// Every few minutes from the watch, while it is worn.
fn pulse(store: &mut Store, day: &Day, random: &mut Random) {
    let (mut at, end) = (day.at(0.1), day.at(23.8));
    while at < end {
        let rate = whole(random, 52, 80) as f64;
        day.add(store, Metric::HeartRate, (at, at), rate, Source::Watch);
        if day.plan.ring && chance(random, 0.1) {
            day.add(store, Metric::HeartRate, (at, at), rate + 10.0, Source::Ring);
        }
        at += whole(random, 400, 800);
    }
}

/// Of the whole day, and written the next morning.
fn resting(store: &mut Store, day: &Day, random: &mut Random) {
    let (start, end) = (day.at(0.0) + whole(random, 60, 600), day.at(22.5));
    let added = day.at(23.0) + whole(random, 0, 12) * 3600;
    let (value, source) = (whole(random, 50, 64) as f64, Source::Watch);
    let presence = Presence::since(added);
    store.add(Sample { metric: Metric::Resting, start, end, value, source, created: added, presence });
}

/// Half an hour at a time, at most once across midnight.
fn sound(store: &mut Store, day: &Day, random: &mut Random) {
    for hour in [8.5, 13.0, 18.5, 21.0] {
        if chance(random, 0.5) {
            let start = day.at(hour) + whole(random, 0, 30) * 60;
            let level = thousandths(random.between(45.0, 92.0));
            day.add(store, Metric::Sound, (start, start + 1800), level, Source::Watch);
        }
    }
    if chance(random, 0.05) {
        let start = day.at(23.75);
        day.add(store, Metric::Sound, (start, start + 1800), 70.0, Source::Watch);
    }
}

/// After the walks of the afternoon and before those of the evening.
fn workout(store: &mut Store, day: &Day, random: &mut Random) {
    let start = day.at(18.8) + whole(random, 0, 600);
    let end = start + whole(random, 5, 14) * 60;
    let kilometres = thousandths((end - start) as f64 * 0.003);
    let kilocalories = thousandths((end - start) as f64 * 0.18);
    let mut add = |source, kilometres: f64, number: u64| {
        let id = format!("{:08X}-0000-4000-8000-{:012X}", number, start);
        let presence = Presence::since(end + 300);
        store.workouts.push(Workout { id, start, end, kilometres, kilocalories, source, presence });
    };
    add(Source::Watch, kilometres, 1);
    if day.plan.ring && chance(random, 0.3) {
        add(Source::Ring, kilometres + 2.0, 2);
    }
    let mut at = start;
    while at < end && calendar::date_of(at, &day.zone) == day.date {
        day.add(store, Metric::HeartRate, (at, at), whole(random, 120, 165) as f64, Source::Watch);
        at += 5;
    }
}
