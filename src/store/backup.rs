//! Backups: copies of the database that are whole, made while everything goes on.
//!
//! `VACUUM INTO` reads one snapshot and holds nothing that a writer needs, so ingest goes on; the WAL grows meanwhile, for no
//! checkpoint passes a snapshot. The copy gets its name when it is on the disk and has been read back, so whatever has that name
//! is a backup. Beside it is its SHA-256 as `sha256sum` writes it: SQLite's own check finds broken pages and not broken values.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rusqlite::{Connection, InterruptHandle};

use crate::error::{Error, Result};
use crate::model::keep::Keep;
use crate::store::{check, connection, migrate};
use crate::sys::{disk, files};

/// A time in the name of a backup, in UTC.
const STAMP: &str = "%Y%m%dT%H%M%SZ";

/// What must be left on the disk beside the copy, so that the server can go on storing.
const SPARE: u64 = 16 << 20;

/// A backup in its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    pub path: PathBuf,
    /// When it was begun, in epoch seconds: what was acknowledged before is in it.
    pub at: i64,
    pub bytes: u64,
}

/// What a database at rest holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contents {
    /// The number of its last migration.
    pub schema: i64,
    pub deliveries: i64,
    pub samples: i64,
    /// The row of its last delivery.
    last_delivery: i64,
}

/// A backup that was made and verified.
#[derive(Debug)]
pub struct Made {
    pub backup: Backup,
    pub contents: Contents,
    pub took: Duration,
}

/// Stops what SQLite does for a backup, from another thread.
#[derive(Clone, Default)]
pub struct Stop(Arc<Mutex<Stopping>>);

#[derive(Default)]
struct Stopping {
    asked: bool,
    handle: Option<InterruptHandle>,
}

impl Stop {
    pub fn ask(&self) {
        let mut stopping = self.stopping();
        stopping.asked = true;
        if let Some(handle) = &stopping.handle {
            handle.interrupt();
        }
    }

    fn stopping(&self) -> MutexGuard<'_, Stopping> {
        // Two plain fields: a panic elsewhere leaves nothing half done in them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does `work` on a connection; "unavailable" when it was stopped, before or meanwhile.
    fn during<T>(&self, connection: &Connection, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let ended = || Error::Unavailable("the backup was given up, because the server is ending".into());
        {
            let mut stopping = self.stopping();
            if stopping.asked {
                return Err(ended());
            }
            stopping.handle = Some(connection.get_interrupt_handle());
        }
        let done = work();
        let mut stopping = self.stopping();
        stopping.handle = None;
        if stopping.asked { Err(ended()) } else { done }
    }
}

/// Makes a backup in a folder, under the name of this second.
pub fn make_in(data_dir: &Path, folder: &Path, stop: &Stop) -> Result<Made> {
    // One that is chosen elsewhere may be a disk that is not mounted.
    if !folder.starts_with(data_dir) && !folder.is_dir() {
        return Err(Error::Unavailable(
            "the folder of backups (backup_dir) is not there: is its disk mounted? Make it once, and no backup lands on another disk".into(),
        ));
    }
    files::private_folder(folder)?;
    tidy(folder)?;
    let mut at = Timestamp::now().as_second();
    while folder.join(name(at)).exists() {
        std::thread::sleep(Duration::from_millis(100));
        at = Timestamp::now().as_second();
    }
    make(data_dir, &folder.join(name(at)), at, stop)
}

/// Makes a backup under exactly this name, which must be free.
pub fn make_as(data_dir: &Path, path: &Path, stop: &Stop) -> Result<Made> {
    make(data_dir, path, Timestamp::now().as_second(), stop)
}

fn make(data_dir: &Path, path: &Path, at: i64, stop: &Stop) -> Result<Made> {
    let begun = Instant::now();
    let database = connection::database_path(data_dir);
    if !database.exists() {
        return Err(Error::NotFound(format!("there is no database in {} yet", data_dir.display())));
    }
    if path.exists() {
        return Err(files::taken(path));
    }
    migrate::refuse_newer(&database)?;
    let unfinished = unfinished(path);
    let made = write(&database, &unfinished, stop).and_then(|contents| seal(&unfinished, path).map(|()| contents));
    if made.is_err() {
        // What was written so far is of no use.
        files::remove(&unfinished)?;
        files::remove(&beside(&unfinished, "-journal"))?;
    }
    let contents = made.map_err(|fault| no_space(fault, "the disk filled up while the backup was written"))?;
    let backup = Backup { path: path.to_owned(), at, bytes: files::length(path) };
    Ok(Made { backup, contents, took: begun.elapsed() })
}

/// Copies the database and reads the copy back.
fn write(database: &Path, unfinished: &Path, stop: &Stop) -> Result<Contents> {
    let source = connection::open_to_copy(database)?;
    is_room_for(bytes_in_use(&source)?, &files::folder_of(unfinished))?;
    let before = last_delivery(&source)?;
    files::create_private(unfinished)?;
    let target = unfinished.to_str().ok_or_else(|| Error::BadRequest("name a place that is valid UTF-8".into()))?;
    stop.during(&source, || Ok(source.execute("VACUUM INTO ?1", [target])?))?;
    drop(source);
    files::settle(unfinished)?;
    let contents = inspect(unfinished, stop)?;
    match contents.last_delivery >= before {
        true => Ok(contents),
        false => Err(Error::Internal(format!(
            "the copy ends before delivery {before}, which was stored when it began: it was thrown away"
        ))),
    }
}

