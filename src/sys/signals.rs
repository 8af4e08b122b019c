//! Being told to stop.

use tokio::signal::unix::{SignalKind, signal};

use crate::error::{Error, Result};

/// Watches for SIGTERM and SIGINT from now on; the returned future is ready when one has come.
pub fn stop_requested() -> Result<impl Future<Output = ()> + Send + 'static> {
    let watch = |kind| signal(kind).map_err(|fault| Error::io("watching for signals", &fault));
    let (mut terminate, mut interrupt) = (watch(SignalKind::terminate())?, watch(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
