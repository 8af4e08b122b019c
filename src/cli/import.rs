//! `health-export import PATH...`

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use crate::config::Settings;
use crate::error::{Error, Result};
use crate::model::receipt::{Counts, Receipt};
use crate::receive::{Encoding, Receiver, Upload};
use crate::store::deliveries::Origin;
use crate::store::{Store, keys};

#[derive(clap::Args)]
pub struct Import {
    /// Health Auto Export JSON files, or folders of them
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// The person whose data it is
    #[arg(long, default_value = "owner")]
    user: String,
    /// What the app's "aggregate" was set to when it wrote the files: none, minutes, hours, days, weeks, months, years.
    /// Recognised from the dates when not given.
    #[arg(long)]
    aggregation: Option<String>,
}

impl Import {
    pub fn run(self, settings: &Settings) -> Result<ExitCode> {
        let store = Arc::new(Store::open(&settings.data_dir, settings.readers)?);
        let name = self.user.clone();
        let now = jiff::Timestamp::now().as_second();
        let user = store.writer().run(move |writing| keys::user_id(writing.connection, &name, now))?;
        let receiver = Receiver { store, home: settings.home.clone(), max_body: settings.max_body };
        let mut sum = Counts::default();
        let mut failed = 0;
        for path in files(&self.paths)? {
            match import_file(&receiver, user, &path, self.aggregation.clone()) {
                Ok(receipt) => {
                    print(&path, &receipt);
                    sum = sum.plus(receipt.counts);
                }
                Err(error) => {
                    eprintln!("{}: {error}", path.display());
                    failed += 1;
                }
            }
        }
        println!("all: {}", words(sum));
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn import_file(receiver: &Receiver, user: i64, path: &Path, aggregation: Option<String>) -> Result<Receipt> {
    let body = std::fs::read(path).map_err(|fault| Error::BadRequest(format!("cannot be read: {fault}")))?;
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let origin = Origin { file, automation_aggregation: aggregation, ..Origin::default() };
    receiver.receive_blocking(Upload { user, api_key: None, origin, encoding: Encoding::Identity, body })
}

/// The files named, and those in the folders named, in the order of their names.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let entries = std::fs::read_dir(path)
                .map_err(|fault| Error::BadRequest(format!("{} cannot be read: {fault}", path.display())))?;
            let mut found: Vec<PathBuf> =
                entries.flatten().map(|entry| entry.path()).filter(|path| is_json(path)).collect();
            found.sort();
            files.extend(found);
        } else {
            files.push(path.clone());
        }
    }
    match files.is_empty() {
        true => Err(Error::BadRequest("there is no .json file in what was named".into())),
        false => Ok(files),
    }
}

fn is_json(path: &Path) -> bool {
    path.is_file() && path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

fn print(path: &Path, receipt: &Receipt) {
    println!("{}: {}", path.display(), words(receipt.counts));
    for (kind, items) in &receipt.deferred {
        println!("  {items} {kind} kept for later");
    }
    for problem in &receipt.problems {
        println!("  {}: {}", problem.path, problem.reason);
    }
}

fn words(counts: Counts) -> String {
    let Counts { received, stored, updated, unchanged, quarantined } = counts;
    format!("{received} received, {stored} stored, {updated} updated, {unchanged} unchanged, {quarantined} quarantined")
}
