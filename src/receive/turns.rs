//! Turns at the work on a body, which takes about ten times its memory: small ones side by side, large ones one at a time.
//!
//! A turn has two parts. The one at decoding is given back when the body is understood, so that the next can begin; the
//! one that it takes up in memory lasts until it is written, so that nothing piles up before the writer.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, Result};
use crate::receive::arriving::SMALL;

/// Bytes of small bodies that are decoded or wait to be written. Each counts as the largest until it is decoded, and then
/// as `LEAST` at least.
const SMALL_UNWRITTEN: u64 = 8 << 20;
const LEAST: u64 = 32 << 10;

/// Large bodies of which one is decoded while the other is written.
const LARGE_UNWRITTEN: usize = 2;

/// Hands out turns, first come first served among the small and among the large.
#[derive(Clone)]
pub struct Turns(Arc<Inner>);

struct Inner {
    small: Kind,
    large: Kind,
}

struct Kind {
    unwritten: Arc<Semaphore>,
    decoding: Arc<Semaphore>,
}

/// A turn; over when it is dropped.
pub struct Turn {
    unwritten: OwnedSemaphorePermit,
    decoding: Option<OwnedSemaphorePermit>,
    is_large: bool,
}

impl Turns {
    /// For a machine with so many cores.
    pub fn new(cores: usize) -> Turns {
        let kind = |unwritten: usize, decoding: usize| Kind {
            unwritten: Arc::new(Semaphore::new(unwritten)),
            decoding: Arc::new(Semaphore::new(decoding)),
        };
        Turns(Arc::new(Inner { small: kind(SMALL_UNWRITTEN as usize, cores), large: kind(LARGE_UNWRITTEN, 1) }))
    }

    /// Waits for the turn of a body of so many bytes, as sent. A small one may become larger, up to the size of what is small.
    pub async fn enter(&self, bytes: u64) -> Result<Turn> {
        let is_large = bytes > SMALL;
        let (kind, weight) = if is_large { (&self.0.large, 1) } else { (&self.0.small, SMALL as u32) };
        let wait = |fault| Error::internal("waiting for a turn", fault);
        let decoding = kind.decoding.clone().acquire_owned().await.map_err(wait)?;
        let unwritten = kind.unwritten.clone().acquire_many_owned(weight).await.map_err(wait)?;
        Ok(Turn { unwritten, decoding: Some(decoding), is_large })
    }

    /// The same for a caller that may block.
    pub fn enter_blocking(&self, bytes: u64) -> Result<Turn> {
        futures::executor::block_on(self.enter(bytes))
    }
}

impl Turn {
    pub fn is_large(&self) -> bool {
        self.is_large
    }

    /// The body is understood, and has so many bytes; the next may begin.
    pub fn decoded(&mut self, bytes: u64) {
        self.decoding = None;
        if !self.is_large {
            drop(self.unwritten.split((SMALL - bytes.clamp(LEAST, SMALL)) as usize));
        }
    }
}
