//! All integration tests in one binary, because each binary links DuckDB again. A file per subject; `support` starts the
//! program, in this process or as the real binary, and talks to it over a socket as a phone would.

mod answers;
mod apple_bad;
mod apple_export;
mod apple_jobs;
mod apple_kill;
mod apple_mutations;
mod apple_samples;
mod architecture;
mod bad_input;
mod bad_questions;
mod command_line;
mod downloads;
mod hang_up;
mod identity;
mod kill;
mod layering;
mod limits;
mod local_days;
mod locks;
mod people;
mod ranges;
mod revalidation;
mod samples;
mod schema;
mod scopes;
mod sealed;
mod snapshot;
mod sqlite_once;
mod statistics;
mod stopped;
mod support;
mod transfer;
mod traps;
