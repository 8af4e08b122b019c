//! The real program, over HTTP, with a clock that follows the scenario.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use health_export::model::receipt::Counts;
use health_export::synth::phone::metric::Metric;
use health_export::synth::phone::senders::Request;
use health_export::synth::phone::statistics::Levels;
use health_export::sys::clock;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::Agent;

use crate::answers::Answers;
use crate::world::{Program, Taken};

pub struct Real {
    process: Child,
    folder: TempDir,
    agent: Agent,
    base: String,
    key: String,
}

impl Drop for Real {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_health-export"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HEALTH_EXPORT_")) {
        command.env_remove(name);
    }
    command.arg("--data-dir").arg(folder.join("data")).args(["--log", "error"]).env(clock::VARIABLE, watch(folder));
    command
}

/// The file that says what time it is.
fn watch(folder: &Path) -> PathBuf {
    folder.join("clock")
}

impl Real {
    pub fn start(root: &Path, home: &TimeZone, now: i64) -> Real {
        let folder = tempfile::tempdir_in(root).unwrap();
        std::fs::write(watch(folder.path()), now.to_string()).unwrap();
        let create = ["key", "create", "--name", "truth", "--scope", "ingest,read,admin"];
        let made = command(folder.path()).args(create).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let zone = home.iana_name().unwrap_or("UTC");
        let serve = ["serve", "--listen", "127.0.0.1:0", "--home-zone", zone];
        let mut process = command(folder.path()).args(serve).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let base = line.split_whitespace().last().unwrap().to_owned();
        let agent = Agent::config_builder().http_status_as_error(false).build().into();
        let key = String::from_utf8(made.stdout).unwrap().trim().to_owned();
        Real { process, folder, agent, base, key }
    }

    fn set_clock(&self, at: i64) {
        let next = self.folder.path().join("next");
        std::fs::write(&next, at.to_string()).unwrap();
        std::fs::rename(next, watch(self.folder.path())).unwrap();
    }

    /// Status and body.
    fn post(&self, path: &str, headers: &[(&'static str, String)], body: &[u8]) -> (u16, Value) {
        let request = self.agent.post(format!("{}{path}", self.base)).header("x-api-key", &self.key);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        let mut answer = request.send(body).unwrap();
        (answer.status().as_u16(), answer.body_mut().read_json().unwrap())
    }

    fn get(&self, path: &str) -> (u16, Value) {
        let request = self.agent.get(format!("{}{path}", self.base)).header("x-api-key", &self.key);
        let mut answer = request.call().unwrap();
        (answer.status().as_u16(), answer.body_mut().read_json().unwrap())
    }

    /// Of a metric that nobody has sent there is nothing.
    fn points(&self, metric: Metric, stats: &str) -> Vec<(Date, Value)> {
        let path = format!("/api/v1/aggregate/{}?bucket=day&stat={stats}", metric.facts().name);
        let (status, answer) = self.get(&path);
        assert!([200, 404].contains(&status), "{answer}");
        let points = answer["points"].as_array().cloned().unwrap_or_default();
        points.into_iter().map(|point| (point["start"].as_str().unwrap()[..10].parse().unwrap(), point)).collect()
    }

    fn imported(&self, accepted: &Value) -> Result<Value, String> {
        let address = accepted["status_url"].as_str().ok_or_else(|| accepted.to_string())?;
        loop {
            let (_, job) = self.get(address);
            match job["state"].as_str() {
                Some("done") => return Ok(job["receipt"].clone()),
                Some("failed") => return Err(job.to_string()),
                _ => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }
}

impl Program for Real {
    fn give(&self, request: &Request, at: i64) -> Result<Taken, String> {
        self.set_clock(at);
        let receipt = match &request.file {
            None => match self.post("/api/v1/ingest", &request.headers, &request.body) {
                (200, receipt) => receipt,
                (_, problem) => return Err(problem.to_string()),
            },
            Some(_) => self.imported(&self.post("/api/v1/import", &[], &request.body).1)?,
        };
        let counts: Counts = serde_json::from_value(receipt.clone()).map_err(|fault| format!("{fault}: {receipt}"))?;
        let problem = receipt["problems"].get(0).map(Value::to_string);
        Ok(Taken { delivery: receipt["delivery"].as_str().unwrap_or_default().into(), counts, problem })
    }

    fn delete(&self, delivery: &str, at: i64) {
        self.set_clock(at);
        let target = json!({"delivery": {"id": delivery}}).to_string();
        let (status, answer) = self.post("/api/v1/deletions", &[], target.as_bytes());
        assert!([201, 404].contains(&status), "{answer}");
    }

    fn answers(&self, metrics: &[Metric]) -> Answers {
        let mut answers = Answers::default();
        for metric in metrics {
            match metric.is_total() {
                true => {
                    let points = self.points(*metric, "sum").into_iter();
                    let sums = points.filter_map(|(date, point)| Some(((*metric, date), point["sum"].as_f64()?)));
                    answers.totals.extend(sums);
                }
                false => {
                    let points = self.points(*metric, "avg,min,max").into_iter();
                    let levels = points.filter_map(|(date, point)| Some(((*metric, date), levels(&point)?)));
                    answers.levels.extend(levels);
                }
            }
        }
        let (_, nights) = self.get("/api/v1/sleep?limit=5000&segments=false");
        let nights = nights["nights"].as_array().unwrap().iter();
        let asleep = |night: &Value| Some((night["date"].as_str()?.parse().ok()?, night["asleep_minutes"].as_f64()?));
        answers.nights = nights.filter_map(asleep).collect();
        let (_, workouts) = self.get("/api/v1/workouts?limit=1000");
        answers.workouts = workouts["workouts"].as_array().unwrap().iter().map(workout).collect();
        answers.workouts.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        answers
    }

    fn is_complete(&self, metric: Metric, date: Date) -> bool {
        let (status, answer) = self.get(&format!("/api/v1/explain/{}?date={date}", metric.facts().name));
        assert_eq!(status, 200, "{answer}");
        answer["complete"].as_bool().unwrap()
    }
}

fn levels(point: &Value) -> Option<Levels> {
    Some(Levels { mean: point["avg"].as_f64()?, min: point["min"].as_f64()?, max: point["max"].as_f64()? })
}

fn workout(one: &Value) -> (i64, f64) {
    let start: Timestamp = one["start"].as_str().unwrap().parse().unwrap();
    (start.as_second(), one["figures"]["distance"]["value"].as_f64().unwrap_or(f64::NAN))
}
