//! `GET /health*`: for watchdogs and load balancers. Open to all, so it says nothing private.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Error;
use crate::http::problem::Problem;
use crate::http::run::blocking;
use crate::sys::disk;

#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// "ok", always: an unhealthy server answers a problem.
    pub status: &'static str,
    pub version: &'static str,
}

/// Whether the server answers and can read and write
#[utoipa::path(get, path = "/health", tag = "health", security(()), responses((status = 200, body = Health), (status = 503, body = Problem)))]
pub async fn health(state: State<App>) -> Response {
    ready(state).await
}

/// Whether the process answers at all
#[utoipa::path(get, path = "/health/live", tag = "health", security(()), responses((status = 200, body = Health)))]
pub async fn live() -> Response {
    fine()
}

/// Whether it can read and write
#[utoipa::path(
    get, path = "/health/ready", tag = "health", security(()),
    responses((status = 200, body = Health), (status = 503, body = Problem))
)]
pub async fn ready(State(app): State<App>) -> Response {
    let asked = blocking(move || {
        app.store.is_ready()?;
        disk::has_room(&app.data_dir, 0, app.keep_free)
    });
    match asked.await {
        Ok(()) => fine(),
        Err(fault) => not_ready(&fault).into_response(),
    }
}

/// What the disk does is told in its words, and was logged when it was news.
fn not_ready(fault: &Error) -> Problem {
    let detail = if fault.is_of_the_disk() {
        fault.to_string()
    } else {
        tracing::error!("not ready: {fault}");
        "the database cannot be read or written; the server's log says why".into()
    };
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", "Not ready", detail)
}

fn fine() -> Response {
    let body = Health { status: "ok", version: env!("CARGO_PKG_VERSION") };
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
