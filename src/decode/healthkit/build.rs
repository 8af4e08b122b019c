//! An element of Apple's export out of JSON.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde_json::{Map, Value};

use crate::decode::apple_export::Tree;
use crate::decode::date;

/// An element with these attributes, and metadata in it.
pub fn element(name: &str, attributes: &[(&str, String)], metadata: &[(String, String)]) -> Tree {
    let mut tree = Tree::default();
    tree.open(name, &written(attributes.iter().map(|(name, value)| (*name, value.as_str()))));
    for (key, value) in metadata {
        tree.open("MetadataEntry", &written([("key", key.as_str()), ("value", value.as_str())].into_iter()));
        tree.close_last();
    }
    tree.close_last();
    tree
}

fn written<'a>(attributes: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    attributes.map(|(name, value)| format!(" {name}=\"{}\"", escaped(value))).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// A text, a number or a truth as text.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(if *yes { "1" } else { "0" }.to_owned()),
        _ => None,
    }
}

/// The first of these keys that says something.
pub fn field(object: &Map<String, Value>, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| text(object.get(*key)?))
}

/// A moment with the offset of the place where it was, minutes east of UTC.
pub fn at_offset(moment: &str, minutes: i64) -> Option<String> {
    let utc = date::parse(moment, &TimeZone::UTC)?.utc;
    let offset = Offset::from_seconds(i32::try_from(minutes.checked_mul(60)?).ok()?).ok()?;
    let local = Timestamp::from_second(utc).ok()?.to_zoned_datetime(TimeZone::fixed(offset));
    Some(local.strftime("%Y-%m-%d %H:%M:%S %z").to_string())
}

/// A device as Apple's export writes it.
pub fn device(fields: &[(&str, Option<String>)]) -> String {
    let told = fields.iter().filter_map(|(name, value)| Some(format!(", {name}:{}", value.as_ref()?)));
    let told: String = told.collect();
    if told.is_empty() { told } else { format!("<<HKDevice: 0x0>{told}>") }
}
