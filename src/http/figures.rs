//! `GET /metrics`: how the server is doing, in figures. Counts each request by the route it took, never by its path, which
//! may say something of somebody.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::auth;
use crate::http::doors::Doors;
use crate::http::problem::Problem;
use crate::model::key::Scope;

/// By these a proxy on this machine tells that the request is not of this machine.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/// Figures of the running server
///
/// The text format of Prometheus. Open to this machine itself; anybody else needs a key with the scope read.
#[utoipa::path(
    get, path = "/metrics", tag = "health",
    responses((status = 200, description = "The figures", content_type = "text/plain"), (status = 401, body = Problem))
)]
pub async fn page(State(doors): State<Doors>, request: Request) -> Result<Response, Problem> {
    if !is_local(&request) {
        let secret = auth::secret(request.headers()).map(str::to_owned);
        let principal = auth::principal(&doors, auth::peer(&request), secret).await?;
        if !principal.may(Scope::Read) {
            return Err(Problem::wrong_scope(Scope::Read.as_str()));
        }
    }
    let (bytes, entries) = doors.answers.size();
    metrics::gauge!("health_export_cache_bytes").set(bytes as f64);
    metrics::gauge!("health_export_cache_entries").set(entries as f64);
    let (in_use, size) = doors.app.store.readers();
    metrics::gauge!("health_export_readers_in_use").set(in_use);
    metrics::gauge!("health_export_readers_size").set(size);
    let headers =
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, doors.figures.render()).into_response())
}

fn is_local(request: &Request) -> bool {
    let peer = auth::peer(request);
    peer.is_some_and(|peer| peer.to_canonical().is_loopback()) && !is_forwarded(request.headers())
}

fn is_forwarded(headers: &HeaderMap) -> bool {
    FORWARDED.iter().any(|name| headers.contains_key(*name))
}

/// Counts a request and how long its answer took.
pub async fn count(request: Request, next: Next) -> Response {
    let method = name(request.method());
    let route =
        request.extensions().get::<MatchedPath>().map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let begun = Instant::now();
    let response = next.run(request).await;
    let seconds = begun.elapsed().as_secs_f64();
    metrics::histogram!("health_export_request_seconds", "method" => method, "route" => route.clone()).record(seconds);
    let status = response.status().as_u16().to_string();
    metrics::counter!("health_export_requests_total", "method" => method, "route" => route, "status" => status)
        .increment(1);
    response
}

/// Anybody may make a method up, so only those that there are have a name.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
