//! `health-export restore`: only while nothing else uses the data directory.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::cli::backup::contents;
use crate::config::Settings;
use crate::error::Result;
use crate::store::restore::restore;
use crate::sys::{files, lock};

#[derive(clap::Args)]
pub struct Restore {
    /// A file that `health-export backup` has made
    file: PathBuf,
    /// Also where there is a database; it is kept aside
    #[arg(long)]
    force: bool,
}

impl Restore {
    pub fn run(self, settings: &Settings) -> Result<ExitCode> {
        files::private_folder(&settings.data_dir)?;
        let _lock = lock::take(&settings.data_dir)?;
        let restored = restore(&self.file, &settings.data_dir, self.force)?;
        println!("restored {}: {}", self.file.display(), contents(&restored.contents));
        if let Some(aside) = restored.aside {
            println!("what was there before is {}", aside.display());
        }
        Ok(ExitCode::SUCCESS)
    }
}
