//! Numbers and texts that JSON allows and parsers refuse.

use serde_json::{Value, json};

use super::{post, values};
use crate::support::{InProcess, body};

fn at(minute: usize) -> String {
    format!("2024-05-01T{:02}:{:02}:07Z", 8 + minute / 60, minute % 60)
}

#[test]
fn an_integer_beyond_64_bits_costs_at_most_its_own_item() {
    let server = InProcess::start();
    let text = body(
        "glimmer",
        "count",
        json!([{"date": "2024-05-01 10:00:07 +0000", "qty": 1}, {"date": "2024-05-01 11:00:07 +0000", "qty": 2}]),
    )
    .to_string()
    .replace("\"qty\":2", "\"qty\":100000000000000000000");
    let receipt = post(&server, &text);
    assert_eq!((&receipt["stored"], &receipt["quarantined"]), (&json!(2), &json!(0)), "{receipt}");
    assert_eq!(values(&server, "glimmer"), [1.0, 1e20]);
    // Where it cannot be true, it alone is refused.
    let text = text.replace("glimmer", "step_count");
    let receipt = post(&server, &text);
    assert_eq!((&receipt["stored"], &receipt["quarantined"]), (&json!(1), &json!(1)), "{receipt}");
    let shortcut = r#"[{"type":"sparkle","value":-100000000000000000000,"date":"2024-05-01T12:00:00Z"}]"#;
    assert_eq!(post(&server, shortcut)["stored"], 1);
}

#[test]
fn half_of_an_emoji_is_no_reason_to_refuse_a_body() {
    let point = r#"{"date":"2024-05-01 10:00:07 +0000","qty":7,"source":"Anna's \ud83d"}"#;
    for text in [
        format!(r#"{{"data":{{"metrics":[{{"name":"step_count","units":"count","data":[{point}]}}]}}}}"#),
        r#"{"type":"steps","value":7,"date":"2024-05-01T10:00:07Z","source":"Anna's \ud83d"}"#.to_owned(),
        "{\"type\":\"steps\",\"value\":7,\"date\":\"2024-05-01T10:00:07Z\",\"source\":\"Anna's \\ude00\"}\n{\"type\":\"steps\",\"value\":8,\"date\":\"2024-05-01T10:01:07Z\"}".to_owned(),
    ] {
        let server = InProcess::start();
        let receipt = post(&server, &text);
        assert_eq!(receipt["quarantined"], 0, "{text}: {receipt}");
        let page = server.client.get("/api/v1/data/step_count").expect(200);
        assert_eq!(page["samples"][0]["source"], "Anna's \u{fffd}", "{text}");
    }
}

#[test]
fn numbers_come_back_to_the_last_digit() {
    let mut state = 7_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let digits = (state >> 11) as f64 / (1_u64 << 53) as f64;
        1.0 + digits * 98.0
    };
    let numbers: Vec<f64> = (0..200).map(|_| random()).collect();
    let server = InProcess::start();
    let items: Vec<Value> = numbers
        .iter()
        .enumerate()
        .map(|(n, value)| json!({"type": "glimmer", "value": value, "date": at(n)}))
        .collect();
    assert_eq!(post(&server, &Value::from(items).to_string())["stored"], 200);
    assert_eq!(values(&server, "glimmer"), numbers);
    let points: Vec<Value> =
        numbers.iter().enumerate().map(|(n, value)| json!({"date": at(n), "qty": value})).collect();
    post(&server, &body("sparkle", "count", points.into()).to_string());
    assert_eq!(values(&server, "sparkle"), numbers);
    let workouts: Vec<Value> = numbers
        .iter()
        .enumerate()
        .map(|(n, value)| {
            json!({"name": "Run", "start": at(n), "end": at(n + 40), "duration": value, "distance": {"qty": value, "units": "km"},
                   "metadata": {"figure": value}})
        })
        .collect();
    post(&server, &json!({"data": {"workouts": workouts}}).to_string());
    let list = server.client.get("/api/v1/workouts?limit=1000").expect(200);
    for (workout, value) in list["workouts"].as_array().unwrap().iter().zip(&numbers) {
        assert_eq!(workout["duration_seconds"].as_f64(), Some(*value));
        assert_eq!(workout["figures"]["distance"]["value"].as_f64(), Some(*value));
    }
    let symptoms: Vec<Value> = numbers
        .iter()
        .enumerate()
        .map(|(n, value)| json!({"name": "Headache", "start": at(n), "depth": value}))
        .collect();
    post(&server, &json!({"data": {"symptoms": symptoms}}).to_string());
    let events = server.client.get("/api/v1/events/symptoms?limit=1000").expect(200);
    for (event, value) in events["events"].as_array().unwrap().iter().zip(&numbers) {
        assert_eq!(event["details"]["depth"].as_f64(), Some(*value), "{event}");
    }
}
