//! `health-export check`: exit 0 only when all is well.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::ExitCode;

use crate::app::App;
use crate::cli::existing;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::model::zone_rules;
use crate::query::rollups;
use crate::store::Reading;
use crate::store::check::{self, Finding};
use crate::store::phone_clock;
use crate::sys::clock;
use crate::sys::disk;

/// Faults printed of each question.
const SHOWN: usize = 10;

/// Less than this is too little to take in a few large deliveries and to checkpoint.
const LEAST_FREE: u64 = 500 << 20;

pub fn run(settings: &Settings) -> Result<ExitCode> {
    existing::database(settings)?;
    // Before the store is opened, which closes the folder to others.
    let permissions = permissions(&settings.data_dir)?;
    let app = App::start(settings)?;
    let reader = app.store.reader()?;
    let mut findings = check::run(&reader)?;
    let rollups = rollups::verify(&app.store, &app.engine, &app.home());
    findings.push(check::asked("rollups (what is wrong is made anew)", rollups)?);
    findings.push(Finding { question: "permissions", faults: permissions });
    findings.push(Finding { question: "free space", faults: free_space(&settings.data_dir)? });
    findings.push(check::asked("clock", clock(&reader))?);
    findings.iter().for_each(print);
    println!("note  time zone rules: {}", zone_rules::in_force().sentence());
    // No fault of the data: nobody but its owner knows where they live.
    if let Some(told) = phone_clock::notice(&reader, &settings.preferences().chosen().home)? {
        println!("note  home zone: {}", told.text);
    }
    match check::quarantined(&reader) {
        Err(Error::Damaged(_)) => println!("note  the items in quarantine cannot be counted"),
        counted => println!("note  {} items in quarantine", counted?),
    }
    let well = findings.iter().all(|finding| finding.faults.is_empty());
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(finding: &Finding) {
    match finding.faults.len() {
        0 => println!("ok    {}", finding.question),
        faults => println!("WRONG {}: {faults} faults", finding.question),
    }
    finding.faults.iter().take(SHOWN).for_each(|fault| println!("      {fault}"));
}

fn permissions(folder: &Path) -> Result<Vec<String>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let metadata = std::fs::metadata(folder).map_err(|fault| Error::io("looking at the data directory", &fault))?;
    let mode = metadata.permissions().mode() & 0o777;
    let open = (mode & 0o077 != 0)
        .then(|| format!("{} was open to other accounts (mode {mode:o}); it is closed now", folder.display()));
    Ok(open.into_iter().collect())
}

fn free_space(folder: &Path) -> Result<Vec<String>> {
    let free = disk::free_bytes(folder)?;
    let little = (free < LEAST_FREE).then(|| format!("only {} MB are left", free >> 20));
    Ok(little.into_iter().collect())
}

/// A clock that runs behind what has been received already has been set back, or has lost its battery.
fn clock(reader: &Reading) -> Result<Vec<String>> {
    let now = clock::now().as_millisecond();
    let last = check::last_delivery_ms(reader)?.unwrap_or(now);
    let behind = (now < last).then(|| format!("it is {} seconds behind the last delivery", (last - now) / 1000));
    Ok(behind.into_iter().collect())
}
