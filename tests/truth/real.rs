//! The real program, over HTTP, with a clock that follows the scenario.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

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
use ureq::http::Response;
use ureq::{Agent, Body};

use crate::answers::Answers;
use crate::world::{Program, Taken};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Real {
    pub process: Child,
    folder: Arc<TempDir>,
    agent: Agent,
    base: String,
    key: String,
}

/// Why a request was not taken.
pub enum Refusal {
    /// It was answered: status and problem.
    Said(u16, Value),
    /// There was no answer, or none that can be read.
    Gone(String),
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

/// A key for everything.
pub fn create_key(folder: &Path) -> String {
    let create = ["key", "create", "--name", "truth", "--scope", "ingest,read,admin"];
    let made = command(folder).args(create).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

/// From now on this is the time.
pub fn set_clock(folder: &Path, at: i64) {
    let next = folder.join("next");
    std::fs::write(&next, at.to_string()).unwrap();
    std::fs::rename(next, watch(folder)).unwrap();
}

impl Real {
    pub fn start(root: &Path, home: &TimeZone, now: i64) -> Real {
        let folder = tempfile::tempdir_in(root).unwrap();
        set_clock(folder.path(), now);
        let key = create_key(folder.path());
        let zone = home.iana_name().unwrap_or("UTC");
        Real::serve(Arc::new(folder), &key, zone, |_| ()).unwrap()
    }

    /// Serves what is in a folder; None where it ends before it listens.
    pub fn serve(folder: Arc<TempDir>, key: &str, zone: &str, prepare: impl FnOnce(&mut Command)) -> Option<Real> {
        let mut command = command(folder.path());
        command.args(["serve", "--listen", "127.0.0.1:0", "--home-zone", zone]).stdout(Stdio::piped());
        prepare(&mut command);
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Some(base) = line.split_whitespace().last() else {
            process.wait().unwrap();
            return None;
        };
        let agent = Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build().into();
        Some(Real { process, folder, agent, base: base.to_owned(), key: key.to_owned() })
    }

    fn post(&self, path: &str, headers: &[(&'static str, String)], body: &[u8]) -> Result<Value, Refusal> {
        let request = self.agent.post(format!("{}{path}", self.base)).header("x-api-key", &self.key);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        read(request.send(body))
    }

    pub fn get(&self, path: &str) -> Result<Value, Refusal> {
        read(self.agent.get(format!("{}{path}", self.base)).header("x-api-key", &self.key).call())
    }

    /// Of what nobody has sent there is nothing.
    #[track_caller]
    fn ask(&self, path: &str) -> Value {
        match self.get(path) {
            Ok(answer) | Err(Refusal::Said(404, answer)) => answer,
            Err(refusal) => panic!("{path}: {refusal}"),
        }
    }

    /// Gives it a request at a moment, or a file, and says by which address to ask how far that is.
    pub fn send(&self, request: &Request, at: i64) -> Result<Sent, Refusal> {
        set_clock(self.folder.path(), at);
        match &request.file {
            None => {
                self.post("/api/v1/ingest", &request.headers, &request.body).map(|receipt| Sent::Taken(taken(&receipt)))
            }
            Some(_) => {
                let accepted = self.post("/api/v1/import", &[], &request.body)?;
                Ok(Sent::Queued(accepted["status_url"].as_str().unwrap().to_owned()))
            }
        }
    }

    /// Waits for the end of an import.
    pub fn imported(&self, address: &str) -> Result<Taken, Refusal> {
        let begun = Instant::now();
        loop {
            let job = self.get(address)?;
            if begun.elapsed() > PATIENCE {
                return Err(Refusal::Gone(format!("it does not end: {job}")));
            }
            match job["state"].as_str() {
                Some("done") => return Ok(taken(&job["receipt"])),
                Some("failed") => return Err(Refusal::Said(200, job)),
                _ => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }

    /// Deletes what a delivery has brought, if it has brought anything of its own.
    pub fn try_delete(&self, delivery: &str, at: i64) -> Result<(), Refusal> {
        set_clock(self.folder.path(), at);
        let target = json!({"delivery": {"id": delivery}}).to_string();
        match self.post("/api/v1/deletions", &[], target.as_bytes()) {
            Ok(_) | Err(Refusal::Said(404, _)) => Ok(()),
            Err(refusal) => Err(refusal),
        }
    }

    fn points(&self, metric: Metric, stats: &str) -> Vec<(Date, Value)> {
        let path = format!("/api/v1/aggregate/{}?bucket=day&stat={stats}", metric.facts().name);
        let points = self.ask(&path)["points"].as_array().cloned().unwrap_or_default();
        points.into_iter().map(|point| (point["start"].as_str().unwrap()[..10].parse().unwrap(), point)).collect()
    }
}

impl Program for Real {
    fn give(&self, request: &Request, at: i64) -> Result<Taken, String> {
        let taken = self.send(request, at).and_then(|sent| match sent {
            Sent::Taken(taken) => Ok(taken),
            Sent::Queued(address) => self.imported(&address),
        });
        taken.map_err(|refusal| refusal.to_string())
    }

    fn delete(&self, delivery: &str, at: i64) {
        self.try_delete(delivery, at).unwrap_or_else(|refusal| panic!("{refusal}"));
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
        let nights = self.ask("/api/v1/sleep?limit=5000&segments=false");
        let nights = nights["nights"].as_array().unwrap().iter();
        let asleep = |night: &Value| Some((night["date"].as_str()?.parse().ok()?, night["asleep_minutes"].as_f64()?));
        answers.nights = nights.filter_map(asleep).collect();
        let workouts = self.ask("/api/v1/workouts?limit=1000");
        answers.workouts = workouts["workouts"].as_array().unwrap().iter().map(workout).collect();
        answers.workouts.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        answers
    }

    fn is_complete(&self, metric: Metric, date: Date) -> bool {
        let answer = self.ask(&format!("/api/v1/explain/{}?date={date}", metric.facts().name));
        answer["complete"].as_bool().unwrap()
    }
}

/// What became of something that was sent.
pub enum Sent {
    Taken(Taken),
    /// It is done later; where to ask.
    Queued(String),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refusal::Said(status, problem) => write!(out, "{status} {problem}"),
            Refusal::Gone(fault) => write!(out, "no answer: {fault}"),
        }
    }
}

fn read(answer: Result<Response<Body>, ureq::Error>) -> Result<Value, Refusal> {
    let gone = |fault: ureq::Error| Refusal::Gone(fault.to_string());
    let mut answer = answer.map_err(gone)?;
    let body = answer.body_mut().read_json().map_err(gone)?;
    match answer.status().as_u16() {
        200..300 => Ok(body),
        status => Err(Refusal::Said(status, body)),
    }
}

fn taken(receipt: &Value) -> Taken {
    let counts: Counts = serde_json::from_value(receipt.clone()).unwrap_or_else(|fault| panic!("{fault}: {receipt}"));
    let problem = receipt["problems"].get(0).map(Value::to_string);
    Taken { delivery: receipt["delivery"].as_str().unwrap_or_default().into(), counts, problem }
}

fn levels(point: &Value) -> Option<Levels> {
    Some(Levels { mean: point["avg"].as_f64()?, min: point["min"].as_f64()?, max: point["max"].as_f64()? })
}

fn workout(one: &Value) -> (i64, f64) {
    let start: Timestamp = one["start"].as_str().unwrap().parse().unwrap();
    (start.as_second(), one["figures"]["distance"]["value"].as_f64().unwrap_or(f64::NAN))
}
