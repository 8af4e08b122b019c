//! Every figure of the page: its name, its labels and what it means. `docs/monitoring.md` lists the same, the alerts and
//! dashboards use no others, and tests hold all of that.

/// How a figure moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only up, from 0 at the start of the process.
    Counter,
    Gauge,
    Histogram,
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    pub name: &'static str,
    pub kind: Kind,
    pub labels: &'static [&'static str],
    pub meaning: &'static str,
}

const fn counter(name: &'static str, labels: &'static [&'static str], meaning: &'static str) -> Figure {
    Figure { name, kind: Kind::Counter, labels, meaning }
}

const fn gauge(name: &'static str, labels: &'static [&'static str], meaning: &'static str) -> Figure {
    Figure { name, kind: Kind::Gauge, labels, meaning }
}

const fn histogram(name: &'static str, labels: &'static [&'static str], meaning: &'static str) -> Figure {
    Figure { name, kind: Kind::Histogram, labels, meaning }
}

/// All figures, by subject.
pub const FIGURES: &[Figure] = &[
    // Requests.
    counter("health_export_requests_total", &["endpoint", "method", "status"], "Requests answered, by route template"),
    histogram("health_export_response_time_seconds", &["endpoint"], "From a request to the beginning of its answer"),
    gauge(
        "health_export_response_time_p99_seconds",
        &["endpoint"],
        "99 of 100 answers of the last 5 minutes began within this time; NaN without any",
    ),
    gauge("health_export_response_time_p95_seconds", &["endpoint"], "The same for 95 of 100"),
    gauge("health_export_response_time_mean_seconds", &["endpoint"], "Mean of the same"),
    gauge("health_export_requests_per_second", &[], "Requests answered per second, over the last 5 minutes"),
    gauge("health_export_concurrent_requests", &[], "Requests that wait for their answer, this one included"),
    counter("health_export_busy_total", &["what"], "Requests turned away with 429, by what was taken"),
    counter("health_export_refused_keys_total", &[], "Requests with a wrong key or none"),
    counter("health_export_throttled_total", &[], "Those of them that were told to wait"),
    gauge("health_export_connections", &[], "Connections of clients that are open"),
    counter("health_export_connections_refused_total", &[], "Connections closed at once, because too many were open"),
    // The process and its machine.
    gauge("health_export_memory_usage_bytes", &[], "Resident memory of the process"),
    gauge(
        "health_export_memory_limit_bytes",
        &[],
        "Memory that it may take: the least limit of its control groups, else the machine's",
    ),
    gauge(
        "health_export_cpu_usage_percent",
        &[],
        "Processor time since the page was last asked for, in percent of all cores",
    ),
    counter("health_export_cpu_seconds_total", &[], "Processor time of the process, in whole seconds"),
    gauge("health_export_cpu_cores", &[], "Cores that the process may use"),
    gauge("health_export_start_timestamp_seconds", &[], "When the process started to count, in Unix time"),
    counter("health_export_figure_faults_total", &[], "Figures that could not be taken for the page; the log says why"),
    // Storage.
    gauge("health_export_connection_pool_active", &[], "Connections that are reading the database"),
    gauge("health_export_connection_pool_idle", &[], "Open connections that wait for a question"),
    gauge("health_export_connection_pool_size", &[], "Most connections that may read at once"),
    gauge("health_export_database_bytes", &[], "Size of the database file"),
    gauge("health_export_wal_bytes", &[], "Size of the write-ahead log beside it"),
    gauge("health_export_disk_free_bytes", &[], "What may still be written to the disk of the data directory"),
    gauge("health_export_disk_size_bytes", &[], "Size of that disk"),
    gauge("health_export_backups", &[], "Backups in the backup folder"),
    gauge(
        "health_export_last_backup_timestamp_seconds",
        &[],
        "When the newest was written, in Unix time; NaN without any",
    ),
    gauge("health_export_backup_age_seconds", &[], "Seconds since then; NaN without any"),
    histogram("health_export_writer_commit_seconds", &[], "One commit of the writer, with its sync"),
    counter("health_export_writer_commits_total", &[], "Commits of the writer"),
    counter("health_export_writer_work_total", &[], "Pieces of work in those commits"),
    gauge("health_export_writer_queue_bytes", &[], "Bytes of the deliveries that wait for the writer"),
    gauge("health_export_writer_queue_deliveries", &[], "Deliveries that wait for the writer"),
    gauge("health_export_rollup_dirty_days", &[], "Days whose rollups wait to be worked out again"),
    gauge("health_export_rollup_clean_timestamp_seconds", &[], "When none of them last waited, in Unix time"),
    // Data.
    counter(
        "health_export_deliveries_total",
        &["format", "outcome"],
        "Deliveries and imports stored: whole, partial (something is in quarantine) or refused (all of it is)",
    ),
    counter(
        "health_export_samples_total",
        &["outcome"],
        "Samples, workouts, events and other items of these: stored, updated, unchanged or quarantined",
    ),
    gauge("health_export_quarantine_items", &[], "Items in quarantine, of all people"),
    gauge(
        "health_export_last_delivery_timestamp_seconds",
        &["user", "automation"],
        "When an automation last delivered, in Unix time; those silent for 30 days are left out",
    ),
    gauge("health_export_last_delivery_age_seconds", &["user", "automation"], "Seconds since then"),
    // Compression and memory.
    gauge(
        "health_export_compression_ratio",
        &[],
        "Share of bytes that compressing answers has saved since the start, 0 to 1; NaN without any",
    ),
    gauge("health_export_compressed_bytes_saved", &[], "Bytes that compressing answers has saved since the start"),
    histogram("health_export_compression_time_seconds", &[], "Time that compressing one answer took"),
    counter("health_export_compression_answers_total", &["encoding"], "Answers compressed"),
    counter("health_export_compression_input_bytes_total", &["encoding"], "Bytes of answers before compression"),
    counter("health_export_compression_output_bytes_total", &["encoding"], "Bytes of answers after compression"),
    counter("health_export_decompression_input_bytes_total", &["encoding"], "Bytes of compressed bodies as they came"),
    counter("health_export_decompression_output_bytes_total", &["encoding"], "Bytes of the same as decompressed"),
    gauge("health_export_cache_bytes", &[], "Memory that kept answers take"),
    gauge("health_export_cache_entries", &[], "Answers that are kept"),
    counter("health_export_cache_hits_total", &[], "Answers given from memory"),
    counter("health_export_cache_misses_total", &[], "Answers that had to be worked out"),
    counter("health_export_cache_not_modified_total", &[], "Answers that the client had already (304)"),
];
