//! Health Export Pro: `data` has a list for each HealthKit identifier, and beside them workouts and medications; the ways of
//! workouts stand apart, by the workout's id.
//!
//! The vendor documents the envelope and leaves the fields of an item open, so each is looked for under every name that
//! HealthKit and its libraries have for it.

use serde_json::{Map, Value};

use super::build::{device, element, field, text};
use super::{Document, Item, Unusable};
use crate::decode::apple_export::{Tree, gpx};
use crate::model::healthkit;
use crate::model::workout::RoutePoint;

const START: [&str; 5] = ["startDate", "start", "date", "timestamp", "scheduledDate"];
const END: [&str; 2] = ["endDate", "end"];
const VALUE: [&str; 4] = ["value", "quantity", "qty", "categoryValue"];
const UNIT: [&str; 2] = ["unit", "units"];
const ID: [&str; 2] = ["uuid", "id"];

/// Whether a body is of that sender: it says what it was exported by, or has lists under HealthKit's identifiers.
pub fn is_pro(body: &[u8]) -> bool {
    let has = |needle: &[u8]| memchr::memmem::find(body, needle).is_some();
    body.trim_ascii_start().starts_with(b"{")
        && has(b"\"data\"")
        && has(b"\"exportDate\"")
        && (has(b"\"syncSource\"") || has(b"TypeIdentifier"))
        && !has(b"\"metrics\"")
}

/// Reads the whole body; the reason when it is none of that sender's.
pub fn read(body: &[u8]) -> Result<Document, String> {
    let root: Map<String, Value> =
        serde_json::from_slice(body).map_err(|fault| format!("the body is not valid JSON: {fault}"))?;
    let data = root.get("data").and_then(Value::as_object).ok_or("the body has no data")?;
    let routes = root.get("workoutRoutes").and_then(Value::as_object);
    let mut document = Document::default();
    for (key, list) in data {
        for (at, item) in list.as_array().into_iter().flatten().enumerate() {
            let place = format!("$.data.{key}[{at}]");
            let made = match item.as_object() {
                Some(object) => one(key, object, routes),
                None => Err("an item must be an object".into()),
            };
            match made {
                Ok((tree, route)) => document.items.push(Item { place, tree, route }),
                Err(reason) => {
                    document.unusable.push(Unusable { name: "records", place, reason, item: item.to_string() })
                }
            }
        }
    }
    Ok(document)
}

type Made = (Tree, Vec<RoutePoint>);

fn one(key: &str, object: &Map<String, Value>, routes: Option<&Map<String, Value>>) -> Result<Made, String> {
    match key {
        "workouts" | "HKWorkoutTypeIdentifier" => {
            let id = field(object, &ID);
            let route = id.as_ref().and_then(|id| routes?.get(id)).or_else(|| object.get("route"));
            Ok((workout(object)?, route.map(places).unwrap_or_default()))
        }
        key if key.starts_with("HK") && key.contains("TypeIdentifier") => {
            Ok((record("Record", key, object)?, Vec::new()))
        }
        "stateOfMind" | "HKDataTypeStateOfMind" => Ok((record("StateOfMind", "", object)?, Vec::new())),
        _ => Err(format!("{key:?} is a list that is not read yet: it is kept here")),
    }
}

fn record(name: &str, kind: &str, object: &Map<String, Value>) -> Result<Tree, String> {
    let start = field(object, &START).ok_or("the record has no start")?;
    let end = field(object, &END).unwrap_or_else(|| start.clone());
    let mut attributes = vec![("type", kind.to_owned()), ("startDate", start), ("endDate", end)];
    let held = VALUE.iter().find_map(|key| object.get(*key));
    let inner = held.and_then(Value::as_object);
    let value = inner.and_then(|inner| field(inner, &VALUE)).or_else(|| held.and_then(text));
    let unit = field(object, &UNIT).or_else(|| field(inner?, &UNIT));
    attributes.extend(value.map(|value| ("value", value)));
    attributes.extend(unit.map(|unit| ("unit", unit)));
    if name != "Record" {
        attributes.extend(
            ["kind", "valence", "valenceClassification"]
                .into_iter()
                .filter_map(|key| Some((key, field(object, &[key])?))),
        );
    }
    attributes.extend(source(object));
    Ok(element(name, &attributes, &metadata(object)))
}

