//! Holds off the answer that reads everything: a question about one year of ten steps over that year's rows only, and a
//! page of samples touches a handful of database pages, wherever it lies.

use health_export::model::bucket::Bucket;
use health_export::model::time::Layer;
use health_export::query::aggregate::{self, Question};
use health_export::query::budget::Stop;
use health_export::query::samples;
use health_export::query::stat::Stat;
use health_export::store::Reading;
use health_export::store::lane::statement_of_samples;
use health_export::store::samples::{Narrowing, Position};
use jiff::tz::TimeZone;
use rusqlite::ffi;

use crate::support::InProcess;
use crate::support::fill::{OWNER, deliver, sample};

/// 200,000 samples in ten years from 2014.
const ROWS: i64 = 200_000;
const FIRST: i64 = 1_388_534_400;
const STEP: i64 = 1_577;
const DAY: i64 = 86_400;

/// 2019.
const FROM: i64 = 1_546_300_800;
const TO: i64 = 1_577_836_800;

fn start_of(at: i64) -> i64 {
    FIRST + at * STEP
}

fn ten_years(threads: &str) -> InProcess {
    let server = InProcess::start_with(&[("duckdb_threads", threads)]);
    for part in 0..4 {
        let rows = part * ROWS / 4..(part + 1) * ROWS / 4;
        let samples = rows.map(|at| sample(Layer::Raw, start_of(at), 0, at as f64)).collect();
        deliver(&server.app, "made_up", "things", samples);
    }
    server
}

/// One year by months.
fn year(metric: &str) -> Question {
    Question {
        user: OWNER,
        metric: metric.into(),
        from: Some(FROM),
        to: Some(TO),
        bucket: Bucket::Month,
        zone: TimeZone::UTC,
        stats: vec![Stat::Count],
        layer: None,
        sources: Vec::new(),
        dedupe: true,
    }
}

/// Rows stepped over, and samples counted.
fn ask(server: &InProcess, question: &Question) -> (u64, f64) {
    let answer = aggregate::answer(&server.app.store, &server.app.engine, question, &Stop::default()).unwrap();
    (answer.rows_stepped, answer.points.iter().filter_map(|point| point.values[0]).sum())
}

#[test]
fn a_year_of_ten_steps_over_that_year() {
    let expected = (0..ROWS).map(start_of).filter(|start| (FROM..TO).contains(start)).count();
    assert!(expected > 15_000);
    for threads in ["1", "2"] {
        let server = ten_years(threads);
        assert_eq!(ask(&server, &year("made_up")), (expected as u64, expected as f64), "{threads} threads");
    }
}

#[test]
fn days_are_looked_for_one_day_further_back_only() {
    let server = InProcess::start_with(&[("duckdb_threads", "2")]);
    let samples = (0..3_653).map(|day| sample(Layer::Day, FIRST + day * DAY, DAY, 1.0)).collect();
    deliver(&server.app, "step_count", "count", samples);
    // Around each of the eight pieces four days before and after are read too, for a day elsewhere may reach into it.
    let few = |(stepped, counted): (u64, f64), layers: u64| {
        assert!((365 * layers..(365 + 8 * 10) * layers).contains(&stepped) && counted == 365.0, "{stepped} {counted}");
    };
    few(ask(&server, &year("step_count")), 1);
    let minutes = (0..3_653).map(|day| sample(Layer::Minute, FIRST + day * DAY, 60, 1.0)).collect();
    deliver(&server.app, "step_count", "count", minutes);
    few(ask(&server, &year("step_count")), 2);
}

fn plan(reading: &Reading, sql: &str) -> Vec<String> {
    let mut statement = reading.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let parameters = statement.parameter_count();
    let rows = statement.query_map(rusqlite::params_from_iter(vec![1; parameters]), |row| row.get(3)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn the_statement_of_a_scan_is_one_range_of_the_clustered_key() {
    let server = ten_years("1");
    let reader = server.app.store.reader().unwrap();
    let range = "SEARCH sample USING PRIMARY KEY (user=? AND metric=? AND start>? AND start<?)";
    let (layers, sources): (Option<&[_]>, Option<&[_]>) = (Some(&[Layer::Day]), Some(&[1, 2]));
    for (layers, sources) in [(None, None), (layers, None), (None, sources), (layers, sources)] {
        let narrowing = Narrowing::new(layers, sources);
        assert_eq!(plan(&reader, &statement_of_samples(&["value"], &narrowing)), [range], "{narrowing:?}");
    }
}

/// Database pages that the connection has asked its cache for.
fn pages_touched(reading: &Reading) -> i32 {
    let count = |counter: i32| {
        let (mut now, mut highest) = (0, 0);
        // SAFETY: the handle is open for as long as `reading` is borrowed, and both places outlive the call.
        let code = unsafe { ffi::sqlite3_db_status(reading.handle(), counter, &mut now, &mut highest, 0) };
        assert_eq!(code, ffi::SQLITE_OK);
        now
    };
    count(ffi::SQLITE_DBSTATUS_CACHE_HIT) + count(ffi::SQLITE_DBSTATUS_CACHE_MISS)
}

/// A page of ten after the sample `at`, and the database pages that it took.
fn page(reading: &Reading, at: Option<i64>, descending: bool, layer: Option<Layer>) -> (Vec<i64>, i32) {
    let question = samples::Question {
        user: OWNER,
        metric: "made_up".into(),
        from: None,
        to: None,
        layer,
        sources: Vec::new(),
        descending,
        limit: 10,
        after: at.map(|at| Position { start: start_of(at), layer: 0, twin: 0 }),
    };
    let before = pages_touched(reading);
    let answer = samples::answer(reading, &question).unwrap();
    let values = answer.samples.iter().map(|sample| sample.value.unwrap() as i64).collect();
    (values, pages_touched(reading) - before)
}

#[test]
fn a_page_costs_the_same_wherever_it_lies() {
    let server = ten_years("1");
    let reader = server.app.store.reader().unwrap();
    // The first question reads the schema too.
    page(&reader, None, false, None);
    for layer in [None, Some(Layer::Raw)] {
        for at in [None, Some(0), Some(ROWS / 2), Some(ROWS - 100)] {
            for descending in [false, true].into_iter().filter(|descending| !descending || at != Some(0)) {
                let (values, touched) = page(&reader, at, descending, layer);
                let first = match (at, descending) {
                    (None, false) => 0,
                    (None, true) => ROWS - 1,
                    (Some(at), false) => at + 1,
                    (Some(at), true) => at - 1,
                };
                let expected: Vec<i64> =
                    (0..10).map(|row| if descending { first - row } else { first + row }).collect();
                assert_eq!(values, expected);
                assert!(touched < 60, "{touched} pages for ten samples after {at:?}, descending: {descending}");
            }
        }
    }
    let (everything, before) = ("SELECT count(value) FROM sample", pages_touched(&reader));
    assert_eq!(reader.query_row(everything, [], |row| row.get::<_, i64>(0)).unwrap(), ROWS);
    assert!(pages_touched(&reader) - before > 500, "this test would not notice");
}
