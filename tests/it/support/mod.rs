//! Servers to test against, and a client to test with.

pub mod apple;
pub mod check;
mod client;
pub mod confined;
pub mod counts;
pub mod fill;
pub mod fixtures;
pub mod jobs;
pub mod memory;
pub mod numbered;
pub mod problems;
pub mod reference;
mod server;
pub mod sources;
pub mod stored;

pub use client::{Answer, Client};
pub use server::{InProcess, RealServer, command};

/// A Health Auto Export body with one metric.
pub fn body(metric: &str, units: &str, points: serde_json::Value) -> serde_json::Value {
    serde_json::json!({"data": {"metrics": [{"name": metric, "units": units, "data": points}]}})
}

/// So many random cases of a slow test, or as many as PROPTEST_CASES says.
pub fn random(usual: u32) -> proptest::prelude::ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|number| number.parse().ok());
    proptest::prelude::ProptestConfig {
        cases: asked.unwrap_or(usual),
        max_shrink_iters: 2000,
        failure_persistence: None,
        ..Default::default()
    }
}
