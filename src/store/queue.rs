//! What waits for the writer: two lanes, each in its order.
//!
//! The quick lane holds what is done in a millisecond, the bulk lane what takes longer. While both wait they take turns, so a
//! hundred thousand rows hold a small delivery up once, and a stream of small ones does not starve them. Whatever is taken
//! together shares one commit.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};
use crate::store::pace::Pace;

/// Pieces of work that may wait in a lane; more are turned away rather than held in memory.
const MOST_WAITING: usize = 256;

/// Most bytes that may wait in both, beside a single piece that is larger.
const MOST_BYTES: usize = 64 << 20;

/// Most pieces of work in one commit, and most bytes of them, so that the first is not kept waiting by the rest.
const GROUP: usize = 64;
const GROUP_BYTES: usize = 6 << 20;

/// Where work waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    Quick,
    /// Thousands of rows. Pieces of one import keep their order, for all of them are in this lane.
    Bulk,
}

struct Waiting<T> {
    work: T,
    bytes: usize,
}

struct Lanes<T> {
    quick: VecDeque<Waiting<T>>,
    bulk: VecDeque<Waiting<T>>,
    bytes: usize,
    bulk_next: bool,
    /// Nothing is taken any more.
    closed: bool,
}

pub struct Queue<T> {
    lanes: Mutex<Lanes<T>>,
    changed: Condvar,
    /// In pieces of work.
    pace: Pace,
}

impl<T> Queue<T> {
    pub fn new() -> Queue<T> {
        let lanes = Lanes { quick: VecDeque::new(), bulk: VecDeque::new(), bytes: 0, bulk_next: false, closed: false };
        Queue { lanes: Mutex::new(lanes), changed: Condvar::new(), pace: Pace::new(100.0) }
    }

    /// Adds work that holds about so many bytes until it is done.
    pub fn push(&self, lane: Lane, bytes: usize, work: T) -> Result<()> {
        let mut lanes = self.lanes();
        if lanes.closed {
            return Err(Error::Internal("the writer has stopped".into()));
        }
        let waiting = lanes.waiting();
        let full = lanes.lane(lane).len() >= MOST_WAITING || (waiting > 0 && lanes.bytes + bytes > MOST_BYTES);
        if full {
            metrics::counter!("health_export_busy_total", "what" => "writer").increment(1);
            return Err(Error::Full {
                reason: "too many deliveries are waiting to be written".into(),
                seconds: self.pace.seconds_for(waiting as u64),
            });
        }
        if waiting == 0 {
            self.pace.begin();
        }
        lanes.bytes += bytes;
        lanes.lane(lane).push_back(Waiting { work, bytes });
        lanes.show();
        self.changed.notify_one();
        Ok(())
    }

    /// Waits for work and takes what may be committed together; nothing once the queue is closed and empty.
    pub fn next_group(&self) -> Vec<T> {
        let mut lanes = self.lanes();
        while lanes.waiting() == 0 && !lanes.closed {
            lanes = self.changed.wait(lanes).unwrap_or_else(PoisonError::into_inner);
        }
        let group = lanes.take_group();
        lanes.show();
        group
    }

    /// Says that so many pieces have been done.
    pub fn done(&self, pieces: usize) {
        self.pace.done(pieces as u64);
    }

    /// Takes no more work. What waits is still handed out.
    pub fn close(&self) {
        self.lanes().closed = true;
        self.changed.notify_all();
    }

    /// The same, and forgets what waits.
    pub fn abandon(&self) {
        self.close();
        let mut lanes = self.lanes();
        lanes.quick.clear();
        lanes.bulk.clear();
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes<T>> {
        // Nothing in here runs anybody else's code, so a panic elsewhere leaves nothing half done behind it.
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Lanes<T> {
    fn lane(&mut self, lane: Lane) -> &mut VecDeque<Waiting<T>> {
        match lane {
            Lane::Quick => &mut self.quick,
            Lane::Bulk => &mut self.bulk,
        }
    }

    fn waiting(&self) -> usize {
        self.quick.len() + self.bulk.len()
    }

    fn take_group(&mut self) -> Vec<T> {
        let both = !self.quick.is_empty() && !self.bulk.is_empty();
        let from = if both && !self.bulk_next || self.bulk.is_empty() { Lane::Quick } else { Lane::Bulk };
        self.bulk_next = both && from == Lane::Quick;
        // Nobody in the quick lane waits for more than one of the others.
        let most = if both && from == Lane::Bulk { 1 } else { GROUP };
        let (mut group, mut bytes) = (Vec::new(), 0);
        while group.len() < most {
            let next = self.lane(from).pop_front_if(|next| bytes == 0 || bytes + next.bytes <= GROUP_BYTES);
            let Some(next) = next else { break };
            bytes += next.bytes;
            group.push(next.work);
        }
        self.bytes -= bytes;
        group
    }

    fn show(&self) {
        metrics::gauge!("health_export_writer_queue_deliveries").set(self.waiting() as f64);
        metrics::gauge!("health_export_writer_queue_bytes").set(self.bytes as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(quick: std::ops::Range<u32>, bulk: std::ops::Range<u32>, bytes: usize) -> Queue<u32> {
        let queue = Queue::new();
        bulk.for_each(|work| queue.push(Lane::Bulk, bytes, work).unwrap());
        quick.for_each(|work| queue.push(Lane::Quick, 100, work).unwrap());
        queue
    }

    #[test]
    fn lanes_take_turns_and_keep_their_order() {
        let queue = filled(0..70, 100..103, 5 << 20);
        assert_eq!(queue.next_group(), (0..64).collect::<Vec<_>>());
        assert_eq!(queue.next_group(), [100]);
        assert_eq!(queue.next_group(), (64..70).collect::<Vec<_>>());
        assert_eq!((queue.next_group(), queue.next_group()), (vec![101], vec![102]));
    }

    #[test]
    fn bulk_alone_shares_commits_up_to_their_size() {
        let queue = filled(0..0, 0..8, 1 << 20);
        assert_eq!(queue.next_group(), [0, 1, 2, 3, 4, 5]);
        assert_eq!(queue.next_group(), [6, 7]);
        let queue = filled(0..0, 0..2, 30 << 20);
        assert_eq!((queue.next_group(), queue.next_group()), (vec![0], vec![1]));
    }

    #[test]
    fn what_is_too_much_is_turned_away_with_a_time() {
        let queue = filled(0..256, 0..0, 0);
        assert!(matches!(queue.push(Lane::Quick, 1, 256), Err(Error::Full { seconds: 1..=60, .. })));
        queue.push(Lane::Bulk, 1, 256).unwrap();
        let queue = filled(0..0, 0..1, 100 << 20);
        assert!(matches!(queue.push(Lane::Quick, 1, 1), Err(Error::Full { .. })), "a large one alone may be larger");
        queue.close();
        assert_eq!(queue.next_group(), [0]);
        assert_eq!(queue.next_group(), [0; 0]);
        assert!(matches!(queue.push(Lane::Quick, 1, 1), Err(Error::Internal(_))));
    }
}
