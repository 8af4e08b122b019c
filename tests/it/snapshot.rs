//! Holds off the torn snapshot: a scan that is split over threads reads with several connections, and if a commit fell
//! between the beginnings of their transactions, one answer would mix two states of the file.
//!
//! Each delivery here gives every row of a metric the same number. An answer with two numbers in it is torn.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use health_export::app::App;
use health_export::model::time::{Bucket, Layer};
use health_export::query::aggregate::{Question, answer};
use health_export::query::budget::Stop;
use health_export::query::stat::Stat;
use jiff::tz::TimeZone;
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

/// Gives every row the same number, in one transaction.
fn replace_all(app: &App, number: i64) {
    let row = |at: i64| sample(Layer::Hour, FIRST + at * STEP, 3600, number as f64);
    deliver(app, "made_up", "things", (0..ROWS).map(row).collect());
}

/// Does `work` while one delivery follows the other.
fn while_writing<T>(app: &App, work: impl FnOnce() -> T) -> T {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| (1..).take_while(|_| !done.load(Ordering::SeqCst)).for_each(|number| replace_all(app, number)));
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

/// Asks while `busy` says so, and at least `rounds` times; gives the distinct numbers seen.
fn ask(app: &App, rounds: usize, busy: impl Fn() -> bool) -> BTreeSet<i64> {
    let (mut seen, mut round) = (BTreeSet::new(), 0);
    while round < rounds || busy() {
        let (least, greatest, count) = extremes(app);
        assert_eq!((least, count), (greatest, ROWS as f64), "torn in round {round}");
        seen.insert(least as i64);
        round += 1;
    }
    seen
}

#[test]
fn an_answer_never_mixes_two_states() {
    let server = server();
    replace_all(&server.app, 0);
    let seen = while_writing(&server.app, || {
        // Two at once, as the budget allows.
        std::thread::scope(|scope| {
            let askers = [0; 2].map(|_| scope.spawn(|| ask(&server.app, 200, || false)));
            askers.map(|asker| asker.join().unwrap())
        })
    });
    // Without many states to mix, nothing would have been shown.
    assert!(seen.iter().all(|seen| seen.len() >= 20), "{} and {} states", seen[0].len(), seen[1].len());
}

#[test]
fn an_answer_never_mixes_two_states_of_another_process() {
    let server = server();
    replace_all(&server.app, 0);
    let importing = AtomicBool::new(true);
    let seen = std::thread::scope(|scope| {
        let asker = scope.spawn(|| ask(&server.app, 50, || importing.load(Ordering::SeqCst)));
        (1..=15).for_each(|number| import_all(&server, number));
        importing.store(false, Ordering::SeqCst);
        asker.join().unwrap()
    });
    assert!(seen.len() >= 8, "only {} states", seen.len());
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

#[test]
fn this_test_would_notice_transactions_that_begin_apart() {
    let server = server();
    replace_all(&server.app, 0);
    assert!(while_writing(&server.app, || (0..1000).any(|_| begun_apart(&server.app))));
}

/// Begins two read transactions one after the other, without holding off the writer; true when they differ.
fn begun_apart(app: &App) -> bool {
    let readers = [0; 2].map(|_| app.store.reader().unwrap());
    let numbers = readers.each_ref().map(|reader| {
        reader.execute_batch("BEGIN").unwrap();
        std::thread::sleep(Duration::from_millis(1));
        reader.query_row("SELECT value FROM sample LIMIT 1", [], |row| row.get::<_, f64>(0)).unwrap()
    });
    readers.iter().for_each(|reader| reader.execute_batch("ROLLBACK").unwrap());
    numbers[0] != numbers[1]
}
