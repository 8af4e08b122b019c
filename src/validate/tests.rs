use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Aggregation, Context, append, batch};
use crate::decode::auto_export::with_document;
use crate::model::sample::Batch;

fn read(body: &[u8]) -> Result<Batch, String> {
    let none = |_: &str| None;
    let context = Context { aggregation: Aggregation::Unstated, home: &TimeZone::UTC, stored_unit: &none };
    with_document(body, |document| batch(&document, &context))
}

/// A body with one record of every kind, in its fullest shape.
fn body() -> Value {
    let (start, end) = ("2024-02-06 14:30:00 +0100", "2024-02-06 15:00:00 +0100");
    let point = json!({"date": start, "qty": 1, "Min": 1, "Avg": 2, "Max": 3, "units": "bpm", "source": "Watch"});
    json!({"data": {
        "metrics": [
            {"name": "step_count", "units": "count", "data": [{"date": start, "qty": 7}]},
            {"name": "sleep_analysis", "units": "hr", "data": [
                {"startDate": start, "endDate": end, "qty": 0.5, "value": "Core", "source": "Watch"},
                {"startDate": start, "qty": 0.5, "value": "REM", "source": "Watch"},
                {"date": start, "asleep": 0, "core": 4, "deep": 1, "rem": 1, "awake": 0.5, "inBed": 0, "totalSleep": 6,
                 "sleepStart": start, "sleepEnd": end, "inBedStart": start, "inBedEnd": end, "source": "Watch"}]}],
        "workouts": [{"id": "1", "name": "Outdoor Run", "start": start, "end": end, "duration": 1800, "isIndoor": false,
            "location": "Outdoor", "activeEnergy": {"qty": 100, "units": "kcal"}, "stepCount": [{"date": start, "qty": 5, "units": "count"}],
            "heartRate": {"min": {"qty": 90, "units": "bpm"}, "avg": {"qty": 100, "units": "bpm"}},
            "elevation": {"ascent": 1, "descent": 2, "units": "m"}, "heartRateData": [point], "metadata": {"a": {"b": 1}},
            "route": [{"lat": 52.5, "lon": 13.4, "timestamp": start, "speed": -1}]}],
        "stateOfMind": [{"id": "m", "start": start, "kind": "daily_mood", "labels": ["Calm"], "valence": 0.5,
            "valenceClassification": 5}],
        "medications": [{"displayText": "A ", "start": start, "scheduledDate": end, "status": "Taken", "codings": []}],
        "symptoms": [{"start": start, "end": end, "name": "Headache", "severity": "Mild", "userEntered": true}],
        "cycleTracking": [{"start": start, "end": end, "name": "Menstrual Flow", "value": "Light"}],
        "ecg": [{"start": start, "end": end, "classification": "Sinus Rhythm", "samplingFrequency": 512.6,
            "voltageMeasurements": [{"date": 1_707_226_200.5, "voltage": 1.5, "units": "mcV"}]}],
        "heartRateNotifications": [{"start": start, "heartNotification": "high_heart_rate_notification",
            "threshold": 120, "heartRateData": [{"hr": 130}], "source": {"name": "Watch"}}]}})
}

/// The places of a document, as JSON pointers.
fn places(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            entries.iter().for_each(|(key, value)| places(value, format!("{at}/{key}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(place, value)| places(value, format!("{at}/{place}"), found));
        }
        _ => {}
    }
    found.push(at);
}

fn odd_value() -> impl Strategy<Value = Value> {
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(1e300),
        json!(-1e18),
        json!(""),
        json!(" "),
        json!("Core"),
        json!("NaN"),
        json!("9999-12-31 23:59:59 -1800"),
        json!("1900-01-01"),
        json!([]),
        json!({}),
        json!([[1]]),
        json!({"qty": "x"}),
        json!({"min": {"qty": []}}),
        json!([{"date": 5e11, "qty": 1}]),
        json!("2024-02-06 14:30:00 +0100"),
    ];
    prop_oneof![
        proptest::sample::select(odd.to_vec()),
        ".{0,12}".prop_map(Value::from),
        any::<f64>().prop_map(Value::from)
    ]
}

#[test]
fn the_fullest_body_is_understood_to_the_last_item() {
    let found = read(body().to_string().as_bytes()).unwrap();
    assert_eq!((found.rejected.as_slice(), found.items.len()), (&[][..], 11));
    assert_eq!((found.samples.len(), found.workouts.len(), found.events.len(), found.nights.len()), (3, 1, 6, 1));
}

#[test]
fn two_files_of_the_same_content_settle_to_one() {
    let one = read(body().to_string().as_bytes()).unwrap();
    let mut both = one.clone();
    append(&mut both, one.clone());
    assert_eq!((both.workouts.len(), both.nights.len()), (1, 1));
    assert_eq!((both.items.len(), both.samples.len(), both.events.len()), (22, 6, 12));
    let name = |batch: &Batch, item: u32| batch.item_names[batch.items[item as usize] as usize].clone();
    assert_eq!(name(&both, both.workouts[0].item), "workouts");
    assert_eq!(name(&both, both.events[11].item), name(&one, one.events[5].item));
    let metric = |batch: &Batch, at: usize| batch.series[batch.samples[at].series as usize].metric.clone();
    assert_eq!((metric(&both, 3), metric(&both, 4)), (metric(&one, 0), metric(&one, 1)));
    assert_eq!(both.sources[both.samples[4].source as usize], one.sources[one.samples[1].source as usize]);
}

proptest! {
    #[test]
    fn whatever_stands_anywhere_nothing_panics_and_nothing_vanishes(which in any::<prop::sample::Index>(), odd in odd_value()) {
        let mut body = body();
        let mut all = Vec::new();
        places(&body["data"], "/data".into(), &mut all);
        let place = which.get(&all);
        *body.pointer_mut(place).unwrap() = odd;
        if let Ok(found) = read(body.to_string().as_bytes()) {
            let lists = body["data"].as_object().into_iter().flatten().filter(|(name, _)| *name != "metrics");
            let records: usize = lists.filter_map(|(_, list)| list.as_array()).map(Vec::len).sum();
            let deferred: u64 = found.deferred.values().sum();
            prop_assert!(found.items.len() + found.rejected.len() + deferred as usize >= records, "{}", place);
        }
    }

    #[test]
    fn a_damaged_text_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut text = body().to_string().into_bytes();
        let at = at.index(text.len());
        text[at] = byte;
        if cut {
            text.truncate(at);
        }
        let _ = read(&text);
    }
}
