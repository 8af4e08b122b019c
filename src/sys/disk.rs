//! The disk that the data is on.

use std::io::ErrorKind;
use std::path::Path;

use rustix::fs::StatVfs;

use crate::error::{Error, Result};

/// Bytes that this account may still write below `folder`.
pub fn free_bytes(folder: &Path) -> Result<u64> {
    asked(folder).map(|figures| figures.f_bavail.saturating_mul(figures.f_frsize))
}

/// Refuses what would leave less than `reserve` bytes free below `folder`.
pub fn has_room(folder: &Path, bytes: u64, reserve: u64) -> Result<()> {
    match free_bytes(folder)? < bytes.saturating_add(reserve) {
        true => Err(Error::DiskFull),
        false => Ok(()),
    }
}

/// Bytes of the whole disk that `folder` is on.
pub fn size_bytes(folder: &Path) -> Result<u64> {
    asked(folder).map(|figures| figures.f_blocks.saturating_mul(figures.f_frsize))
}

/// Bytes of a file, 0 when it is not there. The file is not opened.
pub fn file_bytes(path: &Path) -> Result<u64> {
    match std::fs::metadata(path) {
        Ok(file) => Ok(file.len()),
        Err(fault) if fault.kind() == ErrorKind::NotFound => Ok(0),
        Err(fault) => Err(Error::io("asking for the size of a file", &fault)),
    }
}

/// Bytes of all files below a folder, 0 when it is not there. What comes and goes meanwhile counts or not.
pub fn folder_bytes(folder: &Path) -> Result<u64> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(fault) if fault.kind() == ErrorKind::NotFound => return Ok(0),
        Err(fault) => return Err(Error::io("reading a folder", &fault)),
    };
    let one = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(found) if found.is_dir() => folder_bytes(&entry.path()),
        Ok(found) => Ok(found.len()),
        Err(_) => Ok(0),
    };
    entries.flatten().map(one).sum()
}

fn asked(folder: &Path) -> Result<StatVfs> {
    rustix::fs::statvfs(folder).map_err(|fault| Error::io("asking for the free space", &fault.into()))
}
