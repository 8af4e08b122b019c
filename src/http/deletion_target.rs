//! The body of `POST /api/v1/deletions`, and what it means: names become ids, and a target that can mean nothing is refused.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::error::{Error, Result};
use crate::http::events::read_id;
use crate::model::deletion::Kind;
use crate::model::metric::catalogue;
use crate::model::relative::{EXPECTED, parse_time};
use crate::model::sleep::{SLEEP, Stage};
use crate::model::time::Layer;
use crate::query::events::kind as event_kind;
use crate::query::subject::{self, Subject};
use crate::store::deletions::{Aim, Order, sources};
use crate::store::{Reading, deliveries};
use crate::sys::clock;

/// Longest note, in bytes.
const NOTE: usize = 2_000;

/// Exactly one target, and what else there is to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeletionRequest {
    #[schema(value_type = Option<Object>)]
    sample: Option<Moment>,
    #[schema(value_type = Option<Object>)]
    range: Option<Stretch>,
    #[schema(value_type = Option<Object>)]
    source: Option<Named>,
    #[schema(value_type = Option<Object>)]
    delivery: Option<Numbered>,
    #[schema(value_type = Option<Object>)]
    correction: Option<Corrected>,
    #[schema(value_type = Option<Object>)]
    workout: Option<Numbered>,
    #[schema(value_type = Option<Object>)]
    event: Option<Happened>,
    /// For yourself, later.
    note: Option<String>,
    /// Tells what would be deleted, and changes nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// Samples that start at one moment.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Moment {
    metric: String,
    start: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    layer: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stretch {
    #[serde(skip_serializing_if = "Option::is_none")]
    metric: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    start: Value,
    end: Value,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Numbered {
    id: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Corrected {
    metric: String,
    start: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    layer: Option<String>,
    value: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Happened {
    kind: String,
    id: String,
}

pub fn parse(body: &[u8]) -> Result<DeletionRequest> {
    let request: DeletionRequest = serde_json::from_slice(body).map_err(|fault| {
        Error::BadRequest(format!(
            "body: it must be JSON with one target, such as {{\"range\": {{\"metric\": \"step_count\", \"start\": \"2026-01-01\", \
             \"end\": \"2026-01-02\"}}}}: {fault}"
        ))
    })?;
    if request.note.as_ref().is_some_and(|note| note.len() > NOTE) {
        return Err(Error::BadRequest(format!("note: it is longer than {NOTE} bytes")));
    }
    Ok(request)
}

impl DeletionRequest {
    /// What is to be done, with everything named looked up.
    pub fn order(self, reading: &Reading, user: i64, asked_by: String, home: &TimeZone) -> Result<Order> {
        let at = clock::now().as_second();
        let lookup = Lookup { reading, user, home };
        let targets = self.targets(&lookup, at);
        let given = targets.len();
        let mut targets = targets.into_iter();
        let (Some((kind, target, aim)), None) = (targets.next(), targets.next()) else {
            let names = Kind::ALL.map(Kind::as_str).join(", ");
            return Err(Error::BadRequest(format!(
                "body: it names {given} targets, and must name exactly one of {names}"
            )));
        };
        let note = self.note.clone().filter(|note| !note.is_empty());
        Ok(Order { user, at, asked_by, kind, target: target?, note, aim: aim()?, zone: home.clone() })
    }

    fn targets<'a>(&'a self, lookup: &'a Lookup, at: i64) -> Vec<Target<'a>> {
        let mut targets: Vec<Target<'a>> = Vec::new();
        if let Some(one) = &self.sample {
            targets.push((Kind::Sample, sent("sample", one), Box::new(move || lookup.moment(one, None))));
        }
        if let Some(one) = &self.range {
            targets.push((Kind::Range, sent("range", one), Box::new(move || lookup.stretch(one))));
        }
        if let Some(one) = &self.source {
            targets.push((Kind::Source, sent("source", one), Box::new(move || lookup.whole_source(&one.name, at))));
        }
        if let Some(one) = &self.delivery {
            targets.push((Kind::Delivery, sent("delivery", one), Box::new(move || lookup.delivery(&one.id))));
        }
        if let Some(one) = &self.correction {
            let Corrected { metric, start, source, layer, value } = one.clone();
            let moment = Moment { metric, start, source, layer };
            targets.push((
                Kind::Correction,
                sent("correction", one),
                Box::new(move || lookup.moment(&moment, Some(value))),
            ));
        }
        if let Some(one) = &self.workout {
            targets.push((Kind::Workout, sent("workout", one), Box::new(move || workout(&one.id))));
        }
        if let Some(one) = &self.event {
            targets.push((Kind::Event, sent("event", one), Box::new(move || event(one))));
        }
        targets
    }
}

/// A target as it was sent, and how to find out what it means.
type Target<'a> = (Kind, Result<Value>, Box<dyn FnOnce() -> Result<Aim> + 'a>);

fn sent(name: &str, target: &impl Serialize) -> Result<Value> {
    let target = serde_json::to_value(target).map_err(|fault| Error::internal("writing JSON", fault))?;
    Ok(json!({ name: target }))
}

struct Lookup<'a> {
    reading: &'a Reading,
    user: i64,
    home: &'a TimeZone,
}

impl Lookup<'_> {
    fn moment(&self, moment: &Moment, value: Option<f64>) -> Result<Aim> {
        let (metric, subject) = self.metric(&moment.metric)?;
        if let Some(value) = value {
            plausible(&subject, value)?;
        }
        let start = self.instant("start", &moment.start)?;
        let layer = moment.layer.as_deref().map(|name| {
            let wrong = || {
                Error::BadRequest(format!(
                    "layer: {name:?} is none; there are raw, minute, hour, day, week, month, year"
                ))
            };
            Layer::parse(name).ok_or_else(wrong)
        });
        Ok(Aim {
            metric: Some(metric),
            source: moment.source.as_deref().map(|name| self.source(name)).transpose()?.map(|(id, _)| id),
            layer: layer.transpose()?.map(Layer::id),
            since: start,
            until: start + 1,
            value,
            ..Aim::default()
        })
    }

    fn stretch(&self, range: &Stretch) -> Result<Aim> {
        let (since, until) = (self.instant("start", &range.start)?, self.instant("end", &range.end)?);
        if until <= since {
            return Err(Error::BadRequest("end: it is not after start".into()));
        }
        Ok(Aim {
            metric: range.metric.as_deref().map(|name| self.metric(name)).transpose()?.map(|(id, _)| id),
            source: range.source.as_deref().map(|name| self.source(name)).transpose()?.map(|(id, _)| id),
            since,
            until,
            ..Aim::default()
        })
    }

    /// Everything of it until now: what it measures from now on is welcome.
    fn whole_source(&self, name: &str, at: i64) -> Result<Aim> {
        let (id, name) = self.source(name)?;
        Ok(Aim { source: Some(id), source_name: Some(name), since: i64::MIN, until: at, ..Aim::default() })
    }

    fn delivery(&self, id: &str) -> Result<Aim> {
        let found = deliveries::find(self.reading, self.user, id)?;
        let row = found.ok_or_else(|| Error::NotFound(format!("there is no delivery {id}")))?;
        Ok(Aim { delivery: Some(row.id), since: i64::MIN, until: i64::MAX, ..Aim::default() })
    }

    fn metric(&self, name: &str) -> Result<(i64, Subject)> {
        let subject = subject::metric(self.reading, self.user, name)?;
        let none = || Error::NotFound(format!("nothing of {name} is stored"));
        Ok((subject.row.as_ref().map(|row| row.id).ok_or_else(none)?, subject))
    }

    /// The person's source of that name: to the letter, else as it is typed on another keyboard.
    fn source(&self, name: &str) -> Result<(i64, String)> {
        let all = sources(self.reading, self.user)?;
        if let Some(exact) = all.iter().find(|(_, stored)| stored == name) {
            return Ok(exact.clone());
        }
        let mut alike = all.into_iter().filter(|(_, stored)| subject::plain(stored) == subject::plain(name));
        match (alike.next(), alike.next()) {
            (Some(one), None) => Ok(one),
            (Some((_, one)), Some((_, other))) => Err(Error::BadRequest(format!(
                "source: {name:?} may be {one:?} or {other:?}: write it as it is stored"
            ))),
            (None, _) => Err(Error::BadRequest(format!(
                "source: there is no source named {name:?}; GET /api/v1/sources lists those there are"
            ))),
        }
    }

    fn instant(&self, name: &str, sent: &Value) -> Result<i64> {
        let text = sent.as_str().map_or_else(|| sent.to_string(), str::to_owned);
        parse_time(&text, self.home, clock::now())
            .ok_or_else(|| Error::BadRequest(format!("{name}: {text:?} is not {EXPECTED}")))
    }
}

