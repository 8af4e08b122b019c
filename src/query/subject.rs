//! What a question is about: a metric's name becomes what is stored of it, and a wrong name becomes one clear answer.

use crate::error::{Error, Result};
use crate::model::healthkit;
use crate::model::metric::{Kind, Mean, catalogue};
use crate::store::Reading;
use crate::store::dictionary::{self, MetricRow};
use crate::store::series;

/// A metric that exists, in the catalogue or in the file.
#[derive(Debug, Clone)]
pub struct Subject {
    pub name: String,
    pub unit: String,
    pub kind: Kind,
    /// How its values are averaged.
    pub mean: Mean,
    /// Seconds that a sample may last whose sender names no end.
    pub lasts: Option<i64>,
    /// Whether what any source has counts: see `model::metric::Metric`.
    pub union: bool,
    /// Whether each value is of a whole night, and counts on its date.
    pub of_night: bool,
    /// Its row, when anybody has stored a sample of it.
    pub row: Option<MetricRow>,
}

/// The metric of that name, alias or HealthKit identifier.
///
/// One that the catalogue lacks exists for those who have sent it, and for nobody else.
pub fn metric(reading: &Reading, user: i64, name: &str) -> Result<Subject> {
    let known = catalogue().resolve(name);
    // One that the catalogue lacks is stored under the code of its HealthKit identifier.
    let code = if known.is_none() && name.starts_with("HK") { healthkit::code(name) } else { name.to_owned() };
    let name = code.as_str();
    if let Some(metric) = known.filter(|metric| metric.kind == Kind::Composite) {
        return Err(Error::NotFound(format!(
            "{} is stored in parts: ask for {}",
            metric.name,
            metric.parts.join(" or ")
        )));
    }
    let stored_name = known.map_or(name, |metric| metric.name.as_str());
    let row = dictionary::find_metric(reading, user, stored_name)?;
    match (known, row) {
        (Some(metric), row) => Ok(Subject {
            name: metric.name.clone(),
            unit: row.as_ref().map_or_else(|| metric.unit.clone(), |row| row.unit.clone()),
            kind: metric.kind,
            mean: metric.mean,
            lasts: metric.lasts,
            union: metric.union,
            of_night: metric.of_night,
            row,
        }),
        (None, Some(row)) if !series::layers(reading, user, row.id)?.is_empty() => {
            let (kind, mean, unit) = (Kind::Discrete, Mean::Arithmetic, row.unit.clone());
            let (lasts, union, of_night) = (None, false, false);
            Ok(Subject { name: name.into(), unit, kind, mean, lasts, union, of_night, row: Some(row) })
        }
        (None, _) => Err(unknown(name)),
    }
}

fn unknown(name: &str) -> Error {
    let nearest = catalogue()
        .all()
        .iter()
        .map(|metric| metric.name.as_str())
        .max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)))
        .filter(|nearest| strsim::jaro_winkler(nearest, name) > 0.8);
    let hint = match nearest {
        Some(nearest) => format!("did you mean {nearest:?}?"),
        None => "GET /api/v1/metrics lists what there is".into(),
    };
    Error::NotFound(format!("there is no metric {name:?}: {hint}"))
}

/// The ids of the person's sources that `names` mean, ignoring case and the typographic characters that phones put into names.
///
/// A source that is joined from several is meant by any of them. No names mean no narrowing, which is `None`.
pub fn sources(reading: &Reading, user: i64, names: &[String]) -> Result<Option<Vec<i64>>> {
    match names.is_empty() {
        true => Ok(None),
        false => among(&series::sources(reading, user)?, names).map(Some),
    }
}

/// The ids of those of `all` sources that `names` mean.
pub fn among(all: &[(i64, String)], names: &[String]) -> Result<Vec<i64>> {
    let wanted: Vec<String> = names.iter().map(|name| plain(name)).collect();
    let meant =
        |stored: &str| wanted.contains(&plain(stored)) || stored.split('|').any(|part| wanted.contains(&plain(part)));
    let ids: Vec<i64> = all.iter().filter(|(_, name)| meant(name)).map(|(id, _)| *id).collect();
    match ids.is_empty() {
        true => Err(Error::BadRequest(format!(
            "source: there is no source named {}; GET /api/v1/metrics lists the sources of each metric",
            names.join(" or ")
        ))),
        false => Ok(ids),
    }
}

/// The ids of the person's sources of exactly these names, in their order, compared as `sources` does.
pub fn named_sources(reading: &Reading, user: i64, names: &[String]) -> Result<Vec<i64>> {
    let all = series::sources(reading, user)?;
    let mut ids: Vec<i64> = Vec::new();
    for name in names {
        let meant = all.iter().filter(|(_, stored)| plain(stored) == plain(name)).map(|(id, _)| *id);
        let meant: Vec<i64> = meant.collect();
        if meant.is_empty() {
            return Err(unknown_source(name, &all));
        }
        if meant.iter().any(|id| ids.contains(id)) {
            return Err(Error::BadRequest(format!("order: {name:?} is named twice, once is enough")));
        }
        ids.extend(meant);
    }
    Ok(ids)
}

fn unknown_source(name: &str, all: &[(i64, String)]) -> Error {
    let likeness = |stored: &str| strsim::jaro_winkler(&plain(stored), &plain(name));
    let nearest = all
        .iter()
        .map(|(_, stored)| stored.as_str())
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
        .filter(|nearest| likeness(nearest) > 0.7);
    let hint = match nearest {
        Some(nearest) => format!("did you mean {nearest:?}?"),
        None => "GET /api/v1/sources lists what there is".into(),
    };
    Error::BadRequest(format!("order: there is no source named {name:?}: {hint}"))
}

/// A name without what differs between keyboards.
pub fn plain(name: &str) -> String {
    let straight = |c| match c {
        '\u{a0}' | '\u{202f}' => ' ',
        '\u{2018}' | '\u{2019}' => '\'',
        other => other,
    };
    name.trim().chars().map(straight).collect::<String>().to_lowercase()
}

/// The layers a person has of a metric; none when nothing is stored.
pub fn layers(reading: &Reading, user: i64, subject: &Subject) -> Result<Vec<series::Extent>> {
    match &subject.row {
        Some(row) => series::layers(reading, user, row.id),
        None => Ok(Vec::new()),
    }
}
