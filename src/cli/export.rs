//! `health-export export`

use std::path::PathBuf;
use std::process::ExitCode;

use crate::app::App;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::export::FileFormat;
use crate::export::samples::{Question, export};
use crate::model::time::{Layer, parse_instant};
use crate::query::budget::Stop;
use crate::store::keys;

#[derive(clap::Args)]
pub struct Export {
    /// csv, parquet or ndjson
    #[arg(long)]
    format: String,
    /// The file to write
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// Only this metric; may be repeated
    #[arg(long)]
    metric: Vec<String>,
    /// Included: a date, an RFC 3339 time, or epoch seconds
    #[arg(long)]
    start: Option<String>,
    /// Excluded
    #[arg(long)]
    end: Option<String>,
    /// Only this layer: raw, minute, hour, day, week, month or year
    #[arg(long)]
    layer: Option<String>,
    /// Only this source; may be repeated
    #[arg(long)]
    source: Vec<String>,
    /// The person whose data it is
    #[arg(long, default_value = "owner")]
    user: String,
}

impl Export {
    pub fn run(self, settings: &Settings) -> Result<ExitCode> {
        let wrong = |flag: &str, value: &str| Error::BadRequest(format!("--{flag} cannot be {value:?}"));
        let time = |flag: &str, text: Option<&String>| {
            let read = |text: &String| parse_instant(text, &settings.home).ok_or_else(|| wrong(flag, text));
            text.map(read).transpose()
        };
        let read_layer = |text: &String| Layer::parse(text).ok_or_else(|| wrong("layer", text));
        let app = App::start(settings)?;
        let question = Question {
            user: keys::find_user(&*app.store.reader()?, &self.user)?,
            metrics: self.metric.clone(),
            from: time("start", self.start.as_ref())?,
            to: time("end", self.end.as_ref())?,
            layer: self.layer.as_ref().map(read_layer).transpose()?,
            sources: self.source.clone(),
            units: app.units,
            format: FileFormat::parse(&self.format).ok_or_else(|| wrong("format", &self.format))?,
        };
        let made = export(&app.store, &app.engine, &app.spool, &question, &Stop::default())?;
        std::fs::copy(&made, &self.out)
            .map_err(|fault| Error::BadRequest(format!("{} cannot be written: {fault}", self.out.display())))?;
        eprintln!("written: {}", self.out.display());
        Ok(ExitCode::SUCCESS)
    }
}
