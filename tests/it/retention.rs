//! Holds off bodies that stay for ever although their owner has said otherwise, and the loss of those that are still needed.

use std::time::{Duration, Instant};

use health_export::model::key::Scope;
use health_export::store::retention::sweep;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::check::{assert_sound, kept_body};
use crate::support::counts::count;
use crate::support::{Client, InProcess, RealServer, body, command};

fn steps(quantity: u32) -> Value {
    let point = json!({"date": "2024-02-05 10:00:00 +0000", "qty": quantity, "source": "Watch"});
    body("step_count", "count", json!([point, {"date": "soon", "qty": 1}]))
}

fn id(receipt: &Value) -> String {
    receipt["delivery"].as_str().unwrap().to_owned()
}

/// Sets back when a delivery came.
fn age(server: &InProcess, delivery: &str, days: i64) {
    let delivery = delivery.to_owned();
    let aged = server.app.store.writer().run(move |writing| {
        let sql = "UPDATE delivery SET received_at_ms = received_at_ms - ?2 WHERE public_id = ?1";
        Ok(writing.connection.execute(sql, (delivery, days * 86_400_000))?)
    });
    assert_eq!(aged.unwrap(), 1);
}

fn sweep_all(server: &InProcess, days: i64) -> usize {
    let before = jiff::Timestamp::now().as_millisecond() - days * 86_400_000;
    std::iter::from_fn(|| Some(sweep(&server.app.store, before).unwrap()).filter(|removed| *removed > 0)).sum()
}

#[test]
fn only_old_bodies_go_and_nothing_else_of_a_delivery() {
    let server = InProcess::start();
    let admin = server.client.with_key(Some(&server.key("owner", &[Scope::Admin])));
    let old = id(&server.client.ingest(&steps(5)).expect(200));
    let young = id(&server.client.ingest(&steps(6)).expect(200));
    let refused = server.client.post("/api/v1/ingest", &[], b"\x00\x01 of no kind").json();
    age(&server, &old, 40);
    age(&server, &id(&refused), 40);
    let addresses =
        [format!("/api/v1/deliveries/{old}"), "/api/v1/quarantine".into(), "/api/v1/data/step_count".into()];
    let before: Vec<Value> = addresses.iter().map(|address| admin.get(address).expect(200)).collect();

    assert_eq!(sweep_all(&server, 30), 1);

    assert_eq!(addresses.map(|address| admin.get(&address).expect(200)).to_vec(), before);
    assert!(kept_body(&server.app, &young).len() > 10, "a young one stays");
    assert!(!kept_body(&server.app, &id(&refused)).is_empty(), "what nobody has understood is nowhere else");
    assert_sound(&server.app);
    let replayed = admin.post("/api/v1/replay", &[], b"").expect(200);
    assert_eq!((count(&replayed, "deliveries"), count(&replayed, "without_body")), (2, 1), "{replayed}");
    assert_eq!(sweep_all(&server, 30), 0);
}

#[test]
fn many_go_in_steps_and_a_body_that_was_lost_is_still_found() {
    let server = InProcess::start();
    let ids: Vec<String> = (0..250).map(|number| id(&server.client.ingest(&steps(number)).expect(200))).collect();
    ids.iter().for_each(|id| age(&server, id, 2));
    let before = jiff::Timestamp::now().as_millisecond() - 86_400_000;
    assert_eq!(sweep(&server.app.store, before).unwrap(), 100, "a step");
    assert_eq!(sweep_all(&server, 1), 150);
    let lost = server.app.store.writer().run(|writing| {
        Ok(writing
            .connection
            .execute("DELETE FROM delivery_body WHERE delivery = (SELECT max(id) FROM delivery)", [])?)
    });
    assert_eq!(lost.unwrap(), 1);
    let checked = command(server.data_dir.path()).arg("check").output().unwrap();
    let text = String::from_utf8_lossy(&checked.stdout);
    assert!(!checked.status.success() && text.contains("WRONG raw bodies: 1 faults"), "{text}");
    assert!(text.contains(&ids[249]), "{text}");
}

#[test]
fn the_server_does_it_when_it_was_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(folder.path(), "ingest,read");
    let server = RealServer::start(folder.path());
    Client::new(&server.base, Some(&key)).ingest(&steps(5)).expect(200);
    drop(server);
    let ask = |sql: &str| {
        let connection = Connection::open(folder.path().join("health.db")).unwrap();
        connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    ask("UPDATE delivery SET received_at_ms = received_at_ms - 90000000 RETURNING id");
    let left = "SELECT count(*) FROM delivery_body WHERE length(body) > 0";
    let for_ever = RealServer::start(folder.path());
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(ask(left), 1, "0 days is for ever");
    drop(for_ever);
    let _server = RealServer::start_with(folder.path(), &["--keep-bodies-days", "1"]);
    let begun = Instant::now();
    while ask(left) > 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "the body is still there");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(command(folder.path()).arg("check").output().unwrap().status.success());
}
