//! Room for bodies on their way in: a bounded sum of memory and of disk, taken as bytes arrive and not as they are announced,
//! so that a sender who stalls holds what it has sent and nothing else.
//!
//! Nobody waits for room: where there is none, a body goes from memory to the disk, and from the disk its sender is sent
//! away with the time after which to come back. So bodies never wait for each other half way.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, Result};
use crate::receive::arriving::Arriving;
use crate::store::pace::Pace;
use crate::sys::disk;

/// Room is given in pieces of so many bytes.
const UNIT: u64 = 4096;

/// Bodies that may be on their way at once, large or small: a connection costs memory even when nothing comes.
const MOST_BODIES: usize = 512;

/// Files for imports that may be arriving at once. They are never memory, and each keeps a disk busy.
const MOST_IMPORTS: usize = 4;
/// The same of one person, so that another's finds a place beside those that do not get on.
const MOST_IMPORTS_EACH: usize = 3;

/// Bytes of bodies that a second is believed to take before anything has been measured.
const BELIEVED: f64 = 10e6;

/// What bodies on their way may hold.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of bodies in memory.
    pub memory: u64,
    /// Bytes of bodies in files.
    pub disk: u64,
    /// Where these files are. They have no names, so none is left behind.
    pub folder: PathBuf,
    /// Bytes of that disk that are left free, for what is no delivery.
    pub keep_free: u64,
}

/// The room of one process.
#[derive(Clone)]
pub struct Room(Arc<Inner>);

struct Inner {
    memory: Arc<Semaphore>,
    disk: Arc<Semaphore>,
    bodies: Arc<Semaphore>,
    imports: Arc<Semaphore>,
    /// How many files for imports are arriving, by person.
    importing: Mutex<HashMap<i64, usize>>,
    limits: Limits,
    /// Bodies that have arrived and are not answered yet.
    waiting: AtomicU64,
    /// In bytes answered.
    pace: Pace,
}

/// A part of the room, given back when it is dropped.
#[derive(Default)]
pub struct Share {
    units: Option<OwnedSemaphorePermit>,
}

/// A place for a file that is going to be imported; it is free again when this is dropped.
pub struct ImportPlace {
    room: Room,
    user: i64,
    _place: OwnedSemaphorePermit,
}

/// A body that waits for its answer; it is done when this is dropped.
pub struct Unanswered {
    room: Room,
    bytes: u64,
}

impl Room {
    pub fn new(limits: Limits) -> Room {
        let semaphore = |bytes: u64| {
            let units = usize::try_from(bytes / UNIT).unwrap_or(usize::MAX);
            Arc::new(Semaphore::new(units.min(Semaphore::MAX_PERMITS)))
        };
        Room(Arc::new(Inner {
            memory: semaphore(limits.memory),
            disk: semaphore(limits.disk),
            bodies: Arc::new(Semaphore::new(MOST_BODIES)),
            imports: Arc::new(Semaphore::new(MOST_IMPORTS)),
            importing: Mutex::default(),
            limits,
            waiting: AtomicU64::new(0),
            pace: Pace::new(BELIEVED),
        }))
    }

    /// Begins a body that is announced to have so many bytes, if anything is announced.
    pub fn begin(&self, announced: Option<u64>) -> Result<Arriving> {
        self.leaves_reserve(announced.unwrap_or(0))?;
        let place = self.0.bodies.clone().try_acquire_owned().map_err(|_| self.full("bodies"))?;
        // It may still turn out to be too much, but then it is at least not known now.
        if announced.is_some_and(|bytes| !fits(&self.0.memory, bytes) && !fits(&self.0.disk, bytes)) {
            return Err(self.full("bodies"));
        }
        Ok(Arriving::new(self.clone(), place, announced))
    }

    /// Refuses a body of so many bytes where storing it would leave too little free on the disk.
    pub(super) fn leaves_reserve(&self, bytes: u64) -> Result<()> {
        match std::fs::exists(&self.0.limits.folder) {
            Ok(true) => disk::has_room(&self.0.limits.folder, bytes, self.0.limits.keep_free),
            // Whoever needs it makes it again.
            _ => Ok(()),
        }
    }

