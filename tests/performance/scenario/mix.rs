//! What a house full of people and phones asks at 100 requests a second: of 40, four are deliveries, ten a day of samples, ten
//! aggregates of all shapes, four nights, workouts or events, two the metrics, four health, four revalidations, two a month as CSV.
//!
//! Deliveries go to the same person, so every tag of an answer may be out of date by the time it is sent back. A revalidation
//! is right when it is a 304, and as right when it is a new answer under a new tag; how many were which is told.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::arrival::{Seen, Sent, open_loop_seen};
use crate::asks;
use crate::client::Ask;
use crate::measure::expect::Expect;
use crate::measure::model::Report;
use crate::stage::Stage;
use crate::world::World;

pub const RATE: f64 = 100.0;
const POINTS: i64 = 200;

/// Sends the mix for so many seconds. The part of revalidations that were a 304 becomes a figure.
pub async fn send(stage: &Stage, report: &mut Report, seconds: f64) -> (Sent, Vec<(f64, f64)>) {
    let tags = first_tags(stage).await;
    let mut asks = Vec::new();
    for number in 0..stage.requests(RATE, seconds) {
        asks.push(ask(stage, &tags, number));
    }
    let unchanged = Arc::new(AtomicU64::new(0));
    let seen: Seen = {
        let unchanged = unchanged.clone();
        Arc::new(move |_, done| {
            if done.name == "revalidation" && done.answer.as_ref().is_ok_and(|answer| answer.status == 304) {
                unchanged.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    let (sent, memory) = stage.watched(report, open_loop_seen(&stage.client, "all", RATE, asks, seen)).await;
    let revalidations = sent.of("revalidation").map_or(0, |load| load.requests).max(1);
    let share = 100.0 * unchanged.load(Ordering::Relaxed) as f64 / revalidations as f64;
    report.figure("not_modified_share", share);
    (sent, memory)
}

/// Questions that are asked again, with the tags of their answers.
async fn first_tags(stage: &Stage) -> Vec<(Ask, String)> {
    let world = &stage.world;
    let questions = [
        asks::ten_years_daily(world, 5),
        asks::ten_years_monthly(world, 6),
        asks::one_day(world, 7),
        asks::sleep(world, 30),
    ];
    let tags = Mutex::new(Vec::new());
    for ask in questions {
        let answer = stage.client.send(&ask).await;
        let tag = answer.ok().and_then(|answer| Some(answer.header("etag")?.to_owned()));
        // Without a tag nothing can be asked again, and the revalidation fails where it is judged.
        tags.lock().expect("no panic holds it").push((ask, tag.unwrap_or_else(|| "\"none\"".into())));
    }
    tags.into_inner().expect("no panic holds it")
}

/// The slots of the 40 are spread out, so that no kind comes in bursts.
fn ask(stage: &Stage, tags: &[(Ask, String)], number: usize) -> Ask {
    let world = &stage.world;
    match (number * 11) % 40 {
        0..4 => stage.delivery(POINTS),
        4..14 => asks::one_day(world, number),
        14..24 => aggregate(world, number),
        24..28 => [asks::sleep(world, 30), asks::workouts(world, 90), asks::events(world, 180)][number % 3].clone(),
        28..30 => asks::metrics(),
        30..34 => asks::health(number),
        34..38 => {
            let (ask, tag) = &tags[number % tags.len()];
            let otherwise = Box::new(ask.expect.clone());
            ask.clone().known(tag, Expect::Revalidated { tag: tag.clone(), otherwise }).named("revalidation")
        }
        _ => asks::month_export(world, number, "csv"),
    }
}

fn aggregate(world: &World, number: usize) -> Ask {
    match number % 7 {
        0 | 1 => asks::ten_years_daily(world, number),
        2 => asks::ten_years_painted(world, number),
        3 => asks::ten_years_monthly(world, number),
        4 => asks::year_weekly(world, number),
        5 => asks::month_hourly(world, number),
        _ => asks::day_quarters(world, number),
    }
}
