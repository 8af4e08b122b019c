//! `Record`: a number, a category sample, or an event.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::decode::apple_export::{Element, text};
use crate::decode::auto_export::PROTECTION;
use crate::decode::date::Stamp;
use crate::model::event::Event;
use crate::model::healthkit;
use crate::model::sample::{Sample, Series};
use crate::model::sleep::Stage;
use crate::model::source::Used;
use crate::model::time::Layer;
use crate::validate::apple_export::device::Device;
use crate::validate::apple_export::types::{Becomes, Category, Quantity, RecordType};
use crate::validate::apple_export::{Validator, quantities};

/// Longest text that is kept of a record's source or value.
const LONGEST: usize = 4 << 10;

/// The attributes of a record, as written.
#[derive(Default)]
struct Attributes<'a> {
    kind: &'a str,
    unit: &'a str,
    value: Option<&'a str>,
    source: &'a str,
    device: &'a str,
    version: &'a str,
    start: &'a str,
    end: &'a str,
    /// The metadata `HKTimeZone` and `HKWasUserEntered`.
    zone: Option<Cow<'a, str>>,
    is_manual: bool,
}

impl<'a> Attributes<'a> {
    fn of(element: Element<'a>) -> Attributes<'a> {
        let mut found = Attributes::default();
        for (name, value) in element.attributes() {
            match name {
                "type" => found.kind = value,
                "unit" => found.unit = value,
                "value" => found.value = Some(value),
                "sourceName" | "source" => found.source = value,
                "device" => found.device = value,
                "sourceVersion" => found.version = value,
                "startDate" => found.start = value,
                "endDate" => found.end = value,
                _ => {}
            }
        }
        found
    }
}

/// When a record was.
struct Times {
    start: Stamp,
    span: i64,
    offset_minutes: i32,
}

/// What a sample says beside when and who.
struct Said {
    value: f64,
    context: Option<&'static str>,
}

impl Validator<'_> {
    /// `within`: the correlation that it stands in, whose metadata is its own where it has none.
    pub(super) fn add_record(&mut self, element: Element, within: Option<Element>) {
        self.records += 1;
        let mut attributes = Attributes::of(element);
        attributes.zone = said(element, within, "HKTimeZone");
        attributes.is_manual = matches!(said(element, within, "HKWasUserEntered").as_deref(), Some("1" | "true"));
        if !self.last.0.eq(attributes.kind) || !self.last.1.eq(attributes.start) {
            attributes.kind.clone_into(&mut self.last.0);
            attributes.start.clone_into(&mut self.last.1);
        }
        let unit = text(attributes.unit);
        let at = self.types.find(&text(attributes.kind), unit.trim());
        if let Err(reason) = self.read_record(element, &attributes, at) {
            let place = self.at.clone().unwrap_or_else(|| format!("/HealthData/Record[{}]", self.records));
            let name = self.types.at(at).name.clone();
            self.reject(&name, place, reason, element);
        }
    }

    fn read_record(&mut self, element: Element, attributes: &Attributes, at: usize) -> Result<(), String> {
        let times = self.times(attributes)?;
        if attributes.source.len() > LONGEST {
            return Err("sourceName is longer than 4 KB".into());
        }
        let said = match &self.types.at(at).becomes {
            Becomes::Refused(reason) => return Err(reason.clone()),
            Becomes::Quantity(quantity) => {
                Said { value: number(attributes, quantity, times.span)?, context: context(element, quantity) }
            }
            Becomes::Category { category, .. } => category_value(*category, element, attributes, &times)?,
            Becomes::Event(kind) => {
                let kind = *kind;
                self.add_category_event(kind, at, element, attributes, &times);
                return Ok(());
            }
        };
        self.add_sample(at, element, attributes, &times, &said);
        Ok(())
    }

    fn times(&mut self, attributes: &Attributes) -> Result<Times, String> {
        let start = self.clock.read("startDate", &text(attributes.start))?;
        let end = match attributes.end {
            "" => start,
            same if same == attributes.start => start,
            end => self.clock.read("endDate", &text(end))?,
        };
        if end.utc < start.utc {
            return Err("the end is before the start".into());
        }
        let offset_minutes = self.clock.offset(start, attributes.zone.as_deref());
        Ok(Times { start, span: end.utc - start.utc, offset_minutes })
    }

    fn add_sample(&mut self, at: usize, element: Element, attributes: &Attributes, times: &Times, said: &Said) {
        let (series, count) = self.positions(at);
        let item = self.filling.add_item(count);
        let source = self.filling.source(text(attributes.source).trim());
        self.note_hardware(source, (attributes.device, attributes.version), times.start.utc);
        let context = said.context.map(|context| self.filling.context(context));
        self.filling.batch.samples.push(Sample {
            item,
            series,
            layer: Layer::Raw,
            start: times.start.utc,
            span: times.span,
            offset_minutes: times.offset_minutes,
            value: Some(said.value),
            min: None,
            max: None,
            source,
            context,
            manual: attributes.is_manual,
        });
        if let Some(list) = element.children_named("HeartRateVariabilityMetadataList").next() {
            self.add_beats(item, list, times.start.utc, times.span, times.offset_minutes, attributes.source);
        }
    }

