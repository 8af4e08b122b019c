//! Work of a known size that is none of ours: what this machine can do at this moment.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

use crate::measure::model::Yardstick;

const BYTES: usize = 32 << 20;
pub const ROWS: i64 = 100_000;

/// The best of three, because others on the machine can only make it slower.
pub fn measure(folder: &Path) -> Yardstick {
    let best = |run: &dyn Fn()| (0..3).map(|_| timed(run)).min().unwrap_or_default().as_secs_f64() * 1e3;
    let bytes = vec![7_u8; BYTES];
    Yardstick {
        sha256_ms: best(&|| assert_ne!(Sha256::digest(&bytes)[..2], [0, 0])),
        inserts_ms: best(&|| {
            bare_inserts(folder);
        }),
    }
}

fn timed(run: &dyn Fn()) -> Duration {
    let begun = Instant::now();
    run();
    begun.elapsed()
}

/// `ROWS` prepared inserts in order into a table like ours, in one synced transaction; gives how long these took.
pub fn bare_inserts(folder: &Path) -> Duration {
    let path = folder.join("yardstick.db");
    for file in ["yardstick.db", "yardstick.db-wal", "yardstick.db-shm"] {
        // It may not be there.
        let _ = std::fs::remove_file(folder.join(file));
    }
    let connection = Connection::open(path).expect("a file");
    connection
        .execute_batch(&format!(
            "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; {}",
            include_str!("../../src/store/schema/schema.sql")
        ))
        .expect("a schema");
    let begun = Instant::now();
    connection.execute_batch("BEGIN IMMEDIATE").expect("a transaction");
    let mut insert = connection
        .prepare("INSERT INTO sample VALUES (1, 1, ?1, 0, 0, ?2, 0, NULL, NULL, 1, NULL, 0, 1)")
        .expect("a statement");
    for at in 0..ROWS {
        insert.execute(params![1_500_000_000 + at * 7, 1.0 + (at % 997) as f64 / 7.0]).expect("an insert");
    }
    drop(insert);
    connection.execute_batch("COMMIT").expect("a commit");
    begun.elapsed()
}
