//! All integration tests in one binary, because each binary links DuckDB again. A file per subject; `support` starts the
//! program, in this process or as the real binary, and talks to it over a socket as a phone would.

mod answers;
mod bad_input;
mod bad_questions;
mod identity;
mod limits;
mod samples;
mod scopes;
mod support;
mod traps;
