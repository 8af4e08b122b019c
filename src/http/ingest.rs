//! `POST /api/v1/ingest`: a phone's delivery. Also at the address and with the header of the app vendor's own server.

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use futures::StreamExt;

use crate::app::App;
use crate::error::{Error, Result};
use crate::http::drain::{drain, read_away};
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::run::to_the_end;
use crate::model::key::Principal;
use crate::model::receipt::Receipt;
use crate::receive::{Encoding, Upload, too_large};
use crate::store::deliveries::Origin;

/// Most bytes of a refused body that are still read, so that its sender gets to see the answer.
const DRAINED: u64 = 512 << 20;

/// Store a delivery
///
/// Takes Health Auto Export's JSON, plain or under gzip, br, zstd or deflate. The answer comes when everything that
/// could be understood is on disk. Items that cannot be understood never fail the rest: they are quarantined, counted
/// and explained.
#[utoipa::path(
    post, path = "/api/v1/ingest", tag = "ingest", request_body(content = serde_json::Value, description = "The body as the app sends it"),
    params(("format" = Option<String>, Query, description = "Overrides recognition by content: health-auto-export")),
    responses(
        (status = 200, body = Receipt),
        (status = 400, body = Problem, description = "Not understood at all; kept in quarantine"),
        (status = 413, body = Problem), (status = 415, body = Problem), (status = 429, body = Problem),
        (status = 507, body = Problem)
    )
)]
pub async fn post(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let encoding = match announced(params, &parts.headers) {
        Ok(encoding) => encoding,
        Err(fault) => {
            drain(body).await;
            return Err(fault.into());
        }
    };
    let origin = origin(&parts.headers);
    let receipt = to_the_end(async move {
        let _room = app.uploads.enter(body.size_hint().upper()).await?;
        let body = read(body, app.receiver.max_body).await?;
        let Principal { user, key, .. } = principal;
        app.receiver.receive(Upload { user, api_key: Some(key), origin, encoding, body }).await
    })
    .await?;
    Ok((StatusCode::OK, [(header::CACHE_CONTROL, "no-store")], Json(receipt)).into_response())
}

/// What can be judged before the body is read: parameters and content encoding.
fn announced(mut params: Params, headers: &HeaderMap) -> Result<Encoding> {
    params.parsed("format", "health-auto-export", |name| (name == "health-auto-export").then_some(()))?;
    params.finish()?;
    Encoding::parse(&text(headers, header::CONTENT_ENCODING.as_str()).unwrap_or_default())
}

/// The same at the address of the app vendor's own server
#[utoipa::path(
    post, path = "/api/data", tag = "ingest", request_body(content = serde_json::Value),
    responses((status = 200, body = Receipt), (status = 400, body = Problem))
)]
pub async fn compatible(
    state: State<App>,
    principal: Extension<Principal>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    post(state, principal, params, request).await
}

/// The body, at most `limit` bytes of it; what is beyond is read away, never kept.
async fn read(body: Body, limit: u64) -> Result<Vec<u8>> {
    let hint = body.size_hint();
    let mut chunks = body.into_data_stream();
    if hint.lower() <= limit {
        // Memory that is never touched costs nothing; growing step by step would cost twice the body and more.
        let mut kept = Vec::with_capacity(hint.upper().unwrap_or(limit).min(limit) as usize);
        loop {
            let Some(chunk) = chunks.next().await else { return Ok(kept) };
            let chunk = chunk.map_err(|_| Error::BadRequest("the body ended early: send it again".into()))?;
            if kept.len() as u64 + chunk.len() as u64 > limit {
                break;
            }
            kept.extend_from_slice(&chunk);
        }
    }
    read_away(&mut chunks, DRAINED).await;
    Err(Error::TooLarge(too_large(limit)))
}

fn origin(headers: &HeaderMap) -> Origin {
    Origin {
        automation_name: text(headers, "automation-name"),
        automation_id: text(headers, "automation-id"),
        automation_aggregation: text(headers, "automation-aggregation"),
        automation_period: text(headers, "automation-period"),
        session_id: text(headers, "session-id"),
        ..Origin::default()
    }
}

/// A header as text; automation names may hold any character, so bytes that are no UTF-8 are replaced.
fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
