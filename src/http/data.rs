//! `GET /api/v1/data/{metric}`: samples as stored, a page at a time.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::error::{Error, Result};
use crate::export::FileFormat;
use crate::export::cell::guarded;
use crate::http::answers::Finished;
use crate::http::caching::{self, Client};
use crate::http::clock::{Clock, Stamp};
use crate::http::doors::Doors;
use crate::http::paging;
use crate::http::params::{Params, canonical};
use crate::http::problem::Problem;
use crate::model::key::Principal;
use crate::model::time::Layer;
use crate::model::unit::Conversion;
use crate::query::samples::{self, Answer, Question};
use crate::query::units::{self, Shown};
use crate::store::samples::{Position, StoredSample};

const DEFAULT_LIMIT: usize = 1_000;
const MOST: usize = 100_000;

/// Where the next page begins, of answers that are not JSON.
const NEXT_CURSOR: HeaderName = HeaderName::from_static("x-next-cursor");

#[derive(Serialize, ToSchema)]
pub struct Page<'a> {
    pub metric: &'a str,
    pub unit: &'a str,
    #[schema(value_type = Vec<SampleRow>)]
    samples: Rows<'a>,
    /// Give it as `cursor` for the next page; missing on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A sample as stored. Keys without a value are left out.
#[derive(Serialize, ToSchema)]
pub struct SampleRow<'a> {
    /// RFC 3339, in `tz` if that was asked for, else with the sender's offset.
    #[schema(value_type = String)]
    start: Stamp,
    #[schema(value_type = String)]
    end: Stamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'a str>,
    pub layer: &'static str,
    pub offset_minutes: i32,
    /// A word that qualifies the value, such as Bolus or Before Meal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<&'a str>,
}

/// Samples that become rows while they are written.
struct Rows<'a> {
    samples: &'a [StoredSample],
    way: Conversion,
    clock: Clock<'a>,
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
        ("start" = Option<String>, Query, description = "Included. RFC 3339, date, epoch seconds or milliseconds, or such as today, -7d, monday; also: from, since"),
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
    State(doors): State<Doors>,
    Extension(principal): Extension<Principal>,
    Path(metric): Path<String>,
    client: Client,
    headers: HeaderMap,
    mut params: Params,
) -> Result<Response, Problem> {
    let tz = params.tz()?;
    let (from, to) = params.range(tz.as_ref().unwrap_or(&doors.app.home()))?;
    let question = Question {
        user: principal.user,
        metric: canonical(metric),
        from,
        to,
        layer: params.layer()?,
        sources: params.set("source"),
        descending: paging::descending(&mut params)?,
        limit: paging::limit(&mut params, DEFAULT_LIMIT, MOST)?,
        after: paging::cursor(&mut params, read_cursor)?,
    };
    let shape = shape(&mut params, &headers)?;
    let system = params.units(doors.app.units())?;
    params.finish()?;
    let text = format!("data {question:?} {shape:?} {tz:?} {system:?}");
    let home = doors.app.home();
    caching::answered(&doors, client, caching::Question { user: principal.user, text }, move |reading| {
        let answer = samples::answer(reading, &question)?;
        let shown = units::of(reading, question.user, &answer.metric, &answer.unit, system)?;
        written(shape, &answer, &shown, Clock::new(tz.as_ref(), &home))
    })
    .await
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

fn written(shape: Shape, answer: &Answer, shown: &Shown, clock: Clock) -> Result<Finished> {
    let next_cursor = answer.next.map(write_cursor);
    let samples = Rows { samples: &answer.samples, way: shown.way, clock };
    let Shape::File(format) = shape else {
        return Finished::json(&Page { metric: &answer.metric, unit: &shown.unit, samples, next_cursor });
    };
    let text = match format {
        FileFormat::Ndjson => ndjson(&samples)?,
        _ => csv(&samples)?,
    };
    let finished = Finished::new(HeaderValue::from_static(format.media_type()), text);
    Ok(match next_cursor.map(HeaderValue::try_from) {
        // A cursor is base64, which is always a valid header.
        Some(Ok(cursor)) => finished.with(NEXT_CURSOR, cursor),
        _ => finished,
    })
}

impl Rows<'_> {
    fn iter(&self) -> impl Iterator<Item = SampleRow<'_>> {
        self.samples.iter().map(|sample| self.row(sample))
    }

    fn row<'a>(&self, sample: &'a StoredSample) -> SampleRow<'a> {
        let time = |utc: i64| self.clock.stamp(utc, sample.offset_minutes);
        let shown = |value: Option<f64>| value.map(|value| self.way.apply(value));
        SampleRow {
            start: time(sample.position.start),
            end: self.clock.stamp_end(sample.position.start, sample.end, sample.offset_minutes),
            value: shown(sample.value),
            min: shown(sample.min),
            max: shown(sample.max),
            source: Some(&*sample.source).filter(|source| !source.is_empty()),
            layer: Layer::from_id(sample.position.layer).map_or("", Layer::as_str),
            offset_minutes: sample.offset_minutes,
            context: sample.context.as_deref(),
        }
    }
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

fn ndjson(rows: &Rows) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    for row in rows.iter() {
        serde_json::to_writer(&mut text, &row).map_err(|fault| Error::internal("writing NDJSON", fault))?;
        text.push(b'\n');
    }
    Ok(text)
}

fn csv(rows: &Rows) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |fault: csv::Error| Error::internal("writing CSV", fault);
    writer
        .write_record(["start", "end", "value", "min", "max", "source", "layer", "offset_minutes", "context"])
        .map_err(failed)?;
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    for row in rows.iter() {
        let (value, min, max) = (number(row.value), number(row.min), number(row.max));
        let offset = row.offset_minutes.to_string();
        let (source, context) = (guarded(row.source.unwrap_or_default()), guarded(row.context.unwrap_or_default()));
        let (start, end) = (row.start.as_str(), row.end.as_str());
        writer.write_record([start, end, &value, &min, &max, &source, row.layer, &offset, &context]).map_err(failed)?;
    }
    writer.into_inner().map_err(|fault| Error::internal("writing CSV", fault))
}

fn write_cursor(position: Position) -> String {
    let Position { start, layer, twin } = position;
    paging::sealed(&format!("{start},{layer},{twin}"))
}

fn read_cursor(text: &str) -> Option<Position> {
    paging::numbers(text).map(|[start, layer, twin]| Position { start, layer, twin })
}
