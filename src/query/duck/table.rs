//! The SQLite tables that DuckDB can read, and their columns as DuckDB sees them.

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    Integer,
    Real,
    /// Seconds since the epoch, handed over as a timestamp without and with UTC as its zone.
    Timestamp,
    TimestampUtc,
    Text,
    /// Not stored: the start of the bucket that the row falls into, from the request's window.
    Bucket,
    /// Not stored: a figure of a run of rows.
    Run(RunFigure),
}

/// What is added up over consecutive rows of one bucket: see `scan/runs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunFigure {
    /// Rows.
    Samples,
    /// Rows with a value.
    Measured,
    /// Sum of the values.
    Total,
    /// Least and greatest value, or min and max where a row has its own.
    Low,
    High,
}

#[derive(Debug)]
pub struct Column {
    pub name: &'static str,
    pub kind: ColumnKind,
    /// The expression in SQLite.
    pub sql: &'static str,
}

#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    pub columns: &'static [Column],
    /// For runs of rows instead of rows: the columns of SQLite that they are added up from.
    pub run_of: &'static [&'static str],
    /// Expressions for start, span and layer, where a window can be laid over the rows.
    pub anchors: &'static [&'static str],
    /// How rows are ordered within a range.
    pub order: &'static str,
    /// A guess at the number of rows, by which DuckDB decides which side of a join it holds in memory.
    pub rows: u64,
}

const fn column(name: &'static str, kind: ColumnKind, sql: &'static str) -> Column {
    Column { name, kind, sql }
}

use ColumnKind::{Bucket, Integer, Real, Run, Text, Timestamp, TimestampUtc};

/// Samples; a range is (user, metric, from, to) in the clustered key.
pub static SAMPLES: Table = Table {
    name: "sample",
    columns: &[
        column("metric", Integer, "metric"),
        column("start", Integer, "start"),
        column("start_at", Timestamp, "start"),
        column("start_utc", TimestampUtc, "start"),
        column("end_at", Timestamp, "start + span"),
        column("end_utc", TimestampUtc, "start + span"),
        column("value", Real, "value"),
        column("min", Real, "min"),
        column("max", Real, "max"),
        column("source", Integer, "source"),
        column("layer", Integer, "layer"),
        column("context", Integer, "context"),
        column("offset_minutes", Integer, "offset_minutes"),
        column("delivery", Integer, "delivery"),
        column("span", Integer, "span"),
        column("bucket", Bucket, ""),
    ],
    run_of: &[],
    anchors: ANCHORS,
    order: KEY,
    rows: 10_000_000,
};

const ANCHORS: &[&str] = &["start", "span", "layer"];
const KEY: &str = "user, metric, start, layer, twin";

const RUN_COLUMNS: &[Column] = &[
    column("bucket", Bucket, ""),
    column("samples", Run(RunFigure::Samples), ""),
    column("measured", Run(RunFigure::Measured), ""),
    column("total", Run(RunFigure::Total), ""),
    column("low", Run(RunFigure::Low), ""),
    column("high", Run(RunFigure::High), ""),
];

/// Runs of samples without a min or max of their own.
pub static SAMPLE_RUNS: Table =
    Table { name: "sample", columns: RUN_COLUMNS, run_of: &["value"], anchors: ANCHORS, order: KEY, rows: 100_000 };

/// Runs of samples some of which have a min and max of their own.
pub static SUMMARY_RUNS: Table = Table {
    name: "sample",
    columns: RUN_COLUMNS,
    run_of: &["value", "min", "max"],
    anchors: ANCHORS,
    order: KEY,
    rows: 100_000,
};

pub static METRICS: Table = Table {
    name: "metric",
    columns: &[column("id", Integer, "id"), column("name", Text, "name"), column("unit", Text, "unit")],
    run_of: &[],
    anchors: &[],
    order: "id",
    rows: 100,
};

pub static SOURCES: Table = Table {
    name: "source",
    columns: &[column("id", Integer, "id"), column("name", Text, "name")],
    run_of: &[],
    anchors: &[],
    order: "id",
    rows: 100,
};

/// The condition of a scan of samples, for ranges of four numbers.
pub const SAMPLE_RANGE: &str = "user = ?1 AND metric = ?2 AND start >= ?3 AND start < ?4";

/// The condition of a scan of everything.
pub const ALL: &str = "true";
