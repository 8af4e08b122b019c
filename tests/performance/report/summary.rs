//! Results for whoever runs the suite.

use crate::measure::judge::passed;
use crate::measure::model::{Load, Report, Results, Usage};
use crate::scenario::Scenario;

pub fn print(name: &str, report: &Report) {
    println!("\n== {name}: {} ({:.0} s)", report.title, report.seconds);
    if !report.loads.is_empty() {
        println!(
            "{:<36} {:>7} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>9}",
            "ms", "asked", "success", "min", "mean", "P50", "P95", "P99", "max", "per s"
        );
    }
    report.loads.iter().for_each(print_load);
    if let Some(usage) = &report.usage {
        println!("{}", words(usage));
    }
    for note in &report.notes {
        println!("  {note}");
    }
    let figures: Vec<String> = report.figures.iter().map(|(name, value)| format!("{name} {value:.2}")).collect();
    println!("  {}", figures.join(", "));
    let yardstick = report.yardstick;
    println!(
        "  yardsticks: sha256 of 32 MB {:.1} ms, 100,000 bare inserts {:.1} ms",
        yardstick.sha256_ms, yardstick.inserts_ms
    );
    print_judgements(report);
}

fn print_judgements(report: &Report) {
    for held in &report.judgements {
        let measured = held.measured.map_or("?".into(), |value| format!("{value:.2}"));
        println!("  {:<30} {measured:>10}  {:<18} {}", held.bar, held.limit, held.words);
    }
    report.invalid.iter().for_each(|fault| println!("  INVALID: {fault}"));
    report.slower.iter().for_each(|fault| println!("  SLOWER: {fault}"));
}

fn print_load(load: &Load) {
    println!(
        "{:<36} {:>7} {:>7.2}% {:>8.2} {:>8.2} {:>8.2} {:>8.2} {:>8.2} {:>8.2} {:>9.1}",
        load.name,
        load.requests,
        load.success_rate(),
        load.min,
        load.mean,
        load.p50,
        load.p95,
        load.p99,
        load.max,
        load.per_second
    );
    if load.shed > 0 {
        println!("    refused with 429: {}", load.shed);
    }
    for (kind, failure) in &load.failures {
        println!("    {} x {kind}, such as: {}", failure.count, failure.example);
    }
}

pub fn words(usage: &Usage) -> String {
    let [peak, mean, server, client, readers, of, saved] = told(usage);
    format!(
        "  resident {peak} at most, {mean} on average; processor {server} (client {client}); readers {readers} of {of}; \
         compression saved {saved}"
    )
}

/// Memory at most and on average, processor of server and client, readers in use and there, saved by compression; each with
/// its unit.
pub fn told(usage: &Usage) -> [String; 7] {
    let text = |value: Option<f64>, unit: &str| value.map_or("unknown".into(), |value| format!("{value:.0}{unit}"));
    [
        text(usage.peak_mb, " MB"),
        text(usage.mean_mb, " MB"),
        text(usage.server_cpu, " %"),
        text(usage.client_cpu, " %"),
        text(usage.readers_peak, ""),
        text(usage.readers_size, ""),
        text(usage.saved, " %"),
    ]
}

/// The last lines: every bar that was missed, and whether all is well.
pub fn verdict(results: &Results, scenarios: &[&Scenario], fine: bool) {
    println!(
        "\n== {} cores, {} MB; server: {}",
        results.machine.cores, results.machine.memory_mb, results.machine.limits
    );
    for scenario in scenarios {
        let Some(report) = results.scenarios.get(scenario.name) else { continue };
        let bars = report.judgements.len();
        let met = report.judgements.iter().filter(|held| held.passed).count();
        println!("{:<12} {} ({met} of {bars} bars)", scenario.name, if passed(report) { "PASS" } else { "FAIL" });
    }
    println!("{}", if fine { "every bar is met" } else { "not every bar is met" });
}