    /// A place for a person's file that is going to be imported, held while it arrives.
    pub fn begin_import(&self, user: i64) -> Result<ImportPlace> {
        let mut importing = self.importing();
        let of_this_person = importing.entry(user).or_default();
        if *of_this_person >= MOST_IMPORTS_EACH {
            return Err(self.full("imports"));
        }
        let place = self.0.imports.clone().try_acquire_owned().map_err(|_| self.full("imports"))?;
        *of_this_person += 1;
        Ok(ImportPlace { room: self.clone(), user, _place: place })
    }

    fn importing(&self) -> MutexGuard<'_, HashMap<i64, usize>> {
        // Nothing in here runs anybody else's code, so a panic elsewhere leaves nothing half done behind it.
        self.0.importing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes `share` large enough for so many bytes of memory; false when there is no room.
    pub(super) fn take_memory(&self, share: &mut Share, bytes: u64) -> bool {
        share.grow(&self.0.memory, bytes)
    }

    /// The same on the disk; there being none is the end.
    pub(super) fn take_disk(&self, share: &mut Share, bytes: u64) -> Result<()> {
        if share.grow(&self.0.disk, bytes) { Ok(()) } else { Err(self.full("bodies")) }
    }

    /// Counts a body among those that wait for an answer.
    pub(super) fn arrived(&self, bytes: u64) -> Unanswered {
        if self.0.waiting.fetch_add(1, Ordering::Relaxed) == 0 {
            self.0.pace.begin();
        }
        Unanswered { room: self.clone(), bytes }
    }

    /// A file without a name.
    pub(super) fn file(&self) -> Result<File> {
        nameless(&self.0.limits.folder)
    }

    fn full(&self, what: &'static str) -> Error {
        metrics::counter!("health_export_busy_total", "what" => what).increment(1);
        Error::Full {
            reason: "more deliveries are arriving than can be stored at once".into(),
            seconds: self.0.pace.seconds_for(self.taken()),
        }
    }

    /// Bytes of room that are not free.
    fn taken(&self) -> u64 {
        let Inner { limits, memory, disk, .. } = &*self.0;
        let free = (memory.available_permits() + disk.available_permits()) as u64 * UNIT;
        (limits.memory + limits.disk).saturating_sub(free)
    }
}

impl Drop for ImportPlace {
    fn drop(&mut self) {
        let mut importing = self.room.importing();
        match importing.get_mut(&self.user) {
            Some(others) if *others > 1 => *others -= 1,
            _ => drop(importing.remove(&self.user)),
        }
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        self.room.0.waiting.fetch_sub(1, Ordering::Relaxed);
        self.room.0.pace.done(self.bytes);
    }
}

impl Share {
    fn grow(&mut self, of: &Arc<Semaphore>, bytes: u64) -> bool {
        let have = self.units.as_ref().map_or(0, OwnedSemaphorePermit::num_permits) as u64;
        let missing = bytes.div_ceil(UNIT).saturating_sub(have);
        let Ok(missing) = u32::try_from(missing) else { return false };
        match (of.clone().try_acquire_many_owned(missing), &mut self.units) {
            (Ok(more), Some(units)) => units.merge(more),
            (Ok(more), units) => *units = Some(more),
            (Err(_), _) => return false,
        }
        true
    }
}

fn fits(room: &Semaphore, bytes: u64) -> bool {
    bytes.div_ceil(UNIT) <= room.available_permits() as u64
}

/// The folder is made again when something that tidies up has removed it.
fn nameless(folder: &Path) -> Result<File> {
    let made = tempfile::tempfile_in(folder).or_else(|_| {
        std::fs::create_dir_all(folder)?;
        tempfile::tempfile_in(folder)
    });
    made.map_err(|fault| match Error::io("creating a temporary file", &fault) {
        Error::DiskFull => Error::DiskFull,
        other => {
            tracing::error!("{other}");
            Error::Unavailable(
                "large deliveries cannot be taken just now, because the server cannot write its temporary files: its \
                 log says why; nothing was stored, so send it again later"
                    .into(),
            )
        }
    })
}
