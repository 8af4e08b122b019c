//! `health-export synth`

use std::path::PathBuf;
use std::process::ExitCode;

use jiff::civil::Date;

use crate::error::{Error, Result};
use crate::model::time::parse_zone;
use crate::synth::auto_export;
use crate::synth::history::{History, apple_export, shortcuts};

#[derive(clap::Args)]
pub struct Synth {
    /// Which sender's files: hae (a folder of hourly deliveries), apple-zip (an export.zip) or shortcuts (a folder of
    /// JSON bodies)
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
    /// How much is recorded on a day, against what a watch and a phone do; for apple-zip and shortcuts
    #[arg(long, default_value_t = 1.0)]
    density: f64,
    /// The folder, or the zip, to write
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
}

impl Synth {
    pub fn run(&self) -> Result<ExitCode> {
        let wrong = |flag: &str, value: &str| Error::BadRequest(format!("--{flag} cannot be {value:?}"));
        let until: Date = self.until.parse().map_err(|_| wrong("until", &self.until))?;
        let zone = parse_zone(&self.zone).ok_or_else(|| wrong("zone", &self.zone))?;
        let cannot =
            |fault: std::io::Error| Error::BadRequest(format!("{} cannot be written to: {fault}", self.out.display()));
        let history = || History::make(self.seed, i32::from(self.years) * 365, until, &zone, self.density);
        match self.kind.as_str() {
            "hae" => {
                std::fs::create_dir_all(&self.out).map_err(cannot)?;
                for file in auto_export::months(self.seed, self.years, until, &zone)? {
                    std::fs::write(self.out.join(file.name), file.body.to_string()).map_err(cannot)?;
                }
            }
            "apple-zip" => {
                let file = std::fs::File::create(&self.out).map_err(cannot)?;
                apple_export::zip(&history()?, std::io::BufWriter::new(file))?;
            }
            "shortcuts" => {
                std::fs::create_dir_all(&self.out).map_err(cannot)?;
                for (name, body) in shortcuts::weeks(&history()?) {
                    std::fs::write(self.out.join(name), body.to_string()).map_err(cannot)?;
                }
            }
            other => {
                return Err(Error::BadRequest(format!(
                    "--kind cannot be {other:?}: there are hae, apple-zip and shortcuts"
                )));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
