//! A deletion: what it is aimed at, and how it is listed afterwards.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// What a deletion is aimed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sample,
    Range,
    Source,
    Delivery,
    Correction,
    Workout,
    Event,
}

impl Kind {
    pub const ALL: [Kind; 7] =
        [Kind::Sample, Kind::Range, Kind::Source, Kind::Delivery, Kind::Correction, Kind::Workout, Kind::Event];

    /// As in a request and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Sample => "sample",
            Kind::Range => "range",
            Kind::Source => "source",
            Kind::Delivery => "delivery",
            Kind::Correction => "correction",
            Kind::Workout => "workout",
            Kind::Event => "event",
        }
    }

    pub fn parse(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A deletion as listed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Deletion {
    /// For `/api/v1/deletions/{id}/undo`; null of a dry run.
    pub id: Option<String>,
    /// RFC 3339, UTC.
    pub at: String,
    /// The name of the key that asked for it, or `session`.
    pub by: String,
    /// One plain sentence.
    pub what: String,
    /// As it was sent.
    #[schema(value_type = Object)]
    pub target: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    pub samples: i64,
    /// What senders have told of workouts counts once for each workout.
    pub workouts: i64,
    pub events: i64,
    pub nights: i64,
    /// How many came again since and were kept out.
    pub kept_out: i64,
    /// RFC 3339, UTC.
    pub undone_at: Option<String>,
    /// Since when it cannot be undone, where it was made permanent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permanent_at: Option<String>,
}

/// What is to be deleted of one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub metric: i64,
    pub name: String,
    pub samples: i64,
    /// Starts, UTC epoch seconds.
    pub first: i64,
    pub last: i64,
}

/// What a deletion would take.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    pub samples: Vec<Found>,
    pub workouts: i64,
    pub events: i64,
    pub nights: i64,
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty() && self.workouts + self.events + self.nights == 0
    }

    pub fn sample_count(&self) -> i64 {
        self.samples.iter().map(|found| found.samples).sum()
    }

    /// Such as `12 samples of step_count from 2026-01-01 to 2026-01-02, 1 workout`, with dates of a zone.
    pub fn sentence(&self, zone: &TimeZone) -> String {
        let others = [(self.workouts, "workout"), (self.events, "event"), (self.nights, "night")];
        let others = others.into_iter().filter(|(number, _)| *number > 0).map(|(number, one)| counted(number, one));
        self.samples_in_words(zone).into_iter().chain(others).collect::<Vec<_>>().join(", ")
    }

    fn samples_in_words(&self, zone: &TimeZone) -> Option<String> {
        let first = self.samples.iter().map(|found| found.first).min()?;
        let last = self.samples.iter().map(|found| found.last).max()?;
        let names = match self.samples.as_slice() {
            [only] => only.name.clone(),
            [one, other] => format!("{} and {}", one.name, other.name),
            many => format!("{} metrics", many.len()),
        };
        let (first, last) = (date(first, zone), date(last, zone));
        let when = if first == last { format!("on {first}") } else { format!("from {first} to {last}") };
        Some(format!("{} of {names} {when}", counted(self.sample_count(), "sample")))
    }
}

fn counted(number: i64, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

/// Times that no calendar has are told in seconds.
fn date(utc: i64, zone: &TimeZone) -> String {
    Timestamp::from_second(utc).map_or_else(|_| utc.to_string(), |at| zone.to_datetime(at).date().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_told_in_one_sentence() {
        let found =
            |name: &str, samples, first| Found { metric: 1, name: name.into(), samples, first, last: first + 90_000 };
        let mut plan = Plan { samples: vec![found("step_count", 12, 1_767_225_600)], ..Plan::default() };
        let told = |plan: &Plan| plan.sentence(&TimeZone::UTC);
        assert_eq!(told(&plan), "12 samples of step_count from 2026-01-01 to 2026-01-02");
        plan.samples[0].last = plan.samples[0].first;
        plan.samples[0].samples = 1;
        plan.events = 2;
        assert_eq!(told(&plan), "1 sample of step_count on 2026-01-01, 2 events");
        plan.samples.push(found("heart_rate", 1, i64::MIN));
        assert!(told(&plan).starts_with("2 samples of step_count and heart_rate from "), "{}", told(&plan));
        assert_eq!(told(&Plan { nights: 1, ..Plan::default() }), "1 night");
        assert!(Plan::default().is_empty());
    }
}
