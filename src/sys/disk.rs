//! The disk that the data is on.

use std::io::ErrorKind;
use std::path::Path;

use rustix::fs::StatVfs;

use crate::error::{Error, Result};

/// Bytes that this account may still write below `folder`.
pub fn free_bytes(folder: &Path) -> Result<u64> {
    asked(folder).map(|figures| figures.f_bavail.saturating_mul(figures.f_frsize))
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

fn asked(folder: &Path) -> Result<StatVfs> {
    rustix::fs::statvfs(folder).map_err(|fault| Error::io("asking for the free space", &fault.into()))
}
