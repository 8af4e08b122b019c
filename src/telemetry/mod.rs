//! Logs: to standard error, where journald takes them. They hold no secrets and no health values. And `figures`.

pub mod figures;

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::error::{Error, Result};

/// Starts logging at `level` (error, warn, info, debug, trace, or a filter of `tracing`'s).
pub fn start(level: &str) -> Result<()> {
    let filter = EnvFilter::try_new(level)
        .map_err(|fault| Error::BadRequest(format!("the setting log cannot be {level:?}: {fault}")))?;
    // Called twice only by tests, where the first wins.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init();
    Ok(())
}
