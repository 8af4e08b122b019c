//! `/api/v1/sessions`: which browsers are signed in, and ending one of them, such as that of a phone that was lost.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::{Error, Result};
use crate::http::deliveries::private;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::reading::reading;
use crate::http::run::blocking;
use crate::model::key::{By, Principal, Scope};
use crate::model::time::offset_rfc3339;
use crate::store::Reading;
use crate::store::sessions::{self, SessionRow};

#[derive(Debug, Serialize, ToSchema)]
pub struct Sessions {
    /// The one that was used last first.
    pub sessions: Vec<SessionEntry>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SessionEntry {
    pub id: i64,
    pub person: String,
    /// RFC 3339, UTC, like the others.
    pub created_at: String,
    /// Within an hour.
    pub last_used_at: String,
    pub expires_at: String,
    /// Such as Firefox on Linux; empty when it does not say.
    pub browser: String,
    /// Whether it is the session that asks.
    pub current: bool,
}

/// Browsers that are signed in
///
/// Everybody's for who has the scope admin, else one's own.
#[utoipa::path(
    get, path = "/api/v1/sessions", tag = "session",
    responses((status = 200, body = Sessions), (status = 400, body = Problem))
)]
pub async fn list(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let (whose, now) = (whose(&principal), jiff::Timestamp::now().as_second());
    let found = reading(&app, principal.user, move |reader| sessions::list(reader, whose, now)).await?;
    Ok(private(Sessions { sessions: found.into_iter().map(|row| entry(row, principal.by)).collect() }))
}

/// Sign a browser out
///
/// Anybody's for who has the scope admin. A session without it may end itself and others of its person that may do no more than
/// it; a key may not.
#[utoipa::path(
    delete, path = "/api/v1/sessions/{id}", tag = "session", params(("id" = i64, Path, description = "As listed")),
    responses((status = 204, description = "Signed out"), (status = 403, body = Problem), (status = 404, body = Problem))
)]
pub async fn delete(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let none = || Error::NotFound(format!("there is no session {id}"));
    let number = id.parse::<i64>().map_err(|_| none())?;
    let end = move || app.store.writer().run(move |writing| end(writing.connection, number, &principal));
    match blocking(end).await? {
        Some(true) => Ok((StatusCode::NO_CONTENT, [(header::CACHE_CONTROL, "no-store")]).into_response()),
        Some(false) => Err(Problem::wrong_scope(Scope::Admin.as_str())),
        None => Err(none().into()),
    }
}

/// Whether it was ended, or may not be by this one; none when there is none.
fn end(connection: &Reading, id: i64, principal: &Principal) -> Result<Option<bool>> {
    if !principal.may(Scope::Admin) {
        let Some(scopes) = sessions::scopes_of(connection, id, principal.user)? else { return Ok(None) };
        if !scopes.iter().all(|scope| principal.may(*scope)) {
            return Ok(Some(false));
        }
    }
    Ok(sessions::end(connection, id, whose(principal))?.then_some(true))
}

/// Whose sessions somebody may see; none is everybody's.
fn whose(principal: &Principal) -> Option<i64> {
    (!principal.may(Scope::Admin)).then_some(principal.user)
}

fn entry(row: SessionRow, by: By) -> SessionEntry {
    let time = |seconds| offset_rfc3339(seconds, 0);
    SessionEntry {
        id: row.id,
        person: row.person,
        created_at: time(row.created_at),
        last_used_at: time(row.last_used_at),
        expires_at: time(row.expires_at),
        browser: row.browser,
        current: by == By::Session(row.id),
    }
}
