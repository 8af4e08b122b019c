//! `ohe.wire/1`: a line for each record, between a header and a footer.
//!
//! A record has HealthKit's own id, so the same id again is the same record said anew, and a tombstone says that the phone has
//! deleted it. Within a body the last word counts. The store knows no ids, so a tombstone of what an earlier body brought
//! cannot be followed, which it says.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::build::{at_offset, device, element, field};
use super::{Document, Item, Unusable};
use crate::decode::apple_export::Tree;

const SPEC: &str = "ohe.wire/1";

/// Whether a body is of that sender, by its header or by its first record.
pub fn is_wire(body: &[u8]) -> bool {
    let Some(first) = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).find(|line| !line.is_empty()) else {
        return false;
    };
    if !first.starts_with(b"{") || first.len() > 64 << 10 {
        return false;
    }
    let may_be = |needle: &[u8]| memchr::memmem::find(first, needle).is_some();
    if !may_be(SPEC.as_bytes()) && !may_be(b"\"batchSeq\"") {
        return false;
    }
    let Ok(Value::Object(object)) = serde_json::from_slice(first) else { return false };
    let says = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
    says("spec") == SPEC
        || (object.contains_key("hkIdentifier") && object.contains_key("batchSeq") && object.contains_key("uuid"))
}

/// Reads every line; the reason when it is none of that sender's.
pub fn read(body: &[u8]) -> Result<Document, String> {
    let text = std::str::from_utf8(body).map_err(|_| "the body is no text in UTF-8")?;
    let mut reading = Reading::default();
    for (at, line) in
        text.trim_start_matches('\u{feff}').lines().enumerate().filter(|(_, line)| !line.trim().is_empty())
    {
        let place = format!("line {}", at + 1);
        match serde_json::from_str::<Value>(line) {
            Ok(Value::Object(object)) => reading.line(place, line, &object),
            Ok(_) => reading.unusable(place, "the line is no record".into(), line),
            Err(fault) => reading.unusable(place, format!("the line is not valid JSON: {fault}"), line),
        }
    }
    Ok(reading.finish())
}

#[derive(Default)]
struct Reading {
    /// Records in the order of their lines; none where a later line has taken one back.
    items: Vec<Option<Item>>,
    by_id: HashMap<String, usize>,
    unusable: Vec<Unusable>,
    is_demo: bool,
}

impl Reading {
    fn line(&mut self, place: String, line: &str, object: &Map<String, Value>) {
        let demo = object.get("demo").and_then(Value::as_bool) == Some(true);
        self.is_demo |= demo;
        match object.get("kind").and_then(Value::as_str).unwrap_or_default() {
            "batch.header" | "batch.footer" | "canary" => {}
            _ if demo || self.is_demo => {
                self.unusable(place, "this is demo data of the app, and nobody's health".into(), line)
            }
            "sample.quantity" | "sample.category" => match record(object) {
                Ok(tree) => self.put(object, Item { place, tree, route: Vec::new() }),
                Err(reason) => self.unusable(place, reason, line),
            },
            "tombstone" => self.bury(place, line, object),
            "aggregate" => {
                let reason = "sums that the app has worked out are not read: set its mode to samples";
                self.unusable(place, reason.into(), line);
            }
            kind => self.unusable(
                place,
                format!("{kind:?} is a kind of record that is not known yet: it is kept here"),
                line,
            ),
        }
    }

    fn put(&mut self, object: &Map<String, Value>, item: Item) {
        let id = field(object, &["uuid"]).map(|id| id.to_lowercase());
        match id.as_ref().and_then(|id| self.by_id.get(id)) {
            Some(at) => self.items[*at] = Some(item),
            None => {
                self.items.push(Some(item));
                self.by_id.extend(id.map(|id| (id, self.items.len() - 1)));
            }
        }
    }

    fn bury(&mut self, place: String, line: &str, object: &Map<String, Value>) {
        let id = field(object, &["uuid"]).unwrap_or_default().to_lowercase();
        match self.by_id.remove(&id) {
            Some(at) => self.items[at] = None,
            None => {
                let reason = "the phone has deleted a record that an earlier delivery has brought, and ids are not kept: delete it \
                              here too, in Settings or with DELETE /api/v1/samples, if it should be gone";
                self.unusable(place, reason.into(), line);
            }
        }
    }

    fn unusable(&mut self, place: String, reason: String, line: &str) {
        self.unusable.push(Unusable { name: "records", place, reason, item: line.to_owned() });
    }

    fn finish(self) -> Document {
        Document { items: self.items.into_iter().flatten().collect(), unusable: self.unusable }
    }
}

fn record(object: &Map<String, Value>) -> Result<Tree, String> {
    let kind = field(object, &["hkIdentifier", "metricId"]).ok_or("the record has no hkIdentifier")?;
    let known_offset = field(object, &["tzSource"]).is_some_and(|source| source != "unknown");
    let offset = object.get("tzOffsetMinutes").and_then(Value::as_i64).filter(|_| known_offset);
    let moment = |key: &str| {
        let text = field(object, &[key]).ok_or_else(|| format!("the record has no {key}"))?;
        Ok::<String, String>(offset.and_then(|minutes| at_offset(&text, minutes)).unwrap_or(text))
    };
    let mut attributes = vec![("type", kind), ("startDate", moment("start")?), ("endDate", moment("end")?)];
    attributes.extend(field(object, &["value"]).map(|value| ("value", value)));
    attributes.extend(field(object, &["unit"]).map(|unit| ("unit", unit)));
    let part = |name: &str| object.get(name).and_then(Value::as_object);
    let of = |name: &str, keys: &[&str]| part(name).and_then(|object| field(object, keys));
    attributes.extend(of("source", &["name"]).or_else(|| of("device", &["name"])).map(|name| ("sourceName", name)));
    let device = device(&[
        ("name", of("device", &["name"])),
        ("manufacturer", of("device", &["manufacturer"])),
        ("model", of("device", &["model"])),
        ("hardware", of("device", &["hardwareVersion"]).or_else(|| of("source", &["productType"]))),
        ("software", of("device", &["softwareVersion"])),
    ]);
    attributes.extend(Some(("device", device)).filter(|(_, device)| !device.is_empty()));
    let manual = field(object, &["wasUserEntered"]).map(|yes| ("HKWasUserEntered".to_owned(), yes));
    Ok(element("Record", &attributes, &manual.into_iter().collect::<Vec<_>>()))
}
