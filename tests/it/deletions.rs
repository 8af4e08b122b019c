//! Holds off deleted samples that come back by themselves, and undone ones that do not come back as they were.

use health_export::model::key::Scope;
use serde_json::{Value, json};

use crate::support::check::assert_sound;
use crate::support::{Answer, Client, InProcess, body};

/// A client of the owner that may do everything.
pub fn admin(server: &InProcess) -> Client {
    server.client.with_key(Some(&server.key("owner", &[Scope::Admin])))
}

#[track_caller]
pub fn ask(client: &Client, request: Value) -> Answer {
    client.post("/api/v1/deletions", &[], request.to_string().as_bytes())
}

/// Deletes, and gives the id.
#[track_caller]
pub fn delete(client: &Client, request: Value) -> String {
    ask(client, request).expect(201)["id"].as_str().unwrap().to_owned()
}

#[track_caller]
pub fn undo(client: &Client, id: &str) -> Value {
    client.post(&format!("/api/v1/deletions/{id}/undo"), &[], b"").expect(200)
}

/// Everything that the server tells of a person's data, as text.
pub fn everything(client: &Client) -> Vec<String> {
    let metrics = client.get("/api/v1/metrics").text();
    let names: Value = serde_json::from_str(&metrics).unwrap();
    let names = names["metrics"].as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap().to_owned());
    let mut told = vec![metrics.clone()];
    for name in names.collect::<Vec<_>>() {
        told.push(client.get(&format!("/api/v1/data/{name}?limit=10000")).text());
        told.push(client.get(&format!("/api/v1/aggregate/{name}?bucket=day")).text());
        told.push(client.get(&format!("/api/v1/aggregate/{name}?bucket=hour&layer=raw")).text());
    }
    let lists = ["sleep", "workouts", "events", "sources", "events/symptoms"];
    told.extend(lists.map(|path| client.get(&format!("/api/v1/{path}")).text()));
    told.push(client.get("/api/v1/export/samples?format=csv").text());
    told
}

fn point(time: &str, quantity: f64, source: &str) -> Value {
    json!({"date": format!("{time} +0000"), "qty": quantity, "source": source})
}

fn steps(points: &[(&str, f64, &str)]) -> Value {
    body("step_count", "count", points.iter().map(|(time, quantity, source)| point(time, *quantity, source)).collect())
}

fn three() -> Value {
    steps(&[
        ("2024-02-05 10:00:10", 5.0, "Watch"),
        ("2024-02-05 10:00:10", 6.0, "Phone"),
        ("2024-02-06 11:00:10", 7.0, "Watch"),
    ])
}

fn values(client: &Client) -> Vec<f64> {
    let page = client.get("/api/v1/data/step_count").expect(200);
    page["samples"].as_array().unwrap().iter().map(|sample| sample["value"].as_f64().unwrap()).collect()
}

