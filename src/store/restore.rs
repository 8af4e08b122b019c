//! A backup in the place of the database.
//!
//! At every moment the data directory has the old database or the new one: the new one is made ready under another name, and then
//! the two change places in one step. A WAL belongs to its database, and beside another it would destroy it; so the old one is
//! first brought into a single file. Nothing that was there is deleted.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::store::backup::{self, Contents, beside};
use crate::store::{connection, make_private, migrate};
use crate::sys::files;

/// What SQLite keeps beside a database and must not find beside another.
const COMPANIONS: [&str; 2] = ["-wal", "-journal"];

/// What a restore has done.
#[derive(Debug)]
pub struct Restored {
    pub contents: Contents,
    /// Where the database is that was there before.
    pub aside: Option<PathBuf>,
}

/// Puts a backup in the place of the database; with `force` also where there is one. The caller holds the lock of the
/// data directory.
pub fn restore(file: &Path, data_dir: &Path, force: bool) -> Result<Restored> {
    let restoring = Restoring::of(file, data_dir, Timestamp::now().as_second());
    if restoring.is_occupied() && !force {
        return Err(Error::BadRequest(format!(
            "there is a database in {} already: give --force to put the backup in its place; it will be kept aside",
            data_dir.display()
        )));
    }
    let contents = backup::verify(file)?;
    let occupied = restoring.is_occupied();
    for step in STEPS {
        step(&restoring).map_err(|fault| backup::no_space(fault, "the disk filled up"))?;
    }
    Ok(Restored { contents, aside: occupied.then_some(restoring.aside) })
}

type Step = fn(&Restoring) -> Result<()>;

/// In this order. Whatever ends it between two of them, the old database or the new one is in its place.
const STEPS: [Step; 5] =
    [Restoring::copy, Restoring::make_ready, Restoring::settle_old, Restoring::stand_by, Restoring::change_places];

struct Restoring {
    file: PathBuf,
    data_dir: PathBuf,
    database: PathBuf,
    /// The new one until it is ready.
    unfinished: PathBuf,
    /// The new one when it is ready, and the old one afterwards.
    aside: PathBuf,
}

impl Restoring {
    fn of(file: &Path, data_dir: &Path, now: i64) -> Restoring {
        let free = |at: &i64| !data_dir.join(aside_name(*at)).exists();
        let at = (now..).find(free).unwrap_or(now);
        Restoring {
            file: file.to_owned(),
            data_dir: data_dir.to_owned(),
            database: connection::database_path(data_dir),
            unfinished: data_dir.join(".restoring.db"),
            aside: data_dir.join(aside_name(at)),
        }
    }

    fn is_occupied(&self) -> bool {
        self.database.exists()
    }

    fn copy(&self) -> Result<()> {
        make_private(&self.data_dir)?;
        // One that was killed had not made it ready.
        for suffix in ["", "-wal", "-shm", "-journal"] {
            files::remove(&beside(&self.unfinished, suffix))?;
        }
        backup::is_room_for(files::length(&self.file), &self.data_dir)?;
        let copied = files::copy_private(&self.file, &self.unfinished).and_then(|()| self.is_same());
        if copied.is_err() {
            files::remove(&self.unfinished)?;
        }
        copied
    }

    fn is_same(&self) -> Result<()> {
        match files::sha256(&self.file)? == files::sha256(&self.unfinished)? {
            true => Ok(()),
            false => Err(Error::Internal("the copy of the backup is not the same as it: check the disks".into())),
        }
    }

    /// Migrates the copy, and moves its people's data versions beyond any that were given out: a tag of an answer must never
    /// mean another answer.
    fn make_ready(&self) -> Result<()> {
        let mut new = connection::open_writer(&self.unfinished)?;
        migrate::migrate(&mut new)?;
        let now = Timestamp::now().as_millisecond();
        new.execute("UPDATE user SET data_version = max(data_version + 1, ?1)", [now])?;
        new.close().map_err(|(_, fault)| fault)?;
        match files::length(&beside(&self.unfinished, "-wal")) {
            0 => files::settle(&self.unfinished),
            _ => Err(Error::Internal("the copy of the backup is in use by another program: stop it first".into())),
        }
    }

    /// Brings the old database into one file. One that is too damaged for that is kept in as many as it has.
    fn settle_old(&self) -> Result<()> {
        if self.is_occupied() {
            match connection::leave_wal(&self.database) {
                Ok(()) => return Ok(()),
                Err(Error::Busy(_)) => {
                    return Err(Error::BadRequest(
                        "another program has the database open: stop everything that uses this data directory first"
                            .into(),
                    ));
                }
                Err(Error::DiskFull) => return Err(Error::DiskFull),
                Err(fault) => tracing::warn!("the old database is kept aside as it is, it cannot be opened: {fault}"),
            }
        }
        for suffix in COMPANIONS {
            files::move_if_there(&beside(&self.database, suffix), &beside(&self.aside, suffix))?;
        }
        files::remove(&beside(&self.database, "-shm"))?;
        files::settle_folder(&self.data_dir)
    }

