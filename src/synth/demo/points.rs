//! Measurements as the app sends them with aggregation off: a section for each metric, a point for each sample.

use serde_json::{Map, Value, json};

use super::Demo;
use super::measures::{DIASTOLIC, SYSTOLIC};
use super::round;
use crate::synth::history::{HEART_RATE, Measure, RawSample, Segment};

/// A body of measurements and sleep.
pub fn body(demo: &Demo, samples: &[RawSample], segments: &[Segment]) -> Value {
    let mut sections: Vec<(&str, &str, Vec<Value>)> = Vec::new();
    for sample in samples {
        let Some((name, point)) = point(demo, sample, samples) else { continue };
        match sections.iter_mut().find(|(known, ..)| *known == name) {
            Some((_, _, points)) => points.push(point),
            None => sections.push((name, sample.measure.unit, vec![point])),
        }
    }
    if !segments.is_empty() {
        sections.push(("sleep_analysis", "hr", segments.iter().map(|one| segment(demo, one)).collect()));
    }
    let section = |(name, units, data)| json!({"name": name, "units": units, "data": Value::Array(data)});
    json!({"data": {"metrics": sections.into_iter().map(section).collect::<Vec<_>>()}})
}

/// The name of the section, and the point; both pressures of a measurement are one point.
fn point(demo: &Demo, sample: &RawSample, all: &[RawSample]) -> Option<(&'static str, Value)> {
    if *sample.measure == DIASTOLIC {
        return None;
    }
    let mut point = Map::new();
    let mut put = |key: &str, value: Value| point.insert(key.to_owned(), value);
    put("date", json!(demo.local(sample.start)));
    put("source", json!(sample.source));
    if sample.end > sample.start {
        put("start", json!(demo.local(sample.start)));
        put("end", json!(demo.local(sample.end)));
    }
    if *sample.measure == SYSTOLIC {
        let other = all.iter().find(|other| *other.measure == DIASTOLIC && other.start == sample.start)?;
        put("systolic", json!(sample.value));
        put("diastolic", json!(other.value));
        return Some(("blood_pressure", Value::Object(point)));
    }
    let keys: &[&str] = if *sample.measure == HEART_RATE { &["Min", "Avg", "Max"] } else { &["qty"] };
    keys.iter().for_each(|key| {
        put(key, json!(sample.value));
    });
    Some((sample.measure.name, Value::Object(point)))
}

fn segment(demo: &Demo, segment: &Segment) -> Value {
    let word = match segment.stage {
        "AsleepUnspecified" => "Asleep",
        other => other.trim_start_matches("Asleep"),
    };
    json!({
        "startDate": demo.local(segment.start), "endDate": demo.local(segment.end), "value": word,
        "qty": (segment.end - segment.start) as f64 / 3600.0, "source": segment.source
    })
}

/// A body of whole days: what the phone sums up or averages when it is asked for days.
pub fn days(demo: &Demo, midnight: i64, samples: &[RawSample], wanted: &[(&'static Measure, bool)]) -> Value {
    let section = |(measure, is_sum): &(&'static Measure, bool)| {
        let values: Vec<f64> =
            samples.iter().filter(|sample| sample.measure == *measure).map(|sample| sample.value).collect();
        let sum: f64 = values.iter().sum();
        let value = if *is_sum { sum } else { sum / values.len() as f64 };
        let point = json!({"date": demo.local(midnight), "qty": round(value, 3)});
        (!values.is_empty()).then(|| json!({"name": measure.name, "units": measure.unit, "data": [point]}))
    };
    json!({"data": {"metrics": wanted.iter().filter_map(section).collect::<Vec<_>>()}})
}
