//! Holds off an order of sources that decides where it was not set, or does not where it was: orders of everything, of a category
//! and of one metric, in totals, nights and workouts, with rollups and after a restart.

use serde_json::{Value, json};

use health_export::model::key::Scope;
use health_export::query::rollups::{refresh, verify};

use crate::support::apple::{import_bytes, receipt, xml};
use crate::support::{Answer, Client, InProcess, body};

const WATCH: &str = "Robin\u{2019}s Apple Watch";
const RING: &str = "Ring";

/// A day of steps and energy, a night and a run, each from a watch and from a ring.
fn both() -> InProcess {
    let server = InProcess::start();
    let record = |kind: &str, unit: &str, source: &str, value: &str, (from, to): (&str, &str)| {
        format!(
            "<Record type=\"HK{kind}\"{unit} sourceName=\"{source}\" startDate=\"2024-03-{from}:00 +0000\" \
             endDate=\"2024-03-{to}:00 +0000\" value=\"{value}\"/>\n"
        )
    };
    let day = ("05 10:00", "05 11:00");
    let mut all = String::new();
    for (source, value, woke) in [(WATCH, "100", "06 06:00"), (RING, "70", "06 05:00")] {
        all += &record("QuantityTypeIdentifierStepCount", " unit=\"count\"", source, value, day);
        all += &record("QuantityTypeIdentifierActiveEnergyBurned", " unit=\"kcal\"", source, value, day);
        let asleep = "HKCategoryValueSleepAnalysisAsleepCore";
        all += &record("CategoryTypeIdentifierSleepAnalysis", "", source, asleep, ("05 23:00", woke));
        let up = "HKCategoryValueSleepAnalysisAwake";
        all += &record("CategoryTypeIdentifierSleepAnalysis", "", source, up, (woke, "06 06:00"));
        all += &format!(
            "<Workout workoutActivityType=\"HKWorkoutActivityTypeRunning\" sourceName=\"{source}\" \
             startDate=\"2024-03-05 10:00:00 +0000\" endDate=\"2024-03-05 10:30:00 +0000\"/>\n"
        );
    }
    receipt(import_bytes(&server, "export.xml", xml(&all).as_bytes()));
    server
}

fn put(client: &Client, about: &str, order: &[&str]) -> Answer {
    let body = json!({"order": order}).to_string();
    client.request("PUT", &format!("/api/v1/sources{about}"), &[], body.as_bytes()).unwrap()
}

fn first(client: &Client, about: &str) -> String {
    client.get(&format!("/api/v1/sources{about}")).expect(200)["sources"][0]["name"].as_str().unwrap().to_owned()
}

/// Steps, energy, minutes asleep, and who has recorded the workout that counts.
fn told(server: &InProcess) -> (f64, f64, f64, String) {
    let sum = |metric: &str| {
        let answer = server
            .client
            .get(&format!("/api/v1/aggregate/{metric}?bucket=day&stat=sum&start=2024-03-05&end=2024-03-06"));
        answer.expect(200)["points"][0]["sum"].as_f64().unwrap()
    };
    let nights = server.client.get("/api/v1/sleep?start=2024-03-06&end=2024-03-07").expect(200);
    let workouts = server.client.get("/api/v1/workouts").expect(200);
    let counts = workouts["workouts"].as_array().unwrap().iter().find(|one| one.get("covered_by").is_none()).unwrap();
    let by = counts["source"].as_str().unwrap().to_owned();
    (sum("step_count"), sum("active_energy"), nights["nights"][0]["asleep_minutes"].as_f64().unwrap(), by)
}

/// What is told before and after rolling up.
#[track_caller]
fn assert_told(server: &InProcess, steps: f64, energy: f64, asleep: f64, by: &str) {
    let app = &server.app;
    for _ in 0..2 {
        assert_eq!(told(server), (steps, energy, asleep, by.to_owned()));
        refresh(&app.store, &app.engine, &app.home()).unwrap();
    }
    assert_eq!(verify(&app.store, &app.engine, &app.home()).unwrap(), Vec::<String>::new());
}

