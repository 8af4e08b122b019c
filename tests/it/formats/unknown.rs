//! Metrics that the catalogue lacks: found by their HealthKit identifier, charted, and in a unit of their person's own; and
//! those that newer versions of HealthKit have brought.

use health_export::model::key::Scope;
use serde_json::json;

use super::{export, record, values};
use crate::support::check::assert_sound;
use crate::support::stored;
use crate::support::{Client, InProcess, body};

#[test]
fn an_unknown_type_is_found_by_its_identifier_and_charted() {
    let server = InProcess::start();
    export(&server, &record("HKQuantityTypeIdentifierSparkle", "sparkles", "10:00:00", "10:01:00", "7"));
    let shortcut = json!({"type": "HKQuantityTypeIdentifierSparkle", "value": 8, "unit": "sparkles", "date": "2024-05-01T11:00:00Z"});
    assert_eq!(server.client.ingest(&shortcut).expect(200)["stored"], 1);
    for name in ["sparkle", "HKQuantityTypeIdentifierSparkle"] {
        assert_eq!(values(&server, name), [7.0, 8.0]);
        let chart = server.client.get(&format!("/api/v1/aggregate/{name}?bucket=day&stat=avg,count")).expect(200);
        assert_eq!((&chart["metric"], &chart["unit"]), (&json!("sparkle"), &json!("sparkles")), "{chart}");
        assert_eq!((&chart["points"][0]["avg"], &chart["points"][0]["count"]), (&json!(7.5), &json!(2)), "{chart}");
    }
    let csv = server.client.get("/api/v1/export/samples?metric=HKQuantityTypeIdentifierSparkle").text();
    assert_eq!(csv.lines().count(), 3, "{csv}");
    server.client.get("/api/v1/data/HKQuantityTypeIdentifierShimmer").problem(404);
}

#[test]
fn the_unit_of_an_unknown_metric_belongs_to_its_person() {
    let server = InProcess::start();
    let other =
        Client::new(server.client.base(), Some(&server.key("anna", &[Scope::Ingest, Scope::Read, Scope::Export])));
    let send = |client: &Client, unit: &str, value: f64| {
        client.ingest(&body("glimmer", unit, json!([{"date": "2024-05-01 10:00:07 +0000", "qty": value}]))).expect(200)
    };
    assert_eq!(send(&server.client, "points", 3.0)["stored"], 1);
    assert_eq!(send(&other, "%", 40.0)["stored"], 1, "another person's unit is no reason to refuse");
    assert_eq!(send(&other, "points", 41.0)["quarantined"], 1, "a person's own is");
    for (client, unit, value) in [(&server.client, "points", 3.0), (&other, "%", 40.0)] {
        let page = client.get("/api/v1/data/glimmer").expect(200);
        assert_eq!((&page["unit"], &page["samples"][0]["value"]), (&json!(unit), &json!(value)));
        let chart = client.get("/api/v1/aggregate/glimmer?bucket=day").expect(200);
        assert_eq!(chart["unit"], unit);
        let metrics = client.get("/api/v1/metrics").expect(200);
        assert_eq!(metrics["metrics"][0]["unit"], unit);
        let csv = client.get("/api/v1/export/samples?format=ndjson").text();
        assert!(csv.contains(&format!("\"unit\":\"{unit}\"")) && csv.lines().count() == 1, "{csv}");
    }
    assert_sound(&server.app);
}

#[test]
fn rmssd_is_no_sdnn() {
    let server = InProcess::start();
    export(
        &server,
        &(record("HKQuantityTypeIdentifierHeartRateVariabilityRMSSD", "ms", "10:00:00", "10:01:00", "32")
            + &record("HKQuantityTypeIdentifierHeartRateVariabilitySDNN", "ms", "10:00:00", "10:01:00", "45")),
    );
    server.client.ingest(&json!({"type": "rmssd", "value": 33, "date": "2024-05-01T11:00:00Z"})).expect(200);
    server.client.ingest(&json!({"type": "HRV", "value": 46, "date": "2024-05-01T11:00:00Z"})).expect(200);
    assert_eq!(values(&server, "heart_rate_variability_rmssd"), [32.0, 33.0]);
    assert_eq!(values(&server, "HKQuantityTypeIdentifierHeartRateVariabilityRMSSD"), [32.0, 33.0]);
    assert_eq!(values(&server, "heart_rate_variability"), [45.0, 46.0]);
}

#[test]
fn newer_types_have_a_place() {
    let server = InProcess::start();
    let category = |kind: &str, value: &str| {
        format!(
            "<Record type=\"{kind}\" sourceName=\"Watch\" startDate=\"2024-05-01 10:00:00 +0000\" \
             endDate=\"2024-05-01 10:30:00 +0000\" value=\"{value}\"/>"
        )
    };
    let told = export(
        &server,
        &(record("HKQuantityTypeIdentifierNikeFuel", "count", "10:00:00", "10:30:00", "120")
            + &category("HKCategoryTypeIdentifierSleepApneaEvent", "HKCategoryValueNotApplicable")
            + &category("HKCategoryTypeIdentifierStateOfMind", "1")
            + "<StateOfMind startDate=\"2024-05-01 11:00:00 +0000\" endDate=\"2024-05-01 11:00:00 +0000\" kind=\"dailyMood\" valence=\"0.4\"/>"),
    );
    assert_eq!(told.counts.quarantined, 0, "{told:?}");
    assert_eq!(values(&server, "nike_fuel"), [120.0]);
    let events = stored::events(&server.app);
    let kinds: Vec<(&str, &str)> =
        events.iter().map(|event| (event["kind"].as_str().unwrap(), event["code"].as_str().unwrap())).collect();
    assert_eq!(
        kinds,
        [
            ("heart_notifications", "sleep_apnea_event"),
            ("state_of_mind", "state_of_mind"),
            ("state_of_mind", "state_of_mind")
        ]
    );
}

#[test]
fn a_category_is_no_metric_of_numbers() {
    let server = InProcess::start();
    let shortcut = json!({"samples": {
        "HKCategoryTypeIdentifierHeadache": [{"start": "2024-05-01T10:00:00Z", "end": "2024-05-01T11:00:00Z", "value": 2}],
        "HKQuantityTypeIdentifierHeartRate": [{"start": "2024-05-01T10:00:00Z", "value": 61, "unit": "count/min"}]
    }});
    let receipt = server.client.ingest(&shortcut).expect(200);
    assert_eq!((&receipt["stored"], &receipt["quarantined"]), (&json!(1), &json!(1)), "{receipt}");
    let app =
        body("HKCategoryTypeIdentifierHeadache", "count", json!([{"date": "2024-05-01 10:00:07 +0000", "qty": 2}]));
    assert_eq!(server.client.ingest(&app).expect(200)["quarantined"], 1);
}
