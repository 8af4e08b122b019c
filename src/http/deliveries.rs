//! `GET /api/v1/deliveries`: what came, when, and what became of it.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::{Error, Result};
use crate::http::paging;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::reading::reading;
use crate::http::run::blocking;
use crate::model::key::Principal;
use crate::store::Reading;
use crate::store::deliveries::{self, DeliveryRow, Filter};
use crate::store::refused;

const DEFAULT_LIMIT: usize = 50;
const MOST: usize = 1_000;

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
    let limit = paging::limit(&mut params, DEFAULT_LIMIT, MOST)?;
    let before = paging::cursor(&mut params, |text| Some(text.to_owned()))?;
    let (from, to) = params.range(&app.home())?;
    let filter = Filter { automation: params.one("automation")?, from, to };
    params.finish()?;
    let user = principal.user;
    let mut rows = reading(&app, user, move |reader| {
        let before = before.map(|id| paged_to(reader, user, &id)).transpose()?;
        deliveries::list(reader, user, &filter, before, limit as u32 + 1)
    })
    .await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| more).map(|last| paging::sealed(&last.receipt.delivery));
    Ok(private(Deliveries { deliveries: rows, next_cursor }))
}

/// The row of the delivery that a cursor names.
pub(super) fn paged_to(reading: &Reading, user: i64, id: &str) -> Result<i64> {
    deliveries::row(reading, user, id)?.ok_or_else(paging::no_cursor)
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
    let found = reading(&app, principal.user, move |reader| deliveries::find(reader, principal.user, &asked)).await?;
    let row = found.ok_or_else(|| Error::NotFound(format!("there is no delivery {id}")))?;
    Ok(private(row))
}

/// Remove a delivery that was not understood
///
/// Its body and its place in quarantine go, for good; its receipt stays. What was understood is deleted with `POST /api/v1/deletions`.
#[utoipa::path(
    delete, path = "/api/v1/deliveries/{id}", tag = "admin", params(("id" = String, Path, description = "As in the receipt")),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub async fn remove(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let user = principal.user;
    blocking(move || app.store.writer().run(move |writing| refused::remove(writing.connection, user, &id))).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Receipts are for the asker's eyes, and change with a replay.
pub(super) fn private(body: impl Serialize) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