#[test]
fn one_sample_goes_stays_away_and_comes_back() {
    let server = InProcess::start();
    let admin = admin(&server);
    admin.ingest(&three()).expect(200);
    let before = everything(&admin);
    let tag = admin.get("/api/v1/data/step_count").header("etag").to_owned();
    let target = json!({"sample": {"metric": "steps", "start": "2024-02-05T10:00:10Z", "source": "watch"}});
    let made = ask(&admin, target.clone()).expect(201);
    assert_eq!(made["what"], "1 sample of step_count on 2024-02-05");
    assert_eq!((&made["by"], &made["samples"], &made["undone_at"]), (&json!("test"), &json!(1), &Value::Null));
    assert_eq!(made["target"]["sample"]["source"], "watch", "as it was sent");
    assert_eq!(values(&admin), [6.0, 7.0]);
    assert_eq!(admin.get_with("/api/v1/data/step_count", &[("if-none-match", &tag)]).status, 200);
    assert_sound(&server.app);
    ask(&admin, target).problem(404);
    let again = admin.ingest(&three()).expect(200);
    let told = ["received", "stored", "unchanged", "kept_out"].map(|key| again[key].as_u64().unwrap());
    assert_eq!(told, [3, 0, 3, 1], "{again}");
    assert_eq!(values(&admin), [6.0, 7.0]);
    let listed = admin.get("/api/v1/deletions").expect(200);
    assert_eq!((&listed["deletions"][0]["kept_out"], listed["deletions"].as_array().unwrap().len()), (&json!(1), 1));
    let id = made["id"].as_str().unwrap();
    assert!(undo(&admin, id)["undone_at"].is_string());
    assert_sound(&server.app);
    let mut after = everything(&admin);
    // When the last delivery came is another time now.
    after[0] = before[0].clone();
    assert_eq!(after, before);
    assert_eq!(admin.ingest(&three()).expect(200)["unchanged"], 3);
    assert!(admin.post(&format!("/api/v1/deletions/{id}/undo"), &[], b"").problem(409).contains("before"));
    admin.post("/api/v1/deletions/77/undo", &[], b"").problem(404);
    admin.post("/api/v1/deletions/x/undo", &[], b"").problem(404);
}

#[test]
fn the_newest_of_what_was_kept_out_comes_back() {
    let server = InProcess::start();
    let admin = admin(&server);
    admin.ingest(&three()).expect(200);
    let id = delete(&admin, json!({"range": {"metric": "step_count", "start": "2024-02-05", "end": "2024-02-06"}}));
    assert_eq!(values(&admin), [7.0]);
    let late = steps(&[("2024-02-05 10:00:10", 50.0, "Watch"), ("2024-02-05 23:59:59", 9.0, "New")]);
    let kept = admin.ingest(&late).expect(200);
    assert_eq!((&kept["kept_out"], &kept["stored"], &kept["unchanged"]), (&json!(2), &json!(0), &json!(2)));
    assert_eq!(values(&admin), [7.0]);
    assert!(!admin.get("/api/v1/metrics").text().contains("New"), "nothing of that source is shown");
    assert_sound(&server.app);
    undo(&admin, &id);
    assert_eq!(values(&admin), [6.0, 50.0, 9.0, 7.0]);
    assert_sound(&server.app);
    assert_eq!(admin.ingest(&late).expect(200)["unchanged"], 2);
}

#[test]
fn a_source_goes_but_what_it_measures_later_is_welcome() {
    let server = InProcess::start();
    let admin = admin(&server);
    admin.ingest(&three()).expect(200);
    let id = delete(&admin, json!({"source": {"name": "Watch"}}));
    assert_eq!(values(&admin), [6.0]);
    assert_eq!(admin.ingest(&three()).expect(200)["kept_out"], 2);
    let now = jiff::Timestamp::now().as_second() + 3600;
    let date = jiff::Timestamp::from_second(now).unwrap().strftime("%Y-%m-%d %H:%M:%S").to_string();
    assert_eq!(admin.ingest(&steps(&[(&date, 70.0, "Watch")])).expect(200)["stored"], 1);
    assert_eq!(values(&admin), [6.0, 70.0]);
    undo(&admin, &id);
    assert_eq!(values(&admin), [5.0, 6.0, 7.0, 70.0]);
    assert_sound(&server.app);
}

