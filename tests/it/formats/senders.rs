//! Two apps that hand on HealthKit's records: open-health-export (`ohe.wire/1`) and Health Export Pro.

use serde_json::{Value, json};

use super::{export, record, values};
use crate::support::counts::{assert_balanced, assert_unchanged};
use crate::support::stored;
use crate::support::{Answer, InProcess};

fn lines(records: &[Value]) -> String {
    let header = json!({"batchId": "b1", "emittedAt": "2024-05-01T12:00:00Z", "exporterId": "e", "kind": "batch.header", "mode": "samples",
        "producer": {"name": "open-health-exporter", "version": "0.1.0"}, "reason": "delta", "recordCount": records.len(), "seq": 1,
        "spec": "ohe.wire/1", "specVersion": "1.0", "types": ["step_count"]});
    let footer =
        json!({"batchId": "b1", "complete": true, "contentDigest": "sha256:00", "counts": {}, "kind": "batch.footer"});
    let all: Vec<String> = [&[header], records, &[footer]].concat().iter().map(Value::to_string).collect();
    all.join("\n") + "\n"
}

fn quantity(id: &str, kind: &str, unit: &str, minute: u32, value: f64) -> Value {
    json!({"batchSeq": 1, "kind": "sample.quantity", "hkIdentifier": kind, "metricId": "x", "observedAt": "2024-05-01T11:00:00Z",
        "semantics": "curated", "start": format!("2024-05-01T10:{minute:02}:00Z"), "end": format!("2024-05-01T10:{:02}:00Z", minute + 1),
        "tzOffsetMinutes": 120, "tzSource": "sampleMetadata", "unit": unit, "uuid": id, "v": 1, "value": value,
        "source": {"name": "Watch", "bundleId": "com.apple.health", "productType": "Watch6,2"}})
}

fn send(server: &InProcess, body: &str) -> Answer {
    let headers = [("content-type", "application/x-ndjson; profile=\"ohe.wire/1\""), ("idempotency-key", "b1")];
    server.client.post("/api/v1/ingest", &headers, body.as_bytes())
}

const STEPS: &str = "HKQuantityTypeIdentifierStepCount";

#[test]
fn the_last_word_of_a_record_counts_and_a_tombstone_takes_it_back() {
    let server = InProcess::start_with(&[("home_zone", "Europe/Berlin")]);
    let gone = json!({"batchSeq": 4, "bestEffort": true, "hkIdentifier": STEPS, "kind": "tombstone", "metricId": "step_count",
        "observedAt": "2024-05-01T11:00:00Z", "reason": "healthKitDeleted", "uuid": "A", "v": 1});
    let body = lines(&[
        quantity("A", STEPS, "count", 0, 10.0),
        quantity("B", STEPS, "count", 2, 12.0),
        quantity("B", STEPS, "count", 2, 14.0),
        quantity("C", "HKQuantityTypeIdentifierHeartRate", "bpm", 0, 72.0),
        gone,
        json!({"batchSeq": 5, "kind": "future.record", "opaque": {"anything": true}, "v": 1}),
    ]);
    let receipt = send(&server, &body).expect(200);
    assert_balanced(&receipt);
    assert_eq!((&receipt["stored"], &receipt["quarantined"]), (&json!(2), &json!(1)), "{receipt}");
    assert_eq!(receipt["problems"][0]["path"], "line 7");
    assert_eq!((values(&server, "step_count"), values(&server, "heart_rate")), (vec![14.0], vec![72.0]));
    let page = server.client.get("/api/v1/data/step_count").expect(200);
    let sample = &page["samples"][0];
    assert_eq!(
        (&sample["start"], &sample["end"], &sample["source"]),
        (&json!("2024-05-01T12:02:00+02:00"), &json!("2024-05-01T12:03:00+02:00"), &json!("Watch"))
    );
    assert_unchanged(&send(&server, &body).expect(200));
    let list = server.client.get("/api/v1/deliveries").expect(200);
    assert_eq!(list["deliveries"][0]["format"], "open-health-export");
}

