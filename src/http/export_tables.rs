//! `GET /api/v1/export/{workouts|routes|sleep|events|aggregate}`: downloads of everything but samples, which `export`
//! has.

use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Response;

use crate::app::App;
use crate::error::Result;
use crate::export::tables::{self, Question, What};
use crate::export::{events, nights, workouts};
use crate::http::caching::{self, Client};
use crate::http::doors::Doors;
use crate::http::export::{Download, format, name};
use crate::http::params::{Params, as_set, canonical};
use crate::http::problem::Problem;
use crate::model::key::Principal;
use crate::model::metric::slug;
use crate::query::budget::Stop;
use crate::query::events::kind;
use crate::query::{aggregate, sleep};

/// Download workouts
///
/// Columns: id, type, name, start, end, duration_seconds, active_energy (kcal), distance (km), heart_rate_avg,
/// heart_rate_min, heart_rate_max, elevation_ascended (m), location, source, offset_minutes, figures (JSON: all there are,
/// with units), metadata (JSON). Times are UTC.
#[utoipa::path(
    get, path = "/api/v1/export/workouts", tag = "export",
    params(
        ("format" = Option<String>, Query, description = "csv (default), parquet or ndjson"),
        ("type" = Option<String>, Query, description = "Such as running; may be repeated or joined by commas"),
        ("start" = Option<String>, Query, description = "Included"), ("end" = Option<String>, Query, description = "Excluded"),
        ("tz" = Option<String>, Query, description = "Zone of dates in start and end")
    ),
    responses(
        (status = 200, description = "The file"), (status = 206, description = "The range asked for"),
        (status = 400, body = Problem)
    )
)]
pub async fn workouts(
    State(doors): State<Doors>,
    Extension(principal): Extension<Principal>,
    client: Client,
    mut params: Params,
    request: Request,
) -> Result<Response, Problem> {
    let what = What::Workouts(workout_range(&doors.app, &mut params)?);
    download(&doors, client, principal.user, what, params, request).await
}

/// Download routes
///
/// Columns: workout (its id), type, time, latitude, longitude, altitude (m), speed (m/s), course (degrees),
/// horizontal_accuracy, vertical_accuracy (m). Times are UTC.
#[utoipa::path(
    get, path = "/api/v1/export/routes", tag = "export",
    params(
        ("format" = Option<String>, Query, description = "csv (default), parquet or ndjson"),
        ("type" = Option<String>, Query, description = "Such as running; may be repeated or joined by commas"),
        ("start" = Option<String>, Query, description = "Of the workout's start; included"),
        ("end" = Option<String>, Query, description = "Excluded"),
        ("tz" = Option<String>, Query, description = "Zone of dates in start and end")
    ),
    responses(
        (status = 200, description = "The file"), (status = 206, description = "The range asked for"),
        (status = 400, body = Problem)
    )
)]
pub async fn routes(
    State(doors): State<Doors>,
    Extension(principal): Extension<Principal>,
    client: Client,
    mut params: Params,
    request: Request,
) -> Result<Response, Problem> {
    let what = What::Routes(workout_range(&doors.app, &mut params)?);
    download(&doors, client, principal.user, what, params, request).await
}

/// Download nights
///
/// Columns: date, start, end, asleep_minutes, in_bed_minutes, core_minutes, deep_minutes, rem_minutes, awake_minutes,
/// unspecified_minutes, source, summary. Times are UTC. Segments as sent are in export/samples?metric=sleep_analysis.
#[utoipa::path(
    get, path = "/api/v1/export/sleep", tag = "export",
    params(
        ("format" = Option<String>, Query, description = "csv (default), parquet or ndjson"),
        ("start" = Option<String>, Query, description = "Included"), ("end" = Option<String>, Query, description = "Excluded"),
        ("tz" = Option<String>, Query, description = "Zone of the local dates; default: the home zone"),
        ("source" = Option<String>, Query, description = "May be repeated")
    ),
    responses(
        (status = 200, description = "The file"), (status = 206, description = "The range asked for"),
        (status = 400, body = Problem)
    )
)]
pub async fn sleep(
    State(doors): State<Doors>,
    Extension(principal): Extension<Principal>,
    client: Client,
    mut params: Params,
    request: Request,
) -> Result<Response, Problem> {
    let zone = params.zone(&doors.app.home())?;
    let (from, to) = params.range(&zone)?;
    let what = What::Sleep(sleep::Question {
        user: principal.user,
        from,
        to,
        zone,
        sources: params.set("source"),
        descending: false,
        limit: nights::PAGE,
        after: None,
    });
    download(&doors, client, principal.user, what, params, request).await
}

