//! Deliveries, from the bytes of a body to the commit, against a bare loop of prepared inserts into the same table.

use std::time::{Duration, Instant};

use crate::support::{Bench, print};
use health_export::receive::{Encoding, Upload};
use health_export::store::deliveries::Origin;
use rusqlite::{Connection, params};

const POINTS: i64 = 100_000;
const ROUNDS: i64 = 5;

pub fn run() {
    let bench = Bench::start(2);
    let (mut ours, mut bare) = (Duration::MAX, Duration::MAX);
    let mut bytes = 0;
    for round in 0..ROUNDS {
        let body = body(round * POINTS, POINTS);
        bytes = body.len();
        ours = ours.min(timed(|| post(&bench, body)));
        bare = bare.min(timed(|| bare_loop(bench.folder.path(), round)));
    }
    let times = [("a bare insert loop".to_owned(), bare), ("a delivery, whole".to_owned(), ours)];
    print(&format!("{POINTS} points, {:.1} MB", bytes as f64 / 1e6), POINTS as u64, "a bare insert loop", &times);

    let mut small: Vec<Duration> = (0..200)
        .map(|round| body(ROUNDS * POINTS + round * 1000, 1000))
        .map(|body| timed(|| post(&bench, body)))
        .collect();
    small.sort();
    println!("\n1,000 fresh points: P50 {:.1} ms, P99 {:.1} ms", ms(small[100]), ms(small[197]));
}

fn timed(run: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    run();
    begun.elapsed()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn post(bench: &Bench, body: Vec<u8>) {
    let (origin, body) = (Origin::default(), body.into());
    let upload = Upload { user: 1, api_key: None, origin, encoding: Encoding::Identity, body };
    let receipt = bench.app.receiver.receive_blocking(upload).expect("a receipt");
    assert_eq!(receipt.counts.stored, receipt.counts.received);
}

/// Fresh points, a second apart so that each is a sample of its own.
pub fn body(first: i64, points: i64) -> Vec<u8> {
    let mut body = String::from("{\"data\":{\"metrics\":[{\"name\":\"active_energy\",\"units\":\"kJ\",\"data\":[");
    for at in first..first + points {
        let time = jiff::Timestamp::from_second(1_500_000_000 + at * 7).expect("a time");
        let comma = if at == first { "" } else { "," };
        body.push_str(&format!(
            "{comma}{{\"qty\":{:.12},\"date\":\"{} +0000\",\"source\":\"Robin\u{2019}s Apple\u{a0}Watch\"}}",
            1.0 + (at % 997) as f64 / 7.0,
            time.strftime("%Y-%m-%d %H:%M:%S"),
        ));
    }
    body.push_str("]}]}}");
    body.into_bytes()
}

/// What the disk and SQLite allow: the same rows, prepared and in order, in one synced transaction.
fn bare_loop(folder: &std::path::Path, round: i64) {
    let connection = Connection::open(folder.join("bare.db")).expect("a file");
    connection
        .execute_batch(&format!(
            "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; {}",
            if round == 0 { include_str!("../src/store/schema/schema.sql") } else { "" }
        ))
        .expect("a schema");
    connection.execute_batch("BEGIN IMMEDIATE").expect("a transaction");
    let mut insert = connection
        .prepare("INSERT INTO sample VALUES (1, 1, ?1, 0, 0, ?2, 0, NULL, NULL, 1, NULL, 0, 1, 0)")
        .expect("a statement");
    for at in round * POINTS..(round + 1) * POINTS {
        insert.execute(params![1_500_000_000 + at * 7, 1.0 + (at % 997) as f64 / 7.0]).expect("an insert");
    }
    drop(insert);
    connection.execute_batch("COMMIT").expect("a commit");
}
