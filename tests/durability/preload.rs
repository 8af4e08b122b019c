//! The small library that makes the disk fail and the clock jump: `preload.c`, compiled once, and its control file.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

#[derive(Debug, Clone, Copy)]
pub enum Operation {
    Write = 1,
    Sync = 2,
    Truncate = 3,
    Rename = 4,
    Allocate = 5,
    Create = 6,
    Any = 7,
}

pub const EIO: i64 = 5;
pub const ENOSPC: i64 = 28;

/// In place of an error: the process dies before the operation, or in the middle of a write.
pub const DIES: i64 = -1;
pub const DIES_HALFWAY: i64 = -2;

/// Order of the fields of `struct control`.
const SEEN: u64 = 3;
const FIRED: u64 = 4;
const CLOCK: u64 = 5;
const MANY: u64 = 6;
const FIELDS: usize = 7;

/// What the test has in hand of a program that runs with the library.
pub struct Preload {
    library: &'static Path,
    path: PathBuf,
    control: File,
}

impl Preload {
    /// None, after a line that says so, where there is no C compiler.
    pub fn new(folder: &Path) -> Option<Preload> {
        let library = library()?;
        let path = folder.join("control");
        std::fs::write(&path, [0; FIELDS * 8]).unwrap();
        let control = File::options().read(true).write(true).open(&path).unwrap();
        Some(Preload { library, path, control })
    }

    /// The command with the library loaded.
    pub fn load<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("LD_PRELOAD", self.library).env("PRELOAD_CONTROL", &self.path)
    }

    /// From now on the operation fails the `at`-th time, once.
    pub fn arm(&self, operation: Operation, at: i64, error: i64) {
        self.arm_many(operation, (at, 1), error);
    }

    /// From now on the operation fails `many` times from the `at`-th time on.
    pub fn arm_many(&self, operation: Operation, (at, many): (i64, i64), error: i64) {
        let fields = [(0, 0), (SEEN, 0), (FIRED, 0), (2, error), (1, at), (MANY, many), (0, operation as i64)];
        for (field, value) in fields {
            self.set(field, value);
        }
    }

    /// Nothing fails any more; whether anything has.
    pub fn disarm(&self) -> bool {
        self.set(0, 0);
        self.has_fired()
    }

    pub fn has_fired(&self) -> bool {
        let mut bytes = [0; 8];
        self.control.read_exact_at(&mut bytes, FIRED * 8).unwrap();
        i64::from_ne_bytes(bytes) > 0
    }

    /// Seconds that the clock is ahead of what it would be.
    pub fn set_clock(&self, seconds: i64) {
        self.set(CLOCK, seconds);
    }

    fn set(&self, field: u64, value: i64) {
        self.control.write_all_at(&value.to_ne_bytes(), field * 8).unwrap();
    }
}

fn library() -> Option<&'static Path> {
    static LIBRARY: OnceLock<Option<PathBuf>> = OnceLock::new();
    LIBRARY.get_or_init(compile).as_deref()
}

fn compile() -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/durability/preload.c");
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("preload.so");
    let compiled = Command::new("cc")
        .args(["-std=gnu11", "-shared", "-fPIC", "-O1", "-Wall", "-o"])
        .arg(&library)
        .arg(&source)
        .arg("-ldl")
        .output();
    match compiled {
        Ok(output) if output.status.success() => Some(library),
        Ok(output) => panic!("{}", String::from_utf8_lossy(&output.stderr)),
        Err(fault) => {
            println!("SKIPPED: there is no C compiler here ({fault})");
            None
        }
    }
}
