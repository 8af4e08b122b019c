//! Units of answers: what is stored stays canonical, and every door converts alike and says into what.

use serde_json::{Value, json};

use crate::support::problems::refusal;
use crate::support::{InProcess, body};

/// Weight sent in pounds, a temperature, a swim, a glucose and a metric that no unit table knows.
fn filled(settings: &[(&str, &str)]) -> InProcess {
    let server = InProcess::start_with(settings);
    let at = |hour: u32, value: f64| json!({"date": format!("2024-02-05 {hour:02}:30:07 +0000"), "qty": value});
    for (metric, units, points) in [
        ("weight_body_mass", "lbs", json!([at(8, 160.0), at(9, 170.0)])),
        ("body_temperature", "degC", json!([at(8, 37.0), at(9, 38.0)])),
        ("swimming_distance", "m", json!([at(8, 914.4)])),
        ("blood_glucose", "mg/dL", json!([at(8, 90.0)])),
        ("moon_phase", "moons", json!([at(8, 0.5)])),
    ] {
        let receipt = server.client.ingest(&body(metric, units, points)).expect(200);
        assert_eq!(receipt["quarantined"], 0, "{receipt}");
    }
    let heart = json!([{"date": "2024-02-05 08:30:07 +0000", "Min": 60, "Avg": 70, "Max": 80}]);
    server.client.ingest(&body("heart_rate", "bpm", heart)).expect(200);
    server
}

#[track_caller]
fn assert_near(found: &Value, wanted: f64) {
    let number = found.as_f64().unwrap_or_else(|| panic!("{found} is no number, {wanted} was wanted"));
    assert!((number - wanted).abs() < 1e-9, "{number} is not {wanted}");
}

#[test]
fn data_says_its_unit_and_converts_every_number() {
    let server = filled(&[]);
    for (metric, units, unit, first) in [
        ("weight_body_mass", "metric", "kg", 160.0 * 0.453_592_37),
        ("weight_body_mass", "imperial", "lb", 160.0),
        ("weight_body_mass", "as_sent", "lb", 160.0),
        ("body_temperature", "imperial", "degF", 98.6),
        ("body_temperature", "as_sent", "degC", 37.0),
        ("swimming_distance", "imperial", "yd", 1000.0),
        ("blood_glucose", "metric", "mmol/L", 90.0 / 18.015_588_000_005_41),
        ("blood_glucose", "imperial", "mg/dL", 90.0),
        ("moon_phase", "imperial", "moons", 0.5),
        ("heart_rate", "as_sent", "count/min", 70.0),
    ] {
        let page = server.client.get(&format!("/api/v1/data/{metric}?units={units}")).expect(200);
        assert_eq!(page["unit"], unit, "{metric} {units}");
        assert_near(&page["samples"][0]["value"], first);
    }
    let csv = server.client.get("/api/v1/data/body_temperature?units=imperial&format=csv").text();
    assert!(csv.contains(",98.6,"), "{csv}");
}

#[test]
fn an_aggregate_converts_all_but_counts_and_has_no_sum_of_temperatures() {
    let server = filled(&[]);
    let path = "/api/v1/aggregate/body_temperature?stat=count,sum,avg,min,max,median";
    let stored = &server.client.get(path).expect(200)["points"][0];
    assert_near(&stored["sum"], 75.0);
    let answer = server.client.get(&format!("{path}&units=imperial")).expect(200);
    let point = &answer["points"][0];
    assert_eq!((&answer["unit"], &point["count"], &point["sum"]), (&json!("degF"), &json!(2), &Value::Null));
    assert_near(&point["avg"], 99.5);
    assert_near(&point["min"], 98.6);
    assert_near(&point["max"], 100.4);
    assert_near(&point["median"], 99.5);
    let weight = server.client.get("/api/v1/aggregate/weight_body_mass?stat=sum&units=as_sent").expect(200);
    assert_near(&weight["points"][0]["sum"], 330.0);
}

