//! `health-export export`: the files that HTTP serves, or a folder with everything.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::app::App;
use crate::cli::{existing, export_all};
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::export::tables::{self, What};
use crate::export::{FileFormat, events, nights, samples, workouts};
use crate::model::bucket::Bucket;
use crate::model::metric::slug;
use crate::model::relative::parse_time;
use crate::model::time::Layer;
use crate::query::budget::Stop;
use crate::query::stat::Stat;
use crate::query::{aggregate, sleep};
use crate::store::keys;
use crate::sys::{clock, files};

#[derive(clap::Args)]
pub struct Export {
    /// csv, parquet or ndjson
    #[arg(long)]
    format: String,
    /// The file to write; with --all the folder, which must not be there yet
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// What to write: samples, workouts, routes, workout_series, sleep, events or aggregate
    #[arg(long, default_value = "samples")]
    kind: String,
    /// Everything there is: each kind as a file, routes as GPX too, documents, and the list of deliveries
    #[arg(long, conflicts_with_all = ["kind", "metric", "start", "end", "layer", "source", "type", "bucket", "stat"])]
    all: bool,
    /// Only this metric; may be repeated
    #[arg(long)]
    metric: Vec<String>,
    /// Included: a date, an RFC 3339 time, epoch seconds, or such as today, -7d, monday, first-of-month
    #[arg(long)]
    start: Option<String>,
    /// Excluded
    #[arg(long)]
    end: Option<String>,
    /// Only this layer: raw, minute, hour, day, week, month or year
    #[arg(long)]
    layer: Option<String>,
    /// Only this source; may be repeated
    #[arg(long)]
    source: Vec<String>,
    /// Only workouts of this type; may be repeated
    #[arg(long)]
    r#type: Vec<String>,
    /// Of an aggregate: hour, day, week, month, year, or minutes such as 15m [default: day]
    #[arg(long)]
    bucket: Option<String>,
    /// Of an aggregate: count, sum, avg, min, max, median, last, p01 to p99; may be repeated
    #[arg(long)]
    stat: Vec<String>,
    /// The person whose data it is
    #[arg(long, default_value = "owner")]
    user: String,
}

impl Export {
    pub fn run(self, settings: &Settings) -> Result<ExitCode> {
        let format = read("format", &self.format, FileFormat::parse)?;
        let time = |flag: &str, text: &Option<String>| {
            let read = |text: &String| read(flag, text, |text| parse_time(text, &settings.home, clock::now()));
            text.as_ref().map(read).transpose()
        };
        let range = (time("start", &self.start)?, time("end", &self.end)?);
        existing::database(settings)?;
        let app = App::start(settings)?;
        let user = keys::find_user(&*app.store.reader()?, &self.user)?;
        if self.all {
            export_all::write(&app, user, format, &self.out)?;
        } else {
            let made = match self.kind.as_str() {
                "samples" => self.samples(&app, user, range, format)?,
                _ => {
                    let what = self.what(settings, user, range)?;
                    what.check()?;
                    let question = tables::Question { user, what, format };
                    tables::export(&app.store, &app.engine, &app.spool, &question, &Stop::default())?
                }
            };
            files::copy_private_over(&made, &self.out)?;
        }
        eprintln!("written: {}", self.out.display());
        Ok(ExitCode::SUCCESS)
    }

    fn samples(&self, app: &App, user: i64, (from, to): Range, format: FileFormat) -> Result<PathBuf> {
        let question = samples::Question {
            user,
            metrics: self.metric.clone(),
            from,
            to,
            layer: self.layer()?,
            sources: self.source.clone(),
            units: app.units(),
            format,
        };
        samples::export(&app.store, &app.engine, &app.spool, &question, &Stop::default())
    }

    fn what(&self, settings: &Settings, user: i64, (from, to): Range) -> Result<What> {
        let workouts = || workouts::Range { from, to, activities: self.r#type.iter().map(|name| slug(name)).collect() };
        Ok(match self.kind.as_str() {
            "workouts" => What::Workouts(workouts()),
            "routes" => What::Routes(workouts()),
            "workout_series" => What::WorkoutSeries(workouts()),
            "sleep" => What::Sleep(sleep::Question {
                user,
                from,
                to,
                zone: settings.home.clone(),
                sources: self.source.clone(),
                descending: false,
                limit: nights::PAGE,
                after: None,
            }),
            "events" => What::Events(events::Range { from, to, ..events::Range::default() }),
            "aggregate" => What::Aggregate(self.aggregates(settings, user, (from, to))?),
            other => return Err(wrong("kind", other)),
        })
    }

    fn aggregates(&self, settings: &Settings, user: i64, (from, to): Range) -> Result<Vec<aggregate::Question>> {
        let bucket = self.bucket.as_ref().map(|text| read("bucket", text, Bucket::parse)).transpose()?;
        let stats = self.stat.iter().map(|name| Stat::parse(name)).collect::<Result<Vec<_>>>()?;
        let question = aggregate::Question {
            user,
            metric: String::new(),
            from,
            to,
            bucket: bucket.unwrap_or(Bucket::Day),
            zone: settings.home.clone(),
            stats: if stats.is_empty() { Stat::DEFAULT.to_vec() } else { stats },
            layer: self.layer()?,
            sources: self.source.clone(),
            dedupe: true,
        };
        Ok(self
            .metric
            .iter()
            .map(|metric| aggregate::Question { metric: metric.clone(), ..question.clone() })
            .collect())
    }

    fn layer(&self) -> Result<Option<Layer>> {
        self.layer.as_ref().map(|text| read("layer", text, Layer::parse)).transpose()
    }
}

/// Start and end in UTC epoch seconds.
type Range = (Option<i64>, Option<i64>);

fn wrong(flag: &str, value: &str) -> Error {
    Error::BadRequest(format!("--{flag} cannot be {value:?}: `health-export export --help` says what it can be"))
}

fn read<T>(flag: &str, text: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T> {
    read(text).ok_or_else(|| wrong(flag, text))
}
