//! `health-export serve`

use std::process::ExitCode;
use std::sync::Arc;

use crate::app::App;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::http::serve::Listening;
use crate::http::tls::Tls;
use crate::query::rollups::keeper::Keeper;
use crate::store::Store;
use crate::store::retention::Sweeper;
use crate::sys::notify::{self, Watchdog};
use crate::sys::{lock, signals};
use crate::telemetry::figures;

pub fn run(settings: &Settings) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Each thread that blocks holds a stack; questions beyond these wait their turn.
        .max_blocking_threads(32)
        .build()
        .map_err(|fault| Error::io("starting the runtime", &fault))?;
    runtime.block_on(serve(settings))?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(settings: &Settings) -> Result<()> {
    let stop = signals::stop_requested()?;
    let _lock = lock::take(&settings.data_dir)?;
    // Before anything has a figure to tell.
    figures::start()?;
    let tls = settings.tls.as_ref().map(|(certificate, key)| Tls::load(certificate, key)).transpose()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let app = App::start(settings)?;
    let listening = Listening::bind(settings.listen).await?.with_tls(tls);
    let address = listening.address()?;
    println!("health-export listens on {scheme}://{address}");
    if scheme == "http" && !address.ip().is_loopback() {
        tracing::warn!("other machines can connect, and over plain HTTP everyone on that network can read along");
    }
    let _sweeper = Sweeper::start(app.store.clone(), settings.keep_bodies_days)?;
    let _keeper = Keeper::start(app.store.clone(), app.engine.clone(), app.preferences.clone())?;
    let _watchdog = Watchdog::start(writer_answers(app.store.clone()))?;
    notify::ready(&format!("listening on {scheme}://{address}"));
    let stop = async {
        stop.await;
        notify::stopping();
    };
    listening.serve(app, stop).await
}

/// Waits for the writer to do an empty piece of work. A full disk or a busy database is an answer too, and starting again
/// would mend neither; a writer that is stuck never answers.
fn writer_answers(store: Arc<Store>) -> impl Fn() + Send + 'static {
    move || {
        if let Err(fault) = store.writer().run(|_| Ok(())) {
            tracing::warn!("the writer answers, but cannot write: {fault}");
        }
    }
}
