//! When requests are sent. Open loop: at times fixed beforehand, and latency counts from there, so an answer that is waited for
//! in the client counts as much as one that is waited for in the server. Closed loop: only for the most per second.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::task::JoinSet;

use crate::client::{Ask, Client};
use crate::measure::model::Load;
use crate::measure::tally::{Done, Tally};

/// A generator that is later than this at its P99 has not kept its schedule, and its run counts for nothing.
pub const MOST_LAG_MS: f64 = 10.0;

/// What came of a run.
pub struct Sent {
    pub loads: Vec<Load>,
    pub seconds: f64,
    /// P99 of how much later than scheduled the client itself began, in ms; 0 for a closed loop, which has no schedule.
    pub lag_ms: f64,
}

impl Sent {
    /// All kinds together.
    pub fn all(&self) -> &Load {
        &self.loads[0]
    }

    pub fn of(&self, name: &str) -> Option<&Load> {
        self.loads.iter().find(|load| load.name == name)
    }

    /// Why the run counts for nothing, if it does not.
    pub fn invalid(&self) -> Option<String> {
        (self.lag_ms > MOST_LAG_MS)
            .then(|| format!("the client kept no schedule: P99 of its own lag is {:.1} ms", self.lag_ms))
    }
}

/// What to do with each answer beside counting it.
pub type Seen = Arc<dyn Fn(usize, &Done) + Send + Sync>;

/// Sends `asks[i]` at `i / rate` seconds.
pub async fn open_loop(client: &Arc<Client>, name: &str, rate: f64, asks: Vec<Ask>) -> Sent {
    open_loop_seen(client, name, rate, asks, Arc::new(|_, _| {})).await
}

pub async fn open_loop_seen(client: &Arc<Client>, name: &str, rate: f64, asks: Vec<Ask>, seen: Seen) -> Sent {
    let tally = Arc::new(Tally::start());
    let mut lag = Histogram::<u64>::new_with_bounds(1, 600_000_000, 3).expect("valid bounds");
    let mut requests = JoinSet::new();
    let begun = Instant::now();
    for (number, ask) in asks.into_iter().enumerate() {
        let arrival = begun + Duration::from_secs_f64(number as f64 / rate);
        tokio::time::sleep_until(arrival.into()).await;
        lag.saturating_record(arrival.elapsed().as_micros() as u64);
        let (client, tally, seen) = (client.clone(), tally.clone(), seen.clone());
        requests.spawn(async move { asked(&client, ask, arrival, number, &tally, &seen).await });
        while requests.try_join_next().is_some() {}
    }
    while requests.join_next().await.is_some() {}
    let seconds = begun.elapsed().as_secs_f64();
    let counts = Arc::into_inner(tally).expect("no request is left").finish();
    Sent { loads: counts.loads(name, seconds), seconds, lag_ms: lag.value_at_quantile(0.99) as f64 / 1e3 }
}

/// As fast as answers come over so many connections.
pub async fn closed_loop(
    client: &Arc<Client>,
    name: &str,
    connections: usize,
    length: Duration,
    next: impl Fn(usize) -> Ask + Send + Sync + 'static,
) -> Sent {
    let tally = Arc::new(Tally::start());
    let (next, number) = (Arc::new(next), Arc::new(AtomicUsize::new(0)));
    let mut loops = JoinSet::new();
    let begun = Instant::now();
    for _ in 0..connections {
        let (client, tally, next, number) = (client.clone(), tally.clone(), next.clone(), number.clone());
        loops.spawn(async move {
            let seen: Seen = Arc::new(|_, _| {});
            while begun.elapsed() < length {
                let number = number.fetch_add(1, Ordering::Relaxed);
                asked(&client, next(number), Instant::now(), number, &tally, &seen).await;
            }
        });
    }
    while loops.join_next().await.is_some() {}
    let seconds = begun.elapsed().as_secs_f64();
    let counts = Arc::into_inner(tally).expect("no request is left").finish();
    Sent { loads: counts.loads(name, seconds), seconds, lag_ms: 0.0 }
}

async fn asked(client: &Client, ask: Ask, arrival: Instant, number: usize, tally: &Tally, seen: &Seen) {
    let answer = client.send(&ask).await;
    let done = Done { name: ask.name, expect: ask.expect, took: arrival.elapsed(), answer };
    seen(number, &done);
    tally.add(done);
}

/// One after the other over one connection, each as soon as the one before has its answer.
pub async fn in_turn(client: &Arc<Client>, name: &str, asks: Vec<Ask>) -> Sent {
    let tally = Tally::start();
    let seen: Seen = Arc::new(|_, _| {});
    let begun = Instant::now();
    for (number, ask) in asks.into_iter().enumerate() {
        asked(client, ask, Instant::now(), number, &tally, &seen).await;
    }
    let seconds = begun.elapsed().as_secs_f64();
    Sent { loads: tally.finish().loads(name, seconds), seconds, lag_ms: 0.0 }
}
