//! Samples as a file, every layer of them unless one is asked for, ordered by metric and time.
//!
//! The columns are `metric, start, end, value, unit, min, max, source, layer, offset_minutes`; they never change meaning.
//! Times are UTC: timestamps in Parquet, RFC 3339 in text.

use std::path::PathBuf;
use std::sync::Arc;

use crate::error::Result;
use crate::export::FileFormat;
use crate::export::cell::guarded;
use crate::export::sample_csv::{Part, Samples};
use crate::export::spool::Spool;
use crate::export::table::copy;
use crate::model::metric::catalogue;
use crate::model::shown::System;
use crate::model::time::Layer;
use crate::query::budget::Stop;
use crate::query::duck::engine::Engine;
use crate::query::duck::request::Request;
use crate::query::duck::table::{METRICS, SAMPLES, SOURCES};
use crate::query::subject;
use crate::query::units::{self, Shown};
use crate::store::samples::Narrowing;
use crate::store::{Reading, Store, dictionary as stored_names, series};

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    pub user: i64,
    /// Names; every metric that is stored when empty.
    pub metrics: Vec<String>,
    /// UTC epoch seconds; start included, end excluded.
    pub from: Option<i64>,
    pub to: Option<i64>,
    pub layer: Option<Layer>,
    pub sources: Vec<String>,
    pub units: System,
    pub format: FileFormat,
}

/// Makes the file, or finds it made, and gives its place in the spool.
pub fn export(store: &Store, engine: &Engine, spool: &Spool, question: &Question, stop: &Stop) -> Result<PathBuf> {
    // One reader for the samples keeps them in order; the dictionaries need their own.
    let mut snapshot = store.snapshot(3)?;
    let interrupt = snapshot.interrupt_handle();
    stop.on_stop(move || interrupt.interrupt());
    let reading = snapshot.lanes[0].reading();
    let metrics = metric_ids(reading, question)?;
    let ways = ways(reading, question, &metrics)?;
    let narrowing = narrowing(reading, question)?;
    let version = series::data_version(reading, question.user)?;
    let place = spool.place(&format!("{version} {question:?}"), question.format.as_str());
    let csv = match question.format {
        FileFormat::Csv => Some(csv_of(reading, question, &metrics)?),
        _ => None,
    };
    let mut lanes = std::mem::take(&mut snapshot.lanes).into_iter();
    spool.file(&place, |path| {
        if let Some(csv) = &csv
            && let Some(lane) = lanes.as_mut_slice().first_mut()
        {
            return csv.write(&narrowing, lane, path);
        }
        let mut session = engine.session()?;
        let handle = session.interrupt_handle();
        stop.on_stop(move || handle.interrupt());
        let (from, to) = (question.from.unwrap_or(i64::MIN), question.to.unwrap_or(i64::MAX));
        let ranges = metrics.iter().map(|(metric, _)| vec![question.user, *metric, from, to]).collect();
        let mut open = |table, narrowing, ranges| {
            let request = Request::new(table, narrowing, ranges, lanes.by_ref().take(1).collect());
            session.open_scan(&Arc::new(request))
        };
        let samples = open(&SAMPLES, narrowing.clone(), ranges);
        let metrics = open(&METRICS, Narrowing::default(), vec![vec![]]);
        let sources = open(&SOURCES, Narrowing::default(), vec![vec![]]);
        let names = Names { metrics: dictionary(metrics, &ways), sources };
        let tables = match question.format {
            FileFormat::Parquet => {
                session.run(&names.enumerated())?;
                ["metric", "source", "layer"].map(str::to_owned)
            }
            _ => names.as_texts(),
        };
        copy(&session, &select(question.format, samples, &tables, !ways.is_empty()), question.format, path)
    })?;
    Ok(place)
}

/// What is needed for CSV, which passes DuckDB by.
fn csv_of(reading: &Reading, question: &Question, metrics: &[(i64, String)]) -> Result<Samples> {
    let mut parts = Vec::new();
    for (metric, name) in metrics {
        let Some(row) = stored_names::find_metric(reading, question.user, name)? else { continue };
        let shown = units::of(reading, question.user, name, &row.unit, question.units)?;
        let shown = Shown { unit: guarded(&shown.unit).into_owned(), ..shown };
        parts.push(Part { metric: *metric, name: guarded(name).into_owned(), shown });
    }
    let sources = series::sources(reading, question.user)?.into_iter();
    Ok(Samples {
        user: question.user,
        parts,
        range: (question.from.unwrap_or(i64::MIN), question.to.unwrap_or(i64::MAX)),
        sources: sources.map(|(id, name)| (id, guarded(&name).into_owned())).collect(),
    })
}

/// The metrics to export with their names, in the order of these.
fn metric_ids(reading: &Reading, question: &Question) -> Result<Vec<(i64, String)>> {
    let mut names: Vec<String> = match question.metrics.is_empty() {
        true => series::list(reading, question.user)?.into_iter().map(|row| row.metric).collect(),
        false => question.metrics.iter().flat_map(|name| parts(name)).collect(),
    };
    names.sort();
    names.dedup();
    let rows = names.iter().map(|name| {
        let subject = subject::metric(reading, question.user, name)?;
        Ok(subject.row.map(|row| (row.id, subject.name)))
    });
    rows.filter_map(Result::transpose).collect()
}

