//! `health-export backup`: a process of its own beside the server, which it does not need and does not disturb.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::cli::existing;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::model::time::offset_rfc3339;
use crate::store::backup::{self, Contents, Made, Stop};
use crate::sys::files;

#[derive(clap::Args)]
pub struct Backup {
    /// A folder that is there, or a file that is not, whose name ends in .db [default: the setting backup_dir]
    path: Option<PathBuf>,
    /// List the backups there are, newest first
    #[arg(long, conflicts_with = "verify")]
    list: bool,
    /// Read all of a backup and say whether it is whole
    #[arg(long, value_name = "FILE", conflicts_with = "path")]
    verify: Option<PathBuf>,
}

impl Backup {
    pub fn run(self, settings: &Settings) -> Result<ExitCode> {
        let folder = self.path.as_deref().unwrap_or(&settings.backup_dir);
        match &self.verify {
            Some(file) => verify(file)?,
            None if self.list => list(folder)?,
            None => self.make(settings)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn make(&self, settings: &Settings) -> Result<()> {
        existing::database(settings)?;
        let (data_dir, stop) = (&settings.data_dir, Stop::default());
        match &self.path {
            Some(path) if !path.is_dir() => print(&backup::make_as(data_dir, as_file(path)?, &stop)?),
            folder => {
                let folder = folder.as_ref().unwrap_or(&settings.backup_dir);
                let made = backup::make_in(data_dir, folder, &stop)?;
                print(&made);
                for removed in backup::rotate(folder, &settings.backup_keep, &made)? {
                    println!("removed {}, which need not be kept", removed.path.display());
                }
            }
        }
        Ok(())
    }
}

/// A path that is no folder, where it is meant as a file. A folder that is not there may be a disk that is not mounted.
fn as_file(path: &Path) -> Result<&Path> {
    let is_file = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("db"));
    let folder = if is_file || path.is_file() { files::folder_of(path) } else { path.to_owned() };
    match folder.is_dir() {
        true => Ok(path),
        false => Err(Error::BadRequest(format!(
            "there is no folder {0}: is the disk mounted? Make it first (mkdir {0}), or name a file that ends in .db",
            folder.display()
        ))),
    }
}

fn print(made: &Made) {
    let (bytes, path) = (made.backup.bytes, made.backup.path.display());
    println!("{path}: {}, {}, verified", size(bytes, made.took), contents(&made.contents));
}

fn size(bytes: u64, took: Duration) -> String {
    let (megabytes, seconds) = (bytes as f64 / 1e6, took.as_secs_f64());
    format!("{megabytes:.1} MB in {seconds:.1} s ({:.0} MB/s)", megabytes / seconds.max(0.001))
}

pub(super) fn contents(contents: &Contents) -> String {
    format!("{} deliveries, {} samples, schema {}", contents.deliveries, contents.samples, contents.schema)
}

fn list(folder: &Path) -> Result<()> {
    let found = backup::list(folder)?;
    if found.is_empty() {
        println!("there is no backup in {}", folder.display());
    }
    for backup in found {
        println!("{}  {:>10.1} MB  {}", offset_rfc3339(backup.at, 0), backup.bytes as f64 / 1e6, backup.path.display());
    }
    Ok(())
}

fn verify(file: &Path) -> Result<()> {
    let begun = Instant::now();
    let found = backup::verify(file)?;
    let bytes = std::fs::metadata(file).map_or(0, |data| data.len());
    println!("{} is whole: {}, read as {}", file.display(), contents(&found), size(bytes, begun.elapsed()));
    Ok(())
}
