//! Data directories with the made-up history: made once, kept, and copied for each server, which is stopped by then.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use health_export::app::App;
use health_export::config::Settings;
use health_export::store::Store;
use health_export::synth::random::Random;

use crate::client::{Ask, Client};
use crate::confine::Confinement;
use crate::exposition;
use crate::filling::{deliver, sample};
use crate::measure::expect::Expect;
use crate::process::{self, Server};
use crate::world::{DENSITY, METRICS, Metric, SEED, World, ZONE};

/// Samples of one delivery.
const PIECE: i64 = 250_000;

/// Most seconds that rollups may take to be ready in the file that is kept.
const SETTLING: u32 = 300;

/// The folder that everything of the suite is in.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/performance")
}

/// A fresh copy of the history at `to`.
pub async fn copy(world: &World, to: &Path) -> Result<(), String> {
    let kept = kept(world).await?;
    let failed = |fault: std::io::Error| format!("{}: {fault}", to.display());
    if to.exists() {
        std::fs::remove_dir_all(to).map_err(failed)?;
    }
    let copied = Command::new("cp").args(["-a", "--reflink=auto"]).arg(kept).arg(to).status().map_err(failed)?;
    if !copied.success() {
        return Err(format!("the history cannot be copied to {}", to.display()));
    }
    // What is copied must not be written back in the middle of a measurement.
    Command::new("sync").arg("-f").arg(to).status().map_err(failed)?;
    Ok(())
}

/// The folder of the history, which is made if there is none for this schema.
async fn kept(world: &World) -> Result<PathBuf, String> {
    let folder = folder();
    let path = folder.join(format!("history-{}-{}", world.name(), schema()?));
    if path.exists() {
        return Ok(path);
    }
    eprintln!("making up {} samples ...", world.samples_of_all());
    let begun = path.with_extension("begun");
    if begun.exists() {
        std::fs::remove_dir_all(&begun).map_err(|fault| fault.to_string())?;
    }
    std::fs::create_dir_all(&begun).map_err(|fault| fault.to_string())?;
    // The store waits for its writer, which a thread that drives the client must not do.
    let filled = std::thread::scope(|scope| scope.spawn(|| fill(world, &begun)).join());
    filled.map_err(|_| "the history could not be made up")??;
    add_year(&begun)?;
    settle(&begun).await?;
    std::fs::rename(&begun, &path).map_err(|fault| fault.to_string())?;
    Ok(path)
}

/// A mark of the schema: a file that an older program has made would be migrated at every start.
fn schema() -> Result<String, String> {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(include_str!("../../src/store/schema/schema.sql"));
    Ok(digest[..6].iter().map(|byte| format!("{byte:02x}")).collect())
}

fn fill(world: &World, data_dir: &Path) -> Result<(), String> {
    let flags = BTreeMap::from([
        ("data_dir".to_owned(), data_dir.display().to_string()),
        ("home_zone".to_owned(), ZONE.to_owned()),
    ]);
    let settings = Settings::resolve(&flags, |_| None).map_err(|fault| fault.to_string())?;
    let app = App::start(&settings).map_err(|fault| fault.to_string())?;
    METRICS.iter().for_each(|metric| fill_metric(world, &app.store, metric));
    Ok(())
}

fn fill_metric(world: &World, store: &Store, metric: &Metric) {
    let mut random = Random::new(1);
    let samples = world.samples(metric);
    for first in (0..samples).step_by(PIECE as usize) {
        let rows = (first..(first + PIECE).min(samples)).map(|number| {
            let (start, length) = world.sample(metric, number);
            let source = if metric.overlapping { number % 2 } else { (number % 7 == 0).into() };
            sample(start, length, (random.between(60.0, 100.0) * 100.0).round() / 100.0, source as u32)
        });
        deliver(store, metric.name, metric.unit, rows.collect());
    }
}

/// Nights, workouts with routes and symptoms, by the real command line.
fn add_year(data_dir: &Path) -> Result<(), String> {
    let zip = data_dir.with_extension("zip");
    let name = zip.display().to_string();
    let (seed, density) = (SEED.to_string(), DENSITY.to_string());
    let until = ["--until", "2026-11-01", "--years", "1", "--zone", ZONE];
    process::run(
        data_dir,
        &[&["synth", "--kind", "apple-zip", "--seed", &seed, "--density", &density, "--out", &name], &until[..]]
            .concat(),
    )?;
    process::run(data_dir, &["import", &name])?;
    std::fs::remove_file(zip).map_err(|fault| fault.to_string())
}

/// Lets a server prepare whatever it prepares in the background, so that no run measures that by chance.
async fn settle(data_dir: &Path) -> Result<(), String> {
    let key = process::run(data_dir, &["key", "create", "--name", "load", "--scope", "read"])?;
    let server = Server::start(data_dir, &Confinement::WholeMachine)?;
    let client = Client::new(server.address, &key, 1);
    for metric in METRICS {
        let path = format!("/api/v1/aggregate/{}?bucket=day", metric.name);
        let ask = Ask::get("settle", path, Expect::List { name: "points", entries: 0 });
        client.send(&ask).await.map_err(|(_, fault)| fault)?;
    }
    for _ in 0..SETTLING {
        let told = exposition::read(&client).await;
        match told.and_then(|text| exposition::figure(&text, "health_export_rollup_dirty_days")) {
            Some(dirty) if dirty > 0.0 => tokio::time::sleep(std::time::Duration::from_secs(1)).await,
            _ => return server.stop(),
        }
    }
    Err(format!("rollups are not ready after {SETTLING} s"))
}