#[test]
fn what_cannot_be_followed_is_told() {
    let server = InProcess::start();
    let tombstone = json!({"batchSeq": 4, "bestEffort": true, "hkIdentifier": STEPS, "kind": "tombstone", "metricId": "step_count",
        "observedAt": "2024-05-01T11:00:00Z", "reason": "healthKitDeleted", "uuid": "Z", "v": 1});
    let aggregate = json!({"kind": "aggregate", "batchSeq": 1, "metricId": "step_count", "value": 5, "unit": "count"});
    let receipt = send(&server, &lines(&[tombstone, aggregate])).expect(200);
    assert_eq!(receipt["quarantined"], 2, "{receipt}");
    assert!(receipt["problems"][0]["reason"].as_str().unwrap().contains("deleted"), "{receipt}");
    let demo = lines(&[quantity("A", STEPS, "count", 0, 10.0)]).replace("\"seq\":1", "\"demo\":true,\"seq\":1");
    let receipt = send(&server, &demo).expect(200);
    assert_eq!((&receipt["stored"], &receipt["quarantined"]), (&json!(0), &json!(1)), "{receipt}");
}

#[test]
fn a_record_is_the_same_in_the_export() {
    let server = InProcess::start();
    send(&server, &lines(&[quantity("A", STEPS, "count", 0, 10.0)])).expect(200);
    export(&server, &record(STEPS, "count", "10:00:00", "10:01:00", "10"));
    assert_eq!(values(&server, "step_count"), [10.0]);
}

#[test]
fn health_export_pro_is_read_by_identifier() {
    let server = InProcess::start_with(&[("home_zone", "Europe/Berlin")]);
    let sample = |value: Value, unit: &str| {
        json!([{"uuid": "u", "startDate": "2024-05-01T10:00:00.000Z", "endDate": "2024-05-01T10:30:00.000Z",
        "value": value, "unit": unit, "sourceName": "Watch", "metadata": {"HKWasUserEntered": true}}])
    };
    let body = json!({
        "exportDate": "2024-05-02T12:00:00.000Z", "startDate": "2024-05-01T00:00:00.000Z", "endDate": "2024-05-02T00:00:00.000Z",
        "syncSource": "manual-upload", "characteristics": {"biologicalSex": "male"},
        "data": {
            "HKQuantityTypeIdentifierStepCount": sample(json!(620), "count"),
            "HKQuantityTypeIdentifierOxygenSaturation": sample(json!(0.97), "%"),
            "HKCategoryTypeIdentifierSleepAnalysis": sample(json!(4), ""),
            "HKCategoryTypeIdentifierHeadache": sample(json!(2), ""),
            "HKQuantityTypeIdentifierSparkle": sample(json!(7), "sparkles"),
            "workouts": [{"uuid": "W1", "workoutActivityType": 37, "startDate": "2024-05-01T10:00:00.000Z", "endDate": "2024-05-01T10:30:00.000Z",
                "durationSeconds": 1750.5, "totalDistance": {"value": 5000, "unit": "m"}, "totalEnergyBurned": 300, "totalEnergyBurnedUnit": "kcal", "sourceName": "Watch"}],
            "medicationDoseEvents": [{"name": "Vitamin D"}]
        },
        "workoutRoutes": {"W1": [
            {"latitude": 52.5, "longitude": 13.25, "altitude": 35, "timestamp": "2024-05-01T10:00:01.000Z", "speed": 2.5},
            {"latitude": 52.51, "longitude": 13.25, "timestamp": "2024-05-01T10:00:02.000Z"}
        ]}
    });
    let receipt = server.client.ingest(&body).expect(200);
    assert_balanced(&receipt);
    assert_eq!((&receipt["stored"], &receipt["quarantined"]), (&json!(6), &json!(1)), "{receipt}");
    assert_eq!(receipt["problems"][0]["path"], "$.data.medicationDoseEvents[0]");
    assert_eq!(
        (values(&server, "step_count"), values(&server, "blood_oxygen_saturation"), values(&server, "sparkle")),
        (vec![620.0], vec![97.0], vec![7.0])
    );
    assert_eq!(values(&server, "sleep_analysis"), [4.0]);
    let page = server.client.get("/api/v1/data/step_count").expect(200);
    assert_eq!(page["samples"][0]["start"], "2024-05-01T12:00:00+02:00", "the clock of home, not UTC");
    assert_eq!(stored::events(&server.app)[0]["code"], "headache");
    let workout = &server.client.get("/api/v1/workouts").expect(200)["workouts"][0];
    assert_eq!(
        (&workout["type"], &workout["duration_seconds"], &workout["has_route"]),
        (&json!("running"), &json!(1750.5), &json!(true))
    );
    assert_eq!(
        (&workout["figures"]["distance"]["value"], &workout["figures"]["active_energy"]["value"]),
        (&json!(5.0), &json!(300.0))
    );
    assert_unchanged(&server.client.ingest(&body).expect(200));
    assert_eq!(server.client.get("/api/v1/deliveries").expect(200)["deliveries"][0]["format"], "health-export-pro");
}
