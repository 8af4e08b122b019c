//! `health-export synth`

use std::path::PathBuf;
use std::process::ExitCode;

use jiff::civil::Date;

use crate::error::{Error, Result};
use crate::model::time::parse_zone;
use crate::synth::auto_export;

#[derive(clap::Args)]
pub struct Synth {
    /// Which sender's files: hae
    #[arg(long)]
    kind: String,
    /// How many years
    #[arg(long, default_value_t = 1)]
    years: i16,
    /// The same seed gives the same files
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The day after the last one made up
    #[arg(long, default_value = "2026-01-01")]
    until: String,
    /// The phone's time zone
    #[arg(long, default_value = "Europe/Berlin")]
    zone: String,
    /// The folder to write to
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

impl Synth {
    pub fn run(&self) -> Result<ExitCode> {
        let wrong = |flag: &str, value: &str| Error::BadRequest(format!("--{flag} cannot be {value:?}"));
        if self.kind != "hae" {
            return Err(Error::BadRequest(format!("--kind cannot be {:?}: there is hae", self.kind)));
        }
        let until: Date = self.until.parse().map_err(|_| wrong("until", &self.until))?;
        let zone = parse_zone(&self.zone).ok_or_else(|| wrong("zone", &self.zone))?;
        let cannot =
            |fault: std::io::Error| Error::BadRequest(format!("{} cannot be written to: {fault}", self.out.display()));
        std::fs::create_dir_all(&self.out).map_err(cannot)?;
        for file in auto_export::months(self.seed, self.years, until, &zone)? {
            std::fs::write(self.out.join(file.name), file.body.to_string()).map_err(cannot)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
