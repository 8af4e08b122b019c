//! What a run has measured, as it is kept in `result.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Runs of one machine, the latest of each scenario.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Results {
    pub machine: Machine,
    pub scenarios: BTreeMap<String, Report>,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Machine {
    pub processor: String,
    pub cores: u32,
    pub memory_mb: u64,
    /// How the server is held down, or "the whole machine".
    pub limits: String,
    /// Cores that the server may use.
    pub server_cores: f64,
}

/// One scenario.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Report {
    pub title: String,
    pub date: String,
    pub commit: String,
    pub seconds: f64,
    pub loads: Vec<Load>,
    /// What bars are held against, by name: times in ms, rates per second, memory in MB, shares in percent.
    pub figures: BTreeMap<String, f64>,
    pub usage: Option<Usage>,
    pub notes: Vec<String>,
    /// Why the run counts for nothing, such as a generator that could not keep its schedule.
    pub invalid: Vec<String>,
    pub yardstick: Yardstick,
    pub judgements: Vec<Judgement>,
}

/// Requests of one kind. Latencies are those of successes, in milliseconds, from the arrival they were scheduled for.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Load {
    pub name: String,
    pub requests: u64,
    pub successes: u64,
    pub shed: u64,
    pub failures: BTreeMap<String, Failure>,
    pub min: f64,
    pub mean: f64,
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
    pub max: f64,
    /// Successes.
    pub per_second: f64,
    /// Bytes over the wire, and what they were before compression.
    pub wire: u64,
    pub plain: u64,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Failure {
    pub count: u64,
    pub example: String,
}

impl Load {
    pub fn failed(&self) -> u64 {
        self.failures.values().map(|failure| failure.count).sum()
    }

    /// Percent.
    pub fn success_rate(&self) -> f64 {
        if self.requests == 0 { 0.0 } else { 100.0 * self.successes as f64 / self.requests as f64 }
    }
}

/// Of the processes while a scenario ran. What could not be found out is missing, never 0.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Usage {
    pub peak_mb: Option<f64>,
    pub mean_mb: Option<f64>,
    /// Percent of the cores that the server may use.
    pub server_cpu: Option<f64>,
    /// Percent of the machine.
    pub client_cpu: Option<f64>,
    pub readers_peak: Option<f64>,
    pub readers_size: Option<f64>,
    /// Percent that compression has saved over the wire.
    pub saved: Option<f64>,
}

/// Work of a known size, timed beside the scenario: what the machine could do at that moment, in milliseconds.
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
pub struct Yardstick {
    pub sha256_ms: f64,
    pub inserts_ms: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Judgement {
    pub bar: String,
    pub what: String,
    pub source: String,
    pub limit: String,
    pub measured: Option<f64>,
    pub passed: bool,
    /// By how much it was missed, or that it was met.
    pub words: String,
}
