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
    /// The column of SQLite.
    pub sql: &'static str,
    /// The one that is added to it; empty for none.
    pub plus: &'static str,
}

#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    pub columns: &'static [Column],
    /// For runs of rows instead of rows: the columns of SQLite that they are added up from.
    pub run_of: &'static [&'static str],
    /// Start, span and layer, where a window can be laid over the rows.
    pub anchors: &'static [&'static str],
    /// Whether a scan reads ranges of (user, metric, from, to) in the order of the clustered key; else it reads all of the table, in the
    /// order of its ids.
    pub is_clustered: bool,
    /// A guess at the number of rows, by which DuckDB decides which side of a join it holds in memory.
    pub rows: u64,
}

const fn column(name: &'static str, kind: ColumnKind, sql: &'static str) -> Column {
    Column { name, kind, sql, plus: "" }
}

const fn end(name: &'static str, kind: ColumnKind) -> Column {
    Column { name, kind, sql: "start", plus: "span" }
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
        end("end_at", Timestamp),
        end("end_utc", TimestampUtc),
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
    is_clustered: true,
    rows: 10_000_000,
};

const ANCHORS: &[&str] = &["start", "span", "layer"];

const RUN_COLUMNS: &[Column] = &[
    column("bucket", Bucket, ""),
    column("samples", Run(RunFigure::Samples), ""),
    column("measured", Run(RunFigure::Measured), ""),
    column("total", Run(RunFigure::Total), ""),
    column("low", Run(RunFigure::Low), ""),
    column("high", Run(RunFigure::High), ""),
];

/// Runs of samples without a min or max of their own.
pub static SAMPLE_RUNS: Table = Table {
    name: "sample",
    columns: RUN_COLUMNS,
    run_of: &["value"],
    anchors: ANCHORS,
    is_clustered: true,
    rows: 100_000,
};

/// Runs of samples some of which have a min and max of their own.
pub static SUMMARY_RUNS: Table = Table {
    name: "sample",
    columns: RUN_COLUMNS,
    run_of: &["value", "min", "max"],
    anchors: ANCHORS,
    is_clustered: true,
    rows: 100_000,
};

pub static METRICS: Table = Table {
    name: "metric",
    columns: &[column("id", Integer, "id"), column("name", Text, "name"), column("unit", Text, "unit")],
    run_of: &[],
    anchors: &[],
    is_clustered: false,
    rows: 100,
};

pub static SOURCES: Table = Table {
    name: "source",
    columns: &[column("id", Integer, "id"), column("name", Text, "name")],
    run_of: &[],
    anchors: &[],
    is_clustered: false,
    rows: 100,
};
