//! Room for bodies that are being received: many small ones or few large ones, so that memory stays bounded.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, Result};

/// Bodies up to this many bytes take one place; larger ones, and those of unknown length, take `LARGE`.
const SMALL: u64 = 1 << 20;
const PLACES: usize = 32;
const LARGE: u32 = 16;

/// How long a body waits for room before its sender is told to come back.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub struct Uploads(Arc<Semaphore>);

impl Default for Uploads {
    fn default() -> Uploads {
        Uploads(Arc::new(Semaphore::new(PLACES)))
    }
}

impl Uploads {
    /// Waits for room for a body of at most `bytes`; the room is given back when the answer is dropped.
    pub async fn enter(&self, bytes: Option<u64>) -> Result<OwnedSemaphorePermit> {
        let places = if bytes.is_some_and(|bytes| bytes <= SMALL) { 1 } else { LARGE };
        tokio::time::timeout(PATIENCE, self.0.clone().acquire_many_owned(places))
            .await
            .map_err(|_| Error::Busy("too many deliveries are arriving at once: try again in a moment".into()))?
            .map_err(|fault| Error::internal("waiting for room", fault))
    }
}
