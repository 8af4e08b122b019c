//! Finds the arrays: under `data`, at the top level, or inside what a proxy wrapped around them.

use std::collections::BTreeMap;

use simd_json::prelude::*;
use simd_json::tape::{Object, Value};

use super::point::Point;
use super::{Broken, Document, MetricSection, encoded};

/// The arrays that the app documents; others are counted too when they stand beside one of these.
const ARRAYS: [&str; 9] = [
    "metrics",
    "workouts",
    "stateOfMind",
    "medications",
    "symptoms",
    "cycleTracking",
    "ecg",
    "heartRateNotifications",
    "heartRateVariability",
];

/// Keys that proxies and webhook relays put the body under.
const WRAPPERS: [&str; 3] = ["json", "body", "payload"];

/// Reads the whole document, or says why it is none.
pub fn read<'a>(root: Value<'a, 'a>) -> Result<Document<'a>, String> {
    let root = root.as_object().ok_or("the body is JSON, but not an object")?;
    let mut document = Document::default();
    let mut found = read_level(&root, "$", &mut document);
    for key in WRAPPERS {
        let Some(inner) = root.get(key).and_then(|value| value.as_object()) else { continue };
        found |= read_level(&inner, &format!("$.{key}"), &mut document);
    }
    match found {
        true => Ok(document),
        false => Err("the body is a JSON object without any of Health Auto Export's arrays \
                      (data.metrics, data.workouts, ...)"
            .into()),
    }
}

/// An object that holds the arrays, or holds them under `data`.
fn read_level<'a>(object: &Object<'a, 'a>, path: &str, document: &mut Document<'a>) -> bool {
    let here = read_arrays(object, path, document);
    let data = object.get("data").and_then(|value| value.as_object());
    // `{"data": {}}` is what the app sends when it has nothing new.
    let below = data.is_some_and(|data| data.is_empty() || read_arrays(&data, &format!("{path}.data"), document));
    here || below
}

fn read_arrays<'a>(object: &Object<'a, 'a>, path: &str, document: &mut Document<'a>) -> bool {
    if !ARRAYS.iter().any(|name| object.get(*name).is_some_and(|value| value.is_array() || value.is_null())) {
        return false;
    }
    for (name, value) in object.iter() {
        match (name, value.as_array()) {
            ("metrics", Some(sections)) => {
                for (at, section) in sections.iter().enumerate() {
                    read_section(section, format!("{path}.metrics[{at}]"), document);
                }
            }
            (_, Some(items)) => add(&mut document.others, name, items.len()),
            (_, None) if ARRAYS.contains(&name) => {
                document.must_be_list(Some(value), format!("{path}.{name}"));
            }
            _ => {}
        }
    }
    true
}

impl<'a> Document<'a> {
    /// What stands where a list belongs is kept as one item; nothing or null is an empty list.
    fn must_be_list(&mut self, found: Option<Value<'a, 'a>>, path: String) {
        if let Some(found) = found.filter(|found| !found.is_null()) {
            self.broken.push(Broken { path, reason: "this must be a list".into(), item: encoded(found) });
        }
    }
}

fn add(counts: &mut BTreeMap<String, u64>, name: &str, items: usize) {
    if items > 0 {
        *counts.entry(name.to_owned()).or_default() += items as u64;
    }
}

fn read_section<'a>(section: Value<'a, 'a>, path: String, document: &mut Document<'a>) {
    let Some(object) = section.as_object() else {
        return document.broken.push(Broken {
            path,
            reason: "a metric must be an object with name, units and data".into(),
            item: encoded(section),
        });
    };
    let text = |key: &str| object.get(key).and_then(|value| value.into_string()).unwrap_or_default();
    let data = object.get("data");
    let points = data.and_then(|value| value.as_array());
    if points.is_none() {
        document.must_be_list(data, format!("{path}.data"));
    }
    document.metrics.push(MetricSection {
        path,
        name: text("name").trim(),
        units: text("units").trim(),
        points: points.iter().flat_map(|points| points.iter().map(Point::read)).collect(),
    });
}
