//! Questions to rows.
//!
//! Pages of samples and the catalogue come straight from SQLite; everything that reads many samples goes through DuckDB
//! (`duck`), within a `budget`.

pub mod aggregate;
pub mod budget;
pub mod duck;
mod layering;
mod painted;
pub mod samples;
pub mod stat;
pub mod subject;
mod tally;
pub mod timeline;