/// Gives the copy its name, and the sum that it must have.
fn seal(unfinished: &Path, path: &Path) -> Result<()> {
    let sum = sum_path(path);
    // One that stands alone was left by a backup that was killed.
    files::remove(&sum)?;
    let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let sealed = files::write_private(&sum, &format!("{}  {file_name}\n", files::sha256(unfinished)?))
        .and_then(|()| files::publish(unfinished, path));
    if sealed.is_err() {
        files::remove(&sum)?;
    }
    sealed
}

/// Reads all of a backup, or says why it is none.
pub fn verify(file: &Path) -> Result<Contents> {
    if !file.is_file() {
        return Err(Error::NotFound(format!("there is no file {}", file.display())));
    }
    if files::length(&beside(file, "-wal")) > 0 {
        return Err(Error::BadRequest(format!(
            "beside {} is a -wal file, so it is a database in use and no backup: `health-export backup` makes one",
            file.display()
        )));
    }
    if let Some(sum) = files::read_text(&sum_path(file))?
        && sum.split_whitespace().next() != Some(&files::sha256(file)?)
    {
        return Err(damaged(file, "it is not what its .sha256 says it was"));
    }
    inspect(file, &Stop::default())
}

fn inspect(file: &Path, stop: &Stop) -> Result<Contents> {
    let unreadable = |fault: Error| match fault {
        Error::Internal(text) | Error::Damaged(text) => damaged(file, &text),
        other => other,
    };
    let connection = connection::open_at_rest(file).map_err(unreadable)?;
    let schema = migrate::version(&connection).map_err(unreadable)?;
    migrate::refuse_version(file, schema)?;
    migrate::refuse_unnumbered(file, &connection).map_err(unreadable)?;
    let faults = stop.during(&connection, || check::integrity(&connection)).map_err(unreadable)?;
    if let Some(fault) = faults.first() {
        return Err(damaged(file, fault));
    }
    let alien = |_| Error::BadRequest(format!("{} is no database of health-export", file.display()));
    count(&connection, schema).map_err(alien)
}

fn count(connection: &Connection, schema: i64) -> Result<Contents> {
    let sql = "SELECT (SELECT count(*) FROM delivery), (SELECT coalesce(sum(samples), 0) FROM series)";
    let (deliveries, samples) = connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Contents { schema, deliveries, samples, last_delivery: last_delivery(connection)? })
}

fn last_delivery(connection: &Connection) -> Result<i64> {
    Ok(connection.query_row("SELECT coalesce(max(id), 0) FROM delivery", [], |row| row.get(0))?)
}

fn damaged(file: &Path, how: &str) -> Error {
    Error::BadRequest(format!("{} is damaged or no backup, so it is not to be used: {how}", file.display()))
}

/// The backups of a folder, newest first; other files are none of ours. No folder, no backups.
pub fn list(folder: &Path) -> Result<Vec<Backup>> {
    let entries = files::entries(folder)?;
    let ours = entries.into_iter().filter_map(|(name, bytes)| Some((time_of(&name)?, folder.join(name), bytes)));
    let mut found: Vec<Backup> = ours.map(|(at, path, bytes)| Backup { path, at, bytes }).collect();
    found.sort_by_key(|backup| std::cmp::Reverse(backup.at));
    Ok(found)
}

/// Removes the backups of a folder that need not be kept now that `made` is there and verified; gives those removed.
pub fn rotate(folder: &Path, keep: &Keep, made: &Made) -> Result<Vec<Backup>> {
    let found = list(folder)?;
    let times: Vec<i64> = found.iter().map(|backup| backup.at).collect();
    let mut kept = keep.kept(&times);
    // A clock that was set back must not cost the one that has just been made.
    kept.insert(made.backup.at);
    let surplus: Vec<Backup> = found.into_iter().filter(|backup| !kept.contains(&backup.at)).collect();
    for backup in &surplus {
        files::remove(&backup.path)?;
        files::remove(&sum_path(&backup.path))?;
    }
    Ok(surplus)
}

/// Removes what backups have left that were killed.
fn tidy(folder: &Path) -> Result<()> {
    for (found, _) in files::entries(folder)? {
        let whole = found.strip_suffix("-journal").unwrap_or(&found);
        let maker = whole.strip_prefix('.').and_then(|name| name.strip_suffix(".unfinished")?.rsplit_once('.'));
        if let Some((of, process)) = maker
            && time_of(of).is_some()
            && !Path::new("/proc").join(process).exists()
        {
            files::remove(&folder.join(&found))?;
        }
    }
    Ok(())
}

