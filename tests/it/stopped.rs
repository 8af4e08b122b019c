//! Holds off the question that never ends: it is stopped at its limit, and what it held is free again.

use std::time::{Duration, Instant};

use health_export::model::bucket::Bucket;
use health_export::model::time::Layer;
use health_export::query::aggregate::{Question, answer};
use health_export::query::budget::Budget;
use health_export::query::stat::Stat;
use jiff::tz::TimeZone;

use crate::support::InProcess;
use crate::support::fill::{OWNER, deliver, sample};

fn question() -> Question {
    Question {
        user: OWNER,
        metric: "heart_rate".into(),
        from: None,
        to: None,
        bucket: Bucket::Minutes(1),
        zone: TimeZone::UTC,
        stats: vec![Stat::Median, Stat::Percentile(95)],
        layer: None,
        sources: Vec::new(),
        dedupe: true,
    }
}

/// Asks under a limit of time.
async fn ask(server: &InProcess, budget: &Budget) -> health_export::error::Result<usize> {
    let app = server.app.clone();
    budget.run(move |stop| Ok(answer(&app.store, &app.engine, &question(), stop)?.points.len())).await
}

#[test]
fn a_question_is_stopped_at_its_limit_and_leaves_nothing_behind() {
    let server = InProcess::start();
    let rows = (0..400_000).map(|at| sample(Layer::Raw, 1_700_000_000 + at * 61, 0, at as f64));
    deliver(&server.app, "heart_rate", "count/min", rows.collect());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let begun = Instant::now();
        let hasty = Budget::new(Duration::from_millis(5));
        for _ in 0..20 {
            let stopped = ask(&server, &hasty).await.unwrap_err().to_string();
            assert!(stopped.contains("longer than") || stopped.contains("stopped"), "{stopped}");
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
        assert_eq!(ask(&server, &Budget::new(Duration::from_secs(60))).await.unwrap(), 400_000);
    });
}

#[test]
fn over_http_it_is_a_problem_that_says_what_to_do() {
    let server = InProcess::start_with(&[("query_seconds", "0")]);
    let rows = (0..50_000).map(|at| sample(Layer::Raw, 1_700_000_000 + at * 61, 0, at as f64));
    deliver(&server.app, "heart_rate", "count/min", rows.collect());
    let answer = server.client.get("/api/v1/aggregate/heart_rate?bucket=1m&stat=median");
    assert!(answer.problem(503).contains("shorter range"), "{}", answer.text());
    assert_eq!(answer.header("retry-after"), "5");
}

#[test]
fn a_question_that_has_ended_or_was_given_up_stops_no_other() {
    let server = InProcess::start();
    let rows = (0..3_000).map(|at| sample(Layer::Raw, 1_700_000_000 + at * 61, 0, at as f64));
    deliver(&server.app, "heart_rate", "count/min", rows.collect());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let budget = Budget::new(Duration::from_secs(60));
        let asking = |at: u64| {
            let (server, budget) = (&server, &budget);
            async move {
                for round in 0..100 {
                    let question = ask(server, budget);
                    // Every other asker leaves early, at a different moment each time.
                    let patience =
                        if at % 2 == 0 { Duration::from_micros(100 * round) } else { Duration::from_secs(60) };
                    if let Ok(answer) = tokio::time::timeout(patience, question).await {
                        assert_eq!(answer.unwrap(), 3_000);
                    }
                }
            }
        };
        futures::future::join_all((0..8).map(asking)).await;
    });
}
