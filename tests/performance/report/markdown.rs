//! The tables of `docs/performance.md`, between two markers.

use std::fmt::Write;
use std::path::Path;

use crate::measure::bars::BARS;
use crate::measure::judge::with_unit;
use crate::measure::model::{Judgement, Results};
use crate::report::summary::told;

const BEGIN: &str = "<!-- load: begin, written by `make load-report` -->";
const END: &str = "<!-- load: end -->";

pub fn write(path: &Path, results: &[(bool, Results)]) -> Result<(), String> {
    let document = std::fs::read_to_string(path).map_err(|fault| format!("{}: {fault}", path.display()))?;
    let text = replaced(&document, &tables(results))?;
    std::fs::write(path, text).map_err(|fault| format!("{}: {fault}", path.display()))
}

/// The document with this between its markers.
pub fn replaced(document: &str, tables: &str) -> Result<String, String> {
    let missing = || format!("the document has no markers {BEGIN:?} and {END:?}");
    let (before, rest) = document.split_once(BEGIN).ok_or_else(missing)?;
    let (_, after) = rest.split_once(END).ok_or_else(missing)?;
    Ok(format!("{before}{BEGIN}\n{tables}\n{END}{after}"))
}

pub fn tables(results: &[(bool, Results)]) -> String {
    let mut text = String::new();
    for (small, results) in results {
        // Writing to a text cannot fail.
        let _ = machine(&mut text, *small, results);
    }
    text
}

fn machine(text: &mut String, small: bool, results: &Results) -> std::fmt::Result {
    let machine = &results.machine;
    let title = if small { "The small machine" } else { "The whole machine" };
    writeln!(
        text,
        "\n### {title}\n\n{}, {} cores, {} MB; the server has {}.",
        machine.processor, machine.cores, machine.memory_mb, machine.limits
    )?;
    let runs: std::collections::BTreeSet<String> = results
        .scenarios
        .values()
        .map(|report| format!("{} ({})", report.commit, &report.date[..report.date.len().min(10)]))
        .collect();
    writeln!(text, "Measured at {}.", runs.into_iter().collect::<Vec<_>>().join(", "))?;
    writeln!(text, "\n| bar | source | limit | measured | |\n|---|---|---:|---:|---|")?;
    for (name, report) in &results.scenarios {
        report.judgements.iter().try_for_each(|held| judgement(text, name, held))?;
        for fault in report.invalid.iter().chain(&report.slower) {
            writeln!(text, "| {name} | | | | FAILED: {fault} |")?;
        }
    }
    loads(text, results)?;
    usages(text, results)
}

fn judgement(text: &mut String, scenario: &str, held: &Judgement) -> std::fmt::Result {
    let unit = BARS.iter().find(|bar| bar.id == held.bar).map_or("", |bar| bar.unit);
    let measured = held.measured.map_or("unknown".into(), |value| with_unit(value, unit));
    let words = if held.passed { "met" } else { &held.words };
    writeln!(text, "| {scenario}: {} | {} | {} | {measured} | {words} |", held.what, held.source, held.limit)
}

fn loads(text: &mut String, results: &Results) -> std::fmt::Result {
    writeln!(text, "\n| requests, times in ms | asked | success | min | mean | P50 | P95 | P99 | max | per second |")?;
    writeln!(text, "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")?;
    for (name, report) in &results.scenarios {
        for load in &report.loads {
            writeln!(
                text,
                "| {name}: {} | {} | {:.2} % | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} |",
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
            )?;
        }
    }
    Ok(())
}

fn usages(text: &mut String, results: &Results) -> std::fmt::Result {
    writeln!(
        text,
        "\n| | resident at most | on average | processor, server | client | readers in use | saved by compression |"
    )?;
    writeln!(text, "|---|---:|---:|---:|---:|---:|---:|")?;
    for (name, usage) in results.scenarios.iter().filter_map(|(name, report)| Some((name, report.usage.as_ref()?))) {
        let [peak, mean, server, client, readers, of, saved] = told(usage);
        writeln!(text, "| {name} | {peak} | {mean} | {server} | {client} | {readers} of {of} | {saved} |")?;
    }
    Ok(())
}