fn source(object: &Map<String, Value>) -> Vec<(&'static str, String)> {
    let part = |key: &str| object.get(key).and_then(Value::as_object);
    let name = field(object, &["sourceName", "source"]);
    let name = name.or_else(|| ["source", "sourceRevision"].into_iter().find_map(|key| field(part(key)?, &["name"])));
    let told = part("device").map(|told| {
        device(&[
            ("name", field(told, &["name"])),
            ("manufacturer", field(told, &["manufacturer"])),
            ("model", field(told, &["model"])),
            ("hardware", field(told, &["hardwareVersion", "hardware"])),
            ("software", field(told, &["softwareVersion", "software"])),
        ])
    });
    let version = field(object, &["sourceVersion"]);
    let told = told.filter(|device| !device.is_empty());
    let all = [("sourceName", name), ("sourceVersion", version), ("device", told)];
    all.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

fn metadata(object: &Map<String, Value>) -> Vec<(String, String)> {
    let entries = object.get("metadata").and_then(Value::as_object).into_iter().flatten();
    let mut metadata: Vec<(String, String)> =
        entries.filter_map(|(key, value)| Some((key.clone(), text(value)?))).collect();
    metadata.extend(field(object, &["timeZone", "timezone"]).map(|zone| ("HKTimeZone".to_owned(), zone)));
    metadata.extend(field(object, &["wasUserEntered"]).map(|yes| ("HKWasUserEntered".to_owned(), yes)));
    metadata
}

fn workout(object: &Map<String, Value>) -> Result<Tree, String> {
    let start = field(object, &START).ok_or("the workout has no start")?;
    let activity = field(object, &["workoutActivityType", "activityType", "workoutType", "activity", "name", "type"]);
    let activity = activity.ok_or("the workout has no activity")?;
    let by_number = activity.parse().ok().and_then(healthkit::activity).map(str::to_owned);
    let mut attributes = vec![("workoutActivityType", by_number.unwrap_or(activity)), ("startDate", start)];
    attributes.extend(field(object, &END).map(|end| ("endDate", end)));
    if let Some(seconds) = field(object, &["durationSeconds"]) {
        attributes.extend([("duration", seconds), ("durationUnit", "s".to_owned())]);
    }
    attributes.extend(field(object, &ID).map(|id| ("uuid", id)));
    attributes.extend(source(object));
    for (name, unit_name, usual) in [
        ("totalEnergyBurned", "totalEnergyBurnedUnit", ""),
        ("totalDistance", "totalDistanceUnit", ""),
        ("totalSwimmingStrokeCount", "totalSwimmingStrokeCountUnit", "count"),
        ("totalFlightsClimbed", "totalFlightsClimbedUnit", "count"),
    ] {
        let Some(held) = object.get(name) else { continue };
        let inner = held.as_object();
        let value = inner.and_then(|inner| field(inner, &VALUE)).or_else(|| text(held));
        let unit = field(object, &[unit_name])
            .or_else(|| field(inner?, &UNIT))
            .or_else(|| Some(usual.to_owned()).filter(|unit| !unit.is_empty()));
        // Without its unit a total says nothing.
        if let (Some(value), Some(unit)) = (value, unit) {
            attributes.extend([(name, value), (unit_name, unit)]);
        }
    }
    Ok(element("Workout", &attributes, &metadata(object)))
}

/// The points of a way, or of several, each a part.
fn places(route: &Value) -> Vec<RoutePoint> {
    let list = route.as_array().map(Vec::as_slice).unwrap_or_default();
    let inner = |value: &Value| {
        value
            .as_array()
            .or_else(|| value.get("locations")?.as_array())
            .or_else(|| value.get("points")?.as_array())
            .cloned()
    };
    if list.iter().any(|item| inner(item).is_some()) {
        let parts = list.iter().filter_map(inner).enumerate();
        return parts
            .flat_map(|(part, points)| {
                points
                    .iter()
                    .filter_map(place)
                    .map(|point| RoutePoint { part: part as u32, ..point })
                    .collect::<Vec<_>>()
            })
            .collect();
    }
    list.iter().filter_map(place).collect()
}

fn place(value: &Value) -> Option<RoutePoint> {
    let object = value.as_object()?;
    let degrees =
        |keys: &[&str], limit: f64| field(object, keys)?.parse::<f64>().ok().filter(|value| value.abs() <= limit);
    let mut point = RoutePoint {
        at: i64::MIN,
        latitude: degrees(&["latitude", "lat"], 90.0)?,
        longitude: degrees(&["longitude", "lon", "lng"], 180.0)?,
        ..RoutePoint::default()
    };
    let moment = field(object, &["timestamp", "date", "time"])?;
    gpx::set(&mut point, "time", &moment);
    for name in ["altitude", "speed", "course", "horizontalAccuracy", "verticalAccuracy"] {
        field(object, &[name]).iter().for_each(|value| gpx::set(&mut point, name, value));
    }
    (point.at != i64::MIN).then_some(point)
}
