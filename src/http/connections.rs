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
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use crate::http::places::{Place, Places};
use crate::http::tls::Tls;

/// Bytes that a connection may hold of what it reads, and of what it writes.
const BUFFER: usize = 16 << 10;

/// How long the head of a request may take, also from the answer before it.
pub const HEAD: Duration = Duration::from_secs(30);

/// How long answers that have begun may still take when the server is to end.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// How long to wait when no more files can be opened.
const EXHAUSTED: Duration = Duration::from_millis(500);

/// On what terms connections are taken.
#[derive(Clone)]
pub struct Terms {
    pub places: Places,
    /// How long the head of a request may take.
    pub head: Duration,
    pub tls: Option<Tls>,
}

/// Serves until `stop` is ready, and then until every answer that has begun is out, but not for ever.
pub async fn serve(listener: TcpListener, terms: Terms, router: Router, stop: impl Future<Output = ()>) {
    let ending = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                if let Some(place) = terms.places.take(peer.ip()) {
                    let taken =
                        Taken { peer, place, head: terms.head, router: router.clone(), ending: ending.watcher() };
                    take(stream, terms.tls.clone(), taken);
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

/// A connection that has a place, and what it takes to answer it.
struct Taken {
    peer: SocketAddr,
    place: Place,
    head: Duration,
    router: Router,
    ending: Watcher,
}

fn take(stream: TcpStream, tls: Option<Tls>, taken: Taken) {
    // Answers are written whole, so waiting for more to send with them only costs time.
    if let Err(fault) = stream.set_nodelay(true) {
        tracing::debug!("a connection stays as it is: {fault}");
    }
    tokio::spawn(async move {
        let Some(tls) = tls else { return taken.answer(stream).await };
        // In a task of its own, so that a client who stalls holds nobody else up.
        match tls.accept(stream).await {
            Ok(stream) => taken.answer(stream).await,
            Err(fault) => tracing::debug!("a connection came to no TLS: {fault}"),
        }
    });
}

impl Taken {
    async fn answer<S>(self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + 'static,
    {
        let Taken { peer, place: _place, head, router, ending } = self;
        let service = service_fn(move |request: Request<Incoming>| route(router.clone(), peer, request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(head)
            .max_buf_size(BUFFER)
            .serve_connection(TokioIo::new(stream), service);
        // Clients leave as they like; what has gone wrong on our side has been told where it did.
        if let Err(fault) = ending.watch(connection).await {
            tracing::debug!("a connection ended: {fault}");
        }
    }
}

async fn route(router: Router, peer: SocketAddr, request: Request<Incoming>) -> Result<Response, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    router.oneshot(request).await
}
