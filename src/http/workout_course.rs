//! `GET /api/v1/workouts/{id}/series` and `/route`: what a workout was like over its time, and where it went.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{Error, Result};
use crate::export::{geojson, gpx};
use crate::http::answers::Finished;
use crate::http::caching::{self, Client};
use crate::http::clock;
use crate::http::doors::Doors;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::model::key::Principal;
use crate::model::shown::{System, shown_for};
use crate::model::workout::SeriesPoint;
use crate::query::workouts::{Whole, beats, one as find, route as route_of, series as series_of};
use crate::store::workouts::read::SeriesHead;

#[derive(Debug, Serialize, ToSchema)]
pub struct WorkoutSeries {
    /// The workout's.
    pub id: String,
    pub series: Vec<SeriesColumns>,
}

/// Values over the time of a workout, in columns of equal length.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeriesColumns {
    pub name: String,
    pub unit: String,
    pub times: Vec<String>,
    /// null where only a minimum or a maximum was told.
    pub values: Vec<Option<f64>>,
    /// Left out when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub min: Vec<Option<f64>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub max: Vec<Option<f64>>,
}

/// Values over the time of a workout
#[utoipa::path(
    get, path = "/api/v1/workouts/{id}/series", tag = "read",
    params(
        ("id" = String, Path, description = "As in the list"),
        ("name" = Option<String>, Query, description = "Such as heart_rate; may be repeated or joined by commas"),
        ("tz" = Option<String>, Query, description = "IANA zone of the times"),
        ("units" = Option<String>, Query, description = "metric or imperial; the server's setting by default")
    ),
    responses(
        (status = 200, body = WorkoutSeries), (status = 304, description = "Not modified"), (status = 404, body = Problem)
    )
)]
pub async fn series(
    State(doors): State<Doors>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    client: Client,
    mut params: Params,
) -> Result<Response, Problem> {
    let tz = params.tz()?;
    let names = params.list("name");
    let system = params.units(doors.app.units())?;
    params.finish()?;
    let text = format!("workout series {id:?} {names:?} {tz:?} {system:?}");
    caching::answered(&doors, client, caching::Question { user: principal.user, text }, move |reading| {
        let workout = find(reading, principal.user, &id)?;
        let series = series_of(reading, &workout, &names)?;
        let series = series.into_iter();
        let series = series.map(|(head, points)| columns(&workout, head, &points, tz.as_ref(), system)).collect();
        Finished::json(&WorkoutSeries { id: workout.id.to_string(), series })
    })
    .await
}

fn columns(
    workout: &Whole,
    head: SeriesHead,
    points: &[SeriesPoint],
    zone: Option<&TimeZone>,
    system: System,
) -> SeriesColumns {
    let way = shown_for(&head.name, &head.unit, None, system);
    let column = |of: fn(&SeriesPoint) -> Option<f64>| -> Vec<Option<f64>> {
        let shown = |number: f64| way.map_or(number, |(_, way)| way.apply(number));
        points.iter().map(|point| of(point).map(shown)).collect()
    };
    let any = |of: fn(&SeriesPoint) -> Option<f64>| match points.iter().any(|point| of(point).is_some()) {
        true => column(of),
        false => Vec::new(),
    };
    SeriesColumns {
        unit: way.map_or(head.unit, |(unit, _)| unit.into()),
        name: head.name,
        times: points.iter().map(|point| clock::written(point.at, workout.offset_minutes, zone)).collect(),
        values: column(|point| point.value),
        min: any(|point| point.min),
        max: any(|point| point.max),
    }
}

/// How a route is written.
#[derive(Debug, Clone, Copy)]
enum Shape {
    GeoJson,
    Gpx,
}

/// The way of a workout
///
/// GeoJSON: a FeatureCollection of one LineString; `times` and what else is known of each position are in its properties.
/// GPX 1.1: one track with a segment for each part; its times are UTC; speed, course, accuracies and heart rate are extensions.
#[utoipa::path(
    get, path = "/api/v1/workouts/{id}/route", tag = "read",
    params(
        ("id" = String, Path, description = "As in the list"),
        ("format" = Option<String>, Query, description = "geojson (default) or gpx; else by Accept"),
        ("tz" = Option<String>, Query, description = "IANA zone of the times in GeoJSON")
    ),
    responses(
        (status = 200, description = "The route"), (status = 304, description = "Not modified"),
        (status = 404, body = Problem)
    )
)]
pub async fn route(
    State(doors): State<Doors>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    client: Client,
    headers: HeaderMap,
    mut params: Params,
) -> Result<Response, Problem> {
    let tz = params.tz()?;
    let shape = shape(&mut params, &headers)?;
    params.finish()?;
    let text = format!("route {id:?} {shape:?} {tz:?}");
    caching::answered(&doors, client, caching::Question { user: principal.user, text }, move |reading| {
        let workout = find(reading, principal.user, &id)?;
        let route = route_of(reading, &workout)?;
        let time = |utc: i64| clock::written(utc, workout.offset_minutes, tz.as_ref());
        match shape {
            Shape::GeoJson => {
                let text = geojson::geojson(&workout, &route, time).to_string();
                Ok(Finished::new(HeaderValue::from_static(geojson::MEDIA_TYPE), text))
            }
            Shape::Gpx => {
                let text = gpx::gpx(&workout, &route, &beats(reading, principal.user, &workout)?);
                let disposition = format!("attachment; filename=\"{}\"", gpx::file_name(&workout));
                let disposition = HeaderValue::from_str(&disposition);
                let disposition = disposition.map_err(|fault| Error::internal("naming a download", fault))?;
                Ok(Finished::new(HeaderValue::from_static(gpx::MEDIA_TYPE), text)
                    .with(header::CONTENT_DISPOSITION, disposition))
            }
        }
    })
    .await
}

fn shape(params: &mut Params, headers: &HeaderMap) -> Result<Shape> {
    let named = params.parsed("format", "geojson or gpx", |name| match name {
        "geojson" | "json" => Some(Shape::GeoJson),
        "gpx" => Some(Shape::Gpx),
        _ => None,
    })?;
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let by_accept = if accept.contains("gpx") { Shape::Gpx } else { Shape::GeoJson };
    Ok(named.unwrap_or(by_accept))
}
