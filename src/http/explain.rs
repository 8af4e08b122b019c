//! `GET /api/v1/explain/{metric}`: why a day's number is what it is.

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::aggregate::zone_name;
use crate::http::answers::Finished;
use crate::http::caching::{self, Client};
use crate::http::doors::Doors;
use crate::http::params::{Params, canonical};
use crate::http::problem::Problem;
use crate::model::day::{date_text, day_begins, local_day};
use crate::model::key::Principal;
use crate::model::time::{local_rfc3339, offset_rfc3339};
use crate::query::explain::{self, Alone, Answer, Entry, Of, Question, Superseded};
use crate::store::explained::Told;
use crate::sys::clock;

/// What counts of one day, in words that can be checked against the Health app.
#[derive(Debug, Serialize, ToSchema)]
pub struct Explanation {
    pub metric: String,
    pub unit: String,
    pub date: String,
    pub tz: String,
    /// The day's sum, mean, or minutes asleep: the same as of the aggregate. Null when nothing is stored of it.
    pub value: Option<f64>,
    /// The day is over, and the phone has told of all of it since.
    pub complete: bool,
    /// In order of time, at most 300; `counted` of all adds up to `value`.
    pub claims: Vec<ClaimRow>,
    /// What has no room in `claims`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more: Option<MoreRow>,
    pub alone: Vec<AloneRow>,
    pub superseded: Vec<SupersededRow>,
    pub sentence: String,
}

/// One claim, or several that follow each other and count for the same reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimRow {
    /// sample, bucket, hand or shortcut.
    pub kind: &'static str,
    /// raw, minute, hour or day.
    pub grain: &'static str,
    pub source: String,
    pub start: String,
    pub end: String,
    pub value: Option<f64>,
    pub counted: f64,
    /// How many it stands for.
    pub samples: usize,
    /// Of a mean: for how many seconds it stands, or how many values where every value counts the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received_at: Option<String>,
    pub why: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MoreRow {
    pub claims: usize,
    pub counted: f64,
}

/// What the samples of one source, or the claims of one grain, would give by themselves.
#[derive(Debug, Serialize, ToSchema)]
pub struct AloneRow {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grain: Option<&'static str>,
    pub value: Option<f64>,
}

/// What a later account has replaced.
#[derive(Debug, Serialize, ToSchema)]
pub struct SupersededRow {
    pub delivery: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received_at: Option<String>,
    /// The delivery whose account has replaced it.
    pub by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_received_at: Option<String>,
    pub grain: &'static str,
    pub source: String,
    pub samples: i64,
    pub value: Option<f64>,
}

/// Why a day's number is what it is
#[utoipa::path(
    get, path = "/api/v1/explain/{metric}", tag = "read",
    params(
        ("metric" = String, Path, description = "Name, alias or HealthKit identifier; sleep for the minutes asleep of a night"),
        ("date" = Option<String>, Query, description = "Such as 2024-02-06, yesterday or -7d; default: today in tz"),
        ("tz" = Option<String>, Query, description = "IANA zone of the local day; default: the home zone"),
        ("units" = Option<String>, Query, description = "metric, imperial or as_sent; default: the setting units")
    ),
    responses(
        (status = 200, body = Explanation), (status = 304, description = "Not modified"), (status = 400, body = Problem),
        (status = 404, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)
    )
)]
pub async fn get(
    State(doors): State<Doors>,
    Extension(principal): Extension<Principal>,
    Path(metric): Path<String>,
    client: Client,
    mut params: Params,
) -> Result<Response, Problem> {
    let zone = params.zone(&doors.app.home())?;
    let day = params.date(&zone)?;
    let units = params.units(doors.app.units())?;
    params.finish()?;
    let now = clock::now().as_second();
    let day = day.unwrap_or_else(|| local_day(now, &zone));
    let over = day_begins(day.saturating_add(1), &zone) <= now;
    let question = Question { user: principal.user, metric: canonical(metric), day, over, zone, units };
    let (store, engine) = (doors.app.store.clone(), doors.app.engine.clone());
    let asked = caching::Question { user: principal.user, text: format!("explain {question:?}") };
    caching::answered_in_turn(&doors, client, asked, move |stop| {
        Finished::json(&written(explain::answer(&store, &engine, &question, stop)?, &question))
    })
    .await
}

fn written(answer: Answer, question: &Question) -> Explanation {
    let names = Names { answer: &answer, zone: &question.zone };
    Explanation {
        date: date_text(question.day),
        tz: zone_name(&question.zone),
        value: answer.value,
        complete: answer.complete,
        claims: answer.claims.iter().map(|entry| names.claim(entry)).collect(),
        more: answer.more.map(|more| MoreRow { claims: more.claims, counted: more.counted }),
        alone: answer.alone.iter().map(alone).collect(),
        superseded: answer.superseded.iter().map(|gone| names.superseded(gone)).collect(),
        metric: answer.metric.clone(),
        unit: answer.unit.clone(),
        sentence: answer.sentence.clone(),
    }
}

struct Names<'a> {
    answer: &'a Answer,
    zone: &'a TimeZone,
}

impl Names<'_> {
    /// The id of a delivery, and when it was received.
    fn delivery(&self, row: i64) -> (Option<String>, Option<String>) {
        let told = self.answer.deliveries.get(&row);
        let at = |told: &Told| offset_rfc3339(told.received_at_ms.div_euclid(1000), 0);
        (told.map(|told| told.public_id.clone()), told.map(at))
    }

    fn claim(&self, entry: &Entry) -> ClaimRow {
        let (delivery, received_at) = entry.delivery.map_or((None, None), |row| self.delivery(row));
        ClaimRow {
            kind: entry.kind.as_str(),
            grain: entry.grain,
            source: entry.source.clone(),
            start: local_rfc3339(entry.start, self.zone),
            end: local_rfc3339(entry.end, self.zone),
            value: entry.value,
            counted: entry.counted,
            samples: entry.samples,
            weight: entry.weight,
            delivery,
            received_at,
            why: entry.why.clone(),
        }
    }

    fn superseded(&self, gone: &Superseded) -> SupersededRow {
        let ((delivery, received_at), (by, by_received_at)) = (self.delivery(gone.delivery), self.delivery(gone.by));
        SupersededRow {
            delivery,
            received_at,
            by,
            by_received_at,
            grain: gone.grain,
            source: gone.source.clone(),
            samples: gone.samples,
            value: gone.value,
        }
    }
}

fn alone(alone: &Alone) -> AloneRow {
    let (source, grain) = match &alone.of {
        Of::Source(name) => (Some(name.clone()), None),
        Of::Grain(grain) => (None, Some(*grain)),
    };
    AloneRow { source, grain, value: alone.value }
}
