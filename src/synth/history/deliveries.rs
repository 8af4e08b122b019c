//! The history as Health Auto Export sends it with aggregation off: one body for each window of time.

use serde_json::{Map, Value, json};

use crate::synth::history::{History, MEASURES, RawSample, Run, Segment};

/// Everything that begins in `[from, to)`, UTC epoch seconds.
pub fn body(history: &History, from: i64, to: i64) -> Value {
    let within = |start: i64| from <= start && start < to;
    let mut metrics: Vec<Value> = Vec::new();
    for measure in MEASURES {
        let samples = history.samples.iter().filter(|sample| sample.measure == measure && within(sample.start));
        let points: Vec<Value> = samples.map(|sample| point(history, sample)).collect();
        if !points.is_empty() {
            metrics.push(json!({"name": measure.name, "units": measure.unit, "data": points}));
        }
    }
    let segments: Vec<Value> =
        history.segments.iter().filter(|segment| within(segment.start)).map(|one| segment(history, one)).collect();
    if !segments.is_empty() {
        metrics.push(json!({"name": "sleep_analysis", "units": "hr", "data": segments}));
    }
    let runs: Vec<Value> = history.runs.iter().filter(|run| within(run.start)).map(|one| run(history, one)).collect();
    let symptoms: Vec<Value> = history
        .symptoms
        .iter()
        .filter(|symptom| within(symptom.start))
        .map(|one| {
            json!({
                "name": one.name, "severity": one.severity, "userEntered": true, "source": "Health",
                "start": history.local(one.start), "end": history.local(one.end)
            })
        })
        .collect();
    json!({"data": {"metrics": metrics, "workouts": runs, "symptoms": symptoms}})
}

fn point(history: &History, sample: &RawSample) -> Value {
    let mut point = Map::new();
    point.insert("date".into(), json!(history.local(sample.start)));
    if sample.end > sample.start {
        point.insert("start".into(), json!(history.local(sample.start)));
        point.insert("end".into(), json!(history.local(sample.end)));
    }
    point.insert("source".into(), json!(sample.source));
    let keys: &[&str] = if sample.measure.name == "heart_rate" { &["Min", "Avg", "Max"] } else { &["qty"] };
    for key in keys {
        point.insert((*key).into(), json!(sample.value));
    }
    Value::Object(point)
}

fn segment(history: &History, segment: &Segment) -> Value {
    let word = match segment.stage {
        "AsleepUnspecified" => "Asleep",
        other => other.trim_start_matches("Asleep"),
    };
    json!({
        "startDate": history.local(segment.start), "endDate": history.local(segment.end), "value": word,
        "qty": (segment.end - segment.start) as f64 / 3600.0, "source": segment.source
    })
}

fn run(history: &History, run: &Run) -> Value {
    let quantity = |value: f64, units: &str| json!({"qty": value, "units": units});
    let heart: Vec<Value> = run
        .heart
        .iter()
        .map(|(at, rate)| {
            json!({"date": history.local(*at), "Min": rate, "Avg": rate, "Max": rate, "units": "bpm", "source": "Watch"})
        })
        .collect();
    let route: Vec<Value> = run
        .route
        .iter()
        .map(|(at, latitude, longitude, altitude)| {
            json!({
                "timestamp": history.local(*at), "latitude": latitude, "longitude": longitude, "altitude": altitude
            })
        })
        .collect();
    json!({
        "id": run.id, "name": "Outdoor Run", "location": "Outdoor", "isIndoor": false,
        "start": history.local(run.start), "end": history.local(run.end), "duration": run.end - run.start,
        "distance": quantity(run.kilometres, "km"), "activeEnergyBurned": quantity(run.kilocalories, "kcal"),
        "heartRateData": heart, "route": route
    })
}
