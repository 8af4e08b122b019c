//! Why a day's number is what it is: which claim counts for which stretch, what each source and grain says alone, and what
//! a later account has replaced.
//!
//! The number is the aggregate's. What counts is told by the very code that decides it (`query/resolve`), on the same
//! snapshot; here it is only put into words: `totals`, `levels` and `sleep` find the claims, `gathered` joins those that
//! follow each other, `sentence` sums them up. A night may also be summed up by phones (`summaries`).

mod gathered;
mod levels;
mod sentence;
mod sleep;
mod summaries;
mod totals;
mod words;

use std::collections::HashMap;
use std::collections::hash_map;

use jiff::tz::TimeZone;

use crate::error::Result;
use crate::model::bucket::Bucket;
use crate::model::day::day_begins;
use crate::model::metric::{Kind as MetricKind, catalogue};
use crate::model::shown::System;
use crate::model::sleep::SLEEP;
use crate::model::time::Layer;
use crate::model::unit::Conversion;
use crate::query::aggregate::scanning::{Range, Scanning};
use crate::query::aggregate::{self, answer_on, lay};
use crate::query::budget::Stop;
use crate::query::duck::engine::Engine;
use crate::query::resolve::claims::Trust;
use crate::query::resolve::rows::{Columns, Rows};
use crate::query::resolve::scan::{Scan, Way};
use crate::query::stat::Stat;
use crate::query::subject;
use crate::query::units;
use crate::store::explained::{self, Told};
use crate::store::snapshot::Snapshot;
use crate::store::{Reading, Store, dictionary, stated};

pub use gathered::{Entry, More};

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    pub user: i64,
    pub metric: String,
    /// Days since 1970-01-01, on the clocks of `zone`.
    pub day: i32,
    /// Whether it is over.
    pub over: bool,
    pub zone: TimeZone,
    pub units: System,
}

/// What is answered, in the unit that it names.
#[derive(Debug, Clone)]
pub struct Answer {
    pub metric: String,
    pub unit: String,
    /// A day's sum, mean, or minutes asleep; `None` where nothing is stored of it.
    pub value: Option<f64>,
    /// Whether nothing is expected to change it: the day is over, and a claim of all of it was made since.
    pub complete: bool,
    /// In order of time.
    pub claims: Vec<Entry>,
    pub more: Option<More>,
    pub alone: Vec<Alone>,
    pub superseded: Vec<Superseded>,
    pub sentence: String,
    /// The deliveries that are named, by row.
    pub deliveries: HashMap<i64, Told>,
}

/// What one source's samples or the claims of one grain would give by themselves.
#[derive(Debug, Clone, PartialEq)]
pub struct Alone {
    pub of: Of,
    pub value: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    Source(String),
    Grain(&'static str),
}

/// What a later account has replaced.
#[derive(Debug, Clone, PartialEq)]
pub struct Superseded {
    /// Rows of deliveries: whose claims they were, and whose account has replaced them.
    pub delivery: i64,
    pub by: i64,
    pub grain: &'static str,
    pub source: String,
    pub samples: i64,
    pub value: Option<f64>,
}

/// Where a claim comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Sample,
    Bucket,
    Hand,
    Shortcut,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Sample => "sample",
            Kind::Bucket => "bucket",
            Kind::Hand => "hand",
            Kind::Shortcut => "shortcut",
        }
    }
}

/// One row that is stored, and what it does in the day's number.
#[derive(Debug, Clone, PartialEq)]
struct Found {
    kind: Kind,
    grain: &'static str,
    source: i64,
    /// UTC epoch seconds.
    start: i64,
    end: i64,
    value: Option<f64>,
    counted: f64,
    /// Of a mean: the part of the whole weight, and how many seconds or values that is. Nothing of a total.
    share: f64,
    weight: Option<f64>,
    counts: bool,
    delivery: i64,
    why: String,
}

/// What of a day has been found, before it is put into words.
struct Findings {
    value: Option<f64>,
    unit: String,
    complete: bool,
    found: Vec<Found>,
    alone: Vec<Alone>,
}

/// What a day's rows are explained by.
struct Day<'a> {
    rows: Rows,
    trust: &'a Trust,
    range: Range,
    zone: &'a TimeZone,
    day: i32,
    names: HashMap<i64, String>,
}

/// Explains one day.
pub fn answer(store: &Store, engine: &Engine, question: &Question, stop: &Stop) -> Result<Answer> {
    let snapshot = aggregate::snapshot(store, engine, stop)?;
    if question.is_sleep() {
        return sleep::answer(snapshot.lanes[0].reading(), question);
    }
    let (findings, snapshot) = question.findings(engine, snapshot, stop)?;
    question.told(snapshot.lanes[0].reading(), findings)
}

impl Question {
    fn is_sleep(&self) -> bool {
        catalogue().resolve(&self.metric).is_some_and(|metric| metric.name == SLEEP)
    }

    fn range(&self) -> Range {
        (day_begins(self.day, &self.zone), day_begins(self.day.saturating_add(1), &self.zone))
    }

    fn of_aggregate(&self, stat: Stat) -> aggregate::Question {
        let (from, to) = self.range();
        aggregate::Question {
            user: self.user,
            metric: self.metric.clone(),
            from: Some(from),
            to: Some(to),
            bucket: Bucket::Day,
            zone: self.zone.clone(),
            stats: vec![stat],
            layer: None,
            sources: Vec::new(),
            dedupe: true,
        }
    }

