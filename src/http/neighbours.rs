//! Holds off the internet: a server at home that a router lets through by mistake answers nobody out there, before anything
//! of them is looked at. Behind a proxy everybody comes from the proxy's address, so then it is for the proxy to judge.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::auth::peer;
use crate::http::drain::drain;
use crate::http::problem::Problem;
use crate::sys::address::is_private;

/// Lets through who comes from a private network, or anybody where the server is `public`.
pub async fn only(State(public): State<bool>, request: Request, next: Next) -> Response {
    let stranger = peer(&request).is_some_and(|peer| !is_private(peer));
    if !stranger || public {
        return next.run(request).await;
    }
    drain(request.into_body()).await;
    refusal().into_response()
}

fn refusal() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "not-public",
        "Not open to the internet",
        "this server answers private networks only: whoever looks after it can open it to the internet with the setting \
         public = true",
    )
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::Router;
    use axum::body::Body;
    use axum::extract::ConnectInfo;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    async fn status(public: bool, peer: &str) -> StatusCode {
        let routes = Router::new().route("/", get(async || "")).layer(from_fn_with_state(public, only));
        let mut request = Request::new(Body::empty());
        request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
        routes.oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn strangers_are_refused_unless_the_server_is_public() {
        for peer in ["192.168.1.7:4000", "[::1]:4000", "[::ffff:10.0.0.1]:4000", "[fe80::1%2]:4000"] {
            assert_eq!(status(false, peer).await, StatusCode::OK, "{peer}");
        }
        for peer in ["203.0.113.5:4000", "[2001:db8::1]:4000", "[::ffff:203.0.113.5]:4000"] {
            assert_eq!(status(false, peer).await, StatusCode::FORBIDDEN, "{peer}");
            assert_eq!(status(true, peer).await, StatusCode::OK, "{peer}");
        }
    }
}
