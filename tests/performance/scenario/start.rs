//! From the start of the process until it is ready, five times, and what it holds when nobody asks anything.

use std::time::{Duration, Instant};

use crate::client::{Ask, Client};
use crate::measure::expect::{Expect, Verdict};
use crate::measure::model::Report;
use crate::process::Server;
use crate::stage::Stage;
use crate::watch::resident_mb;

const TIMES: usize = 5;
const PATIENCE: Duration = Duration::from_secs(20);

pub async fn run(stage: &Stage) -> Report {
    let mut report = Report::titled("Starting with ten million samples");
    let mut slowest = 0_f64;
    for _ in 0..TIMES {
        match once(stage).await {
            Ok((ready_ms, idle)) => {
                slowest = slowest.max(ready_ms);
                report.notes.push(format!("ready after {ready_ms:.0} ms"));
                report.figure("ready_ms", slowest);
                if let Some(idle) = idle {
                    let before = report.figures.get("idle_mb").copied().unwrap_or(0.0);
                    report.figure("idle_mb", idle.max(before));
                }
            }
            Err(fault) => {
                report.figure("ready_ms", f64::NAN);
                report.invalid.push(fault);
                break;
            }
        }
    }
    report
}

/// Milliseconds until it was ready, and resident megabytes afterwards.
async fn once(stage: &Stage) -> Result<(f64, Option<f64>), String> {
    let begun = Instant::now();
    let server = Server::start(&stage.data_dir, &stage.confinement)?;
    let client = Client::new(server.address, "", 1);
    let ask = Ask::get("ready", "/health/ready", Expect::Healthy);
    while begun.elapsed() < PATIENCE {
        if let Ok(answer) = client.send(&ask).await
            && ask.expect.judge(&answer, &answer.body()) == Verdict::Success
        {
            let ready = begun.elapsed().as_secs_f64() * 1e3;
            tokio::time::sleep(stage.seconds(1.0)).await;
            let idle = resident_mb(server.id());
            server.stop()?;
            return Ok((ready, idle));
        }
    }
    Err(format!("not ready after {} s", PATIENCE.as_secs()))
}
