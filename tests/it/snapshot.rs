//! Holds off the torn snapshot: a scan that is split over threads reads with several connections, and if a commit fell
//! between the beginnings of their transactions, one answer would mix two states of the file.
//!
//! Each delivery here gives every row of a metric the same number. An answer with two numbers in it is torn.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use health_export::app::App;
use health_export::model::bucket::Bucket;
use health_export::model::time::Layer;
use health_export::query::aggregate::{Question, answer};
use health_export::query::budget::Stop;
use health_export::query::stat::Stat;
use health_export::store::Reading;
use jiff::tz::TimeZone;
use rusqlite::Connection;
use serde_json::json;

use crate::support::fill::{OWNER, deliver, sample};
use crate::support::{InProcess, body, command};

/// Hours of the metric: one every two days for about 22 years, so that a scan is cut into many ranges.
const ROWS: i64 = 4_000;
const FIRST: i64 = 946_684_800;
const STEP: i64 = 2 * 86_400;

fn server() -> InProcess {
    let server = InProcess::start_with(&[("duckdb_threads", "2")]);
    assert_eq!(server.app.engine.threads(), 2);
    server
}

/// Gives the first `rows` rows the same number, in one transaction.
fn replace(app: &App, number: i64, rows: i64) {
    let row = |at: i64| sample(Layer::Hour, FIRST + at * STEP, 3600, number as f64);
    deliver(app, "made_up", "things", (0..rows).map(row).collect());
}

/// Does `work` while one write follows the other, each with another number.
fn while_replacing<T>(replace: impl Fn(i64) + Sync, work: impl FnOnce() -> T) -> T {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| (1..).take_while(|_| !done.load(Ordering::SeqCst)).for_each(&replace));
        let worked = catch_unwind(AssertUnwindSafe(work));
        done.store(true, Ordering::SeqCst);
        worked.unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// The least and the greatest number of all, and how many there are.
fn extremes(app: &App) -> (f64, f64, f64) {
    let question = Question {
        user: OWNER,
        metric: "made_up".into(),
        from: None,
        to: None,
        bucket: Bucket::Year,
        zone: TimeZone::UTC,
        stats: vec![Stat::Min, Stat::Max, Stat::Count],
        layer: None,
        sources: Vec::new(),
        dedupe: true,
    };
    let answer = answer(&app.store, &app.engine, &question, &Stop::default()).unwrap();
    let values = |stat: usize| answer.points.iter().filter_map(move |point| point.values[stat]);
    (values(0).fold(f64::MAX, f64::min), values(1).fold(f64::MIN, f64::max), values(2).sum())
}

/// Asks until it has asked often enough and has seen enough states that could have been mixed.
fn ask(app: &App, rounds: usize, states: usize) {
    let (mut seen, begun) = (BTreeSet::new(), Instant::now());
    for round in 0.. {
        let (least, greatest, count) = extremes(app);
        assert_eq!((least, count), (greatest, ROWS as f64), "torn in round {round}");
        seen.insert(least as i64);
        if round >= rounds && seen.len() >= states {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "only {} states in {round} rounds", seen.len());
    }
}

#[test]
fn an_answer_never_mixes_two_states() {
    let server = server();
    replace(&server.app, 0, ROWS);
    let write = |number| replace(&server.app, number, ROWS);
    while_replacing(write, || {
        // Two at once, as the budget allows.
        std::thread::scope(|scope| {
            [0; 2].map(|_| scope.spawn(|| ask(&server.app, 200, 20))).map(|asker| asker.join().unwrap())
        })
    });
}

#[test]
fn an_answer_never_mixes_two_states_of_another_process() {
    let server = server();
    replace(&server.app, 0, ROWS);
    while_replacing(|number| import_all(&server, number), || ask(&server.app, 200, 8));
}

/// The same by the real binary, beside this process.
fn import_all(server: &InProcess, number: i64) {
    let points = (0..ROWS).map(|at| json!({"date": FIRST + at * STEP, "qty": number, "source": "Watch"}));
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("all.json");
    std::fs::write(&file, body("made_up", "things", points.collect()).to_string()).unwrap();
    let mut import = command(server.data_dir.path());
    let done = import.args(["import", "--aggregation", "hours", "--home-zone", "UTC"]).arg(file).output().unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success() && said.contains(&format!("{ROWS} updated")), "{said}");
}

/// Takes snapshots of many lanes, until many states were seen, and looks whether all lanes see the same number.
fn look_with_many_lanes(app: &App) {
    let (mut seen, begun) = (BTreeSet::new(), Instant::now());
    while seen.len() < 300 {
        let snapshot = app.store.snapshot(8).unwrap();
        let numbers: BTreeSet<i64> = snapshot.lanes.iter().map(|lane| number(lane.reading())).collect();
        assert_eq!(numbers.len(), 1, "torn: {numbers:?}");
        seen.extend(numbers);
        assert!(begun.elapsed() < Duration::from_secs(60), "only {} states", seen.len());
    }
}

/// The number that every row has.
fn number(reading: &Reading) -> i64 {
    reading.query_row("SELECT value FROM sample LIMIT 1", [], |row| row.get::<_, f64>(0)).unwrap() as i64
}

#[test]
fn many_lanes_see_one_state_of_the_writer() {
    let server = server();
    replace(&server.app, 0, 1);
    while_replacing(|number| replace(&server.app, number, 1), || look_with_many_lanes(&server.app));
}

#[test]
fn many_lanes_see_one_state_of_a_writer_that_knows_no_gate() {
    let server = server();
    replace(&server.app, 0, 1);
    let other = Mutex::new(Connection::open(server.app.store.path()).unwrap());
    let write = |number: i64| {
        let other = other.lock().unwrap();
        other.busy_timeout(Duration::from_secs(10)).unwrap();
        let (value, version) = ("UPDATE sample SET value =", "UPDATE user SET data_version = data_version + 1");
        other.execute_batch(&format!("BEGIN IMMEDIATE; {value} {number}; {version}; COMMIT")).unwrap();
        std::thread::sleep(Duration::from_micros(500));
    };
    while_replacing(write, || look_with_many_lanes(&server.app));
}

#[test]
fn transactions_that_begin_apart_would_be_noticed() {
    let server = server();
    replace(&server.app, 1, 1);
    let readers = [0; 2].map(|_| server.app.store.reader().unwrap());
    let begin = |reader: &Reading| {
        reader.execute_batch("BEGIN").unwrap();
        number(reader)
    };
    let first = begin(&readers[0]);
    replace(&server.app, 2, 1);
    assert_eq!((first, begin(&readers[1])), (1, 2));
    assert_eq!(number(&readers[0]), 1);
}
