//! The files that an import is made of: those in a zip, those in a folder, or one alone.
//!
//! Nothing is ever unpacked to the disk, so a name inside a zip is only a text, and one that leads out of the folder leads
//! nowhere. Kinds are told by content. A zip may unpack to so much and no more, which is first read from its directory
//! and then counted, because the directory may lie.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use zip::ZipArchive;

use crate::decode::apple_export::sniff::{self, ENOUGH, Kind};
use crate::error::{Error, Result};
use crate::receive::import::progress::{Counted, Progress};

/// How many times its size a zip may unpack to. Real exports reach 27, and ZIP's method cannot pass 1032.
const EXPANSION: u64 = 200;
/// What any zip may unpack to, however small it is, and what none may.
const ALWAYS_ALLOWED: u64 = 16 << 20;
const NEVER_ALLOWED: u64 = 256 << 30;

/// Most files of a zip or folder, and how deep folders are searched.
const MOST_FILES: usize = 100_000;
const DEEPEST: usize = 8;

/// One file.
pub struct Entry {
    /// Its path inside, with `/` between folders.
    pub name: String,
    pub kind: Kind,
    /// Bytes when unpacked, as far as that is known.
    pub size: u64,
}

impl Entry {
    /// Of the texts that lie about in a folder, only tables are meant.
    pub fn is_of_the_app(&self) -> bool {
        match self.kind {
            Kind::Json => true,
            Kind::Text => self.name.to_lowercase().ends_with(".csv"),
            _ => false,
        }
    }
}

pub struct Bundle {
    place: Place,
    pub entries: Vec<Entry>,
    /// Position of each path in `entries`.
    paths: HashMap<String, usize>,
    room: AtomicU64,
    /// What the whole takes on the disk.
    pub bytes: u64,
}

enum Place {
    /// The archive, and the number of each entry in it.
    Zip(Box<ZipArchive<Shared>>, Vec<usize>),
    Files(Vec<PathBuf>),
}

impl Bundle {
    pub fn zip(path: &Path) -> Result<Bundle> {
        let file = File::open(path).map_err(|fault| unreadable(path, &fault))?;
        let bytes = file.metadata().map_err(|fault| unreadable(path, &fault))?.len();
        let archive = ZipArchive::new(Shared { file: Arc::new(file), at: 0, bytes }).map_err(|fault| {
            Error::BadRequest(format!("this is no whole zip file ({fault}): export or send it again"))
        })?;
        let limit = bytes.saturating_mul(EXPANSION).clamp(ALWAYS_ALLOWED, NEVER_ALLOWED);
        let (mut numbers, mut names) = (Vec::new(), Vec::new());
        let mut unpacked: u64 = 0;
        for number in 0..archive.len() {
            let entry = archive.by_index_data(number).map_err(|fault| damaged(&fault))?;
            let name = entry
                .name()
                .map_or_else(|_| String::from_utf8_lossy(entry.name_raw()).into_owned(), |name| name.into_owned());
            if entry.is_dir() || is_decoy(&name) {
                continue;
            }
            if entry.encrypted() {
                return Err(Error::BadRequest(
                    "the zip is encrypted: unpack it with its password and import the folder".into(),
                ));
            }
            unpacked = unpacked.saturating_add(entry.size());
            numbers.push(number);
            names.push((plain(&name), entry.size()));
        }
        if unpacked > limit {
            return Err(bomb(unpacked, bytes));
        }
        Bundle::known(Place::Zip(Box::new(archive), numbers), names, limit, bytes)
    }

    /// Every file in a folder and in those below it.
    pub fn folder(folder: &Path) -> Result<Bundle> {
        let mut paths = Vec::new();
        walk(folder, DEEPEST, &mut paths)?;
        paths.sort();
        Bundle::files(folder, paths)
    }

    /// One file, and beside it whatever it refers to when `beside` is set.
    pub fn file(path: &Path, beside: bool) -> Result<Bundle> {
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut paths = vec![path.to_owned()];
        if beside {
            for below in ["workout-routes", "clinical-records"] {
                // A folder that is not there has no files.
                let _ = walk(&folder.join(below), 1, &mut paths);
            }
        }
        Bundle::files(folder, paths)
    }

    fn files(folder: &Path, paths: Vec<PathBuf>) -> Result<Bundle> {
        let mut names = Vec::new();
        for path in &paths {
            let size = path.metadata().map_err(|fault| unreadable(path, &fault))?.len();
            let inside = path.strip_prefix(folder).unwrap_or(path);
            names.push((plain(&inside.to_string_lossy()), size));
        }
        let bytes = names.iter().map(|(_, size)| size).sum();
        Bundle::known(Place::Files(paths), names, u64::MAX, bytes)
    }

    fn known(place: Place, names: Vec<(String, u64)>, limit: u64, bytes: u64) -> Result<Bundle> {
        if names.len() > MOST_FILES {
            return Err(Error::TooLarge(format!("there are more than {MOST_FILES} files in it: that is no export")));
        }
        let paths = names.iter().enumerate().map(|(at, (name, _))| (name.clone(), at)).collect();
        let mut bundle = Bundle { place, entries: Vec::new(), paths, room: AtomicU64::new(limit), bytes };
        let idle = Progress::default();
        for (at, (name, size)) in names.into_iter().enumerate() {
            let mut head = Vec::new();
            // A file that cannot be read further is told about when it is its turn.
            let _ = bundle.open(at, &idle, |reader| reader.take(ENOUGH as u64).read_to_end(&mut head))?;
            let kind = sniff::kind(&head);
            bundle.entries.push(Entry { name, kind, size });
        }
        Ok(bundle)
    }

