//! `GET /api/v1/data/{metric}`: samples as stored, a page at a time.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::{Error, Result};
use crate::export::FileFormat;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::run::blocking;
use crate::http::{caching, clock, paging};
use crate::model::key::Principal;
use crate::model::time::Layer;
use crate::model::unit::Conversion;
use crate::query::samples::{self, Answer, Question};
use crate::query::units::{self, Shown};
use crate::store::samples::{Position, StoredSample};

const DEFAULT_LIMIT: usize = 1_000;
const MOST: usize = 100_000;

#[derive(Debug, Serialize, ToSchema)]
pub struct Page {
    pub metric: String,
    pub unit: String,
    pub samples: Vec<SampleRow>,
    /// Give it as `cursor` for the next page; missing on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A sample as stored. Keys without a value are left out.
#[derive(Debug, Serialize, ToSchema)]
pub struct SampleRow {
    /// RFC 3339, in `tz` if that was asked for, else with the sender's offset.
    pub start: String,
    pub end: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    pub layer: String,
    pub offset_minutes: i32,
    /// A word that qualifies the value, such as Bolus or Before Meal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
}

/// How the page is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Json,
    File(FileFormat),
}

/// Samples of a metric
#[utoipa::path(
    get, path = "/api/v1/data/{metric}", tag = "read",
    params(
        ("metric" = String, Path, description = "Name, alias or HealthKit identifier"),
        ("start" = Option<String>, Query, description = "Included. RFC 3339, date, epoch seconds or milliseconds; also: from, since"),
        ("end" = Option<String>, Query, description = "Excluded; also: to, until"),
        ("tz" = Option<String>, Query, description = "IANA zone of dates in the question and of times in the answer"),
        ("limit" = Option<u32>, Query, description = "1 to 100000, default 1000"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before"),
        ("order" = Option<String>, Query, description = "asc or desc by start"),
        ("source" = Option<String>, Query, description = "May be repeated"),
        ("layer" = Option<String>, Query, description = "raw, minute, hour, day, week, month or year"),
        ("units" = Option<String>, Query, description = "metric, imperial or as_sent; default: the setting units"),
        ("format" = Option<String>, Query, description = "json, ndjson or csv; else by Accept")
    ),
    responses(
        (status = 200, body = Page), (status = 304, description = "Not modified"), (status = 400, body = Problem),
        (status = 404, body = Problem)
    )
)]
pub async fn get(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    Path(metric): Path<String>,
    headers: HeaderMap,
    mut params: Params,
) -> Result<Response, Problem> {
    let tz = params.tz()?;
    let (from, to) = params.range(tz.as_ref().unwrap_or(&app.home))?;
    let question = Question {
        user: principal.user,
        metric,
        from,
        to,
        layer: params.layer()?,
        sources: params.texts("source"),
        descending: paging::descending(&mut params)?,
        limit: paging::limit(&mut params, DEFAULT_LIMIT, MOST)?,
        after: paging::cursor(&mut params, read_cursor)?,
    };
    let shape = shape(&mut params, &headers)?;
    let system = params.units(app.units)?;
    params.finish()?;
    let version = caching::data_version(&app, principal.user).await?;
    let tag = caching::tag(principal.user, version, &format!("{question:?} {shape:?} {tz:?} {system:?}"));
    if caching::is_known(&headers, &tag) {
        return Ok(caching::not_modified(&tag, caching::DATA_MAX_AGE));
    }
    let store = app.store.clone();
    let response = blocking(move || {
        let reading = store.reader()?;
        let answer = samples::answer(&reading, &question)?;
        let shown = units::of(&reading, question.user, &answer.metric, &answer.unit, system)?;
        written(shape, answer, shown, tz.as_ref())
    })
    .await?;
    Ok(caching::with_tag(response, &tag, caching::DATA_MAX_AGE))
}

fn shape(params: &mut Params, headers: &HeaderMap) -> Result<Shape> {
    let named = |name: &str| match name {
        "json" => Some(Shape::Json),
        "csv" => Some(Shape::File(FileFormat::Csv)),
        "ndjson" => Some(Shape::File(FileFormat::Ndjson)),
        _ => None,
    };
    if let Some(shape) = params.parsed("format", "json, ndjson or csv", named)? {
        return Ok(shape);
    }
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Ok(match accept {
        accept if accept.contains("text/csv") => Shape::File(FileFormat::Csv),
        accept if accept.contains("ndjson") => Shape::File(FileFormat::Ndjson),
        _ => Shape::Json,
    })
}

fn written(shape: Shape, answer: Answer, shown: Shown, zone: Option<&TimeZone>) -> Result<Response> {
    let next_cursor = answer.next.map(write_cursor);
    let rows = answer.samples.into_iter().map(|sample| row(sample, shown.way, zone));
    let Shape::File(format) = shape else {
        let page = Page { metric: answer.metric, unit: shown.unit, samples: rows.collect(), next_cursor };
        return Ok(Json(page).into_response());
    };
    let text = match format {
        FileFormat::Ndjson => ndjson(rows)?,
        _ => csv(rows)?,
    };
    let mut response = ([(header::CONTENT_TYPE, format.media_type())], text).into_response();
    // A cursor is base64, which is always a valid header.
    if let Some(Ok(cursor)) = next_cursor.map(|cursor| cursor.parse()) {
        response.headers_mut().insert("x-next-cursor", cursor);
    }
    Ok(response)
}

fn row(sample: StoredSample, way: Conversion, zone: Option<&TimeZone>) -> SampleRow {
    let time = |utc: i64| clock::written(utc, sample.offset_minutes, zone);
    SampleRow {
        start: time(sample.position.start),
        end: time(sample.end),
        value: sample.value.map(|value| way.apply(value)),
        min: sample.min.map(|min| way.apply(min)),
        max: sample.max.map(|max| way.apply(max)),
        source: Some(sample.source).filter(|source| !source.is_empty()),
        layer: Layer::from_id(sample.position.layer).map_or("", Layer::as_str).into(),
        offset_minutes: sample.offset_minutes,
        context: sample.context,
    }
}

fn ndjson(rows: impl Iterator<Item = SampleRow>) -> Result<String> {
    let lines = rows.map(|row| serde_json::to_string(&row).map(|line| line + "\n"));
    lines.collect::<Result<String, _>>().map_err(|fault| Error::internal("writing NDJSON", fault))
}

fn csv(rows: impl Iterator<Item = SampleRow>) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |fault: csv::Error| Error::internal("writing CSV", fault);
    writer
        .write_record(["start", "end", "value", "min", "max", "source", "layer", "offset_minutes", "context"])
        .map_err(failed)?;
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    for row in rows {
        let (source, context) = (row.source.unwrap_or_default(), row.context.unwrap_or_default());
        let (value, min, max) = (number(row.value), number(row.min), number(row.max));
        let offset = row.offset_minutes.to_string();
        writer
            .write_record([&row.start, &row.end, &value, &min, &max, &source, &row.layer, &offset, &context])
            .map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|fault| Error::internal("writing CSV", fault))?;
    String::from_utf8(bytes).map_err(|fault| Error::internal("writing CSV", fault))
}

fn write_cursor(position: Position) -> String {
    let Position { start, layer, twin } = position;
    paging::sealed(&format!("{start},{layer},{twin}"))
}

fn read_cursor(text: &str) -> Option<Position> {
    paging::numbers(text).map(|[start, layer, twin]| Position { start, layer, twin })
}
