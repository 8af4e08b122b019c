//! `GET` and `PUT /api/v1/sources`: what has measured, and whom to believe where two have measured the same moment.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Result;
use crate::http::answers::Finished;
use crate::http::caching::{self, Client};
use crate::http::doors::Doors;
use crate::http::json_body;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::run::blocking;
use crate::model::key::Principal;
use crate::model::time::offset_rfc3339;
use crate::query::subject;
use crate::store::Reading;
use crate::store::priority::{self, Matter, Ranked};
use crate::store::series::{self, SeriesRow};

#[derive(Debug, Serialize, ToSchema)]
pub struct Sources {
    /// The one that is believed first at the front.
    pub sources: Vec<SourceEntry>,
}

/// Something that measures, and what it has sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourceEntry {
    /// Empty when the sender named none.
    pub name: String,
    /// watch, phone, other or anonymous.
    pub kind: String,
    /// Its hardware, such as Watch6,2, where a sender has told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// 1 is believed first.
    pub rank: u32,
    /// Whether its rank is of the order that was set, and not of its kind.
    pub ordered: bool,
    pub metrics: Vec<String>,
    /// Samples stored, all layers together.
    pub samples: i64,
    /// Starts of the first and last sample, RFC 3339.
    pub first: String,
    pub last: String,
}

/// A person's own order of sources.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceOrder {
    /// Names; the first is believed first, and those left out follow by kind. None at all goes back to the kinds.
    pub order: Vec<String>,
}

/// Sources, in the order in which they are believed
#[utoipa::path(
    get, path = "/api/v1/sources", tag = "read",
    responses((status = 200, body = Sources), (status = 304, description = "Not modified"), (status = 400, body = Problem))
)]
pub async fn get(
    State(doors): State<Doors>,
    Extension(principal): Extension<Principal>,
    client: Client,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let user = principal.user;
    let asked = caching::Question { user, text: "sources".into() };
    caching::answered(&doors, client, asked, move |reading| Finished::json(&list(reading, user)?)).await
}

/// Set the order in which sources are believed
#[utoipa::path(
    put, path = "/api/v1/sources", tag = "admin", request_body = SourceOrder,
    responses((status = 200, body = Sources), (status = 400, body = Problem))
)]
pub async fn put(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    params: Params,
    body: Bytes,
) -> Result<Json<Sources>, Problem> {
    params.finish()?;
    let wanted: SourceOrder = json_body::read(&body, r#"{"order": [names of sources, first believed first]}"#)?;
    let user = principal.user;
    let listed = blocking(move || {
        let ids = subject::named_sources(&*app.store.reader()?, user, &wanted.order)?;
        app.store
            .writer()
            .run(move |writing| priority::set_order(writing.connection, user, &Matter::Everything, &ids))?;
        list(&*app.store.reader()?, user)
    });
    Ok(Json(listed.await?))
}

fn list(reading: &Reading, user: i64) -> Result<Sources> {
    let mut rows: BTreeMap<String, Vec<SeriesRow>> = BTreeMap::new();
    for row in series::list(reading, user)? {
        rows.entry(row.source.clone()).or_default().push(row);
    }
    let ordered = priority::ordered(reading, user, &Matter::Everything)?;
    let known = ordered.into_iter().filter_map(|source| Some((rows.remove(&source.name)?, source)));
    Ok(Sources { sources: (1..).zip(known).map(|(rank, (rows, source))| entry(rank, source, &rows)).collect() })
}

fn entry(rank: u32, source: Ranked, rows: &[SeriesRow]) -> SourceEntry {
    let time = |seconds: Option<i64>| offset_rfc3339(seconds.unwrap_or(0), 0);
    let metrics: BTreeSet<&str> = rows.iter().map(|row| row.metric.as_str()).collect();
    SourceEntry {
        rank,
        kind: source.kind.to_string(),
        ordered: source.is_ordered(),
        metrics: metrics.into_iter().map(str::to_owned).collect(),
        samples: rows.iter().map(|row| row.samples).sum(),
        first: time(rows.iter().map(|row| row.first).min()),
        last: time(rows.iter().map(|row| row.last).max()),
        name: source.name,
        device: source.device,
    }
}
