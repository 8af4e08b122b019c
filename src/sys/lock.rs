//! One server on a data directory, and nobody who replaces the database under it.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::error::{Error, Result};

/// Held for as long as this lives; the kernel lets go of it when the process ends, however it ends.
pub struct Lock(#[allow(dead_code)] File);

/// Takes the lock of a data directory, or says that somebody has it.
pub fn take(data_dir: &Path) -> Result<Lock> {
    let path = data_dir.join("server.lock");
    std::fs::create_dir_all(data_dir).map_err(|fault| Error::io("creating the data directory", &fault))?;
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|fault| Error::io("opening the lock of the data directory", &fault))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => {
            Err(Error::BadRequest("a health-export is already running on this data directory; stop it first".into()))
        }
        Err(TryLockError::Error(fault)) => Err(Error::io("locking the data directory", &fault)),
    }
}
