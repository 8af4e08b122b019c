//! The nights: stages from the watch and time in bed from the phone, in cycles of deep sleep first and dreams later. One in
//! nine has no stages, for the watch was charging; one in forty is missing; on some Sundays there is a nap.

use super::calendar::{Day, MINUTE};
use crate::synth::history::{PHONE, Segment, WATCH};
use crate::synth::random::Random;

/// The sleep that ends on the day.
pub fn segments(day: &Day) -> Vec<Segment> {
    let (mut random, night) = (day.random(9), day.night());
    let mut segments = Vec::new();
    let luck = random.unit();
    // The last nights are whole, for they are what is looked at first.
    let is_recent = day.age < 3;
    if luck < 0.025 && !is_recent {
        return segments;
    }
    segments.push(Segment { stage: "InBed", start: night.in_bed, end: night.up, source: PHONE });
    if (luck < 0.13 && !is_recent) || day.is_watch_away() {
        let (start, end) = (night.asleep, night.awake);
        segments.push(Segment { stage: "AsleepUnspecified", start, end, source: PHONE });
    } else {
        add_stages(&mut segments, &mut random, day, (night.asleep, night.awake));
    }
    if day.weekday() == 6 && random.unit() < 0.4 && !day.is_watch_away() {
        let start = day.at(14.2 + random.between(0.0, 0.6));
        let end = start + random.between(20.0, 50.0) as i64 * MINUTE;
        segments.push(Segment { stage: "AsleepCore", start, end, source: WATCH });
    }
    segments
}

fn add_stages(segments: &mut Vec<Segment>, random: &mut Random, day: &Day, (start, end): (i64, i64)) {
    let quality = day.sleep_quality().clamp(-1.5, 1.5);
    let (mut at, mut cycle) = (start, 0.0);
    while at < end {
        let late: f64 = cycle / 5.0;
        let waking = (4.0 - 2.0 * quality) * (0.5 + late);
        for (stage, minutes) in [
            ("AsleepCore", 24.0 + 6.0 * random.noise()),
            ("AsleepDeep", ((34.0 + 7.0 * quality) * (1.0 - late) + 6.0 * random.noise()).max(0.0)),
            ("AsleepCore", 20.0 + 6.0 * random.noise()),
            ("AsleepREM", (6.0 + 30.0 * late + 4.0 * quality + 5.0 * random.noise()).max(3.0)),
            ("Awake", (waking + 3.0 * random.noise()).max(0.0)),
        ] {
            let until = (at + (minutes * 60.0) as i64 / 30 * 30).min(end);
            if until > at {
                segments.push(Segment { stage, start: at, end: until, source: WATCH });
            }
            at = until;
        }
        cycle += 1.0;
    }
}
