//! What one table function call reads: filled in by the question, looked up by the number that the SQL names.
//!
//! DuckDB's SQL is written by us and holds no input: it says `scan(7)`, and everything that came from outside (whose
//! data, which metric, what range) is in request 7, as numbers.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::query::duck::numbered::Numbered;
use crate::query::duck::table::Table;
use crate::query::duck::window::Window;
use crate::store::lane::Lane;
use crate::store::samples::Narrowing;

/// A lane and where it stands in the rows it is reading.
pub struct Reader {
    pub lane: Lane,
    /// Whether its statement has begun a range and not come to its end.
    pub running: bool,
    /// Where the last row fell in the window: the next is nearly always in the same place.
    pub hint: usize,
}

/// One scan of one table.
pub struct Request {
    pub table: &'static Table,
    pub narrowing: Narrowing,
    pub window: Option<Window>,
    /// Readers that are free to go on.
    ready: Mutex<Vec<Reader>>,
    /// Readers that found nothing more to do, kept for the next scan on the same snapshot.
    done: Mutex<Vec<Lane>>,
    /// What the lane is started with, one set for each range; any reader takes the next.
    ranges: Mutex<VecDeque<Vec<i64>>>,
    /// Rows that SQLite has handed over.
    pub stepped: AtomicU64,
}

impl Request {
    pub fn new(table: &'static Table, narrowing: Narrowing, ranges: Vec<Vec<i64>>, lanes: Vec<Lane>) -> Request {
        let reader = |lane| Reader { lane, running: false, hint: 0 };
        Request {
            table,
            narrowing,
            window: None,
            ready: Mutex::new(lanes.into_iter().map(reader).collect()),
            done: Mutex::default(),
            ranges: Mutex::new(ranges.into()),
            stepped: AtomicU64::new(0),
        }
    }

    pub fn with_window(self, window: Window) -> Request {
        Request { window: Some(window), ..self }
    }

    pub fn threads(&self) -> usize {
        lock(&self.ready).len()
    }

    /// Changes every reader, before any row is read.
    pub fn prepare<E>(&self, mut prepare: impl FnMut(&mut Lane) -> Result<(), E>) -> Result<(), E> {
        lock(&self.ready).iter_mut().try_for_each(|reader| prepare(&mut reader.lane))
    }

    pub fn take_reader(&self) -> Option<Reader> {
        lock(&self.ready).pop()
    }

    pub fn put_back(&self, reader: Reader) {
        lock(&self.ready).push(reader);
    }

    pub fn retire(&self, reader: Reader) {
        lock(&self.done).push(reader.lane);
    }

    pub fn next_range(&self) -> Option<Vec<i64>> {
        lock(&self.ranges).pop_front()
    }

    /// All lanes, once the scan is over, for another scan on the same snapshot.
    pub fn take_lanes(&self) -> Vec<Lane> {
        let mut lanes = std::mem::take(&mut *lock(&self.done));
        lanes.extend(std::mem::take(&mut *lock(&self.ready)).into_iter().map(|reader| reader.lane));
        lanes
    }

    pub fn rows_stepped(&self) -> u64 {
        self.stepped.load(Ordering::Relaxed)
    }
}

/// The scans that are being read, by number.
pub type Requests = Numbered<Request>;

/// None of these mutexes guards anything that a panic could leave half done.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
