//! Turns at the work on a body, which takes about ten times its memory: small ones side by side, large ones one at a time.
//!
//! A turn has two parts. The one at decoding is given back when the body is understood, so that the next can begin; the
//! one that it takes up in memory lasts until it is written, so that nothing piles up before the writer.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, Result};
use crate::receive::arriving::SMALL;
use crate::sys::memory;

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

impl Drop for Turn {
    fn drop(&mut self) {
        if self.is_large {
            // The pool's threads have asked for the memory that the writer has just freed.
            rayon::spawn_broadcast(|_| memory::give_back());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether there is a turn at once.
    fn has_turn(turns: &Turns, bytes: u64) -> Option<Turn> {
        futures::executor::block_on(async {
            tokio::select! {
                biased;
                turn = turns.enter(bytes) => Some(turn.unwrap()),
                () = std::future::ready(()) => None,
            }
        })
    }

    #[test]
    fn large_ones_are_decoded_one_at_a_time_and_two_are_in_memory() {
        let turns = Turns::new(2);
        let mut first = has_turn(&turns, SMALL + 1).unwrap();
        assert!(first.is_large() && has_turn(&turns, SMALL + 1).is_none());
        first.decoded(SMALL + 1);
        let mut second = has_turn(&turns, SMALL + 1).unwrap();
        second.decoded(SMALL + 1);
        assert!(has_turn(&turns, SMALL + 1).is_none());
        assert!(has_turn(&turns, 1).is_some(), "small ones do not wait for them");
        drop(first);
        assert!(has_turn(&turns, SMALL + 1).is_some());
    }

    #[test]
    fn small_ones_are_decoded_by_all_cores_and_wait_by_their_size() {
        let turns = Turns::new(2);
        let two: Vec<Turn> = (0..2).map(|_| has_turn(&turns, 1).unwrap()).collect();
        assert!(has_turn(&turns, 1).is_none());
        drop(two);
        let decoded = |bytes: u64| {
            let mut turn = has_turn(&turns, 1)?;
            turn.decoded(bytes);
            Some(turn)
        };
        let tiny: Vec<Turn> = (0..64).map(|_| decoded(1).unwrap()).collect();
        assert_eq!(std::iter::from_fn(|| decoded(SMALL)).map(std::mem::forget).count(), 6);
        drop(tiny);
        assert!(decoded(1).is_some());
    }
}
