//! `GET /api/v1/workouts`: workouts, and one of them with all that is known of it.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::answers::Finished;
use crate::http::caching::{self, Client};
use crate::http::clock::Zones;
use crate::http::doors::Doors;
use crate::http::paging;
use crate::http::params::{Params, as_set};
use crate::http::problem::Problem;
use crate::model::key::Principal;
use crate::model::metric::slug;
use crate::model::sender::Sender;
use crate::model::shown::System;
use crate::model::workout::{Figure, WorkoutEvent};
use crate::query::workouts::{Whole, one as find, page};
use crate::store::workouts::read::Selection;

const DEFAULT_LIMIT: usize = 100;
const MOST: usize = 1_000;

#[derive(Debug, Serialize, ToSchema)]
pub struct Workouts {
    pub workouts: Vec<WorkoutRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A workout; where several senders tell of it, put together field by field.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkoutRow {
    pub id: String,
    /// A stable code such as running.
    #[serde(rename = "type")]
    pub activity: String,
    /// The same in a sender's words.
    pub name: String,
    pub start: String,
    pub end: String,
    /// Without pauses, where a sender tells of them.
    pub duration_seconds: f64,
    pub offset_minutes: i32,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// indoor, outdoor, pool, open_water, or the sender's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// By name: unit, and any of value, avg, min, max.
    #[schema(value_type = Object)]
    pub figures: BTreeMap<String, Figure>,
    pub has_route: bool,
    /// The workout of a source that is believed first and has at least half of the time of this one: in totals it counts instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covered_by: Option<String>,
    /// Names of what `/series` answers.
    pub series: Vec<String>,
}

/// A workout with everything but its series and route.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkoutWhole {
    #[serde(flatten)]
    pub workout: WorkoutRow,
    pub events: Vec<WorkoutEventRow>,
    /// The parts of a multisport workout.
    pub activities: Vec<WorkoutPart>,
    #[schema(value_type = Object)]
    pub metadata: BTreeMap<String, String>,
    /// What each sender tells, the one that is believed first at the front.
    pub accounts: Vec<AccountRow>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct WorkoutEventRow {
    /// pause, resume, lap, segment, marker, ...
    pub kind: String,
    pub start: String,
    pub duration_seconds: f64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Object)]
    pub metadata: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct WorkoutPart {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(rename = "type")]
    pub activity: String,
    pub start: String,
    pub end: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<f64>,
    #[schema(value_type = Object)]
    pub figures: BTreeMap<String, Figure>,
    /// Its own pauses and laps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<WorkoutEventRow>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Object)]
    pub metadata: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AccountRow {
    /// apple_export, auto_export or shortcuts.
    #[schema(value_type = String)]
    pub sender: Sender,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_id: Option<String>,
    #[serde(rename = "type")]
    pub activity: String,
    pub name: String,
    pub end: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<f64>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    #[schema(value_type = Object)]
    pub figures: BTreeMap<String, Figure>,
}

/// Workouts
#[utoipa::path(
    get, path = "/api/v1/workouts", tag = "read",
    params(
        ("start" = Option<String>, Query, description = "Of the workout's start; included"),
        ("end" = Option<String>, Query, description = "Of the workout's start; excluded"),
        ("tz" = Option<String>, Query, description = "IANA zone of dates in the question and of times in the answer"),
        ("type" = Option<String>, Query, description = "Such as running; may be repeated or joined by commas"),
        ("units" = Option<String>, Query, description = "metric or imperial; the server's setting by default"),
        ("limit" = Option<u32>, Query, description = "1 to 1000, default 100"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before"),
        ("order" = Option<String>, Query, description = "asc or desc by start")
    ),
    responses((status = 200, body = Workouts), (status = 304, description = "Not modified"), (status = 400, body = Problem))
)]
pub async fn list(
    State(doors): State<Doors>,
    Extension(principal): Extension<Principal>,
    client: Client,
    mut params: Params,
) -> Result<Response, Problem> {
    let tz = params.tz()?;
    let (from, to) = params.range(tz.as_ref().unwrap_or(&doors.app.home()))?;
    let selection = Selection {
        user: principal.user,
        from: from.unwrap_or(i64::MIN),
        to: to.unwrap_or(i64::MAX),
        activities: as_set(params.list("type").iter().map(|name| slug(name)).collect()),
        descending: paging::descending(&mut params)?,
    };
    let limit = paging::limit(&mut params, DEFAULT_LIMIT, MOST)?;
    let after = paging::cursor(&mut params, paging::numbers)?.map(|[start, id]| (start, id));
    let system = params.units(doors.app.units())?;
    params.finish()?;
    let zones = Zones { asked: tz.clone(), home: doors.app.home() };
    let text = format!("workouts {selection:?} {after:?} {limit} {tz:?} {system:?}");
    caching::answered(&doors, client, caching::Question { user: principal.user, text }, move |reading| {
        let (workouts, next) = page(reading, &selection, after, limit)?;
        let next_cursor = next.map(|(start, id)| paging::sealed(&format!("{start},{id}")));
        let workouts = workouts.iter().map(|workout| row(workout, &zones, system)).collect();
        Finished::json(&Workouts { workouts, next_cursor })
    })
    .await
}

