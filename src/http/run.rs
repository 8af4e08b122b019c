//! Work that blocks, off the threads that serve the sockets.

use crate::error::{Error, Result};

/// Runs `work` on a thread that may block.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|fault| Error::internal("answering", fault))?
}
