//! What time it is.
//!
//! Tests live weeks within a second: then the environment names a file that holds the epoch seconds, read at each use.

use std::path::PathBuf;
use std::sync::OnceLock;

use jiff::Timestamp;

/// Meant for tests alone.
pub const VARIABLE: &str = "HEALTH_EXPORT_TEST_CLOCK";

static FILE: OnceLock<Option<PathBuf>> = OnceLock::new();

/// The system's time, or that of the file. A file that cannot be read is told to the log.
pub fn now() -> Timestamp {
    let Some(file) = FILE.get_or_init(|| std::env::var_os(VARIABLE).map(PathBuf::from)) else {
        return Timestamp::now();
    };
    let text = std::fs::read_to_string(file).map_err(|fault| fault.to_string());
    let seconds = text.and_then(|text| text.trim().parse::<i64>().map_err(|fault| fault.to_string()));
    let read = seconds.and_then(|seconds| Timestamp::from_second(seconds).map_err(|fault| fault.to_string()));
    read.unwrap_or_else(|fault| {
        tracing::error!("the clock of the tests cannot be read: {fault}");
        Timestamp::now()
    })
}
