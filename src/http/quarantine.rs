//! `GET /api/v1/quarantine`: what was not understood, and why; nothing of a delivery is ever lost unseen.

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::{Error, Result};
use crate::http::deliveries::{paged_to, private};
use crate::http::paging;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::reading::reading;
use crate::model::key::Principal;
use crate::model::metric::catalogue;
use crate::store::deliveries;
use crate::store::quarantine::{self, Filter, QuarantineRow};

const DEFAULT_LIMIT: usize = 100;
const MOST: usize = 10_000;

#[derive(Debug, Serialize, ToSchema)]
pub struct Quarantine {
    /// Newest delivery first; within a delivery in the order of its body.
    pub items: Vec<QuarantineRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// What waits in quarantine
#[utoipa::path(
    get, path = "/api/v1/quarantine", tag = "read",
    params(
        ("delivery" = Option<String>, Query, description = "Only of this delivery"),
        ("metric" = Option<String>, Query, description = "Only counted under this name"),
        ("start" = Option<String>, Query, description = "Received at or after"), ("end" = Option<String>, Query, description = "Received before"),
        ("limit" = Option<u32>, Query, description = "1 to 10000, default 100"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before")
    ),
    responses((status = 200, body = Quarantine), (status = 400, body = Problem))
)]
pub async fn list(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    mut params: Params,
) -> Result<Response, Problem> {
    let (from, to) = params.range(&app.home())?;
    let filter = Filter { delivery: params.one("delivery")?, metric: metric(&mut params)?, from, to };
    answer(app, principal.user, filter, params).await
}

/// What one delivery has in quarantine
#[utoipa::path(
    get, path = "/api/v1/deliveries/{id}/quarantine", tag = "read",
    params(
        ("id" = String, Path, description = "As in the receipt"),
        ("metric" = Option<String>, Query, description = "Only counted under this name"),
        ("limit" = Option<u32>, Query, description = "1 to 10000, default 100"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before")
    ),
    responses((status = 200, body = Quarantine), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub async fn of_delivery(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    mut params: Params,
) -> Result<Response, Problem> {
    let (user, asked) = (principal.user, id.clone());
    let found = reading(&app, user, move |reader| deliveries::find(reader, user, &asked)).await?;
    found.ok_or_else(|| Error::NotFound(format!("there is no delivery {id}")))?;
    let filter = Filter { delivery: Some(id), metric: metric(&mut params)?, ..Filter::default() };
    answer(app, user, filter, params).await
}

/// The name that receipts count under, from any name of a metric.
fn metric(params: &mut Params) -> Result<Option<String>> {
    let name = params.one("metric")?;
    Ok(name.map(|name| catalogue().resolve(&name).map_or(name, |metric| metric.name.clone())))
}

async fn answer(app: App, user: i64, filter: Filter, mut params: Params) -> Result<Response, Problem> {
    let limit = paging::limit(&mut params, DEFAULT_LIMIT, MOST)?;
    let after = paging::cursor(&mut params, read_cursor)?;
    params.finish()?;
    let page = reading(&app, user, move |reader| {
        let position =
            |(delivery, place): (String, i64)| quarantine::position(reader, paged_to(reader, user, &delivery)?, place);
        let after = after.map(position).transpose()?;
        let mut items = quarantine::page(reader, user, &filter, after, limit as u32 + 1)?;
        let more = items.len() > limit;
        items.truncate(limit);
        let place = |last: &QuarantineRow| -> Result<String> {
            Ok(format!("{},{}", last.delivery, quarantine::place(reader, last.id)?))
        };
        let next_cursor = items.last().filter(|_| more).map(place).transpose()?.map(|place| paging::sealed(&place));
        Ok(Quarantine { items, next_cursor })
    });
    Ok(private(page.await?))
}

/// A delivery, and which of its items.
fn read_cursor(text: &str) -> Option<(String, i64)> {
    let (delivery, place) = text.split_once(',')?;
    Some((delivery.to_owned(), place.parse().ok().filter(|place| *place > 0)?))
}
