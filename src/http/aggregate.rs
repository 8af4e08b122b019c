//! `GET /api/v1/aggregate/{metric}`: statistics per bucket of local time.

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Result;
use crate::http::answers::Finished;
use crate::http::caching::{self, Client};
use crate::http::clock::Clock;
use crate::http::doors::Doors;
use crate::http::params::{Params, canonical};
use crate::http::problem::Problem;
use crate::model::bucket::Bucket;
use crate::model::key::Principal;
use crate::model::unit::Conversion;
use crate::query::aggregate::{self, Answer, Point, Question};
use crate::query::stat::Stat;
use crate::query::units::{self, Shown};

#[derive(Serialize, ToSchema)]
pub struct Aggregate<'a> {
    pub metric: &'a str,
    pub unit: &'a str,
    pub bucket: String,
    pub tz: String,
    /// The layer that the figures come from; "mixed" when it differs from day to day.
    pub layer: &'static str,
    /// `start` and the statistics asked for.
    #[schema(value_type = Vec<Object>)]
    points: Points<'a>,
}

/// What a bucket without a sample is filled with.
#[derive(Debug, Clone, Copy)]
enum Fill {
    Null,
    Zero,
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
        ("units" = Option<String>, Query, description = "metric, imperial or as_sent; default: the setting units"),
        ("fill" = Option<String>, Query, description = "null or 0 for buckets without a sample; they are left out otherwise")
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
    let question = question(&doors.app, principal.user, metric, &mut params)?;
    let fill = params.parsed("fill", "null or 0", fill)?;
    let system = params.units(doors.app.units())?;
    params.finish()?;
    let text = format!("aggregate {question:?} {fill:?} {system:?}");
    let (store, engine) = (doors.app.store.clone(), doors.app.engine.clone());
    let asked = caching::Question { user: principal.user, text };
    caching::answered_in_turn(&doors, client, asked, move |stop| {
        let mut answer = aggregate::answer(&store, &engine, &question, stop)?;
        let shown = units::of(&*store.reader()?, question.user, &answer.metric, &answer.unit, system)?;
        convert(&mut answer, &question.stats, shown);
        Finished::json(&written(&question, &answer, fill))
    })
    .await
}

/// Brings every statistic into the unit it is shown in. Between units with different zeros a sum has no meaning, for it
/// would depend on how many values there are, so there is none.
fn convert(answer: &mut Answer, stats: &[Stat], shown: Shown) {
    answer.unit = shown.unit;
    if shown.way == Conversion::IDENTITY {
        return;
    }
    for (stat, value) in answer.points.iter_mut().flat_map(|point| stats.iter().zip(&mut point.values)) {
        match stat {
            Stat::Count => {}
            Stat::Sum if shown.way.offset != 0.0 => *value = None,
            _ => *value = value.map(|value| shown.way.apply(value)),
        }
    }
}

/// What is asked of a metric, but for how the answer is written.
pub(super) fn question(app: &App, user: i64, metric: String, params: &mut Params) -> Result<Question> {
    let zone = params.zone(&app.home())?;
    let (from, to) = params.range(&zone)?;
    let bucket = params.parsed("bucket", "one of hour, day, week, month, year, 15m", Bucket::parse)?;
    Ok(Question {
        user,
        metric: canonical(metric),
        from,
        to,
        bucket: bucket.unwrap_or(Bucket::Day),
        zone,
        stats: stats(params)?,
        layer: params.layer()?,
        sources: params.set("source"),
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

fn fill(text: &str) -> Option<Fill> {
    match text {
        "null" => Some(Fill::Null),
        "0" => Some(Fill::Zero),
        _ => None,
    }
}

fn written<'a>(question: &'a Question, answer: &'a Answer, fill: Option<Fill>) -> Aggregate<'a> {
    let names = question.stats.iter().map(|stat| (*stat, stat.name())).collect();
    Aggregate {
        metric: &answer.metric,
        unit: &answer.unit,
        bucket: question.bucket.to_string(),
        tz: zone_name(&question.zone),
        layer: answer.layer(),
        points: Points { answer, names, fill, clock: Clock::new(Some(&question.zone)) },
    }
}

/// Points that are put together while they are written.
struct Points<'a> {
    answer: &'a Answer,
    names: Vec<(Stat, String)>,
    fill: Option<Fill>,
    clock: Clock<'a>,
}

impl Serialize for Points<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let points = &self.answer.points;
        let Some(fill) = self.fill else {
            return serializer.collect_seq(points.iter().map(|point| self.row(point.start, Filling::Known(point))));
        };
        let mut found = points.iter().peekable();
        let mut rows = serializer.serialize_seq(Some(self.answer.starts.len()))?;
        for start in &self.answer.starts {
            let values = found.next_if(|point| point.start == *start).map_or(Filling::Missing(fill), Filling::Known);
            rows.serialize_element(&self.row(*start, values))?;
        }
        rows.end()
    }
}

impl Points<'_> {
    fn row<'a>(&'a self, start: i64, values: Filling<'a>) -> Row<'a> {
        Row { points: self, start, values }
    }
}

/// The values of a bucket, or what stands for them.
enum Filling<'a> {
    Known(&'a Point),
    Missing(Fill),
}

struct Row<'a> {
    points: &'a Points<'a>,
    start: i64,
    values: Filling<'a>,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names = &self.points.names;
        let mut row = serializer.serialize_map(Some(1 + names.len()))?;
        row.serialize_entry("start", &self.points.clock.stamp(self.start, 0))?;
        for (at, (stat, name)) in names.iter().enumerate() {
            match (&self.values, stat) {
                // Counts are whole.
                (Filling::Known(Point { values, .. }), Stat::Count) => {
                    row.serialize_entry(name, &values[at].map(|count| count as u64))?;
                }
                (Filling::Known(point), _) => row.serialize_entry(name, &point.values[at])?,
                // There are no samples in an empty bucket, whatever it is filled with.
                (Filling::Missing(_), Stat::Count) | (Filling::Missing(Fill::Zero), _) => {
                    row.serialize_entry(name, &0)?
                }
                (Filling::Missing(Fill::Null), _) => row.serialize_entry(name, &())?,
            }
        }
        row.end()
    }
}

pub(super) fn zone_name(zone: &jiff::tz::TimeZone) -> String {
    match zone.iana_name() {
        Some(name) => name.to_owned(),
        None => zone.to_fixed_offset().map_or_else(|_| "unknown".into(), |offset| offset.to_string()),
    }
}
