//! How every question about data is answered: a tag of the data version, the question and how it is written; "not modified"
//! when the client has that; else what is kept in memory; else the work.
//!
//! A handler says what is asked and what is to be done. That it is done on a thread that may block, once for all who ask,
//! compressed there, and described to caches, is said here.

use std::convert::Infallible;
use std::future::Future;

use axum::body::Bytes;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum_extra::headers::{ETag, HeaderMapExt, IfMatch, IfNoneMatch};
use etag::EntityTag;
use jiff::tz::TimeZone;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::http::answers::{Finished, Key};
use crate::http::coding::{self, Accepted, Coding, SMALLEST};
use crate::http::doors::Doors;
use crate::http::problem::Problem;
use crate::http::reading::reading;
use crate::http::run::blocking;
use crate::model::zone_rules::{self, fingerprint};
use crate::query::budget::Stop;
use crate::store::Reading;

/// For how long a client may use an answer without asking again.
const DATA: HeaderValue = HeaderValue::from_static("private, max-age=60");
const EXPORT: HeaderValue = HeaderValue::from_static("private, max-age=300");

/// Answers are each person's own, and written as the client takes them.
const VARY: HeaderValue =
    HeaderValue::from_static("Authorization, X-API-Key, api-key, Cookie, Accept, Accept-Encoding");

/// What of a request decides how any answer is given.
pub struct Client {
    known: Option<IfNoneMatch>,
    /// What the answer must still be.
    only: Option<IfMatch>,
    accepted: Accepted,
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Client, Infallible> {
        let accepted = parts.extensions.get().copied().unwrap_or(Accepted {
            best: Coding::Identity,
            identity: true,
            brotli: false,
        });
        Ok(Client { known: parts.headers.typed_get(), only: parts.headers.typed_get(), accepted })
    }
}

impl Client {
    pub fn accepted(&self) -> Accepted {
        self.accepted
    }

    /// Whether it wants another answer than this, such as the rest of an older file (RFC 9110, 13.1.1).
    fn wants_another(&self, tag: &EntityTag) -> bool {
        let tag = tag.to_string().parse::<ETag>().ok();
        let is_other = |only: &IfMatch| tag.as_ref().is_none_or(|tag| !only.precondition_passes(tag));
        self.only.as_ref().is_some_and(is_other)
    }

    /// Whether it has exactly this answer already.
    pub fn knows(&self, tag: &EntityTag) -> bool {
        let Ok(tag) = tag.to_string().parse::<ETag>() else { return false };
        self.known.as_ref().is_some_and(|known| !known.precondition_passes(&tag))
    }
}

impl Finished {
    pub fn json(body: &impl Serialize) -> Result<Finished> {
        let body = serde_json::to_vec(body).map_err(|fault| Error::internal("writing JSON", fault))?;
        Ok(Finished::new(HeaderValue::from_static("application/json"), body))
    }

    pub fn new(media_type: HeaderValue, body: impl Into<Vec<u8>>) -> Finished {
        Finished { headers: HeaderMap::from_iter([(header::CONTENT_TYPE, media_type)]), body: tight(body.into()) }
    }

    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Finished {
        self.headers.insert(name, value);
        self
    }

    /// The same as the client takes it.
    fn encoded(mut self, accepted: Accepted) -> Result<Finished> {
        let coding = accepted.best;
        let is_small = self.body.len() < SMALLEST && accepted.identity;
        let gains = self.headers.get(header::CONTENT_TYPE).is_some_and(coding::is_compressible);
        if coding == Coding::Identity || is_small || !gains {
            return Ok(self);
        }
        self.body = tight(coding.encode_counted(&self.body, coding.level())?);
        Ok(self.with(header::CONTENT_ENCODING, coding.header()))
    }
}

/// Bytes that hold no more memory than they count for when they are kept.
fn tight(mut bytes: Vec<u8>) -> Bytes {
    bytes.shrink_to_fit();
    bytes.into()
}

/// What a person asks. `text` names all that decides the answer but the data, and how it is written but for its coding.
pub struct Question {
    pub user: i64,
    pub text: String,
}