#[test]
fn a_delivery_goes_but_what_a_later_one_has_written_stays() {
    let server = InProcess::start();
    let admin = admin(&server);
    let first = admin.ingest(&three()).expect(200)["delivery"].as_str().unwrap().to_owned();
    admin.ingest(&steps(&[("2024-02-06 11:00:10", 8.0, "Watch")])).expect(200);
    let before = everything(&admin);
    let id = delete(&admin, json!({"delivery": {"id": first}}));
    assert_eq!(values(&admin), [8.0]);
    let answer = admin.post("/api/v1/replay", &[], b"").expect(200);
    assert_eq!((&answer["changed"], &answer["stored"]), (&json!(0), &json!(0)), "{answer}");
    assert_eq!(values(&admin), [8.0], "a replay does not bring it back");
    assert_sound(&server.app);
    // Only that delivery is deleted: the same from another is welcome, and as of its own moment.
    let again = admin.ingest(&three()).expect(200);
    assert_eq!((&again["stored"], &again["updated"]), (&json!(2), &json!(1)), "{again}");
    assert_eq!(values(&admin), [5.0, 6.0, 7.0]);
    admin.ingest(&steps(&[("2024-02-06 11:00:10", 8.0, "Watch")])).expect(200);
    undo(&admin, &id);
    let samples = |told: &[String]| told[1..3].to_vec();
    assert_eq!(samples(&everything(&admin)), samples(&before));
    assert_sound(&server.app);
}

#[test]
fn a_corrected_value_stands_against_what_comes_again() {
    let server = InProcess::start();
    let admin = admin(&server);
    let pulse = |low: f64| {
        body(
            "heart_rate",
            "count/min",
            json!([{"date": "2024-02-05 10:00:00 +0000", "Min": low, "Avg": 70, "Max": 90, "source": "Watch"}]),
        )
    };
    admin.ingest(&pulse(50.0)).expect(200);
    let correction = |value: f64| json!({"correction": {"metric": "heart_rate", "start": "2024-02-05T10:00:00Z", "value": value}, "note": "a slip"});
    assert!(ask(&admin, correction(-5.0)).problem(400).starts_with("value:"));
    assert!(ask(&admin, correction(1e9)).problem(400).starts_with("value:"));
    let first = ask(&admin, correction(60.0)).expect(201);
    assert_eq!(
        (&first["note"], first["what"].as_str().unwrap().ends_with("the value is 60 now")),
        (&json!("a slip"), true)
    );
    let sample = |client: &Client| client.get("/api/v1/data/heart_rate").expect(200)["samples"][0].clone();
    assert_eq!((&sample(&admin)["value"], &sample(&admin)["min"]), (&json!(60.0), &json!(50.0)));
    let second = delete(&admin, correction(200.0));
    assert_eq!((&sample(&admin)["value"], &sample(&admin)["min"]), (&json!(200.0), &Value::Null), "it contradicts");
    assert_eq!(admin.ingest(&pulse(51.0)).expect(200)["kept_out"], 1);
    assert_eq!(sample(&admin)["value"], 200.0);
    assert_sound(&server.app);
    undo(&admin, first["id"].as_str().unwrap());
    assert_eq!(sample(&admin)["value"], 200.0, "the other correction stands");
    undo(&admin, &second);
    assert_eq!(
        (&sample(&admin)["value"], &sample(&admin)["min"]),
        (&json!(70.0), &json!(51.0)),
        "the newest comes back"
    );
    admin.ingest(&pulse(50.0)).expect(200);
    assert_eq!(sample(&admin)["min"], 51.0, "the first body sent again undoes nothing newer");
    assert_sound(&server.app);
}

#[test]
fn a_correction_under_a_later_deletion_is_undone_in_any_order() {
    for range_first in [true, false] {
        let server = InProcess::start();
        let admin = admin(&server);
        admin.ingest(&three()).expect(200);
        let target = json!({"correction": {"metric": "step_count", "start": "2024-02-06T11:00:10Z", "value": 100}});
        let correction = delete(&admin, target);
        assert_eq!(values(&admin), [5.0, 6.0, 100.0]);
        let range = delete(&admin, json!({"range": {"start": "2024-02-06", "end": "2024-02-07"}}));
        assert_eq!(values(&admin), [5.0, 6.0]);
        admin.ingest(&three()).expect(200);
        assert_eq!(values(&admin), [5.0, 6.0]);
        let (one, other) = if range_first { (&range, &correction) } else { (&correction, &range) };
        undo(&admin, one);
        assert_eq!(values(&admin), if range_first { vec![5.0, 6.0, 100.0] } else { vec![5.0, 6.0] });
        undo(&admin, other);
        assert_eq!(values(&admin), [5.0, 6.0, 7.0]);
        assert_sound(&server.app);
    }
}

