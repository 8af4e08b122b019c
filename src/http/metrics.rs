//! `GET /api/v1/metrics`: what there is.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::answers::Finished;
use crate::http::caching::{self, Client};
use crate::http::doors::Doors;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::model::category::Category;
use crate::model::key::Principal;
use crate::model::metric::{Kind, catalogue};
use crate::model::time::offset_rfc3339;
use crate::store::series::{self, SeriesRow};

#[derive(Debug, Serialize, ToSchema)]
pub struct Metrics {
    pub metrics: Vec<MetricEntry>,
}

/// A metric and what is stored of it.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct MetricEntry {
    pub name: String,
    pub unit: String,
    /// cumulative, discrete, category or composite; unknown for metrics that the catalogue lacks.
    pub kind: String,
    /// What it is about, such as sleep: an order of sources can be set for all of a category.
    pub category: String,
    /// Samples stored, all layers together.
    pub count: i64,
    /// Starts of the first and last sample, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    pub layers: Vec<String>,
    pub sources: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_delivery: Option<String>,
}

/// The catalogue, with what is stored
#[utoipa::path(
    get, path = "/api/v1/metrics", tag = "read",
    params(("all" = Option<bool>, Query, description = "true lists metrics without a sample too")),
    responses((status = 200, body = Metrics), (status = 304, description = "Not modified"), (status = 400, body = Problem))
)]
pub async fn get(
    State(doors): State<Doors>,
    Extension(principal): Extension<Principal>,
    client: Client,
    mut params: Params,
) -> Result<Response, Problem> {
    let all = params.parsed("all", "true or false", |text| text.parse::<bool>().ok())?.unwrap_or(false);
    params.finish()?;
    let user = principal.user;
    let asked = caching::Question { user, text: format!("metrics {all}") };
    caching::answered(&doors, client, asked, move |reading| {
        Finished::json(&Metrics { metrics: entries(&series::list(reading, user)?, all) })
    })
    .await
}

fn entries(rows: &[SeriesRow], all: bool) -> Vec<MetricEntry> {
    let mut entries: BTreeMap<String, MetricEntry> =
        rows.chunk_by(|a, b| a.metric == b.metric).map(|rows| (rows[0].metric.clone(), entry(rows))).collect();
    if all {
        for metric in catalogue().all().iter().filter(|metric| metric.kind != Kind::Composite) {
            entries.entry(metric.name.clone()).or_insert_with(|| MetricEntry {
                name: metric.name.clone(),
                unit: metric.unit.clone(),
                kind: kind(&metric.name),
                category: metric.category.to_string(),
                ..MetricEntry::default()
            });
        }
    }
    entries.into_values().collect()
}

/// `rows` are all of one metric, and never empty.
fn entry(rows: &[SeriesRow]) -> MetricEntry {
    let time = |seconds: Option<i64>| seconds.map(|seconds| offset_rfc3339(seconds, 0));
    let distinct = |text: fn(&SeriesRow) -> &str| {
        let mut texts: Vec<String> =
            rows.iter().map(|row| text(row).to_owned()).filter(|text| !text.is_empty()).collect();
        texts.sort();
        texts.dedup();
        texts
    };
    MetricEntry {
        name: rows[0].metric.clone(),
        unit: rows[0].unit.clone(),
        kind: kind(&rows[0].metric),
        category: Category::of(&rows[0].metric).to_string(),
        count: rows.iter().map(|row| row.samples).sum(),
        first: time(rows.iter().map(|row| row.first).min()),
        last: time(rows.iter().map(|row| row.last).max()),
        layers: distinct(|row| row.layer.as_str()),
        sources: distinct(|row| &row.source),
        last_delivery: time(rows.iter().map(|row| row.last_delivery_ms.div_euclid(1000)).max()),
    }
}

fn kind(name: &str) -> String {
    match catalogue().resolve(name).map(|metric| metric.kind) {
        Some(Kind::Cumulative) => "cumulative",
        Some(Kind::Discrete) => "discrete",
        Some(Kind::Category) => "category",
        Some(Kind::Composite) => "composite",
        None => "unknown",
    }
    .into()
}