    /// Whether it holds files of Health Auto Export and no export of Apple's.
    pub fn is_of_the_app(&self) -> bool {
        let any = |is: fn(&Entry) -> bool| self.entries.iter().any(is);
        any(Entry::is_of_the_app) && !any(|entry| entry.kind == Kind::Export)
    }

    /// Hands the unpacked bytes of a file to `read`.
    pub fn open<T>(&self, at: usize, progress: &Progress, read: impl FnOnce(&mut dyn Read) -> T) -> Result<T> {
        let is_main = self.entries.get(at).is_some_and(|entry| entry.kind == Kind::Export);
        let room = &self.room;
        match &self.place {
            Place::Zip(archive, numbers) => {
                let mut archive = archive.as_ref().clone();
                let inner = archive.by_index(numbers[at]).map_err(|fault| damaged(&fault))?;
                Ok(read(&mut Counted { inner, progress, room, is_main }))
            }
            Place::Files(paths) => {
                let inner = File::open(&paths[at]).map_err(|fault| unreadable(&paths[at], &fault))?;
                Ok(read(&mut Counted { inner, progress, room, is_main }))
            }
        }
    }

    /// A file's whole content, when it has at most `limit` bytes; the reason when it cannot be read.
    pub fn content(&self, at: usize, limit: u64, progress: &Progress) -> Result<Vec<u8>, String> {
        let mut content = Vec::new();
        let read = self.open(at, progress, |reader| reader.take(limit + 1).read_to_end(&mut content));
        match read.map_err(|fault| fault.to_string())? {
            Err(fault) => Err(format!("the file cannot be read to its end ({fault})")),
            Ok(read) if read as u64 > limit => Err(format!("the file is larger than {} MB", limit >> 20)),
            Ok(_) => Ok(content),
        }
    }

    /// The file that the export at position `of` calls `path`: below its own folder, else the only one that ends so.
    pub fn find(&self, of: usize, path: &str) -> Option<usize> {
        let path = plain(path);
        let below = format!("{}{path}", self.folder_of(of));
        self.paths.get(&below).copied().or_else(|| {
            let name = path.rsplit('/').next().unwrap_or(&path);
            let same = |entry: &Entry| entry.name.rsplit('/').next() == Some(name);
            let mut alike = self.entries.iter().enumerate().filter(|(_, entry)| same(entry));
            let (at, _) = alike.next()?;
            alike.next().is_none().then_some(at)
        })
    }

    /// The folder of a file, with a `/` at its end, or nothing.
    pub fn folder_of(&self, at: usize) -> &str {
        let name = &self.entries[at].name;
        name.rfind('/').map_or("", |end| &name[..=end])
    }

    /// The path of a file on the disk, where it has one.
    pub fn path(&self, at: usize) -> Option<&Path> {
        match &self.place {
            Place::Files(paths) => Some(&paths[at]),
            Place::Zip(..) => None,
        }
    }
}

/// What a Mac adds to every zip, and what no export has.
fn is_decoy(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    name.split('/').any(|part| part == "__MACOSX") || last.starts_with("._") || last == ".DS_Store"
}

/// A path without what would lead out of the folder.
fn plain(name: &str) -> String {
    let name = name.replace('\\', "/");
    let parts = Path::new(&name).components().filter_map(|part| match part {
        Component::Normal(part) => Some(part.to_string_lossy().into_owned()),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

fn walk(folder: &Path, deepest: usize, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).map_err(|fault| unreadable(folder, &fault))?.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let Ok(kind) = entry.file_type() else { continue };
        if is_decoy(&name.to_string_lossy()) || name.to_string_lossy().starts_with('.') {
            continue;
        }
        if kind.is_dir() && deepest > 0 {
            walk(&path, deepest - 1, found)?;
        } else if kind.is_file() || (kind.is_symlink() && path.is_file()) {
            found.push(path);
        }
        if found.len() > MOST_FILES {
            return Err(Error::TooLarge(format!("there are more than {MOST_FILES} files in {}", folder.display())));
        }
    }
    Ok(())
}

fn unreadable(path: &Path, fault: &io::Error) -> Error {
    let name = path.file_name().unwrap_or(path.as_os_str());
    Error::BadRequest(format!("{} cannot be read: {fault}", name.to_string_lossy()))
}

fn damaged(fault: &zip::result::ZipError) -> Error {
    Error::BadRequest(format!("the zip is damaged ({fault}): export or send it again"))
}

fn bomb(unpacked: u64, bytes: u64) -> Error {
    Error::TooLarge(format!(
        "the zip of {bytes} bytes says that it unpacks to {unpacked}, which is more than {EXPANSION} times as much: that \
         is no export; if it is, unpack it and import the folder"
    ))
}

/// A file that several readers read at once, each at its own place.
#[derive(Clone)]
struct Shared {
    file: Arc<File>,
    at: u64,
    bytes: u64,
}

impl Read for Shared {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(into, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Shared {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let moved = |from: u64, by: i64| from.checked_add_signed(by);
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => moved(self.bytes, by),
            SeekFrom::Current(by) => moved(self.at, by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
