//! `health-export serve`, and what `setup` shares with it.

use std::process::ExitCode;
use std::sync::Arc;

use tokio::runtime::Runtime;

use crate::app::App;
use crate::cli::link;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::http::at::At;
use crate::http::serve::Listening;
use crate::http::tls::Tls;
use crate::model::zone_rules;
use crate::query::rollups::keeper::Keeper;
use crate::store::destroy::Destroyer;
use crate::store::retention::Sweeper;
use crate::store::{Store, phone_clock};
use crate::sys::lock::{self, Lock};
use crate::sys::notify::{self, Watchdog};
use crate::sys::signals;
use crate::telemetry::figures;

pub fn run(settings: &Settings) -> Result<ExitCode> {
    let lock = lock::take(&settings.data_dir)?;
    serve(settings, &lock, |app, at| {
        let way_in = link::first_sign_in(&app.store, at, settings.public);
        // In one piece, for whoever waits for the address may stop reading after it.
        link::say(&format!("health-export listens on {}://{}\n{way_in}", at.scheme(), at.address));
        Ok(())
    })
}

/// Serves until told to stop. `begun` is called when it listens, and what it gives is kept until the end.
pub fn serve<T>(settings: &Settings, lock: &Lock, begun: impl FnOnce(&App, At) -> Result<T>) -> Result<ExitCode> {
    let runtime = runtime()?;
    let stop = runtime.block_on(async { signals::stop_requested() })?;
    // Before anything has a figure to tell.
    figures::start()?;
    let tls = settings.tls.as_ref().map(|(certificate, key)| Tls::load(certificate, key)).transpose()?;
    let app = App::start(settings)?;
    let listening = runtime.block_on(Listening::bind(settings.listen))?.with_tls(tls);
    let at = listening.at()?;
    leave_address(lock, at);
    let _begun = begun(&app, at)?;
    if at.is_overheard() {
        tracing::warn!("other machines can connect, and over plain HTTP everyone on that network can read along");
    }
    tell_of_zones(&app);
    let _sweeper = Sweeper::start(app.store.clone(), settings.keep_bodies_days)?;
    let _destroyer = Destroyer::start(app.store.clone())?;
    let _keeper = Keeper::start(app.store.clone(), app.engine.clone(), app.preferences.clone())?;
    // It writes, so it comes before anybody is told that the server is ready.
    app.jobs.start()?;
    let _watchdog = Watchdog::start(writer_answers(app.store.clone()))?;
    notify::ready(&format!("listening on {}://{}", at.scheme(), at.address));
    let stop = async {
        stop.await;
        notify::stopping();
    };
    runtime.block_on(listening.serve(app, stop))?;
    Ok(ExitCode::SUCCESS)
}

/// Which rules decide when days begin, and whether the phones keep another time. A file that is too damaged to be asked stops nobody.
fn tell_of_zones(app: &App) {
    tracing::info!("time zone rules: {}", zone_rules::in_force().sentence());
    let reader = app.store.reader();
    match reader.and_then(|reader| phone_clock::notice(&reader, &app.preferences.chosen().home)) {
        Ok(Some(told)) if told.is_unset => tracing::warn!("{}", told.text),
        Ok(_) => {}
        Err(fault) => tracing::warn!("the phones' clocks are not compared with the home zone: {fault}"),
    }
}

fn runtime() -> Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Each thread that blocks holds a stack; questions beyond these wait their turn.
        .max_blocking_threads(32)
        .build()
        .map_err(|fault| Error::io("starting the runtime", &fault))
}

/// For `setup` beside the server, which tells people where it is.
fn leave_address(lock: &Lock, at: At) {
    let text = serde_json::to_string(&at).map_err(|fault| Error::internal("writing JSON", fault));
    // The server is of use without it, as on a full disk.
    if let Err(fault) = text.and_then(|text| lock.leave(&text)) {
        tracing::warn!("`health-export setup` will not know where this server listens: {fault}");
    }
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
