//! Files that are whole or not there: written under another name, on the disk before they are named, and the name on the disk
//! before anybody is told. None of this is for the live database, which only SQLite opens.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// Bytes read at once.
const CHUNK: usize = 1 << 20;

/// Makes a folder that is closed to other accounts; one that is there is left as it is.
pub fn private_folder(path: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|fault| named("the folder", path, "cannot be made", &fault))
}

/// Names and bytes of the files of a folder; none when it is not there.
pub fn entries(folder: &Path) -> Result<Vec<(String, u64)>> {
    let unreadable = |fault: &std::io::Error| named("the folder", folder, "cannot be read", fault);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(fault) if fault.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(fault) => return Err(unreadable(&fault)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|fault| unreadable(&fault))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        // What goes away while one looks was there as little as what comes after.
        found.extend(entry.metadata().ok().filter(|data| data.is_file()).map(|data| (name, data.len())));
    }
    Ok(found)
}

/// Bytes of a file, 0 when it is not there.
pub fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |data| data.len())
}

/// An empty file that other accounts cannot read; fails when there is one.
pub fn create_private(path: &Path) -> Result<File> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.map_err(|fault| named("the file", path, "cannot be made", &fault))
}

/// Writes a small file that is on the disk when this returns.
pub fn write_private(path: &Path, text: &str) -> Result<()> {
    let mut file = create_private(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.map_err(|fault| named("the file", path, "cannot be written", &fault))
}

/// Copies a file to a new one that only its owner can read, and waits for the disk.
pub fn copy_private(from: &Path, to: &Path) -> Result<()> {
    let mut source = File::open(from).map_err(|fault| named("the file", from, "cannot be read", &fault))?;
    let mut target = create_private(to)?;
    let copied = std::io::copy(&mut source, &mut target).and_then(|_| target.sync_all());
    copied.map_err(|fault| named("the file", to, "cannot be written", &fault))
}

/// Copies a file to one that only its owner can read, in the place of any that has that name; to what is no file, such as a
/// pipe, as it is.
pub fn copy_private_over(from: &Path, to: &Path) -> Result<()> {
    if fs::metadata(to).is_ok_and(|data| !data.is_file()) {
        let copied = File::open(from)
            .and_then(|mut source| std::io::copy(&mut source, &mut OpenOptions::new().write(true).open(to)?));
        return copied.map(|_| ()).map_err(|fault| named("the file", to, "cannot be written", &fault));
    }
    let name = to.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let unfinished = folder_of(to).join(format!(".{name}.{}.unfinished", std::process::id()));
    let written = copy_private(from, &unfinished).and_then(|()| {
        fs::rename(&unfinished, to).map_err(|fault| named("the file", to, "cannot be given its name", &fault))
    });
    if written.is_err() {
        // What was written so far is of no use; it may not even exist.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

/// A folder that goes, with all that is in it, when this is dropped.
#[derive(Debug)]
pub struct OwnFolder(PathBuf);

impl OwnFolder {
    pub fn new(path: PathBuf) -> OwnFolder {
        OwnFolder(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for OwnFolder {
    fn drop(&mut self) {
        // What cannot be removed now is by whoever starts next.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Closes a file to other accounts and waits until it is on the disk.
pub fn settle(path: &Path) -> Result<()> {
    let settled = fs::set_permissions(path, Permissions::from_mode(0o600))
        .and_then(|()| File::open(path))
        .and_then(|file| file.sync_all());
    settled.map_err(|fault| named("the file", path, "cannot be brought to the disk", &fault))
}

/// Waits until the names of a folder are on the disk.
pub fn settle_folder(folder: &Path) -> Result<()> {
    let settled = File::open(folder).and_then(|folder| folder.sync_all());
    settled.map_err(|fault| named("the folder", folder, "cannot be brought to the disk", &fault))
}

/// Gives a file its name, unless that is taken.
pub fn publish(from: &Path, to: &Path) -> Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE).map_err(std::io::Error::from) {
        // Some disks cannot do that in one step.
        Err(fault) if matches!(fault.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) && !to.exists() => {
            fs::rename(from, to).map_err(|fault| named("the file", to, "cannot be given its name", &fault))?;
            settle_folder(&folder_of(to))
        }
        Err(fault) if fault.kind() == ErrorKind::AlreadyExists => Err(taken(to)),
        Err(fault) => Err(named("the file", to, "cannot be given its name", &fault)),
        Ok(()) => settle_folder(&folder_of(to)),
    }
}

/// Lets two files change places in one step.
pub fn exchange(one: &Path, other: &Path) -> Result<()> {
    let exchanged = renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).map_err(std::io::Error::from);
    exchanged
        .map_err(|fault| named("the file", other, "cannot change places with its replacement in one step", &fault))?;
    settle_folder(&folder_of(other))
}

/// Moves a file when there is one, over whatever has that name.
pub fn move_if_there(from: &Path, to: &Path) -> Result<()> {
    match fs::rename(from, to) {
        Err(fault) if fault.kind() != ErrorKind::NotFound => Err(named("the file", from, "cannot be moved", &fault)),
        _ => Ok(()),
    }
}

/// Removes a file; fine when there is none.
pub fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(fault) if fault.kind() != ErrorKind::NotFound => Err(named("the file", path, "cannot be removed", &fault)),
        _ => Ok(()),
    }
}

/// A small text file, or nothing when there is none.
pub fn read_text(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(fault) if fault.kind() == ErrorKind::NotFound => Ok(None),
        Err(fault) => Err(named("the file", path, "cannot be read", &fault)),
    }
}

/// SHA-256 of a file in hexadecimal.
pub fn sha256(path: &Path) -> Result<String> {
    let unreadable = |fault: std::io::Error| named("the file", path, "cannot be read", &fault);
    let (mut file, mut hash, mut chunk) = (File::open(path).map_err(unreadable)?, Sha256::new(), vec![0; CHUNK]);
    loop {
        match file.read(&mut chunk).map_err(unreadable)? {
            0 => return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            read => hash.update(&chunk[..read]),
        }
    }
}

/// The folder that a file is in.
pub fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

pub fn taken(path: &Path) -> Error {
    Error::BadRequest(format!("{} is there already: name a file that is not", path.display()))
}

fn named(what: &str, path: &Path, failed: &str, fault: &std::io::Error) -> Error {
    match Error::io("writing", fault) {
        Error::DiskFull => Error::DiskFull,
        _ => Error::Internal(format!("{what} {} {failed}: {fault}", path.display())),
    }
}
