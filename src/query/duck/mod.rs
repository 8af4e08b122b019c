//! DuckDB over the SQLite file: the only place that names duckdb.
//!
//! `engine` is DuckDB with its limits; `table` says which SQLite tables it can read; `request` is one scan of one of them,
//! `window` the local buckets laid over it, and `scan` the function that moves the rows. `feed` is the other way in: rows
//! made in Rust. Both are named by a number (`numbered`).

pub mod engine;
pub mod feed;
mod numbered;
pub mod request;
#[allow(unsafe_code)]
mod scan;
pub mod table;
pub mod window;
