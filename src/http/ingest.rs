//! `POST /api/v1/ingest`: a phone's delivery. Also at the address and with the header of the app vendor's own server.

use axum::body::{Body, HttpBody};
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};

use crate::app::App;
use crate::decode::Format;
use crate::decode::shortcuts::number::decimal_of;
use crate::decode::shortcuts::{self, HINTS};
use crate::error::{Error, Result};
use crate::http::auth::TOKEN;
use crate::http::drain::{Incoming, drain};
use crate::http::params::no_such_parameter;
use crate::http::problem::Problem;
use crate::http::run::to_the_end;
use crate::http::verdict::Verdict;
use crate::model::key::Principal;
use crate::model::receipt::Receipt;
use crate::model::time::parse_zone;
use crate::receive::{Arrived, Arriving, Encoding, Upload, too_large};
use crate::store::deliveries::Origin;

/// Store a delivery
///
/// Takes Health Auto Export's JSON and whatever an Apple Shortcut sends: JSON of any shape, a form, lines of text, or values
/// in the address; plain or under gzip, br, zstd or deflate. The answer comes when everything that could be understood
/// is on disk. Items that cannot be understood never fail the rest: they are quarantined, counted and explained.
///
/// `Accept: text/plain` answers one sentence.
#[utoipa::path(
    post, path = "/api/v1/ingest", tag = "ingest", request_body(content = serde_json::Value, description = "The body as its sender writes it"),
    params(
        ("format" = Option<String>, Query, description = "Overrides recognition by content: health-auto-export, shortcuts, health-export-pro or open-health-export"),
        ("locale" = Option<String>, Query, description = "How numbers in text are written, such as de or en_US; otherwise the key's, else only what is unambiguous is read"),
        ("tz" = Option<String>, Query, description = "The zone of dates without an offset; the home zone when left out"),
        ("type" = Option<String>, Query, description = "The metric of a body that does not name it; also metric, name or key"),
        ("unit" = Option<String>, Query, description = "The unit of values that name none"),
        ("date" = Option<String>, Query, description = "The time of values that name none; also start and end, or period=today or yesterday"),
        ("source" = Option<String>, Query, description = "The source of values that name none; Shortcuts when left out"),
        ("value" = Option<String>, Query, description = "A value in the address, with type; or METRIC=VALUE for any metric by name, such as weight=72.5"),
        ("token" = Option<String>, Query, description = "The key, for senders that can set no header")
    ),
    responses(
        (status = 200, body = Receipt),
        (status = 400, body = Problem, description = "Not understood at all; kept in quarantine"),
        (status = 413, body = Problem), (status = 415, body = Problem), (status = 429, body = Problem),
        (status = 503, body = Problem), (status = 507, body = Problem)
    )
)]
pub async fn post(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let announced = parameters(&query.unwrap_or_default(), &principal);
    let (query, encoding) = match announced.and_then(|query| Ok((query, encoding(&parts.headers)?))) {
        Ok(announced) => announced,
        Err(fault) => {
            drain(body).await;
            return Err(fault.into());
        }
    };
    let origin = Origin { query, ..origin(&parts.headers) };
    let receipt = to_the_end(async move {
        let Arrived { content: body, held: _held } = take(&app, body).await?;
        let (user, api_key) = (principal.user, principal.key());
        app.receiver.receive(Upload { user, api_key, origin, encoding, body }).await
    })
    .await?;
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    let verdict = Extension(Verdict::of_receipt(&receipt));
    Ok(match wants_text(&parts.headers) {
        true => (StatusCode::OK, no_store, verdict, receipt.summary).into_response(),
        false => (StatusCode::OK, no_store, verdict, Json(receipt)).into_response(),
    })
}

fn encoding(headers: &HeaderMap) -> Result<Encoding> {
    Encoding::parse(&text(headers, header::CONTENT_ENCODING.as_str()).unwrap_or_default())
}

