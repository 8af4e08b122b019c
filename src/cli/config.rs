//! `health-export config`: the settings in force and where each came from.

use std::process::ExitCode;

use crate::config::{Settings, variable};
use crate::error::Result;
use crate::model::zone_rules;

pub fn run(settings: &Settings) -> Result<ExitCode> {
    for (key, (value, source)) in &settings.resolved {
        let rules = match key.as_str() {
            "home_zone" => format!("; time zone rules: {}", zone_rules::in_force().sentence()),
            _ => String::new(),
        };
        println!("{key} = {value:?}    # {}; {}{rules}", source.as_str(), variable(key));
    }
    Ok(ExitCode::SUCCESS)
}
