//! Aggregates over the SQLite file, against SQLite alone and against DuckDB on its own columns.

use crate::support::{ASKED, Bench, FROM, TO, open, print, race};
use duckdb::Connection;
use health_export::model::bucket::Bucket;
use health_export::query::aggregate::{Question, answer};
use health_export::query::budget::Stop;
use health_export::query::stat::Stat;
use jiff::tz::TimeZone;

const STATS: [Stat; 4] = [Stat::Count, Stat::Avg, Stat::Min, Stat::Max];
const YEAR: (i64, i64) = (FROM + 6 * 365 * 86_400, FROM + 7 * 365 * 86_400);

pub fn run() {
    let bench = Bench::with_history(2);
    let one_thread = open(bench.folder.path(), 1);
    let sqlite = rusqlite_alone(&bench);
    let columns = duckdb_alone(&bench);
    for (title, (from, to)) in [("3 M samples to daily count, avg, min, max", (FROM, TO)), ("One year of them", YEAR)] {
        let rows = ask(&bench.app, from, to);
        let times = race(
            5,
            [
                ("DuckDB on its own columns", Box::new(|| own_columns(&columns, from, to))),
                ("SQLite alone", Box::new(|| group_by(&sqlite, from, to))),
                ("the scan, one thread", Box::new(|| assert_eq!(ask(&one_thread, from, to), rows))),
                ("the scan, two threads", Box::new(|| assert_eq!(ask(&bench.app, from, to), rows))),
            ],
        );
        print(&format!("{title}: {rows} of 10,000,000 rows stepped"), rows, "DuckDB on its own columns", &times);
    }
}

/// The whole way of a question; gives the rows stepped.
fn ask(app: &health_export::app::App, from: i64, to: i64) -> u64 {
    let question = Question {
        user: 1,
        metric: ASKED.into(),
        from: Some(from),
        to: Some(to),
        bucket: Bucket::Day,
        zone: TimeZone::UTC,
        stats: STATS.to_vec(),
        layer: None,
        sources: vec![],
        dedupe: true,
    };
    let answer = answer(&app.store, &app.engine, &question, &Stop::default()).expect("an answer");
    assert_eq!(answer.points.len() as i64, (to - from) / 86_400);
    answer.rows_stepped
}

fn rusqlite_alone(bench: &Bench) -> impl AsRef<rusqlite::Connection> {
    struct Alone(rusqlite::Connection);
    impl AsRef<rusqlite::Connection> for Alone {
        fn as_ref(&self) -> &rusqlite::Connection {
            &self.0
        }
    }
    let connection = rusqlite::Connection::open(bench.database()).expect("the file");
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -2048").expect("a pragma");
    Alone(connection)
}

fn group_by(sqlite: &impl AsRef<rusqlite::Connection>, from: i64, to: i64) {
    let mut statement = sqlite
        .as_ref()
        .prepare_cached(
            "SELECT start / 86400, count(*), avg(value), min(value), max(value) FROM sample
             WHERE user = 1 AND metric = (SELECT id FROM metric WHERE name = ?1) AND start >= ?2 AND start < ?3 GROUP BY 1",
        )
        .expect("a statement");
    let rows = statement.query_map((ASKED, from, to), |row| row.get::<_, i64>(1)).expect("rows");
    assert_eq!(rows.count() as i64, (to - from) / 86_400);
}

/// All ten million samples copied into a DuckDB table: the limit of what reading in place can reach.
fn duckdb_alone(bench: &Bench) -> Connection {
    let connection = Connection::open_in_memory().expect("DuckDB");
    connection
        .execute_batch("SET threads = 2; CREATE TABLE sample (user BIGINT, metric BIGINT, start BIGINT, value DOUBLE)")
        .expect("a table");
    let sqlite = rusqlite::Connection::open(bench.database()).expect("the file");
    let mut statement = sqlite.prepare("SELECT user, metric, start, value FROM sample").expect("a statement");
    let mut rows = statement.query([]).expect("rows");
    let mut appender = connection.appender("sample").expect("an appender");
    while let Some(row) = rows.next().expect("a row") {
        let integer = |column| row.get::<_, i64>(column).expect("an integer");
        let value: f64 = row.get(3).expect("a value");
        appender.append_row(duckdb::params![integer(0), integer(1), integer(2), value]).expect("an append");
    }
    drop(appender);
    connection
}

fn own_columns(duckdb: &Connection, from: i64, to: i64) {
    let mut statement = duckdb
        .prepare(
            "SELECT start // 86400 AS day, count(*), avg(value), min(value), max(value) FROM sample
             WHERE user = 1 AND metric = 1 AND start >= ? AND start < ? GROUP BY day ORDER BY day",
        )
        .expect("a statement");
    let rows = statement.query_map([from, to], |row| row.get::<_, i64>(1)).expect("rows");
    assert_eq!(rows.count() as i64, (to - from) / 86_400);
}
