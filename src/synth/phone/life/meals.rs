//! Meals: an app writes several entries at one moment, some of them equal.

use super::{Day, chance, whole};
use crate::synth::phone::metric::Metric;
use crate::synth::phone::source::Source;
use crate::synth::phone::store::{Presence, Sample, Store};
use crate::synth::random::Random;

pub fn live(store: &mut Store, day: &Day, random: &mut Random) {
    for hour in [7.5, 12.5, 16.0, 19.0] {
        if chance(random, 0.85) {
            meal(store, day, random, day.at(hour));
        }
    }
}

fn meal(store: &mut Store, day: &Day, random: &mut Random, at: i64) {
    let written = at + whole(random, 60, 1800);
    let entries = whole(random, 1, 4);
    for number in 0..entries {
        let created = written + number * 20;
        let kilocalories = whole(random, 4, 50) as f64 * 10.0;
        let protein = whole(random, 1, 5) as f64 * 7.0;
        for (metric, value) in [(Metric::Food, kilocalories), (Metric::Protein, protein)] {
            if day.has(metric) {
                let (source, presence) = (Source::FoodLog, Presence::since(created + 2));
                store.add(Sample { metric, start: at, end: at, value, source, created, presence });
            }
        }
    }
}
