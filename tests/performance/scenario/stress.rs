//! Four times as many deliveries as it can write. It must refuse in the agreed way, stay healthy, and keep its word: what it
//! has acknowledged is found afterwards, and what it has refused counts once when it is sent again.
//!
//! Each delivery is a day of its own, so one question about days tells what became of each.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::arrival::{Seen, closed_loop, in_turn, open_loop, open_loop_seen};
use crate::asks;
use crate::client::Ask;
use crate::measure::expect::Expect;
use crate::measure::model::Report;
use crate::stage::Stage;

const METRIC: &str = "load_stress";
const POINTS: usize = 1_000;
const DAY: i64 = 86_400;

/// The first day, as UTC epoch seconds; the odd start keeps points off the minutes.
const FIRST: i64 = 315_532_800;
/// More than bodies may be on their way at once, so that some must be refused.
const CONNECTIONS: usize = 1_300;

/// Connections that never pause, to see what it can write.
const WRITING: usize = 32;
const SECONDS: f64 = 8.0;

/// Most deliveries, because all of their bodies are made beforehand.
const MOST: usize = 6_000;

/// How many of the refused are sent again.
const AGAIN: usize = 100;

/// What the server has said of each delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Nothing,
    Stored,
    Refused,
}

pub async fn run(stage: &Stage) -> Report {
    let mut report = Report::titled("Four times as many deliveries as it can write");
    let calibrating = 4 * MOST;
    let client = stage.client.beside(WRITING);
    let next = move |number: usize| delivery(calibrating + number).named("what it can write");
    let capacity = closed_loop(&client, "what it can write", WRITING, stage.seconds(2.0), next).await;
    let rate = (capacity.all().per_second * 4.0).max(40.0);
    report.notes.push(format!("{:.0} deliveries/s written, {rate:.0}/s sent", capacity.all().per_second));
    report.loads.extend(capacity.loads);
    let count = stage.requests(rate, SECONDS).min(MOST);
    let said = under_stress(stage, &mut report, count, rate).await;
    verify(stage, &mut report, &said).await;
    report
}

/// Sends them, and asks for health and, from the last arrival on, for days of samples.
async fn under_stress(stage: &Stage, report: &mut Report, count: usize, rate: f64) -> Vec<Said> {
    let said = Arc::new(Mutex::new(vec![Said::Nothing; count]));
    let seen: Seen = {
        let said = said.clone();
        Arc::new(move |number, done| {
            let status = done.answer.as_ref().map_or(0, |answer| answer.status);
            said.lock().expect("no panic holds it")[number] = match status {
                200 => Said::Stored,
                429 => Said::Refused,
                _ => Said::Nothing,
            };
        })
    };
    let length = count as f64 / rate;
    let (client, healthy) = (stage.client.beside(CONNECTIONS), stage.client.beside(4));
    let deliveries: Vec<Ask> = (0..count).map(delivery).collect();
    let health = (0..((length * 10.0) as usize).max(1)).map(|number| asks::health(number).named("health meanwhile"));
    let together = async {
        tokio::join!(
            open_loop_seen(&client, "deliveries", rate, deliveries, seen),
            open_loop(&healthy, "health meanwhile", 10.0, health.collect()),
            recovery(stage, length),
        )
    };
    let ((sent, health, recovered), _) = stage.watched(report, together).await;
    report.figure("failures", sent.all().failed() as f64);
    report.figure("refused", sent.all().shed as f64);
    report.figure("health_failures", (health.all().failed() + health.all().shed) as f64);
    report.figure("health_p99_ms", health.all().if_any(health.all().p99));
    report.figure("recovery_s", recovered);
    report.notes.push(format!("P99 of the client's own lag {:.1} ms", sent.lag_ms));
    report.loads.extend(sent.loads.into_iter().chain(health.loads));
    said.lock().expect("no panic holds it").clone()
}

/// Seconds after the last arrival until the last read that failed or took longer than 50 ms.
async fn recovery(stage: &Stage, after: f64) -> f64 {
    const RATE: f64 = 50.0;
    let last = Arc::new(Mutex::new(0.0_f64));
    let seen: Seen = {
        let last = last.clone();
        Arc::new(move |number, done| {
            let fine = done.answer.as_ref().is_ok_and(|answer| answer.status == 200) && done.took.as_millis() < 50;
            if !fine {
                let mut last = last.lock().expect("no panic holds it");
                *last = last.max((number + 1) as f64 / RATE);
            }
        })
    };
    tokio::time::sleep(std::time::Duration::from_secs_f64(after)).await;
    let asks = (0..stage.requests(RATE, 10.0)).map(|number| asks::one_day(&stage.world, number)).collect();
    open_loop_seen(&stage.client.beside(16), "afterwards", RATE, asks, seen).await;
    *last.lock().expect("no panic holds it")
}

fn delivery(number: usize) -> Ask {
    let first = FIRST + number as i64 * DAY + 3;
    let body = asks::body(METRIC, (0..POINTS as i64).map(|at| first + at * 86));
    Ask::post("deliveries", body, Expect::Stored { points: POINTS as u64 })
}

/// Looks for each delivery, sends some of the refused again, and looks again.
async fn verify(stage: &Stage, report: &mut Report, said: &[Said]) {
    let Some(found) = days(stage, said.len()).await else {
        report.notes.push("what is stored could not be asked for".into());
        return;
    };
    let points = |number: usize| found.get(&number).copied().unwrap_or(0);
    let of = |what: Said| (0..said.len()).filter(move |number| said[*number] == what);
    let mut lost = of(Said::Stored).filter(|number| points(*number) < POINTS).count();
    let mut twice = (0..said.len()).filter(|number| points(*number) > POINTS).count();
    let stored_all_the_same = of(Said::Refused).filter(|number| points(*number) > 0).count();
    report.figure("refused_yet_stored", stored_all_the_same as f64);
    let again: Vec<usize> = of(Said::Refused).take(AGAIN).collect();
    let sent = in_turn(
        &stage.client,
        "sent again",
        again.iter().map(|number| delivery(*number).named("sent again")).collect(),
    )
    .await;
    report.loads.extend(sent.loads);
    let found = days(stage, said.len()).await.unwrap_or_default();
    let points = |number: &usize| found.get(number).copied().unwrap_or(0);
    lost += again.iter().filter(|number| points(number) < POINTS).count();
    twice += again.iter().filter(|number| points(number) > POINTS).count();
    report.figure("lost", lost as f64);
    report.figure("twice", twice as f64);
}

/// Points found of each delivery.
async fn days(stage: &Stage, count: usize) -> Option<BTreeMap<usize, usize>> {
    let end = FIRST + count as i64 * DAY;
    let path = format!("/api/v1/aggregate/{METRIC}?bucket=day&stat=count&dedupe=none&tz=UTC&start={FIRST}&end={end}");
    let ask = Ask::get("days", path, Expect::Healthy).encoded("identity");
    let answer = stage.client.send(&ask).await.ok().filter(|answer| answer.status == 200)?;
    let answer: serde_json::Value = serde_json::from_slice(&answer.wire).ok()?;
    let day = |point: &serde_json::Value| {
        let start: jiff::Timestamp = point["start"].as_str()?.parse().ok()?;
        Some((((start.as_second() - FIRST) / DAY) as usize, point["count"].as_u64()? as usize))
    };
    answer["points"].as_array()?.iter().map(day).collect()
}