#[test]
fn of_two_deletions_the_other_still_keeps_out_what_it_covers() {
    let server = InProcess::start();
    let admin = admin(&server);
    admin.ingest(&three()).expect(200);
    let before = everything(&admin);
    let source = delete(&admin, json!({"source": {"name": "Watch"}}));
    let day = delete(&admin, json!({"range": {"start": "2024-02-05", "end": "2024-02-06"}}));
    assert!(values(&admin).is_empty());
    undo(&admin, &source);
    assert_eq!(values(&admin), [7.0], "the fifth is still deleted");
    undo(&admin, &day);
    assert_eq!(everything(&admin), before);
    assert_sound(&server.app);
}

#[test]
fn a_dry_run_tells_the_same_and_changes_nothing() {
    let server = InProcess::start();
    let admin = admin(&server);
    admin.ingest(&three()).expect(200);
    let before = (everything(&admin), admin.get("/api/v1/data/step_count").header("etag").to_owned());
    let mut request = json!({"range": {"start": "2024-02-05", "end": "2024-02-06"}, "dry_run": true});
    let dry = ask(&admin, request.clone()).expect(200);
    assert_eq!((&dry["id"], &dry["samples"]), (&Value::Null, &json!(2)));
    assert_eq!((everything(&admin), admin.get("/api/v1/data/step_count").header("etag").to_owned()), before);
    assert_eq!(admin.get("/api/v1/deletions").expect(200)["deletions"], json!([]));
    request["dry_run"] = json!(false);
    let wet = ask(&admin, request).expect(201);
    assert_eq!((&wet["what"], &wet["target"], &wet["samples"]), (&dry["what"], &dry["target"], &dry["samples"]));
}

#[test]
fn people_delete_their_own_only() {
    let server = InProcess::start();
    let anna = admin(&server);
    let ben = server.client.with_key(Some(&server.key("ben", &[Scope::Admin])));
    let delivery = anna.ingest(&three()).expect(200)["delivery"].clone();
    ben.ingest(&three()).expect(200);
    ask(&ben, json!({"delivery": {"id": delivery}})).problem(404);
    let id = delete(&ben, json!({"range": {"start": "2024-01-01", "end": "2025-01-01"}}));
    assert_eq!((values(&anna).len(), values(&ben).len()), (3, 0));
    assert_eq!(anna.get("/api/v1/deletions").expect(200)["deletions"], json!([]));
    anna.post(&format!("/api/v1/deletions/{id}/undo"), &[], b"").problem(404);
    assert_eq!(anna.ingest(&three()).expect(200).get("kept_out"), None, "nothing of Anna's is deleted");
    assert_eq!(ben.ingest(&three()).expect(200)["kept_out"], 3);
    assert_sound(&server.app);
}

