//! Finds the arrays: under `data`, at the top level, or inside what a proxy wrapped around them, be it as JSON or as text.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use simd_json::prelude::*;
use simd_json::tape::{Object, Value};

use super::{Array, Broken, Document, List, MetricSection, Node, encoded};
use crate::model::metric::catalogue;
use crate::model::sleep::SLEEP;

/// Arrays that tell a body of this app beside those of `Array`; what they hold is not known yet.
const ALSO: [&str; 2] = ["metrics", "heartRateVariability"];

/// Keys that proxies and webhook relays put the body under.
pub const WRAPPERS: [&str; 3] = ["json", "body", "payload"];
/// Keys that they put it under as text.
pub const TEXTS: [&str; 7] = ["json", "body", "payload", "data", "text", "content", "message"];

/// What a body turns out to be.
pub enum Found<T> {
    Document(T),
    /// A gateway's envelope whose body is text: the JSON path of that text, and what it says.
    Text(String, Vec<u8>),
}

/// Reads the whole document, which begins at `path`, or says why it is none.
pub fn read_body<'a>(root: Value<'a, 'a>, path: &str) -> Result<Found<Document<'a>>, String> {
    let mut document = Document::default();
    if let Some(items) = root.as_array() {
        // A relay such as n8n hands on a list of what it has received.
        let objects = items.iter().enumerate().filter_map(|(at, item)| Some((at, item.as_object()?)));
        let found = objects
            .fold(false, |found, (at, item)| read_wrapped(&item, &format!("{path}[{at}]"), &mut document) | found);
        return match (found, items.len()) {
            (true, _) => Ok(Found::Document(document)),
            (false, 1) => read_body(items.get(0).ok_or("the list is empty")?, &format!("{path}[0]")),
            (false, _) => Err("the body is JSON, but not an object".into()),
        };
    }
    let root = root.as_object().ok_or("the body is JSON, but not an object")?;
    if read_wrapped(&root, path, &mut document) {
        return Ok(Found::Document(document));
    }
    let wrapped = TEXTS.into_iter().find_map(|key| Some((key, wrapped_text(&root, key)?)));
    match wrapped {
        Some((key, text)) => Ok(Found::Text(format!("{path}.{key}"), text)),
        None => Err("the body is a JSON object without any of Health Auto Export's arrays \
                     (data.metrics, data.workouts, ...)"
            .into()),
    }
}

/// An object that holds the arrays, or holds what does under one of the usual keys.
fn read_wrapped<'a>(object: &Object<'a, 'a>, path: &str, document: &mut Document<'a>) -> bool {
    let mut found = read_level(object, path, document);
    for key in WRAPPERS {
        let Some(inner) = object.get(key).and_then(|value| value.as_object()) else { continue };
        found |= read_level(&inner, &format!("{path}.{key}"), document);
    }
    found
}

/// JSON that a gateway passes on as text, in base64 if it thought it binary.
fn wrapped_text(root: &Object, key: &str) -> Option<Vec<u8>> {
    let text = root.get(key)?.into_string()?.trim();
    if text.starts_with(['{', '[']) {
        return Some(text.as_bytes().to_vec());
    }
    STANDARD.decode(text).ok().filter(|text| text.trim_ascii_start().starts_with(b"{"))
}

/// An object that holds the arrays, or holds them under `data`.
fn read_level<'a>(object: &Object<'a, 'a>, path: &str, document: &mut Document<'a>) -> bool {
    let here = read_arrays(object, path, document);
    let data = object.get("data").and_then(|value| value.as_object());
    // `{"data": {}}` is what the app sends when it has nothing new.
    let below = data.is_some_and(|data| data.is_empty() || read_arrays(&data, &format!("{path}.data"), document));
    here || below
}

/// Whether an array of that key tells a body of this app.
pub fn is_known(name: &str) -> bool {
    ALSO.contains(&name) || Array::ALL.iter().any(|array| array.key() == name)
}

fn read_arrays<'a>(object: &Object<'a, 'a>, path: &str, document: &mut Document<'a>) -> bool {
    if !object.iter().any(|(name, value)| is_known(name) && (value.is_array() || value.is_null())) {
        return false;
    }
    for (name, value) in object.iter() {
        let array = Array::ALL.into_iter().find(|array| array.key() == name);
        match (name, array, value.as_array()) {
            ("metrics", _, Some(sections)) => {
                for (at, section) in sections.iter().enumerate() {
                    read_section(section, format!("{path}.metrics[{at}]"), document);
                }
            }
            (_, Some(array), Some(items)) => {
                let items = items.iter().map(Node::new).collect();
                document.lists.push((array, List { path: format!("{path}.{name}"), units: "", items }));
            }
            (_, _, Some(items)) => add(&mut document.others, name, items.len()),
            (_, _, None) if is_known(name) => document.must_be_list(Some(value), format!("{path}.{name}")),
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
    let text = |key: &str| object.get(key).and_then(|value| value.into_string()).unwrap_or_default().trim();
    let (name, units) = (text("name"), text("units"));
    let data = object.get("data");
    let points = data.and_then(|value| value.as_array());
    if points.is_none() {
        document.must_be_list(data, format!("{path}.data"));
    }
    let points = points.iter().flat_map(|points| points.iter());
    if catalogue().resolve(name).is_some_and(|metric| metric.name == SLEEP) {
        let items = points.map(Node::new).collect();
        return document.sleep.push(List { path: format!("{path}.data"), units, items });
    }
    document.metrics.push(MetricSection { path, name, units, points: points.map(Node::new).collect() });
}
