//! Holds off the loss of what an older decoder did not understand: kept bodies are read again, as often as one likes.

use health_export::app::App;
use health_export::model::key::Scope;
use health_export::model::receipt::{Counts, Receipt};
use health_export::store::deliveries::{self, Delivery, Head, Origin};
use serde_json::{Value, json};

use crate::support::check::assert_sound;
use crate::support::counts::count;
use crate::support::fill::OWNER;
use crate::support::problems::refusal;
use crate::support::{Client, InProcess, RealServer, body, command};

fn admin(server: &InProcess) -> Client {
    server.client.with_key(Some(&server.key("owner", &[Scope::Admin])))
}

fn steps(quantity: u32) -> Value {
    let point = |hour: u32, quantity: u32| json!({"date": format!("2024-02-05 {hour}:00:00 +0000"), "qty": quantity, "source": "Watch"});
    body("step_count", "count", json!([point(10, quantity), point(11, 7), {"date": "soon", "qty": 1}]))
}

/// A delivery as a decoder that knew nothing of its body would have written it: kept whole, and refused. Bodies were kept
/// under brotli then.
fn refused_long_ago(app: &App, body: &[u8], origin: Origin) -> String {
    let head = Head {
        public_id: uuid::Uuid::now_v7().to_string(),
        user: OWNER,
        api_key: None,
        received_at_ms: 1_700_000_000_000,
        format: "unknown",
        origin,
        bytes: body.len() as u64,
    };
    let mut kept = Vec::new();
    brotli::BrotliCompress(&mut &body[..], &mut kept, &Default::default()).unwrap();
    let delivery = Delivery { head, body: kept, content: Err("the body is of no kind we know".into()) };
    let written = app.store.writer().run(move |writing| {
        let receipt = deliveries::write(writing, &delivery)?;
        writing
            .connection
            .execute("UPDATE delivery_body SET encoding = 'br' WHERE delivery = (SELECT max(id) FROM delivery)", [])?;
        Ok(receipt)
    });
    written.unwrap().delivery
}

fn values(client: &Client) -> Vec<f64> {
    let page = client.get("/api/v1/data/step_count").expect(200);
    page["samples"].as_array().unwrap().iter().map(|sample| sample["value"].as_f64().unwrap()).collect()
}

#[test]
fn a_body_that_was_refused_is_understood_now() {
    let server = InProcess::start();
    let admin = admin(&server);
    let id = refused_long_ago(&server.app, steps(5).to_string().as_bytes(), Origin::default());
    assert_eq!(admin.get(&format!("/api/v1/deliveries/{id}")).expect(200)["refused"], true);
    let answer = admin.post("/api/v1/replay", &[], b"").expect(200);
    let told = ["deliveries", "changed", "understood", "received", "stored", "quarantined_before", "quarantined_after"];
    assert_eq!(told.map(|key| count(&answer, key)), [1, 1, 1, 3, 2, 1, 1], "{answer}");
    assert_eq!(values(&admin), [5.0, 7.0]);
    let row = admin.get(&format!("/api/v1/deliveries/{id}")).expect(200);
    assert_eq!((&row["refused"], &row["format"]), (&json!(false), &json!("health-auto-export")));
    assert_eq!((count(&row, "stored"), count(&row, "quarantined")), (2, 1));
    assert!(row["replayed_at"].is_string());
    assert_eq!(row["at_first"]["problems"][0]["path"], "$", "what was said at first is kept: {row}");
    let waiting = admin.get("/api/v1/quarantine").expect(200);
    assert_eq!(waiting["items"][0]["path"], "$.data.metrics[0].data[2]");
    assert_eq!(waiting["items"].as_array().unwrap().len(), 1);
    assert_sound(&server.app);
}

#[test]
fn what_the_request_said_about_the_body_decides_again() {
    let server = InProcess::start();
    let midnight = body("step_count", "count", json!([{"date": "2024-02-05 00:00:00 +0000", "qty": 9000}]));
    let origin = Origin { automation_aggregation: Some("None".into()), ..Origin::default() };
    refused_long_ago(&server.app, midnight.to_string().as_bytes(), origin);
    admin(&server).post("/api/v1/replay", &[], b"").expect(200);
    let page = server.client.get("/api/v1/data/step_count").expect(200);
    assert_eq!(page["samples"][0]["layer"], "raw", "without the header, a midnight is a day");
}

#[test]
fn replaying_what_is_understood_changes_nothing_but_the_time() {
    let server = InProcess::start();
    let admin = admin(&server);
    let receipt = server.client.ingest(&steps(5)).expect(200);
    let path = format!("/api/v1/deliveries/{}", receipt["delivery"].as_str().unwrap());
    let before = admin.get(&path).expect(200);
    let tag = server.client.get("/api/v1/data/step_count").header("etag").to_owned();
    for _ in 0..2 {
        let answer = admin.post("/api/v1/replay", &[], b"").expect(200);
        assert_eq!((count(&answer, "deliveries"), count(&answer, "changed")), (1, 0), "{answer}");
        let mut after = admin.get(&path).expect(200);
        assert!(after.as_object_mut().unwrap().remove("replayed_at").is_some());
        assert_eq!(after, before);
        assert_eq!(admin.get("/api/v1/quarantine").expect(200)["items"].as_array().unwrap().len(), 1);
    }
    assert_eq!(server.client.get_with("/api/v1/data/step_count", &[("if-none-match", &tag)]).status, 304);
}

