//! Ten years of days from rollups, against SQLite reading the same rows of the same table, and against adding up the samples.

use crate::support::{ASKED, Bench, print, race};
use health_export::app::App;
use health_export::model::bucket::Bucket;
use health_export::query::aggregate::{Answer, Question, answer, answer_from_samples};
use health_export::query::budget::Stop;
use health_export::query::rollups::refresh;
use health_export::query::stat::Stat;
use jiff::tz::TimeZone;
use std::time::Instant;

const YARDSTICK: &str = "SQLite, the rows alone";

pub fn run() {
    let bench = Bench::with_history(2);
    let app = &bench.app;
    let begun = Instant::now();
    let buckets = refresh(&app.store, &app.engine, &app.home()).expect("rollups");
    println!("\nrolling up all 10 M samples: {buckets} buckets in {:.1} s", begun.elapsed().as_secs_f64());
    let file = rusqlite::Connection::open(bench.database()).expect("the file");
    for (title, bucket, grain) in [("days", Bucket::Day, 1), ("hours", Bucket::Hour, 0)] {
        let rows = rows_alone(&file, grain);
        let times = race(
            7,
            [
                (YARDSTICK, Box::new(|| assert_eq!(rows_alone(&file, grain), rows))),
                // At an end it may read one more, whose last value lasts into the range.
                ("from rollups", Box::new(|| assert!(ask(app, bucket).rows_stepped.abs_diff(rows) <= 1))),
                ("from the samples", Box::new(|| drop(from_samples(app, bucket)))),
            ],
        );
        print(&format!("Nine years of {title}, {rows} of them"), rows, YARDSTICK, &times);
    }
}

fn question(bucket: Bucket) -> Question {
    Question {
        user: 1,
        metric: ASKED.into(),
        from: None,
        to: None,
        bucket,
        zone: TimeZone::UTC,
        stats: Stat::DEFAULT.to_vec(),
        layer: None,
        sources: vec![],
        dedupe: true,
    }
}

fn ask(app: &App, bucket: Bucket) -> Answer {
    answer(&app.store, &app.engine, &question(bucket), &Stop::default()).expect("an answer")
}

fn from_samples(app: &App, bucket: Bucket) -> Answer {
    answer_from_samples(&app.store, &app.engine, &question(bucket), &Stop::default()).expect("an answer")
}

fn rows_alone(file: &rusqlite::Connection, grain: i64) -> u64 {
    let mut statement = file
        .prepare_cached(
            "SELECT start, samples, total, low, high FROM rollup
             WHERE user = 1 AND metric = (SELECT id FROM metric WHERE name = ?1) AND grain = ?2 ORDER BY start",
        )
        .expect("a statement");
    let rows = statement.query_map((ASKED, grain), |row| row.get::<_, i64>(0)).expect("rows");
    rows.filter(|start| start.is_ok()).count() as u64
}
