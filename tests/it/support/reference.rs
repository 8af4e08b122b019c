//! What the answers must be, computed second by second straight from a made-up history: slow, and nothing of the
//! program's own reading is used.

use std::collections::BTreeMap;

use health_export::synth::history::{History, Measure, PHONE, RawSample, Segment, WATCH};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Nobody covers this second.
const NOBODY: u8 = u8::MAX;

/// Watches are believed before phones, and phones before the rest.
fn rank(source: &str) -> u8 {
    match source {
        WATCH => 0,
        PHONE => 1,
        _ => 2,
    }
}

fn local_date(utc: i64, zone: &TimeZone) -> String {
    Timestamp::from_second(utc).unwrap().to_zoned_datetime(zone.clone()).date().to_string()
}

fn of<'a>(history: &'a History, measure: &'static Measure) -> Vec<&'a RawSample> {
    history.samples.iter().filter(|sample| sample.measure == measure).collect()
}

/// The best rank that covers each second from the first of them on.
fn covered(samples: &[&RawSample]) -> (i64, Vec<u8>) {
    let first = samples.iter().map(|sample| sample.start).min().unwrap();
    let last = samples.iter().map(|sample| sample.end).max().unwrap();
    let mut best = vec![NOBODY; (last - first + 1) as usize];
    for sample in samples {
        for second in sample.start..sample.end {
            let known = &mut best[(second - first) as usize];
            *known = rank(sample.source).min(*known);
        }
    }
    (first, best)
}

/// The total of each local day: a second that several sources have counted belongs to the best of them.
pub fn totals(history: &History, measure: &'static Measure, zone: &TimeZone) -> BTreeMap<String, f64> {
    let samples = of(history, measure);
    let (first, best) = covered(&samples);
    let mut days = BTreeMap::new();
    for sample in samples {
        let own = rank(sample.source);
        let mine = |second: i64| best[(second - first) as usize] >= own;
        let span = sample.end - sample.start;
        if span == 0 && mine(sample.start) {
            *days.entry(local_date(sample.start, zone)).or_default() += sample.value;
        }
        let mut seconds: BTreeMap<String, f64> = BTreeMap::new();
        for second in (sample.start..sample.end).filter(|second| mine(*second)) {
            *seconds.entry(local_date(second, zone)).or_default() += 1.0;
        }
        for (day, seconds) in seconds {
            *days.entry(day).or_default() += sample.value * seconds / span as f64;
        }
    }
    days
}

/// Count and average of each local day.
pub fn averages(history: &History, measure: &'static Measure, zone: &TimeZone) -> BTreeMap<String, (f64, f64)> {
    let mut days: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for sample in of(history, measure) {
        days.entry(local_date(sample.start, zone)).or_default().push(sample.value);
    }
    days.into_iter()
        .map(|(day, values)| (day, (values.len() as f64, values.iter().sum::<f64>() / values.len() as f64)))
        .collect()
}

/// Seconds that a heart rate is taken to last at most, until the next one.
const HEART_RATE_LASTS: i64 = 600;

/// Count and average of each local day, where each value lasts until the next one.
pub fn averages_over_time(
    history: &History,
    measure: &'static Measure,
    zone: &TimeZone,
) -> BTreeMap<String, (f64, f64)> {
    let samples = of(history, measure);
    let mut starts: Vec<i64> = samples.iter().map(|sample| sample.start).collect();
    starts.sort_unstable();
    let mut days: BTreeMap<String, (f64, f64, f64)> = BTreeMap::new();
    for sample in &samples {
        days.entry(local_date(sample.start, zone)).or_default().0 += 1.0;
        let next = starts.iter().copied().find(|start| *start > sample.start);
        let together = starts.iter().filter(|start| **start == sample.start).count() as f64;
        let end = next.unwrap_or(i64::MAX).min(sample.start + HEART_RATE_LASTS);
        let (end, part) = if sample.end > sample.start { (sample.end, 1.0) } else { (end, 1.0 / together) };
        for second in sample.start..end {
            let day = days.entry(local_date(second, zone)).or_default();
            day.1 += part;
            day.2 += part * sample.value;
        }
    }
    days.into_iter().filter(|(_, day)| day.0 > 0.0).map(|(date, day)| (date, (day.0, day.2 / day.1))).collect()
}

/// Minutes of each stage of each night, by the date on which it ends; `in_bed` and `asleep` (all that is sleep) too.
pub fn nights(history: &History, zone: &TimeZone) -> BTreeMap<String, BTreeMap<&'static str, f64>> {
    let mut nights: BTreeMap<String, Vec<&Segment>> = BTreeMap::new();
    for segment in &history.segments {
        // All nights that are made up end between 6 and 8 o'clock, and begin after 18.
        nights.entry(local_date(segment.start + 6 * 3600, zone)).or_default().push(segment);
    }
    nights.into_iter().map(|(date, segments)| (date, minutes(&segments))).collect()
}

fn minutes(segments: &[&Segment]) -> BTreeMap<&'static str, f64> {
    let first = segments.iter().map(|segment| segment.start).min().unwrap();
    let last = segments.iter().map(|segment| segment.end).max().unwrap();
    let mut found: BTreeMap<&'static str, f64> = BTreeMap::new();
    for second in first..last {
        let at = |segment: &&&Segment| segment.start <= second && second < segment.end;
        if segments.iter().filter(at).any(|segment| segment.stage == "InBed") {
            *found.entry("in_bed").or_default() += 1.0 / 60.0;
        }
        let sleeping = segments.iter().filter(at).filter(|segment| segment.stage != "InBed");
        if let Some(best) = sleeping.min_by_key(|segment| rank(segment.source)) {
            let stage = match best.stage {
                "AsleepCore" => "core",
                "AsleepDeep" => "deep",
                "AsleepREM" => "rem",
                "Awake" => "awake",
                _ => "unspecified",
            };
            *found.entry(stage).or_default() += 1.0 / 60.0;
            if stage != "awake" {
                *found.entry("asleep").or_default() += 1.0 / 60.0;
            }
        }
    }
    found
}