/// The rows of a table (metric, unit, scale, shift) of those metrics that are not shown in the unit they are stored in.
/// A unit that differs is always one of our own table, never a sender's text.
fn ways(reading: &Reading, question: &Question, metrics: &[(i64, String)]) -> Result<Vec<String>> {
    let mut ways = Vec::new();
    for (id, name) in metrics.iter().filter(|_| question.units != System::Metric) {
        let Some(row) = stored_names::find_metric(reading, question.user, name)? else { continue };
        let Shown { unit, way } = units::of(reading, question.user, name, &row.unit, question.units)?;
        if unit != row.unit {
            ways.push(format!("({id}, '{unit}', {:e}::DOUBLE, {:e}::DOUBLE)", way.scale, way.offset));
        }
    }
    Ok(ways)
}

/// A composite stands for its parts.
fn parts(name: &str) -> Vec<String> {
    match catalogue().resolve(name).filter(|metric| !metric.parts.is_empty()) {
        Some(metric) => metric.parts.clone(),
        None => vec![name.to_owned()],
    }
}

fn narrowing(reading: &Reading, question: &Question) -> Result<Narrowing> {
    let sources = subject::sources(reading, question.user, &question.sources)?;
    Ok(Narrowing::new(question.layer.as_ref().map(std::slice::from_ref), sources.as_deref()))
}

/// The query that makes the table of metrics.
fn dictionary(metrics: i64, ways: &[String]) -> String {
    match ways {
        [] => format!("FROM scan({metrics})"),
        ways => format!(
            "SELECT m.id, m.name, coalesce(way.unit, m.unit) AS unit, coalesce(way.scale, 1) AS scale,
                    coalesce(way.shift, 0) AS shift
             FROM scan({metrics}) m LEFT JOIN (VALUES {}) way (metric, unit, scale, shift) ON way.metric = m.id",
            ways.join(", ")
        ),
    }
}

/// The dictionaries of metrics, sources and layers.
struct Names {
    /// The query that makes the table of metrics.
    metrics: String,
    /// The scan of sources.
    sources: i64,
}

impl Names {
    /// As subqueries, which cost nothing beforehand.
    fn as_texts(&self) -> [String; 3] {
        let Names { metrics, sources } = self;
        [format!("({metrics})"), format!("(FROM scan({sources}))"), layers()]
    }

    /// Makes tables of the names `metric`, `source` and `layer` with names as enumerations: each row then carries a number,
    /// and Parquet's dictionary is there already. Temporary tables and types live as long as the session's connection.
    fn enumerated(&self) -> String {
        let [metrics, sources, layers] = self.as_texts();
        format!(
            "CREATE TEMP TABLE metric AS FROM {metrics};
             CREATE TEMP TABLE source AS FROM {sources};
             CREATE TEMP TABLE layer AS FROM {layers} layer (id, name);
             CREATE TEMP TYPE metric_name AS ENUM (SELECT DISTINCT name FROM metric);
             CREATE TEMP TYPE unit_name AS ENUM (SELECT DISTINCT unit FROM metric);
             CREATE TEMP TYPE source_name AS ENUM (SELECT name FROM source);
             CREATE TEMP TYPE layer_name AS ENUM (SELECT name FROM layer);
             ALTER TABLE metric ALTER name TYPE metric_name;
             ALTER TABLE metric ALTER unit TYPE unit_name;
             ALTER TABLE source ALTER name TYPE source_name;
             ALTER TABLE layer ALTER name TYPE layer_name;"
        )
    }
}

fn layers() -> String {
    let layers: Vec<String> =
        (0..).map_while(Layer::from_id).map(|layer| format!("({}, '{}')", layer.id(), layer.as_str())).collect();
    format!("(VALUES {})", layers.join(", "))
}

/// `tables` are those of metrics, sources and layers.
fn select(format: FileFormat, samples: i64, [metrics, sources, layers]: &[String; 3], convert: bool) -> String {
    let [value, min, max] = ["value", "min", "max"].map(|column| match convert {
        true => format!("s.{column} * m.scale + m.shift AS {column}"),
        false => format!("s.{column}"),
    });
    let [start, end] = ["start", "end"].map(|column| match format {
        FileFormat::Parquet => format!("s.{column}_utc"),
        _ => format!("strftime(s.{column}_at, '%Y-%m-%dT%H:%M:%SZ')"),
    });
    format!(
        "SELECT m.name AS metric, {start} AS start, {end} AS \"end\", {value}, m.unit, {min}, {max},
                source.name AS source, layer.name AS layer, s.offset_minutes::INTEGER AS offset_minutes
         FROM scan({samples}) s
         JOIN {metrics} m ON m.id = s.metric
         JOIN {sources} source ON source.id = s.source
         JOIN {layers} layer (id, name) ON layer.id = s.layer",
    )
}
