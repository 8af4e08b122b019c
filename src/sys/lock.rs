//! One server for each data directory.
//!
//! SQLite would let two write in turns, but each believes that it alone knows when a job is left over and what the spool
//! holds. The lock is the kernel's, so it is gone with the process, whatever becomes of that.

use std::fs::{File, TryLockError};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Held for as long as the server lives.
pub struct Lock(File);

impl Lock {
    /// Leaves a text for those who find the lock taken.
    pub fn leave(&self, text: &str) -> Result<()> {
        let written = self.0.set_len(0).and_then(|()| self.0.write_all_at(text.as_bytes(), 0));
        written.map_err(|fault| Error::io("writing to the lock of the data directory", &fault))
    }
}

/// What whoever holds the lock has left; empty when nothing yet.
pub fn left(data_dir: &Path) -> Result<String> {
    std::fs::read_to_string(path(data_dir)).map_err(|fault| Error::io("reading the lock of the data directory", &fault))
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("server.lock")
}

/// Takes the lock of a data directory, which is made when it is not there; refuses at once when another has it.
pub fn take(data_dir: &Path) -> Result<Lock> {
    try_take(data_dir)?.ok_or_else(|| {
        Error::BadRequest("a health-export is already running on this data directory; stop it first".into())
    })
}

/// The same; none when another has it.
pub fn try_take(data_dir: &Path) -> Result<Option<Lock>> {
    std::fs::create_dir_all(data_dir).map_err(|fault| Error::io("creating the data directory", &fault))?;
    let path = path(data_dir);
    let opened = File::options().create(true).truncate(false).write(true).open(&path);
    let file = opened.map_err(|fault| {
        Error::BadRequest(format!("{} cannot be written: {fault}; give the server its own --data-dir", path.display()))
    })?;
    match file.try_lock() {
        Ok(()) => {
            let lock = Lock(file);
            // What the one before has left is true no more.
            lock.leave("")?;
            Ok(Some(lock))
        }
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(fault)) => Err(Error::io("locking the data directory", &fault)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_refused_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let first = take(folder.path()).unwrap();
        let refusal = take(folder.path()).err().unwrap().to_string();
        assert!(refusal.contains("already running"), "{refusal}");
        first.leave("a longer text").unwrap();
        first.leave("here").unwrap();
        assert_eq!(left(folder.path()).unwrap(), "here");
        drop(first);
        let _second = take(folder.path()).unwrap();
        assert_eq!(left(folder.path()).unwrap(), "");
    }
}
