//! What the real program is given and answers, over HTTP.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use health_export::model::receipt::Counts;
use health_export::synth::phone::metric::Metric;
use health_export::synth::phone::senders::Request;
use health_export::synth::phone::statistics::Levels;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::answers::Answers;
use crate::process::{PATIENCE, Refusal, Server, create_key, set_clock};
use crate::world::{Program, Taken};

pub struct Real {
    pub server: Server,
    folder: Arc<TempDir>,
}

/// What became of something that was sent.
pub enum Sent {
    Taken(Taken),
    /// It is done later; where to ask.
    Queued(String),
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
        Server::start(folder.path(), key, zone, prepare).map(|server| Real { server, folder })
    }

    /// Of what nobody has sent there is nothing.
    #[track_caller]
    fn ask(&self, path: &str) -> Value {
        match self.server.get(path) {
            Ok(answer) | Err(Refusal::Said(404, answer)) => answer,
            Err(refusal) => panic!("{path}: {refusal}"),
        }
    }

    /// Gives it a request at a moment, or a file, and says by which address to ask how far that is.
    pub fn send(&self, request: &Request, at: i64) -> Result<Sent, Refusal> {
        set_clock(self.folder.path(), at);
        match &request.file {
            None => self
                .server
                .post("/api/v1/ingest", &request.headers, &request.body)
                .map(|receipt| Sent::Taken(taken(&receipt))),
            Some(_) => {
                let accepted = self.server.post("/api/v1/import", &[], &request.body)?;
                Ok(Sent::Queued(accepted["status_url"].as_str().unwrap().to_owned()))
            }
        }
    }

    /// Waits for the end of an import.
    pub fn imported(&self, address: &str) -> Result<Taken, Refusal> {
        let begun = Instant::now();
        loop {
            let job = self.server.get(address)?;
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
        match self.server.post("/api/v1/deletions", &[], target.as_bytes()) {
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
