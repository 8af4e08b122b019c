//! `GET /api/v1/aggregate/{metric}`: statistics per bucket of local time.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Result;
use crate::http::caching;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::model::bucket::Bucket;
use crate::model::key::Principal;
use crate::model::time::local_rfc3339;
use crate::query::aggregate::{self, Answer, Point, Question};
use crate::query::stat::Stat;

#[derive(Debug, Serialize, ToSchema)]
pub struct Aggregate {
    pub metric: String,
    pub unit: String,
    pub bucket: String,
    pub tz: String,
    /// The layer that the figures come from; "mixed" when it differs from day to day.
    pub layer: String,
    /// `start` and the statistics asked for.
    #[schema(value_type = Vec<Object>)]
    pub points: Vec<Value>,
}

/// Statistics of a metric per bucket
#[utoipa::path(
    get, path = "/api/v1/aggregate/{metric}", tag = "read",
    params(
        ("metric" = String, Path, description = "Name, alias or HealthKit identifier"),
        ("bucket" = Option<String>, Query, description = "hour, day (default), week, month, year, or minutes such as 15m"),
        ("stat" = Option<String>, Query, description = "count, sum, avg, min, max (these by default), median, last, p05 to p95; joined by commas"),
        ("start" = Option<String>, Query, description = "Included"), ("end" = Option<String>, Query, description = "Excluded"),
        ("tz" = Option<String>, Query, description = "IANA zone of the local days; default: the home zone"),
        ("source" = Option<String>, Query, description = "May be repeated"),
        ("layer" = Option<String>, Query, description = "Only this layer"),
        ("dedupe" = Option<String>, Query, description = "none adds all layers up as stored"),
        ("fill" = Option<String>, Query, description = "null or 0 for buckets without a sample; they are left out otherwise")
    ),
    responses(
        (status = 200, body = Aggregate), (status = 304, description = "Not modified"), (status = 400, body = Problem),
        (status = 404, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)
    )
)]
pub async fn get(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    Path(metric): Path<String>,
    headers: HeaderMap,
    mut params: Params,
) -> Result<Response, Problem> {
    let question = question(&app, principal.user, metric, &mut params)?;
    let fill = params.parsed("fill", "null or 0", fill)?;
    params.finish()?;
    let version = caching::data_version(&app, principal.user).await?;
    let tag = caching::tag(principal.user, version, &format!("{question:?} {fill:?}"));
    if caching::is_known(&headers, &tag) {
        return Ok(caching::not_modified(&tag, caching::DATA_MAX_AGE));
    }
    let (store, engine) = (app.store.clone(), app.engine.clone());
    let asked = question.clone();
    let answer = app.questions.run(move |stop| aggregate::answer(&store, &engine, &asked, stop)).await?;
    let body = Json(written(&question, answer, fill.as_ref()));
    Ok(caching::with_tag(body.into_response(), &tag, caching::DATA_MAX_AGE))
}

/// What is asked of a metric, but for how the answer is written.
pub(super) fn question(app: &App, user: i64, metric: String, params: &mut Params) -> Result<Question> {
    let zone = params.zone(&app.home)?;
    let (from, to) = params.range(&zone)?;
    let bucket = params.parsed("bucket", "one of hour, day, week, month, year, 15m", Bucket::parse)?;
    Ok(Question {
        user,
        metric,
        from,
        to,
        bucket: bucket.unwrap_or(Bucket::Day),
        zone,
        stats: stats(params)?,
        layer: params.layer()?,
        sources: params.texts("source"),
        dedupe: params.parsed("dedupe", "none", |text| (text == "none").then_some(()))?.is_none(),
    })
}

fn stats(params: &mut Params) -> Result<Vec<Stat>> {
    let mut stats: Vec<Stat> = Vec::new();
    for name in params.list("stat") {
        let stat = Stat::parse(&name)?;
        if !stats.contains(&stat) {
            stats.push(stat);
        }
    }
    Ok(if stats.is_empty() { Stat::DEFAULT.to_vec() } else { stats })
}

fn fill(text: &str) -> Option<Value> {
    match text {
        "null" => Some(Value::Null),
        "0" => Some(json!(0)),
        _ => None,
    }
}

fn written(question: &Question, answer: Answer, fill: Option<&Value>) -> Aggregate {
    let names: Vec<String> = question.stats.iter().map(|stat| stat.name()).collect();
    let point = |start: i64, values: &mut dyn Iterator<Item = Value>| {
        let start = ("start".to_owned(), json!(local_rfc3339(start, &question.zone)));
        Value::Object(std::iter::once(start).chain(names.iter().cloned().zip(values)).collect::<Map<_, _>>())
    };
    let known = |known: &Point| {
        let mut values = question.stats.iter().zip(&known.values).map(|(stat, value)| number(*stat, *value));
        point(known.start, &mut values)
    };
    let points = match fill {
        None => answer.points.iter().map(known).collect(),
        Some(fill) => {
            let mut found = answer.points.iter().peekable();
            let filled = answer.starts.iter().map(|start| match found.next_if(|point| point.start == *start) {
                Some(there) => known(there),
                None => point(*start, &mut question.stats.iter().map(|stat| missing(*stat, fill))),
            });
            filled.collect()
        }
    };
    let layer = answer.layer().to_owned();
    Aggregate {
        metric: answer.metric,
        unit: answer.unit,
        bucket: question.bucket.to_string(),
        tz: zone_name(&question.zone),
        layer,
        points,
    }
}

/// Counts are whole.
fn number(stat: Stat, value: Option<f64>) -> Value {
    match (stat, value) {
        (Stat::Count, Some(count)) => json!(count as u64),
        (_, value) => json!(value),
    }
}

/// There are no samples in an empty bucket, whatever it is filled with.
fn missing(stat: Stat, fill: &Value) -> Value {
    if stat == Stat::Count { json!(0) } else { fill.clone() }
}

fn zone_name(zone: &jiff::tz::TimeZone) -> String {
    match zone.iana_name() {
        Some(name) => name.to_owned(),
        None => zone.to_fixed_offset().map_or_else(|_| "unknown".into(), |offset| offset.to_string()),
    }
}
