//! One server for each data directory.
//!
//! SQLite would let two write in turns, but each believes that it alone knows when a job is left over and what the spool
//! holds. The lock is the kernel's, so it is gone with the process, whatever becomes of that.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::error::{Error, Result};

/// Held for as long as the server lives.
pub struct Lock(#[expect(dead_code, reason = "it is held, never read")] File);

/// Takes the lock of a data directory, which is made when it is not there; refuses at once when another has it.
pub fn take(data_dir: &Path) -> Result<Lock> {
    std::fs::create_dir_all(data_dir).map_err(|fault| Error::io("creating the data directory", &fault))?;
    let path = data_dir.join("server.lock");
    let opened = File::options().create(true).truncate(false).write(true).open(&path);
    let file = opened.map_err(|fault| {
        Error::BadRequest(format!("{} cannot be written: {fault}; give the server its own --data-dir", path.display()))
    })?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => {
            Err(Error::BadRequest("a health-export is already running on this data directory; stop it first".into()))
        }
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
        drop(first);
        take(folder.path()).unwrap();
    }
}
