//! Values and hints in the address: `?steps=8412`, `?type=weight&unit=kg&locale=de`.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::keys::{self, Key};
use super::walk::Scope;
use super::{Document, Sent, names};

/// Names of parameters that are no metric and may stand in the address.
pub const HINTS: &[&str] = &[
    "format", "locale", "tz", "source", "unit", "type", "metric", "key", "name", "value", "date", "start", "end",
    "period", "token",
];

/// The parameters that say how to read the rest.
const CONTROLS: [&str; 3] = ["format", "locale", "tz"];

/// True when the address holds a value of its own.
pub fn holds_values(query: &[(String, String)]) -> bool {
    query.iter().any(|(name, _)| is_value(name))
}

/// True for a parameter that is a hint, a value or the name of a metric.
pub fn takes_parameter(name: &str) -> bool {
    !matches!(keys::role(name), Key::Other | Key::Ignored) || names::is_known(name)
}

fn is_value(name: &str) -> bool {
    match keys::role(name) {
        Key::Value | Key::Average | Key::Sum | Key::Count => true,
        Key::Other => names::is_known(name),
        _ => false,
    }
}

/// The address as one more item, when it holds values.
pub fn as_value(query: &[(String, String)]) -> Option<Value> {
    holds_values(query).then(|| object(query.iter().filter(|(name, _)| !CONTROLS.contains(&name.as_str()))))
}

/// Pairs as an object; a name that comes several times holds a list.
pub fn object<'a>(pairs: impl Iterator<Item = &'a (String, String)>) -> Value {
    let mut object = Map::new();
    for (name, text) in pairs {
        let value = Value::from(text.as_str());
        match object.get_mut(name) {
            None => drop(object.insert(name.clone(), value)),
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    Value::Object(object)
}

/// What the address says of a body that does not say it itself.
pub fn scope(query: &[(String, String)]) -> Scope<'_> {
    let text = |role: Key| query.iter().find(|(name, _)| keys::role(name) == role).map(|(_, text)| text.as_str());
    let sent = |role: Key| text(role).map_or(Sent::Absent, Sent::text);
    Scope {
        name: text(Key::Metric).map(Cow::Borrowed).filter(|name| !name.is_empty()),
        start: sent(Key::Start),
        end: sent(Key::End),
        unit: Cow::Borrowed(text(Key::Unit).unwrap_or_default()),
        source: Cow::Borrowed(text(Key::Source).unwrap_or_default()),
        grain: text(Key::Period).and_then(super::fields::period).unwrap_or_default(),
        ..Scope::default()
    }
}

/// The address has the last word on how to read numbers and dates.
pub fn settle<'a>(document: &mut Document<'a>, query: &'a [(String, String)]) {
    let text = |wanted: Key| query.iter().find(|(name, _)| keys::role(name) == wanted).map(|(_, text)| text.as_str());
    let filled = |text: Option<&'a str>| text.filter(|text| !text.trim().is_empty()).map(Cow::Borrowed);
    document.locale = filled(text(Key::Locale)).or(document.locale.take());
    document.zone = filled(text(Key::Zone)).or(document.zone.take());
}
