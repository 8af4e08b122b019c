//! Holds off other sites that send something in the name of whoever is signed in here: a browser adds the cookie to that by
//! itself, and says where it comes from. A key in a header is nothing that a browser adds, so it is not asked.

use std::convert::Infallible;

use axum::extract::Request;
use axum::http::{self, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower::{Layer, ServiceExt, service_fn};
use tower_http::csrf::{CsrfLayer, ProtectionError};

use crate::http::auth;
use crate::http::drain::drain;
use crate::http::problem::Problem;
use crate::http::session::PATH;

/// Refuses what another site sends, where the cookie would count, or where it would be made.
pub async fn guard(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let by_cookie =
        auth::key(headers).is_none() && [false, true].iter().any(|https| auth::session(headers, *https).is_some());
    if (by_cookie || request.uri().path() == PATH) && is_of_another_site(head(&request)).await {
        drain(request.into_body()).await;
        return refusal().into_response();
    }
    next.run(request).await
}

fn head(request: &Request) -> http::Request<()> {
    let mut head = http::Request::new(());
    *head.method_mut() = request.method().clone();
    *head.uri_mut() = request.uri().clone();
    *head.headers_mut() = request.headers().clone();
    head
}

/// Asks the library about the head alone, because its own refusal would leave the body unread.
async fn is_of_another_site(head: http::Request<()>) -> bool {
    let through = service_fn(async |_| Ok::<_, Infallible>(http::Response::new(())));
    match CsrfLayer::new().layer(through).oneshot(head).await {
        Ok(answer) => answer.extensions().get::<ProtectionError>().is_some(),
        Err(never) => match never {},
    }
}

fn refusal() -> Problem {
    let detail = "another site has sent this, or a proxy in between changes the header Host: do it on the page of \
                  health-export itself, or send a key in a header";
    Problem::new(StatusCode::FORBIDDEN, "another-site", "Sent by another site", detail)
}