/// Download events
///
/// Columns: kind, code, name, start, end, value, value_sent, source, offset_minutes, details (JSON), series (JSON: an ECG's
/// voltages and the like). Times are UTC.
#[utoipa::path(
    get, path = "/api/v1/export/events", tag = "export",
    params(
        ("format" = Option<String>, Query, description = "csv (default), parquet or ndjson"),
        ("kind" = Option<String>, Query, description = "Such as symptoms; may be repeated or joined by commas; everything by default"),
        ("code" = Option<String>, Query, description = "Such as headache; may be repeated or joined by commas"),
        ("start" = Option<String>, Query, description = "Included"), ("end" = Option<String>, Query, description = "Excluded"),
        ("tz" = Option<String>, Query, description = "Zone of dates in start and end")
    ),
    responses(
        (status = 200, description = "The file"), (status = 206, description = "The range asked for"),
        (status = 400, body = Problem), (status = 404, body = Problem)
    )
)]
pub async fn events(
    State(doors): State<Doors>,
    Extension(principal): Extension<Principal>,
    client: Client,
    mut params: Params,
    request: Request,
) -> Result<Response, Problem> {
    let zone = params.zone(&doors.app.home())?;
    let (from, to) = params.range(&zone)?;
    let mut range = events::Range { from, to, codes: as_set(params.list("code")), ..events::Range::default() };
    let kinds = params.list("kind").iter().map(|name| kind(name)).collect::<Result<Vec<_>>>()?;
    if !kinds.is_empty() {
        range.kinds.retain(|kind| kinds.contains(kind));
    }
    download(&doors, client, principal.user, What::Events(range), params, request).await
}

/// Download aggregates
///
/// Columns: metric, unit, bucket, layer, start (UTC), local_start, then the statistics asked for.
#[utoipa::path(
    get, path = "/api/v1/export/aggregate", tag = "export",
    params(
        ("format" = Option<String>, Query, description = "csv (default), parquet or ndjson"),
        ("metric" = String, Query, description = "May be repeated or joined by commas"),
        ("bucket" = Option<String>, Query, description = "hour, day (default), week, month, year, or minutes such as 15m"),
        ("stat" = Option<String>, Query, description = "As in aggregate"),
        ("start" = Option<String>, Query, description = "Included"), ("end" = Option<String>, Query, description = "Excluded"),
        ("tz" = Option<String>, Query, description = "Zone of the local days; default: the home zone"),
        ("source" = Option<String>, Query, description = "May be repeated"),
        ("layer" = Option<String>, Query, description = "Only this layer"),
        ("dedupe" = Option<String>, Query, description = "none adds all layers up as stored")
    ),
    responses(
        (status = 200, description = "The file"), (status = 206, description = "The range asked for"),
        (status = 400, body = Problem), (status = 404, body = Problem)
    )
)]
pub async fn aggregate(
    State(doors): State<Doors>,
    Extension(principal): Extension<Principal>,
    client: Client,
    mut params: Params,
    request: Request,
) -> Result<Response, Problem> {
    let metrics = params.list("metric").into_iter().map(canonical);
    let bucket = super::aggregate::bucket(&mut params)?;
    let question = super::aggregate::question(&doors.app, principal.user, String::new(), bucket, &mut params)?;
    let questions = metrics.map(|metric| aggregate::Question { metric, ..question.clone() });
    let what = What::Aggregate(questions.collect());
    download(&doors, client, principal.user, what, params, request).await
}

fn workout_range(app: &App, params: &mut Params) -> Result<workouts::Range> {
    let zone = params.zone(&app.home())?;
    let (from, to) = params.range(&zone)?;
    Ok(workouts::Range { from, to, activities: as_set(params.list("type").iter().map(|name| slug(name)).collect()) })
}

/// What the name of the file says, and the range of it.
fn described(what: &What) -> (Vec<String>, (Option<i64>, Option<i64>)) {
    let kind = what.as_str().to_owned();
    let only = |names: &[String]| if let [one] = names { Some(one.clone()) } else { None };
    let of_kind = |names: &[String]| [kind.clone()].into_iter().chain(only(names)).collect();
    match what {
        What::Workouts(range) | What::Routes(range) | What::WorkoutSeries(range) => {
            (of_kind(&range.activities), (range.from, range.to))
        }
        What::Events(range) => {
            let kinds: Vec<String> = range.kinds.iter().map(|kind| kind.to_string()).collect();
            (of_kind(&kinds), (range.from, range.to))
        }
        What::Sleep(question) => (of_kind(&[]), (question.from, question.to)),
        What::Aggregate(questions) => {
            let metrics: Vec<String> = questions.iter().map(|question| question.metric.clone()).collect();
            let subject = only(&metrics).unwrap_or(kind);
            let bucket = questions.first().map(|question| question.bucket.to_string());
            let range = questions.first().map_or((None, None), |question| (question.from, question.to));
            ([subject].into_iter().chain(bucket).collect(), range)
        }
    }
}

async fn download(
    doors: &Doors,
    client: Client,
    user: i64,
    what: What,
    mut params: Params,
    request: Request,
) -> Result<Response, Problem> {
    let question = Question { user, what, format: format(&mut params)? };
    params.finish()?;
    question.what.check()?;
    let (words, range) = described(&question.what);
    let download = Download {
        question: caching::Question { user, text: format!("export {question:?}") },
        name: name(&words.iter().map(String::as_str).collect::<Vec<_>>(), range, &doors.app.home(), question.format),
        format: question.format,
    };
    let app = &doors.app;
    let (store, engine, spool) = (app.store.clone(), app.engine.clone(), app.spool.clone());
    let make = move |stop: &Stop| tables::export(&store, &engine, &spool, &question, stop);
    download.answered(doors, client, request, make).await
}
