//! SQLite: the only folder that names rusqlite.
//!
//! One file in WAL mode, one thread that writes (`writer`), a pool that reads, and `snapshot` for scans that are split
//! over threads, which read through `lane`, samples from their pages (`pages`). A file per table below them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub mod account;
pub mod arrivals;
pub mod backup;
pub mod batch;
pub mod check;
pub mod codes;
pub mod condition;
pub mod connection;
pub mod coverage;
pub mod current;
pub mod deletions;
pub mod deliveries;
pub mod destroy;
pub mod dictionary;
pub mod documents;
pub mod events;
pub mod explained;
pub mod grouping;
pub mod imports;
pub mod jobs;
pub mod key_use;
pub mod keys;
#[allow(unsafe_code)]
pub mod lane;
pub mod migrate;
pub mod nights;
mod numbers;
pub mod pace;
pub mod packed;
pub mod pages;
pub mod people;
pub mod phone_clock;
pub mod place;
pub mod priority;
pub mod quarantine;
mod queue;
pub mod refused;
pub mod replays;
pub mod rereads;
pub mod restore;
pub mod retention;
pub mod rollups;
pub mod samples;
pub mod senders;
pub mod series;
pub mod sessions;
pub mod snapshot;
pub mod stated;
mod tally;
pub mod workouts;
pub mod writer;

use crate::error::{Error, Result};
use condition::Condition;
use connection::{Pool, Pooled};
use current::Current;
use key_use::KeyUse;
use pages::Layout;
use writer::{Gate, Writer};

/// A connection that other folders may ask through the functions of this one.
pub use rusqlite::Connection as Reading;

/// Readers beside those of the setting: for lists, and for what must never wait for a question.
const LISTING: u32 = 12;
const OWN: u32 = 4;

/// Steps of SQLite between two looks at whether it is to stop: about a tenth of a millisecond.
const STEPS: std::ffi::c_int = 10_000;

/// A reader that stops when its time is over.
pub struct Limited(Pooled);

impl std::ops::Deref for Limited {
    type Target = Reading;

    fn deref(&self) -> &Reading {
        &self.0
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        if let Err(fault) = self.0.progress_handler(0, None::<fn() -> bool>) {
            tracing::warn!("a reader keeps its limit of time: {fault}");
        }
    }
}

/// The open file.
pub struct Store {
    path: PathBuf,
    readers: Pool,
    /// For lists, which must not wait for long questions.
    listing: Pool,
    /// For keys, deliveries and whoever asks whether the server is well: nobody's questions take these.
    own: Pool,
    current: Current,
    condition: Condition,
    key_use: KeyUse,
    gate: Gate,
    /// What samples look like on their pages; none where they can only be asked for by statements.
    layout: Option<Arc<Layout>>,
    // Last, so that the readers are closed before the writer checkpoints on its way out.
    writer: Writer,
}

impl Store {
    /// Opens the database of a data directory, creating and migrating it as needed.
    ///
    /// `readers` is the most connections that read at once.
    pub fn open(data_dir: &Path, readers: u32) -> Result<Store> {
        std::fs::create_dir_all(data_dir).map_err(|fault| Error::io("creating the data directory", &fault))?;
        make_private(data_dir)?;
        let path = connection::database_path(data_dir);
        migrate::refuse_newer(&path)?;
        let mut writing = connection::open_writer(&path)?;
        migrate::migrate(&mut writing)?;
        let layout = Layout::of_samples(&writing)?.map(Arc::new);
        if layout.is_none() {
            tracing::warn!(
                "samples cannot be read page by page with this SQLite: questions take several times as long"
            );
        }
        let (gate, condition) = (Gate::default(), Condition::default());
        let readers = connection::open_readers(&path, readers)?;
        let own = connection::open_readers(&path, OWN)?;
        Ok(Store {
            current: Current::open(&path, own.clone())?,
            readers,
            listing: connection::open_readers(&path, LISTING)?,
            own,
            writer: Writer::start(writing, gate.clone(), condition.clone())?,
            condition,
            key_use: KeyUse::default(),
            gate,
            layout,
            path,
        })
    }

    /// A connection that only reads; "busy" when none is free within five seconds.
    pub fn reader(&self) -> Result<Pooled> {
        connection::from_pool(&self.readers)
    }

    /// One of those that are kept for keys, deliveries and the health of the server.
    pub fn own_reader(&self) -> Result<Pooled> {
        connection::from_pool(&self.own)
    }

    /// One of those for lists. It stops with "timed out" whenever `is_over` says so, which is asked again and again.
    pub fn limited_reader(&self, is_over: impl FnMut() -> bool + Send + 'static) -> Result<Limited> {
        let reader = connection::from_pool(&self.listing)?;
        reader.progress_handler(STEPS, Some(is_over))?;
        Ok(Limited(reader))
    }

    /// How many readers are in use, how many are open and wait, and how many there may be.
    pub fn readers(&self) -> [u32; 3] {
        let state = self.readers.state();
        [state.connections - state.idle_connections, state.idle_connections, self.readers.max_size()]
    }

    /// The file of the write-ahead log, which is for looking at and not for opening.
    pub fn wal_path(&self) -> PathBuf {
        self.path.with_extension("db-wal")
    }

    /// What every request asks first.
    pub fn current(&self) -> &Current {
        &self.current
    }

    /// What is known of the disk and the file.
    pub fn condition(&self) -> &Condition {
        &self.condition
    }

    /// When keys were last used.
    pub fn key_use(&self) -> &KeyUse {
        &self.key_use
    }

    /// Whether it can read and write. After a write has failed, one is tried, so that a disk with room again is found out
    /// about before a phone asks.
    pub fn is_ready(&self) -> Result<()> {
        if !self.writer.is_alive() {
            return Err(Error::Internal("the writer has stopped".into()));
        }
        if self.condition.fault().is_some() {
            self.writer.run(|writing| check::try_to_write(writing.connection))?;
        }
        check::is_readable(&*self.own_reader()?)
    }

    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Health data is for its owner's eyes: the folder, and so every file in it, is closed to other accounts.
fn make_private(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
        .map_err(|fault| Error::io("closing the data directory to other accounts", &fault))
}

impl From<rusqlite::Error> for Error {
    fn from(fault: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::*;
        match fault.sqlite_error_code() {
            Some(DiskFull) => Error::DiskFull,
            // A disk that has failed is often mounted anew for reading only.
            Some(SystemIoFailure | ReadOnly | CannotOpen) => Error::DiskFault(format!("database: {fault}")),
            Some(DatabaseCorrupt | NotADatabase) => Error::Damaged(format!("database: {fault}")),
            Some(OperationInterrupted) => Error::stopped(),
            Some(DatabaseBusy) => Error::Busy("another program is writing to the database: try again".into()),
            _ => Error::internal("database", fault),
        }
    }
}
