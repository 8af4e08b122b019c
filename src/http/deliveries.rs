//! `GET /api/v1/deliveries`: what came, when, and what became of it.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Error;
use crate::http::cursor;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::run::blocking;
use crate::model::key::Principal;
use crate::store::deliveries::{self, DeliveryRow, Filter};

const DEFAULT_LIMIT: u32 = 50;
const MOST: u32 = 1_000;

#[derive(Debug, Serialize, ToSchema)]
pub struct Deliveries {
    /// Newest first.
    pub deliveries: Vec<DeliveryRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Receipts, newest first
#[utoipa::path(
    get, path = "/api/v1/deliveries", tag = "read",
    params(
        ("automation" = Option<String>, Query, description = "Name or id of an automation"),
        ("start" = Option<String>, Query, description = "Received at or after; also: from, since"),
        ("end" = Option<String>, Query, description = "Received before; also: to, until"),
        ("limit" = Option<u32>, Query, description = "1 to 1000, default 50"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before")
    ),
    responses((status = 200, body = Deliveries), (status = 400, body = Problem))
)]
pub async fn list(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    mut params: Params,
) -> Result<Response, Problem> {
    let limit = params.parsed("limit", "a number from 1 to 1000", |text| {
        text.parse().ok().filter(|limit| (1..=MOST).contains(limit))
    })?;
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    let before = params.parsed("cursor", cursor::EXPECTED, cursor::read)?.map(|[id]| id);
    let (from, to) = params.range(&app.home)?;
    let filter = Filter { automation: params.one("automation")?, from, to };
    params.finish()?;
    let mut rows =
        blocking(move || deliveries::list(&*app.store.reader()?, principal.user, &filter, before, limit + 1)).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next_cursor = rows.last().filter(|_| more).map(|last| cursor::write([last.id]));
    Ok(private(Deliveries { deliveries: rows, next_cursor }))
}

/// One receipt
#[utoipa::path(
    get, path = "/api/v1/deliveries/{id}", tag = "read", params(("id" = String, Path, description = "As in the receipt")),
    responses((status = 200, body = DeliveryRow), (status = 404, body = Problem))
)]
pub async fn one(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let asked = id.clone();
    let found = blocking(move || deliveries::find(&*app.store.reader()?, principal.user, &asked)).await?;
    let row = found.ok_or_else(|| Error::NotFound(format!("there is no delivery {id}")))?;
    Ok(private(row))
}

/// Receipts are for the asker's eyes, and change with a replay.
pub(super) fn private(body: impl Serialize) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
