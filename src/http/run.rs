//! Work that must not be done by the task of a request: what blocks, and what must be finished.

use crate::error::{Error, Result};

/// Runs `work` on a thread that may block.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|fault| Error::internal("answering", fault))?
}

/// Runs `work` to its end even when the client leaves, which ends the task of its request.
pub async fn to_the_end<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    tokio::spawn(work).await.map_err(|fault| Error::internal("answering", fault))?
}
