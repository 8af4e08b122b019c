//! Every address that answers with data: its tag, what caches are told, what a 304 says, and that HEAD tells the same as GET.

use hyper::Method;

use crate::asks;
use crate::client::Ask;
use crate::measure::answer::Answer;
use crate::measure::expect::{Expect, Verdict};
use crate::measure::model::Report;
use crate::stage::Stage;

const TOLD: [&str; 3] = ["etag", "cache-control", "vary"];

pub async fn run(stage: &Stage) -> Report {
    let mut report = Report::titled("What caches are told");
    let questions = questions(stage);
    let mut wrong = Vec::new();
    for (ask, age) in &questions {
        if let Err(fault) = check(stage, ask, age).await {
            wrong.push(format!("{}: {fault}", ask.path));
        }
    }
    report.figure("addresses", questions.len() as f64);
    report.figure("wrong", wrong.len() as f64);
    report.notes.extend(wrong);
    report
}

/// Questions, and how long their answers may be kept.
fn questions(stage: &Stage) -> Vec<(Ask, &'static str)> {
    let world = &stage.world;
    let mut questions: Vec<(Ask, &str)> = vec![
        (asks::metrics(), "private, max-age=60"),
        (asks::one_day(world, 1), "private, max-age=60"),
        (asks::one_week(world, 1, "csv"), "private, max-age=60"),
        (asks::one_week(world, 1, "ndjson"), "private, max-age=60"),
        (asks::ten_years_daily(world, 1), "private, max-age=60"),
        (asks::sleep(world, 30), "private, max-age=60"),
        (asks::workouts(world, 30), "private, max-age=60"),
        (asks::events(world, 30), "private, max-age=60"),
    ];
    for format in ["csv", "ndjson", "parquet"] {
        questions.push((asks::month_export(world, 1, format), "private, max-age=300"));
    }
    questions
}

async fn check(stage: &Stage, ask: &Ask, age: &str) -> Result<(), String> {
    let ask = ask.clone().encoded("identity");
    let first = send(stage, &ask).await?;
    right(&ask, &first)?;
    let tag = first.header("etag").filter(|tag| tag.contains('"')).ok_or("no ETag")?.to_owned();
    let told = first.header("cache-control").unwrap_or_default();
    if told != age {
        return Err(format!("Cache-Control is {told:?} instead of {age:?}"));
    }
    let vary = first.header("vary").unwrap_or_default().to_lowercase();
    if !vary.contains("accept-encoding") || !vary.contains("authorization") {
        return Err(format!("Vary is {vary:?}"));
    }
    let again = ask.clone().known(&tag, Expect::NotModified { tag: tag.clone() });
    let unchanged = send(stage, &again).await?;
    right(&again, &unchanged)?;
    same_words(&first, &unchanged, "the 304")?;
    let other = send(stage, &ask.clone().known("\"other\"", ask.expect.clone())).await?;
    right(&ask, &other)?;
    let head = send(stage, &Ask { method: Method::HEAD, ..ask.clone() }).await?;
    if head.status != 200 || !head.wire.is_empty() {
        return Err(format!("HEAD answers {} with {} bytes", head.status, head.wire.len()));
    }
    same_words(&first, &head, "HEAD")
}

async fn send(stage: &Stage, ask: &Ask) -> Result<Answer, String> {
    stage.client.send(ask).await.map_err(|(kind, fault)| format!("{kind}: {fault}"))
}

fn right(ask: &Ask, answer: &Answer) -> Result<(), String> {
    match ask.expect.judge(answer, &answer.body()) {
        Verdict::Success => Ok(()),
        verdict => Err(format!("{verdict:?}")),
    }
}

fn same_words(first: &Answer, other: &Answer, which: &str) -> Result<(), String> {
    match TOLD.iter().find(|name| first.header(name) != other.header(name)) {
        None => Ok(()),
        Some(name) => Err(format!("{which} says {name} {:?} instead of {:?}", other.header(name), first.header(name))),
    }
}
