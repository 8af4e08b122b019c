//! Listening, until told to stop; what is being answered by then is answered.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;

use crate::app::App;
use crate::error::{Error, Result};
use crate::http::at::At;
use crate::http::connections::{self, Terms};
use crate::http::patience::Patience;
use crate::http::places::Places;
use crate::http::router::router;
use crate::http::run::blocking;
use crate::http::tls::Tls;
use crate::receive::Rereading;
use crate::store::{Store, deletions, key_use};
use crate::telemetry::figures;

/// A socket that is bound, but not yet served.
pub struct Listening {
    listener: TcpListener,
    patience: Patience,
    tls: Option<Tls>,
}

impl Listening {
    pub async fn bind(address: SocketAddr) -> Result<Listening> {
        let listener = TcpListener::bind(address).await.map_err(|fault| {
            Error::BadRequest(format!("cannot listen on {address}: {fault}; choose another with --listen"))
        })?;
        Ok(Listening { listener, patience: Patience::default(), tls: None })
    }

    /// Another limit of time for the head of a request, for tests.
    pub fn with_head_limit(self, head: Duration) -> Listening {
        self.with_patience(Patience { head, ..Patience::default() })
    }

    /// Other limits of time, for tests.
    pub fn with_patience(self, patience: Patience) -> Listening {
        Listening { patience, ..self }
    }

    /// Over HTTPS where there is a certificate.
    pub fn with_tls(self, tls: Option<Tls>) -> Listening {
        Listening { tls, ..self }
    }

    /// The address in fact bound to, for port 0.
    pub fn address(&self) -> Result<SocketAddr> {
        self.listener.local_addr().map_err(|fault| Error::io("asking for the address", &fault))
    }

    /// The same, and what is spoken there.
    pub fn at(&self) -> Result<At> {
        Ok(At { address: self.address()?, https: self.tls.is_some() })
    }

    /// Serves until `stop` is ready and every answer that had begun is out, or its client has been waited for long enough.
    pub async fn serve(self, app: App, stop: impl Future<Output = ()> + Send + 'static) -> Result<()> {
        let (jobs, places, public) = (app.jobs.clone(), Places::new(app.max_connections), app.public);
        let starting = jobs.clone();
        blocking(move || starting.start()).await?;
        let rereading = Rereading::start(app.receiver.clone())?;
        tokio::spawn(finish_deletions(app.store.clone()));
        let (stopping, backup) = (jobs.clone(), app.backup_stop.clone());
        let stop = async move {
            stop.await;
            stopping.ask_to_stop();
            backup.ask();
        };
        let store = app.store.clone();
        let upkeep = tokio::spawn(keep_up(figures::start()?, store.clone()));
        let router = router(app, self.at()?)?;
        let reloading = self.tls.clone().map(|tls| tokio::spawn(tls.keep_reloading()));
        let terms = Terms { places, patience: self.patience, public, tls: self.tls };
        connections::serve(self.listener, terms, router, stop).await;
        upkeep.abort();
        // It holds the store until it has ended.
        let _ = upkeep.await;
        reloading.inspect(tokio::task::JoinHandle::abort);
        blocking(move || {
            drop(rereading);
            jobs.stop();
            told(key_use::write_now(&store));
            Ok(())
        })
        .await
    }
}

/// Goes on with deletions that the process before has left half done.
async fn finish_deletions(store: Arc<Store>) {
    if let Err(fault) = blocking(move || deletions::resume(&store)).await {
        tracing::error!("a deletion was interrupted, and is gone on with at the next start: {fault}");
    }
}

/// Adds durations up now and then, so that they take no memory when nobody asks for the figures, and writes when keys were used.
async fn keep_up(page: &PrometheusHandle, store: Arc<Store>) {
    let mut ticks = tokio::time::interval(figures::UPKEEP);
    loop {
        ticks.tick().await;
        page.run_upkeep();
        let store = store.clone();
        told(blocking(move || key_use::write_when_due(&store)).await);
    }
}

/// A use that is not written is no fault of any request.
fn told(written: Result<()>) {
    if let Err(fault) = written {
        tracing::debug!("when keys were used could not be written: {fault}");
    }
}
