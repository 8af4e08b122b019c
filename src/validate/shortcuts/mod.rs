//! A Shortcut's items to samples: the same meaning and ranges as for every sender, but with numbers in any country's
//! writing, times that may be missing, and totals of a day that nothing marks as such.

mod exercise;
mod mood;
mod night;
mod when;
mod workout_figures;

use std::collections::HashMap;
use std::ops::Range;

use jiff::tz::TimeZone;

use crate::decode::date::order::{self, Order};
use crate::decode::shortcuts::number::{self, Habits};
use crate::decode::shortcuts::{Document, Entry, Remark, Sent, names};
use crate::model::metric::{Kind, Metric};
use crate::model::receipt::ItemProblem;
use crate::model::sample::{Batch, Sample};
use crate::model::sleep::SLEEP;
use crate::model::time::{Layer, parse_zone};
use crate::validate::filling::Filling;
use crate::validate::meaning::{Meaning, Part, Shape};
use crate::validate::{Context, Units};
use when::When;

/// The source of values whose sender names none.
const SOURCE: &str = "Shortcuts";

/// How this delivery is to be read.
struct Reader {
    zone: TimeZone,
    decimal: Option<char>,
    /// Whether day or month comes first in `3/4/2026`.
    order: Option<Order>,
    /// UTC epoch seconds.
    received_at: i64,
}

/// Items of one metric in one unit.
struct Group {
    meaning: Meaning,
    cumulative: bool,
    series: Option<Range<u32>>,
    name: u32,
}

/// Groups by name and unit as sent.
#[derive(Default)]
struct Groups {
    all: Vec<Group>,
    found: HashMap<String, Vec<(String, usize)>>,
    units: Units,
}

/// An item that can be stored, once it is clear whether it is alone.
struct Ready<'a> {
    entry: &'a Entry<'a>,
    group: usize,
    when: When,
    /// Value, min and max for each part of the metric.
    numbers: [Option<[Option<f64>; 3]>; 2],
}

/// Everything a delivery says, in the store's terms. `received_at` stands in for dates that are missing.
pub fn batch(document: &Document, context: &Context, received_at: i64) -> Batch {
    let mut filling = Filling::new(Batch::default(), context.home);
    let reader = Reader::of(document, context, received_at, &mut filling);
    let mut groups = Groups::default();
    let mut ready = Vec::with_capacity(document.entries.len());
    for entry in &document.entries {
        if let Some((metric, unit)) = names::known(&entry.name).filter(|(metric, _)| metric.name == SLEEP) {
            night::add(&mut filling, &reader, entry, metric, unit);
            continue;
        }
        match prepare(entry, &reader, context, &mut groups, &mut filling) {
            Ok(item) => ready.push(item),
            Err((name, reason)) => filling.reject(name, entry.path.clone(), reason, entry.item.text()),
        }
    }
    when::settle(&mut ready, &groups, &reader, &mut filling);
    for item in &ready {
        store(item, &mut groups.all[item.group], &mut filling);
    }
    for exercise in &document.exercises {
        exercise::add(&mut filling, &reader, exercise);
    }
    document.moods.iter().for_each(|found| mood::add(&mut filling, &reader, found));
    for Remark { path, text, item } in &document.broken {
        let name = filling.add_name("unnamed");
        filling.reject(name, path.clone(), text.clone(), item.clone());
    }
    document.notes.iter().for_each(|note| filling.note(&note.path, note.text.clone()));
    filling.finish()
}

impl Reader {
    fn of(document: &Document, context: &Context, received_at: i64, filling: &mut Filling) -> Reader {
        let zone = document.zone.as_deref().map(|name| parse_zone(name).ok_or(name));
        if let Some(Err(name)) = &zone {
            filling.note("tz", format!("{name:?} is no time zone: dates without an offset are in the home zone"));
        }
        let decimal = document.locale.as_deref().map(|locale| number::decimal_of(locale).ok_or(locale));
        if let Some(Err(locale)) = &decimal {
            filling.note("locale", format!("{locale:?} is no locale that is known: write it as de, de_AT or en_US"));
        }
        Reader {
            zone: zone.and_then(Result::ok).unwrap_or_else(|| context.home.clone()),
            order: decimal.and_then(Result::ok).and(document.locale.as_deref()).and_then(order::of),
            decimal: decimal.and_then(Result::ok),
            received_at,
        }
    }

    /// The number in a field, and the unit that stands behind it.
    fn number(&self, field: &Sent, counts: bool) -> Result<Option<(f64, String)>, String> {
        match field {
            Sent::Absent => Ok(None),
            Sent::Number(number) => Ok(Some((*number, String::new()))),
            Sent::Text(text) => number::parse(text, Habits { decimal: self.decimal, counts }).map(Some),
            Sent::Other => Err("the value must be a number".into()),
        }
    }
}

