//! `GET /api/v1/aggregate/{metric}`: statistics per bucket of local time. `written` has how they are written.

mod written;

use crate::app::App;
use crate::error::{Error, Result};
use crate::http::answers::Finished;
use crate::http::caching::{self, Client};
use crate::http::doors::Doors;
use crate::http::params::{Params, canonical};
use crate::http::problem::Problem;
use crate::model::bucket::Bucket;
use crate::model::key::Principal;
use crate::model::unit::Conversion;
use crate::query::aggregate::{self, Drawing, Question};
use crate::query::stat::Stat;
use crate::query::units;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;

pub use written::Aggregate;
use written::{Fill, Shape, written};

/// `max_points`: the most that may be asked for, and as many as a chart of a screen's width shows.
const MOST_POINTS: usize = 10_000;
const USUAL_POINTS: usize = 1_500;

/// Statistics of a metric per bucket
#[utoipa::path(
    get, path = "/api/v1/aggregate/{metric}", tag = "read",
    params(
        ("metric" = String, Path, description = "Name, alias or HealthKit identifier"),
        ("bucket" = Option<String>, Query, description = "hour, day (default), week, month, year, all (the range as one), minutes such as 15m, or auto: the smallest that fits max_points"),
        ("max_points" = Option<u32>, Query, description = "With bucket=auto: most buckets of the range, 1 to 10000, default 1500"),
        ("stat" = Option<String>, Query, description = "count, sum, avg, min, max (these by default), median, last, p01 to p99 (at most 10 of these with the median); joined by commas"),
        ("whole" = Option<String>, Query, description = "Statistics of the whole range beside those of its buckets, such as avg,min,max"),
        ("start" = Option<String>, Query, description = "Included"), ("end" = Option<String>, Query, description = "Excluded"),
        ("tz" = Option<String>, Query, description = "IANA zone of the local days; default: the home zone"),
        ("source" = Option<String>, Query, description = "May be repeated"),
        ("layer" = Option<String>, Query, description = "Only this layer"),
        ("dedupe" = Option<String>, Query, description = "none adds all layers up as stored"),
        ("units" = Option<String>, Query, description = "metric, imperial or as_sent; default: the setting units"),
        ("fill" = Option<String>, Query, description = "null or 0 for buckets without a sample; they are left out otherwise"),
        ("shape" = Option<String>, Query, description = "rows (default), or columns: a list of starts in epoch seconds, and one for each statistic")
    ),
    responses(
        (status = 200, body = Aggregate), (status = 304, description = "Not modified"), (status = 400, body = Problem),
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
    let (bucket, points) = grid(&mut params)?;
    let drawing = Drawing { points, whole: listed(&mut params, "whole")? };
    let question = question(&doors.app, principal.user, metric, bucket, &mut params)?;
    let fill = params.parsed("fill", "null or 0", fill)?;
    let shape = params.parsed("shape", "rows or columns", shape)?.unwrap_or(Shape::Rows);
    let system = params.units(doors.app.units())?;
    params.finish()?;
    let text = format!("aggregate {question:?} {drawing:?} {fill:?} {shape:?} {system:?}");
    let (store, engine) = (doors.app.store.clone(), doors.app.engine.clone());
    let asked = caching::Question { user: principal.user, text };
    caching::answered_in_turn(&doors, client, asked, move |stop| {
        let (mut answer, mut whole) = aggregate::drawn(&store, &engine, &question, &drawing, stop)?;
        let shown = units::of(&*store.reader()?, question.user, &answer.metric, &answer.unit, system)?;
        convert(&mut whole, &drawing.whole, shown.way);
        answer.points.iter_mut().for_each(|point| convert(&mut point.values, &question.stats, shown.way));
        answer.unit = shown.unit;
        Finished::json(&written(&question, &answer, (&drawing.whole, &whole), shape, fill))
    })
    .await
}

