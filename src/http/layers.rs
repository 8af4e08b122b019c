//! What every request passes through, outermost first:
//!
//! 1. a request id, so that a line in the log can be found from an answer;
//! 2. a line in the log, with the path but never the query, which may hold times of somebody's life;
//! 3. figures, by the route;
//! 4. panics become a problem, and the connection lives on;
//! 5. headers that keep browsers from guessing;
//! 6. compression, but never of Parquet: it would drop the length and the ranges that its readers need;
//! 7. refusals that the framework words itself become problems.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Request, Response, header};
use axum::middleware::{from_fn, map_response};
use axum::response::IntoResponse;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;
use tracing::Span;

use crate::http::compression::compress;
use crate::http::figures;
use crate::http::problem::Problem;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub fn around(routes: Router) -> Router {
    let nosniff =
        SetResponseHeaderLayer::if_not_present(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let log = TraceLayer::new_for_http()
        .make_span_with(|request: &Request<Body>| {
            let id = request.headers().get(&REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
            tracing::info_span!("request", id, method = %request.method(), path = request.uri().path())
        })
        .on_request(())
        .on_response(|response: &Response<_>, took: Duration, _: &Span| {
            tracing::info!(status = response.status().as_u16(), milliseconds = took.as_millis() as u64, "answered");
        })
        .on_failure(());
    let layers = ServiceBuilder::new()
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(log)
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(from_fn(figures::count))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(nosniff)
        .layer(from_fn(compress));
    routes.layer(map_response(worded_by_us)).layer(layers)
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

fn panicked(_: Box<dyn Any + Send>) -> Response<Body> {
    Problem::internal().into_response()
}
