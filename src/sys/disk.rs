//! The disk that the data is on.

use std::path::Path;

use crate::error::{Error, Result};

/// Bytes that this account may still write below `folder`.
pub fn free_bytes(folder: &Path) -> Result<u64> {
    let figures = rustix::fs::statvfs(folder).map_err(|fault| Error::io("asking for the free space", &fault.into()))?;
    Ok(figures.f_bavail.saturating_mul(figures.f_frsize))
}
