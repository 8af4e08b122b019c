//! Downloads of three million samples, all ten columns, against DuckDB writing the same file from its own columns.

use std::path::Path;

use crate::support::{ASKED, Bench, print, race};
use duckdb::Connection;
use health_export::export::FileFormat;
use health_export::export::samples::{Question, export};
use health_export::model::shown::System;
use health_export::query::budget::Stop;

const ROWS: u64 = 3_000_000;

pub fn run() {
    let bench = Bench::with_history(2);
    let columns = duckdb_alone(&bench);
    for format in [FileFormat::Csv, FileFormat::Parquet, FileFormat::Ndjson] {
        let yardstick = "DuckDB on its own columns";
        let out = bench.folder.path().join("yardstick");
        let times = race(
            3,
            [
                (yardstick, Box::new(|| copy(&columns, format, &out))),
                ("health-export", Box::new(|| download(&bench, format))),
            ],
        );
        print(&format!("3 M samples to {}", format.as_str()), ROWS, yardstick, &times);
    }
    println!("\nmost memory of this process: {} MB", peak_resident_mb());
}

fn download(bench: &Bench, format: FileFormat) {
    let question = Question {
        user: 1,
        metrics: vec![ASKED.into()],
        from: None,
        to: None,
        layer: None,
        sources: vec![],
        units: System::Metric,
        format,
    };
    let app = &bench.app;
    let made = export(&app.store, &app.engine, &app.spool, &question, &Stop::default()).expect("a file");
    std::fs::remove_file(made).expect("removed, so that the next is made anew");
}

/// The same ten columns, as DuckDB would hold them itself.
fn duckdb_alone(bench: &Bench) -> Connection {
    let connection = Connection::open_in_memory().expect("DuckDB");
    let question = Question {
        user: 1,
        metrics: vec![ASKED.into()],
        from: None,
        to: None,
        layer: None,
        sources: vec![],
        units: System::Metric,
        format: FileFormat::Parquet,
    };
    let app = &bench.app;
    let made = export(&app.store, &app.engine, &app.spool, &question, &Stop::default()).expect("a file");
    connection
        .execute_batch(&format!(
            "SET threads = 2; CREATE TABLE sample AS SELECT * REPLACE (
                 start::TIMESTAMP AS start, \"end\"::TIMESTAMP AS \"end\") FROM read_parquet('{}')",
            made.display()
        ))
        .expect("a table");
    std::fs::remove_file(made).expect("removed");
    connection
}

fn copy(duckdb: &Connection, format: FileFormat, out: &Path) {
    let options = match format {
        FileFormat::Csv => "FORMAT csv, HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%SZ'",
        FileFormat::Parquet => "FORMAT parquet, COMPRESSION zstd",
        FileFormat::Ndjson => "FORMAT json, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%SZ'",
    };
    duckdb.execute_batch(&format!("COPY sample TO '{}' ({options})", out.display())).expect("a copy");
}

fn peak_resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).map_or(0, |kb| kb / 1024)
}
