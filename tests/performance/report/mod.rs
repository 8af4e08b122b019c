//! Results: kept as JSON, told as text, written into the documentation as tables and a chart.

pub mod chart;
pub mod markdown;
pub mod summary;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::history::folder;
use crate::measure::baseline::{self, Baseline};
use crate::measure::model::Results;

const MACHINES: [(&str, bool); 2] = [("full", false), ("small", true)];

fn path(small: bool) -> PathBuf {
    folder().join(if small { "result-small.json" } else { "result.json" })
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn baseline_path() -> PathBuf {
    repository().join("tests/performance/baseline.json")
}

/// The results so far; scenarios that do not run now keep theirs.
pub fn load(small: bool) -> Result<Results, String> {
    read(&path(small)).map(Option::unwrap_or_default)
}

pub fn save(small: bool, results: &Results) -> Result<(), String> {
    write_json(&path(small), results)
}

/// The baseline of this kind of machine; empty if there is none.
pub fn load_baseline(small: bool) -> Result<Baseline, String> {
    let mut known = baselines()?;
    Ok(known.remove(machine_name(small)).unwrap_or_default())
}

/// Makes the latest results of each kind of machine the baseline.
pub fn renew_baseline() -> Result<(), String> {
    let mut known = baselines()?;
    for (name, small) in MACHINES {
        let baseline = baseline::of(&load(small)?);
        if !baseline.is_empty() {
            known.entry(name.into()).or_default().extend(baseline);
        }
    }
    write_json(&baseline_path(), &known)
}

/// Writes tables and chart from the results of both kinds of machine.
pub fn write() -> Result<(), String> {
    let results: Vec<(bool, Results)> = MACHINES
        .iter()
        .filter_map(|(_, small)| match load(*small) {
            Ok(results) if results.scenarios.is_empty() => None,
            loaded => Some(loaded.map(|results| (*small, results))),
        })
        .collect::<Result<_, String>>()?;
    if results.is_empty() {
        return Err("there are no results: run `make load` first".into());
    }
    markdown::write(&repository().join("docs/performance.md"), &results)?;
    chart::write(&repository().join("docs/load.svg"), &results)
}

fn machine_name(small: bool) -> &'static str {
    if small { "small" } else { "full" }
}

fn baselines() -> Result<BTreeMap<String, Baseline>, String> {
    read(&baseline_path()).map(Option::unwrap_or_default)
}

/// Nothing if there is no such file.
fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, String> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(fault) => return Err(format!("{}: {fault}", path.display())),
    };
    serde_json::from_str(&text).map(Some).map_err(|fault| format!("{} cannot be read: {fault}", path.display()))
}

fn write_json<T: serde::Serialize>(path: &Path, value: &T) -> Result<(), String> {
    let text = serde_json::to_string_pretty(value).map_err(|fault| fault.to_string())? + "\n";
    std::fs::write(path, text).map_err(|fault| format!("{}: {fault}", path.display()))
}
