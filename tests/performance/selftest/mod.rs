//! The suite's own test: every scenario against a right server, and against one that is broken in one way. A bar that a broken
//! server can meet is no bar.

mod cases;
mod proxy;

use std::path::Path;
use std::sync::Arc;

use crate::confine::Confinement;
use crate::history;
use crate::measure::judge;
use crate::measure::model::Report;
use crate::process::{self, Server};
use crate::scenario::{SCENARIOS, Scenario};
use crate::stage::Stage;
use crate::world::World;
use cases::{CASES, Case, Watched};
use proxy::{Fault, Proxy};

/// Of the length of a real run.
const PACE: f64 = 0.2;
const SOAK_MINUTES: f64 = 0.5;

/// Whether every broken server was found out, and no right one.
pub fn run() -> Result<bool, String> {
    std::fs::create_dir_all(history::folder()).map_err(|fault| fault.to_string())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|fault| fault.to_string())?;
    let world = Arc::new(World::small());
    let mut wrong = 0;
    for case in CASES {
        if case.right_passes {
            wrong += told(case, Fault::None, runtime.block_on(bar(&world, case, Fault::None))?, true);
        }
        wrong += told(case, case.fault, runtime.block_on(bar(&world, case, case.fault))?, false);
    }
    println!("{} cases, {wrong} of them wrong", CASES.len());
    Ok(wrong == 0)
}

/// Prints a line and gives 1 if the judgement is not the one it must be.
fn told(case: &Case, fault: Fault, (passed, words): (bool, String), wanted: bool) -> u32 {
    let right = passed == wanted;
    println!("{} {:<28} {:<28} {words}", if right { "ok   " } else { "WRONG" }, case.bar, format!("{fault:?}"));
    u32::from(!right)
}

/// Whether the case's bar was met with such a server, and its judgement.
async fn bar(world: &Arc<World>, case: &Case, fault: Fault) -> Result<(bool, String), String> {
    let name = case.bar.split('.').next().unwrap_or_default();
    let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name).ok_or("no such scenario")?;
    let report = report(world, scenario, case.watched, fault).await?;
    let judgements = judge::judge(scenario.name, &report, false);
    let held = judgements.into_iter().find(|held| held.bar == case.bar).ok_or("no such bar")?;
    let measured = held.measured.map_or("?".into(), |value| format!("{value:.2}"));
    let kinds: std::collections::BTreeSet<&String> =
        report.loads.iter().flat_map(|load| load.failures.keys()).collect();
    Ok((held.passed, format!("{measured}: {} {kinds:?}", held.words)))
}

async fn report(world: &Arc<World>, scenario: &Scenario, watched: Watched, fault: Fault) -> Result<Report, String> {
    let data_dir = history::folder().join("selftest");
    history::copy(world, &data_dir).await?;
    let key = process::run(&data_dir, &["key", "create", "--name", "load", "--scope", "ingest,read,export"])?;
    let confinement = Arc::new(Confinement::new(false)?);
    let mut server = Server::start(&data_dir, &confinement)?;
    let proxy = Proxy::start(server.address, fault).await?;
    let process = if watched == Watched::Proxy { std::process::id() } else { server.id() };
    let client = Stage::client_at(proxy.address, &key);
    let mut stage = Stage::new(world.clone(), confinement, data_dir.clone(), client, process);
    stage.pace = PACE;
    stage.soak_minutes = SOAK_MINUTES;
    if fault == Fault::Dies {
        server.kill();
    }
    let report = (scenario.run)(&stage).await;
    drop((proxy, server));
    removed(&data_dir)?;
    Ok(report)
}

fn removed(data_dir: &Path) -> Result<(), String> {
    std::fs::remove_dir_all(data_dir).map_err(|fault| fault.to_string())
}
