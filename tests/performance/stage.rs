//! What a scenario runs on: a server, a client of it, and the clock by which its parts are timed.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::arrival::{Sent, in_turn};
use crate::asks;
use crate::client::{Ask, Client};
use crate::confine::Confinement;
use crate::exposition::Pool;
use crate::measure::model::{Load, Report, Usage};
use crate::watch::Watch;
use crate::world::World;

/// Connections of the client, as many as a house full of browsers opens: slow answers must not keep others from being asked for.
const CONNECTIONS: usize = 128;

/// Of the soak, if nobody says otherwise.
pub const SOAK_MINUTES: f64 = 10.0;

pub struct Stage {
    pub world: Arc<World>,
    pub confinement: Arc<Confinement>,
    pub data_dir: PathBuf,
    pub client: Arc<Client>,
    /// The process that is watched.
    pub process: u32,
    pub server_cores: f64,
    /// 1, or less for the suite's own test.
    pub pace: f64,
    /// How long the soak is.
    pub soak_minutes: f64,
    fresh: AtomicI64,
}

impl Stage {
    pub fn new(
        world: Arc<World>,
        confinement: Arc<Confinement>,
        data_dir: PathBuf,
        client: Arc<Client>,
        process: u32,
    ) -> Stage {
        let server_cores = if confinement.is_small() { 1.0 } else { f64::from(crate::watch::cores()) };
        Stage {
            world,
            confinement,
            data_dir,
            client,
            process,
            server_cores,
            pace: 1.0,
            soak_minutes: SOAK_MINUTES,
            fresh: AtomicI64::new(0),
        }
    }

    pub fn client_at(address: std::net::SocketAddr, key: &str) -> Arc<Client> {
        Client::new(address, key, CONNECTIONS)
    }

    pub fn seconds(&self, seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds * self.pace)
    }

    /// How many requests that many seconds have room for.
    pub fn requests(&self, rate: f64, seconds: f64) -> usize {
        ((rate * seconds * self.pace) as usize).max(1)
    }

    /// A delivery of points that no other has.
    pub fn delivery(&self, points: i64) -> Ask {
        asks::delivery(self.fresh.fetch_add(points, Ordering::Relaxed), points)
    }

    /// Points that all deliveries together had.
    pub fn delivered(&self) -> i64 {
        self.fresh.load(Ordering::Relaxed)
    }

    /// Runs a part with the server watched, and adds what it used to the report. Gives the samples of memory.
    pub async fn watched<T>(&self, report: &mut Report, part: impl Future<Output = T>) -> (T, Vec<(f64, f64)>) {
        let (watch, pool) = (Watch::start(self.process), Pool::watch(&self.client));
        let outcome = part.await;
        let (readers_peak, readers_size) = pool.finish();
        let (usage, samples) = watch.finish(self.server_cores);
        let usage = Usage { readers_peak, readers_size, ..usage };
        let figures = [("peak_mb", usage.peak_mb), ("server_cpu", usage.server_cpu)];
        report.figures.extend(figures.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        report.usage = Some(usage);
        (outcome, samples)
    }

    /// One request that must have its right answer; gives how long it took in ms.
    pub async fn ask_once(&self, report: &mut Report, ask: Ask) -> f64 {
        let sent = in_turn(&self.client, ask.name, vec![ask]).await;
        let took = sent.all().p50;
        report.loads.extend(sent.loads);
        took
    }
}

impl Report {
    pub fn titled(title: &str) -> Report {
        Report { title: title.into(), ..Report::default() }
    }

    /// What is no number was not measured.
    pub fn figure(&mut self, name: &str, value: f64) {
        match value.is_finite() {
            true => drop(self.figures.insert(name.into(), value)),
            false => drop(self.figures.remove(name)),
        }
    }

    /// Takes a run over: what has failed or was shed, its P99, what compression saved, and whether it counts.
    pub fn take(&mut self, sent: Sent) {
        let all = sent.all();
        let failed = (all.failed() + all.shed) as f64;
        *self.figures.entry("failures".into()).or_default() += failed;
        self.figure("p99_ms", if all.successes > 0 { all.p99 } else { f64::NAN });
        self.saved(all);
        self.invalid.extend(sent.invalid());
        self.notes.push(format!("P99 of the client's own lag {:.1} ms", sent.lag_ms));
        self.loads.extend(sent.loads);
    }

    fn saved(&mut self, all: &Load) {
        let saved = (all.plain > 0).then(|| 100.0 * (1.0 - all.wire as f64 / all.plain as f64));
        if let Some(usage) = &mut self.usage {
            usage.saved = saved;
        }
    }

    /// Counts what has failed or was shed in all loads.
    pub fn count_failures(&mut self) {
        let failed: u64 = self.loads.iter().map(|load| load.failed() + load.shed).sum();
        self.figure("failures", failed as f64);
    }
}
