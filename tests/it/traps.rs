//! Every known oddity of Health Auto Export's JSON, one file each in `tests/fixtures/traps`, with what must be stored.
//!
//! A fixture is a delivery and what is expected of it:
//!
//! * `why`: the trap, for readers and failure messages; `home_zone`: UTC unless named;
//! * `headers` and `body` (or `text`, posted as it stands): the delivery; `before`: bodies that were posted earlier;
//! * `expect.receipt`: a subset of the receipt; `expect.problems`: what each problem says, in part;
//! * `expect.data`: per metric all of its samples in order, each a subset; `null` means that the key is left out;
//! * `expect.workouts`, `expect.events`, `expect.nights`: all that is stored of these, in order, each a subset; times are
//!   UTC epoch seconds;
//! * `expect.absent`: metrics of which nothing may be stored.
//!
//! Whatever the trap is, the counts must add up, and the same delivery again must change nothing.

use serde_json::Value;

use crate::support::counts::{assert_balanced, assert_unchanged};
use crate::support::fixtures::run_all;
use crate::support::{Client, InProcess, stored};

#[test]
fn every_trap_is_stored_as_expected() {
    run_all("traps", 150, run);
}

fn run(fixture: &Value) {
    let server = InProcess::start_with(&[("home_zone", fixture["home_zone"].as_str().unwrap_or("UTC"))]);
    let client = &server.client;
    for body in fixture["before"].as_array().into_iter().flatten() {
        post(client, &fixture["headers"], &body.to_string()).expect(200);
    }
    let text = fixture["text"].as_str().map_or_else(|| fixture["body"].to_string(), str::to_owned);
    let receipt = post(client, &fixture["headers"], &text).expect(200);
    assert_balanced(&receipt);
    let expect = fixture["expect"].as_object().expect("a fixture without expect proves nothing");
    for (key, wanted) in expect {
        match key.as_str() {
            "receipt" => assert_subset(wanted, &receipt, "receipt"),
            "problems" => check_problems(wanted, &receipt["problems"]),
            "workouts" => assert_subset(wanted, &stored::workouts(&server.app).into(), "workouts"),
            "events" => assert_subset(wanted, &stored::events(&server.app).into(), "events"),
            "nights" => assert_subset(wanted, &stored::nights(&server.app).into(), "nights"),
            "data" => {
                wanted.as_object().unwrap().iter().for_each(|(metric, samples)| check_data(client, metric, samples))
            }
            "absent" => wanted.as_array().unwrap().iter().for_each(|metric| check_absent(client, metric)),
            other => panic!("a fixture cannot expect {other:?}"),
        }
    }
    assert_unchanged(&post(client, &fixture["headers"], &text).expect(200));
}

fn post(client: &Client, headers: &Value, body: &str) -> crate::support::Answer {
    let headers: Vec<(&str, &str)> = headers
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    client.post("/api/v1/ingest", &headers, body.as_bytes())
}

pub fn check_problems(wanted: &Value, problems: &Value) {
    let (wanted, problems) = (wanted.as_array().unwrap(), problems.as_array().unwrap());
    assert_eq!(wanted.len(), problems.len(), "{problems:?}");
    for (part, problem) in wanted.iter().zip(problems) {
        let shown = format!("{}: {}", problem["path"].as_str().unwrap(), problem["reason"].as_str().unwrap());
        assert!(shown.contains(part.as_str().unwrap()), "{shown:?} does not say {part}");
    }
}

pub fn check_data(client: &Client, metric: &str, wanted: &Value) {
    let wanted = wanted.as_array().unwrap();
    let page = client.get(&format!("/api/v1/data/{}", escaped(metric))).expect(200);
    let samples = page["samples"].as_array().unwrap();
    assert_eq!(samples.len(), wanted.len(), "{metric}: {samples:?}");
    for (at, (wanted, sample)) in wanted.iter().zip(samples).enumerate() {
        let mut sample = sample.clone();
        sample["unit"] = page["unit"].clone();
        assert_subset(wanted, &sample, &format!("{metric}[{at}]"));
    }
}

pub fn check_absent(client: &Client, metric: &Value) {
    let answer = client.get(&format!("/api/v1/data/{}", escaped(metric.as_str().unwrap())));
    assert!(answer.status == 404 || answer.json()["samples"] == serde_json::json!([]), "{}", answer.text());
}

fn escaped(name: &str) -> String {
    name.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Every key of `wanted` is in `found`; numbers may differ by what a unit's factor rounds.
pub fn assert_subset(wanted: &Value, found: &Value, at: &str) {
    match (wanted, found) {
        (Value::Object(wanted), found) => {
            wanted.iter().for_each(|(key, value)| assert_subset(value, &found[key], &format!("{at}.{key}")));
        }
        (Value::Array(wanted), Value::Array(found)) => {
            assert_eq!(wanted.len(), found.len(), "{at}: {found:?}");
            wanted.iter().zip(found).enumerate().for_each(|(place, (wanted, found))| {
                assert_subset(wanted, found, &format!("{at}[{place}]"));
            });
        }
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64().unwrap(), other.as_f64().unwrap());
            assert!((one - other).abs() <= 1e-12 * one.abs(), "{at} is {other}, not {one}");
        }
        _ => assert_eq!(wanted, found, "{at}"),
    }
}

#[test]
fn binary_noise_keeps_every_bit() {
    let server = InProcess::start();
    let body = r#"{"data":{"metrics":[{"name":"step_count","units":"count","data":[
        {"date":"2024-02-06 14:30:00 +0000","qty":107.00000000000001},
        {"date":"2024-02-06 14:31:00 +0000","qty":0.1000000000000000055511151231257827}]}]}}"#;
    server.client.post("/api/v1/ingest", &[], body.as_bytes()).expect(200);
    let text = server.client.get("/api/v1/data/step_count").text();
    assert!(text.contains("\"value\":107.00000000000001,") && text.contains("\"value\":0.1,"), "{text}");
}
