//! The program on a folder of its own: what it is given and what it answers. Mostly in this process, which is faster.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use health_export::model::bucket::Bucket;
use health_export::model::day::{date_text, number};
use health_export::model::deletion::Kind;
use health_export::model::receipt::Counts;
use health_export::model::shown::System;
use health_export::query::aggregate::{self, Question};
use health_export::query::budget::Stop;
use health_export::query::duck::engine::{Engine, Limits};
use health_export::query::stat::Stat;
use health_export::query::{explain, sleep, workouts};
use health_export::receive::import::{Progress, Request as Import};
use health_export::receive::{Encoding, Receiver, Upload};
use health_export::store::Store;
use health_export::store::deletions::{self, Aim, Order};
use health_export::store::deliveries::{self, Origin};
use health_export::store::workouts::read::Selection;
use health_export::synth::phone::calendar::{date_of, moment};
use health_export::synth::phone::metric::Metric;
use health_export::synth::phone::scenario::Scenario;
use health_export::synth::phone::senders::Request;
use health_export::synth::phone::statistics::Levels;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tempfile::TempDir;

use crate::answers::Answers;
use crate::real::Real;

/// The user that every database begins with.
const OWNER: i64 = 1;

/// One for each thread: DuckDB takes its time to start.
pub struct Machine {
    engine: Engine,
    _folder: TempDir,
    pub root: PathBuf,
}

impl Machine {
    pub fn start() -> Machine {
        let memory = PathBuf::from("/dev/shm");
        let root = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let folder = tempfile::tempdir_in(&root).unwrap();
        let path = folder.path().to_owned();
        let limits =
            Limits { memory_mb: 512, threads: 1, temp_dir: path.clone(), temp_mb: 256, spool_dir: path.clone() };
        Machine { engine: Engine::open(&limits).unwrap(), _folder: folder, root }
    }

    /// An empty program for a scenario: for one seed in twenty the real one.
    pub fn program<'a>(&'a self, scenario: &Scenario) -> Box<dyn Program + 'a> {
        let first = scenario.sends.first().map_or(0, |send| send.at);
        match scenario.seed % 20 == 8 {
            true => Box::new(Real::start(&self.root, scenario.phone.calendar.home(), first)),
            false => self.in_process(scenario),
        }
    }

    pub fn in_process<'a>(&'a self, scenario: &Scenario) -> Box<dyn Program + 'a> {
        Box::new(World::new(self, scenario.phone.calendar.home()))
    }
}

/// The program, whichever way it is talked to.
pub trait Program {
    /// Gives it a request, or a file, at a moment.
    fn give(&self, request: &Request, at: i64) -> Result<Taken, String>;

    /// Deletes what a delivery has brought, if it has brought anything of its own.
    fn delete(&self, delivery: &str, at: i64);

    fn answers(&self, metrics: &[Metric]) -> Answers;

    /// Whether it says that a day's number is complete, and not that it may still grow.
    fn is_complete(&self, metric: Metric, date: Date) -> bool;
}

/// In this process.
struct World<'a> {
    machine: &'a Machine,
    folder: TempDir,
    store: Arc<Store>,
    receiver: Receiver,
    home: TimeZone,
}

/// What became of one request.
#[derive(Debug, Clone)]
pub struct Taken {
    pub delivery: String,
    pub counts: Counts,
    pub problem: Option<String>,
}

