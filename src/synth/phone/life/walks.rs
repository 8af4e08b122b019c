//! Walks: the watch and the phone count the same steps, each in stretches of its own, and sometimes one of them is not there.

use super::{Day, chance, whole};
use crate::synth::phone::metric::Metric;
use crate::synth::phone::source::Source;
use crate::synth::phone::store::Store;
use crate::synth::random::Random;

/// Hours at which walks may begin: no two at a time.
const HOURS: [f64; 7] = [7.2, 9.0, 11.0, 12.6, 15.0, 17.2, 20.0];

pub fn live(store: &mut Store, day: &Day, random: &mut Random) {
    for hour in HOURS {
        if chance(random, 0.6) {
            let start = day.at(hour) + whole(random, 0, 3000);
            walk(store, day, random, start);
        }
    }
    if chance(random, 0.1) {
        let start = day.at(23.7);
        walk(store, day, random, start);
    }
    if chance(random, 0.05) {
        by_hand(store, day, random);
    }
}

fn walk(store: &mut Store, day: &Day, random: &mut Random, start: i64) {
    let end = start + whole(random, 240, 2100);
    let pace = random.between(1.2, 2.0);
    let who = random.unit();
    if who < 0.85 {
        stretches(store, day, random, Source::Watch, (start, end), (60, 240), pace);
    }
    if who > 0.25 {
        let ends = (start - whole(random, 0, 90), end + whole(random, -120, 200));
        stretches(store, day, random, Source::Phone, ends, (200, 500), pace * 0.96);
    }
    if day.plan.ring && chance(random, 0.5) {
        stretches(store, day, random, Source::Ring, (start, end), (600, 900), pace * 1.1);
    }
}

/// One counter's samples, one after the other.
fn stretches(
    store: &mut Store,
    day: &Day,
    random: &mut Random,
    source: Source,
    (mut at, end): (i64, i64),
    lengths: (i64, i64),
    pace: f64,
) {
    while at < end {
        let until = end.min(at + whole(random, lengths.0, lengths.1));
        let steps = ((until - at) as f64 * pace * random.between(0.8, 1.2)).round().max(1.0);
        day.add(store, Metric::Steps, (at, until), steps, source);
        if source != Source::Ring {
            day.add(store, Metric::Distance, (at, until), thousandths(steps * 0.000_72), source);
        }
        if source == Source::Watch {
            day.add(store, Metric::Energy, (at, until), thousandths(steps * 0.041), source);
        }
        at = until;
    }
}

/// Steps that somebody has entered for a stretch of time, in which the watch has few or none.
fn by_hand(store: &mut Store, day: &Day, random: &mut Random) {
    let start = day.at(19.0);
    let steps = whole(random, 10, 50) as f64 * 100.0;
    day.add(store, Metric::Steps, (start, start + 3600), steps, Source::Manual);
    day.add(store, Metric::Steps, (start + 600, start + 660), 50.0, Source::Watch);
}

pub fn thousandths(value: f64) -> f64 {
    ((value * 1000.0).round() / 1000.0).max(0.001)
}