#[test]
fn what_can_mean_nothing_is_refused_by_name() {
    let server = InProcess::start();
    let admin = admin(&server);
    admin.ingest(&three()).expect(200);
    let start = "2024-02-05T10:00:10Z";
    for (request, name) in [
        (json!({}), "body"),
        (json!([]), "body"),
        (json!({"range": {"start": start, "end": "2025"}, "source": {"name": "Watch"}}), "body"),
        (json!({"range": {"start": start}}), "body"),
        (json!({"range": {"start": "soon", "end": "2025-01-01"}}), "start"),
        (json!({"range": {"start": start, "end": start}}), "end"),
        (json!({"range": {"start": start, "end": "2025-01-01", "metrik": "x"}}), "body"),
        (json!({"range": {"start": start, "end": "2025-01-01", "source": "Nobody"}}), "source"),
        (json!({"sample": {"metric": "step_count", "start": start, "layer": "fortnight"}}), "layer"),
        (json!({"source": {"name": ""}}), "source"),
        (json!({"correction": {"metric": "step_count", "start": start, "value": 3}}), "correction"),
        (json!({"correction": {"metric": "step_count", "start": start, "value": "3"}}), "body"),
        (json!({"sample": {"metric": "step_count", "start": start}, "note": "x".repeat(2001)}), "note"),
    ] {
        let told = ask(&admin, request.clone()).problem(400);
        assert!(told.starts_with(&format!("{name}:")), "{request}: {told}");
    }
    for request in [
        json!({"sample": {"metric": "unheard_of", "start": start}}),
        json!({"sample": {"metric": "heart_rate", "start": start}}),
        json!({"sample": {"metric": "step_count", "start": "2024-02-05T10:00:11Z"}}),
        json!({"delivery": {"id": "none"}}),
        json!({"workout": {"id": "none"}}),
        json!({"workout": {"id": "1"}}),
        json!({"event": {"kind": "symptoms", "id": "none"}}),
        json!({"event": {"kind": "wonders", "id": "none"}}),
        json!({"range": {"start": i64::MIN.to_string(), "end": "2001-01-01"}}),
        json!({"range": {"start": "2001-01-01", "end": "2001-01-02"}}),
    ] {
        let answer = ask(&admin, request.clone());
        assert!([400, 404].contains(&answer.status), "{request}: {}", answer.text());
    }
    assert_eq!(values(&admin).len(), 3);
    assert_eq!(admin.get("/api/v1/deletions").expect(200)["deletions"], json!([]));
}

#[test]
fn the_list_comes_in_pages_newest_first_and_is_private() {
    let server = InProcess::start();
    let admin = admin(&server);
    let hours: Vec<String> = (0..5).map(|hour| format!("2024-02-05 0{hour}:30:01")).collect();
    let points: Vec<(&str, f64, &str)> = hours.iter().map(|hour| (hour.as_str(), 1.0, "Watch")).collect();
    admin.ingest(&steps(&points)).expect(200);
    for hour in 0..5 {
        delete(&admin, json!({"sample": {"metric": "step_count", "start": format!("2024-02-05T0{hour}:30:01Z")}}));
    }
    let (mut path, mut ids) = ("/api/v1/deletions?limit=2".to_owned(), Vec::new());
    loop {
        let answer = admin.get(&path);
        assert_eq!(answer.header("cache-control"), "no-store");
        let page = answer.expect(200);
        ids.extend(page["deletions"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/deletions?limit=2&cursor={cursor}");
    }
    assert_eq!(ids, ["5", "4", "3", "2", "1"]);
    admin.get("/api/v1/deletions?limit=0").problem(400);
    admin.get("/api/v1/deletions?cursor=!").problem(400);
    admin.post("/api/v1/deletions?dry_run=true", &[], b"{}").problem(400);
}

#[test]
fn a_record_without_its_source_does_not_slip_past() {
    let named = steps(&[("2024-02-05 10:00:10", 5.0, "Watch")]);
    let blank = body("step_count", "count", json!([{"date": "2024-02-05 10:00:10 +0000", "qty": 5}]));
    for (first, second) in [(&named, &blank), (&blank, &named)] {
        let server = InProcess::start();
        let admin = admin(&server);
        admin.ingest(first).expect(200);
        let id = delete(&admin, json!({"sample": {"metric": "step_count", "start": "2024-02-05T10:00:10Z"}}));
        assert_eq!(admin.ingest(second).expect(200)["kept_out"], 1);
        assert!(values(&admin).is_empty());
        undo(&admin, &id);
        assert_eq!(values(&admin), [5.0]);
        assert!(admin.get("/api/v1/data/step_count").text().contains("Watch"), "the named record is the record");
        assert_sound(&server.app);
    }
}
