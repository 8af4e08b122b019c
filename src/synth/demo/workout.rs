//! A workout as version 2 of the app's JSON sends it, with its series and its route.

use serde_json::{Map, Value, json};

use super::Demo;
use super::exercise::Exercise;
use super::round;
use super::track::places;
use crate::synth::history::WATCH;

pub fn json(demo: &Demo, exercise: &Exercise) -> Value {
    let quantity = |value: f64, units: &str| json!({"qty": value, "units": units});
    let rates: Vec<f64> = exercise.moments(exercise.step).map(|at| exercise.rate(at)).collect();
    let mean = round(rates.iter().sum::<f64>() / rates.len().max(1) as f64, 1);
    let (low, high) = rates.iter().fold((f64::MAX, 0.0_f64), |(low, high), rate| (low.min(*rate), high.max(*rate)));
    let mut workout = Map::new();
    let mut put = |key: &str, value: Value| workout.insert(key.to_owned(), value);
    put("id", json!(exercise.id));
    put("name", json!(exercise.kind.name));
    put("start", json!(demo.local(exercise.start)));
    put("end", json!(demo.local(exercise.end)));
    put("duration", json!((exercise.end - exercise.start) as f64));
    put("location", json!(exercise.kind.location));
    put("isIndoor", json!(exercise.kind.location == "Indoor"));
    put("source", json!(WATCH));
    put("metadata", json!({}));
    put("activeEnergyBurned", quantity(exercise.kilocalories(), "kcal"));
    put("intensity", quantity(round(exercise.kind.kilocalories_per_hour / 74.0, 2), "kcal/hr·kg"));
    put("heartRate", json!({"min": quantity(low, "bpm"), "avg": quantity(mean, "bpm"), "max": quantity(high, "bpm")}));
    put("heartRateData", heart(demo, exercise));
    put("heartRateRecovery", recovery(demo, exercise));
    put(
        "activeEnergy",
        series(demo, exercise, "kcal", |from, to| {
            exercise.kilocalories() * (to - from) as f64 / (exercise.end - exercise.start) as f64
        }),
    );
    if exercise.kind.speed > 0.0 {
        add_way(demo, exercise, &mut put);
    }
    Value::Object(workout)
}

fn add_way(demo: &Demo, exercise: &Exercise, put: &mut impl FnMut(&str, Value) -> Option<Value>) {
    let quantity = |value: f64, units: &str| json!({"qty": value, "units": units});
    let hours = (exercise.end - exercise.start) as f64 / 3600.0;
    put("distance", quantity(exercise.kilometres(), "km"));
    put("avgSpeed", quantity(round(exercise.kilometres() / hours, 2), "km/hr"));
    let way = places(exercise);
    if !way.is_empty() {
        let climbs = way.windows(2).map(|pair| pair[1].altitude - pair[0].altitude);
        let (up, down) = climbs.fold((0.0, 0.0), |(up, down), climb| (up + climb.max(0.0), down - climb.min(0.0)));
        put("elevationUp", quantity(round(up, 1), "m"));
        put("elevationDown", quantity(round(down, 1), "m"));
        let fastest = way.iter().map(|place| place.speed).fold(0.0, f64::max);
        put("maxSpeed", quantity(round(fastest * 3.6, 2), "km/hr"));
        put("temperature", quantity(17.0, "degC"));
        put("humidity", quantity(62.0, "%"));
    }
    let distance = |from, to| round(exercise.distance(to) - exercise.distance(from), 4);
    match exercise.kind.name {
        "Outdoor Cycling" => put("cyclingDistance", series(demo, exercise, "km", distance)),
        "Pool Swim" => {
            put("lapLength", quantity(25.0, "m"));
            put("swimDistance", series(demo, exercise, "m", |from, to| round(distance(from, to) * 1000.0, 1)))
        }
        _ => {
            put("stepCadence", quantity(exercise.kind.steps_per_minute, "count/min"));
            put("stepCount", series(demo, exercise, "count", |from, to| exercise.steps_in(to - from)));
            put("walkingAndRunningDistance", series(demo, exercise, "km", distance))
        }
    };
    let route: Vec<Value> = way
        .iter()
        .map(|place| {
            json!({
                "timestamp": demo.local(place.at), "latitude": place.latitude, "longitude": place.longitude,
                "altitude": place.altitude, "course": place.course, "courseAccuracy": 5, "speed": place.speed,
                "speedAccuracy": 0.3, "horizontalAccuracy": 4, "verticalAccuracy": 3
            })
        })
        .collect();
    put("route", Value::Array(route));
}

fn heart(demo: &Demo, exercise: &Exercise) -> Value {
    let point = |at| {
        let rate = exercise.rate(at);
        json!({"date": demo.local(at), "Min": rate, "Avg": rate, "Max": rate, "units": "bpm", "source": WATCH})
    };
    exercise.moments(exercise.step).map(point).collect()
}

/// Three minutes after the end.
fn recovery(demo: &Demo, exercise: &Exercise) -> Value {
    let last = exercise.rate(exercise.end);
    let point = |seconds: i64| {
        let above = (last - exercise.resting - 14.0) * (-seconds as f64 / 80.0).exp();
        let rate = (exercise.resting + 14.0 + above).round();
        let date = demo.local(exercise.end + seconds);
        json!({"date": date, "Min": rate, "Avg": rate, "Max": rate, "units": "bpm", "source": WATCH})
    };
    (10..=180).step_by(10).map(point).collect()
}

/// A point for each minute.
fn series(demo: &Demo, exercise: &Exercise, units: &str, value: impl Fn(i64, i64) -> f64) -> Value {
    let point = |at: i64| {
        let value = round(value(at, (at + 60).min(exercise.end)), 4);
        json!({"date": demo.local(at), "qty": value, "units": units, "source": WATCH})
    };
    exercise.moments(60).map(point).collect()
}
