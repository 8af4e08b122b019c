//! The history as a careful Shortcut sends it: one list of dictionaries in which every value is a text, and how its phone
//! writes numbers.

use serde_json::{Value, json};

use crate::synth::history::{History, Segment};

const WEEK: i64 = 7 * 86_400;

/// A body for each week: its file name and what is in it.
pub fn weeks(history: &History) -> Vec<(String, Value)> {
    let times = || history.samples.iter().map(|sample| sample.start);
    let (first, last) = (times().min().unwrap_or(0) - 86_400, times().max().unwrap_or(0));
    let starts = (0..).map(|week| first + week * WEEK).take_while(|start| *start <= last);
    starts
        .map(|start| (format!("shortcut-{}.json", &history.local(start)[..10]), body(history, start, start + WEEK)))
        .collect()
}

/// Everything that begins in `[from, to)`, UTC epoch seconds.
pub fn body(history: &History, from: i64, to: i64) -> Value {
    let within = |start: i64| from <= start && start < to;
    let metrics: Vec<Value> = history
        .samples
        .iter()
        .filter(|sample| within(sample.start))
        .map(|sample| {
            json!({
                "type": sample.measure.name, "value": sample.value.to_string(), "unit": sample.measure.unit,
                "start": history.local(sample.start), "end": history.local(sample.end), "source": sample.source
            })
        })
        .collect();
    let sleep: Vec<Value> =
        history.segments.iter().filter(|segment| within(segment.start)).map(|one| segment(history, one)).collect();
    let workouts: Vec<Value> = history
        .runs
        .iter()
        .filter(|run| within(run.start))
        .map(|run| {
            json!({
                "type": "Running", "start": history.local(run.start), "end": history.local(run.end),
                "duration": (run.end - run.start).to_string(), "distance": format!("{} km", run.kilometres),
                "calories": format!("{} kcal", run.kilocalories)
            })
        })
        .collect();
    json!({"locale": "en_US", "metrics": metrics, "sleep": sleep, "workouts": workouts})
}

fn segment(history: &History, segment: &Segment) -> Value {
    let words = match segment.stage {
        "InBed" => "In Bed",
        "AsleepUnspecified" => "Asleep (Unspecified)",
        "AsleepCore" => "Core",
        "AsleepDeep" => "Deep",
        "AsleepREM" => "REM Sleep",
        other => other,
    };
    json!({
        "stage": words, "start": history.local(segment.start), "end": history.local(segment.end),
        "source": segment.source
    })
}