    fn findings(&self, engine: &Engine, snapshot: Snapshot, stop: &Stop) -> Result<(Findings, Snapshot)> {
        let reading = snapshot.lanes[0].reading();
        let subject = subject::metric(reading, self.user, &self.metric)?;
        let is_total = subject.kind == MetricKind::Cumulative;
        let asked = self.of_aggregate(if is_total { Stat::Sum } else { Stat::Avg });
        let (answer, snapshot) = answer_on(snapshot, engine, &asked, stop, true)?;
        let value = answer.points.first().and_then(|point| point.values[0]);
        let mut scanning = Scanning::new(engine, &asked, snapshot, stop)?;
        let mut findings = Findings { value, unit: answer.unit, complete: false, found: Vec::new(), alone: Vec::new() };
        if let Some(range) = lay(&mut scanning)? {
            let scan = scanning.resolver(range)?;
            // Deliveries are told here, also where only samples are stored.
            let scan = Scan { columns: Columns { claims: true, ..scan.columns }, ..scan };
            let rows = scan.rows(&mut scanning.lanes[0], range)?;
            let names = names(scanning.reading(), &rows)?;
            let day = Day { rows, trust: &scan.trust, range, zone: &self.zone, day: self.day, names };
            let accounts = stated::complete(scanning.reading(), self.user, scan.metric)?;
            findings.complete = self.over && day.is_complete(&accounts, self.range());
            (findings.found, findings.alone) = match &scan.way {
                Way::Total(ranking) => totals::explained(&day, ranking),
                Way::Level(style, _) => levels::explained(&day, *style, value),
            };
        }
        Ok((findings, Snapshot { lanes: scanning.lanes }))
    }

    /// Findings in the unit that is asked for, and in words.
    fn told(&self, reading: &Reading, mut findings: Findings) -> Result<Answer> {
        let subject = subject::metric(reading, self.user, &self.metric)?;
        let shown = units::of(reading, self.user, &subject.name, &findings.unit, self.units)?;
        findings.shown_in(shown.way);
        let is_total = subject.kind == MetricKind::Cumulative;
        let superseded = self.superseded(reading, &subject, shown.way)?;
        let names = source_names(reading, findings.found.iter().map(|found| found.source))?;
        let (claims, more) = gathered::gathered(findings.found, &names, is_total);
        let sentence = sentence::of(self, &shown.unit, (findings.value, findings.complete), &claims, is_total);
        let named = claims.iter().filter_map(|entry| entry.delivery);
        let named = named.chain(superseded.iter().flat_map(|gone| [gone.delivery, gone.by]));
        Ok(Answer {
            deliveries: explained::deliveries(reading, named.collect::<Vec<_>>())?,
            metric: subject.name,
            unit: shown.unit,
            value: findings.value,
            complete: findings.complete,
            claims,
            more,
            alone: findings.alone,
            superseded,
            sentence,
        })
    }

    fn superseded(&self, reading: &Reading, subject: &subject::Subject, way: Conversion) -> Result<Vec<Superseded>> {
        let Some(row) = &subject.row else { return Ok(Vec::new()) };
        let is_total = subject.kind == MetricKind::Cumulative;
        let gone = explained::superseded(reading, (self.user, row.id), self.range(), self.day)?;
        let names = source_names(reading, gone.iter().map(|gone| gone.source))?;
        let each = |gone: explained::Superseded| {
            let value = if is_total { gone.sum } else { gone.average };
            Superseded {
                delivery: gone.delivery,
                by: gone.by,
                grain: gone.layer.as_str(),
                source: names.get(&gone.source).cloned().unwrap_or_default(),
                samples: gone.samples,
                value: value.map(|value| way.apply(value)),
            }
        };
        Ok(gone.into_iter().map(each).collect())
    }
}

impl Findings {
    fn shown_in(&mut self, way: Conversion) {
        let apply = |value: &mut Option<f64>| *value = value.map(|value| way.apply(value));
        apply(&mut self.value);
        self.alone.iter_mut().for_each(|alone| apply(&mut alone.value));
        for found in &mut self.found {
            apply(&mut found.value);
            found.counted = found.counted * way.scale + found.share * way.offset;
        }
    }
}

impl Day<'_> {
    fn name(&self, source: i64) -> &str {
        match self.names.get(&source).map(String::as_str) {
            None | Some("") => "a source without a name",
            Some(name) => name,
        }
    }

    /// Whether the phone's own number of the day, or a later account of all samples, covers it.
    fn is_complete(&self, accounts: &[(i64, i64, i64)], (from, to): Range) -> bool {
        let mut claims =
            self.rows.claims.iter().filter(|claim| claim.layer == Layer::Day && claim.date == i64::from(self.day));
        let covers = |(since, until, as_of): &(i64, i64, i64)| *since <= from && *until >= to && *as_of >= to;
        claims.any(|claim| claim.closed && !self.trust.is_shortcut(claim.source)) || accounts.iter().any(covers)
    }
}

fn names(reading: &Reading, rows: &Rows) -> Result<HashMap<i64, String>> {
    let sources = rows.samples.iter().map(|sample| sample.source);
    source_names(reading, sources.chain(rows.claims.iter().map(|claim| claim.source)))
}

fn source_names(reading: &Reading, sources: impl Iterator<Item = i64>) -> Result<HashMap<i64, String>> {
    let mut names = HashMap::new();
    for source in sources {
        if let hash_map::Entry::Vacant(new) = names.entry(source) {
            new.insert(dictionary::source_name(reading, source)?);
        }
    }
    Ok(names)
}
