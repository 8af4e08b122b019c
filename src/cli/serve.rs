//! `health-export serve`

use std::process::ExitCode;

use crate::app::App;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::http::serve::Listening;
use crate::query::rollups::keeper::Keeper;
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
    let app = App::start(settings)?;
    let listening = Listening::bind(settings.listen).await?;
    let address = listening.address()?;
    println!("health-export listens on http://{address}");
    if !address.ip().is_loopback() {
        tracing::warn!("other machines can connect, and over plain HTTP everyone on that network can read along");
    }
    let _keeper = Keeper::start(app.store.clone(), app.engine.clone(), app.home.clone())?;
    listening.serve(app, stop).await
}
