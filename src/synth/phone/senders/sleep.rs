//! Nights as Health Auto Export writes them: stage by stage, or each summed up in one object.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Sync;
use crate::synth::phone::calendar::{midnight, text};
use crate::synth::phone::store::Segment;

pub fn points(sync: &Sync, summed: bool) -> Vec<Value> {
    let there = sync.segments();
    match summed {
        false => there.filter(|one| (sync.from..sync.to).contains(&one.start)).map(|one| stage(sync, one)).collect(),
        true => nights(sync, there.collect()),
    }
}

fn hours(seconds: i64) -> f64 {
    seconds as f64 / 3600.0
}

fn stage(sync: &Sync, segment: &Segment) -> Value {
    let source = sync.phone.names.name(segment.source);
    json!({
        "startDate": text(segment.start, sync.zone), "endDate": text(segment.end, sync.zone),
        "qty": hours(segment.end - segment.start), "value": segment.stage.trim_start_matches("Asleep"),
        "source": source
    })
}

/// Those that end within the sync.
fn nights(sync: &Sync, segments: Vec<&Segment>) -> Vec<Value> {
    let mut sessions: BTreeMap<_, Vec<&Segment>> = BTreeMap::new();
    segments.into_iter().for_each(|one| sessions.entry((one.date, one.session)).or_default().push(one));
    let ended = |night: &&Vec<&Segment>| {
        let end = night.iter().map(|one| one.end).max().unwrap_or(i64::MIN);
        (sync.from..sync.to).contains(&end)
    };
    sessions.values().filter(ended).filter_map(|night| summary(sync, night)).collect()
}

fn summary(sync: &Sync, night: &[&Segment]) -> Option<Value> {
    let of = |stage: &str| {
        let stages = night.iter().filter(|one| one.stage == stage);
        hours(stages.map(|one| one.end - one.start).sum())
    };
    let asleep = || night.iter().filter(|one| one.stage != "InBed");
    let (first, last) = (asleep().map(|one| one.start).min()?, asleep().map(|one| one.end).max()?);
    let (core, deep, rem) = (of("AsleepCore"), of("AsleepDeep"), of("AsleepREM"));
    let source = sync.phone.names.name(asleep().next()?.source);
    let time = |at: i64| text(at, sync.zone);
    Some(json!({
        "date": time(midnight(night[0].date, sync.zone)), "asleep": 0, "inBed": 0, "core": core, "deep": deep, "rem": rem,
        "awake": of("Awake"), "totalSleep": core + deep + rem, "sleepStart": time(first), "sleepEnd": time(last),
        "inBedStart": time(first), "inBedEnd": time(last), "source": source
    }))
}
