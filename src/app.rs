//! What is alive at run time, and the order of start and stop.
//!
//! Start: the store (which may refuse the file), then DuckDB over it, then whatever listens. Stop is the reverse, by
//! dropping: no question outlives DuckDB, and the writer goes last, when everything queued is on disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::config::{Settings, file};
use crate::error::{Error, Result};
use crate::export::spool::Spool;
use crate::model::keep::Keep;
use crate::model::preferences::{Chosen, Preferences};
use crate::model::shown::System;
use crate::model::source::SourceKind;
use crate::query::budget::Budget;
use crate::query::duck::engine::{Engine, Limits};
use crate::receive::import::jobs::Jobs;
use crate::receive::{Limits as RoomLimits, Receiver, Room};
use crate::store::backup::Stop;
use crate::store::{Store, priority};
use crate::sys::files::OwnFolder;

/// How many times longer a download may take than a question.
const DOWNLOAD_FACTOR: u32 = 10;

/// Everything that a request or a command needs.
#[derive(Clone)]
pub struct App {
    pub store: Arc<Store>,
    pub engine: Arc<Engine>,
    pub questions: Budget,
    pub downloads: Budget,
    pub lists: Budget,
    pub spool: Spool,
    pub receiver: Receiver,
    /// The home zone and the units of answers that name none.
    pub preferences: Preferences,
    /// For bodies on their way in.
    pub room: Room,
    pub jobs: Jobs,
    /// Most bytes of a file that is imported over the network.
    pub max_import: u64,
    /// Bytes of the disk that deliveries and imports leave free.
    pub keep_free: u64,
    /// Most bytes of finished answers that are kept in memory.
    pub answer_cache: u64,
    /// Most connections at once.
    pub max_connections: usize,
    /// Wrong keys of one address in a minute that are answered as such; 0 is no limit.
    pub wrong_keys_per_minute: u32,
    /// Whether who comes from the internet is answered.
    pub public: bool,
    /// Names under which the server is asked beside those that only its network has.
    pub allowed_hosts: Vec<String>,
    pub data_dir: PathBuf,
    /// The folder of backups.
    pub backup_dir: PathBuf,
    pub backup_keep: Keep,
    /// Ends a backup that is being made.
    pub backup_stop: Stop,
    /// Folders that go when nobody needs them any more.
    _own: Arc<[OwnFolder; 2]>,
}

impl App {
    pub fn start(settings: &Settings) -> Result<App> {
        let store = Arc::new(Store::open(&settings.data_dir, settings.readers)?);
        believe(&store, &settings.source_priority)?;
        let own = [own_folder(&settings.data_dir.join("spool"))?, own_folder(&settings.data_dir.join("tmp"))?];
        let spool = Spool::open(own[0].path().to_owned(), u64::from(settings.spool_mb) << 20)?;
        let temp_dir = own[1].path().to_owned();
        let room = Room::new(RoomLimits {
            memory: settings.upload_memory,
            // A body of any size that is allowed must fit when it is alone.
            disk: settings.upload_disk.max(settings.max_body),
            folder: temp_dir.clone(),
            keep_free: settings.keep_free,
        });
        let engine = Engine::open(&Limits {
            memory_mb: settings.duckdb_memory_mb,
            threads: settings.duckdb_threads,
            temp_dir,
            temp_mb: settings.spool_mb,
            spool_dir: spool.folder().to_owned(),
        })?;
        let preferences = settings.preferences();
        let receiver = Receiver::new(store.clone(), preferences.clone(), settings.max_body);
        Ok(App {
            engine: Arc::new(engine),
            questions: Budget::new(settings.query_limit),
            downloads: Budget::new(settings.query_limit * DOWNLOAD_FACTOR),
            lists: Budget::of_lists(settings.query_limit),
            spool,
            jobs: Jobs::new(receiver.clone(), &settings.data_dir),
            max_import: settings.max_import,
            keep_free: settings.keep_free,
            answer_cache: settings.answer_cache,
            max_connections: settings.max_connections,
            wrong_keys_per_minute: settings.wrong_keys_per_minute,
            public: settings.public,
            allowed_hosts: settings.allowed_hosts.clone(),
            data_dir: settings.data_dir.clone(),
            backup_dir: settings.backup_dir.clone(),
            backup_keep: settings.backup_keep,
            backup_stop: Stop::default(),
            receiver,
            preferences,
            room,
            store,
            _own: Arc::new(own),
        })
    }
}

impl App {
    /// The zone of local days, as it is now.
    pub fn home(&self) -> TimeZone {
        self.preferences.home()
    }

    /// Units of answers that name none, as they are now.
    pub fn units(&self) -> System {
        self.preferences.units()
    }

    /// Writes what was chosen to the file of settings, and then it is in force; when it cannot be written, nothing changes.
    pub fn prefer(&self, chosen: Chosen, changed: &[(&str, &str)]) -> Result<()> {
        file::set(&self.data_dir, changed).map_err(|fault| {
            tracing::warn!("a setting could not be changed: {fault}");
            Error::Unavailable(
                "nothing was changed, for config.toml in the data directory cannot be written: the server's log says why; \
                 let the account of the server write there, or change the line by hand and start the server again"
                    .into(),
            )
        })?;
        self.preferences.change(chosen);
        Ok(())
    }
}

/// Keeps the order of kinds; writes only when it is another, for a command may run beside a server that is writing.
fn believe(store: &Store, order: &[SourceKind]) -> Result<()> {
    if priority::kinds(&*store.reader()?)? == order {
        return Ok(());
    }
    let order = order.to_vec();
    store.writer().run(move |writing| priority::set_kinds(writing.connection, &order))
}

/// A folder of this process's own, for a command may run beside the server; it goes with the process, and those of processes
/// that have left theirs are removed.
fn own_folder(parent: &Path) -> Result<OwnFolder> {
    let own = parent.join(std::process::id().to_string());
    std::fs::create_dir_all(&own).map_err(|fault| Error::io("creating a temporary folder", &fault))?;
    let entries = std::fs::read_dir(parent).map_err(|fault| Error::io("reading the temporary folders", &fault))?;
    for entry in entries.flatten() {
        if !Path::new("/proc").join(entry.file_name()).exists() {
            std::fs::remove_dir_all(entry.path()).map_err(|fault| Error::io("removing a temporary folder", &fault))?;
        }
    }
    Ok(OwnFolder::new(own))
}
