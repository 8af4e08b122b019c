//! Health, 200 times a second.

use crate::arrival::open_loop;
use crate::asks;
use crate::measure::model::Report;
use crate::stage::Stage;

const RATE: f64 = 200.0;

pub async fn run(stage: &Stage) -> Report {
    let mut report = Report::titled("Health, 200 requests/s");
    let asks = (0..stage.requests(RATE, 5.0)).map(asks::health).collect();
    let (sent, _) = stage.watched(&mut report, open_loop(&stage.client, "health", RATE, asks)).await;
    report.take(sent);
    report
}