/// The bucket, or the most points that `auto` may choose one for: then the bucket means nothing.
fn grid(params: &mut Params) -> Result<(Bucket, Option<usize>)> {
    let read = |text: &str| match text.trim() {
        "auto" => Some(None),
        other => Bucket::parse(other).map(Some),
    };
    let bucket = params.parsed("bucket", "one of auto, hour, day, week, month, year, all, 15m", read)?;
    let most = params.parsed("max_points", &format!("a number from 1 to {MOST_POINTS}"), |text| {
        text.parse().ok().filter(|points| (1..=MOST_POINTS).contains(points))
    })?;
    match (bucket, most) {
        (Some(None), most) => Ok((Bucket::Day, Some(most.unwrap_or(USUAL_POINTS)))),
        (_, Some(_)) => Err(Error::BadRequest("max_points: it goes with bucket=auto, which chooses the bucket".into())),
        (bucket, None) => Ok((bucket.flatten().unwrap_or(Bucket::Day), None)),
    }
}

/// A bucket that is named.
pub(super) fn bucket(params: &mut Params) -> Result<Bucket> {
    let bucket = params.parsed("bucket", "one of hour, day, week, month, year, all, 15m", Bucket::parse)?;
    Ok(bucket.unwrap_or(Bucket::Day))
}

/// Brings every statistic into the unit it is shown in. Between units with different zeros a sum has no meaning, for it
/// would depend on how many values there are, so there is none.
fn convert(values: &mut [Option<f64>], stats: &[Stat], way: Conversion) {
    if way == Conversion::IDENTITY {
        return;
    }
    for (stat, value) in stats.iter().zip(values) {
        match stat {
            Stat::Count => {}
            Stat::Sum if way.offset != 0.0 => *value = None,
            _ => *value = value.map(|value| way.apply(value)),
        }
    }
}

/// What is asked of a metric, but for how the answer is written.
pub(super) fn question(app: &App, user: i64, metric: String, bucket: Bucket, params: &mut Params) -> Result<Question> {
    let zone = params.zone(&app.home())?;
    let (from, to) = params.range(&zone)?;
    Ok(Question {
        user,
        metric: canonical(metric),
        from,
        to,
        bucket,
        zone,
        stats: Some(listed(params, "stat")?).filter(|stats| !stats.is_empty()).unwrap_or(Stat::DEFAULT.to_vec()),
        layer: params.layer()?,
        sources: params.set("source"),
        dedupe: params.parsed("dedupe", "none", |text| (text == "none").then_some(()))?.is_none(),
    })
}

/// The statistics that a parameter names, each once.
fn listed(params: &mut Params, parameter: &'static str) -> Result<Vec<Stat>> {
    let mut stats: Vec<Stat> = Vec::new();
    for name in params.list(parameter) {
        let wrong = |_| Error::BadRequest(format!("{parameter}: {name:?} is not one of {}", Stat::NAMES));
        let stat = Stat::parse(&name).map_err(wrong)?;
        if !stats.contains(&stat) {
            stats.push(stat);
        }
    }
    let most = Stat::MOST_PERCENTILES;
    if stats.iter().filter(|stat| stat.quantile().is_some()).count() > most {
        let message =
            format!("{parameter}: at most {most} percentiles are told at once, with the median; ask twice for more");
        return Err(Error::BadRequest(message));
    }
    Ok(stats)
}

fn fill(text: &str) -> Option<Fill> {
    match text {
        "null" => Some(Fill::Null),
        "0" => Some(Fill::Zero),
        _ => None,
    }
}

fn shape(text: &str) -> Option<Shape> {
    match text {
        "rows" => Some(Shape::Rows),
        "columns" => Some(Shape::Columns),
        _ => None,
    }
}

pub(super) fn zone_name(zone: &jiff::tz::TimeZone) -> String {
    match zone.iana_name() {
        Some(name) => name.to_owned(),
        None => zone.to_fixed_offset().map_or_else(|_| "unknown".into(), |offset| offset.to_string()),
    }
}