/// Refuses to begin what will not fit.
pub(super) fn is_room_for(bytes: u64, folder: &Path) -> Result<()> {
    let (needed, free) = (bytes + SPARE, disk::free_bytes(folder)?);
    match needed <= free {
        true => Ok(()),
        false => Err(Error::NoSpace(format!(
            "about {} MB are needed where the copy is to be, and {} MB are free: make room, or choose another disk",
            needed.div_ceil(1 << 20),
            free >> 20
        ))),
    }
}

pub(super) fn no_space(fault: Error, what: &str) -> Error {
    match fault {
        Error::DiskFull => Error::NoSpace(format!("{what}; nothing was left behind: make room and try again")),
        other => other,
    }
}

fn bytes_in_use(connection: &Connection) -> Result<u64> {
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let bytes = (pragma("page_count")? - pragma("freelist_count")?) * pragma("page_size")?;
    u64::try_from(bytes).map_err(|fault| Error::internal("asking for the size of the database", fault))
}

/// The name of a backup that was begun at that epoch second.
pub(super) fn name(at: i64) -> String {
    format!("health-{}.db", stamp(at))
}

/// A time as in names.
pub(super) fn stamp(at: i64) -> String {
    TimeZone::UTC.to_datetime(Timestamp::from_second(at).unwrap_or_default()).strftime(STAMP).to_string()
}

/// The time in the name of a backup; none when it is another file.
fn time_of(file_name: &str) -> Option<i64> {
    let stamp = file_name.strip_prefix("health-")?.strip_suffix(".db")?;
    let at = TimeZone::UTC.to_timestamp(DateTime::strptime(STAMP, stamp).ok()?).ok()?.as_second();
    (name(at) == file_name).then_some(at)
}

fn unfinished(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.{}.unfinished", std::process::id()))
}

fn sum_path(path: &Path) -> PathBuf {
    beside(path, ".sha256")
}

/// The file whose name is this one's and something more.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEEP: Keep = Keep { daily: 1, weekly: 0, monthly: 0 };

    #[test]
    fn only_our_names_are_backups() {
        assert_eq!(name(1_700_000_000), "health-20231114T221320Z.db");
        assert_eq!(time_of("health-20231114T221320Z.db"), Some(1_700_000_000));
        for other in
            ["health.db", "health-20231114T221320Z.db.sha256", "health-20231314T221320Z.db", "health-x.db", "other.db"]
        {
            assert_eq!(time_of(other), None, "{other}");
        }
    }

    #[test]
    fn rotation_touches_nothing_but_backups_and_never_the_new_one() {
        let (data, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        crate::store::Store::open(data.path(), 4).unwrap();
        let made = make_in(data.path(), folder.path(), &Stop::default()).unwrap();
        let others = ["health.db", "health-2020.db", "notes.txt", "health-20200101T000000Z.db.gz"];
        let old = ["health-20200101T000000Z.db", "health-20200101T000000Z.db.sha256", "health-20200102T000000Z.db"];
        // As after a clock that ran ahead: nothing newer than it may cost the one that was made.
        let ahead = "health-29990101T000000Z.db";
        for file in others.iter().chain(&old).chain([&ahead]) {
            std::fs::write(folder.path().join(file), "x").unwrap();
        }
        let removed = rotate(folder.path(), &KEEP, &made).unwrap();
        assert_eq!(removed.len(), 2);
        assert!(others.iter().chain([&ahead]).all(|file| folder.path().join(file).exists()));
        assert!(old.iter().all(|file| !folder.path().join(file).exists()));
        verify(&made.backup.path).unwrap();
    }

    #[test]
    fn what_a_killed_backup_has_left_goes_and_what_a_living_one_writes_stays() {
        let (data, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        crate::store::Store::open(data.path(), 4).unwrap();
        let dead = [
            ".health-20200101T000000Z.db.4294967294.unfinished",
            ".health-20200101T000000Z.db.4294967294.unfinished-journal",
        ];
        let alive = [".health-20200101T000000Z.db.1.unfinished", ".other.4294967294.unfinished"];
        for file in dead.iter().chain(&alive) {
            std::fs::write(folder.path().join(file), "x").unwrap();
        }
        make_in(data.path(), folder.path(), &Stop::default()).unwrap();
        assert!(dead.iter().all(|file| !folder.path().join(file).exists()));
        assert!(alive.iter().all(|file| folder.path().join(file).exists()));
    }

    #[test]
    fn what_will_not_fit_is_not_begun() {
        let folder = tempfile::tempdir().unwrap();
        assert!(is_room_for(1, folder.path()).is_ok());
        let refusal = is_room_for(1 << 60, folder.path()).unwrap_err();
        assert!(matches!(&refusal, Error::NoSpace(text) if text.contains("MB are free")), "{refusal}");
    }

    #[test]
    fn one_that_is_stopped_leaves_nothing() {
        let (data, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        crate::store::Store::open(data.path(), 4).unwrap();
        let stop = Stop::default();
        stop.ask();
        assert!(matches!(make_in(data.path(), folder.path(), &stop), Err(Error::Unavailable(_))));
        assert_eq!(files::entries(folder.path()).unwrap(), []);
    }
}