#[test]
fn the_most_specific_order_decides_and_only_where_it_was_set() {
    let server = both();
    let admin = server.client.with_key(Some(&server.key("owner", &[Scope::Admin])));
    assert_told(&server, 100.0, 100.0, 420.0, WATCH);
    put(&admin, "?category=sleep", &[RING]).expect(200);
    assert_told(&server, 100.0, 100.0, 360.0, WATCH);
    put(&admin, "?metric=steps", &[RING, WATCH]).expect(200);
    assert_told(&server, 70.0, 100.0, 360.0, WATCH);
    put(&admin, "?category=workouts", &[RING]).expect(200);
    assert_told(&server, 70.0, 100.0, 360.0, RING);
    put(&admin, "", &[RING]).expect(200);
    put(&admin, "?category=activity", &[WATCH]).expect(200);
    assert_told(&server, 70.0, 100.0, 360.0, RING);
    put(&admin, "?metric=HKQuantityTypeIdentifierStepCount", &[]).expect(200);
    put(&admin, "?metric=sleep_analysis", &[WATCH, RING]).expect(200);
    assert_told(&server, 100.0, 100.0, 420.0, RING);
    for about in ["?metric=sleep_analysis", "?category=activity", "?category=sleep", "?category=workouts", ""] {
        put(&admin, about, &[]).expect(200);
    }
    assert_told(&server, 100.0, 100.0, 420.0, WATCH);
    assert_eq!(admin.get("/api/v1/sources").expect(200)["orders"], json!([]));
}

#[test]
fn the_orders_are_told_and_each_is_listed_as_it_holds() {
    let server = both();
    let admin = server.client.with_key(Some(&server.key("owner", &[Scope::Admin])));
    let tag = admin.get("/api/v1/sources?category=sleep").header("etag").to_owned();
    let listed = put(&admin, "?category=sleep", &[RING, WATCH]).expect(200);
    assert_eq!((&listed["sources"][0]["name"], &listed["sources"][0]["ordered"]), (&json!(RING), &json!(true)));
    assert_eq!(admin.get_with("/api/v1/sources?category=sleep", &[("if-none-match", &tag)]).status, 200);
    put(&admin, "?metric=step_count", &[RING]).expect(200);
    let orders = json!([{"category": "sleep", "order": [RING, WATCH]}, {"metric": "step_count", "order": [RING]}]);
    let listed = admin.get("/api/v1/sources").expect(200);
    assert_eq!(listed["orders"], orders);
    assert_eq!((&listed["sources"][0]["name"], &listed["sources"][0]["ordered"]), (&json!(WATCH), &json!(false)));
    for (about, name) in [
        ("", WATCH),
        ("?category=sleep", RING),
        ("?category=Sleep", RING),
        ("?metric=sleep_analysis", RING),
        ("?metric=step_count", RING),
        ("?metric=steps", RING),
        ("?metric=active_energy", WATCH),
        ("?category=activity", WATCH),
        ("?category=workouts", WATCH),
    ] {
        assert_eq!(first(&admin, about), name, "{about}");
    }
}

#[test]
fn a_wrong_matter_is_refused_and_changes_nothing() {
    let server = both();
    let admin = server.client.with_key(Some(&server.key("owner", &[Scope::Admin])));
    let fault = put(&admin, "?category=rings", &[RING]).problem(400);
    assert!(fault.contains("sleep") && fault.contains("workouts"), "{fault}");
    assert!(put(&admin, "?metric=step_cuont", &[RING]).problem(404).contains("step_count"));
    put(&admin, "?metric=blood_pressure", &[RING]).problem(404);
    put(&admin, "?metric=step_count&category=sleep", &[RING]).problem(400);
    put(&admin, "?metrics=step_count", &[RING]).problem(400);
    put(&admin, "?category=sleep", &["Bracelet"]).problem(400);
    admin.get("/api/v1/sources?category=rings").problem(400);
    assert_eq!(admin.get("/api/v1/sources").expect(200)["orders"], json!([]));
    assert_told(&server, 100.0, 100.0, 420.0, WATCH);
}

#[test]
fn a_metric_that_the_catalogue_lacks_has_an_order_too() {
    let server = InProcess::start();
    let admin = server.client.with_key(Some(&server.key("owner", &[Scope::Admin])));
    for (source, value) in [(WATCH, 5), (RING, 6)] {
        let points: Value = json!([{"date": "2024-03-05 10:00:00 +0000", "qty": value, "source": source}]);
        let body = body("grip_strength", "kg", points).to_string();
        server.client.post("/api/v1/ingest", &[("automation-aggregation", "none")], body.as_bytes()).expect(200);
    }
    let last = || {
        let answer = server.client.get("/api/v1/aggregate/grip_strength?bucket=day&stat=last").expect(200);
        answer["points"][0]["last"].as_f64().unwrap()
    };
    assert_eq!(last(), 5.0);
    put(&admin, "?metric=grip_strength", &[RING]).expect(200);
    assert_eq!(last(), 6.0);
    put(&admin, "?metric=grip_strength", &[]).expect(200);
    put(&admin, "?category=other", &[RING]).expect(200);
    assert_eq!(last(), 6.0);
}
