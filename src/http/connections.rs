//! Accepts connections and answers what comes over them.
//!
//! A loop of our own, because a connection must cost little memory however slow or greedy its client is, must not wait for
//! ever for a head, and must not keep the server from ending.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use crate::http::places::{Place, Places};

/// Bytes that a connection may hold of what it reads, and of what it writes.
const BUFFER: usize = 16 << 10;

/// How long the head of a request may take, also from the answer before it.
pub const HEAD: Duration = Duration::from_secs(30);

/// How long answers that have begun may still take when the server is to end.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// How long to wait when no more files can be opened.
const EXHAUSTED: Duration = Duration::from_millis(500);

/// Serves until `stop` is ready, and then until every answer that has begun is out, but not for ever.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    (places, head): (Places, Duration),
    stop: impl Future<Output = ()>,
) {
    let ending = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                if let Some(place) = places.take(peer.ip()) {
                    answer((stream, peer, place), router.clone(), head, &ending);
                }
            }
            Err(fault) => {
                tracing::warn!("a connection could not be taken: {fault}");
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(LAST_ANSWERS, ending.shutdown()).await.is_err() {
        tracing::warn!("some clients were still reading or sending when the server ended");
    }
}

fn answer(
    (stream, peer, place): (TcpStream, SocketAddr, Place),
    router: Router,
    head: Duration,
    ending: &GracefulShutdown,
) {
    // Answers are written whole, so waiting for more to send with them only costs time.
    if let Err(fault) = stream.set_nodelay(true) {
        tracing::debug!("a connection stays as it is: {fault}");
    }
    let service = service_fn(move |request: Request<Incoming>| route(router.clone(), peer, request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    let connection = ending.watch(connection);
    tokio::spawn(async move {
        let _place = place;
        // Clients leave as they like; what has gone wrong on our side has been told where it did.
        if let Err(fault) = connection.await {
            tracing::debug!("a connection ended: {fault}");
        }
    });
}

async fn route(router: Router, peer: SocketAddr, request: Request<Incoming>) -> Result<Response, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    router.oneshot(request).await
}
