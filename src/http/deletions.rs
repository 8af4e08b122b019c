//! `/api/v1/deletions`: deleting with a way back. See `store/deletions` for the rules.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::{Error, Result};
use crate::http::deletion_target::{self, DeletionRequest};
use crate::http::deliveries::private;
use crate::http::paging;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::reading::reading;
use crate::http::run::{blocking, to_the_end};
use crate::http::small_body::SmallBody;
use crate::model::deletion::Deletion;
use crate::model::key::Principal;
use crate::store::Reading;
use crate::store::deletions;
use crate::sys::clock;

const DEFAULT_LIMIT: usize = 50;
const MOST: usize = 1_000;

#[derive(Debug, Serialize, ToSchema)]
pub struct Deletions {
    /// Newest first; those that were undone stay in the list.
    pub deletions: Vec<Deletion>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// What has been deleted, newest first
#[utoipa::path(
    get, path = "/api/v1/deletions", tag = "read",
    params(
        ("limit" = Option<u32>, Query, description = "1 to 1000, default 50"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before")
    ),
    responses((status = 200, body = Deletions), (status = 400, body = Problem))
)]
pub async fn list(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    mut params: Params,
) -> Result<Response, Problem> {
    let limit = paging::limit(&mut params, DEFAULT_LIMIT, MOST)?;
    let before = paging::cursor(&mut params, |text| text.parse().ok())?;
    params.finish()?;
    let user = principal.user;
    let mut rows = reading(&app, user, move |reader| deletions::list(reader, user, before, limit as u32 + 1)).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| more).map(|(last, _)| paging::sealed(&last.to_string()));
    Ok(private(Deletions { deletions: rows.into_iter().map(|(_, row)| row).collect(), next_cursor }))
}

/// Delete, or correct a value
#[utoipa::path(
    post, path = "/api/v1/deletions", tag = "admin", request_body = DeletionRequest,
    responses(
        (status = 201, body = Deletion), (status = 200, body = Deletion, description = "Of a dry run"),
        (status = 400, body = Problem), (status = 404, body = Problem), (status = 507, body = Problem)
    )
)]
pub async fn post(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    params: Params,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    params.finish()?;
    let work = blocking(move || {
        let request = deletion_target::parse(&body)?;
        let reader = app.store.reader()?;
        let asked_by = asked_by(&reader, &principal)?;
        let dry_run = request.dry_run;
        let order = request.order(&reader, principal.user, asked_by, &app.home())?;
        drop(reader);
        match dry_run {
            true => Ok((StatusCode::OK, deletions::rehearse(&app.store, &order)?)),
            false => Ok((StatusCode::CREATED, deletions::carry_out(&app.store, order)?)),
        }
    });
    // A client that leaves does not leave it half done.
    let (status, deletion) = to_the_end(work).await?;
    Ok((status, private(deletion)).into_response())
}

/// Bring back what a deletion has taken
#[utoipa::path(
    post, path = "/api/v1/deletions/{id}/undo", tag = "admin", params(("id" = String, Path, description = "As in the list")),
    responses(
        (status = 200, body = Deletion), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 507, body = Problem)
    )
)]
pub async fn undo(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let number = number(&id)?;
    let now = clock::now().as_second();
    let undone = blocking(move || deletions::undo(&app.store, principal.user, number, now));
    let undone = to_the_end(undone)
        .await?
        .ok_or_else(|| Error::Conflict("it was undone before: what it had taken is back already".into()))?;
    Ok(private(undone))
}

/// Destroy what a deletion has taken
///
/// There is no way back. The kept bodies of the deliveries that have told it go as well; older backups still have it.
#[utoipa::path(
    post, path = "/api/v1/deletions/{id}/permanent", tag = "admin", params(("id" = String, Path, description = "As in the list")),
    responses(
        (status = 200, body = Deletion), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 507, body = Problem)
    )
)]
pub async fn make_permanent(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let number = number(&id)?;
    let now = clock::now().as_second();
    let done = blocking(move || deletions::make_permanent(&app.store, principal.user, number, now));
    Ok(private(to_the_end(done).await?))
}

fn number(id: &str) -> Result<i64> {
    let unknown = || Error::NotFound(format!("there is no deletion {id}: GET /api/v1/deletions lists those there are"));
    id.parse().map_err(|_| unknown())
}

/// Who asks, for the list.
fn asked_by(reading: &Reading, principal: &Principal) -> Result<String> {
    principal.key().map_or(Ok("session".into()), |key| deletions::key_name(reading, key))
}
