//! Figures of the running server, in the text format of Prometheus.
//!
//! Whoever has a figure records it with the macros of `metrics`; what each means is said in `table`, once. Nothing listens:
//! HTTP hands the page out.

use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};

use crate::error::{Error, Result};
use crate::telemetry::responses;
use crate::telemetry::table::{FIGURES, Figure, Kind};

/// How often durations are added up; until then each is kept by itself.
pub const UPKEEP: Duration = Duration::from_secs(5);

/// Upper bounds of the durations that are counted together, in seconds; the bars of the alerts are among them.
const SECONDS: [f64; 13] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 0.5, 1.0, 5.0, 30.0];

/// Starts counting, once for the process, and gives what writes the page.
pub fn start() -> Result<&'static PrometheusHandle> {
    static HANDLE: OnceLock<std::result::Result<PrometheusHandle, String>> = OnceLock::new();
    let handle = HANDLE.get_or_init(|| install().map_err(|fault| fault.to_string()));
    handle.as_ref().map_err(|fault| Error::internal("starting to count", fault))
}

fn install() -> std::result::Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new().set_buckets(&SECONDS)?.install_recorder()?;
    FIGURES.iter().for_each(describe);
    responses::start();
    Ok(handle)
}

/// What has no labels is on the page from the start, so that an increase from nothing is one.
fn describe(figure: &Figure) {
    let Figure { name, kind, labels, meaning } = *figure;
    match kind {
        Kind::Counter => {
            metrics::describe_counter!(name, meaning);
            if labels.is_empty() {
                metrics::counter!(name).absolute(0);
            }
        }
        Kind::Gauge => {
            metrics::describe_gauge!(name, meaning);
            if labels.is_empty() {
                metrics::gauge!(name).set(0.0);
            }
        }
        Kind::Histogram => metrics::describe_histogram!(name, meaning),
    }
}
