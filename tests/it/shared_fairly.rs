//! Holds off the person, or the key, that asks for so much that nobody else is answered.

use std::time::{Duration, Instant};

use health_export::model::key::Scope;
use health_export::store::deliveries;
use serde_json::{Value, json};

use crate::support::{InProcess, body};

const READERS: usize = 4;

fn point(value: i64) -> Value {
    json!([{"date": 1_700_000_000 + value, "qty": value, "source": "Watch"}])
}

#[test]
fn keys_deliveries_lists_and_health_go_on_when_every_reader_is_taken() {
    let server = InProcess::start_with(&[("readers", "4")]);
    server.client.ingest(&body("step_count", "count", point(1))).expect(200);
    let taken: Vec<_> = (0..READERS).map(|_| server.app.store.reader().unwrap()).collect();
    let begun = Instant::now();
    let fresh = server.client.with_key(Some(&server.key("owner", &[Scope::Ingest, Scope::Read])));
    fresh.ingest(&body("step_count", "count", point(2))).expect(200);
    fresh.ingest(&body("made_up_by_me", "zorb", point(3))).expect(200);
    fresh.get("/health/ready").expect(200);
    for list in [
        "metrics",
        "coverage",
        "deliveries",
        "quarantine",
        "jobs",
        "sessions",
        "data/step_count",
        "deletions",
        "events",
    ] {
        fresh.get(&format!("/api/v1/{list}")).expect(200);
    }
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    drop(taken);
}

#[test]
fn a_list_has_a_limit_of_time() {
    let server = InProcess::start_with(&[("query_seconds", "1")]);
    let taken: Vec<_> = (0..12).map(|_| server.app.store.limited_reader(|| false).unwrap()).collect();
    for list in ["metrics", "coverage", "deliveries", "data/step_count"] {
        let begun = Instant::now();
        assert!(server.client.get(&format!("/api/v1/{list}")).problem(503).contains("longer than 1 second"), "{list}");
        assert!(begun.elapsed() < Duration::from_secs(4), "{list}: {:?}", begun.elapsed());
    }
    server.client.get("/health/ready").expect(200);
    server.client.ingest(&body("step_count", "count", point(1))).expect(200);
    drop(taken);
    server.client.get("/api/v1/coverage").expect(200);
}

#[test]
fn a_reader_with_a_limit_stops_in_the_middle_and_is_good_again_afterwards() {
    let server = InProcess::start();
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    let begun = Instant::now();
    for _ in 0..20 {
        let until = Instant::now() + Duration::from_millis(20);
        let reader = server.app.store.limited_reader(move || Instant::now() > until).unwrap();
        assert!(reader.query_row(endless, [], |row| row.get::<_, i64>(0)).is_err());
    }
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    for _ in 0..20 {
        let reader = server.app.store.limited_reader(|| false).unwrap();
        assert_eq!(deliveries::count(&reader).unwrap(), 0);
    }
}

/// A delivery with so many metrics that nobody knows.
fn with_names(from: usize, count: usize) -> Value {
    let metric = |at: usize| json!({"name": format!("sensor_{at}"), "units": "zorb", "data": point(at as i64)});
    json!({"data": {"metrics": (from..from + count).map(metric).collect::<Vec<_>>()}})
}

#[test]
fn names_of_metrics_are_bounded_by_delivery_and_by_person() {
    let server = InProcess::start();
    let of_ben = server.client.with_key(Some(&server.key("ben", &[Scope::Ingest, Scope::Read])));
    let receipt = server.client.ingest(&with_names(0, 250)).expect(200);
    assert_eq!((&receipt["stored"], &receipt["quarantined"]), (&json!(200), &json!(50)));
    let waiting = server.client.get("/api/v1/quarantine?limit=1").expect(200);
    let item = &waiting["items"][0];
    assert!(item["reason"].as_str().unwrap().contains("a delivery may bring 200 new ones"), "{item}");
    assert!(item["metric"].as_str().unwrap().starts_with("sensor_"), "{item}");
    // What was new is known now, and the rest goes on where it left off.
    let again = server.client.ingest(&with_names(0, 250)).expect(200);
    assert_eq!((&again["unchanged"], &again["stored"], &again["quarantined"]), (&json!(200), &json!(50), &json!(0)));
    for part in 1..5 {
        server.client.ingest(&with_names(50 + part * 200, 200)).expect(200);
    }
    let full = server.client.ingest(&with_names(5_000, 1)).expect(200);
    assert_eq!((&full["stored"], &full["quarantined"]), (&json!(0), &json!(1)));
    let reason = server.client.get("/api/v1/quarantine?metric=sensor_5000").expect(200);
    assert!(reason["items"][0]["reason"].as_str().unwrap().contains("a person may have 1000"), "{reason}");
    // What is in the catalogue, what is there already, and other people are not concerned.
    assert_eq!(server.client.ingest(&body("step_count", "count", point(1))).expect(200)["stored"], 1);
    assert_eq!(server.client.ingest(&body("sensor_7", "zorb", point(9_999))).expect(200)["stored"], 1);
    assert_eq!(of_ben.ingest(&with_names(5_000, 1)).expect(200)["stored"], 1);
    assert_eq!(server.client.get("/api/v1/metrics").expect(200)["metrics"].as_array().unwrap().len(), 1_001);
}

#[test]
fn names_in_other_bodies_are_bounded_too() {
    let server = InProcess::start();
    let names: serde_json::Map<String, Value> = (0..300).map(|at| (format!("Reading of {at}"), json!(at))).collect();
    let by_hand =
        server.client.post("/api/v1/ingest?format=shortcuts", &[], json!(names).to_string().as_bytes()).expect(200);
    assert!(by_hand["stored"].as_u64().unwrap() <= 200, "{by_hand}");
    let record = |at: usize| {
        format!(
            "<Record type=\"HKQuantityTypeIdentifierMadeUp{at}\" sourceName=\"W\" unit=\"zorb\" startDate=\"2024-02-05 10:00:00 +0000\" \
             endDate=\"2024-02-05 10:00:00 +0000\" value=\"1\"/>"
        )
    };
    let export =
        format!("<?xml version=\"1.0\"?><HealthData>{}</HealthData>", (0..300).map(record).collect::<String>());
    let of_ben = server.client.with_key(Some(&server.key("ben", &[Scope::Ingest, Scope::Read])));
    let accepted = of_ben.post("/api/v1/import", &[], export.as_bytes()).expect(202);
    let begun = Instant::now();
    let done = loop {
        let job = of_ben.get(accepted["status_url"].as_str().unwrap()).expect(200);
        if job["state"] == "done" {
            break job;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{job}");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!((&done["receipt"]["stored"], &done["receipt"]["quarantined"]), (&json!(200), &json!(100)), "{done}");
}
