//! What every request passes through, outermost first:
//!
//! 1. a request id, so that a line in the log can be found from an answer; the client's own if it is a short one;
//! 2. a line in the log of what changes something, fails or is slow, by the route's template: a path may name
//!    what somebody suffers from, and a query holds times of their life; of the rest, which a dashboard asks all day, at debug only;
//! 3. figures, by the route;
//! 4. panics become a problem, and the connection lives on;
//! 5. headers that keep browsers from guessing, framing, and telling others where they have been;
//! 6. strangers from the internet are refused, unless they are wanted;
//! 7. so is what was asked under a name that is not this server's;
//! 8. compression, but never of Parquet: it would drop the length and the ranges that its readers need;
//! 9. refusals that the framework words itself become problems.

use std::any::Any;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Request, Response, header};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_request, map_response};
use axum::response::IntoResponse;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tracing::Instrument;

use crate::http::compression::compress;
use crate::http::figures;
use crate::http::hosts::{self, Hosts};
use crate::http::neighbours;
use crate::http::problem::Problem;

/// An answer that takes longer is worth a line.
const SLOW: Duration = Duration::from_secs(1);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Characters that a request id of the client's own may have.
const LONGEST_ID: usize = 64;

/// What every answer has, unless it says otherwise itself.
const GUARDS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

pub fn around(routes: Router, public: bool, hosts: Hosts) -> Router {
    let layers = ServiceBuilder::new()
        .layer(map_request(only_sound_id))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(from_fn(log))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(from_fn(figures::count))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(map_response(guard))
        .layer(from_fn_with_state(public, neighbours::only))
        .layer(from_fn_with_state(hosts, hosts::only))
        .layer(from_fn(compress));
    routes.layer(map_response(worded_by_us)).layer(layers)
}

/// Forgets the id of a client that is none: it stands in every line of the log, and anybody may send anything.
async fn only_sound_id(mut request: Request<Body>) -> Request<Body> {
    let is_sound = |id: &HeaderValue| {
        let is_of_it = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        (1..=LONGEST_ID).contains(&id.len()) && id.as_bytes().iter().all(is_of_it)
    };
    let mut ids = request.headers().get_all(&REQUEST_ID).iter();
    if !(ids.next().is_some_and(is_sound) && ids.next().is_none()) {
        request.headers_mut().remove(&REQUEST_ID);
    }
    request
}

/// Logs a request under its id, which every line that is written on its way has too.
async fn log(request: Request<Body>, next: Next) -> Response<Body> {
    let id = request.headers().get(&REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    let span = tracing::info_span!("request", id, method = %request.method(), endpoint = figures::endpoint(&request));
    let only_asks = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let begun = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let (status, took) = (response.status(), begun.elapsed());
    let milliseconds = took.as_millis() as u64;
    span.in_scope(|| match only_asks && took < SLOW && !status.is_client_error() && !status.is_server_error() {
        true => tracing::debug!(status = status.as_u16(), milliseconds, "answered"),
        false => tracing::info!(status = status.as_u16(), milliseconds, "answered"),
    });
    response
}

/// A request that the framework refuses before any handler sees it, such as a path that is not UTF-8, is a plain text.
async fn worded_by_us(response: Response<Body>) -> Response<Body> {
    let status = response.status();
    let plain =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    match status {
        _ if !plain => response,
        status if status.is_server_error() => Problem::internal().into_response(),
        status if status.is_client_error() => Problem::unreadable(status).into_response(),
        _ => response,
    }
}

/// An answer of the API is no page, so nothing in it may run or be shown in one. A page says itself what it needs.
async fn guard(mut response: Response<Body>) -> Response<Body> {
    for (name, value) in GUARDS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

fn panicked(_: Box<dyn Any + Send>) -> Response<Body> {
    Problem::internal().into_response()
}
