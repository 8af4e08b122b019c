//! Finished downloads, named by what they hold, so that asking again makes nothing again.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::model::hex::hex;

/// A folder of finished files with a limit in bytes.
#[derive(Debug, Clone)]
pub struct Spool {
    folder: PathBuf,
    limit: u64,
    /// The files that are being made; whoever wants one of them waits for it.
    making: Arc<Mutex<HashMap<PathBuf, Arc<Mutex<()>>>>>,
}

impl Spool {
    /// Opens the folder and empties it: what an earlier process made may be half done.
    pub fn open(folder: PathBuf, limit: u64) -> Result<Spool> {
        match fs::remove_dir_all(&folder) {
            Err(fault) if fault.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::io("emptying the spool folder", &fault));
            }
            _ => fs::create_dir_all(&folder).map_err(|fault| Error::io("creating the spool folder", &fault))?,
        }
        Ok(Spool { folder, limit, making: Arc::default() })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the file with this content is, or will be. `content` names everything that decides its bytes.
    pub fn place(&self, content: &str, extension: &str) -> PathBuf {
        let digest = Sha256::digest(content.as_bytes());
        let name = hex(&digest[..16]);
        self.folder.join(format!("{name}.{extension}"))
    }

    /// The file at `place`, made by `make` under another name first when it is not there yet.
    pub fn file(&self, place: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        let turn = lock(&self.making).entry(place.to_owned()).or_default().clone();
        let made = {
            let _turn = lock(&turn);
            if place.exists() { Ok(()) } else { self.make(place, make) }
        };
        let mut making = lock(&self.making);
        drop(turn);
        // Nobody else waits for it: only the map knows of the turn.
        if making.get(place).is_some_and(|turn| Arc::strong_count(turn) == 1) {
            making.remove(place);
        }
        made
    }

    fn make(&self, place: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        let unfinished = self.folder.join(format!("{}.unfinished", uuid::Uuid::now_v7()));
        let made = make(&unfinished)
            .and_then(|()| fs::rename(&unfinished, place).map_err(|fault| Error::io("finishing a download", &fault)));
        if made.is_err() {
            // What was made so far is of no use; it may not even exist.
            let _ = fs::remove_file(&unfinished);
        }
        self.forget_oldest(place)?;
        made
    }

    /// Removes the oldest files until the rest is within the limit. Whoever is reading one keeps it until they are done.
    fn forget_oldest(&self, keep: &Path) -> Result<()> {
        let mut files = self.files()?;
        files.sort_by_key(|(changed, _, _)| *changed);
        let mut total: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, bytes, path) in files.iter().filter(|(_, _, path)| path != keep) {
            if total <= self.limit {
                break;
            }
            if fs::remove_file(path).is_ok() {
                total -= bytes;
            }
        }
        Ok(())
    }

    /// (changed at, bytes, path) of every finished file.
    fn files(&self) -> Result<Vec<(SystemTime, u64, PathBuf)>> {
        let entries = fs::read_dir(&self.folder).map_err(|fault| Error::io("reading the spool folder", &fault))?;
        let describe = |entry: std::io::Result<fs::DirEntry>| {
            let entry = entry.ok()?;
            let metadata = entry.metadata().ok()?;
            let finished = entry.path().extension().is_some_and(|extension| extension != "unfinished");
            finished.then_some((metadata.modified().ok()?, metadata.len(), entry.path()))
        };
        Ok(entries.filter_map(describe).collect())
    }
}

/// None of these mutexes guards anything that a panic could leave half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_made_once_and_the_oldest_go_first() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path().join("spool"), 25).unwrap();
        let write = |path: &Path| fs::write(path, [0; 10]).map_err(|fault| Error::io("writing", &fault));
        let places: Vec<PathBuf> = ["a", "b", "c"].iter().map(|name| spool.place(name, "csv")).collect();
        for place in &places {
            spool.file(place, write).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        assert!(!places[0].exists() && places[1].exists() && places[2].exists());
        spool.file(&places[2], |_| Err(Error::DiskFull)).unwrap();
        assert!(spool.file(&places[0], |_| Err(Error::DiskFull)).is_err());
    }

    #[test]
    fn who_wants_what_is_being_made_waits_for_it() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path().join("spool"), 1 << 20).unwrap();
        let (place, made) = (spool.place("a", "csv"), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let make = |path: &Path| {
                        made.fetch_add(1, Ordering::SeqCst);
                        std::thread::sleep(std::time::Duration::from_millis(50));
                        fs::write(path, "x").map_err(|fault| Error::io("writing", &fault))
                    };
                    spool.file(&place, make).unwrap();
                });
            }
        });
        assert_eq!(made.into_inner(), 1);
        assert!(lock(&spool.making).is_empty());
    }
}
