//! `GET /metrics`: how the server is doing, in figures. Counts each request by the route it took, never by its path, which
//! may say something of somebody.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::auth;
use crate::http::doors::Doors;
use crate::http::hosts;
use crate::http::looks::Whose;
use crate::http::problem::Problem;
use crate::http::run::blocking;
use crate::model::key::Scope;
use crate::telemetry::responses;

/// By these a proxy on this machine tells that the request is not of this machine, and by whatever has one of the parts in its
/// name, or begins so.
const FORWARDED: [&str; 4] = ["forwarded", "via", "cdn-loop", "x-host"];
const PARTS: [&str; 9] = [
    "forwarded-",
    "-forwarded",
    "real-ip",
    "client-ip",
    "remote-ip",
    "remote-addr",
    "connecting-ip",
    "originating-ip",
    "peer-ip",
];
const BEGINNINGS: [&str; 10] = [
    "x-forwarded",
    "cf-",
    "x-original",
    "x-envoy-",
    "x-amzn-",
    "x-amz-",
    "x-azure-",
    "x-appengine-",
    "x-arr-",
    "tailscale-",
];

/// Figures of the running server
///
/// The text format of Prometheus. Open to this machine itself, asked by one of its own names; anybody else needs a key with the
/// scope read. When which automation of whom has delivered last is told to keys only: everybody's for the scope admin, else
/// one's own.
#[utoipa::path(
    get, path = "/metrics", tag = "health", security((), ("bearer" = [])),
    responses((status = 200, description = "The figures", content_type = "text/plain"), (status = 401, body = Problem))
)]
pub async fn page(State(doors): State<Doors>, request: Request) -> Result<Response, Problem> {
    let proof = auth::shown(&doors, request.headers());
    let principal = match (is_local(&request), proof) {
        (true, None) => None,
        (true, Some(proof)) => auth::find(&doors, proof).await?.map(|found| found.principal),
        (false, proof) => Some(auth::principal(&doors, auth::peer(&request), proof).await?),
    };
    let whose = match &principal {
        Some(principal) if principal.may(Scope::Admin) => Whose::Everybodys,
        Some(principal) if principal.may(Scope::Read) => Whose::Persons(principal.user),
        Some(_) if !is_local(&request) => return Err(Problem::wrong_scope(Scope::Read.as_str())),
        _ => Whose::Nobodys,
    };
    let text = blocking(move || {
        let more = doors.looks.take(&doors.app, &doors.answers, whose);
        Ok(doors.figures.render() + &more)
    })
    .await?;
    let headers =
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, text).into_response())
}

/// HTTP/1.0 is what nginx speaks to a server that nobody has told it anything about, and says nothing of whom it serves.
fn is_local(request: &Request) -> bool {
    let peer = auth::peer(request);
    peer.is_some_and(|peer| peer.to_canonical().is_loopback())
        && request.version() != Version::HTTP_10
        && hosts::is_of_this_machine(request.headers(), request.uri())
        && !request.headers().keys().any(|name| tells_of_others(name.as_str()))
}

fn tells_of_others(name: &str) -> bool {
    FORWARDED.contains(&name)
        || PARTS.iter().any(|part| name.contains(part))
        || BEGINNINGS.iter().any(|begin| name.starts_with(begin))
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
