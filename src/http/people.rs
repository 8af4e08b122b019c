//! `/api/v1/people`: whose data is kept here, and how somebody is removed.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
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
use crate::http::run::{blocking, to_the_end};
use crate::http::small_body::SmallBody;
use crate::model::key::Principal;
use crate::model::time::offset_rfc3339;
use crate::store::Reading;
use crate::store::destroy::WAY_BACK_SECONDS;
use crate::store::people::{self, Person};
use crate::store::sessions;

const SHAPE: &str = r#"{"name": "Anna"}"#;

#[derive(Debug, Serialize, ToSchema)]
pub struct People {
    /// The owner first, then as they came.
    pub people: Vec<PersonEntry>,
}

/// A person, and what there is of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonEntry {
    pub id: i64,
    pub name: String,
    /// Whether it is the one who asks.
    pub you: bool,
    /// Samples stored, all layers together.
    pub samples: i64,
    /// Keys and sessions that work.
    pub keys: i64,
    pub sessions: usize,
    /// RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_delivery_at: Option<String>,
    /// Of somebody who was removed; until `destroyed_at` that can be undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destroyed_at: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedPerson {
    /// 1 to 60 characters, and nobody else's, whatever the capitals.
    pub name: String,
}

/// Whose data is kept here
#[utoipa::path(get, path = "/api/v1/people", tag = "admin", responses((status = 200, body = People), (status = 400, body = Problem)))]
pub async fn list(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let people = reading(&app, principal.user, move |reader| entries(reader, principal.user)).await?;
    Ok(private(People { people }))
}

/// Add a person
#[utoipa::path(
    post, path = "/api/v1/people", tag = "admin", request_body = WantedPerson,
    responses((status = 201, body = PersonEntry), (status = 400, body = Problem), (status = 409, body = Problem))
)]
pub async fn post(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    params: Params,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    params.finish()?;
    let WantedPerson { name } = json_body::read(&body, SHAPE)?;
    let now = Timestamp::now().as_second();
    let made = blocking(move || {
        let id = app.store.writer().run(move |writing| people::create(writing.connection, &name, now))?;
        one(&*app.store.reader()?, id, principal.user)
    });
    Ok((StatusCode::CREATED, private(made.await?)).into_response())
}

/// Give a person another name
#[utoipa::path(
    put, path = "/api/v1/people/{id}", tag = "admin", request_body = WantedPerson,
    params(("id" = String, Path, description = "As in the list")),
    responses(
        (status = 200, body = PersonEntry), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)
    )
)]
pub async fn put(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    params: Params,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    params.finish()?;
    let WantedPerson { name } = json_body::read(&body, SHAPE)?;
    let person = number(&id)?;
    let renamed = blocking(move || {
        app.store.writer().run(move |writing| people::rename(writing.connection, person, &name))?;
        one(&*app.store.reader()?, person, principal.user)
    });
    Ok(private(renamed.await?))
}

/// Remove a person
///
/// Their keys and sessions end, and after 30 days what is theirs is destroyed: samples, workouts, documents, receipts and bodies. Until
/// then it can be undone. Asked without `confirm` it removes nobody, and says how to download everything first.
#[utoipa::path(
    delete, path = "/api/v1/people/{id}", tag = "admin",
    params(
        ("id" = String, Path, description = "As in the list"),
        ("confirm" = Option<String>, Query, description = "The person's name, once their data is downloaded or not wanted")
    ),
    responses(
        (status = 200, body = PersonEntry), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)
    )
)]
pub async fn remove(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    mut params: Params,
) -> Result<Response, Problem> {
    let confirmed = params.one("confirm")?;
    params.finish()?;
    let (person, now) = (number(&id)?, Timestamp::now().as_second());
    let removed = blocking(move || {
        let entry = one(&*app.store.reader()?, person, principal.user)?;
        if entry.you {
            return Err(Error::Conflict("this is you: another admin can remove you".into()));
        }
        refuse_unconfirmed(&entry, confirmed.as_deref())?;
        app.store.writer().run(move |writing| people::remove(writing.connection, person, now))?;
        app.jobs.cancel_all(person)?;
        one(&*app.store.reader()?, person, principal.user)
    });
    Ok(private(to_the_end(removed).await?))
}

/// Offers a download first.
fn refuse_unconfirmed(entry: &PersonEntry, confirmed: Option<&str>) -> Result<()> {
    let name = &entry.name;
    match confirmed {
        Some(confirmed) if confirmed == name => Ok(()),
        Some(_) => Err(Error::BadRequest(format!("confirm: it is not this person's name, {name}"))),
        None => Err(Error::Conflict(format!(
            "nobody was removed yet. First download what is theirs: health-export export --all --user {name:?} --format csv --out FOLDER. \
             Then ask again with confirm={name}: their keys and sessions end at once, for 30 days it can be undone, and then everything \
             of theirs is destroyed"
        ))),
    }
}

/// Bring back a person who was removed
#[utoipa::path(
    post, path = "/api/v1/people/{id}/undo", tag = "admin", params(("id" = String, Path, description = "As in the list")),
    responses((status = 200, body = PersonEntry), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub async fn undo(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let (person, since) = (number(&id)?, Timestamp::now().as_second() - WAY_BACK_SECONDS);
    let back = blocking(move || {
        app.store.writer().run(move |writing| people::bring_back(writing.connection, person, since))?;
        one(&*app.store.reader()?, person, principal.user)
    });
    Ok(private(back.await?))
}

fn number(id: &str) -> Result<i64> {
    id.parse().map_err(|_| Error::NotFound(format!("there is no person {id}")))
}

fn one(reading: &Reading, id: i64, asker: i64) -> Result<PersonEntry> {
    let found = entries(reading, asker)?.into_iter().find(|person| person.id == id);
    found.ok_or_else(|| Error::NotFound(format!("there is no person {id}")))
}

fn entries(reading: &Reading, asker: i64) -> Result<Vec<PersonEntry>> {
    let now = Timestamp::now().as_second();
    let sessions = sessions::list(reading, None, now)?;
    let time = |seconds: i64| offset_rfc3339(seconds, 0);
    let entry = |Person { id, name, samples, keys, last_delivery_ms, removed_at }| PersonEntry {
        id,
        name,
        you: id == asker,
        samples,
        keys,
        sessions: sessions.iter().filter(|session| session.user == id).count(),
        last_delivery_at: last_delivery_ms.map(|at: i64| time(at.div_euclid(1000))),
        removed_at: removed_at.map(time),
        destroyed_at: removed_at.map(|at| time(at + WAY_BACK_SECONDS)),
    };
    Ok(people::list(reading, now)?.into_iter().map(entry).collect())
}
