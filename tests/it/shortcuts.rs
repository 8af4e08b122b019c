//! What Apple Shortcuts send, one file each in `tests/fixtures/shortcuts`, with what must be stored; the recipes of
//! `docs/shortcuts.md`; and deliveries that other people's Shortcuts have produced.
//!
//! A fixture is one as in `traps`, and may have `query`, the parameters of the address; `timeless`, when it holds no time,
//! so that sending it again is another moment; and `expect.notes`, `expect.workouts`, `expect.nights`.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::check::assert_sound;
use crate::support::counts::{assert_balanced, assert_unchanged, count};
use crate::support::fixtures::run_all;
use crate::support::{Answer, Client, InProcess};
use crate::traps::{assert_subset, check_absent, check_data, check_problems};

const DOC: &str = include_str!("../../docs/shortcuts.md");

#[test]
fn every_shape_is_stored_as_expected() {
    run_all("shortcuts", 50, run);
}

fn run(fixture: &Value) {
    let server = InProcess::start_with(&[("home_zone", fixture["home_zone"].as_str().unwrap_or("UTC"))]);
    for body in fixture["before"].as_array().into_iter().flatten() {
        post(&server.client, fixture, body.to_string().as_bytes()).expect(200);
    }
    let text = fixture["text"].as_str().map_or_else(|| fixture["body"].to_string(), str::to_owned);
    let receipt = post(&server.client, fixture, text.as_bytes()).expect(200);
    assert_balanced(&receipt);
    let expect = fixture["expect"].as_object().expect("a fixture without expect proves nothing");
    for (key, wanted) in expect {
        expected(&server, &receipt, key, wanted);
    }
    if fixture["timeless"] != true {
        assert_unchanged(&post(&server.client, fixture, text.as_bytes()).expect(200));
    }
    assert_sound(&server.app);
}

fn expected(server: &InProcess, receipt: &Value, key: &str, wanted: &Value) {
    let client = &server.client;
    match key {
        "receipt" => assert_subset(wanted, receipt, "receipt"),
        "problems" => check_problems(wanted, &receipt["problems"]),
        "notes" => check_problems(wanted, &receipt["notes"]),
        "data" => wanted.as_object().unwrap().iter().for_each(|(metric, samples)| check_data(client, metric, samples)),
        "absent" => wanted.as_array().unwrap().iter().for_each(|metric| check_absent(client, metric)),
        "workouts" => check_rows(
            server,
            wanted,
            "SELECT json_patch(account, json_object('activity', activity)) FROM workout_account ORDER BY workout",
        ),
        "nights" => check_rows(server, wanted, "SELECT json_object('asleep', asleep) FROM night_summary ORDER BY date"),
        other => panic!("a fixture cannot expect {other:?}"),
    }
}

/// Each row is one JSON text.
fn check_rows(server: &InProcess, wanted: &Value, sql: &str) {
    let reader = server.app.store.reader().unwrap();
    let mut statement = reader.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let rows: Vec<Value> = rows.map(|row| serde_json::from_str(&row.unwrap()).unwrap()).collect();
    let wanted = wanted.as_array().unwrap();
    assert_eq!(rows.len(), wanted.len(), "{rows:?}");
    wanted.iter().zip(&rows).for_each(|(wanted, row)| assert_subset(wanted, row, "row"));
}

fn post(client: &Client, fixture: &Value, body: &[u8]) -> Answer {
    let headers = fixture["headers"].as_object().into_iter().flatten();
    let headers: Vec<(&str, &str)> = headers.map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
    let query = fixture["query"].as_str().map(|query| format!("?{query}")).unwrap_or_default();
    client.post(&format!("/api/v1/ingest{query}"), &headers, body)
}

/// The blocks of the recipes, with what they begin with.
fn recipes() -> Vec<(&'static str, &'static str)> {
    let blocks = DOC.split("\n```").skip(1).step_by(2);
    blocks.filter_map(|block| block.split_once('\n')).collect()
}

#[test]
fn the_recipes_of_the_manual_are_taken_as_they_stand() {
    let bodies: Vec<&str> = recipes().iter().filter(|(kind, _)| *kind == "json").map(|(_, body)| *body).collect();
    assert_eq!(bodies.len(), 2, "the manual has a recipe for totals and one for one value");
    let server = InProcess::start();
    for body in bodies {
        let receipt = server.client.post("/api/v1/ingest", &[], body.as_bytes()).expect(200);
        assert_balanced(&receipt);
        assert!(count(&receipt, "stored") > 0 && count(&receipt, "quarantined") == 0, "{body}: {receipt}");
    }
    let lines: Vec<&str> = recipes().iter().filter(|(kind, _)| *kind == "text").map(|(_, body)| *body).collect();
    assert_eq!(lines.len(), 1, "the manual has a recipe for samples");
    let receipt = server.client.post("/api/v1/ingest", &[], lines[0].as_bytes()).expect(200);
    assert_balanced(&receipt);
    assert_eq!(count(&receipt, "stored"), lines[0].lines().count() as u64, "{receipt}");
    assert_unchanged(&server.client.post("/api/v1/ingest", &[], lines[0].as_bytes()).expect(200));
}

/// What other people's files must end as: stored, quarantined.
const SAMPLES: &[(&str, u64, u64)] = &[
    ("appletools_daily_tab_separated.txt", 18, 2),
    ("maximeheckel_newline_joined_lists.json", 20, 1),
    ("sparkyfitness_issue59_array.json", 1, 0),
    ("wei0124ovo_metrics.json", 2, 0),
    ("wei0124ovo_sleep.json", 3, 0),
];

#[test]
fn deliveries_of_other_peoples_shortcuts_are_taken() {
    let named = std::env::var_os("HEALTH_EXPORT_SAMPLES").map(PathBuf::from);
    let root = named.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/samples"));
    for (name, stored, quarantined) in SAMPLES {
        let Ok(body) = std::fs::read(root.join("shortcuts").join(name)) else {
            println!("skipped: no {name}");
            continue;
        };
        let server = InProcess::start();
        let receipt = server.client.post("/api/v1/ingest", &[], &body).expect(200);
        assert_balanced(&receipt);
        assert_eq!(
            (count(&receipt, "stored"), count(&receipt, "quarantined")),
            (*stored, *quarantined),
            "{name}: {receipt}"
        );
        assert_unchanged(&server.client.post("/api/v1/ingest", &[], &body).expect(200));
        assert_sound(&server.app);
    }
}

#[test]
fn two_hundred_thousand_items_are_one_request() {
    let server = InProcess::start();
    let item = |at: u64| {
        let date = health_export::model::time::offset_rfc3339(1_780_000_000 + at as i64 * 60, 120);
        json!({"type": "heart_rate", "value": format!("{} bpm", 50 + at % 90), "date": date, "source": "Watch"})
    };
    let items: Vec<Value> = (0..200_000).map(item).collect();
    let body = Value::from(items).to_string();
    assert!(body.len() > 15 << 20);
    let begun = std::time::Instant::now();
    let receipt = server.client.post("/api/v1/ingest", &[], body.as_bytes()).expect(200);
    println!("200,000 items in {:?}", begun.elapsed());
    assert_balanced(&receipt);
    assert_eq!(count(&receipt, "stored"), 200_000, "{}", receipt["summary"]);
    assert!(begun.elapsed().as_secs() < 20, "a Shortcut gives up after a minute: {:?}", begun.elapsed());
}
