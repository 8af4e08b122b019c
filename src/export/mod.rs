//! Rows to files. A download is made once, by DuckDB but for CSV of samples, into the spool folder, and served from there: a
//! slow reader then pins no snapshot, and ranges and HEAD come for free.

mod aggregates;
pub mod cell;
pub mod events;
pub mod geojson;
pub mod gpx;
pub mod nights;
mod sample_csv;
pub mod samples;
pub mod spool;
mod table;
pub mod tables;
pub mod workouts;

/// What a file can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    Csv,
    Parquet,
    Ndjson,
}

impl FileFormat {
    pub fn parse(name: &str) -> Option<FileFormat> {
        match name {
            "csv" => Some(FileFormat::Csv),
            "parquet" => Some(FileFormat::Parquet),
            "ndjson" => Some(FileFormat::Ndjson),
            _ => None,
        }
    }

    /// Its name, which is the file's extension too.
    pub fn as_str(self) -> &'static str {
        match self {
            FileFormat::Csv => "csv",
            FileFormat::Parquet => "parquet",
            FileFormat::Ndjson => "ndjson",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            FileFormat::Csv => "text/csv; charset=utf-8",
            FileFormat::Parquet => "application/vnd.apache.parquet",
            FileFormat::Ndjson => "application/x-ndjson",
        }
    }
}
