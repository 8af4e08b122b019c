//! Moods, medications, symptoms and the cycle: one event per record. Words stay as sent beside the code they mean.

use jiff::tz::TimeZone;
use serde_json::Value;

use super::moment::{START, details, source, span};
use crate::decode::auto_export::Node;
use crate::model::event::Event;
use crate::model::sender::Sender;
use crate::model::words::{Words, slug_or_word};

/// Keys that every record may have and that have a place of their own in an event.
const COMMON: [&str; 9] = ["start", "startDate", "end", "endDate", "date", "timestamp", "source", "id", "csvLine"];

/// An event with its time and source; the rest is its reader's.
pub fn event(node: Node, starts: &[&str], used: &[&str], home: &TimeZone) -> Result<Event, String> {
    let (start, span) = span(node, starts, home)?;
    let mut details = details(node, &[&COMMON, used].concat());
    if let Some(id) = node.get("id").text() {
        details.insert("id".into(), id.into());
    }
    Ok(Event {
        item: 0,
        sender: Sender::AutoExport,
        kind: "other",
        code: String::new(),
        name: String::new(),
        value: None,
        value_sent: None,
        start: start.utc,
        span,
        offset_minutes: start.offset_minutes,
        source: source(node.get("source")),
        details,
        series: None,
    })
}

/// A word, or a number that stands for one.
pub fn word(node: Node) -> Option<String> {
    let number = || node.number().map(|number| number.to_string());
    node.text().map(str::to_owned).or_else(number).or_else(|| node.boolean().map(|yes| yes.to_string()))
}

/// `kind` of the record as its code, `valenceClassification` as its value.
pub fn state_of_mind(node: Node, home: &TimeZone) -> Result<Event, String> {
    let mut event = event(node, &START, &["kind", "valenceClassification"], home)?;
    event.name = word(node.get("kind")).unwrap_or_else(|| "state_of_mind".into());
    event.code = Words::MoodKind.code_or_slug(&event.name);
    event.value_sent = word(node.get("valenceClassification"));
    event.value = event.value_sent.as_deref().map(|word| Words::Valence.code_or_slug(word));
    for set in ["labels", "associations"] {
        // The phone keeps them in sets, whose order is a new one every time.
        if let Some(Value::Array(words)) = event.details.get_mut(set) {
            words.sort_by_key(|word| word.to_string());
        }
    }
    Ok(event)
}

/// Known by its name, since no version sends an id that stays, and by the time it was due when it was never taken.
pub fn medication(node: Node, home: &TimeZone) -> Result<Event, String> {
    const NAMES: [&str; 3] = ["displayText", "name", "nickname"];
    let name = node.any(&NAMES).text().or(node.get("nickname").text()).ok_or("the medication has no name")?;
    let mut event =
        event(node, &["start", "startDate", "scheduledDate", "date"], &["displayText", "name", "status"], home)?;
    event.name = name.to_owned();
    event.code = slug_or_word(name);
    event.value_sent = word(node.get("status"));
    event.value = event.value_sent.as_deref().map(|word| Words::MedicationStatus.code_or_slug(word));
    Ok(event)
}

pub fn symptom(node: Node, home: &TimeZone) -> Result<Event, String> {
    let name = node.get("name").text().ok_or("the symptom has no name")?;
    let mut event = event(node, &START, &["name", "severity", "value"], home)?;
    event.name = name.to_owned();
    event.code = Words::Symptom.code_or_slug(name);
    event.value_sent = word(node.any(&["severity", "value"]));
    event.value = event.value_sent.as_deref().map(|word| Words::Severity.code_or_slug(word));
    Ok(event)
}

pub fn cycle(node: Node, home: &TimeZone) -> Result<Event, String> {
    let name = node.get("name").text().ok_or("the record has no name")?;
    let mut event = event(node, &START, &["name", "value"], home)?;
    event.name = name.to_owned();
    event.code = Words::Cycle.code_or_slug(name);
    event.value_sent = word(node.get("value"));
    event.value = event.value_sent.as_deref().map(|word| Words::CycleValue.code_or_slug(word));
    Ok(event)
}
