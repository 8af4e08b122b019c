//! Which night a date has, which source counts in it for which stretch, and who says what alone.

use std::collections::HashMap;

use crate::error::Result;
use crate::model::sleep::{SLEEP, Stage};
use crate::model::time::Layer;
use crate::query::explain::{Alone, Answer, Findings, Found, Kind, Of, Question, Superseded, source_names};
use crate::query::explain::{gathered, sentence, summaries};
use crate::query::sleep;
use crate::query::sleep::night::Night;
use crate::store::explained::{self, ToldSegment};
use crate::store::nights::read::Segment;
use crate::store::{Reading, dictionary, stated};

/// Seconds around a night in which the segments begin that it is made of.
const AROUND: i64 = 2 * 86_400;

/// Explains the minutes asleep of one date.
pub fn answer(reading: &Reading, question: &Question) -> Result<Answer> {
    let night = night(reading, question, Vec::new())?;
    let summed_up = summaries::of_date(reading, question.user, question.day)?;
    let mut findings =
        Findings { value: None, unit: "min".into(), complete: false, found: Vec::new(), alone: Vec::new() };
    if let Some(night) = &night {
        findings.value = night.asleep;
        findings.found = segments(reading, question, night)?;
        findings.found.extend(summaries::claims(&summed_up, night, question.range()));
        findings.complete = question.over && is_complete(reading, question, night)?;
        findings.alone = alone(reading, question)?;
        findings.alone.extend(summaries::alone(&summed_up, night));
    }
    told(reading, question, findings, &summed_up)
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

fn segments(reading: &Reading, question: &Question, night: &Night) -> Result<Vec<Found>> {
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
        _ if segment.manual => {
            format!("{} by {name}, entered by hand, which comes before every source", segment.stage.as_str())
        }
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

/// Whether an account of all segments was made after the night had ended.
fn is_complete(reading: &Reading, question: &Question, night: &Night) -> Result<bool> {
    let (Some(start), Some(end)) = (night.start, night.end) else { return Ok(false) };
    let Some(metric) = dictionary::find_metric(reading, question.user, SLEEP)? else { return Ok(night.summed_up) };
    let accounts = stated::complete(reading, question.user, metric.id)?;
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

fn told(
    reading: &Reading,
    question: &Question,
    findings: Findings,
    summed_up: &[summaries::OfSender],
) -> Result<Answer> {
    let superseded = superseded(reading, question, summed_up)?;
    let sources = findings.found.iter().map(|found| found.source);
    let names = source_names(reading, sources)?;
    let (claims, more) = gathered::gathered(findings.found, &names, true);
    let sentence = sentence::of(question, "minutes asleep", (findings.value, findings.complete), &claims, true);
    let named = claims.iter().filter_map(|entry| entry.delivery);
    let named = named.chain(superseded.iter().flat_map(|gone| [gone.delivery, gone.by]));
    Ok(Answer {
        deliveries: explained::deliveries(reading, named.collect::<Vec<_>>())?,
        metric: SLEEP.into(),
        unit: findings.unit,
        value: findings.value,
        complete: findings.complete,
        claims,
        more,
        alone: findings.alone,
        superseded,
        sentence,
    })
}

/// Segments of the night and summed-up nights in whose place later ones count.
fn superseded(reading: &Reading, question: &Question, summed_up: &[summaries::OfSender]) -> Result<Vec<Superseded>> {
    let gone = sleep::superseded::of_night(reading, question.user, question.day)?;
    let names = source_names(reading, gone.iter().map(|gone| gone.source))?;
    let of_segments = gone.into_iter().map(|gone| Superseded {
        delivery: gone.delivery,
        by: gone.by,
        grain: Layer::Raw.as_str(),
        source: names.get(&gone.source).cloned().unwrap_or_default(),
        samples: gone.segments,
        value: Some(gone.asleep),
    });
    Ok(of_segments.chain(summaries::superseded(summed_up)).collect())
}
