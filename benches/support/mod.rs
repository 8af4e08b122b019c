//! Ten million made-up samples, a stopwatch, and a table of what it measured.

pub mod apple;
pub mod filling;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use health_export::app::App;
use health_export::config::Settings;
use health_export::store::Store;
use health_export::synth::random::Random;

pub use filling::{deliver, sample};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// First and last moment of the made-up history: nine years, as UTC epoch seconds.
pub const FROM: i64 = 1_483_228_800;
pub const TO: i64 = FROM + 9 * 365 * 86_400;

/// The metric that is asked for, with 3 M of the 10 M samples.
pub const ASKED: &str = "heart_rate";

const METRICS: [(&str, &str, i64); 6] = [
    (ASKED, "count/min", 3_000_000),
    ("active_energy", "kcal", 3_000_000),
    ("step_count", "count", 1_000_000),
    ("basal_energy_burned", "kcal", 2_000_000),
    ("walking_running_distance", "km", 500_000),
    ("respiratory_rate", "count/min", 500_000),
];

/// Samples of one delivery.
const PIECE: i64 = 250_000;

/// A program on a data directory of its own, removed when it is dropped.
pub struct Bench {
    pub app: App,
    pub folder: tempfile::TempDir,
}

impl Bench {
    pub fn start(threads: u32) -> Bench {
        let folder = tempfile::tempdir().expect("a folder");
        let app = open(folder.path(), threads);
        Bench { app, folder }
    }

    /// The same with ten million samples.
    pub fn with_history(threads: u32) -> Bench {
        let Bench { app, folder } = Bench::start(threads);
        eprintln!("making up 10 M samples ...");
        fill(&app.store);
        // Closed and opened again, so that nothing is in the WAL any more, as on any day but that of a large import.
        drop(app);
        let app = open(folder.path(), threads);
        Bench { app, folder }
    }

    pub fn database(&self) -> PathBuf {
        self.app.store.path().to_owned()
    }
}

pub fn open(folder: &Path, threads: u32) -> App {
    let flags = BTreeMap::from([
        ("data_dir".to_owned(), folder.display().to_string()),
        ("home_zone".to_owned(), "UTC".to_owned()),
        ("duckdb_threads".to_owned(), threads.to_string()),
    ]);
    let settings = Settings::resolve(&flags, |_| None).expect("settings");
    App::start(&settings).expect("a start")
}

fn fill(store: &Arc<Store>) {
    let mut random = Random::new(1);
    for (metric, unit, samples) in METRICS {
        for first in (0..samples).step_by(PIECE as usize) {
            let rows = (first..(first + PIECE).min(samples)).map(|at| {
                let start = FROM + at * (TO - FROM) / samples;
                sample(start, 0, (random.between(60.0, 100.0) * 100.0).round() / 100.0, (at % 7 == 0).into())
            });
            deliver(store, metric, unit, rows.collect());
        }
    }
}

/// A name and what to time under it.
type Runner<'a> = (&'a str, Box<dyn FnMut() + 'a>);

/// The best of `rounds` times each, taken in turn so that a busy moment of the machine hits all alike.
pub fn race<const N: usize>(rounds: usize, mut runners: [Runner; N]) -> Vec<(String, Duration)> {
    let mut best = vec![Duration::MAX; N];
    for _ in 0..rounds {
        for (best, (_, run)) in best.iter_mut().zip(&mut runners) {
            let begun = Instant::now();
            run();
            *best = begun.elapsed().min(*best);
        }
    }
    runners.iter().map(|(name, _)| (*name).to_owned()).zip(best).collect()
}

/// Prints a table as Markdown: time, rows a second, and the time as a multiple of the yardstick's.
pub fn print(title: &str, rows: u64, yardstick: &str, times: &[(String, Duration)]) {
    let unit = times.iter().find(|(name, _)| name == yardstick).map_or(f64::NAN, |(_, time)| time.as_secs_f64());
    println!("\n### {title}\n\n| | ms | M rows/s | x {yardstick} |\n|---|---:|---:|---:|");
    for (name, time) in times {
        let seconds = time.as_secs_f64();
        println!("| {name} | {:.1} | {:.2} | {:.2} |", seconds * 1e3, rows as f64 / seconds / 1e6, seconds / unit);
    }
}
