//! Deliveries of a phone, 20 a second, one in ten of them a repeat. Afterwards every acknowledged point must be found.

use crate::arrival::open_loop;
use crate::asks;
use crate::client::Ask;
use crate::measure::expect::Expect;
use crate::measure::model::Report;
use crate::stage::Stage;

const RATE: f64 = 20.0;
const POINTS: i64 = 200;

pub async fn run(stage: &Stage) -> Report {
    let mut report = Report::titled("200 fresh points in each delivery, 20 deliveries/s");
    let repeated = stage.delivery(POINTS);
    stage.ask_once(&mut report, repeated.clone().named("the first")).await;
    let unchanged =
        || Ask { expect: Expect::Unchanged { points: POINTS as u64 }, ..repeated.clone().named("a repeat") };
    let ask = |number: usize| if number % 10 == 9 { unchanged() } else { stage.delivery(POINTS) };
    let asks = (0..stage.requests(RATE, 8.0)).map(ask).collect();
    let (sent, _) = stage.watched(&mut report, open_loop(&stage.client, "all", RATE, asks)).await;
    let acknowledged = sent.of("ingest").map_or(0, |load| load.successes) as i64 * POINTS + POINTS;
    report.take(sent);
    if let Some(found) = found(stage).await {
        report.figure("lost_points", (acknowledged - found).abs() as f64);
    }
    report
}

/// How many fresh points are stored; nothing if that cannot be found out.
pub async fn found(stage: &Stage) -> Option<i64> {
    let ask = Ask::get("count", asks::fresh_counts(stage.delivered()), Expect::Healthy).encoded("identity");
    let answer = stage.client.send(&ask).await.ok().filter(|answer| answer.status == 200)?;
    let answer: serde_json::Value = serde_json::from_slice(&answer.wire).ok()?;
    answer["points"].as_array()?.iter().map(|point| point["count"].as_i64()).sum()
}
