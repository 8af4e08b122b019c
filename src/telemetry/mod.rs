//! Logs: to standard error, where journald takes them. They hold no secrets and no health values. And `figures`.

pub mod figures;
mod journal;
pub mod responses;
pub mod savings;
pub mod table;

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::error::{Error, Result};
use journal::Journal;

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For people: with the time and, at a terminal, colours.
    Text,
    /// An object for each line, for whatever collects logs.
    Json,
    /// For journald, which has the time already and takes the level from in front of the line.
    Journal,
}

impl Form {
    pub const WORDS: &str = "auto, text, json or journal";

    /// Reads the setting; "auto" is `journal` where standard error goes to journald, else `text`.
    pub fn parse(word: &str) -> Option<Form> {
        match word {
            "auto" if journal::is_connected() => Some(Form::Journal),
            "auto" | "text" => Some(Form::Text),
            "json" => Some(Form::Json),
            "journal" => Some(Form::Journal),
            _ => None,
        }
    }
}

/// Starts logging at `level` (error, warn, info, debug, trace, or a filter of `tracing`'s), in a form that `Form` knows.
pub fn start(level: &str, form: &str) -> Result<()> {
    let filter = EnvFilter::try_new(level)
        .map_err(|fault| Error::BadRequest(format!("the setting log cannot be {level:?}: {fault}")))?;
    let form = Form::parse(form).ok_or_else(|| {
        Error::BadRequest(format!("the setting log_format cannot be {form:?}: it is {}", Form::WORDS))
    })?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Called twice only by tests, where the first wins.
    let _ = match form {
        Form::Text => lines.with_ansi(std::io::stderr().is_terminal()).try_init(),
        Form::Json => lines.json().try_init(),
        Form::Journal => lines.with_ansi(false).event_format(Journal).try_init(),
    };
    Ok(())
}
