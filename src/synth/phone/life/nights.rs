//! Nights in stages from the watch, with the time in bed from the phone, and naps. Each is of the date on which it ends.

use super::{Day, chance, whole};
use crate::synth::phone::calendar;
use crate::synth::phone::source::Source;
use crate::synth::phone::store::{Presence, Segment, Store};
use crate::synth::random::Random;

const STAGES: [&str; 6] = ["AsleepCore", "AsleepDeep", "AsleepCore", "AsleepREM", "Awake", "AsleepCore"];

pub fn live(store: &mut Store, day: &Day, random: &mut Random) {
    if !day.plan.nights || chance(random, 0.06) {
        return;
    }
    let before = Day { date: calendar::days_after(day.date, -1), zone: day.zone.clone(), plan: day.plan };
    let start = before.at(21.6) + whole(random, 0, 150) * 60;
    let end = day.at(6.0) + whole(random, 0, 120) * 60;
    // Who flies over the date line misses a night.
    if store.segments.last().is_some_and(|last| start < last.end + 3600) {
        return;
    }
    let pause = chance(random, 0.1).then(|| (day.at(2.0), day.at(3.5)));
    stages(store, day, random, (start, end), pause, 0);
    let (added, source) = (Presence::since(end + 400), Source::Phone);
    segment(store, day, "InBed", (start - 600, end + 300), source, 0, added);
    if chance(random, 0.2) {
        let start = day.at(13.5) + whole(random, 0, 60) * 60;
        let end = start + whole(random, 20, 90) * 60;
        segment(store, day, "AsleepCore", (start, end), Source::Watch, 1, Presence::since(end + 600));
    }
}

/// Stages from falling asleep to waking up; up and about in the pause.
fn stages(
    store: &mut Store,
    day: &Day,
    random: &mut Random,
    (start, end): (i64, i64),
    pause: Option<(i64, i64)>,
    session: u32,
) {
    let (mut at, mut number) = (start, 0);
    while at < end {
        let until = end.min(at + whole(random, 10, 50) * 60);
        let awake = pause.is_some_and(|(from, to)| at < to && until > from);
        if !awake {
            let stage = STAGES[number % STAGES.len()];
            segment(store, day, stage, (at, until), Source::Watch, session, Presence::since(end + 600));
        }
        number += 1;
        at = until;
    }
}

fn segment(
    store: &mut Store,
    day: &Day,
    stage: &'static str,
    (start, end): (i64, i64),
    source: Source,
    session: u32,
    presence: Presence,
) {
    let zone = day.zone.iana_name().unwrap_or("UTC").to_owned();
    store.segments.push(Segment { stage, start, end, source, date: day.date, session, zone, presence });
}
