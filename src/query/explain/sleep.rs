//! Which night a date has, which source counts in it for which stretch, and who says what alone.

use std::collections::HashMap;

use crate::error::Result;
use crate::model::sleep::{SLEEP, Stage};
use crate::query::explain::{Alone, Answer, Findings, Found, Kind, Of, Question, source_names};
use crate::query::explain::{gathered, sentence};
use crate::query::sleep;
use crate::query::sleep::night::Night;
use crate::store::explained::{self, ToldSegment};
use crate::store::nights::read::Segment;
use crate::store::{Reading, account, dictionary};

/// Seconds around a night in which the segments begin that it is made of.
const AROUND: i64 = 2 * 86_400;

/// Explains the minutes asleep of one date.
pub fn answer(reading: &Reading, question: &Question) -> Result<Answer> {
    let night = night(reading, question, Vec::new())?;
    let mut findings =
        Findings { value: None, unit: "min".into(), complete: false, found: Vec::new(), alone: Vec::new() };
    if let Some(night) = &night {
        findings.value = night.asleep;
        findings.found = claims(reading, question, night)?;
        findings.complete = question.over && is_complete(reading, question, night)?;
        findings.alone = alone(reading, question)?;
    }
    told(reading, question, findings)
}

fn night(reading: &Reading, question: &Question, sources: Vec<String>) -> Result<Option<Night>> {
    let (from, to) = question.range();
    let asked = sleep::Question {
        user: question.user,
        from: Some(from),
        to: Some(to),
        zone: question.zone.clone(),
        sources,
        descending: false,
        limit: 1,
        after: None,
    };
    Ok(sleep::answer(reading, &asked)?.nights.into_iter().next())
}

fn claims(reading: &Reading, question: &Question, night: &Night) -> Result<Vec<Found>> {
    if night.summed_up {
        return summed_up(reading, question, night);
    }
    let (Some(first), Some(last)) = (night.segments.first(), night.segments.last()) else { return Ok(Vec::new()) };
    let stored = explained::segments(reading, question.user, (first.start - AROUND, last.end))?;
    let names = source_names(reading, night.segments.iter().map(|segment| segment.source))?;
    Ok(night.segments.iter().map(|segment| of_segment(segment, &stored, &names)).collect())
}

fn of_segment(segment: &Segment, stored: &[ToldSegment], names: &HashMap<i64, String>) -> Found {
    let is_of = |(source, start, end, stage, _): &&ToldSegment| {
        (*source, *stage) == (segment.source, segment.stage.value()) && *start <= segment.start && segment.start < *end
    };
    let name = names.get(&segment.source).map(String::as_str).filter(|name| !name.is_empty());
    let name = name.unwrap_or("a source without a name");
    let minutes = segment.seconds() as f64 / 60.0;
    let counts = segment.stage.is_asleep();
    let why = match segment.stage {
        Stage::Awake => format!("awake by {name}: not counted as sleep"),
        Stage::Asleep | Stage::InBed => format!("asleep by {name}, without a stage"),
        stage => format!("{} sleep by {name}, the first of the sources that tell of this time", stage.as_str()),
    };
    Found {
        kind: Kind::Sample,
        grain: "raw",
        source: segment.source,
        start: segment.start,
        end: segment.end,
        value: Some(minutes),
        counted: if counts { minutes } else { 0.0 },
        share: 0.0,
        weight: None,
        counts,
        delivery: stored.iter().find(is_of).map_or(0, |(.., delivery)| *delivery),
        why,
    }
}

/// A night that a phone has summed up.
fn summed_up(reading: &Reading, question: &Question, night: &Night) -> Result<Vec<Found>> {
    let deliveries = explained::summed_up(reading, question.user, night.day)?;
    let delivery = deliveries.iter().find(|(source, _)| *source == night.source).map_or(0, |(_, delivery)| *delivery);
    let (from, to) = question.range();
    let sources = sleep::sources(reading, question.user)?;
    let source = sources.iter().find(|(_, name)| *name == night.source).map_or(0, |(id, _)| *id);
    Ok(vec![Found {
        kind: Kind::Bucket,
        grain: "day",
        source,
        start: night.start.unwrap_or(from),
        end: night.end.unwrap_or(to),
        value: night.asleep,
        counted: night.asleep.unwrap_or(0.0),
        share: 0.0,
        weight: None,
        counts: true,
        delivery,
        why: "the phone's own sum of the night: no stages of it are stored".into(),
    }])
}

/// Whether an account of all segments was made after the night had ended.
fn is_complete(reading: &Reading, question: &Question, night: &Night) -> Result<bool> {
    let (Some(start), Some(end)) = (night.start, night.end) else { return Ok(false) };
    let Some(metric) = dictionary::find_metric(reading, SLEEP)? else { return Ok(night.summed_up) };
    let accounts = account::covers(reading, question.user, metric.id)?;
    let covers = |(since, until, as_of): &(i64, i64, i64)| *since <= start && *until > start && *as_of >= end;
    Ok(night.summed_up || accounts.iter().any(covers))
}

fn alone(reading: &Reading, question: &Question) -> Result<Vec<Alone>> {
    let mut alone = Vec::new();
    let mut names: Vec<String> = sleep::sources(reading, question.user)?
        .into_iter()
        .map(|(_, name)| name)
        .filter(|name| !name.is_empty())
        .collect();
    names.sort();
    names.dedup();
    for name in names {
        let value = night(reading, question, vec![name.clone()])?.and_then(|night| night.asleep);
        alone.extend(value.map(|value| Alone { of: Of::Source(name), value: Some(value) }));
    }
    Ok(alone)
}

fn told(reading: &Reading, question: &Question, findings: Findings) -> Result<Answer> {
    let names = source_names(reading, findings.found.iter().map(|found| found.source).filter(|source| *source != 0))?;
    let (claims, more) = gathered::gathered(findings.found, &names, true);
    let sentence = sentence::of(question, "minutes asleep", (findings.value, findings.complete), &claims, true);
    let named: Vec<i64> = claims.iter().filter_map(|entry| entry.delivery).collect();
    Ok(Answer {
        deliveries: explained::deliveries(reading, named)?,
        metric: SLEEP.into(),
        unit: findings.unit,
        value: findings.value,
        complete: findings.complete,
        claims,
        more,
        alone: findings.alone,
        superseded: Vec::new(),
        sentence,
    })
}
