//! `GET /api/v1/deliveries`: what came, when, and what became of it.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Error;
use crate::http::paging;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::reading::reading;
use crate::model::key::Principal;
use crate::store::deliveries::{self, DeliveryRow, Filter};

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
    let before = paging::cursor(&mut params, |text| text.parse().ok())?;
    let (from, to) = params.range(&app.home())?;
    let filter = Filter { automation: params.one("automation")?, from, to };
    params.finish()?;
    let user = principal.user;
    let mut rows =
        reading(&app, user, move |reader| deliveries::list(reader, user, &filter, before, limit as u32 + 1)).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| more).map(|last| paging::sealed(&last.id.to_string()));
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
    let found = reading(&app, principal.user, move |reader| deliveries::find(reader, principal.user, &asked)).await?;
    let row = found.ok_or_else(|| Error::NotFound(format!("there is no delivery {id}")))?;
    Ok(private(row))
}

/// Receipts are for the asker's eyes, and change with a replay.
pub(super) fn private(body: impl Serialize) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
