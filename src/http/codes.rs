//! `POST /api/v1/codes`: a link that signs in another device, or another member of the family.

use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::http::json_body;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::run::blocking;
use crate::http::small_body::SmallBody;
use crate::model::key::Principal;
use crate::model::time::offset_rfc3339;
use crate::store::{codes, keys};

/// For whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeWanted {
    /// A name; whoever asks when it is left out. The owner's code lets in with the scope admin.
    pub person: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Code {
    pub code: String,
    /// What follows the address of the server in the link.
    pub path: String,
    /// RFC 3339, UTC.
    pub expires_at: String,
}

/// Make a code that signs in once
#[utoipa::path(
    post, path = "/api/v1/codes", tag = "admin", request_body = CodeWanted,
    responses((status = 201, body = Code), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub async fn post(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    params: Params,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    params.finish()?;
    let wanted: CodeWanted = json_body::read(&body, r#"{"person": "a name"}"#)?;
    let now = jiff::Timestamp::now().as_second();
    let made = blocking(move || {
        let user = match wanted.person {
            Some(name) => keys::find_user(&*app.store.reader()?, &name)?,
            None => principal.user,
        };
        app.store.writer().run(move |writing| codes::make(writing.connection, user, now))
    })
    .await?;
    let path = format!("/#{}", made.code);
    let code = Code { code: made.code, path, expires_at: offset_rfc3339(made.expires_at, 0) };
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], axum::Json(code)).into_response())
}