impl<'a> World<'a> {
    fn new(machine: &'a Machine, home: &TimeZone) -> World<'a> {
        let folder = tempfile::tempdir_in(&machine.root).unwrap();
        let store = Arc::new(Store::open(folder.path(), 2).unwrap());
        let receiver = Receiver::new(store.clone(), home.clone(), 256 << 20);
        World { machine, folder, store, receiver, home: home.clone() }
    }

    fn daily(&self, metric: Metric, stats: &[Stat]) -> BTreeMap<Date, Vec<Option<f64>>> {
        let question = Question {
            user: OWNER,
            metric: metric.facts().name.into(),
            from: None,
            to: None,
            bucket: Bucket::Day,
            zone: self.home.clone(),
            stats: stats.to_vec(),
            layer: None,
            sources: Vec::new(),
            dedupe: true,
        };
        let answer = aggregate::answer(&self.store, &self.machine.engine, &question, &Stop::default());
        let points = answer.unwrap().points;
        points.into_iter().map(|point| (date_of(point.start, &self.home), point.values)).collect()
    }

    fn nights(&self) -> BTreeMap<Date, f64> {
        let question = sleep::Question {
            user: OWNER,
            from: None,
            to: None,
            zone: self.home.clone(),
            sources: Vec::new(),
            descending: false,
            limit: 5_000,
            after: None,
        };
        let nights = sleep::answer(&self.store.reader().unwrap(), &question).unwrap().nights;
        let asleep = |night: sleep::night::Night| Some((date_text(night.day).parse().unwrap(), night.asleep?));
        nights.into_iter().filter_map(asleep).collect()
    }

    fn workouts(&self) -> Vec<(i64, f64)> {
        let selection =
            Selection { user: OWNER, from: i64::MIN, to: i64::MAX, activities: Vec::new(), descending: false };
        let (page, _) = workouts::page(&self.store.reader().unwrap(), &selection, None, 1_000).unwrap();
        let kilometres = |one: &workouts::Whole| one.figures.get("distance").and_then(|figure| figure.value);
        let mut found: Vec<(i64, f64)> =
            page.iter().map(|one| (one.start, kilometres(one).unwrap_or(f64::NAN))).collect();
        found.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        found
    }
}

impl Program for World<'_> {
    fn give(&self, request: &Request, at: i64) -> Result<Taken, String> {
        let receiver = self.receiver.as_of(moment(at));
        let receipt = match &request.file {
            None => {
                let upload = Upload {
                    user: OWNER,
                    api_key: None,
                    origin: origin(request),
                    encoding: Encoding::Identity,
                    body: request.body.clone().into(),
                };
                receiver.receive_blocking(upload)
            }
            Some(name) => {
                let path = self.folder.path().join(name);
                std::fs::write(&path, &request.body).unwrap();
                let (name, beside) = (name.clone(), false);
                let import = Import { user: OWNER, api_key: None, path, name, beside, aggregation: None };
                let imported = receiver.import(&import, &Progress::default());
                imported.and_then(|mut imported| imported.remove(0).receipt)
            }
        };
        let receipt = receipt.map_err(|fault| fault.to_string())?;
        let problem = receipt.problems.first().map(|problem| format!("{}: {}", problem.path, problem.reason));
        Ok(Taken { delivery: receipt.delivery, counts: receipt.counts, problem })
    }

    fn delete(&self, delivery: &str, at: i64) {
        let reader = self.store.reader().unwrap();
        let row = deliveries::find(&reader, OWNER, delivery).unwrap().unwrap();
        drop(reader);
        let order = Order {
            user: OWNER,
            at,
            asked_by: "truth".into(),
            kind: Kind::Delivery,
            target: serde_json::json!({"delivery": {"id": delivery}}),
            note: None,
            aim: Aim { delivery: Some(row.id), since: i64::MIN, until: i64::MAX, ..Aim::default() },
            zone: self.home.clone(),
        };
        // What is there already under another delivery, or nothing at all, is no fault.
        let _ = deletions::carry_out(&self.store, order);
    }

    fn answers(&self, metrics: &[Metric]) -> Answers {
        let mut answers = Answers::default();
        for metric in metrics {
            match metric.is_total() {
                true => {
                    let rows = self.daily(*metric, &[Stat::Sum]);
                    answers.totals.extend(rows.into_iter().filter_map(|(date, row)| Some(((*metric, date), row[0]?))));
                }
                false => {
                    let rows = self.daily(*metric, &[Stat::Avg, Stat::Min, Stat::Max]);
                    let levels = rows.into_iter().filter_map(|(date, row)| Some(((*metric, date), levels(&row)?)));
                    answers.levels.extend(levels);
                }
            }
        }
        answers.nights = self.nights();
        answers.workouts = self.workouts();
        answers
    }

    fn is_complete(&self, metric: Metric, date: Date) -> bool {
        let question = explain::Question {
            user: OWNER,
            metric: metric.facts().name.into(),
            day: number(date).unwrap(),
            over: true,
            zone: self.home.clone(),
            units: System::Metric,
        };
        explain::answer(&self.store, &self.machine.engine, &question, &Stop::default()).unwrap().complete
    }
}

fn levels(row: &[Option<f64>]) -> Option<Levels> {
    Some(Levels { mean: row[0]?, min: row[1]?, max: row[2]? })
}

fn origin(request: &Request) -> Origin {
    let header = |wanted: &str| {
        let found = request.headers.iter().find(|(name, _)| *name == wanted);
        found.map(|(_, value)| value.clone())
    };
    Origin {
        automation_name: header("automation-name"),
        automation_id: header("automation-id"),
        automation_aggregation: header("automation-aggregation"),
        automation_period: header("automation-period"),
        session_id: header("session-id"),
        content_type: Some("application/json".into()),
        ..Origin::default()
    }
}
