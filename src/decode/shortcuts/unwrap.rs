//! What relays put around a body: the request as a whole (n8n, API gateways), and a body as text under a key.

use serde_json::{Map, Value};

use super::front::Located;
use super::keys::{Key, role};
use super::text;

/// Keys that the body of a request stands under.
const BODIES: [&str; 5] = ["body", "json", "payload", "rawBody", "data"];
/// Keys that tell that the rest is a request.
const OF_A_REQUEST: [&str; 5] = ["headers", "httpMethod", "webhookUrl", "executionMode", "requestContext"];
/// Keys that a body as lines of text may stand under.
const TEXTS: [&str; 9] = ["body", "data", "payload", "text", "content", "lines", "csv", "message", "input"];

/// How many times a body may be wrapped.
const DEEPEST: usize = 4;

/// The body itself, and lines of text as what they say.
pub fn unwrapped(located: Located) -> Vec<Located> {
    let Located { place, value, line } = located;
    let (place, value) = body_of(place, value, DEEPEST);
    match lines(&place, &value) {
        Some(found) => found,
        None => vec![Located { place, value, line }],
    }
}

/// Texts that hold JSON become what they hold, and a request the body that it brought.
fn body_of(place: String, mut value: Value, deepest: usize) -> (String, Value) {
    let Some(deeper) = deepest.checked_sub(1) else { return (place, value) };
    if let Value::String(text) = &value
        && let Some(inner) = json(text)
    {
        return body_of(place, inner, deeper);
    }
    if let Value::Array(items) = &mut value
        && let [only] = items.as_mut_slice()
        && only.as_object().is_some_and(is_request)
    {
        return body_of(format!("{place}[0]"), only.take(), deeper);
    }
    let Value::Object(object) = &mut value else { return (place, value) };
    let key = BODIES.into_iter().find(|key| object.contains_key(*key));
    if let Some(key) = key.filter(|_| is_request(object))
        && let Some(inner) = object.get_mut(key).map(Value::take)
    {
        return body_of(format!("{place}.{key}"), inner, deeper);
    }
    for (key, held) in object.iter_mut() {
        if let Some(inner) = held.as_str().and_then(json) {
            *held = body_of(format!("{place}.{key}"), inner, deeper).1;
        }
    }
    (place, value)
}

fn is_request(object: &Map<String, Value>) -> bool {
    let has = |keys: &[&str]| keys.iter().any(|key| object.get(*key).is_some_and(|value| !value.is_null()));
    has(&BODIES) && object.keys().any(|key| OF_A_REQUEST.contains(&key.as_str()))
}

/// An object or a list in a text.
fn json(text: &str) -> Option<Value> {
    let text = text.trim();
    let value = || super::front::read_value(text);
    text.starts_with(['{', '[']).then(value).flatten().filter(|value| value.is_object() || value.is_array())
}

/// The items of lines of text under a key; what stands beside them holds for each.
fn lines(place: &str, value: &Value) -> Option<Vec<Located>> {
    let object = value.as_object()?;
    let (key, text) = object
        .iter()
        .find_map(|(key, value)| Some((key, value.as_str()?)).filter(|(key, _)| TEXTS.contains(&key.as_str())))?;
    let beside = || object.iter().filter(|(other, _)| *other != key);
    let is_hint = |key: &String| {
        matches!(role(key), Key::Locale | Key::Zone | Key::Source | Key::Ignored | Key::Start | Key::Period)
    };
    if !beside().all(|(key, _)| is_hint(key)) {
        return None;
    }
    let front = text::read(text, false);
    let mut found = front.values;
    for located in &mut found {
        located.place = format!("{place}.{key}: {}", located.place);
        if let Some(item) = located.value.as_object_mut() {
            let dated = item.keys().any(|key| role(key) == Key::Start);
            for (key, value) in beside().filter(|(key, _)| !dated || role(key) != Key::Start) {
                item.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
    }
    // Lines that cannot be read stand beside those that can.
    found.extend(front.broken.into_iter().map(|broken| Located {
        place: format!("{place}.{key}: {}", broken.path),
        value: Value::String(broken.item.clone()),
        line: Some(broken.item),
    }));
    (!found.is_empty()).then_some(found)
}
