//! Stands before the real server and breaks it in one way.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How long a slow server waits before it answers.
const SLOW: Duration = Duration::from_millis(120);

/// Bytes that a server that leaks keeps of each request.
const LEAK: usize = 1 << 20;

/// One in so many requests goes wrong, where not all do.
const SOME: usize = 7;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    Slow,
    /// Some answers are 500.
    Status,
    /// Some answers are 429, as agreed.
    Sheds,
    /// The same without a Retry-After.
    RefusesWithoutTime,
    /// The process behind it is killed.
    Dies,
    /// Valid JSON, but the last entry of its list is missing.
    OneEntryLess,
    /// The second half of the body is missing.
    CutShort,
    /// Some deliveries are acknowledged and forgotten.
    LosesDeliveries,
    NoTag,
    NoVary,
    /// Every answer is sent whole.
    ForgetsTags,
    NoCompression,
    Leaks,
}

pub struct Proxy {
    pub address: SocketAddr,
    serving: JoinHandle<()>,
}

struct Broken {
    server: SocketAddr,
    fault: Fault,
    seen: AtomicUsize,
    kept: Mutex<Vec<Vec<u8>>>,
}

impl Proxy {
    pub async fn start(server: SocketAddr, fault: Fault) -> Result<Proxy, String> {
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|fault| fault.to_string())?;
        let address = listener.local_addr().map_err(|fault| fault.to_string())?;
        let state = Arc::new(Broken { server, fault, seen: AtomicUsize::new(0), kept: Mutex::default() });
        let routes = Router::new().fallback(answer).with_state(state);
        let serving = tokio::spawn(async move {
            // It ends when the proxy is dropped.
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Proxy { address, serving })
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(broken): State<Arc<Broken>>, request: Request) -> Response {
    let some = broken.seen.fetch_add(1, Ordering::Relaxed) % SOME == SOME - 1;
    let is_delivery = request.uri().path() == "/api/v1/ingest";
    match broken.fault {
        Fault::Status if some => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Fault::Sheds if some => return (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "1")]).into_response(),
        Fault::RefusesWithoutTime if some => return StatusCode::TOO_MANY_REQUESTS.into_response(),
        Fault::LosesDeliveries if some && is_delivery => return forgotten(request).await,
        Fault::Slow => tokio::time::sleep(SLOW).await,
        Fault::Leaks => broken.kept.lock().expect("no panic holds it").push(vec![1; LEAK]),
        _ => {}
    }
    match forwarded(&broken, request).await {
        Ok((status, headers, body)) => damaged(broken.fault, status, headers, body),
        Err(fault) => (StatusCode::BAD_GATEWAY, fault).into_response(),
    }
}

/// A receipt for a delivery that goes nowhere.
async fn forgotten(request: Request) -> Response {
    let body = to_bytes(request.into_body(), usize::MAX).await.unwrap_or_default();
    let points = memchr::memmem::find_iter(&body, "\"qty\"").count();
    let receipt = serde_json::json!({
        "delivery": "lost", "received": points, "stored": points, "updated": 0, "unchanged": 0, "quarantined": 0
    });
    axum::Json(receipt).into_response()
}

type Whole = (StatusCode, HeaderMap, Bytes);

async fn forwarded(broken: &Broken, request: Request) -> Result<Whole, String> {
    let (mut head, body) = request.into_parts();
    if broken.fault == Fault::ForgetsTags {
        head.headers.remove("if-none-match");
    }
    if matches!(broken.fault, Fault::NoCompression | Fault::OneEntryLess | Fault::CutShort) {
        head.headers.remove("accept-encoding");
    }
    let body = to_bytes(body, usize::MAX).await.map_err(|fault| fault.to_string())?;
    let stream = TcpStream::connect(broken.server).await.map_err(|fault| fault.to_string())?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|fault| fault.to_string())?;
    let running = tokio::spawn(connection);
    let request = Request::from_parts(head, Full::new(body));
    let response = sender.send_request(request).await.map_err(|fault| fault.to_string())?;
    let (head, body) = response.into_parts();
    let body = body.collect().await.map_err(|fault| fault.to_string())?.to_bytes();
    running.abort();
    Ok((head.status, head.headers, body))
}

fn damaged(fault: Fault, status: StatusCode, mut headers: HeaderMap, body: Bytes) -> Response {
    let body = match fault {
        Fault::OneEntryLess => one_entry_less(&body).unwrap_or(body),
        Fault::CutShort => body.slice(..body.len() / 2),
        _ => body,
    };
    if fault == Fault::NoTag {
        headers.remove("etag");
    }
    if fault == Fault::NoVary {
        headers.remove("vary");
    }
    // The answer to HEAD keeps the length that GET would have.
    if !body.is_empty() {
        headers.insert("content-length", body.len().into());
    }
    headers.remove("transfer-encoding");
    (status, headers, Body::from(body)).into_response()
}

/// Nothing if it is no JSON, or has no list with an entry.
fn one_entry_less(body: &[u8]) -> Option<Bytes> {
    let mut json: Value = serde_json::from_slice(body).ok()?;
    let list = json.as_object_mut()?.values_mut().find_map(|value| value.as_array_mut())?;
    list.pop()?;
    serde_json::to_vec(&json).ok().map(Bytes::from)
}