    /// From here on nothing removes it.
    fn stand_by(&self) -> Result<()> {
        match self.is_occupied() {
            true => files::publish(&self.unfinished, &self.aside),
            false => Ok(()),
        }
    }

    fn change_places(&self) -> Result<()> {
        match self.is_occupied() {
            true => files::exchange(&self.aside, &self.database),
            false => files::publish(&self.unfinished, &self.database),
        }
    }
}

fn aside_name(at: i64) -> String {
    format!("health-before-restore-{}.db", backup::stamp(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::backup::Stop;
    use crate::store::{Store, keys};

    /// Not by a pool, whose threads may hold a connection a moment longer than the pool is there.
    fn open(data_dir: &Path) -> rusqlite::Connection {
        let mut connection = connection::open_writer(&data_dir.join("health.db")).unwrap();
        migrate::migrate(&mut connection).unwrap();
        connection
    }

    fn people(data_dir: &Path) -> Vec<String> {
        let connection = open(data_dir);
        let mut statement = connection.prepare("SELECT name FROM user ORDER BY name").unwrap();
        let names = statement.query_map([], |row| row.get(0)).unwrap();
        names.map(|name| name.unwrap()).collect()
    }

    fn add_person(data_dir: &Path, name: &str) {
        keys::user_id(&open(data_dir), name, 0).unwrap();
    }

    /// A folder whose database has Ann, with a backup of it; then Ben comes.
    fn with_backup() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        add_person(folder.path(), "ann");
        let file = folder.path().join("copy");
        backup::make_as(folder.path(), &file, &Stop::default()).unwrap();
        add_person(folder.path(), "ben");
        (folder, file)
    }

    #[test]
    fn whatever_ends_it_there_is_the_old_or_the_new_and_the_next_one_finishes() {
        for done in 0..=STEPS.len() {
            let (folder, file) = with_backup();
            let restoring = Restoring::of(&file, folder.path(), 1_700_000_000);
            STEPS[..done].iter().for_each(|step| step(&restoring).unwrap());
            let expected: &[&str] = if done == STEPS.len() { &["ann", "owner"] } else { &["ann", "ben", "owner"] };
            assert_eq!(people(folder.path()), expected, "after {done} steps");
            let again = restore(&file, folder.path(), true).unwrap();
            assert_eq!(people(folder.path()), ["ann", "owner"]);
            assert!(backup::verify(&again.aside.unwrap()).is_ok(), "after {done} steps");
        }
    }

    #[test]
    fn the_same_where_nothing_was() {
        let (_source, file) = with_backup();
        for done in 0..=STEPS.len() {
            let folder = tempfile::tempdir().unwrap();
            // A WAL that has lost its database, which would spoil another.
            std::fs::write(folder.path().join("health.db-wal"), "left over").unwrap();
            let restoring = Restoring::of(&file, folder.path(), 1_700_000_000);
            STEPS[..done].iter().for_each(|step| step(&restoring).unwrap());
            assert_eq!(folder.path().join("health.db").exists(), done == STEPS.len());
            let again = restore(&file, folder.path(), done == STEPS.len()).unwrap();
            assert_eq!(again.aside.is_some(), done == STEPS.len());
            assert_eq!(people(folder.path()), ["ann", "owner"]);
        }
    }

    #[test]
    fn a_database_that_is_open_is_left_alone() {
        let (folder, file) = with_backup();
        let store = Store::open(folder.path(), 4).unwrap();
        let refusal = restore(&file, folder.path(), true).unwrap_err().to_string();
        assert!(refusal.contains("another program has the database open"), "{refusal}");
        drop(store);
        assert_eq!(people(folder.path()), ["ann", "ben", "owner"]);
    }

    #[test]
    fn a_database_beyond_repair_is_replaced_and_kept() {
        let (folder, file) = with_backup();
        std::fs::write(folder.path().join("health.db"), "what a broken disk has left").unwrap();
        std::fs::write(folder.path().join("health.db-wal"), "and more of it").unwrap();
        let aside = restore(&file, folder.path(), true).unwrap().aside.unwrap();
        assert_eq!(people(folder.path()), ["ann", "owner"]);
        assert_eq!(std::fs::read(&aside).unwrap(), b"what a broken disk has left");
        assert_eq!(std::fs::read(beside(&aside, "-wal")).unwrap(), b"and more of it");
    }

    #[test]
    fn a_tag_of_before_means_nothing_afterwards() {
        let (folder, file) = with_backup();
        let version = || {
            let connection = open(folder.path());
            connection.query_row("SELECT min(data_version) FROM user", [], |row| row.get::<_, i64>(0)).unwrap()
        };
        let before = version();
        restore(&file, folder.path(), true).unwrap();
        let once = version();
        restore(&file, folder.path(), true).unwrap();
        assert!(before < once && once < version());
    }
}