#[test]
fn a_replay_of_everything_ends_where_the_last_delivery_did() {
    let server = InProcess::start();
    refused_long_ago(&server.app, steps(1).to_string().as_bytes(), Origin::default());
    server.client.ingest(&steps(2)).expect(200);
    server.client.ingest(&steps(3)).expect(200);
    assert_eq!(values(&server.client), [3.0, 7.0]);
    admin(&server).post("/api/v1/replay", &[], b"").expect(200);
    assert_eq!(values(&server.client), [3.0, 7.0]);
    assert_sound(&server.app);
}

#[test]
fn a_dry_run_tells_the_same_and_changes_nothing() {
    let server = InProcess::start();
    let admin = admin(&server);
    let id = refused_long_ago(&server.app, steps(5).to_string().as_bytes(), Origin::default());
    let path = format!("/api/v1/deliveries/{id}");
    let (row, waiting) = (admin.get(&path).expect(200), admin.get("/api/v1/quarantine").expect(200));
    let mut dry = admin.post("/api/v1/replay?dry_run=true", &[], b"").expect(200);
    assert_eq!(admin.get(&path).expect(200), row);
    assert_eq!(admin.get("/api/v1/quarantine").expect(200), waiting);
    assert!(values(&admin).is_empty());
    let wet = admin.post("/api/v1/replay", &[], b"").expect(200);
    dry["dry_run"] = json!(false);
    assert_eq!(dry, wet);
}

#[test]
fn one_delivery_or_those_since_a_day_can_be_chosen() {
    let server = InProcess::start();
    let admin = admin(&server);
    let old = refused_long_ago(&server.app, steps(5).to_string().as_bytes(), Origin::default());
    server.client.ingest(&steps(6)).expect(200);
    let deliveries =
        |query: &str| count(&admin.post(&format!("/api/v1/replay?{query}"), &[], b"").expect(200), "deliveries");
    assert_eq!(deliveries("since=2024-01-01"), 1);
    assert_eq!(deliveries("since=2020-01-01&dry_run=true"), 2);
    assert_eq!(deliveries(&format!("delivery={old}&dry_run=true")), 1);
    refusal(&server, &admin.post("/api/v1/replay?delivery=none", &[], b""), 404, "not-found");
    refusal(&server, &admin.post("/api/v1/replay?since=soon", &[], b""), 400, "bad-request");
    let ben = server.client.with_key(Some(&server.key("ben", &[Scope::Admin])));
    assert_eq!(count(&ben.post("/api/v1/replay", &[], b"").expect(200), "deliveries"), 0);
    ben.post(&format!("/api/v1/replay?delivery={old}"), &[], b"").problem(404);
}

#[test]
fn what_is_not_understood_any_more_keeps_what_was_stored() {
    let server = InProcess::start();
    let admin = admin(&server);
    let receipt = server.client.ingest(&steps(5)).expect(200);
    let spoilt = zstd::encode_all(&b"not json"[..], 1).unwrap();
    let connection = rusqlite::Connection::open(server.app.store.path()).unwrap();
    connection.execute("UPDATE delivery_body SET body = ?1", [&spoilt]).unwrap();
    drop(connection);
    let answer = admin.post("/api/v1/replay", &[], b"").expect(200);
    assert_eq!((count(&answer, "no_longer_understood"), count(&answer, "changed")), (1, 0), "{answer}");
    assert_eq!(values(&admin), [5.0, 7.0]);
    let row = admin.get(&format!("/api/v1/deliveries/{}", receipt["delivery"].as_str().unwrap())).expect(200);
    assert_eq!((&row["refused"], count(&row, "stored")), (&json!(false), 2));
}

#[test]
fn the_command_says_what_it_did() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("steps.json");
    std::fs::write(&file, steps(5).to_string()).unwrap();
    let data_dir = folder.path().join("data");
    let run = |arguments: &[&str]| {
        let output = command(&data_dir).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    RealServer::create_key(&data_dir, "read");
    run(&["import", &file.display().to_string()]);
    let said = run(&["replay", "--dry-run", "--since", "2020-01-01"]);
    assert!(said.contains("1 deliveries decoded again, 0 read differently now"), "{said}");
    assert!(said.contains("in quarantine 1, before 1") && said.contains("dry run"), "{said}");
    assert!(run(&["replay", "--since", "2100-01-01"]).contains("0 deliveries decoded again"));
    let wrong = command(&data_dir).args(["replay", "--delivery", "none"]).output().unwrap();
    assert!(!wrong.status.success() && String::from_utf8_lossy(&wrong.stderr).contains("no delivery none"));
}

#[test]
fn an_old_receipt_reads_without_the_new_keys() {
    let old = r#"{"delivery":"d","received":1,"stored":1,"updated":0,"unchanged":0,"quarantined":0,"by_metric":{},"problems":[]}"#;
    let receipt: Receipt = serde_json::from_str(old).unwrap();
    assert_eq!(receipt.counts, Counts { received: 1, stored: 1, ..Counts::default() });
    assert_eq!(serde_json::to_string(&receipt).unwrap(), old);
}

#[test]
fn an_old_delivery_read_again_does_not_undo_a_later_one() {
    let server = InProcess::start();
    let first = server.client.ingest(&steps(5)).expect(200)["delivery"].as_str().unwrap().to_owned();
    server.client.ingest(&steps(6)).expect(200);
    let answer = admin(&server).post(&format!("/api/v1/replay?delivery={first}"), &[], b"").expect(200);
    assert_eq!(count(&answer, "deliveries"), 1, "{answer}");
    assert_eq!(values(&server.client), [6.0, 7.0]);
    assert_sound(&server.app);
}
