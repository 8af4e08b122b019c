//! The elements that are events: summaries of days, audiograms, prescriptions, and those that newer versions may bring.
//! An element that nobody knows is kept in quarantine.

use serde_json::{Map, Value};

use crate::decode::apple_export::Element;
use crate::decode::date::Stamp;
use crate::model::event::Event;
use crate::model::healthkit;
use crate::model::sender::Sender;
use crate::model::time::{Layer, bucket_end, offset_minutes_at, parse_instant};
use crate::model::unit::conversion;
use crate::validate::apple_export::{Validator, texts};

/// Elements and the kind of event that they are.
const KINDS: [(&str, &str); 7] = [
    ("ActivitySummary", "activity_summaries"),
    ("Audiogram", "audiograms"),
    ("VisionPrescription", "vision_prescriptions"),
    ("StateOfMind", "state_of_mind"),
    ("ElectrocardiogramRecord", "ecg"),
    ("Electrocardiogram", "ecg"),
    ("ScoredAssessment", "other"),
];

/// Attributes that say when and who, not what.
const PLACING: [&str; 6] = ["type", "sourceName", "source", "startDate", "endDate", "device"];

impl Validator<'_> {
    pub(super) fn add_event(&mut self, element: Element) {
        let place = self.place(element.name());
        let Some((_, kind)) = KINDS.iter().find(|(name, _)| *name == element.name()) else {
            self.reject("unknown", place, "unknown element".into(), element);
            return;
        };
        let read = match *kind {
            "activity_summaries" => self.summary(element),
            kind => self.event(kind, element),
        };
        match read {
            Ok(event) => {
                let item = self.item(kind);
                self.heavy += 5;
                self.filling.batch.events.push(Event { item, ..event });
            }
            Err(reason) => self.reject(kind, place, reason, element),
        }
    }

    /// A day's rings, on the calendar of home.
    fn summary(&self, element: Element) -> Result<Event, String> {
        let date = element.get("dateComponents").unwrap_or_default();
        let start = parse_instant(&date, self.home).filter(|_| date.len() == 10);
        let start = start.ok_or_else(|| format!("dateComponents {date:?} is not a date"))?;
        let offset_minutes = offset_minutes_at(start, self.home);
        let mut details = details(element);
        to_kilocalories(&mut details);
        Ok(Event {
            code: "activity_summary".into(),
            details,
            ..blank(
                self.sender,
                "activity_summaries",
                element,
                start,
                bucket_end(Layer::Day, start, offset_minutes, self.home) - start,
                offset_minutes,
            )
        })
    }

    fn event(&mut self, kind: &'static str, element: Element) -> Result<Event, String> {
        let first = ["startDate", "date", "dateIssued"].into_iter().find_map(|name| element.get(name));
        let start: Stamp = self.clock.read("startDate", &first.unwrap_or_default())?;
        let end = element.get("endDate").map(|end| self.clock.read("endDate", &end)).transpose()?;
        let span = end.map_or(0, |end| end.utc - start.utc);
        if span < 0 {
            return Err("the end is before the start".into());
        }
        let zone = element.metadata("HKTimeZone");
        let offset_minutes = self.clock.offset(start, zone.as_deref());
        let mut event = blank(self.sender, kind, element, start.utc, span, offset_minutes);
        let sent = ["classification", "kind", "type"].into_iter().find_map(|name| element.get(name));
        event.value = sent.as_deref().map(healthkit::code).filter(|value| *value != event.code);
        event.value_sent = sent.map(|sent| sent.into_owned()).filter(|_| event.value.is_some());
        Ok(event)
    }
}

fn blank(sender: Sender, kind: &'static str, element: Element, start: i64, span: i64, offset_minutes: i32) -> Event {
    let code = healthkit::snake_case(element.name());
    Event {
        item: 0,
        sender,
        kind,
        code: code.strip_suffix("_record").unwrap_or(&code).to_owned(),
        name: element.name().to_owned(),
        value: None,
        value_sent: None,
        start,
        span,
        offset_minutes,
        source: element.get("sourceName").unwrap_or_default().trim().to_owned(),
        details: details(element),
        series: None,
    }
}

/// Attributes and what is inside, in snake_case: numbers as numbers, elements of one name as a list.
fn details(element: Element) -> Map<String, Value> {
    let named = texts(element).filter(|(name, _)| !PLACING.contains(name));
    let mut details: Map<String, Value> = named.map(|(name, text)| (healthkit::code(name), scalar(&text))).collect();
    for (name, value) in super::records::metadata(element) {
        details.insert(name, value);
    }
    for child in element.children().filter(|child| child.name() != "MetadataEntry") {
        let list = details.entry(format!("{}s", healthkit::snake_case(child.name()))).or_insert(Value::Array(vec![]));
        if let Value::Array(list) = list {
            list.push(Value::Object(inner(child)));
        }
    }
    details
}

/// The same one level further down; deeper there is nothing in any known version.
fn inner(element: Element) -> Map<String, Value> {
    let own = texts(element).map(|(name, text)| (healthkit::code(name), scalar(&text)));
    let below = element.children().flat_map(|child| {
        let name = healthkit::snake_case(child.name());
        texts(child)
            .map(move |(key, text)| (format!("{name}_{}", healthkit::code(key)), scalar(&text)))
            .collect::<Vec<_>>()
    });
    own.chain(below).collect()
}

fn scalar(text: &str) -> Value {
    let number = text.trim().parse::<f64>().ok().and_then(serde_json::Number::from_f64);
    number.map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

/// A phone's unit of energy is its owner's choice.
fn to_kilocalories(details: &mut Map<String, Value>) {
    let unit = details.get("active_energy_burned_unit").and_then(Value::as_str).unwrap_or("kcal").to_owned();
    let Some(conversion) = conversion(&unit, "kcal") else { return };
    for name in ["active_energy_burned", "active_energy_burned_goal"] {
        if let Some(value) = details.get_mut(name)
            && let Some(number) = value.as_f64()
        {
            *value = conversion.read(number).into();
        }
    }
    details.insert("active_energy_burned_unit".into(), "kcal".into());
}