/// The error names the metric for the counts.
fn prepare<'a>(
    entry: &'a Entry<'a>,
    reader: &Reader,
    context: &Context,
    groups: &mut Groups,
    filling: &mut Filling,
) -> Result<Ready<'a>, (u32, String)> {
    let known = names::known(&entry.name);
    if known.is_none() && names::is_no_metric(&entry.name) {
        let name = filling.add_name(entry.name.trim());
        return Err((
            name,
            format!(
                "{:?} is no metric: name what it is of, such as {{\"type\": \"steps\", \"value\": 8412}}",
                entry.name.trim()
            ),
        ));
    }
    let counts = known.map_or(entry.unit.trim(), |(metric, _)| &metric.unit) == "count";
    let blood_pressure = known.is_some_and(|(metric, _)| metric.kind == Kind::Composite);
    let told: &str = if entry.unit.trim().is_empty() {
        known.and_then(|(_, unit)| unit).unwrap_or_default()
    } else {
        entry.unit.trim()
    };
    let name = known.map_or(entry.name.trim(), |(metric, _)| metric.name.as_str());
    let read = if blood_pressure { both(entry, reader) } else { three(entry, reader, counts) };
    let (numbers, behind) = match read {
        Ok(read) => read,
        Err(reason) => {
            let group = groups.find(name, told, known.map(|(metric, _)| metric), context, filling);
            return Err((groups.all[group].name, reason));
        }
    };
    let unit = if behind.is_empty() { told } else { behind.as_str() };
    let group = groups.find(name, unit, known.map(|(metric, _)| metric), context, filling);
    let Group { meaning, name, .. } = &groups.all[group];
    let fail = |reason: String| (*name, reason);
    meaning.refused.clone().map_or(Ok(()), |reason| Err(fail(reason)))?;
    let numbers = measured(numbers, meaning).map_err(fail)?;
    let when = When::of(entry, reader).map_err(fail)?;
    let fits = |(part, numbers): (&Part, &Option<[Option<f64>; 3]>)| {
        part.fits(numbers.and_then(|numbers| numbers[0]), when.end - when.start)
    };
    meaning.parts.iter().zip(&numbers).try_for_each(fits).map_err(fail)?;
    groups.settle(group);
    Ok(Ready { entry, group, when, numbers })
}

type Numbers = [Option<[Option<f64>; 3]>; 2];

fn three(entry: &Entry, reader: &Reader, counts: bool) -> Result<(Numbers, String), String> {
    let value = reader.number(&entry.value, counts)?;
    let min = reader.number(&entry.min, counts)?.map(|(number, _)| number);
    let max = reader.number(&entry.max, counts)?.map(|(number, _)| number);
    if value.is_none() && min.is_none() && max.is_none() {
        return Err("there is no value".into());
    }
    if min > max && max.is_some() {
        return Err("the minimum is above the maximum".into());
    }
    let (value, unit) = value.map_or((None, String::new()), |(number, unit)| (Some(number), unit));
    Ok(([Some([value, min, max]), None], unit))
}

/// `120/80`, as people write blood pressure.
fn both(entry: &Entry, reader: &Reader) -> Result<(Numbers, String), String> {
    let Sent::Text(text) = &entry.value else { return Err("blood pressure is written as 120/80".into()) };
    let (above, below) = text.split_once('/').ok_or("blood pressure is written as 120/80")?;
    let habits = Habits { decimal: reader.decimal, counts: false };
    let (systolic, _) = number::parse(above, habits)?;
    let (diastolic, unit) = number::parse(below, habits)?;
    Ok(([Some([Some(systolic), None, None]), Some([Some(diastolic), None, None])], unit))
}

fn measured(mut numbers: Numbers, meaning: &Meaning) -> Result<Numbers, String> {
    let parts = if meaning.shape == Shape::BloodPressure { 2 } else { 1 };
    for (part, numbers) in meaning.parts.iter().take(parts).zip(&mut numbers) {
        for number in numbers.iter_mut().flatten().flatten() {
            *number = part.measured("the value", *number)?;
        }
    }
    Ok(numbers)
}

impl Groups {
    fn find(
        &mut self,
        name: &str,
        unit: &str,
        metric: Option<&Metric>,
        context: &Context,
        filling: &mut Filling,
    ) -> usize {
        let by_unit = self.found.get(name).and_then(|units| units.iter().find(|(known, _)| known == unit));
        if let Some((_, at)) = by_unit {
            return *at;
        }
        let meaning = Meaning::named(name, unit, context, &self.units);
        let cumulative = metric.is_some_and(|metric| metric.kind == Kind::Cumulative);
        let name_at = filling.add_name(&meaning.name);
        self.all.push(Group { meaning, cumulative, series: None, name: name_at });
        self.found.entry(name.to_owned()).or_default().push((unit.to_owned(), self.all.len() - 1));
        self.all.len() - 1
    }

    /// A metric that nobody knows is stored in the unit of its first value.
    fn settle(&mut self, group: usize) {
        for part in &self.all[group].meaning.parts {
            if !self.units.contains_key(&part.metric) {
                self.units.insert(part.metric.clone(), part.unit.clone());
            }
        }
    }
}

fn store(ready: &Ready, group: &mut Group, filling: &mut Filling) {
    let series = match &group.series {
        Some(series) => series.clone(),
        None => group.series.insert(filling.add_series(&group.meaning)).clone(),
    };
    let item = filling.add_item(group.name);
    let source = filling.source(source(&ready.entry.source));
    for ([value, min, max], series) in ready.numbers.iter().flatten().zip(series) {
        let When { start, end, offset_minutes, layer, .. } = ready.when;
        filling.batch.samples.push(Sample {
            item,
            series,
            layer,
            start,
            span: end - start,
            offset_minutes,
            value: *value,
            min: *min,
            max: *max,
            source,
            context: None,
            manual: false,
        });
    }
}

fn source(sent: &str) -> &str {
    if sent.trim().is_empty() { SOURCE } else { sent.trim() }
}

impl Filling<'_> {
    fn note(&mut self, path: &str, reason: String) {
        self.batch.notes.push(ItemProblem { path: path.to_owned(), reason });
    }
}

/// Whether a sample's day is whole is said by its layer alone.
fn is_total(layer: Layer) -> bool {
    layer != Layer::Raw
}
