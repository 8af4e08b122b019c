//! Accepts connections and answers what comes over them.
//!
//! A loop of our own, because a connection must cost little memory however slow or greedy its client is, must not wait for
//! ever for a head, and must not keep the server from ending.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Once;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::Method;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tower::ServiceExt;

use crate::http::hosts;
use crate::http::patience::Patience;
use crate::http::places::{Place, Places};
use crate::http::socket::{self, Socket};
use crate::http::tls::Tls;
use crate::sys::address::is_private;

/// Bytes that a connection may hold of what it reads, and of what it writes.
const BUFFER: usize = 16 << 10;

/// How long answers that have begun may still take when the server is to end.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// How long to wait when no more files can be opened.
const EXHAUSTED: Duration = Duration::from_millis(500);

/// Whether somebody has been told that the internet is kept out: once, for it may come often.
static TOLD: Once = Once::new();

/// On what terms connections are taken.
#[derive(Clone)]
pub struct Terms {
    pub places: Places,
    pub patience: Patience,
    /// Whether who comes from the internet is answered.
    pub public: bool,
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
                if let Some(place) = terms.place(peer.ip()) {
                    let socket = Socket::new(stream, terms.patience.writing);
                    let (router, ending) = (router.clone(), ending.watcher());
                    let side = Side { peer, socket: socket.side(), patience: terms.patience, router };
                    take(socket, terms.tls.clone(), Taken { side, place, ending });
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

impl Terms {
    /// A place for a connection from there. Whoever comes from the internet gets none unless the server is `public`: not even
    /// for as long as it takes to tell them, which many of them could draw out.
    fn place(&self, peer: IpAddr) -> Option<Place> {
        if self.public || is_private(peer) {
            return self.places.take(peer);
        }
        metrics::counter!("health_export_connections_refused_total").increment(1);
        TOLD.call_once(|| {
            tracing::warn!(
                "a connection from the internet was closed, as all others will be: public = true opens the server to it"
            );
        });
        None
    }
}

/// A connection that has a place.
struct Taken {
    side: Side,
    place: Place,
    ending: Watcher,
}

fn take(socket: Socket, tls: Option<Tls>, taken: Taken) {
    tokio::spawn(async move {
        let Some(tls) = tls else { return taken.answer(socket).await };
        // In a task of its own, so that a client who stalls holds nobody else up.
        match tls.accept(socket).await {
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
        let Taken { side, place: _place, ending } = self;
        let head = side.patience.head;
        let service = service_fn(move |request: Request<Incoming>| side.clone().route(request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(head)
            .max_buf_size(BUFFER)
            // A client that has sent all that it has to say may end its side and wait.
            .half_close(true)
            .serve_connection(TokioIo::new(stream), service);
        // Clients leave as they like; what has gone wrong on our side has been told where it did.
        if let Err(fault) = ending.watch(connection).await {
            tracing::debug!("a connection ended: {fault}");
        }
    }
}

/// What it takes to answer a request.
#[derive(Clone)]
struct Side {
    peer: SocketAddr,
    socket: socket::Side,
    patience: Patience,
    router: Router,
}

impl Side {
    /// A question is given up when its client has ended its side for a while, for most of those are gone.
    async fn route(self, request: Request<Incoming>) -> Result<Response, Gone> {
        let only_asks = matches!(*request.method(), Method::GET | Method::HEAD);
        let mut request = request.map(Body::new);
        let (version, headers) = (request.version(), request.headers().clone());
        hosts::count(version, &headers, request.extensions_mut());
        request.extensions_mut().insert(ConnectInfo(self.peer));
        request.extensions_mut().insert(self.patience);
        let answering = self.router.oneshot(request);
        if !only_asks {
            return answering.await.map_err(|never| match never {});
        }
        tokio::select! {
            answered = answering => answered.map_err(|never| match never {}),
            () = self.socket.ended(self.patience.half_closed) => Err(Gone),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the client has left")]
struct Gone;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_from_the_internet_gets_no_place_unless_the_server_is_public() {
        let terms = |public| Terms { places: Places::new(8), patience: Patience::default(), public, tls: None };
        let (closed, open) = (terms(false), terms(true));
        for stranger in ["203.0.113.5", "2001:db8::1", "::ffff:203.0.113.5", "64:ff9b::a00:1"] {
            let stranger = stranger.parse().unwrap();
            assert!(closed.place(stranger).is_none() && open.place(stranger).is_some(), "{stranger}");
        }
        for neighbour in ["192.168.1.7", "127.0.0.1", "fd00::7", "fe80::1", "::1", "100.64.1.2", "::ffff:10.0.0.7"] {
            assert!(closed.place(neighbour.parse().unwrap()).is_some(), "{neighbour}");
        }
    }
}
