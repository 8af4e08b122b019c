//! `health-export check`: exit 0 only when all is well.

use std::process::ExitCode;

use crate::config::Settings;
use crate::error::Result;
use crate::store::{Store, check};

/// Faults printed of each question.
const SHOWN: usize = 10;

pub fn run(settings: &Settings) -> Result<ExitCode> {
    let store = Store::open(&settings.data_dir, settings.readers)?;
    let reader = store.reader()?;
    let findings = check::run(&reader)?;
    for finding in &findings {
        match finding.faults.len() {
            0 => println!("ok    {}", finding.question),
            faults => println!("WRONG {}: {faults} faults", finding.question),
        }
        finding.faults.iter().take(SHOWN).for_each(|fault| println!("      {fault}"));
    }
    println!("note  {} items in quarantine", check::quarantined(&reader)?);
    let well = findings.iter().all(|finding| finding.faults.is_empty());
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