fn plausible(subject: &Subject, value: f64) -> Result<()> {
    let range = catalogue().resolve(&subject.name).and_then(|metric| metric.range);
    let wrong = match range {
        _ if !value.is_finite() => Some("it is not a number".to_owned()),
        _ if subject.name == SLEEP && Stage::from_value(value).is_none() => {
            Some(format!("{value} is no stage of sleep: there are 0 to 5"))
        }
        Some((low, high)) if !(low..=high).contains(&value) => {
            Some(format!("{value} {} cannot be: it is between {low} and {high}", subject.unit))
        }
        _ => None,
    };
    wrong.map_or(Ok(()), |wrong| Err(Error::BadRequest(format!("value: {wrong}"))))
}

fn workout(id: &str) -> Result<Aim> {
    let number = id.parse().map_err(|_| {
        Error::NotFound(format!("there is no workout {id}: GET /api/v1/workouts lists those there are"))
    })?;
    Ok(Aim { workout: Some(number), ..Aim::default() })
}

fn event(event: &Happened) -> Result<Aim> {
    let Happened { kind, id } = event;
    let kind = event_kind(kind)?;
    let (place, _) = read_id(id).ok_or_else(|| {
        Error::NotFound(format!("there is no event {id} here: GET /api/v1/events/{kind} lists those there are"))
    })?;
    Ok(Aim { event: Some((kind.to_owned(), place)), ..Aim::default() })
}
