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
    for file in ["yardstick.db", "yardstick.db-wal", "yardstick.db-shm"] {
        // It may not be there.
        let _ = std::fs::remove_file(folder.join(file));
    }
    let connection = opened(&folder.join("yardstick.db"));
    connection.execute_batch(include_str!("../../src/store/schema/schema.sql")).expect("a schema");
    insert(&connection, 1, 0)
}

/// The same into the table of a data directory that no server is using, among the samples of its metric 2. Each round has
/// times of its own, before all others.
pub fn bare_inserts_among(data_dir: &Path, round: i64) -> Duration {
    insert(&opened(&data_dir.join("health.db")), 2, -1_000_000_000 + round * ROWS * 7)
}

fn opened(path: &Path) -> Connection {
    let connection = Connection::open(path).expect("a file");
    connection
        .execute_batch(
            "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384",
        )
        .expect("pragmas");
    connection
}

fn insert(connection: &Connection, metric: i64, after: i64) -> Duration {
    let begun = Instant::now();
    connection.execute_batch("BEGIN IMMEDIATE").expect("a transaction");
    let mut insert = connection
        .prepare("INSERT INTO sample VALUES (1, ?3, ?1, 0, 0, ?2, 0, NULL, NULL, 1, NULL, 0, 1)")
        .expect("a statement");
    for at in 0..ROWS {
        let value = 1.0 + (at % 997) as f64 / 7.0;
        insert.execute(params![1_500_000_000 + after + at * 7, value, metric]).expect("an insert");
    }
    drop(insert);
    connection.execute_batch("COMMIT").expect("a commit");
    begun.elapsed()
}
