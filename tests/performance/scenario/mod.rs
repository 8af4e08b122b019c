//! The scenarios, a file each.

pub mod bulk;
pub mod caching;
pub mod compression;
pub mod export;
pub mod health;
pub mod ingest;
pub mod mix;
pub mod most;
pub mod query;
pub mod reads;
pub mod slow;
pub mod soak;
pub mod start;
pub mod stress;
pub mod sustained;

use std::pin::Pin;

use crate::measure::model::Report;
use crate::stage::Stage;

type Run = for<'a> fn(&'a Stage) -> Pin<Box<dyn Future<Output = Report> + 'a>>;

pub struct Scenario {
    pub name: &'static str,
    /// Whether it leaves the data directory other than it was.
    pub writes: bool,
    /// Whether a server is there before it begins.
    pub served: bool,
    pub run: Run,
}

macro_rules! scenario {
    ($name:ident, $writes:expr, $served:expr) => {
        Scenario { name: stringify!($name), writes: $writes, served: $served, run: |stage| Box::pin($name::run(stage)) }
    };
}

/// In the order in which they run.
pub const SCENARIOS: &[Scenario] = &[
    scenario!(start, false, false),
    scenario!(health, false, true),
    scenario!(query, false, true),
    scenario!(caching, false, true),
    scenario!(compression, false, true),
    scenario!(reads, false, true),
    scenario!(export, false, true),
    scenario!(most, false, true),
    scenario!(slow, false, true),
    scenario!(ingest, true, true),
    scenario!(bulk, true, true),
    scenario!(sustained, true, true),
    scenario!(stress, true, true),
    scenario!(soak, true, true),
];
