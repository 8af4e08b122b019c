//! Server-sent events: who asks for them, and what every answer of them says.

use std::convert::Infallible;

use axum::http::{HeaderMap, HeaderName, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;

/// Tells nginx and others like it to hand on each event as it comes, and not when their buffer is full.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

pub fn is_wanted(headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accepts.is_some_and(|accepts| accepts.contains("text/event-stream"))
}

pub fn answer(events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    let events = Sse::new(events).keep_alive(KeepAlive::default());
    ([(header::CACHE_CONTROL, "no-store"), (BUFFERING, "no")], events).into_response()
}
