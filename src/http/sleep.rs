//! `GET /api/v1/sleep`: nights with their stages.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::answers::Finished;
use crate::http::caching::{self, Client};
use crate::http::doors::Doors;
use crate::http::paging;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::model::day::date_text;
use crate::model::key::Principal;
use crate::model::time::local_rfc3339;
use crate::query::sleep::night::Night;
use crate::query::sleep::{Answer, Question, answer};
use crate::store::nights::read::Segment;

const DEFAULT_LIMIT: usize = 366;
const MOST: usize = 5_000;

#[derive(Debug, Serialize, ToSchema)]
pub struct Nights {
    pub nights: Vec<NightRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A night: all sleep that ends on one local date. Keys without a value are left out; minutes that nobody measured are.
#[derive(Debug, Serialize, ToSchema)]
pub struct NightRow {
    /// The local date on which it ends.
    pub date: String,
    /// Falling asleep and waking up, of the longest stretch where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_bed_start: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_bed_end: Option<String>,
    /// Naps included, being awake and in bed not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asleep_minutes: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_bed_minutes: Option<f64>,
    pub stages: Stages,
    /// In order of time, without overlaps; left out with `segments=false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segments: Option<Vec<SegmentRow>>,
    /// Joined by `|` when there are several, the one that is believed first at the front.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// segments, or phone when a phone has summed the night up.
    pub summary: String,
}

/// Minutes.
#[derive(Debug, Serialize, ToSchema)]
pub struct Stages {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub core: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deep: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rem: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub awake: Option<f64>,
    /// Asleep, nobody knows in which stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unspecified: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SegmentRow {
    /// core, deep, rem, awake or asleep.
    pub stage: String,
    pub start: String,
    pub end: String,
}

/// Nights with stages
#[utoipa::path(
    get, path = "/api/v1/sleep", tag = "read",
    params(
        ("start" = Option<String>, Query, description = "Nights of the local dates from here on"),
        ("end" = Option<String>, Query, description = "Excluded"),
        ("tz" = Option<String>, Query, description = "IANA zone of the dates and times; default: the home zone"),
        ("source" = Option<String>, Query, description = "May be repeated"),
        ("limit" = Option<u32>, Query, description = "1 to 5000, default 366"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before"),
        ("order" = Option<String>, Query, description = "asc or desc by date"),
        ("segments" = Option<bool>, Query, description = "false leaves the segments of each night out")
    ),
    responses((status = 200, body = Nights), (status = 304, description = "Not modified"), (status = 400, body = Problem))
)]
pub async fn get(
    State(doors): State<Doors>,
    Extension(principal): Extension<Principal>,
    client: Client,
    mut params: Params,
) -> Result<Response, Problem> {
    let zone = params.zone(&doors.app.home())?;
    let (from, to) = params.range(&zone)?;
    let question = Question {
        user: principal.user,
        from,
        to,
        zone,
        sources: params.set("source"),
        descending: paging::descending(&mut params)?,
        limit: paging::limit(&mut params, DEFAULT_LIMIT, MOST)?,
        after: paging::cursor(&mut params, |text| text.parse().ok())?,
    };
    let segments = params.parsed("segments", "true or false", |text| text.parse::<bool>().ok())?.unwrap_or(true);
    params.finish()?;
    let asked = caching::Question { user: principal.user, text: format!("sleep {segments} {question:?}") };
    caching::answered(&doors, client, asked, move |reading| {
        Finished::json(&written(answer(reading, &question)?, &question.zone, segments))
    })
    .await
}

fn written(answer: Answer, zone: &TimeZone, segments: bool) -> Nights {
    let next_cursor = answer.next.map(|day| paging::sealed(&day.to_string()));
    Nights { nights: answer.nights.into_iter().map(|night| row(night, zone, segments)).collect(), next_cursor }
}

fn row(night: Night, zone: &TimeZone, segments: bool) -> NightRow {
    let time = |utc: i64| local_rfc3339(utc, zone);
    let segment = |segment: Segment| SegmentRow {
        stage: segment.stage.as_str().into(),
        start: time(segment.start),
        end: time(segment.end),
    };
    let segments = segments.then(|| night.runs().into_iter().map(segment).collect());
    NightRow {
        date: date_text(night.day),
        start: night.start.map(time),
        end: night.end.map(time),
        in_bed_start: night.in_bed_start.map(time),
        in_bed_end: night.in_bed_end.map(time),
        asleep_minutes: night.asleep,
        in_bed_minutes: night.in_bed,
        stages: Stages {
            core: night.core,
            deep: night.deep,
            rem: night.rem,
            awake: night.awake,
            unspecified: night.unspecified,
        },
        segments,
        summary: night.summary().into(),
        source: night.source,
    }
}
