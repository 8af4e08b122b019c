//! Holds off the loss of acknowledged writes by a lost lock: POSIX locks belong to the process, so a second SQLite in it,
//! or any ordinary open and close of the database, drops those of the first. The next program that visits the file then
//! believes itself alone, and takes the WAL away with what is in it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Client, RealServer, body, command};

/// The byte of the `-shm` file that a process with an open WAL database has locked: SQLite's `UNIX_SHM_DMS`.
const LOCKED_BYTE: &str = "128";

fn beside(data_dir: &Path, suffix: &str) -> PathBuf {
    data_dir.join(format!("health.db{suffix}"))
}

/// Whether the process has its lock. The kernel hands out its list a page at a time and may skip a line when others come
/// and go in between, so a lock that is not there is looked for again; one that is lost does not come back.
fn holds_lock(pid: u32, shm: &Path) -> bool {
    (0..20).any(|look| {
        std::thread::sleep(Duration::from_millis(look));
        is_listed(pid, shm)
    })
}

/// Looks into the kernel's list, once: `1: POSIX ADVISORY READ pid maj:min:inode first last`.
fn is_listed(pid: u32, shm: &Path) -> bool {
    let inode = format!(":{}", fs::metadata(shm).unwrap().ino());
    let (pid, locks) = (pid.to_string(), fs::read_to_string("/proc/locks").unwrap());
    locks.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).any(|line| match line[..] {
        [_, "POSIX", _, _, owner, file, first, last] => {
            owner == pid && file.ends_with(&inode) && first == LOCKED_BYTE && last == LOCKED_BYTE
        }
        _ => false,
    })
}

/// Another program that opens the file as SQLite does, checkpoints it, and leaves.
fn visit(data_dir: &Path) {
    let visitor = Connection::open(beside(data_dir, "")).unwrap();
    let busy: i64 = visitor.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(0)).unwrap();
    assert_eq!(busy, 0);
}

/// A server, and the WAL that it began with.
struct Watched<'a> {
    server: RealServer,
    data_dir: &'a Path,
    wal: u64,
}

impl Watched<'_> {
    fn start(data_dir: &Path) -> Watched<'_> {
        let server = RealServer::start(data_dir);
        Watched { server, data_dir, wal: fs::metadata(beside(data_dir, "-wal")).unwrap().ino() }
    }

    /// Fails unless the lock and the WAL are still there, before and after a visitor.
    #[track_caller]
    fn is_safe(&self, after: &str) {
        for visited in [false, true] {
            let wal = fs::metadata(beside(self.data_dir, "-wal"));
            let wal =
                wal.unwrap_or_else(|fault| panic!("after {after} (visited: {visited}): the WAL is gone: {fault}"));
            assert_eq!((wal.ino(), wal.nlink()), (self.wal, 1), "after {after} (visited: {visited})");
            let shm = beside(self.data_dir, "-shm");
            assert!(holds_lock(self.server.process.id(), &shm), "after {after} (visited: {visited}): no lock");
            if !visited {
                visit(self.data_dir);
            }
        }
    }
}

/// One sample a minute from an hour of its own for each `number`.
fn hour(number: i64, samples: i64) -> Value {
    let point = |at: i64| json!({"date": 1_600_000_000 + number * 3600 + at, "qty": number, "source": "Watch"});
    body("flights_climbed", "count", (0..samples).map(point).collect())
}

fn stored(client: &Client) -> u64 {
    let metrics = client.get("/api/v1/metrics").expect(200);
    metrics["metrics"][0]["count"].as_u64().unwrap_or(0)
}

#[test]
fn nothing_the_server_does_costs_its_lock_or_its_wal() {
    let folder = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(folder.path(), "admin");
    let watched = Watched::start(folder.path());
    let client = Client::new(&watched.server.base, Some(&key));
    watched.is_safe("the start");
    let mut acknowledged = 0;
    let steps = [
        "/api/v1/aggregate/flights_climbed?bucket=hour&stat=median",
        "/api/v1/aggregate/flights_climbed?bucket=year&dedupe=none",
        "/api/v1/export/samples?format=csv",
        "/api/v1/export/samples?format=parquet",
        "/api/v1/export/samples?format=ndjson",
        "/api/v1/data/flights_climbed?limit=100",
        "/api/v1/data/flights_climbed?limit=100000&format=csv&order=desc",
        "/api/v1/metrics",
        "/api/v1/deliveries",
        "/health/ready",
    ];
    for (number, step) in (0..).zip(steps) {
        acknowledged += client.ingest(&hour(number, 60)).expect(200)["stored"].as_u64().unwrap();
        assert_eq!(client.get(step).status, 200, "{step}");
        watched.is_safe(step);
    }
    client.post("/api/v1/backup", &[], b"").expect(200);
    watched.is_safe("a backup of its own");
    RealServer::create_key(folder.path(), "read");
    watched.is_safe("another process that made a key");
    let out = folder.path().join("out.parquet").display().to_string();
    for beside in [&["check"][..], &["key", "list"], &["backup"], &["export", "--format", "parquet", "--out", &out]] {
        assert!(command(folder.path()).args(beside).output().unwrap().status.success(), "{beside:?}");
        watched.is_safe(beside[0]);
    }
    acknowledged += checkpoint_by_size(&client, folder.path());
    watched.is_safe("a checkpoint of its own");
    // The server is killed here, without a chance to write anything more.
    drop(watched);
    let server = RealServer::start(folder.path());
    assert_eq!(stored(&Client::new(&server.base, Some(&key))), acknowledged);
}

/// Sends until SQLite checkpoints by itself, which shows in the size of the file; gives the samples acknowledged.
fn checkpoint_by_size(client: &Client, data_dir: &Path) -> u64 {
    let size = || fs::metadata(beside(data_dir, "")).unwrap().len();
    let (before, mut acknowledged) = (size(), 0);
    for number in (0..40).map(|number| 1000 + 20 * number) {
        acknowledged += client.ingest(&hour(number, 20_000)).expect(200)["stored"].as_u64().unwrap();
        if size() > before {
            return acknowledged;
        }
    }
    panic!("40 deliveries, and no checkpoint");
}

#[test]
fn this_test_would_notice_a_lost_lock() {
    let folder = tempfile::tempdir().unwrap();
    let connection = Connection::open(beside(folder.path(), "")).unwrap();
    connection.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)").unwrap();
    let shm = beside(folder.path(), "-shm");
    assert!(holds_lock(std::process::id(), &shm));
    drop(fs::File::open(&shm).unwrap());
    assert!(!holds_lock(std::process::id(), &shm));
}
