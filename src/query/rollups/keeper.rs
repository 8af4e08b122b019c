//! Keeps rollups up to date while the server runs.
//!
//! It looks every few seconds, and not at every commit: what a phone sends in several deliveries is then rolled up once,
//! and what another process has written, an import from the command line, is seen too. Until then the days that have
//! changed are scanned.

use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::model::preferences::Preferences;
use crate::query::duck::engine::Engine;
use crate::query::rollups::refresh;
use crate::store::{Store, rollups};
use crate::sys::background::Background;

const EVERY: Duration = Duration::from_secs(3);

/// The thread that rolls up; it ends when this is dropped.
pub struct Keeper {
    _thread: Background,
}

impl Keeper {
    pub fn start(store: Arc<Store>, engine: Arc<Engine>, preferences: Preferences) -> Result<Keeper> {
        tell(&store)?;
        let work = move || {
            match refresh(&store, &engine, &preferences.home()).and_then(|_| tell(&store)) {
                Ok(()) => {}
                // A busy moment: what is marked stays marked.
                Err(Error::Busy(reason)) => tracing::debug!("rolling up is put off: {reason}"),
                // Told once, by whoever keeps the condition of the store.
                Err(fault) if fault.is_of_the_disk() => store.condition().met(&fault),
                Err(fault) => tracing::error!("rolling up failed: {fault}"),
            }
            EVERY
        };
        Ok(Keeper { _thread: Background::start("rollups", EVERY, work)? })
    }
}

/// What is left to do, for `/metrics`.
fn tell(store: &Store) -> Result<()> {
    let days = rollups::days_left(&*store.reader()?)?;
    metrics::gauge!("health_export_rollup_dirty_days").set(days as f64);
    if days == 0 {
        let now = jiff::Timestamp::now().as_second();
        metrics::gauge!("health_export_rollup_clean_timestamp_seconds").set(now as f64);
    }
    Ok(())
}
