//! Holds off the loss of what was not understood: every item that a receipt counts as quarantined can be read, with its
//! place and its reason.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::counts::count;
use crate::support::problems::refusal;
use crate::support::{InProcess, body};

/// Two good points and `odd` that cannot be read.
fn steps(odd: usize) -> Value {
    let good = (0..2).map(|at| json!({"date": format!("2024-02-05 1{at}:00:00 +0000"), "qty": 5}));
    let bad = (0..odd).map(|at| json!({"date": format!("soon {at}"), "qty": at}));
    body("step_count", "count", good.chain(bad).collect())
}

fn items(server: &InProcess, path: &str) -> Vec<Value> {
    server.client.get(path).expect(200)["items"].as_array().unwrap().clone()
}

#[test]
fn every_item_waits_with_its_place_its_reason_and_its_text() {
    let server = InProcess::start();
    let receipt = server.client.ingest(&steps(3)).expect(200);
    let found = items(&server, "/api/v1/quarantine");
    assert_eq!(found.len() as u64, count(&receipt, "quarantined"));
    assert_eq!(found[0]["delivery"], receipt["delivery"]);
    assert_eq!(found[0]["metric"], "step_count");
    assert_eq!(found[0]["path"], "$.data.metrics[0].data[2]");
    assert!(found[0]["reason"].as_str().unwrap().contains("soon 0"), "{}", found[0]);
    let sent: Value = serde_json::from_str(found[0]["item"].as_str().unwrap()).unwrap();
    assert_eq!(sent, json!({"date": "soon 0", "qty": 0}));
    assert!(found[0]["received_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(receipt["reasons"], json!({"step_count": {"date … is not a date we can read": 3}}));
}

#[test]
fn pages_are_newest_delivery_first_and_miss_nothing() {
    let server = InProcess::start();
    let old = server.client.ingest(&steps(7)).expect(200);
    let new = server.client.ingest(&steps(4)).expect(200);
    let (mut seen, mut path) = (Vec::new(), "/api/v1/quarantine?limit=3".to_owned());
    loop {
        let page = server.client.get(&path).expect(200);
        let rows = page["items"].as_array().unwrap();
        assert!(rows.len() <= 3);
        seen.extend(rows.iter().map(|row| (row["delivery"].clone(), row["path"].as_str().unwrap().to_owned())));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/quarantine?limit=3&cursor={cursor}");
    }
    assert_eq!(seen.len(), 11);
    assert!(seen[..4].iter().all(|(delivery, _)| *delivery == new["delivery"]));
    assert!(seen[4..].iter().all(|(delivery, _)| *delivery == old["delivery"]));
    assert_eq!(seen[0].1, "$.data.metrics[0].data[2]");
    let distinct: BTreeSet<String> = seen.iter().map(|(delivery, path)| format!("{delivery} {path}")).collect();
    assert_eq!(distinct.len(), 11);
}

#[test]
fn filters_narrow_to_a_delivery_a_metric_and_a_time() {
    let server = InProcess::start();
    let first = server.client.ingest(&steps(2)).expect(200);
    let heart = body("heart_rate", "bpm", json!([{"date": "2024-02-05 10:00:00 +0000", "qty": 9000}]));
    server.client.ingest(&heart).expect(200);
    server.client.post("/api/v1/ingest", &[], b"{\"nothing\": 1}").problem(400);
    let delivery = first["delivery"].as_str().unwrap();
    let number = |path: &str| items(&server, path).len();
    assert_eq!(number("/api/v1/quarantine"), 4);
    assert_eq!(number(&format!("/api/v1/quarantine?delivery={delivery}")), 2);
    assert_eq!(number(&format!("/api/v1/deliveries/{delivery}/quarantine")), 2);
    assert_eq!(number("/api/v1/quarantine?metric=heart_rate"), 1);
    assert_eq!(number("/api/v1/quarantine?metric=HKQuantityTypeIdentifierStepCount"), 2);
    assert_eq!(number(&format!("/api/v1/deliveries/{delivery}/quarantine?metric=heart_rate")), 0);
    assert_eq!(number("/api/v1/quarantine?since=2100-01-01"), 0);
    let whole = &items(&server, "/api/v1/quarantine")[0];
    assert_eq!((&whole["path"], whole.get("metric")), (&json!("$"), None), "a whole body has no metric");
}

#[test]
fn what_is_wrong_with_the_question_is_said() {
    let server = InProcess::start();
    refusal(&server, &server.client.get("/api/v1/quarantine?cursor=x"), 400, "bad-request");
    refusal(&server, &server.client.get("/api/v1/quarantine?limit=0"), 400, "bad-request");
    refusal(&server, &server.client.get("/api/v1/quarantine?metrics=x"), 400, "bad-request");
    refusal(&server, &server.client.get("/api/v1/deliveries/none/quarantine"), 404, "not-found");
}

#[test]
fn deliveries_are_found_by_their_automation_and_by_time() {
    let server = InProcess::start();
    let send = |name: &str, id: &str| {
        let headers = [
            ("automation-name", name),
            ("Automation-ID", id),
            ("AUTOMATION-AGGREGATION", "None"),
            ("automation-period", "Since Last Sync"),
            ("session-id", "S-1"),
        ];
        server.client.post("/api/v1/ingest", &headers, steps(0).to_string().as_bytes()).expect(200)
    };
    send("Heart hourly", "A-1");
    send("Steps", "B-2");
    server.client.ingest(&steps(0)).expect(200);
    let found =
        |query: &str| server.client.get(&format!("/api/v1/deliveries?{query}")).expect(200)["deliveries"].clone();
    assert_eq!(found("").as_array().unwrap().len(), 3);
    for query in ["automation=Heart%20hourly", "automation=heart%20HOURLY", "automation=a-1"] {
        let rows = found(query);
        assert_eq!(rows.as_array().unwrap().len(), 1, "{query}");
        let row = &rows[0];
        let words = ["automation_name", "automation_id", "automation_aggregation", "automation_period", "session_id"];
        assert_eq!(
            words.map(|key| row[key].as_str().unwrap()),
            ["Heart hourly", "A-1", "None", "Since Last Sync", "S-1"]
        );
    }
    assert_eq!(found("automation=nobody"), json!([]));
    assert_eq!(found("since=2100-01-01"), json!([]));
    assert_eq!(found("until=2020-01-01"), json!([]));
    assert_eq!(found("since=2020-01-01&automation=Steps").as_array().unwrap().len(), 1);
}

#[test]
fn nobody_reads_the_quarantine_of_another() {
    use health_export::model::key::Scope;
    let server = InProcess::start();
    let receipt = server.client.ingest(&steps(2)).expect(200);
    let other = server.client.with_key(Some(&server.key("ben", &[Scope::Admin])));
    assert_eq!(other.get("/api/v1/quarantine").expect(200)["items"], json!([]));
    let delivery = receipt["delivery"].as_str().unwrap();
    assert_eq!(other.get(&format!("/api/v1/quarantine?delivery={delivery}")).expect(200)["items"], json!([]));
    other.get(&format!("/api/v1/deliveries/{delivery}/quarantine")).problem(404);
}
