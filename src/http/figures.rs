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
use crate::http::run::blocking;
use crate::model::key::Scope;
use crate::telemetry::responses;

/// By these, and whatever begins with `x-forwarded-`, a proxy on this machine tells that the request is not of this machine.
const FORWARDED: [&str; 5] = ["forwarded", "x-forwarded", "x-real-ip", "x-client-ip", "via"];

/// Figures of the running server
///
/// The text format of Prometheus. Open to this machine itself; anybody else needs a key with the scope read.
#[utoipa::path(
    get, path = "/metrics", tag = "health", security((), ("bearer" = [])),
    responses((status = 200, description = "The figures", content_type = "text/plain"), (status = 401, body = Problem))
)]
pub async fn page(State(doors): State<Doors>, request: Request) -> Result<Response, Problem> {
    if !is_local(&request) {
        let principal = auth::principal(&doors, auth::peer(&request), auth::shown(request.headers())).await?;
        if !principal.may(Scope::Read) {
            return Err(Problem::wrong_scope(Scope::Read.as_str()));
        }
    }
    let text = blocking(move || {
        let more = doors.looks.take(&doors.app, &doors.answers);
        Ok(doors.figures.render() + &more)
    })
    .await?;
    let headers =
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, text).into_response())
}

fn is_local(request: &Request) -> bool {
    let peer = auth::peer(request);
    peer.is_some_and(|peer| peer.to_canonical().is_loopback()) && !is_forwarded(request.headers())
}

fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| FORWARDED.contains(&name.as_str()) || name.as_str().starts_with("x-forwarded-"))
}

/// Counts a request and how long its answer took.
pub async fn count(request: Request, next: Next) -> Response {
    let method = name(request.method());
    let endpoint = endpoint(&request).to_owned();
    let begun = Instant::now();
    let waiting = Waiting::begin();
    let response = next.run(request).await;
    drop(waiting);
    let took = begun.elapsed();
    responses::all().record(&endpoint, took);
    metrics::histogram!("health_export_response_time_seconds", "endpoint" => endpoint.clone())
        .record(took.as_secs_f64());
    let status = response.status().as_u16().to_string();
    metrics::counter!("health_export_requests_total", "endpoint" => endpoint, "method" => method, "status" => status)
        .increment(1);
    response
}

/// The template of the route that a request takes, such as `/api/v1/data/{metric}`; "none" where there is none.
pub fn endpoint(request: &Request) -> &str {
    request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str)
}

/// A request whose answer has not begun; also over when its client has left.
struct Waiting;

impl Waiting {
    fn begin() -> Waiting {
        metrics::gauge!("health_export_concurrent_requests").increment(1.0);
        Waiting
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        metrics::gauge!("health_export_concurrent_requests").decrement(1.0);
    }
}

/// Anybody may make a method up, so only those that there are have a name.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