/// The parameters as they came, without the key, and with the key's locale where they name none. Those that are neither
/// known nor a metric are refused, for a misspelt one would be left out of what is stored.
fn parameters(query: &str, principal: &Principal) -> Result<Vec<(String, String)>> {
    let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
    // A variable of a Shortcut that is empty says nothing.
    let says_nothing = |name: &str, value: &str| matches!(name, "format" | "locale" | "tz") && value.trim().is_empty();
    let told = pairs.filter(|(name, value)| name != TOKEN && !says_nothing(name, value));
    let mut pairs: Vec<(String, String)> = told.collect();
    for (name, value) in &pairs {
        let wrong = |expected: &str| Error::BadRequest(format!("{name}: {value:?} is not {expected}"));
        match name.as_str() {
            "format" => drop(Format::parse(value).ok_or_else(|| wrong(&formats()))?),
            "locale" => drop(decimal_of(value).ok_or_else(|| wrong("a locale such as de, de_AT or en_US"))?),
            "tz" => drop(parse_zone(value).ok_or_else(|| wrong("a time zone such as Europe/Berlin"))?),
            name if shortcuts::takes_parameter(name) => {}
            name => return Err(no_such_parameter(name, HINTS)),
        }
    }
    let own = principal.locale.iter().filter(|_| !pairs.iter().any(|(name, _)| name == "locale"));
    let own: Vec<(String, String)> = own.map(|locale| ("locale".to_owned(), locale.clone())).collect();
    pairs.extend(own);
    Ok(pairs)
}

fn formats() -> String {
    Format::ALL.map(Format::as_str).join(" or ")
}

/// True when the first choice is plain text.
fn wants_text(headers: &HeaderMap) -> bool {
    let accepted = text(headers, header::ACCEPT.as_str()).unwrap_or_default();
    accepted.split([',', ';']).next().is_some_and(|first| first.trim().eq_ignore_ascii_case("text/plain"))
}

/// The same at the address of the app vendor's own server
#[utoipa::path(
    post, path = "/api/data", tag = "ingest", request_body(content = serde_json::Value),
    responses((status = 200, body = Receipt), (status = 400, body = Problem))
)]
pub async fn compatible(
    state: State<App>,
    principal: Extension<Principal>,
    query: RawQuery,
    request: Request,
) -> Result<Response, Problem> {
    post(state, principal, query, request).await
}

/// The body. One that is refused gives its room back, and what is still to come of it is read away.
async fn take(app: &App, body: Body) -> Result<Arrived> {
    let hint = body.size_hint();
    let mut incoming = Incoming::new(body);
    let begun = match hint.lower() <= app.receiver.max_body {
        true => app.room.begin(hint.exact()),
        false => Err(Error::TooLarge(too_large(app.receiver.max_body))),
    };
    let taken = match begun {
        Ok(arriving) => gather(arriving, &mut incoming, app.receiver.max_body).await,
        Err(fault) => Err(fault),
    };
    if taken.is_err() {
        incoming.drain().await;
    }
    taken
}

/// At most `limit` bytes.
async fn gather(mut arriving: Arriving, incoming: &mut Incoming, limit: u64) -> Result<Arrived> {
    while let Some(chunk) = incoming.next().await? {
        if arriving.bytes() + chunk.len() as u64 > limit {
            return Err(Error::TooLarge(too_large(limit)));
        }
        arriving.take(chunk).await?;
    }
    arriving.finish().await
}

fn origin(headers: &HeaderMap) -> Origin {
    Origin {
        automation_name: text(headers, "automation-name"),
        automation_id: text(headers, "automation-id"),
        automation_aggregation: text(headers, "automation-aggregation"),
        automation_period: text(headers, "automation-period"),
        session_id: text(headers, "session-id"),
        content_type: text(headers, header::CONTENT_TYPE.as_str()),
        ..Origin::default()
    }
}

/// A header as text; automation names may hold any character, so bytes that are no UTF-8 are replaced.
fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
