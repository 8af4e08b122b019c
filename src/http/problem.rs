//! Every error answer: `application/problem+json` (RFC 9457) with a stable `type` and a sentence that says what to do.
//!
//! The one place where an error becomes a status. Internal faults go to the log with their text; the caller gets none
//! of it.

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;

/// The body of an error answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Stable; `urn:health-export:problem:` and a name.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: Cow<'static, str>,
    pub status: u16,
    pub detail: String,
    /// The delivery under which the body is kept, when it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<String>,
    /// For the header `Retry-After`.
    #[serde(skip)]
    retry_seconds: Option<u64>,
    /// For the condition of the store: see `http/condition`.
    #[serde(skip)]
    of_the_disk: Option<Error>,
}

/// Seconds after which to come back, where nobody has measured how long it will take.
const RETRY_SECONDS: u64 = 5;

impl Problem {
    pub fn new(status: StatusCode, name: &str, title: &'static str, detail: impl Into<String>) -> Problem {
        Problem {
            kind: format!("urn:health-export:problem:{name}"),
            title: title.into(),
            status: status.as_u16(),
            detail: detail.into(),
            delivery: None,
            retry_seconds: None,
            of_the_disk: None,
        }
    }

    /// The last part of its type.
    pub fn name(&self) -> &str {
        self.kind.rsplit(':').next().unwrap_or_default()
    }

    pub fn missing_key() -> Problem {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "No valid key",
            "send a key in the header Authorization: Bearer KEY, X-API-Key or api-key; \
             `health-export key create` makes one",
        )
    }

    pub fn throttled(seconds: u64) -> Problem {
        let problem = Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-wrong-keys",
            "Too many wrong keys",
            "too many requests without a valid key have come from this address: wait, and send a valid key, which is let \
             in at any time",
        );
        Problem { retry_seconds: Some(seconds), ..problem }
    }

    pub fn wrong_scope(needed: &str) -> Problem {
        Problem::new(
            StatusCode::FORBIDDEN,
            "wrong-scope",
            "This key may not do that",
            format!("this needs a key with the scope {needed}: `health-export key create --scope {needed}` makes one"),
        )
    }

    pub fn no_such_route(path: &str) -> Problem {
        Problem::new(
            StatusCode::NOT_FOUND,
            "no-such-address",
            "No such address",
            format!("there is nothing at {path}; /openapi.json lists what there is"),
        )
    }

    pub fn wrong_method() -> Problem {
        Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "wrong-method",
            "Wrong method",
            "this address exists, but not for this method; /openapi.json says which it takes",
        )
    }

    pub fn no_such_coding() -> Problem {
        Problem::new(
            StatusCode::NOT_ACCEPTABLE,
            "no-such-coding",
            "No such content coding",
            "Accept-Encoding refuses the answer as it is and names no coding that there is: allow identity, zstd, br or gzip",
        )
    }

    pub fn changed() -> Problem {
        Problem::new(
            StatusCode::PRECONDITION_FAILED,
            "changed",
            "Not what If-Match names",
            "something new has been stored since, or the tag in If-Match is a weak one, which never holds there: ask for the \
             whole again, without If-Match",
        )
    }

    pub fn unreadable(status: StatusCode) -> Problem {
        Problem::new(
            status,
            "unreadable-request",
            "Request cannot be read",
            "this address cannot take the request as it was written: its path must be UTF-8 under percent-encoding; \
             /openapi.json says what it takes",
        )
    }

    pub fn internal() -> Problem {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong here",
            "the server's log says what; nothing was stored unless an answer said so",
        )
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        let of_the_disk = error.is_of_the_disk().then(|| error.clone());
        Problem { of_the_disk, ..placed(error) }
    }
}

fn placed(error: Error) -> Problem {
    let detail = error.to_string();
    match error {
        Error::BadRequest(_) => Problem::new(StatusCode::BAD_REQUEST, "bad-request", "Bad request", detail),
        Error::NotFound(_) => Problem::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail),
        Error::Conflict(_) => Problem::new(StatusCode::CONFLICT, "conflict", "Not as things are", detail),
        Error::NotUnderstood { delivery, .. } => {
            let problem = Problem::new(StatusCode::BAD_REQUEST, "not-understood", "Body not understood", detail);
            Problem { delivery, ..problem }
        }
        Error::TooLarge(_) => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Body too large", detail),
        Error::BadEncoding(_) => {
            Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "bad-encoding", "Body cannot be decompressed", detail)
        }
        Error::Busy(_) => Problem::new(StatusCode::TOO_MANY_REQUESTS, "busy", "Busy", detail),
        Error::Full { seconds, .. } => {
            let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "busy", "Busy", detail);
            Problem { retry_seconds: Some(seconds), ..problem }
        }
        Error::Unavailable(_) => {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not possible just now", detail)
        }
        Error::TimedOut(_) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "timed-out", "Took too long", detail),
        Error::DiskFull | Error::NoSpace(_) => {
            Problem::new(StatusCode::INSUFFICIENT_STORAGE, "disk-full", "Disk full", detail)
        }
        Error::DiskFault(_) => {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "disk-fault", "The disk has failed", detail)
        }
        Error::Damaged(_) => {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "damaged", "The database is damaged", detail)
        }
        Error::Internal(_) => {
            tracing::error!("{detail}");
            Problem::internal()
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&self)).into_response();
        let (retry_seconds, of_the_disk) = (self.retry_seconds, self.of_the_disk.clone());
        if let Some(fault) = of_the_disk {
            response.extensions_mut().insert(fault);
        }
        // For `http/recent`, which sees only the answer.
        response.extensions_mut().insert(self);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, retry_seconds.unwrap_or(RETRY_SECONDS).into());
            }
            _ => {}
        }
        response
    }
}