#[test]
fn a_download_converts_per_metric_and_names_the_unit_in_its_column() {
    let server = filled(&[]);
    let rows = |units: &str| -> Vec<Value> {
        let text = server.client.get(&format!("/api/v1/export/samples?format=ndjson{units}")).text();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let (stored, imperial, sent) = (rows(""), rows("&units=imperial"), rows("&units=as_sent"));
    assert_eq!((stored.len(), imperial.len(), sent.len()), (8, 8, 8));
    let first = |rows: &[Value], metric: &str| rows.iter().find(|row| row["metric"] == metric).unwrap().clone();
    for (metric, unit, value) in [("weight_body_mass", "lb", 160.0), ("body_temperature", "degF", 98.6)] {
        let row = first(&imperial, metric);
        assert_eq!(row["unit"], unit);
        assert_near(&row["value"], value);
    }
    assert_eq!(first(&stored, "weight_body_mass")["unit"], "kg");
    assert_near(&first(&sent, "blood_glucose")["value"], 90.0);
    let heart = first(&imperial, "heart_rate");
    assert_eq!((&heart["min"], &heart["max"], &heart["unit"]), (&json!(60.0), &json!(80.0), &json!("count/min")));
    let keys = |row: &Value| row.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&stored[0]), keys(&imperial[0]));
}

#[test]
fn the_latest_delivery_decides_what_as_sent_means() {
    let server = filled(&[]);
    let kilos = json!([{"date": "2024-02-06 08:30:07 +0000", "qty": 70, "source": "Scale"}]);
    server.client.ingest(&body("weight_body_mass", "kg", kilos)).expect(200);
    let page = server.client.get("/api/v1/data/weight_body_mass?units=as_sent").expect(200);
    assert_eq!(page["unit"], "kg");
}

#[test]
fn the_setting_decides_where_the_question_does_not() {
    let server = filled(&[("units", "imperial")]);
    let page = |path: &str| server.client.get(path).expect(200)["unit"].clone();
    assert_eq!(page("/api/v1/data/weight_body_mass"), "lb");
    assert_eq!(page("/api/v1/aggregate/weight_body_mass"), "lb");
    assert_eq!(page("/api/v1/data/weight_body_mass?units=metric"), "kg");
    let csv = server.client.get("/api/v1/export/samples?metric=weight_body_mass").text();
    assert!(csv.contains(",lb,"), "{csv}");
    let wrong = server.client.get("/api/v1/data/weight_body_mass?units=stones");
    assert!(refusal(&server, &wrong, 400, "bad-request").contains("imperial"));
}

#[test]
fn an_etag_of_one_system_is_none_of_another() {
    let server = filled(&[]);
    for path in ["/api/v1/data/body_temperature", "/api/v1/aggregate/body_temperature", "/api/v1/export/samples"] {
        let tag = server.client.get(path).header("etag").to_owned();
        let imperial = format!("{path}?units=imperial");
        assert_eq!(server.client.get_with(&imperial, &[("if-none-match", &tag)]).status, 200, "{path}");
    }
}

#[test]
fn a_workout_is_told_in_the_units_asked_for() {
    let server = filled(&[]);
    let run = json!({"data": {"workouts": [{
        "id": "A", "name": "Outdoor Run", "start": "2024-05-01 18:00:00 +0000", "end": "2024-05-01 18:30:00 +0000",
        "distance": {"qty": 5, "units": "km"}, "temperature": {"qty": 20, "units": "degC"},
        "walkingAndRunningDistance": [{"date": "2024-05-01 18:00:00 +0000", "qty": 0.25, "units": "km"}]
    }]}});
    server.client.ingest(&run).expect(200);
    let list = server.client.get("/api/v1/workouts?units=imperial").expect(200);
    let workout = &list["workouts"][0];
    assert_eq!(workout["figures"]["distance"]["unit"], "mi");
    assert_near(&workout["figures"]["distance"]["value"], 3.106_855_961);
    assert_near(&workout["figures"]["temperature"]["value"], 68.0);
    let address = format!("/api/v1/workouts/{}", workout["id"].as_str().unwrap());
    let one = server.client.get(&format!("{address}?units=imperial")).expect(200);
    assert_eq!(one["figures"], workout["figures"]);
    assert_eq!(one["accounts"][0]["figures"]["distance"]["unit"], "mi");
    assert_eq!(server.client.get(&address).expect(200)["figures"]["distance"]["value"], 5.0);
    let series = server.client.get(&format!("{address}/series?units=imperial")).expect(200);
    assert_eq!(series["series"][0]["unit"], "mi");
    assert_near(&series["series"][0]["values"][0], 0.155_342_798);
}
