//! Heart rate notifications, in the shape that is documented and in the one that is sent.

use jiff::tz::TimeZone;
use serde_json::{Number, Value};

use super::events::{event, word};
use super::moment::START;
use crate::decode::auto_export::Node;
use crate::model::event::Event;
use crate::model::words::Words;

const NAMES: [&str; 3] = ["heartNotification", "name", "type"];
/// The second is a slip that one version really has.
const THRESHOLDS: [&str; 2] = ["threshold", "threshhold"];
const RATES: [&str; 2] = ["heartRate", "heartRateData"];
const VARIATIONS: [&str; 2] = ["heartRateVariation", "hrvData"];

pub fn read(node: Node, home: &TimeZone) -> Result<Event, String> {
    let used = [&NAMES[..], &THRESHOLDS, &RATES, &VARIATIONS].concat();
    let mut event = event(node, &START, &used, home)?;
    let threshold = threshold(node.any(&THRESHOLDS));
    let sent = word(node.any(&NAMES));
    let code = match &sent {
        Some(word) => Words::Notification.code_or_slug(word),
        None => told_by(node, threshold).to_owned(),
    };
    event.name = sent.unwrap_or_else(|| code.clone());
    event.code = code;
    let mut put = |name: &str, value: Value| event.details.insert(name.to_owned(), value);
    if let Some(threshold) = threshold.and_then(Number::from_f64) {
        put("threshold", threshold.into());
    }
    for (name, keys) in [("heart_rate", RATES), ("heart_rate_variation", VARIATIONS)] {
        let found = node.any(&keys);
        if found.is_present() {
            put(name, found.tidy());
        }
    }
    event.details.sort_keys();
    Ok(event)
}

fn threshold(node: Node) -> Option<f64> {
    node.number().or_else(|| node.any(&["qty", "value", "hr"]).number())
}

/// The documented shape has no name. A threshold that its heart rates are above or below says which it is; without
/// one, variation speaks of an irregular rhythm.
fn told_by(node: Node, threshold: Option<f64>) -> &'static str {
    let rates: Vec<f64> =
        node.any(&RATES).items().filter_map(|beat| beat.any(&["hr", "qty", "value", "Avg", "avg"]).number()).collect();
    match threshold {
        Some(limit) if !rates.is_empty() && rates.iter().all(|rate| *rate >= limit) => "high_heart_rate_event",
        Some(limit) if !rates.is_empty() && rates.iter().all(|rate| *rate <= limit) => "low_heart_rate_event",
        None if node.any(&VARIATIONS).is_present() => "irregular_heart_rhythm_event",
        _ => "heart_rate_notification",
    }
}
