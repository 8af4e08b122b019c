//! Holds off the internet at the front door of the whole program: whatever is asked, by whomever, before anything is read.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use health_export::http::at::At;
use health_export::http::router::router;
use health_export::model::key::Scope;
use tower::ServiceExt;

use crate::support::InProcess;

fn routes(server: &InProcess) -> Router {
    router(server.app.clone(), At { address: "0.0.0.0:8787".parse().unwrap(), https: false }).unwrap()
}

fn status(routes: &Router, peer: &str, method: &str, path: &str, key: &str) -> u16 {
    let mut request = Request::builder().method(method).uri(path).header("x-api-key", key).body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
    let answered = async { routes.clone().oneshot(request).await.unwrap().status().as_u16() };
    tokio::runtime::Runtime::new().unwrap().block_on(answered)
}

#[test]
fn strangers_get_nothing_even_with_a_key() {
    let server = InProcess::start();
    let (routes, key) = (routes(&server), server.key("owner", &[Scope::Admin]));
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/health"),
        ("GET", "/metrics"),
        ("GET", "/openapi.json"),
        ("GET", "/nowhere"),
        ("GET", "/api/v1/session"),
        ("POST", "/api/v1/session"),
        ("GET", "/api/v1/metrics"),
        ("POST", "/api/v1/ingest"),
    ] {
        for stranger in ["203.0.113.5:4000", "[2001:db8::1]:4000", "[::ffff:203.0.113.5]:4000"] {
            assert_eq!(status(&routes, stranger, method, path, &key), 403, "{method} {path} from {stranger}");
        }
        for neighbour in ["192.168.1.7:4000", "100.64.1.2:4000", "[fd00::7]:4000", "[::ffff:10.0.0.7]:4000"] {
            assert_ne!(status(&routes, neighbour, method, path, &key), 403, "{method} {path} from {neighbour}");
        }
    }
}

#[test]
fn a_public_server_answers_everybody() {
    let server = InProcess::start_with(&[("public", "true")]);
    let key = server.key("owner", &[Scope::Read]);
    assert_eq!(status(&routes(&server), "203.0.113.5:4000", "GET", "/api/v1/metrics", &key), 200);
    assert_eq!(status(&routes(&server), "203.0.113.5:4000", "GET", "/api/v1/metrics", "he_wrong"), 401);
}

#[test]
fn addresses_tell_what_to_type_into_a_phone() {
    let server = InProcess::start();
    let found = server.client.get("/api/v1/addresses").expect(200);
    assert_eq!(found["reachable"], false);
    assert_eq!(found["plain_http"], false);
    assert_eq!(found["addresses"][0]["kind"], "loopback");
    assert_eq!(found["addresses"][0]["url"], server.client.base());
    assert_eq!(format!("http://{}", found["listens_on"].as_str().unwrap()), server.client.base());
    assert_eq!(server.client.get("/api/v1/addresses").header("cache-control"), "no-store");
}

#[test]
fn a_qr_code_is_one_path_of_black_on_white_and_holds_so_much() {
    let server = InProcess::start();
    let get = |text: &str| server.client.get(&format!("/api/v1/qr?text={text}"));
    let answer = get("http%3A%2F%2Fpi.local%3A8787%2F%23ABCDEFGHJK%0A%3Cscript%3E");
    assert_eq!((answer.status, answer.header("content-type")), (200, "image/svg+xml"));
    let svg = answer.text();
    assert_eq!(svg.matches("<path").count(), 1);
    assert!(svg.contains("#000") && svg.contains("#fff") && !svg.contains("script"), "{svg}");
    assert_ne!(get("a").text(), get("b").text());
    assert_eq!(get(&"x".repeat(1_500)).status, 200);
    assert_eq!(get(&"%F0%9F%92%A5".repeat(375)).status, 200);
    assert!(get(&"x".repeat(1_501)).problem(400).starts_with("text:"));
    assert!(get("").problem(400).starts_with("text:"));
    assert!(get("a&text=b").problem(400).starts_with("text:"));
}
