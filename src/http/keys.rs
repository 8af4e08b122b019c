//! `GET`, `POST` and `DELETE /api/v1/keys`: what `health-export key` does, asked for from afar.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::error::{Error, Result};
use crate::http::deliveries::private;
use crate::http::json_body;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::reading::reading;
use crate::http::run::blocking;
use crate::http::small_body::SmallBody;
use crate::model::key::{By, Principal, Scope, hash, new_secret};
use crate::model::time::offset_rfc3339;
use crate::store::keys::{self, KeyRow, NewKey};
use crate::store::{Reading, Store, people};

const SHAPE: &str =
    r#"{"name": "phone", "scopes": ["ingest"], "person": "owner", "expires_days": 90}, the last two at will"#;

const DAY: i64 = 86_400;
const MOST_DAYS: i64 = 3650;

#[derive(Debug, Serialize, ToSchema)]
pub struct Keys {
    /// Newest first.
    pub keys: Vec<KeyEntry>,
}

/// A key without its secret. Times are RFC 3339, UTC.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyEntry {
    pub id: i64,
    pub name: String,
    pub person: String,
    /// ingest, read, export, admin.
    pub scopes: Vec<Scope>,
    pub created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<String>,
}

/// What a new key is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedKey {
    /// What it is for, such as the phone; 1 to 100 characters.
    pub name: String,
    pub scopes: Vec<String>,
    /// Whose data it is for; your own when left out.
    pub person: Option<String>,
    /// 1 to 3650; for ever when left out.
    pub expires_days: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MadeKey {
    pub id: i64,
    /// Shown this once.
    pub key: String,
}

/// Keys of everybody, without their secrets, newest first
#[utoipa::path(get, path = "/api/v1/keys", tag = "admin", responses((status = 200, body = Keys), (status = 400, body = Problem)))]
pub async fn list(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let rows = reading(&app, principal.user, keys::list).await?;
    Ok(private(listed(&app.store, rows)))
}

fn listed(store: &Store, rows: Vec<KeyRow>) -> Keys {
    let entry = |row: KeyRow| KeyEntry {
        last_used_at: store.key_use().last(row.id).max(row.used_at).map(time),
        id: row.id,
        name: row.name,
        person: row.user,
        scopes: row.scopes,
        created_at: time(row.created_at),
        expires_at: row.expires_at.map(time),
        revoked_at: row.revoked_at.map(time),
    };
    Keys { keys: rows.into_iter().rev().map(entry).collect() }
}

fn time(seconds: i64) -> String {
    offset_rfc3339(seconds, 0)
}

/// Make a key; the answer is the only one that shows it
#[utoipa::path(
    post, path = "/api/v1/keys", tag = "admin", request_body = WantedKey,
    responses((status = 201, body = MadeKey), (status = 400, body = Problem), (status = 409, body = Problem))
)]
pub async fn post(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    params: Params,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    params.finish()?;
    let wanted: WantedKey = json_body::read(&body, SHAPE)?;
    let made = blocking(move || make(&app.store, wanted, principal.user)).await?;
    Ok((StatusCode::CREATED, private(made)).into_response())
}

fn make(store: &Store, wanted: WantedKey, asker: i64) -> Result<MadeKey> {
    let secret = new_secret().map_err(|fault| Error::internal("making a secret", fault))?;
    let now = Timestamp::now().as_second();
    let key = NewKey {
        user: person(&*store.reader()?, wanted.person, asker)?,
        name: NewKey::name(&wanted.name)?,
        scopes: NewKey::scopes(&wanted.scopes)?,
        hash: hash(&secret),
        created_at: now,
        expires_at: wanted.expires_days.map(|days| expiry(days, now)).transpose()?,
    };
    let id = store.writer().run(move |writing| keys::create(writing.connection, &key))?;
    Ok(MadeKey { id, key: secret })
}

/// The name of somebody who is there: a person who was misspelt must not come to be.
fn person(reading: &Reading, wanted: Option<String>, asker: i64) -> Result<String> {
    let id = match &wanted {
        Some(name) => people::find(reading, name)?.ok_or_else(|| {
            Error::BadRequest(format!("person: there is nobody named {name:?} here; /api/v1/people lists who there is"))
        })?,
        None => asker,
    };
    let found = people::names(reading)?.into_iter().find(|(known, _)| *known == id);
    found.map(|(_, name)| name).ok_or_else(|| Error::NotFound(format!("there is no person {id}")))
}

fn expiry(days: i64, now: i64) -> Result<i64> {
    match (1..=MOST_DAYS).contains(&days) {
        true => Ok(now + days * DAY),
        false => Err(Error::BadRequest(format!("expires_days: {days} is not a number from 1 to {MOST_DAYS}"))),
    }
}

/// Something to know beside what was done.
#[derive(Debug, Serialize, ToSchema)]
pub struct Note {
    pub note: &'static str,
}

/// Make a key stop working
///
/// Also the one that this is asked with; the answer then says so.
#[utoipa::path(
    delete, path = "/api/v1/keys/{id}", tag = "admin", params(("id" = String, Path, description = "As in the list")),
    responses(
        (status = 204, description = "It works no more"), (status = 200, body = Note, description = "It was the key that asked"),
        (status = 404, body = Problem)
    )
)]
pub async fn delete(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let none = || Error::NotFound(format!("there is no working key {id}; /api/v1/keys lists them"));
    let key: i64 = id.parse().map_err(|_| none())?;
    let now = Timestamp::now().as_second();
    if !blocking(move || app.store.writer().run(move |writing| keys::revoke(writing.connection, key, now))).await? {
        return Err(none().into());
    }
    Ok(match principal.by == By::Key(key) {
        true => Json(Note { note: "this was the key that you asked with: it opens nothing any more" }).into_response(),
        false => StatusCode::NO_CONTENT.into_response(),
    })
}
