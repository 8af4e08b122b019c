//! `Correlation`: a blood pressure, or a meal. What it says beside its records is theirs where they do not say it, and an event
//! where it has a name or anything else of its own.

use serde_json::{Map, Value};

use crate::decode::apple_export::Element;
use crate::model::event::Event;
use crate::model::healthkit;
use crate::model::metric::slug;
use crate::validate::apple_export::{Validator, records};

/// Metadata, as codes, that says how and where something was entered, and that the records have as well.
const OF_RECORDS: [&str; 6] = [
    "was_user_entered",
    "time_zone",
    "external_uuid",
    "metadata_key_sync_identifier",
    "metadata_key_sync_version",
    "device_name",
];
/// The name of a meal.
const MEAL: &str = "food_type";

impl Validator<'_> {
    pub(super) fn add_correlation(&mut self, element: Element) {
        let place = self.place("Correlation");
        for child in element.children() {
            match child.name() {
                "Record" => self.add_record(child, Some(element)),
                "MetadataEntry" => {}
                _ => self.reject_unknown(&place, child),
            }
        }
        let details = records::metadata(element);
        if details.keys().all(|key| OF_RECORDS.contains(&key.as_str())) {
            return;
        }
        match self.correlation_event(element, details) {
            Ok(event) => {
                let item = self.item(event.kind);
                self.heavy += 5;
                self.filling.batch.events.push(Event { item, ..event });
            }
            Err(reason) => self.reject("other", place, reason, element),
        }
    }

    fn correlation_event(&mut self, element: Element, details: Map<String, Value>) -> Result<Event, String> {
        let start = self.clock.read("startDate", &element.get("startDate").unwrap_or_default())?;
        let end = element.get("endDate").map(|end| self.clock.read("endDate", &end)).transpose()?;
        let name = element.get("type").unwrap_or_default().into_owned();
        let meal = details.get(MEAL).and_then(Value::as_str).map(str::to_owned);
        Ok(Event {
            item: 0,
            sender: self.sender,
            kind: "other",
            code: healthkit::code(&name),
            name,
            value: meal.as_deref().map(slug).filter(|slug| !slug.is_empty()),
            value_sent: meal,
            start: start.utc,
            span: end.map_or(0, |end| (end.utc - start.utc).max(0)),
            offset_minutes: self.clock.offset(start, element.metadata("HKTimeZone").as_deref()),
            source: element.get("sourceName").unwrap_or_default().trim().to_owned(),
            details,
            series: None,
        })
    }
}
