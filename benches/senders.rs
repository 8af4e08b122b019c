//! Many senders at once: small deliveries share commits, and large ones beside them do not hold them up for long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use health_export::app::App;
use health_export::receive::{Encoding, Upload};
use health_export::store::deliveries::Origin;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::ingest::body;
use crate::support::Bench;

const POINTS: i64 = 20;
const LARGE: i64 = 100_000;
const LASTS: Duration = Duration::from_secs(4);

pub fn run() {
    let figures = PrometheusBuilder::new().install_recorder().expect("a recorder");
    println!("\n### Senders at once, {POINTS} fresh points each\n");
    println!("| | deliveries/s | commits/s | a commit | P50 ms | P99 ms |\n|---|---:|---:|---:|---:|---:|");
    for (name, senders, large) in [("1", 1, false), ("64", 64, false), ("64, and 1 of 100,000 points", 64, true)] {
        measure(name, senders, large, &figures);
    }
}

fn measure(name: &str, senders: usize, large: bool, figures: &PrometheusHandle) {
    let bench = Bench::start(2);
    let runtime = tokio::runtime::Builder::new_multi_thread().max_blocking_threads(32).build().expect("a runtime");
    // Bodies are made before the clock runs.
    let bodies: Arc<Vec<Vec<u8>>> = Arc::new((0..20_000).map(|at| body(at * POINTS, POINTS)).collect());
    let (next, over) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicBool::new(false)));
    let beside = large.then(|| {
        let (app, over) = (bench.app.clone(), over.clone());
        runtime.spawn(async move {
            let mut first = 20_000 * POINTS;
            while !over.load(Ordering::Relaxed) {
                receive(&app, body(first, LARGE)).await;
                first += LARGE;
            }
        })
    });
    let before = commits(figures);
    let begun = Instant::now();
    let sending: Vec<_> = (0..senders)
        .map(|_| {
            let (app, bodies, next) = (bench.app.clone(), bodies.clone(), next.clone());
            runtime.spawn(async move {
                let mut times = Vec::new();
                while begun.elapsed() < LASTS {
                    let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed) as usize) else { break };
                    let sent = Instant::now();
                    receive(&app, body.clone()).await;
                    times.push(sent.elapsed());
                }
                times
            })
        })
        .collect();
    let times = sending.into_iter().flat_map(|sending| runtime.block_on(sending).expect("times"));
    let mut times: Vec<Duration> = times.collect();
    let seconds = begun.elapsed().as_secs_f64();
    let commits = commits(figures) - before;
    over.store(true, Ordering::Relaxed);
    if let Some(beside) = beside {
        runtime.block_on(beside).expect("an end");
    }
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    let (per_second, shared) = (times.len() as f64 / seconds, times.len() as f64 / commits);
    println!(
        "| {name} | {per_second:.0} | {:.0} | {shared:.1} | {:.1} | {:.1} |",
        commits / seconds,
        at(0.5),
        at(0.99)
    );
}

async fn receive(app: &App, body: Vec<u8>) {
    let (origin, body) = (Origin::default(), body.into());
    let upload = Upload { user: 1, api_key: None, origin, encoding: Encoding::Identity, body };
    let receipt = app.receiver.clone().receive(upload).await.expect("a receipt");
    assert_eq!(receipt.counts.stored, receipt.counts.received);
}

fn commits(figures: &PrometheusHandle) -> f64 {
    let text = figures.render();
    let line = text.lines().find_map(|line| line.strip_prefix("health_export_writer_commits_total "));
    line.map_or(0.0, |number| number.parse().expect("a number"))
}
