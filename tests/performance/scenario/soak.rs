//! The mix for minutes (`SOAK_MINUTES`, ten by default): does memory grow? The first fifth fills caches and does not count.

use crate::measure::model::Report;
use crate::measure::slope::slope;
use crate::scenario::mix;
use crate::stage::Stage;

pub async fn run(stage: &Stage) -> Report {
    let mut report = Report::titled("Everything mixed, 100 requests/s for minutes");
    report.notes.push(format!("{} minutes", stage.soak_minutes));
    let (sent, memory) = mix::send(stage, &mut report, stage.soak_minutes * 60.0).await;
    let warm = sent.seconds / 5.0;
    report.take(sent);
    let counted: Vec<(f64, f64)> =
        memory.into_iter().filter(|(second, _)| *second > warm).map(|(second, mb)| (second / 60.0, mb)).collect();
    if let Some(growth) = slope(&counted) {
        report.figure("slope_mb_per_min", growth);
    }
    report
}
