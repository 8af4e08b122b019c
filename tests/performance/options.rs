//! What `make load` was asked for.

use crate::measure::baseline::TOLERANCE;
use crate::scenario::{SCENARIOS, Scenario};
use crate::stage::SOAK_MINUTES;

pub enum Command {
    Run,
    Selftest,
    Report,
    Baseline,
}

pub struct Options {
    pub command: Command,
    pub scenarios: Vec<&'static Scenario>,
    pub small: bool,
    pub tolerance: f64,
    pub soak_minutes: f64,
}

impl Options {
    /// The command from the arguments; the rest from the environment.
    pub fn from_environment() -> Result<Options, String> {
        let command = match std::env::args().nth(1).as_deref() {
            None | Some("run") => Command::Run,
            Some("selftest") => Command::Selftest,
            Some("report") => Command::Report,
            Some("baseline") => Command::Baseline,
            Some(other) => return Err(format!("there are run, selftest, report and baseline, and no {other:?}")),
        };
        let given = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let number = |name: &str| {
            let text = given(name);
            text.map(|text| text.parse::<f64>().map_err(|_| format!("{name} must be a number, not {text:?}")))
                .transpose()
        };
        let soak_minutes = number("SOAK_MINUTES")?;
        Ok(Options {
            command,
            scenarios: scenarios(given("LOAD").as_deref(), soak_minutes.is_some())?,
            small: given("SMALL").is_some_and(|value| value != "0"),
            tolerance: number("LOAD_TOLERANCE")?.unwrap_or(TOLERANCE),
            soak_minutes: soak_minutes.unwrap_or(SOAK_MINUTES),
        })
    }
}

/// Those named; all of them, but the soak only if its minutes are given, if none is.
fn scenarios(named: Option<&str>, soak: bool) -> Result<Vec<&'static Scenario>, String> {
    let Some(named) = named else {
        return Ok(SCENARIOS.iter().filter(|scenario| soak || scenario.name != "soak").collect());
    };
    let find = |name: &str| SCENARIOS.iter().find(|scenario| scenario.name == name);
    let known = || SCENARIOS.iter().map(|scenario| scenario.name).collect::<Vec<_>>().join(", ");
    let names = named.split([',', ' ']).filter(|name| !name.is_empty());
    names.map(|name| find(name).ok_or_else(|| format!("there is no {name:?}; there are {}", known()))).collect()
}
