//! Holds off other sites that send something in the name of whoever is signed in here: a browser adds the cookie to that by
//! itself, and says where it comes from. A key in a header is nothing that a browser adds, so it is not asked.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower::{Layer, ServiceExt};
use tower_http::csrf::{CsrfLayer, ProtectionError};

use crate::http::auth;
use crate::http::problem::Problem;
use crate::http::session::PATH;

/// Refuses what another site sends, where the cookie would count, or where it would be made.
pub async fn guard(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let by_cookie = auth::key(headers).is_none() && auth::session(headers).is_some();
    if !by_cookie && request.uri().path() != PATH {
        return next.run(request).await;
    }
    let guarded = CsrfLayer::new().with_rejection_response(|_: ProtectionError| refusal()).layer(next);
    match guarded.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

fn refusal() -> Response {
    let detail = "another site has sent this, or a proxy in between changes the header Host: do it on the page of \
                  health-export itself, or send a key in a header";
    Problem::new(StatusCode::FORBIDDEN, "another-site", "Sent by another site", detail).into_response()
}
