//! health-export: own your Apple Health data. One binary, one SQLite file, answers from DuckDB over the same file.
//!
//! A folder per step of the data's way, in that order:
//!
//! | folder      | what it does                                                                     | may use                       |
//! |-------------|----------------------------------------------------------------------------------|-------------------------------|
//! | `model`     | the words: sample, metric, unit, time, key, receipt                              | nothing of ours               |
//! | `receive`   | a body within limits: inflate, decode, validate, keep; HTTP and `import` call it | decode, validate, store, sys  |
//! | `decode`    | bytes to records, one folder or file per sender; pure                            | model                         |
//! | `validate`  | records to samples in canonical units, or a named reason; pure                   | model, decode's records       |
//! | `store`     | SQLite; the only folder that names rusqlite                                      | model, sys                    |
//! | `query`     | questions to rows; `query/duck` is the only place that names duckdb              | store, model, sys             |
//! | `export`    | rows to files: CSV, Parquet, NDJSON                                              | query, store, model           |
//! | `http`      | the doors; the only folder that names axum                                       | everything but cli            |
//! | `cli`       | one file per command                                                             | everything                    |
//! | `telemetry` | logs, figures                                                                    | error                         |
//! | `sys`       | signals, systemd, threads, the disk, memory, the lock of the data directory      | error                         |
//!
//! `app` is what is alive at run time; `config` are the settings; `error` is the error type below HTTP. Nothing imports
//! `http` or `cli`. `tests/it/architecture.rs` reads the `use` lines and holds these rules.

#![deny(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod app;
pub mod cli;
pub mod config;
pub mod decode;
pub mod error;
pub mod export;
pub mod http;
pub mod model;
pub mod query;
pub mod receive;
pub mod store;
pub mod synth;
pub mod sys;
pub mod telemetry;
pub mod validate;
