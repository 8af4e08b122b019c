//! Holds off times told from now on that mean another day than the zone's, or that one address takes and another does not.

use health_export::model::day::local_day_start;
use health_export::model::key::Scope;
use health_export::model::time::{offset_rfc3339, parse_zone};
use serde_json::{Value, json};

use crate::support::{InProcess, body};

const ZONE: &str = "Pacific/Auckland";

/// One sample at the beginning of each of the last ten local days, each as many steps as it is days ago.
fn filled() -> InProcess {
    let server = InProcess::start_with(&[("home_zone", ZONE)]);
    let (now, zone) = (jiff::Timestamp::now().as_second(), parse_zone(ZONE).unwrap());
    let point = |days: i32| json!({"date": offset_rfc3339(local_day_start(now, &zone, -days), 0), "qty": 100 + days});
    let points: Vec<Value> = (0..10).map(point).collect();
    server.client.ingest(&body("step_count", "count", points.into())).expect(200);
    server
}

fn sums(server: &InProcess, query: &str) -> Vec<i64> {
    let answer = server.client.get(&format!("/api/v1/aggregate/step_count?bucket=day&stat=sum&{query}")).expect(200);
    answer["points"].as_array().unwrap().iter().map(|point| point["sum"].as_f64().unwrap() as i64).collect()
}

#[test]
fn days_are_whole_days_of_the_zone_of_the_question() {
    let server = filled();
    assert_eq!(sums(&server, "start=today"), [100]);
    assert_eq!(sums(&server, "start=yesterday&end=today"), [101]);
    assert_eq!(sums(&server, "start=-3d"), [103, 102, 101, 100]);
    assert_eq!(sums(&server, "since=-1w&until=-6d"), [107], "under the other names as well");
    assert_eq!(sums(&server, "start=-1mo").len(), 10);
    assert!(sums(&server, "start=-1h").len() <= 1);
    let answer = server.client.get("/api/v1/data/step_count?start=today").expect(200);
    assert_eq!(answer["samples"][0]["value"], 100.0);
    let fault = server.client.get("/api/v1/data/step_count?start=lately").problem(400);
    assert!(fault.starts_with("start:") && fault.contains("-7d"), "{fault}");
}

#[test]
fn every_address_with_a_time_takes_them() {
    let server = filled();
    let admin = server.client.with_key(Some(&server.key("owner", &[Scope::Admin])));
    for path in [
        "data/step_count?start=-7d&end=-1h",
        "aggregate/step_count?start=monday",
        "sleep?start=-3mo",
        "workouts?start=first-of-month&end=today",
        "events/symptoms?start=-1y",
        "coverage?start=-1y",
        "deliveries?start=-12h",
        "quarantine?start=-30min",
        "today?date=yesterday",
        "explain/step_count?date=-2d",
        "export/samples?start=-7d",
        "export/workouts?start=-7d",
        "export/routes?start=-7d",
        "export/sleep?start=first-of-year",
        "export/events?start=sunday",
        "export/aggregate?metric=step_count&start=-7d",
    ] {
        let answer = admin.get(&format!("/api/v1/{path}"));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
    let explained = server.client.get("/api/v1/explain/step_count?date=-2d").expect(200);
    assert_eq!(explained["value"], 102.0);
    let wanted = json!({"range": {"metric": "step_count", "start": "yesterday", "end": "today"}, "dry_run": true});
    let told = admin.post("/api/v1/deletions", &[], wanted.to_string().as_bytes()).expect(200);
    assert_eq!(told["samples"], 1);
}
