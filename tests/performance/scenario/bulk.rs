//! Deliveries one at a time: many of 1,000 fresh points, and five of 100,000, each beside a bare loop of prepared inserts.

use std::path::Path;
use std::time::Duration;

use crate::arrival::in_turn;
use crate::client::Ask;
use crate::history::{self, folder};
use crate::measure::model::Report;
use crate::scenario::ingest::found;
use crate::stage::Stage;
use crate::yardstick::{ROWS, bare_inserts_among};

const ROUNDS: usize = 5;

pub async fn run(stage: &Stage) -> Report {
    let mut report = Report::titled("Deliveries of 1,000 and of 100,000 fresh points, one at a time");
    let asks: Vec<Ask> =
        (0..stage.requests(40.0, 5.0)).map(|_| stage.delivery(1_000).named("1,000 fresh points")).collect();
    let (sent, _) = stage.watched(&mut report, in_turn(&stage.client, "1,000 fresh points", asks)).await;
    report.figure("thousand_p50_ms", sent.all().if_any(sent.all().p50));
    report.figure("thousand_p99_ms", sent.all().if_any(sent.all().p99));
    report.loads.extend(sent.loads);
    let aside = folder().join("bare");
    if let Err(fault) = history::copy(&stage.world, &aside).await {
        report.invalid.push(fault);
    }
    let asks: Vec<Ask> = (0..ROUNDS).map(|_| stage.delivery(ROWS).named("100,000 fresh points")).collect();
    // Before and after, because others on the machine come and go.
    let mut bare = bare_rounds(&aside, 0);
    let (large, _) = stage.watched(&mut report, in_turn(&stage.client, "100,000 fresh points", asks)).await;
    bare = bare.min(bare_rounds(&aside, ROUNDS as i64));
    if let Err(fault) = std::fs::remove_dir_all(&aside) {
        report.notes.push(format!("{} is left behind: {fault}", aside.display()));
    }
    let all = large.all();
    report.figure("hundred_thousand_ms", all.if_any(all.p50));
    report.figure("bare_inserts_ms", bare.as_secs_f64() * 1e3);
    report.figure("of_bare_inserts", 100.0 * bare.as_secs_f64() * 1e3 / all.if_any(all.min));
    report.loads.extend(large.loads);
    report.count_failures();
    let lost = found(stage).await.map(|found| (stage.delivered() - found).abs());
    report
        .notes
        .push(format!("points not found afterwards: {}", lost.map_or("unknown".into(), |lost| lost.to_string())));
    if lost != Some(0) {
        report.figure("failures", f64::NAN);
    }
    report
}

/// The best of some bare loops into the same table with the same ten million samples.
fn bare_rounds(data_dir: &Path, first: i64) -> Duration {
    (first..first + ROUNDS as i64).map(|round| bare_inserts_among(data_dir, round)).min().unwrap_or_default()
}
