//! `health-export config`: the settings in force and where each came from.

use std::process::ExitCode;

use crate::config::{Settings, variable};
use crate::error::Result;
use crate::model::zone_rules;

pub fn run(settings: &Settings) -> Result<ExitCode> {
    for (key, (value, source)) in &settings.resolved {
        println!("{key} = {value:?}    # {}; {}", source.as_str(), variable(key));
    }
    println!("# time zone rules: {}", zone_rules::in_force().sentence());
    Ok(ExitCode::SUCCESS)
}
