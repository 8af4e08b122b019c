//! What a run was made on.

use std::process::Command;

use crate::confine::Confinement;
use crate::measure::model::Machine;
use crate::watch::cores;

pub fn describe(confinement: &Confinement) -> Machine {
    let cores = cores();
    Machine {
        processor: field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
        cores,
        memory_mb: field("/proc/meminfo", "MemTotal").and_then(|text| first_number(&text)).unwrap_or(0) / 1024,
        limits: confinement.words(),
        server_cores: if confinement.is_small() { 1.0 } else { f64::from(cores) },
    }
}

/// The commit that is measured, with a mark if the work tree differs from it.
pub fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    git(&["describe", "--always", "--dirty", "--exclude", "*"]).unwrap_or_else(|| "unknown".into())
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn first_number(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}
