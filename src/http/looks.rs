//! Figures that count only when somebody looks: sizes, ages, and what the process takes.
//!
//! They are taken when the page is asked for, on a thread that may block, so that no request pays for them; those that need
//! the system or the database at most once a second, however many ask.

use std::fmt::Display;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use metrics_exporter_prometheus::{LabelSet, formatting};

use crate::app::App;
use crate::error::Result;
use crate::http::answers::Answers;
use crate::store::senders::{Sender, Senders};
use crate::store::{backup, quarantine};
use crate::sys::{disk, process};
use crate::telemetry::table::FIGURES;
use crate::telemetry::{responses, savings};

/// How long what was taken of the system and the database is told again.
const FRESH: Duration = Duration::from_secs(1);

/// What is known from look to look.
pub struct Looks(Mutex<Known>);

struct Known {
    taken: Option<Instant>,
    /// Processor time so far, and when that was asked.
    cpu: (Duration, Instant),
    senders: Senders,
    now: Duration,
}

/// Whose automations are told of: their names and times tell of people's lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Nobodys,
    Persons(i64),
    Everybodys,
}

impl Looks {
    pub fn new() -> Looks {
        let cpu = (process::cpu_time(), Instant::now());
        Looks(Mutex::new(Known { taken: None, cpu, senders: Senders::default(), now: Duration::ZERO }))
    }

    /// Takes all of them, and gives lines to add to the page. What cannot be taken is told by the log, and the rest still is.
    pub fn take(&self, app: &App, answers: &Answers, whose: Whose) -> String {
        savings::tell();
        memory(app, answers);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.taken.is_none_or(|taken| taken.elapsed() >= FRESH) {
            known.taken = Some(Instant::now());
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            known.cpu = cpu(known.cpu);
            responses();
            for outcome in [limits(), files(app), backed_up(app, now), known.stored(app, now)] {
                told(outcome);
            }
        }
        known.lines(whose)
    }
}

impl Known {
    fn stored(&mut self, app: &App, now: Duration) -> Result<()> {
        let reader = app.store.reader()?;
        gauge("health_export_quarantine_items", quarantine::size(&reader)? as f64);
        self.senders.look(&reader, now.as_millis() as i64)?;
        self.now = now;
        Ok(())
    }

    /// Lines of figures whose labels come and go: a gauge that was set once would stay on the page for ever.
    fn lines(&self, whose: Whose) -> String {
        let is_shown = |sender: &Sender| match whose {
            Whose::Nobodys => false,
            Whose::Persons(id) => sender.user_id == id,
            Whose::Everybodys => true,
        };
        let senders: Vec<Sender> = self.senders.list().into_iter().filter(is_shown).collect();
        let seconds = |sender: &Sender| sender.received_at_ms as f64 / 1000.0;
        let age = |sender: &Sender| (self.now.as_secs_f64() - seconds(sender)).max(0.0);
        family("health_export_last_delivery_timestamp_seconds", &senders, seconds)
            + &family("health_export_last_delivery_age_seconds", &senders, age)
    }
}

fn told(outcome: Result<()>) {
    if let Err(fault) = outcome {
        metrics::counter!("health_export_figure_faults_total").increment(1);
        tracing::warn!("figures could not be taken: {fault}");
    }
}

fn gauge(name: &'static str, value: f64) {
    metrics::gauge!(name).set(value);
}

/// Shares the processor time since the last look among all cores.
fn cpu((before, asked): (Duration, Instant)) -> (Duration, Instant) {
    let (time, now) = (process::cpu_time(), Instant::now());
    let cores = process::cores() as f64;
    let passed = now.duration_since(asked).as_secs_f64() * cores;
    if passed > 0.0 {
        gauge("health_export_cpu_usage_percent", time.saturating_sub(before).as_secs_f64() / passed * 100.0);
    }
    gauge("health_export_cpu_cores", cores);
    metrics::counter!("health_export_cpu_seconds_total").absolute(time.as_secs());
    (time, now)
}

fn responses() {
    let responses = responses::all();
    let times = responses.times();
    let answers: u64 = times.iter().map(|(_, times)| times.answers).sum();
    gauge("health_export_requests_per_second", answers as f64 / responses.seconds());
    gauge("health_export_start_timestamp_seconds", responses.started());
    for (endpoint, times) in times {
        let labels = [("endpoint", endpoint)];
        metrics::gauge!("health_export_response_time_p99_seconds", &labels).set(times.p99);
        metrics::gauge!("health_export_response_time_p95_seconds", &labels).set(times.p95);
        metrics::gauge!("health_export_response_time_mean_seconds", &labels).set(times.mean);
    }
}

fn memory(app: &App, answers: &Answers) {
    let (bytes, entries) = answers.size();
    gauge("health_export_cache_bytes", bytes as f64);
    gauge("health_export_cache_entries", entries as f64);
    let [active, idle, size] = app.store.readers().map(f64::from);
    gauge("health_export_connection_pool_active", active);
    gauge("health_export_connection_pool_idle", idle);
    gauge("health_export_connection_pool_size", size);
}

fn limits() -> Result<()> {
    gauge("health_export_memory_usage_bytes", process::memory()? as f64);
    gauge("health_export_memory_limit_bytes", process::memory_limit()? as f64);
    Ok(())
}

fn files(app: &App) -> Result<()> {
    gauge("health_export_database_bytes", disk::file_bytes(app.store.path())? as f64);
    gauge("health_export_wal_bytes", disk::file_bytes(&app.store.wal_path())? as f64);
    gauge("health_export_disk_free_bytes", disk::free_bytes(&app.data_dir)? as f64);
    gauge("health_export_disk_size_bytes", disk::size_bytes(&app.data_dir)? as f64);
    Ok(())
}

fn backed_up(app: &App, now: Duration) -> Result<()> {
    let found = backup::list(&app.backup_dir)?;
    let begun = found.first().map(|newest| newest.at as f64);
    let age = begun.map(|begun| (now.as_secs_f64() - begun).max(0.0));
    gauge("health_export_backups", found.len() as f64);
    gauge("health_export_last_backup_timestamp_seconds", begun.unwrap_or(f64::NAN));
    gauge("health_export_backup_age_seconds", age.unwrap_or(f64::NAN));
    Ok(())
}

/// A figure with a line for each sender.
fn family(name: &str, senders: &[Sender], value: impl Fn(&Sender) -> f64) -> String {
    let mut lines = String::new();
    let Some(figure) = FIGURES.iter().find(|figure| figure.name == name && !senders.is_empty()) else { return lines };
    formatting::write_help_line(&mut lines, name, None, None, figure.meaning);
    formatting::write_type_line(&mut lines, name, None, None, "gauge");
    for sender in senders {
        let labels = [("user", sender.user.clone()), ("automation", sender.automation.clone())];
        let key = metrics::Key::from_parts(name.to_owned(), &labels);
        let labels = LabelSet::from_key_and_global(&key, &Default::default());
        let no_more: Option<(&'static str, &dyn Display)> = None;
        formatting::write_metric_line(&mut lines, name, None, &labels, no_more, value(sender), None);
    }
    lines
}
