//! Runs scenarios one after the other, each with a server of its own, and judges them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use crate::client::Client;
use crate::confine::Confinement;
use crate::history;
use crate::measure::baseline::{self, Baseline};
use crate::measure::judge;
use crate::measure::model::Report;
use crate::options::Options;
use crate::process::{self, Server};
use crate::report::{self, summary};
use crate::scenario::Scenario;
use crate::stage::Stage;
use crate::world::World;
use crate::{machine, yardstick};

/// Whether every bar was met.
pub fn run(options: &Options) -> Result<bool, String> {
    let confinement = Arc::new(Confinement::new(options.small)?);
    std::fs::create_dir_all(history::folder()).map_err(|fault| fault.to_string())?;
    // One thread: the client must leave the processor to the server.
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|fault| fault.to_string())?;
    runtime.block_on(all(options, &confinement))
}

async fn all(options: &Options, confinement: &Arc<Confinement>) -> Result<bool, String> {
    let mut results = report::load(options.small)?;
    results.machine = machine::describe(confinement);
    let baseline = report::load_baseline(options.small)?;
    let mut directory = Directory {
        world: Arc::new(World::ten_million()),
        path: history::folder().join("run"),
        key: None,
        soak_minutes: options.soak_minutes,
    };
    let mut fine = true;
    for scenario in &options.scenarios {
        eprintln!("{} ...", scenario.name);
        let mut report = one(scenario, &mut directory, confinement).await?;
        report.judgements = judge::judge(scenario.name, &report, options.small);
        let slower = baseline::regressions(scenario.name, &report, &baseline, options.tolerance);
        fine &= judge::passed(&report) && slower.is_empty();
        summary::print(scenario.name, &report, &slower);
        results.scenarios.insert(scenario.name.into(), report);
        report::save(options.small, &results)?;
    }
    directory.remove();
    summary::verdict(&results, &options.scenarios, fine);
    note_missing_baseline(&baseline);
    Ok(fine)
}

fn note_missing_baseline(baseline: &Baseline) {
    if baseline.is_empty() {
        println!("there is no baseline for this machine yet: `make load-baseline` makes this run one");
    }
}

/// The data directory that servers run on, copied again when a scenario has written to it.
struct Directory {
    world: Arc<World>,
    path: PathBuf,
    key: Option<String>,
    soak_minutes: f64,
}

impl Directory {
    async fn key(&mut self) -> Result<String, String> {
        if let Some(key) = &self.key {
            return Ok(key.clone());
        }
        history::copy(&self.world, &self.path).await?;
        let key = process::run(&self.path, &["key", "create", "--name", "load", "--scope", "ingest,read,export"])?;
        self.key = Some(key.clone());
        Ok(key)
    }

    fn remove(&self) {
        if let Err(fault) = std::fs::remove_dir_all(&self.path) {
            eprintln!("{} is left behind: {fault}", self.path.display());
        }
    }
}

/// Runs one scenario and adds what is known of every run.
async fn one(scenario: &Scenario, directory: &mut Directory, confinement: &Arc<Confinement>) -> Result<Report, String> {
    let key = directory.key().await?;
    let yardstick = yardstick::measure(&history::folder());
    let begun = Instant::now();
    let report = match scenario.served {
        true => served(scenario, directory, confinement, &key).await?,
        false => {
            let nobody = Client::new(([127, 0, 0, 1], 9).into(), &key, 1);
            let stage = Stage::new(directory.world.clone(), confinement.clone(), directory.path.clone(), nobody, 0);
            (scenario.run)(&stage).await
        }
    };
    if scenario.writes {
        directory.key = None;
    }
    let date = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string();
    Ok(Report { seconds: begun.elapsed().as_secs_f64(), date, commit: machine::commit(), yardstick, ..report })
}

async fn served(
    scenario: &Scenario,
    directory: &Directory,
    confinement: &Arc<Confinement>,
    key: &str,
) -> Result<Report, String> {
    let mut server = Server::start(&directory.path, confinement)?;
    let client = Stage::client_at(server.address, key);
    let mut stage =
        Stage::new(directory.world.clone(), confinement.clone(), directory.path.clone(), client, server.id());
    stage.soak_minutes = directory.soak_minutes;
    let mut report = (scenario.run)(&stage).await;
    // A server that was killed, by the kernel or by itself, has failed, whatever it has answered before.
    report.invalid.extend(server.ended());
    if report.invalid.is_empty() {
        report.invalid.extend(server.stop().err());
    }
    Ok(report)
}
