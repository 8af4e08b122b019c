//! How far an import is, for whoever shows it, and the wish that it stop.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// Shared between the import and its onlookers. Numbers only grow.
#[derive(Debug, Default)]
pub struct Progress {
    read: AtomicU64,
    total: AtomicU64,
    items: AtomicU64,
    stop: AtomicBool,
}

impl Progress {
    /// Bytes of XML that are read, as they are when unpacked.
    pub fn read(&self) -> u64 {
        self.read.load(Relaxed)
    }

    /// How many there will be, as far as is known.
    pub fn total(&self) -> u64 {
        self.total.load(Relaxed)
    }

    /// Items that are committed.
    pub fn items(&self) -> u64 {
        self.items.load(Relaxed)
    }

    /// Asks the import to end after the piece that it is at.
    pub fn stop(&self) {
        self.stop.store(true, Relaxed);
    }

    pub fn is_stopped(&self) -> bool {
        self.stop.load(Relaxed)
    }

    pub(super) fn expect(&self, bytes: u64) {
        self.total.fetch_add(bytes, Relaxed);
    }

    pub(super) fn add_items(&self, items: u64) {
        self.items.fetch_add(items, Relaxed);
    }
}

/// Counts what passes through, ends it when the import is to stop, and refuses more bytes than may come.
pub(super) struct Counted<'a, R> {
    pub inner: R,
    pub progress: &'a Progress,
    /// Bytes that all files of one archive may still unpack to.
    pub room: &'a AtomicU64,
    /// Whether it is part of what progress is measured by.
    pub is_main: bool,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.progress.is_stopped() {
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the import was stopped"));
        }
        let read = self.inner.read(into)? as u64;
        if self.room.fetch_update(Relaxed, Relaxed, |room| room.checked_sub(read)).is_err() {
            return Err(io::Error::other("it unpacks to far more than an export does"));
        }
        if self.is_main {
            self.progress.read.fetch_add(read, Relaxed);
        }
        Ok(read as usize)
    }
}
