//! Being told to stop, and what must not end the process.

use tokio::signal::unix::{SignalKind, signal};

use crate::error::{Error, Result};

/// The signal of a file that would become larger than the process may make one (`ulimit -f`). It is 25 on every machine that this
/// runs on.
const FILE_TOO_LARGE: i32 = 25;

/// From now on a file that may not grow is a write that fails, like one on a full disk, and no end of the process.
pub fn outlive_size_limits() -> Result<()> {
    let failed = |fault| Error::io("watching for signals", &fault);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(failed)?;
    // Once anybody has listened, the signal does nothing else, for good.
    runtime.block_on(async { signal(SignalKind::from_raw(FILE_TOO_LARGE)).map(drop).map_err(failed) })
}

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
