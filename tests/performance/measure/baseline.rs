//! Whether something has become slower than it was, by ratio: every time is divided by a yardstick of the same minutes, so a
//! slower machine does not look like a slower program.

use std::collections::BTreeMap;

use super::model::{Report, Results};

/// How many times slower than the baseline is too slow. P50 of a shared machine moves by a fifth from run to run.
pub const TOLERANCE: f64 = 1.5;

/// Differences below this many milliseconds are the client's clock.
const SMALLEST_MS: f64 = 1.0;

/// Times as multiples of the yardstick, by scenario and figure.
pub type Baseline = BTreeMap<String, BTreeMap<String, f64>>;

/// The baseline that a run would be.
pub fn of(results: &Results) -> Baseline {
    results.scenarios.iter().map(|(name, report)| (name.clone(), relative(report))).collect()
}

/// What has become slower, in words.
pub fn regressions(scenario: &str, report: &Report, baseline: &Baseline, tolerance: f64) -> Vec<String> {
    let Some(known) = baseline.get(scenario) else { return Vec::new() };
    let now = relative(report);
    let slower = known.iter().filter_map(|(figure, before)| {
        let Some(now) = now.get(figure) else { return Some(format!("{scenario}: {figure} is no longer measured")) };
        let unit = report.yardstick.sha256_ms;
        let slower = now / before > tolerance && (now - before) * unit > SMALLEST_MS;
        slower.then(|| format!("{scenario}: {figure} is {:.2} times what it was ({now:.2} yardsticks)", now / before))
    });
    slower.collect()
}

/// P50 of each kind of request, and what one of the most per second takes.
fn relative(report: &Report) -> BTreeMap<String, f64> {
    let unit = report.yardstick.sha256_ms;
    let p50 =
        report.loads.iter().filter(|load| load.successes > 0).map(|load| (format!("{} P50", load.name), load.p50));
    let rates = report.figures.iter().filter(|(name, rate)| name.ends_with("_per_s") && **rate > 0.0);
    let each = rates.map(|(name, rate)| (name.replace("_per_s", " each"), 1e3 / rate));
    p50.chain(each).map(|(name, ms)| (name, ms / unit)).collect()
}