    /// Counts a record by the hardware that it was made on. Most have that of the record before, which is looked for as it was written.
    pub(super) fn note_hardware(&mut self, source: u32, (device, version): (&str, &str), start: i64) {
        if device.is_empty() {
            return;
        }
        if (self.hardware.0.as_str(), self.hardware.1.as_str()) != (device, version) {
            let read = Device::read(&text(device)).hardware(&text(version));
            self.hardware = (device.to_owned(), version.to_owned(), read);
        }
        let Some(hardware) = &self.hardware.2 else { return };
        let devices = self.filling.batch.devices.entry(source).or_default();
        match devices.get_mut(hardware) {
            Some(used) => used.add(Used::once(start)),
            None => drop(devices.insert(hardware.clone(), Used::once(start))),
        }
    }

    /// The positions of a type in the present batch's series and names, added when they are new to it.
    fn positions(&mut self, at: usize) -> (u32, u32) {
        let RecordType { series, count, .. } = self.types.at(at);
        if let (Some(series), Some(count)) = (*series, *count) {
            return (series, count);
        }
        let name = self.types.at(at).name.clone();
        let count = self.name(&name);
        let known = self.types.at(at);
        let unit = match &known.becomes {
            Becomes::Quantity(quantity) => quantity.part.unit.clone(),
            Becomes::Category { metric, .. } => metric.unit.clone(),
            _ => String::new(),
        };
        let unit_sent = if known.unit_sent.is_empty() { unit.clone() } else { known.unit_sent.clone() };
        self.filling.batch.series.push(Series { metric: name, unit, unit_sent });
        let series = self.filling.batch.series.len() as u32 - 1;
        (known.series, known.count) = (Some(series), Some(count));
        (series, count)
    }

    fn add_category_event(
        &mut self,
        kind: &'static str,
        at: usize,
        element: Element,
        attributes: &Attributes,
        times: &Times,
    ) {
        let item = self.item(kind);
        self.heavy += 5;
        let identifier = text(attributes.kind).into_owned();
        let sent = attributes.value.map(|value| text(value).into_owned());
        self.filling.batch.events.push(Event {
            item,
            sender: self.sender,
            kind,
            code: self.types.at(at).code.clone(),
            value: sent.as_deref().map(|value| healthkit::value_code(value, &identifier)),
            value_sent: sent,
            name: identifier,
            start: times.start.utc,
            span: times.span,
            offset_minutes: times.offset_minutes,
            source: text(attributes.source).trim().to_owned(),
            details: metadata(element),
            series: None,
        });
    }
}

/// What a record's metadata says, or that of what it stands in.
fn said<'a>(element: Element<'a>, within: Option<Element<'a>>, key: &str) -> Option<Cow<'a, str>> {
    element.metadata(key).or_else(|| within?.metadata(key))
}

/// The number in the canonical unit, of a record that lasts so many seconds.
fn number(attributes: &Attributes, quantity: &Quantity, span: i64) -> Result<f64, String> {
    let written = attributes.value.map_or(Cow::Borrowed(""), text);
    let sent: f64 = match written.trim() {
        "" => return Err("the record has no value".into()),
        number => number.parse().map_err(|_| format!("the value {} is not a number", quantities::short(number)))?,
    };
    let value = match quantity.is_fraction && sent.abs() <= 1.0 {
        true => quantity.part.checked("the value", quantities::percent(sent))?,
        false => quantity.part.measured("the value", sent)?,
    };
    quantity.part.fits(Some(value), span)?;
    Ok(value)
}

fn context(element: Element, quantity: &Quantity) -> Option<&'static str> {
    let (key, words) = quantity.context?;
    let value = element.metadata(key)?;
    words.iter().find(|(known, _)| *known == value.trim()).map(|(_, word)| *word)
}

fn category_value(
    category: Category,
    element: Element,
    attributes: &Attributes,
    times: &Times,
) -> Result<Said, String> {
    let written = attributes.value.map_or(Cow::Borrowed(""), text);
    let value = match category {
        Category::StandHour => match written.as_ref() {
            "HKCategoryValueAppleStandHourStood" | "0" => 1.0,
            "HKCategoryValueAppleStandHourIdle" | "1" => 0.0,
            other => return Err(format!("{} is neither stood nor idle", quantities::short(other))),
        },
        Category::Length(seconds) => times.span as f64 / f64::from(seconds),
        Category::SleepStage => stage(&written)
            .ok_or_else(|| format!("{} is no stage of sleep that we know", quantities::short(&written)))?
            .value(),
        Category::SexualActivity => {
            let used = element.metadata("HKSexualActivityProtectionUsed");
            let word = used.map_or(0, |used| if matches!(used.trim(), "1" | "true") { 1 } else { 2 });
            return Ok(Said { value: 1.0, context: Some(PROTECTION[word]) });
        }
    };
    Ok(Said { value, context: None })
}

/// By name, or by HealthKit's number.
fn stage(written: &str) -> Option<Stage> {
    Stage::from_word(written).or_else(|| Stage::from_value(written.trim().parse().ok()?))
}

/// All metadata in snake_case, as texts.
pub(super) fn metadata(element: Element) -> Map<String, Value> {
    let entries = element.children_named("MetadataEntry");
    let named = entries.filter_map(|entry| {
        let value = entry.get("value").unwrap_or_default().into_owned();
        Some((healthkit::code(&entry.get("key")?), Value::String(value)))
    });
    named.collect()
}
