//! `health-export export --all`: one folder with everything, so that nobody has to ask this program for anything again.
//!
//! It is written beside its place under another name, and takes its name only when it is whole.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::app::App;
use crate::error::{Error, Result};
use crate::export::tables::{self, What};
use crate::export::{FileFormat, events, gpx, nights, samples, workouts};
use crate::model::bucket::Bucket;
use crate::model::shown::System;
use crate::model::sleep::SLEEP;
use crate::model::time::offset_rfc3339;
use crate::query::budget::Stop;
use crate::query::stat::Stat;
use crate::query::workouts::{beats, page, route};
use crate::query::{aggregate, sleep};
use crate::store::{deliveries, documents, series};
use crate::sys::files;

/// What is in the folder, for whoever finds it.
const README: &str = include_str!("../../data/export_readme.md");

/// Rows of a list read at once.
const PAGE: usize = 200;

/// Writes the folder.
pub fn write(app: &App, user: i64, format: FileFormat, out: &Path) -> Result<()> {
    if out.exists() {
        return Err(Error::BadRequest(format!("{} is there already: name a folder that is not", out.display())));
    }
    let unfinished = unfinished(out);
    let everything = Everything { app, user, format, folder: &unfinished };
    let written = everything.write().and_then(|()| fs::rename(&unfinished, out).map_err(|fault| failed(out, &fault)));
    if written.is_err() {
        // What was written so far is of no use.
        let _ = fs::remove_dir_all(&unfinished);
    }
    written
}

/// A name beside the place, so that the last step is a renaming within one disk.
fn unfinished(out: &Path) -> PathBuf {
    let name = out.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    out.with_file_name(format!(".{name}.{}.unfinished", std::process::id()))
}

fn failed(path: &Path, fault: &std::io::Error) -> Error {
    match Error::io("writing", fault) {
        Error::DiskFull => Error::DiskFull,
        _ => Error::BadRequest(format!("{} cannot be written: {fault}", path.display())),
    }
}

struct Everything<'a> {
    app: &'a App,
    user: i64,
    format: FileFormat,
    folder: &'a Path,
}

impl Everything<'_> {
    fn write(&self) -> Result<()> {
        self.make_folder("")?;
        self.put(&self.folder.join("README.md"), README.replace("EXTENSION", self.format.as_str()).as_bytes())?;
        self.samples()?;
        self.daily()?;
        let home = self.app.home();
        let sleep = sleep::Question {
            user: self.user,
            from: None,
            to: None,
            zone: home,
            sources: Vec::new(),
            descending: false,
            limit: nights::PAGE,
            after: None,
        };
        self.table(What::Workouts(workouts::Range::default()))?;
        self.table(What::WorkoutSeries(workouts::Range::default()))?;
        self.table(What::Routes(workouts::Range::default()))?;
        self.table(What::Sleep(sleep))?;
        self.table(What::Events(events::Range::default()))?;
        self.tracks()?;
        self.documents()?;
        self.deliveries()
    }

    fn samples(&self) -> Result<()> {
        let question = samples::Question {
            user: self.user,
            metrics: Vec::new(),
            from: None,
            to: None,
            layer: None,
            sources: Vec::new(),
            units: System::Metric,
            format: self.format,
        };
        let App { store, engine, spool, .. } = self.app;
        self.keep(&samples::export(store, engine, spool, &question, &Stop::default())?, "samples")
    }

    /// What the page shows of each day: overlap is resolved, and no layer counts beside another.
    fn daily(&self) -> Result<()> {
        let reader = self.app.store.reader()?;
        let metrics = series::list(&reader, self.user)?.into_iter().map(|row| row.metric);
        let question = |metric: String| aggregate::Question {
            user: self.user,
            metric,
            from: None,
            to: None,
            bucket: Bucket::Day,
            zone: self.app.home(),
            stats: Stat::DEFAULT.to_vec(),
            layer: None,
            sources: Vec::new(),
            dedupe: true,
        };
        let names: BTreeSet<String> = metrics.filter(|metric| metric != SLEEP).collect();
        self.named("daily", What::Aggregate(names.into_iter().map(question).collect()))
    }

    fn table(&self, what: What) -> Result<()> {
        self.named(what.as_str(), what)
    }

    fn named(&self, name: &str, what: What) -> Result<()> {
        let App { store, engine, spool, .. } = self.app;
        let question = tables::Question { user: self.user, what, format: self.format };
        self.keep(&tables::export(store, engine, spool, &question, &Stop::default())?, name)
    }

    fn keep(&self, made: &Path, name: &str) -> Result<()> {
        let path = self.folder.join(format!("{name}.{}", self.format.as_str()));
        files::copy_private(made, &path)
    }

    fn make_folder(&self, name: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        files::private_folder(&path)?;
        Ok(path)
    }

    fn put(&self, path: &Path, body: &[u8]) -> Result<()> {
        files::create_private(path)?.write_all(body).map_err(|fault| failed(path, &fault))
    }

    /// Each route as GPX, named by start and type.
    fn tracks(&self) -> Result<()> {
        let folder = self.make_folder("routes")?;
        let reader = self.app.store.reader()?;
        let selection = workouts::Range::default().selection(self.user);
        let mut after = None;
        loop {
            let (found, next) = page(&reader, &selection, after, PAGE)?;
            for workout in found.iter().filter(|workout| workout.route.is_some()) {
                let start = offset_rfc3339(workout.start, 0).replace(':', "");
                // Codes that no table knows are slugs of any letters.
                let activity = workout.activity.replace(['/', '\\', '\0'], "_");
                let path = folder.join(format!("{start}-{activity}-{}.gpx", workout.id));
                self.put(
                    &path,
                    gpx::gpx(workout, &route(&reader, workout)?, &beats(&reader, self.user, workout)?).as_bytes(),
                )?;
            }
            after = next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    fn documents(&self) -> Result<()> {
        let folder = self.make_folder("documents")?;
        let reader = self.app.store.reader()?;
        let mut after = 0;
        loop {
            let rows = documents::read::page(&reader, self.user, after, PAGE)?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.id;
            for row in &rows {
                let found = documents::read::one(&reader, self.user, row.id)?;
                let name = format!("{}-{}", row.id, row.file_name());
                found.map_or(Ok(()), |(_, body)| self.put(&folder.join(name), &body))?;
            }
        }
    }

    /// Receipts, newest first.
    fn deliveries(&self) -> Result<()> {
        let path = self.folder.join("deliveries.ndjson");
        let mut file = BufWriter::new(files::create_private(&path)?);
        let reader = self.app.store.reader()?;
        let mut before = None;
        loop {
            let rows = deliveries::list(&reader, self.user, &deliveries::Filter::default(), before, PAGE as u32)?;
            let Some(last) = rows.last() else { break };
            before = Some(last.id);
            for row in &rows {
                let line = serde_json::to_string(row).map_err(|fault| Error::internal("writing JSON", fault))?;
                writeln!(file, "{line}").map_err(|fault| failed(&path, &fault))?;
            }
        }
        file.flush().map_err(|fault| failed(&path, &fault))
    }
}
