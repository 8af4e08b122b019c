//! The folder of backups, as a watcher sees it.

use std::io::ErrorKind;
use std::path::Path;
use std::time::SystemTime;

use crate::error::{Error, Result};

/// How the name of a backup begins and ends.
const NAME: (&str, &str) = ("health-", ".db");

/// What is in the folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backups {
    pub number: u64,
    /// When the newest was written.
    pub newest: Option<SystemTime>,
}

/// Counts them; a folder that is not there has none.
pub fn count(folder: &Path) -> Result<Backups> {
    let failed = |fault: std::io::Error| Error::io("looking into the backup folder", &fault);
    let entries = match std::fs::read_dir(folder) {
        Err(fault) if fault.kind() == ErrorKind::NotFound => return Ok(Backups::default()),
        entries => entries.map_err(failed)?,
    };
    let mut found = Backups::default();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        if !name.to_str().is_some_and(|name| name.starts_with(NAME.0) && name.ends_with(NAME.1)) {
            continue;
        }
        let written = match entry.metadata().and_then(|file| file.modified()) {
            // Removed between the look at the folder and that at the file.
            Err(fault) if fault.kind() == ErrorKind::NotFound => continue,
            written => written.map_err(failed)?,
        };
        found.number += 1;
        found.newest = found.newest.max(Some(written));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_newest_counts_and_other_files_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("none");
        assert_eq!(count(&missing).unwrap(), Backups::default());
        assert_eq!(count(folder.path()).unwrap(), Backups::default());
        let day = Duration::from_secs(86_400);
        for (name, days) in
            [("health-2026-03-01.db", 1), ("health-2026-03-02.db", 2), ("health-2026.db.part", 3), ("x", 4)]
        {
            let file = std::fs::File::create(folder.path().join(name)).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + day * days).unwrap();
        }
        let expected = Backups { number: 2, newest: Some(SystemTime::UNIX_EPOCH + day * 2) };
        assert_eq!(count(folder.path()).unwrap(), expected);
    }
}
