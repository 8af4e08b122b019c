//! Questions about days and weeks of samples, 40 times a second.

use crate::arrival::open_loop;
use crate::asks;
use crate::client::Ask;
use crate::measure::model::Report;
use crate::stage::Stage;

const RATE: f64 = 40.0;

pub async fn run(stage: &Stage) -> Report {
    let mut report = Report::titled("Days and weeks of samples, 40 requests/s");
    let asks: Vec<Ask> = (0..stage.requests(RATE, 6.0)).map(|number| ask(stage, number)).collect();
    let (sent, _) = stage.watched(&mut report, open_loop(&stage.client, "all", RATE, asks)).await;
    report.take(sent);
    report
}

fn ask(stage: &Stage, number: usize) -> Ask {
    match number % 8 {
        3 => asks::one_week(&stage.world, number, "csv"),
        5 => asks::one_week(&stage.world, number, "ndjson"),
        _ => asks::one_day(&stage.world, number),
    }
}
