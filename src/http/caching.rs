//! ETags: a hash of the data version, the question and the representation, so that "nothing new" is said without asking
//! anything but one number.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum_extra::headers::{ETag, HeaderMapExt, IfNoneMatch};
use etag::EntityTag;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::error::Result;
use crate::http::problem::Problem;
use crate::http::run::blocking;
use crate::store::{Reading, series};

/// How long a client may use an answer without asking again, in seconds.
pub const DATA_MAX_AGE: u32 = 60;
pub const EXPORT_MAX_AGE: u32 = 300;

/// Answers from a reader, or says that the client has the answer already. `question` names all that decides it.
pub async fn answered(
    app: &App,
    user: i64,
    headers: &HeaderMap,
    question: &str,
    answer: impl FnOnce(&Reading) -> Result<Response> + Send + 'static,
) -> Result<Response, Problem> {
    let tag = tag(user, data_version(app, user).await?, question);
    if is_known(headers, &tag) {
        return Ok(not_modified(&tag, DATA_MAX_AGE));
    }
    let store = app.store.clone();
    let response = blocking(move || answer(&*store.reader()?)).await?;
    Ok(with_tag(response, &tag, DATA_MAX_AGE))
}

/// The number that moves with every commit that changes a person's answers.
pub async fn data_version(app: &App, user: i64) -> Result<i64> {
    let store = app.store.clone();
    blocking(move || series::data_version(&*store.reader()?, user)).await
}

/// The tag of an answer. Weak, because the same answer may be compressed or not.
pub fn tag(user: i64, data_version: i64, question: &str) -> EntityTag {
    let digest = Sha256::digest(format!("{} {user} {data_version} {question}", env!("CARGO_PKG_VERSION")));
    let hex: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    EntityTag::weak(&hex)
}

/// Whether the client has exactly this answer already.
pub fn is_known(request: &HeaderMap, tag: &EntityTag) -> bool {
    let Ok(tag) = tag.to_string().parse::<ETag>() else { return false };
    request.typed_get::<IfNoneMatch>().is_some_and(|known| !known.precondition_passes(&tag))
}

pub fn not_modified(tag: &EntityTag, max_age: u32) -> Response {
    with_tag(StatusCode::NOT_MODIFIED.into_response(), tag, max_age)
}

/// Adds what a cache needs to know.
pub fn with_tag(mut response: Response, tag: &EntityTag, max_age: u32) -> Response {
    let headers = response.headers_mut();
    let texts = [
        (header::ETAG, tag.to_string()),
        (header::CACHE_CONTROL, format!("private, max-age={max_age}")),
        (header::VARY, "Authorization, X-API-Key, api-key, Accept, Accept-Encoding".to_owned()),
    ];
    for (name, text) in texts {
        // Hexadecimal digits and words of ours are always a valid header.
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    }
    response
}