/// Answers from a reader, when it is somebody's turn.
pub async fn answered(
    doors: &Doors,
    client: Client,
    question: Question,
    work: impl FnOnce(&Reading) -> Result<Finished> + Send + 'static,
) -> Result<Response, Problem> {
    let accepted = client.accepted;
    let make = reading(&doors.app, question.user, move |reading| work(reading)?.encoded(accepted));
    kept(doors, client, question, make).await
}

/// Answers a question that may be heavy, when it is its turn.
pub async fn answered_in_turn(
    doors: &Doors,
    client: Client,
    question: Question,
    work: impl FnOnce(&Stop) -> Result<Finished> + Send + 'static,
) -> Result<Response, Problem> {
    let accepted = client.accepted;
    let questions = doors.app.questions.of(question.user);
    let make = questions.run(move |stop| work(stop)?.encoded(accepted));
    kept(doors, client, question, make).await
}

async fn kept(
    doors: &Doors,
    client: Client,
    question: Question,
    make: impl Future<Output = Result<Finished>>,
) -> Result<Response, Problem> {
    let data_version = data_version(doors, question.user).await?;
    let digest = digest(data_version, &question, &doors.app.home());
    let tag = tag(&digest);
    if client.wants_another(&tag) {
        return Err(Problem::changed());
    }
    if client.knows(&tag) {
        return Ok(not_modified(&tag, DATA));
    }
    let key = Key { user: question.user, data_version, digest, coding: client.accepted.best };
    let finished = doors.answers.get(key, make).await?;
    let mut response = finished.body.clone().into_response();
    *response.headers_mut() = finished.headers.clone();
    Ok(with_tag(response, &tag, DATA))
}

/// The tag of a download and whether the client has it, which is then the answer.
pub async fn download_tag(
    doors: &Doors,
    client: &Client,
    question: &Question,
) -> Result<Result<EntityTag, Response>, Problem> {
    let tag = tag(&digest(data_version(doors, question.user).await?, question, &doors.app.home()));
    if client.wants_another(&tag) {
        return Err(Problem::changed());
    }
    Ok(if client.knows(&tag) { Err(not_modified(&tag, EXPORT)) } else { Ok(tag) })
}

/// A download with what caches need to know.
pub fn tagged_download(response: Response, tag: &EntityTag) -> Response {
    with_tag(response, tag, EXPORT)
}

/// The number that moves with every commit that changes a person's answers.
async fn data_version(doors: &Doors, user: i64) -> Result<i64> {
    let store = &doors.app.store;
    if let Some(version) = store.current().remembered_data_version(user) {
        return Ok(version);
    }
    let store = store.clone();
    blocking(move || store.current().data_version(user)).await
}

/// Where the rules of a zone have changed, the same days are others.
fn digest(data_version: i64, question: &Question, home: &TimeZone) -> [u8; 16] {
    let Question { user, text } = question;
    let (version, rules, home) = (env!("CARGO_PKG_VERSION"), zone_rules::in_force().release(), fingerprint(home));
    let whole = Sha256::digest(format!("{version} {rules} {home} {user} {data_version} {text}"));
    let mut digest = [0; 16];
    digest.copy_from_slice(&whole[..16]);
    digest
}

/// Weak, because the same answer may be compressed or not.
fn tag(digest: &[u8; 16]) -> EntityTag {
    EntityTag::weak(&format!("{:032x}", u128::from_be_bytes(*digest)))
}

fn not_modified(tag: &EntityTag, control: HeaderValue) -> Response {
    metrics::counter!("health_export_cache_not_modified_total").increment(1);
    with_tag(StatusCode::NOT_MODIFIED.into_response(), tag, control)
}

/// Adds what a cache needs to know.
fn with_tag(mut response: Response, tag: &EntityTag, control: HeaderValue) -> Response {
    let headers = response.headers_mut();
    // Hexadecimal digits in quotes are always a valid header.
    if let Ok(tag) = HeaderValue::from_str(&tag.to_string()) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, control);
    headers.insert(header::VARY, VARY);
    response
}