/// One workout, whole
#[utoipa::path(
    get, path = "/api/v1/workouts/{id}", tag = "read",
    params(
        ("id" = String, Path, description = "As in the list"),
        ("tz" = Option<String>, Query, description = "IANA zone of the times"),
        ("units" = Option<String>, Query, description = "metric or imperial; the server's setting by default")
    ),
    responses(
        (status = 200, body = WorkoutWhole), (status = 304, description = "Not modified"), (status = 404, body = Problem)
    )
)]
pub async fn one(
    State(doors): State<Doors>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    client: Client,
    mut params: Params,
) -> Result<Response, Problem> {
    let tz = params.tz()?;
    let system = params.units(doors.app.units())?;
    params.finish()?;
    let zones = Zones { asked: tz.clone(), home: doors.app.home() };
    let text = format!("workout {id:?} {tz:?} {system:?}");
    caching::answered(&doors, client, caching::Question { user: principal.user, text }, move |reading| {
        Finished::json(&whole(&find(reading, principal.user, &id)?, &zones, system))
    })
    .await
}

fn shown(figures: &BTreeMap<String, Figure>, system: System) -> BTreeMap<String, Figure> {
    figures.iter().map(|(name, figure)| (name.clone(), figure.shown(name, system))).collect()
}

fn row(workout: &Whole, zones: &Zones, system: System) -> WorkoutRow {
    let time = |utc: i64| zones.written(workout.start, utc, workout.offset_minutes);
    WorkoutRow {
        id: workout.id.to_string(),
        activity: workout.activity.clone(),
        name: workout.name.clone(),
        start: time(workout.start),
        end: time(workout.end),
        duration_seconds: workout.duration,
        offset_minutes: workout.offset_minutes,
        source: workout.source.clone(),
        location: workout.location.clone(),
        figures: shown(&workout.figures, system),
        has_route: workout.route.is_some(),
        covered_by: workout.covered_by.map(|id| id.to_string()),
        series: workout.series.iter().map(|head| head.name.clone()).collect(),
    }
}

fn whole(workout: &Whole, zones: &Zones, system: System) -> WorkoutWhole {
    let time = |utc: i64| zones.written(workout.start, utc, workout.offset_minutes);
    let event = |event: &WorkoutEvent| WorkoutEventRow {
        kind: event.kind.clone(),
        start: time(event.start),
        duration_seconds: event.span,
        metadata: event.metadata.clone(),
    };
    let activities = workout.activities.iter().map(|part| WorkoutPart {
        id: part.id.clone(),
        activity: part.activity.clone(),
        start: time(part.start),
        end: time(part.end),
        duration_seconds: part.duration,
        figures: shown(&part.figures, system),
        events: part.events.iter().map(event).collect(),
        metadata: part.metadata.clone(),
    });
    let accounts = workout.told.iter().map(|told| AccountRow {
        sender: told.sender,
        sent_id: told.sent_id.clone(),
        activity: told.activity.clone(),
        name: told.account.name.clone(),
        end: time(told.account.end),
        duration_seconds: told.account.duration,
        source: told.account.source.clone(),
        location: told.account.location.clone(),
        figures: shown(&told.account.figures, system),
    });
    WorkoutWhole {
        workout: row(workout, zones, system),
        events: workout.events.iter().map(event).collect(),
        activities: activities.collect(),
        accounts: accounts.collect(),
        metadata: workout.metadata.clone(),
    }
}
