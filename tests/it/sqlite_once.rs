//! Holds off a second copy of SQLite in the process, statically linked or loaded: two copies do not know of each other's
//! locks, and one closing the file silently loses what the other has acknowledged.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::support::{InProcess, RealServer};

const PATTERN: &[u8] = b"dddd-dd-dd dd:dd:dd ";
const HASH: usize = 64;

/// Every distinct SQLite source id in `bytes`: a time and a hash, as in `2024-01-23 01:02:03 0123...cdef`.
fn source_ids(bytes: &[u8]) -> BTreeSet<String> {
    let length = PATTERN.len() + HASH;
    let windows = bytes.windows(length).filter(|window| window[4] == b'-' && is_source_id(window));
    windows.map(|window| String::from_utf8(window.to_vec()).unwrap()).collect()
}

fn is_source_id(window: &[u8]) -> bool {
    let (time, hash) = window.split_at(PATTERN.len());
    let fits = |(byte, pattern): (&u8, &u8)| if *pattern == b'd' { byte.is_ascii_digit() } else { byte == pattern };
    // The last four digits of a modified SQLite are a word.
    time.iter().zip(PATTERN).all(fits) && hash[..HASH - 4].iter().all(u8::is_ascii_hexdigit)
}

/// What the SQLite that `store` uses says of itself.
fn our_source_id() -> String {
    let server = InProcess::start();
    let reader = server.app.store.reader().unwrap();
    reader.query_row("SELECT sqlite_source_id()", [], |row| row.get(0)).unwrap()
}

/// The libraries that the process has mapped, executable itself included.
fn mapped_files(pid: u32) -> BTreeSet<PathBuf> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    maps.lines()
        .filter_map(|line| line.split_whitespace().nth(5))
        .map(PathBuf::from)
        .filter(|path| path.is_file())
        .collect()
}

#[test]
fn the_binary_holds_one_sqlite() {
    let binary = fs::read(env!("CARGO_BIN_EXE_health-export")).unwrap();
    let ours = our_source_id();
    assert_eq!(source_ids(&binary), BTreeSet::from([ours[..PATTERN.len() + HASH].to_owned()]));
}

#[test]
fn no_library_of_the_process_holds_another() {
    let folder = tempfile::tempdir().unwrap();
    let server = RealServer::start(folder.path());
    let mapped = mapped_files(server.process.id());
    let binary = fs::canonicalize(env!("CARGO_BIN_EXE_health-export")).unwrap();
    assert!(mapped.contains(&binary), "{mapped:?}");
    let is_library = |path: &&PathBuf| path.to_string_lossy().contains(".so");
    let libraries: Vec<&PathBuf> = mapped.iter().filter(is_library).collect();
    assert!(!libraries.is_empty());
    for library in libraries {
        assert!(!library.to_string_lossy().contains("sqlite"), "{}", library.display());
        assert_eq!(source_ids(&fs::read(library).unwrap()), BTreeSet::new(), "{}", library.display());
    }
}

#[test]
fn this_test_would_notice_a_second_sqlite() {
    let (ours, hash) = (our_source_id(), "0123456789abcdef".repeat(4));
    let other = format!("2019-01-31 23:59:58 {hash}");
    let bytes = format!("\0\0{ours}\0SQLite format 3\0{other}\0{ours}alt1");
    assert_eq!(source_ids(bytes.as_bytes()).len(), 2);
}
