//! Every bar of the load suite and where it comes from, in one table. `CONTRACT` are the figures the program has promised;
//! `OURS` are bars that nobody has set but that a change for the worse should not slip under.

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    Under(f64),
    AtMost(f64),
    AtLeast(f64),
}

#[derive(Debug, Clone, Copy)]
pub struct Bar {
    /// Scenario and figure.
    pub id: &'static str,
    pub what: &'static str,
    pub limit: Limit,
    pub unit: &'static str,
    pub source: &'static str,
    pub on: On,
}

/// Where a bar is judged. Bars of speed are set for two cores; on the small machine they are measured and told, and what must
/// hold anywhere is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    TwoCores,
    AnyMachine,
}

const CONTRACT: &str = "contract";
const OURS: &str = "ours";

use Limit::{AtLeast, AtMost, Under};
use On::{AnyMachine, TwoCores};

const fn bar(
    id: &'static str,
    what: &'static str,
    limit: Limit,
    unit: &'static str,
    source: &'static str,
    on: On,
) -> Bar {
    Bar { id, what, limit, unit, source, on }
}

pub const BARS: &[Bar] = &[
    bar("health.failures", "failures", AtMost(0.0), "", OURS, AnyMachine),
    bar("health.p99_ms", "P99", Under(50.0), "ms", OURS, TwoCores),
    bar("query.failures", "failures", AtMost(0.0), "", OURS, AnyMachine),
    bar("query.p99_ms", "P99", Under(50.0), "ms", OURS, TwoCores),
    bar("ingest.failures", "failures", AtMost(0.0), "", OURS, AnyMachine),
    bar("ingest.p99_ms", "P99 of 200 fresh points, 20 deliveries a second", Under(40.0), "ms", OURS, TwoCores),
    bar("ingest.lost_points", "acknowledged points not found afterwards", AtMost(0.0), "", CONTRACT, AnyMachine),
    bar("export.failures", "failures", AtMost(0.0), "", OURS, AnyMachine),
    bar("export.growth_mb", "what ten years take beyond five, resident", Under(20.0), "MB", CONTRACT, AnyMachine),
    bar("export.peak_mb", "resident", Under(200.0), "MB", OURS, AnyMachine),
    bar("sustained.failures", "failures", AtMost(0.0), "", CONTRACT, AnyMachine),
    bar("sustained.p99_ms", "P99", Under(50.0), "ms", CONTRACT, TwoCores),
    bar("sustained.server_cpu", "of the processor", Under(50.0), "%", CONTRACT, TwoCores),
    bar("sustained.peak_mb", "resident", Under(200.0), "MB", CONTRACT, AnyMachine),
    bar("caching.wrong", "answers without the right headers", AtMost(0.0), "", CONTRACT, AnyMachine),
    bar("compression.wrong", "answers without the right encoding", AtMost(0.0), "", CONTRACT, AnyMachine),
    bar("compression.saved", "least saved on JSON and CSV", AtLeast(70.0), "%", CONTRACT, AnyMachine),
    bar("most.failures", "failures", AtMost(0.0), "", OURS, AnyMachine),
    bar("most.revalidated_per_s", "304 per second", AtLeast(5_000.0), "/s", CONTRACT, TwoCores),
    bar("most.cached_per_s", "the same aggregate per second", AtLeast(5_000.0), "/s", CONTRACT, TwoCores),
    bar(
        "most.ten_years_per_s",
        "ten-year daily aggregates per second, each another",
        AtLeast(500.0),
        "/s",
        CONTRACT,
        TwoCores,
    ),
    bar("most.one_day_per_s", "days of samples per second, each another", AtLeast(1_000.0), "/s", CONTRACT, TwoCores),
    bar("bulk.failures", "failures", AtMost(0.0), "", OURS, AnyMachine),
    bar("bulk.thousand_p50_ms", "1,000 fresh points, P50", AtMost(10.0), "ms", CONTRACT, TwoCores),
    bar("bulk.thousand_p99_ms", "1,000 fresh points, P99", AtMost(40.0), "ms", CONTRACT, TwoCores),
    bar("bulk.hundred_thousand_ms", "100,000 points", Under(1_000.0), "ms", CONTRACT, TwoCores),
    bar(
        "bulk.of_bare_inserts",
        "rows/s of 100,000 points, of a bare insert loop",
        AtLeast(50.0),
        "%",
        CONTRACT,
        TwoCores,
    ),
    bar("reads.failures", "failures", AtMost(0.0), "", OURS, AnyMachine),
    bar("reads.ten_years_daily_ms", "ten years of days, a new question", Under(10.0), "ms", CONTRACT, TwoCores),
    bar(
        "reads.ten_years_painted_ms",
        "ten years of days of two sources, a new question",
        Under(10.0),
        "ms",
        CONTRACT,
        TwoCores,
    ),
    bar("reads.ten_years_monthly_ms", "ten years of months, a new question", Under(10.0), "ms", OURS, TwoCores),
    bar("reads.year_weekly_ms", "a year of weeks", Under(10.0), "ms", OURS, TwoCores),
    bar("reads.month_hourly_ms", "a month of hours", Under(20.0), "ms", OURS, TwoCores),
    bar("reads.day_quarters_ms", "a day of quarters of an hour", Under(20.0), "ms", OURS, TwoCores),
    bar("reads.month_median_ms", "a month of daily medians", Under(50.0), "ms", OURS, TwoCores),
    bar("reads.one_day_ms", "a day of samples", Under(10.0), "ms", OURS, TwoCores),
    bar("reads.one_week_csv_ms", "a week of samples as CSV", Under(50.0), "ms", OURS, TwoCores),
    bar("reads.one_week_ndjson_ms", "a week of samples as NDJSON", Under(50.0), "ms", OURS, TwoCores),
    bar("reads.sleep_year_ms", "a year of nights", Under(50.0), "ms", OURS, TwoCores),
    bar("reads.workouts_year_ms", "a year of workouts", Under(50.0), "ms", OURS, TwoCores),
    bar("reads.events_year_ms", "a year of symptoms", Under(20.0), "ms", OURS, TwoCores),
    bar("reads.metrics_ms", "the metrics", Under(20.0), "ms", OURS, TwoCores),
    bar("reads.coverage_ms", "coverage of ten years", Under(1_000.0), "ms", OURS, TwoCores),
    bar("reads.month_export_csv_ms", "a month as a CSV file", Under(100.0), "ms", OURS, TwoCores),
    bar("reads.month_export_parquet_ms", "a month as a Parquet file", Under(100.0), "ms", OURS, TwoCores),
    bar("stress.refused", "deliveries refused: the load must be past what it can do", AtLeast(1.0), "", OURS, TwoCores),
    bar(
        "stress.failures",
        "answers that are neither a success nor a 429 with Retry-After",
        AtMost(0.0),
        "",
        CONTRACT,
        AnyMachine,
    ),
    bar("stress.lost", "acknowledged deliveries not found afterwards", AtMost(0.0), "", CONTRACT, AnyMachine),
    bar("stress.twice", "deliveries that count more than once", AtMost(0.0), "", CONTRACT, AnyMachine),
    bar("stress.health_failures", "health not answered meanwhile", AtMost(0.0), "", OURS, AnyMachine),
    bar("stress.health_p99_ms", "P99 of health meanwhile", Under(500.0), "ms", OURS, TwoCores),
    bar("stress.peak_mb", "resident", Under(300.0), "MB", OURS, AnyMachine),
    bar("stress.recovery_s", "until reads are under 50 ms again", AtMost(5.0), "s", OURS, TwoCores),
    bar("slow.failures", "failures of the others", AtMost(0.0), "", OURS, AnyMachine),
    bar("slow.p99_ms", "P99 of the others", Under(50.0), "ms", OURS, TwoCores),
    bar("slow.peak_mb", "resident", Under(200.0), "MB", OURS, AnyMachine),
    bar("soak.failures", "failures", AtMost(0.0), "", CONTRACT, AnyMachine),
    bar("soak.p99_ms", "P99", Under(50.0), "ms", CONTRACT, TwoCores),
    bar("soak.slope_mb_per_min", "growth of memory after the first fifth", Under(1.0), "MB/min", OURS, AnyMachine),
    bar("soak.peak_mb", "resident", Under(200.0), "MB", CONTRACT, AnyMachine),
    bar("start.ready_ms", "slowest of five starts with 10 M samples", AtMost(300.0), "ms", CONTRACT, TwoCores),
    bar("start.idle_mb", "resident when idle", Under(60.0), "MB", CONTRACT, AnyMachine),
];

/// The bars of a scenario.
pub fn of(scenario: &str) -> impl Iterator<Item = &'static Bar> {
    BARS.iter().filter(move |bar| bar.id.split_once('.').is_some_and(|(of, _)| of == scenario))
}

impl Bar {
    /// The part behind the scenario's name.
    pub fn figure(&self) -> &'static str {
        self.id.split_once('.').map_or(self.id, |(_, figure)| figure)
    }
}
