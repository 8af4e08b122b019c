//! Holds figures against bars. A figure that is not there, or is no number, has missed its bar.

use super::bars::{self, Bar, Limit, On};
use super::model::{Judgement, Report};

/// The judgements of a scenario. On a small machine bars of speed are not judged.
pub fn judge(scenario: &str, report: &Report, small: bool) -> Vec<Judgement> {
    let bars = bars::of(scenario).filter(|bar| !small || bar.on == On::AnyMachine);
    bars.map(|bar| against(bar, report.figures.get(bar.figure()).copied())).collect()
}

/// Whether everything was met and the run counts.
pub fn passed(report: &Report) -> bool {
    report.invalid.is_empty() && !report.judgements.is_empty() && report.judgements.iter().all(|held| held.passed)
}

pub fn against(bar: &Bar, measured: Option<f64>) -> Judgement {
    let measured = measured.filter(|value| value.is_finite());
    let (word, limit) = match bar.limit {
        Limit::Under(limit) => ("under", limit),
        Limit::AtMost(limit) => ("at most", limit),
        Limit::AtLeast(limit) => ("at least", limit),
    };
    let passed = measured.is_some_and(|value| match bar.limit {
        Limit::Under(limit) => value < limit,
        Limit::AtMost(limit) => value <= limit,
        Limit::AtLeast(limit) => value >= limit,
    });
    let words = match measured {
        _ if passed => "PASS".to_owned(),
        None => "MISSED: not measured".to_owned(),
        Some(value) => format!("MISSED by {}", shortfall(bar, value, limit)),
    };
    Judgement {
        bar: bar.id.into(),
        what: bar.what.into(),
        source: bar.source.into(),
        limit: format!("{word} {}", with_unit(limit, bar.unit)),
        measured,
        passed,
        words,
    }
}

fn shortfall(bar: &Bar, value: f64, limit: f64) -> String {
    let away = with_unit((value - limit).abs(), bar.unit);
    if limit == 0.0 { away } else { format!("{away} ({:.0} %)", 100.0 * (value - limit).abs() / limit) }
}

pub fn with_unit(value: f64, unit: &str) -> String {
    let number = if value.fract() == 0.0 || value >= 1_000.0 { format!("{value:.0}") } else { format!("{value:.2}") };
    if unit.is_empty() || unit.starts_with('/') { format!("{number}{unit}") } else { format!("{number} {unit}") }
}
