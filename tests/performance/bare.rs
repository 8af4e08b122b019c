//! The yardstick of requests per second: a server that does nothing but answer, of the same framework, in this process.

use std::net::SocketAddr;

use axum::Json;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub struct BareServer {
    pub address: SocketAddr,
    /// Dropped, it ends the server.
    _stop: oneshot::Sender<()>,
}

impl BareServer {
    /// Answers every GET of `/health` as a healthy server does, from threads of its own.
    pub fn start() -> Result<BareServer, String> {
        let (told, address) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async move {
                let Ok(listener) = TcpListener::bind("127.0.0.1:0").await else { return };
                let Ok(()) = told.send(listener.local_addr()) else { return };
                let answer = || async { Json(serde_json::json!({"status": "ok"})) };
                let serving = axum::serve(listener, axum::Router::new().route("/health", get(answer)));
                tokio::select! {
                    _ = serving => {}
                    _ = stopped => {}
                }
            });
        });
        match address.recv() {
            Ok(Ok(address)) => Ok(BareServer { address, _stop: stop }),
            _ => Err("the bare server does not start".into()),
        }
    }
}
