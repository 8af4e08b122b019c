//! Figures of the running server, in the text format of Prometheus.
//!
//! Whoever has a figure records it with the macros of `metrics`; what each means is said here, once. Nothing listens: HTTP
//! hands the page out.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::error::{Error, Result};

/// How often durations are added up; until then each is kept by itself.
pub const UPKEEP: Duration = Duration::from_secs(5);

/// Upper bounds of the durations that are counted together, in seconds.
const SECONDS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// Name and meaning of everything that is counted.
const COUNTERS: [(&str, &str); 13] = [
    ("health_export_requests_total", "Requests answered, by method, route and status"),
    ("health_export_busy_total", "Requests turned away with 429, by what was taken"),
    ("health_export_cache_hits_total", "Answers given from memory"),
    ("health_export_cache_misses_total", "Answers that had to be worked out"),
    ("health_export_cache_not_modified_total", "Answers that the client had already (304)"),
    ("health_export_compression_answers_total", "Answers compressed, by encoding"),
    ("health_export_compression_input_bytes_total", "Bytes of answers before compression"),
    ("health_export_compression_output_bytes_total", "Bytes of answers after compression"),
    ("health_export_connections_refused_total", "Connections closed at once, because too many were open"),
    ("health_export_refused_keys_total", "Requests with a wrong key or none"),
    ("health_export_throttled_total", "Those of them that were told to wait"),
    ("health_export_writer_commits_total", "Commits of the writer"),
    ("health_export_writer_work_total", "Pieces of work in those commits"),
];

/// Name and meaning of everything that goes up and down.
const GAUGES: [(&str, &str); 8] = [
    ("health_export_cache_bytes", "Memory that kept answers take"),
    ("health_export_cache_entries", "Answers that are kept"),
    ("health_export_connections", "Connections that are open"),
    ("health_export_readers_in_use", "Connections that are reading the database"),
    ("health_export_readers_size", "Most connections that may read at once"),
    ("health_export_rollup_dirty_days", "Days whose rollups wait to be worked out again"),
    ("health_export_writer_queue_bytes", "Bytes of the deliveries that wait for the writer"),
    ("health_export_writer_queue_deliveries", "Deliveries that wait for the writer"),
];

/// Starts counting, once for the process, and gives what writes the page.
pub fn start() -> Result<&'static PrometheusHandle> {
    static HANDLE: OnceLock<std::result::Result<PrometheusHandle, String>> = OnceLock::new();
    let handle = HANDLE.get_or_init(|| install().map_err(|fault| fault.to_string()));
    handle.as_ref().map_err(|fault| Error::internal("starting to count", fault))
}

fn install() -> std::result::Result<PrometheusHandle, metrics_exporter_prometheus::BuildError> {
    let requests = Matcher::Full("health_export_request_seconds".into());
    let handle = PrometheusBuilder::new().set_buckets_for_metric(requests, &SECONDS)?.install_recorder()?;
    for (name, meaning) in COUNTERS {
        describe_counter!(name, meaning);
    }
    for (name, meaning) in GAUGES {
        describe_gauge!(name, meaning);
    }
    describe_histogram!(
        "health_export_request_seconds",
        Unit::Seconds,
        "From a request to its answer, by method and route"
    );
    Ok(handle)
}
