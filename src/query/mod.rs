//! Questions to rows.
//!
//! Pages of samples and the catalogue come straight from SQLite; everything that reads many samples goes through DuckDB
//! (`duck`), within a `budget`.

pub mod aggregate;
pub mod budget;
pub mod coverage;
pub mod duck;
pub mod events;
pub mod explain;
mod layering;
pub mod resolve;
pub mod rollups;
pub mod samples;
pub mod sleep;
pub mod stat;
pub mod subject;
mod tally;
pub mod today;
pub mod turns;
pub mod units;
pub mod usual;
pub mod workouts;
