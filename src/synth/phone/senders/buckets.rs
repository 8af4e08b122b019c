//! The intervals that a phone cuts its statistics into, by its own clock.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::synth::phone::calendar::{date_of, days_after, midnight};
use crate::synth::phone::store::Sample;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    Second,
    Minute,
    Hour,
    Day,
}

/// The interval of a grain that a moment is in.
pub fn around(at: i64, grain: Grain, zone: &TimeZone) -> (i64, i64) {
    let date = || date_of(at, zone);
    match grain {
        Grain::Second => (at, at + 1),
        Grain::Minute => (at - at.rem_euclid(60), at - at.rem_euclid(60) + 60),
        Grain::Hour => {
            let day = midnight(date(), zone);
            let start = at - (at - day).rem_euclid(3600);
            (start, start + 3600)
        }
        Grain::Day => (midnight(date(), zone), midnight(days_after(date(), 1), zone)),
    }
}

/// All intervals that samples touch, in order; those without a length, and `whole` ones by their start alone.
pub fn touched(samples: &[&Sample], by_start: bool, grain: Grain, zone: &TimeZone) -> Vec<(i64, i64)> {
    let mut found: BTreeMap<i64, i64> = BTreeMap::new();
    let mut last = (0, 0);
    for sample in samples {
        let end = if by_start { sample.start } else { sample.end };
        let mut at = sample.start;
        loop {
            if !(last.0..last.1).contains(&at) {
                last = around(at, grain, zone);
                found.insert(last.0, last.1);
            }
            at = last.1;
            if at >= end {
                break;
            }
        }
    }
    found.into_iter().collect()
}
